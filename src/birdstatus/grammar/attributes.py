"""Values of route attributes: what stands after ``BGP.as_path: `` and the like.

From proto/bgp/attrs.c, nest/a-path.c, nest/a-set.c and nest/rt-attr.c. Blanks between the parts of
a value do not count here. No production refers to itself: BIRD nests a set in a confederation at
most, so nothing that a peer sends can make reading recurse.
"""

from __future__ import annotations

import pyparsing as pp

from birdstatus.grammar import terminals
from birdstatus.records import (
    Aggregator,
    AsPathSegment,
    Community,
    ExtendedCommunity,
    LargeCommunity,
)


def _sequence_of(item: pp.ParserElement) -> pp.ParserElement:
    return (pp.ZeroOrMore(item) + pp.StringEnd()).set_parse_action(lambda found: [tuple(found)])


# Copies, as in lines every blank counts.
INTEGER = terminals.INTEGER.copy().set_parse_action(lambda found: int(found[0]))
IPV4 = terminals.IPV4.copy()
ADDRESS = terminals.ADDRESS.copy()
NUMBER = pp.Regex("0x[0-9a-f]{1,16}|[0-9]{1,20}").set_name("a number")
_ASNS = pp.OneOrMore(INTEGER)

# segment = INT {INT} | "{" {INT} "}" | "({" {INT} "})" | "(" {INT} ")"       (RFC 4271 4.3, RFC 5065 3)
SEGMENT = pp.MatchFirst(
    [
        _ASNS.copy().set_parse_action(lambda t: AsPathSegment("sequence", tuple(t))),
        (pp.Suppress("{") + pp.Opt(_ASNS) + pp.Suppress("}")).set_parse_action(
            lambda t: AsPathSegment("set", tuple(t))
        ),
        (pp.Suppress("({") + pp.Opt(_ASNS) + pp.Suppress("})")).set_parse_action(
            lambda t: AsPathSegment("confed-set", tuple(t))
        ),
        (pp.Suppress("(") + pp.Opt(_ASNS) + pp.Suppress(")")).set_parse_action(
            lambda t: AsPathSegment("confed-sequence", tuple(t))
        ),
    ]
).set_name("an AS number or a set of them")

# as_path = {segment}
AS_PATH = _sequence_of(SEGMENT).set_name("an AS path")

# communities = {"(" INT "," INT ")"}                                                    (RFC 1997)
COMMUNITIES = _sequence_of(
    (pp.Suppress("(") + INTEGER + pp.Suppress(",") + INTEGER + pp.Suppress(")"))
    .set_parse_action(lambda t: Community(*t))
    .set_name("a community")
).set_name("communities")

# ext_communities = {"(" ("rt" | "ro" | "generic" | "unknown 0x" HEX) ", " KEY ", " VALUE ")"}
#                                                                                        (RFC 4360)
EXTENDED_COMMUNITIES = _sequence_of(
    (
        pp.Suppress("(")
        + pp.Regex("rt|ro|generic|unknown 0x[0-9a-f]{1,8}").set_name("a kind of community")
        + pp.Suppress(",") + (IPV4 | NUMBER) + pp.Suppress(",") + NUMBER + pp.Suppress(")")
    )
    .set_parse_action(lambda t: ExtendedCommunity(*t))
    .set_name("an extended community")
).set_name("extended communities")  # fmt: skip

# large_communities = {"(" INT ", " INT ", " INT ")"}                                    (RFC 8092)
LARGE_COMMUNITIES = _sequence_of(
    (
        pp.Suppress("(") + INTEGER + pp.Suppress(",") + INTEGER + pp.Suppress(",") + INTEGER
        + pp.Suppress(")")
    )
    .set_parse_action(lambda t: LargeCommunity(*t))
    .set_name("a large community")
).set_name("large communities")  # fmt: skip

# aggregator = IPV4 " AS" INT                                                  (RFC 4271 5.1.7)
AGGREGATOR = (
    (IPV4 + pp.Suppress("AS") + INTEGER + pp.StringEnd())
    .set_parse_action(lambda t: Aggregator(*t))
    .set_name("an aggregator")
)

# next_hop = ADDRESS [" " ADDRESS]            global, then link-local                (RFC 2545 3)
NEXT_HOPS = _sequence_of(ADDRESS).set_name("next hops")

# cluster_list = {IPV4}                                                                  (RFC 4456)
CLUSTER_LIST = _sequence_of(IPV4).set_name("a cluster list")

# number = INT END
WHOLE_NUMBER = (INTEGER + pp.StringEnd()).set_name("a number")

# tag = HEX                                              a tag is no number to count with
TAG = (pp.Regex("(0x)?[0-9a-f]{1,8}") + pp.StringEnd()).set_name("a tag")

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
