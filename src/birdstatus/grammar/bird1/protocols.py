"""``show protocols [all]`` (nest/proto.c, proto/bgp/bgp.c, proto/pipe/pipe.c).

A row for each protocol and, with ``all``, its details: one production for each line. Free text
(description, message) stands only at the end of a line that says so, and BIRD never breaks it over
lines, so it cannot imitate another detail.
"""

from __future__ import annotations

import pyparsing as pp

from birdstatus.grammar.terminals import (
    ADDRESS,
    END,
    HIDDEN_PROMPT,
    INTEGER,
    INTERFACE,
    IPV4,
    NAME,
    SP,
    SP2,
    SP2_OR_END,
    TEXT,
    keyword,
    label,
    production,
    text_before,
)
from birdstatus.reply_codes import ReplyCode

# 2002  heading = "name" SP "proto" SP "table" SP "state" SP "since" SP "info" END
HEADING = production(
    "the heading of the protocol table",
    pp.Regex("name +proto +table +state +since +info") + END,
)

TYPE = keyword(
    "a protocol type", "BFD", "OSPF", "RIPng", "RIP", "RAdv", "Pipe", "Direct", "Babel", "Device",
    "Kernel", "Static", "MRT",
)  # fmt: skip

BGP = "BGP"
DOWN = "down"
RUNNING_STATE = keyword("a protocol state", "start", "wait", "feed", "up", "stop", "flush", "???")
STATE = pp.MatchFirst([RUNNING_STATE, pp.Literal(DOWN)]).set_name("a protocol state")

# Nothing, if no second row and no prompt stands behind a row's state: it would, where a line break was
# lost. No colon is before a row, as in `Error: BFD session down`.
ONLY_ROW = pp.Regex(
    rf"(?!.*{HIDDEN_PROMPT})"
    r"(?!.*[^ :] +[A-Z][A-Za-z0-9]+ +[^ ]+ +(?:start|wait|feed|up|stop|flush|down)(?:\s|\Z))"
).set_name("one row")

# bgp_state_dsc() in proto/bgp/bgp.c: the six states of RFC 4271 8.2.2, and three of BIRD's own.
BGP_STATE = keyword(
    "a BGP state", "Idle", "Connect", "Active", "OpenSent", "OpenConfirm", "Established", "Close",
    "Passive", "Down",
)  # fmt: skip

# bgp_err_classes and bgp_last_errmsg() in proto/bgp/bgp.c: a class, then the system's or BIRD's text.
BGP_ERROR = pp.Regex(
    "(?:Error|Socket|Received|BGP Error|Automatic shutdown): .*"
).set_name("a BGP error")  # fmt: skip

# No name ends with the colon of an error: this is how the rest of a row begins that was broken.
PROTOCOL_NAME = pp.Regex(r"(?!(?:Error|Socket|Received|Automatic):?(?: |\Z))[^ \t\n]+").set_name(
    "a name"
)

# The columns have minimum widths and overflow. A time is whatever strftime prints, blanks included:
# it ends where a valid info column begins after two blanks, or with the line.
INFO_COLUMN = pp.Regex(r"(?<=  )")

# 1002  bgp_row = NAME SP "BGP" SP TABLE SP RUNNING_STATE SP2 [TIME] SP2 BGP_STATE [SP BGP_ERROR] END
_BGP_INFO = INFO_COLUMN + BGP_STATE("bgp_state") + pp.Opt(SP + BGP_ERROR("error")) + END
BGP_ROW = production(
    "a BGP row",
    PROTOCOL_NAME("name") + SP + pp.Literal(BGP)("type") + SP + NAME("table") + SP
    + RUNNING_STATE("state") + ONLY_ROW + SP2
    + text_before("a time and a BGP state", _BGP_INFO)("since") + _BGP_INFO,
)  # fmt: skip

# 1002  bgp_down_row = NAME SP "BGP" SP TABLE SP "down" [SP2 [TIME] [SP2 BGP_ERROR]] END
_BGP_DOWN_INFO = pp.MatchFirst([INFO_COLUMN + BGP_ERROR("error") + END, END])
BGP_DOWN_ROW = production(
    "a BGP row",
    PROTOCOL_NAME("name") + SP + pp.Literal(BGP)("type") + SP + NAME("table") + SP
    + pp.Literal(DOWN)("state") + ONLY_ROW + SP2_OR_END
    + text_before("a time", _BGP_DOWN_INFO)("since") + _BGP_DOWN_INFO,
)  # fmt: skip

# 1002  row = NAME SP TYPE SP TABLE SP STATE [SP2 [TIME] [SP OTHER_INFO]] END
# other_info = "Alone" | "Running" | "Suppressed" | ("=>" | "->") " " TABLE
_OTHER_INFO = pp.MatchFirst(
    [
        # Words that end no time: one blank before them is enough, as copies lose blanks.
        pp.Regex("(?<= )(?:Alone|Running|Suppressed|[=-]> [A-Za-z0-9_.:-]+)").set_name(
            "a protocol's info"
        )("info")
        + END,
        END,
    ]
)
ROW = production(
    "a protocol row",
    PROTOCOL_NAME("name") + SP + TYPE("type") + SP + NAME("table") + SP + STATE("state")
    + ONLY_ROW + SP2_OR_END + text_before("a time", _OTHER_INFO)("since") + _OTHER_INFO,
)  # fmt: skip

# --- 1006, of any protocol -------------------------------------------------------------------------

# description_line = "  Description:    " TEXT         message_line = "  Message:        " TEXT
DESCRIPTION_LINE = production("a description", label("  Description:", 18) + TEXT("description"))
MESSAGE_LINE = production("a message", label("  Message:", 18) + TEXT("message"))

# router_id_line = "  Router ID:" SP IPV4 END
ROUTER_ID_LINE = production("a router ID", label("  Router ID:", 18) + IPV4("router_id") + END)

# vrf_line = "  VRF:" SP NAME END
VRF_LINE = production("a VRF", label("  VRF:", 18) + NAME("vrf") + END)

# preference_line = "  Preference:" SP INT END
PREFERENCE_LINE = production(
    "a preference", label("  Preference:", 18) + INTEGER("preference") + END
)

# filter_line = ("  Input" | "  Output") " filter:" SP ("ACCEPT" | "REJECT" | "(unnamed)" | NAME) END
INPUT_FILTER_LINE = production(
    "an input filter", label("  Input filter:", 18) + NAME("input_filter") + END
)
OUTPUT_FILTER_LINE = production(
    "an output filter", label("  Output filter:", 18) + NAME("output_filter") + END
)

# recovery_line = "  GR recovery:" {" "} [" pending"] [" waiting"] END
RECOVERY_LINE = production(
    "graceful restart recovery",
    label("  GR recovery:", 17) + pp.Opt(pp.Regex(" *pending")("pending"))
    + pp.Opt(pp.Regex(" *waiting")("waiting")) + END,
)  # fmt: skip

# limit_line = ("  Receive" | "  Import" | "  Export") " limit:" SP INT [" [HIT]"] END
LIMIT_LINE = production(
    "a route limit",
    pp.Literal("  ") + keyword("a direction", "Receive", "Import", "Export")("direction")
    + pp.Literal(" limit:") + SP + INTEGER("value") + pp.Opt(pp.Literal(" [HIT]")("hit")) + END,
)  # fmt: skip

# action_line = "    Action:" SP ("warn" | "block" | "restart" | "disable") END
ACTION_LINE = production(
    "a limit's action",
    label("    Action:", 18) + keyword("an action", "warn", "block", "restart", "disable")("action")
    + END,
)  # fmt: skip

# routes_line = "  Routes:" SP INT " imported, " [INT " filtered, "] INT " exported" [", " INT " preferred"] END
ROUTES_LINE = production(
    "route counts",
    label("  Routes:", 18) + INTEGER("imported") + " imported, "
    + pp.Opt(INTEGER("filtered") + " filtered, ")
    + INTEGER("exported") + " exported"
    + pp.Opt(", " + INTEGER("preferred") + " preferred") + END,
)  # fmt: skip

# changes_heading = "  Route change stats:" SP "received" SP ... "accepted" END
COLUMNS = ("received", "rejected", "filtered", "ignored", "accepted")
CHANGES_HEADING = production(
    "the heading of the route change table",
    pp.Regex(f"  Route change stats: +{' +'.join(COLUMNS)}") + END,
)

# changes_line = "    " ("Import" | "Export") " " ("updates" | "withdraws") ":" 5(SP (INT | "---")) END
COUNTS = pp.Regex("(?:[0-9]{1,20}|---)(?: +(?:[0-9]{1,20}|---)){4}").set_name("five counts")
CHANGES = {
    "Import updates": "import_updates",
    "Import withdraws": "import_withdraws",
    "Export updates": "export_updates",
    "Export withdraws": "export_withdraws",
}
CHANGES_LINE = production(
    "a line of the route change table",
    pp.Literal("    ")
    + keyword("a kind of change", *CHANGES)("change")
    + ":" + SP + COUNTS("counts") + END,
)  # fmt: skip

# --- 1006, of a BGP session (bgp_show_proto_info) --------------------------------------------------

# bgp_state_line = "  BGP state:" SP BGP_STATE END
BGP_STATE_LINE = production(
    "a BGP state", label("  BGP state:", 22) + BGP_STATE("session_state") + END
)

# neighbor_address_line = "    Neighbor address: " ADDRESS ["%" INTERFACE] END
NEIGHBOR_ADDRESS_LINE = production(
    "a neighbour's address",
    label("    Neighbor address:", 22) + ADDRESS("neighbor_address")
    + pp.Opt(pp.Literal("%") + INTERFACE("neighbor_interface"))
    + END,
)  # fmt: skip

# neighbor_as_line = "    Neighbor AS:" SP INT END
NEIGHBOR_AS_LINE = production(
    "a neighbour's AS", label("    Neighbor AS:", 22) + INTEGER("neighbor_as") + END
)

# neighbor_id_line = "    Neighbor ID:" SP IPV4 END
NEIGHBOR_ID_LINE = production(
    "a neighbour's router ID", label("    Neighbor ID:", 22) + IPV4("neighbor_id") + END
)

# graceful_restart_line = "    Neighbor graceful restart active" END
GRACEFUL_RESTART_LINE = production(
    "a neighbour's graceful restart", pp.Literal("    Neighbor graceful restart active") + END
)

# words_line = "    " ("Neighbor caps" | "Session") ":" {SP WORD} END
CAPABILITIES_LINE = production(
    "a neighbour's capabilities", pp.Literal("    Neighbor caps:") + TEXT("capabilities")
)
SESSION_LINE = production("a session's properties", pp.Literal("    Session:") + TEXT("session"))

# source_address_line = "    Source address:" SP ADDRESS END
SOURCE_ADDRESS_LINE = production(
    "a source address", label("    Source address:", 22) + ADDRESS("source_address") + END
)

# BIRD 1.4 and older have another name for a timer.
OLD_TIMERS = {"Start delay": "connect_delay"}

# timer_line = "    " TIMER ":" SP INT "/" (INT | "-") END
TIMERS = {
    "Restart timer": "restart_timer",
    "LL stale timer": "stale_timer",
    "Error wait": "error_wait",
    "Connect delay": "connect_delay",
    "Hold timer": "hold_timer",
    "Keepalive timer": "keepalive_timer",
}
TIMER_LINE = production(
    "a timer",
    pp.Literal("    ") + keyword("a timer's name", *TIMERS, *OLD_TIMERS)("timer") + ":" + SP
    + INTEGER("remaining") + "/" + pp.Regex("[0-9]{1,20}|-").set_name("a number or -")("total")
    + END,
)  # fmt: skip

# route_limit_line = "    Route limit:" SP INT "/" INT END
ROUTE_LIMIT_LINE = production(
    "a session's route limit",
    label("    Route limit:", 22) + INTEGER("count") + "/" + INTEGER("limit") + END,
)

# last_error_line = "    Last error:" SP BGP_ERROR END
LAST_ERROR_LINE = production(
    "a session's last error", label("    Last error:", 22) + BGP_ERROR("last_error")
)

# 8000  unprintable_line = "<line overflow>" END         in place of a detail that is too long for BIRD
UNPRINTABLE_LINE = production(
    "a line that BIRD could not print", pp.Literal("<line overflow>") + END
)

# blank_line = END, after the details of each protocol
BLANK_LINE = production("a blank line", END)

ROWS = (BGP_ROW, BGP_DOWN_ROW, ROW)

LINES: dict[int, tuple[pp.ParserElement, ...]] = {
    ReplyCode.PROTOCOL_LIST_HEADING: (HEADING,),
    1002: ROWS,
    ReplyCode.PROTOCOL_DETAILS: (
        DESCRIPTION_LINE, MESSAGE_LINE, ROUTER_ID_LINE, VRF_LINE, PREFERENCE_LINE,
        INPUT_FILTER_LINE, OUTPUT_FILTER_LINE, RECOVERY_LINE, LIMIT_LINE, ACTION_LINE,
        ROUTES_LINE, CHANGES_HEADING, CHANGES_LINE, BGP_STATE_LINE, NEIGHBOR_ADDRESS_LINE,
        NEIGHBOR_AS_LINE, NEIGHBOR_ID_LINE, GRACEFUL_RESTART_LINE, CAPABILITIES_LINE,
        SESSION_LINE, SOURCE_ADDRESS_LINE, TIMER_LINE, ROUTE_LIMIT_LINE, LAST_ERROR_LINE,
        BLANK_LINE,
    ),
    ReplyCode.REPLY_TOO_LONG: (UNPRINTABLE_LINE,),
}  # fmt: skip
