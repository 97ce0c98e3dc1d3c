"""``show route [all]`` (nest/rt-table.c: rt_show_rte, nest/rt-attr.c: rta_show)."""

from __future__ import annotations

import pyparsing as pp

from birdstatus.grammar.terminals import (
    ADDRESS,
    END,
    INTEGER,
    INTERFACE,
    IPV4,
    NAME,
    PREFIX,
    PROTOCOL,
    SP,
    TAB,
    VALUE,
    keyword,
    part,
    production,
    text_before,
)
from birdstatus.reply_codes import ReplyCode

# where = "via " ADDRESS " on " INTERFACE | "dev " INTERFACE | "blackhole" | "unreachable"
#       | "prohibited" | "multipath" | "???"
WHERE = pp.MatchFirst(
    [
        pp.Literal("via ") + ADDRESS("gateway") + " on " + INTERFACE("gateway_interface"),
        pp.Literal("dev ") + INTERFACE("interface"),
        keyword("a destination", "blackhole", "unreachable", "prohibited", "multipath", "???")("kind"),
    ]
).set_name("'via', 'dev' or a kind of destination")  # fmt: skip

# info = " (" INT ["-"] ["s"] ["/" (INT | "-" | "?")] ")" [" [" ["AS" INT] ["i" | "e" | "?"] "]"]
#        [" [" HEX "]"] [" [" 8 hex bytes "]"]
# The first bracket is BGP's (bgp_get_route_info), the second RIP's tag, the third Babel's router ID.
PREFERENCE = part(
    "a preference in brackets",
    pp.Literal(" (") + INTEGER("preference") + pp.Opt(pp.Literal("-")("suppressed"))
    + pp.Opt(pp.Literal("s")("stale"))
    + pp.Opt("/" + pp.Regex(r"[0-9]{1,20}|-|\?").set_name("a metric")("metric"))
    + ")",
)  # fmt: skip
MARKS = part(
    "a tag or a router ID",
    pp.Opt(pp.Literal(" [") + pp.Regex("[0-9a-f]{4,8}").set_name("a tag")("tag") + "]")
    + pp.Opt(
        pp.Literal(" [")
        + pp.Regex("[0-9a-f]{2}(?::[0-9a-f]{2}){7}").set_name("a router ID")("babel_router") + "]"
    ),
)  # fmt: skip
INFO = (
    PREFERENCE
    + pp.Opt(
        pp.Literal(" [") + pp.Opt("AS" + INTEGER("origin_as"))
        + pp.Opt(pp.Regex("[ie?]").set_name("an origin")("origin")) + "]"
    )
    + MARKS
)  # fmt: skip

# ospf_info = " " ("IA" | "I" | "E1" | "E2") " (" INT "/" INT ["/" INT] ")" [" [" HEX "]"] [" [" IPV4 "]"]
OSPF_INFO = (
    pp.Literal(" ") + keyword("an OSPF route type", "IA", "I", "E1", "E2")("ospf_type")
    + " (" + INTEGER("ospf_preference") + "/" + INTEGER("ospf_metric")
    + pp.Opt("/" + INTEGER("second_metric")) + ")"
    + pp.Opt(pp.Literal(" [") + pp.Regex("[0-9a-f]{1,8}").set_name("a tag")("ospf_tag") + "]")
    + pp.Opt(pp.Literal(" [") + IPV4("ospf_router") + "]")
)  # fmt: skip

# rating = info | ospf_info
RATING = pp.MatchFirst([INFO, OSPF_INFO]).set_name("a preference in brackets")

# source_rest = [" from " ADDRESS] "]" [" *" | " !"] rating END
# No valid rest contains another "]" that a valid rest could follow, so a time with brackets in it
# (BIRD prints whatever strftime does) ends at one place only.
SOURCE_REST = (
    pp.Opt(" from " + ADDRESS("received_from")) + "]"
    + pp.Opt(pp.Regex(r" [*!]").set_name("'*' or '!'")("flag"))
    + RATING + END
)  # fmt: skip

# 1007  route_row = [PREFIX] SP where " [" NAME " " [TIME] source_rest
ROW = production(
    "a route row",
    pp.Opt(PREFIX("prefix")) + SP + WHERE + " [" + PROTOCOL("protocol") + " "
    + text_before("a time, ']' and a preference in brackets", SOURCE_REST)("time") + SOURCE_REST,
)  # fmt: skip

# 1007  next_hop_line = TAB "via " ADDRESS " on " INTERFACE " weight " INT END
NEXT_HOP_LINE = production(
    "a next hop",
    TAB + pp.Literal("via ") + ADDRESS("gateway") + " on " + INTERFACE("interface")
    + " weight " + INTEGER("weight") + END,
)  # fmt: skip

# 1008  type_line = TAB "Type: " SOURCE " " CAST " " SCOPE END
TYPE_LINE = production(
    "a route's type",
    TAB + pp.Literal("Type: ") + NAME("source") + " " + NAME("cast") + " " + NAME("scope") + END,
)

# attribute_name = NAME [" [" TYPE "]"]      the type only of attributes that BIRD has no name for
_ATTRIBUTE_NAME = pp.Regex(r"(?!Type:)[A-Za-z0-9_][^: \t]*(?: \[[^\]\t]*\])?").set_name(
    "an attribute's name"
)

# 1012  attribute_line = TAB ATTRIBUTE_NAME ":" [" " VALUE]
ATTRIBUTE_LINE = production(
    "a route attribute",
    TAB + _ATTRIBUTE_NAME("name") + ":" + pp.Opt(" ") + VALUE("text"),
)

# A set goes on with its members, which look like neither a route that lost its blanks, another
# attribute nor the heading of a table.
_NO_ROUTE = r"(?![ \t]*(?:via|dev|blackhole|unreachable|prohibited|multipath|unicast|recursive)\b)"
_NO_ATTRIBUTE = (
    r"(?![ \t]*(?:[A-Za-z][A-Za-z_.0-9]*(?: \[[^\]]*\])?"
    r"|Internal route handling values|Table [^ \t]+):)"
)

# 1012  continuation_line = TAB TAB VALUE
CONTINUATION_LINE = production(
    "more of a route attribute",
    pp.Regex(rf"(?:\t\t| {{16}}(?! )){_NO_ROUTE}{_NO_ATTRIBUTE}").set_name("two tabs")
    + VALUE("text"),
)

# 0014  route_count_line = INT " of " INT " routes for " INT " networks" END        stats and count only
ROUTE_COUNT_LINE = production(
    "a route count",
    INTEGER("shown") + " of " + INTEGER("routes") + " routes for " + INTEGER("networks")
    + " networks" + END,
)  # fmt: skip

# Lines that belong to a row above them.
DETAILS = (ReplyCode.ROUTE_DETAILS, ReplyCode.ROUTE_ATTRIBUTES)

LINES: dict[int, tuple[pp.ParserElement, ...]] = {
    ReplyCode.ROUTE_LIST: (ROW, NEXT_HOP_LINE),
    ReplyCode.ROUTE_DETAILS: (TYPE_LINE,),
    ReplyCode.ROUTE_ATTRIBUTES: (CONTINUATION_LINE, ATTRIBUTE_LINE),
}
