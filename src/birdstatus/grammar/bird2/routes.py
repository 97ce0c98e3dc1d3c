"""``show route [all]`` of BIRD 2 and 3.

From nest/rt-show.c (rt_show_rte, rt_show_table) and lib/net.c (net_format) at v2.19.2 and v3.3.2.
A row says what kind of route it is; each next hop stands on a line of its own below it. Rows of all
tables come in one answer, each table under its heading.
"""

from __future__ import annotations

import pyparsing as pp

from birdstatus.grammar.bird1 import routes as bird1
from birdstatus.grammar.terminals import (
    ADDRESS,
    END,
    INTEGER,
    INTERFACE,
    NAME,
    PREFIX,
    PROTOCOL,
    SP,
    TAB,
    keyword,
    part,
    production,
    text_before,
)
from birdstatus.reply_codes import ReplyCode

# 1007  table_line = "Table " NAME ":" END
TABLE_LINE = production(
    "the heading of a table",
    pp.Literal("Table ")
    + pp.Regex(r"[^ \t\n]+(?=:[ \t]*$)").set_name("a name")("table")
    + ":"
    + END,
)

# 1007  blank_line = END                                                          between tables
BLANK_LINE = production("a blank line", END)

# rta_dest_names; `recursive` is BIRD 3's, for a next hop that is not resolved yet.
UNICAST = "unicast"
KIND = keyword("a kind of route", UNICAST, "blackhole", "unreachable", "prohibited", "recursive")
WHERE = part("a kind of route", KIND("kind"))

# An MPLS label of the route itself, not of its next hop (2.14 and later).
_LABEL = pp.Literal(" mpls ") + INTEGER("label")

_SOURCE = (
    pp.Literal("[") + PROTOCOL("protocol") + " "
    + text_before("a time, ']' and a preference in brackets", bird1.SOURCE_REST)("time")
    + bird1.SOURCE_REST
)  # fmt: skip

# 1007  route_row = [PREFIX] SP KIND " [" NAME " " [TIME] source_rest
ROW = production("a route row", pp.Opt(PREFIX("prefix")) + SP + WHERE + " " + _SOURCE)

# 1007  labelled_row = PREFIX " mpls " INT SP KIND " [" NAME " " [TIME] source_rest
LABELLED_ROW = production(
    "a route row", PREFIX("prefix") + _LABEL + SP + KIND("kind") + " " + _SOURCE
)

_KINDS = (
    UNICAST, "blackhole", "unreachable", "prohibited", "recursive", "unknown", "invalid",
)  # fmt: skip
# `unknown` and `invalid` are BIRD 3's of flow rules; others of them, and all ROAs, have no kind.
_OTHER_KIND = keyword("a kind of route", *_KINDS)

# net_format() in lib/net.c, evpn_format() in lib/evpn.c, rd_format(), flow4_net_format(): networks that
# are no IP prefixes.
_IP = "[0-9A-Fa-f]*[.:][0-9A-Fa-f.:]*"
_RD = "(?:X:[0-9a-f]{8}:[0-9a-f]{8}|(?:2:)?[0-9.]+:[0-9]+)"
NETWORKS = {
    "roa": rf"{_IP}/[0-9]{{1,3}}-[0-9]{{1,3}} AS[0-9]{{1,10}}",
    "flow": r"flow[46] \{[^{}\[\]]*\}?",
    "vpn": rf"{_RD} {_IP}/[0-9]{{1,3}}",
    "sadr": rf"{_IP}/[0-9]{{1,3}} from {_IP}/[0-9]{{1,3}}",
    # Its parts are words without an end of their own: it ends before a label, a kind or the bracket.
    "evpn": rf"evpn [a-z]+ [^\[\]]*?[^\[\] ](?= mpls [0-9]+ | +(?:(?:{'|'.join(_KINDS)}) )?\[)",
    "ethernet": r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}(?: vlan [0-9]{1,5})?",
    "neighbor": rf"{_IP}%[0-9]{{1,10}}",
    "number": r"[0-9]{1,10}(?= )",
    # A prefix of which no way is said: what BIRD 3 keeps of ROAs, and what its export tables hold.
    "no_destination": rf"{_IP}/[0-9]{{1,3}}(?= +\[)",
}
NETWORK = pp.MatchFirst(
    [pp.Regex(pattern).set_name(name)(f"network_{name}") for name, pattern in NETWORKS.items()]
).set_name("a network that is no IP prefix")

# bridge_info = " " ("B" | "L" | "S" | "D" | "?") " (" INT ")"                  kbr_get_route_info()
BRIDGE_INFO = (
    pp.Literal(" ") + pp.Regex("[A-Z?]").set_name("a bridge's kind of entry")("bridge_source")
    + " (" + INTEGER("bridge_preference") + ")"
)  # fmt: skip

# other_rest = source_rest, or with bridge_info
_OTHER_REST = (
    pp.Opt(" from " + ADDRESS("received_from")) + "]"
    + pp.Opt(pp.Regex(r" [*!]").set_name("'*' or '!'")("flag"))
    + pp.MatchFirst([bird1.RATING, BRIDGE_INFO]) + END
)  # fmt: skip
_OTHER_SOURCE = (
    pp.Literal("[") + PROTOCOL("protocol") + " "
    + text_before("a time, ']' and a preference in brackets", _OTHER_REST)("time") + _OTHER_REST
)  # fmt: skip

# 1007  other_row = [NETWORK [" mpls " INT]] SP [OTHER_KIND " "] "[" NAME " " [TIME] other_rest
OTHER_ROW = production(
    "a row of a table without IP prefixes",
    pp.Opt(NETWORK + pp.Opt(_LABEL)) + SP + pp.Opt(_OTHER_KIND("kind") + " ") + _OTHER_SOURCE,
)

# labels = INT {"/" INT}
_LABELS = pp.Regex("[0-9]{1,10}(?:/[0-9]{1,10})*").set_name("MPLS labels")

# 1007  next_hop_line = TAB ("via " ADDRESS [" on " INTERFACE] | "dev " INTERFACE)
#                       [" mpls " labels] [" onlink"] [" weight " INT] END
NEXT_HOP_LINE = production(
    "a next hop",
    TAB
    + pp.MatchFirst([
        pp.Literal("via ") + ADDRESS("gateway") + pp.Opt(" on " + INTERFACE("gateway_interface")),
        pp.Literal("dev ") + INTERFACE("interface"),
    ])
    + pp.Opt(" mpls " + _LABELS("mpls")) + pp.Opt(pp.Literal(" onlink")("onlink"))
    + pp.Opt(" weight " + INTEGER("weight")) + END,
)  # fmt: skip

# 1008  type_line = TAB "Type: " SOURCE " " SCOPE END
TYPE_LINE = production(
    "a route's type", TAB + pp.Literal("Type: ") + NAME("source") + " " + NAME("scope") + END
)

# 1007  table_count_line = INT " of " INT " routes for " INT " networks in table " NAME END
TABLE_COUNT_LINE = production(
    "a table's route count",
    INTEGER("shown") + " of " + INTEGER("routes") + " routes for " + INTEGER("networks")
    + " networks in table " + NAME("counted") + END,
)  # fmt: skip

# 0014  total_line = "Total: " INT " of " INT " routes for " INT " networks in " INT " tables" END
TOTAL_LINE = production(
    "a route count of all tables",
    pp.Literal("Total: ") + INTEGER("shown") + " of " + INTEGER("routes") + " routes for "
    + INTEGER("networks") + " networks in " + INTEGER("tables") + " tables" + END,
)  # fmt: skip

LINES: dict[int, tuple[pp.ParserElement, ...]] = {
    ReplyCode.ROUTE_LIST: (
        ROW,
        NEXT_HOP_LINE,
        TABLE_LINE,
        BLANK_LINE,
        LABELLED_ROW,
        OTHER_ROW,
        TABLE_COUNT_LINE,
    ),
    ReplyCode.ROUTE_DETAILS: (TYPE_LINE,),
    ReplyCode.ROUTE_ATTRIBUTES: (bird1.CONTINUATION_LINE, bird1.ATTRIBUTE_LINE),
}
