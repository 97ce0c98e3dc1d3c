"""``show protocols [all]`` of BIRD 2 and 3.

From nest/proto.c, proto/bgp/bgp.c, proto/pipe/pipe.c, proto/rpki/rpki.c and proto/bmp/bmp.c at v2.19.2
and v3.3.2.
Most of what 1.6 says of a protocol is said here of each of its channels, and indented two blanks more.
Lines that are as in 1.6 are those of :mod:`birdstatus.grammar.bird1.protocols`.
"""

from __future__ import annotations

import re

import pyparsing as pp

from birdstatus.grammar.bird1 import protocols as bird1
from birdstatus.grammar.terminals import (
    ADDRESS,
    END,
    INTEGER,
    INTERFACE,
    IPV4,
    NAME,
    PREFIX,
    SECONDS,
    SP,
    TEXT,
    keyword,
    label,
    production,
    text_before,
)
from birdstatus.reply_codes import ReplyCode

# 2002  heading = "Name" SP "Proto" SP "Table" SP "State" SP "Since" SP "Info" END
HEADING = production(
    "the heading of the protocol table",
    pp.Regex("Name +Proto +Table +State +Since +Info") + END,
)

# Protocols whose last column this grammar knows; "BGP" has rows of its own, as in 1.6.
TYPE = keyword(
    "a protocol type", "Aggregator", "BFD", "Babel", "Bridge", "Device", "Direct", "EVPN",
    "Kernel", "L3VPN", "MPLS", "MRT", "OSPF", "Perf", "Pipe", "RAdv", "RIPng", "RIP", "Static",
)  # fmt: skip
CLIENT_TYPE = keyword("a protocol type", "RPKI", "BMP")

# pipe_get_status, ospf_get_status, radv_get_status
_TABLE = "[A-Za-z0-9_.:-]+"
INFO = pp.Regex(
    f"(?<= )(?:{_TABLE} <=> {_TABLE}|[=-]> {_TABLE}|Alone|Running|Suppressed)"
).set_name("a protocol's info")  # fmt: skip

# rpki_cache_state_to_str, bmp_get_status
CLIENT_INFO = pp.Regex(
    "(?<= )(?:No cache server configured|Connecting|Established|Resetting|Sync-Start|Sync-Running"
    "|Fast-Reconnect|No-Increment-Update-Available|Cache-Error-No-Data-Available|Fatal-Protocol-Error|Transport-Error"
    "|(?:Idle|Connect|Established) +Error: .*|Idle|Connect|Down|Flush)"
).set_name("a protocol's info")  # fmt: skip

# 1002  row = NAME SP TYPE SP TABLE SP STATE [SP] [TIME] [SP INFO] END
_INFO_COLUMN = pp.MatchFirst([INFO("info") + END, END])
ROW = production(
    "a protocol row",
    NAME("name") + SP + TYPE("type") + SP + NAME("table") + SP + bird1.STATE("state")
    + bird1.ONLY_ROW + pp.Opt(SP) + text_before("a time", _INFO_COLUMN)("since") + _INFO_COLUMN,
)  # fmt: skip

# 1002  client_row = NAME SP CLIENT_TYPE SP TABLE SP STATE [SP] [TIME] [SP CLIENT_INFO] END
_CLIENT_INFO_COLUMN = pp.MatchFirst([CLIENT_INFO("info") + END, END])
CLIENT_ROW = production(
    "a protocol row",
    NAME("name") + SP + CLIENT_TYPE("type") + SP + NAME("table") + SP + bird1.STATE("state")
    + bird1.ONLY_ROW + pp.Opt(SP)
    + text_before("a time", _CLIENT_INFO_COLUMN)("since") + _CLIENT_INFO_COLUMN,
)  # fmt: skip

# 1002  other_row = NAME SP WORD SP ("---" | "master4" | "master6") SP STATE [SP [TIME] [SP2 TEXT]] END
# A protocol of a type that did not exist yet: its time ends at the first two blanks.
OTHER_ROW = production(
    "a protocol row",
    NAME("name") + SP + pp.Regex("(?!(?:BGP|Pipe) )[A-Z][A-Za-z0-9]*").set_name("a protocol type")("type") + SP
    + keyword("a table", "---", "master4", "master6")("table") + SP + bird1.STATE("state")
    + bird1.ONLY_ROW
    + pp.Opt(
        pp.Regex(" +") + pp.Opt(pp.Regex("[^ ]+(?: [^ ]+)*").set_name("a time")("since"))
        + pp.Opt(pp.Regex(" {2,}") + pp.Regex("[^ ].*").set_name("a protocol's info")("info"))
    )
    + END,
)  # fmt: skip

# --- 1006, of any protocol -------------------------------------------------------------------------

# router_id_line = "  Router ID:" SP IPV4 END
ROUTER_ID_LINE = production(
    "a router ID", pp.Literal("  Router ID:") + SP + IPV4("router_id") + END
)

# vrf_line = "  VRF:" SP NAME END
VRF_LINE = production("a VRF", pp.Literal("  VRF:") + SP + NAME("vrf") + END)

# detail_line = "  " DETAIL {" "} ":" TEXT END             of RPKI (rpki_show_proto_info) and BMP
DETAIL = keyword(
    "a protocol's detail", "Cache server", "Cache port", "Status", "Transport", "Protocol version",
    "Session ID", "Serial number", "Last update", "Refresh timer", "Retry timer", "Expire timer",
    "Station address", "Station port", "Local address", "Last error", "Pending TX", "Session TX",
    "Total TX",
)  # fmt: skip
DETAIL_LINE = production(
    "a protocol's detail",
    pp.Literal("  ") + DETAIL("detail") + pp.Regex(" *") + ":" + TEXT("detail_text"),
)

# absent_channel_line = "  No " NAME " channel" END
ABSENT_CHANNEL_LINE = production(
    "an absent channel",
    pp.Literal("  ") + pp.Regex("No [^ \t]+ channel").set_name("an absent channel")("detail") + END,
)

# --- 1006, of a BGP session (bgp_show_proto_info) --------------------------------------------------

# neighbor_address_line = "    Neighbor address:" SP ADDRESS ["%" INTERFACE] [" onlink"] END
NEIGHBOR_ADDRESS_LINE = production(
    "a neighbour's address",
    label("    Neighbor address:", 22) + ADDRESS("neighbor_address")
    + pp.Opt(pp.Literal("%") + INTERFACE("neighbor_interface"))
    + pp.Opt(pp.Literal(" onlink")("onlink")) + END,
)  # fmt: skip

# neighbor_range_line = "    Neighbor range:" SP PREFIX [" onlink"] END
NEIGHBOR_RANGE_LINE = production(
    "a range of neighbours",
    label("    Neighbor range:", 22) + PREFIX("neighbor_range")
    + pp.Opt(pp.Literal(" onlink")("onlink")) + END,
)  # fmt: skip

# neighbor_port_line = "    Neighbor port:" SP INT END
NEIGHBOR_PORT_LINE = production(
    "a neighbour's port", label("    Neighbor port:", 22) + INTEGER("neighbor_port") + END
)

# local_as_line = "    Local AS:" SP INT END
LOCAL_AS_LINE = production("an own AS", label("    Local AS:", 22) + INTEGER("local_as") + END)

# block_line = "    " ("Local capabilities" | "Neighbor capabilities" | "TCP-AO:") END
BLOCKS = {
    "Local capabilities": "local_capabilities",
    "Neighbor capabilities": "neighbor_capabilities",
    "TCP-AO:": "tcp_ao",
}
BLOCK_LINE = production(
    "the heading of a list", pp.Literal("    ") + keyword("a list", *BLOCKS)("block") + END
)

# item_line = 6(" ") WORDS [":" TEXT] END              a capability, known or not; a part of TCP-AO
ITEM_LINE = production(
    "an item of a list",
    pp.Literal("      ") + pp.Regex("[^ \t:][^:\t]*").set_name("a name")("item")
    + pp.Opt(":" + TEXT("item_text")) + END,
)  # fmt: skip

# item_detail_line = 8(" ") WORDS [":" TEXT] END
ITEM_DETAIL_LINE = production(
    "a detail of an item",
    pp.Literal("        ") + pp.Regex("[^ \t:][^:\t]*").set_name("a name")("item_detail")
    + pp.Opt(":" + TEXT("item_detail_text")) + END,
)  # fmt: skip

# What is a detail of an item, however far a copy has it indented (proto/bgp/bgp.c: bgp_show_capabilities).
ITEM_DETAILS = frozenset(
    {
        "AF announced", "AF preserved", "AF supported", "IPv6 nexthop", "LL stale time", "RX",
        "Restart recovery", "Restart time", "TX",
    }
)  # fmt: skip

# timer_line = "    " TIMER ":" SP SECONDS "/" (INT | "-") END
TIMERS = {**bird1.TIMERS, "Send hold timer": "send_hold_timer"}
TIMER_LINE = production(
    "a timer",
    pp.Literal("    ") + keyword("a timer's name", *TIMERS)("timer") + ":" + SP
    + SECONDS("remaining") + "/" + pp.Regex("[0-9]{1,20}|-").set_name("a number or -")("total")
    + END,
)  # fmt: skip

# --- 1006, of a channel (channel_show_info, bgp_show_proto_info, pipe_show_proto_info) --------------

# channel_line = "  Channel " NAME END
CHANNEL_LINE = production("a channel", pp.Literal("  Channel ") + NAME("channel") + END)

# channel_state_line = "    " ("State" | "Import state" | "Export state" | "AltExp state") ":" SP WORD END
STATES = {
    "State": "state",
    "Import state": "import_state",
    "Export state": "export_state",
    "AltExp state": "alternative_export_state",
}
CHANNEL_STATE_LINE = production(
    "a channel's state",
    pp.Literal("    ")
    + keyword("a state's name", *STATES)("state_of")
    + ":"
    + SP
    + NAME("state")
    + END,
)

# channel_name_line = "    " LABEL ":" SP NAME END         tables, filters, a neighbour's graceful restart
NAMES = {
    "Table": "table",
    "Peer table": "peer_table",
    "Input filter": "input_filter",
    "Output filter": "output_filter",
    "Import filter": "input_filter",
    "Export filter": "output_filter",
    "Neighbor GR": "neighbor_recovery",
    "IGP IPv4 table": "igp_ipv4_table",
    "IGP IPv6 table": "igp_ipv6_table",
    "Base table": "base_table",
}
CHANNEL_NAME_LINE = production(
    "a channel's table or filter",
    pp.Literal("    ")
    + keyword("a channel's detail", *NAMES)("name_of")
    + ":"
    + SP
    + NAME("name")
    + END,
)

# channel_preference_line = "    Preference:" SP INT END
CHANNEL_PREFERENCE_LINE = production(
    "a preference", pp.Literal("    Preference:") + SP + INTEGER("preference") + END
)

# channel_recovery_line = "    GR recovery:" {" "} [" pending"] [" waiting"] END
CHANNEL_RECOVERY_LINE = production(
    "graceful restart recovery",
    label("    GR recovery:", 19) + pp.Opt(pp.Regex(" *pending")("pending"))
    + pp.Opt(pp.Regex(" *waiting")("waiting")) + END,
)  # fmt: skip

# channel_limit_line = "    " ("Receive" | "Import" | "Export") " limit:" SP INT [" [HIT]"] END
CHANNEL_LIMIT_LINE = production(
    "a route limit",
    pp.Literal("    ") + keyword("a direction", "Receive", "Import", "Export")("direction")
    + pp.Literal(" limit:") + SP + INTEGER("value") + pp.Opt(pp.Literal(" [HIT]")("hit")) + END,
)  # fmt: skip

# channel_action_line = "      Action:" SP ("warn" | "block" | "restart" | "disable") END
CHANNEL_ACTION_LINE = production(
    "a limit's action",
    pp.Literal("      Action:") + SP
    + keyword("an action", "warn", "block", "restart", "disable")("action") + END,
)  # fmt: skip

# channel_routes_line = "    Routes:" SP INT " imported, " [INT " filtered, "] INT " exported"
#                       [", " INT " preferred"] END
CHANNEL_ROUTES_LINE = production(
    "route counts",
    pp.Literal("    Routes:") + SP + INTEGER("imported") + " imported, "
    + pp.Opt(INTEGER("filtered") + " filtered, ")
    + INTEGER("exported") + " exported"
    + pp.Opt(", " + INTEGER("preferred") + " preferred") + END,
)  # fmt: skip

# channel_changes_heading = ("  " | "    ") "Route change stats:" {SP COLUMN} END
# The columns are BIRD's own names, whatever they are. A pipe's table stands two blanks further left;
# with five columns it is that of 1.6.
_COLUMNS = pp.Regex("[^ \t].*").set_name("the names of columns")
CHANNEL_CHANGES_HEADING = production(
    "the heading of the route change table",
    pp.MatchFirst([
        pp.Literal("    Route change stats:") + SP,
        pp.Literal("  Route change stats:") + SP
        + pp.Regex("(?!received +rejected +filtered +ignored +accepted[ \t]*$)"),
    ]) + _COLUMNS("columns"),
)  # fmt: skip

# Names stand to the right of columns eleven wide. Some are of two words: names without columns are told
# apart by these.
_WIDTH = 11
_NAME = re.compile("(?:RX|IN) limit|[^ ]+")


def column_names(columns: str) -> list[str]:
    """The names in the heading of a route change table, whatever they are."""
    first, *others = re.split(" {2,}", columns.strip())
    rest = columns.strip()[len(first) :]
    slots = [rest[start : start + _WIDTH] for start in range(0, len(rest), _WIDTH)]
    if slots and all(slot[0] == " " and slot[-1] != " " for slot in slots):
        return [first, *(slot.strip() for slot in slots)]
    return [first, *others] if others else _NAME.findall(first)


# channel_changes_line = ("    " | "      ") WORDS ":" SP COUNT {SP COUNT} END
# With four blanks before it and five counts it is that of 1.6.
_COUNT = "(?:[0-9]{1,20}|---)"
CHANNEL_CHANGES_LINE = production(
    "a line of the route change table",
    pp.MatchFirst([
        pp.Literal("      "), pp.Regex(rf"    (?=(?:Im|Ex)port [a-z]+:)(?!.*:(?: +{_COUNT}){{5}}[ \t]*$)"),
    ])
    + pp.Regex("[A-Z][a-z]+(?: [A-Za-z]+)+").set_name("a kind of change")("change")
    + ":" + SP + pp.Regex(rf"{_COUNT}(?: +{_COUNT})*").set_name("counts")("counts") + END,
)  # fmt: skip

# next_hop_line = "    BGP Next hop:" SP ADDRESS [" " ADDRESS] END       global, then link-local
NEXT_HOP_LINE = production(
    "a channel's next hop",
    pp.Literal("    BGP Next hop:")
    + SP
    + ADDRESS("next_hop")
    + pp.Opt(" " + ADDRESS("link_local"))
    + END,
)

ROWS = (ROW, CLIENT_ROW, OTHER_ROW)

CHANNEL_LINES = (
    CHANNEL_STATE_LINE, CHANNEL_NAME_LINE, CHANNEL_PREFERENCE_LINE, CHANNEL_RECOVERY_LINE,
    CHANNEL_LIMIT_LINE, CHANNEL_ACTION_LINE, CHANNEL_ROUTES_LINE, CHANNEL_CHANGES_HEADING,
    CHANNEL_CHANGES_LINE, NEXT_HOP_LINE,
)  # fmt: skip

LINES: dict[int, tuple[pp.ParserElement, ...]] = {
    ReplyCode.PROTOCOL_LIST_HEADING: (HEADING,),
    ReplyCode.PROTOCOL_LIST: (bird1.BGP_ROW, bird1.BGP_DOWN_ROW, *ROWS),
    ReplyCode.PROTOCOL_DETAILS: (
        ROUTER_ID_LINE, VRF_LINE, DETAIL_LINE, ABSENT_CHANNEL_LINE, NEIGHBOR_ADDRESS_LINE,
        NEIGHBOR_RANGE_LINE, NEIGHBOR_PORT_LINE, LOCAL_AS_LINE, TIMER_LINE, BLOCK_LINE, CHANNEL_LINE,
        *CHANNEL_LINES, ITEM_LINE, ITEM_DETAIL_LINE,
    ),
}  # fmt: skip
