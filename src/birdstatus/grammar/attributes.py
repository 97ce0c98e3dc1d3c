"""Values of route attributes: what stands after ``BGP.as_path: `` and the like.

From proto/bgp/attrs.c, nest/a-path.c, nest/a-set.c and nest/rt-attr.c. Blanks between the parts of
a value do not count here. No production refers to itself: BIRD nests a set in a confederation at
most, so nothing that a peer sends can make reading recurse. What the parts of a value become is
said in :mod:`birdstatus.parse.attributes`.
"""

from __future__ import annotations

import pyparsing as pp

from birdstatus.grammar import terminals


def _spaced(terminal: pp.ParserElement) -> pp.ParserElement:
    """A terminal of lines, in which every blank counts, as part of a value."""
    part = terminal.copy()
    part.skipWhitespace = True
    return part


INTEGER = _spaced(terminals.INTEGER)
IPV4 = _spaced(terminals.IPV4)
ADDRESS = _spaced(terminals.ADDRESS)
NUMBER = pp.Regex("0x[0-9a-f]{1,16}|[0-9]{1,20}").set_name("a number")
_ASNS = pp.OneOrMore(INTEGER)

# segment = INT {INT} | "{" {INT} "}" | "({" {INT} "})" | "(" {INT} ")"       (RFC 4271 4.3, RFC 5065 3)
SEGMENT = pp.MatchFirst(
    [
        _ASNS("sequence"),
        (pp.Literal("{") + pp.Opt(_ASNS) + "}")("set"),
        (pp.Literal("({") + pp.Opt(_ASNS) + "})")("confed_set"),
        (pp.Literal("(") + pp.Opt(_ASNS) + ")")("confed_sequence"),
    ]
).set_name("an AS number or a set of them")

# as_path = {segment}
AS_PATH = (pp.ZeroOrMore(SEGMENT) + pp.StringEnd()).set_name("an AS path")

# communities = {"(" INT "," INT ")"}                                                    (RFC 1997)
COMMUNITY = (pp.Literal("(") + INTEGER + "," + INTEGER + ")").set_name("a community")
COMMUNITIES = (pp.ZeroOrMore(COMMUNITY) + pp.StringEnd()).set_name("communities")

# ext_communities = {"(" ("rt" | "ro" | "generic" | "unknown 0x" HEX) ", " KEY ", " VALUE ")"}
#                                                                                        (RFC 4360)
EXTENDED_COMMUNITY = (
    pp.Literal("(")
    + pp.Regex("rt|ro|generic|unknown 0x[0-9a-f]{1,8}").set_name("a kind of community")("kind")
    + "," + pp.MatchFirst([IPV4, NUMBER])("key") + "," + NUMBER("value") + ")"
).set_name("an extended community")  # fmt: skip
EXTENDED_COMMUNITIES = (pp.ZeroOrMore(EXTENDED_COMMUNITY) + pp.StringEnd()).set_name(
    "extended communities"
)

# large_communities = {"(" INT ", " INT ", " INT ")"}                                    (RFC 8092)
LARGE_COMMUNITY = (
    pp.Literal("(") + INTEGER + "," + INTEGER + "," + INTEGER + ")"
).set_name("a large community")  # fmt: skip
LARGE_COMMUNITIES = (pp.ZeroOrMore(LARGE_COMMUNITY) + pp.StringEnd()).set_name("large communities")

# aggregator = IPV4 " AS" INT                                                  (RFC 4271 5.1.7)
AGGREGATOR = (IPV4("address") + "AS" + INTEGER("asn") + pp.StringEnd()).set_name("an aggregator")

# next_hop = ADDRESS [" " ADDRESS]            global, then link-local                (RFC 2545 3)
NEXT_HOPS = (ADDRESS + pp.Opt(ADDRESS) + pp.StringEnd()).set_name("next hops")

# cluster_list = {IPV4}                                                                  (RFC 4456)
CLUSTER_LIST = (pp.ZeroOrMore(IPV4) + pp.StringEnd()).set_name("a cluster list")

# number = INT END
WHOLE_NUMBER = (INTEGER + pp.StringEnd()).set_name("a number")

# tag = HEX                                              a tag is no number to count with
TAG = (pp.Regex("(?:0x)?[0-9a-f]{1,8}") + pp.StringEnd()).set_name("a tag")

VALUES: dict[str, pp.ParserElement] = {
    "BGP.as_path": AS_PATH,
    "BGP.next_hop": NEXT_HOPS,
    "BGP.med": WHOLE_NUMBER,
    "BGP.local_pref": WHOLE_NUMBER,
    "BGP.aggregator": AGGREGATOR,
    "BGP.community": COMMUNITIES,
    "BGP.cluster_list": CLUSTER_LIST,
    "BGP.ext_community": EXTENDED_COMMUNITIES,
    "BGP.large_community": LARGE_COMMUNITIES,
    "OSPF.tag": TAG,
    "RIP.tag": TAG,
}

# BIRD 3 writes `bgp_path` for `BGP.as_path` and `ospf_tag` for `OSPF.tag`.
VALUES |= {
    name.lower().replace(".", "_").replace("as_path", "path"): value
    for name, value in VALUES.items()
}
