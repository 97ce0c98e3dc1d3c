"""What BIRD 2 and 3 may come to print: kept under its own name, or said, and nothing else lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from birdstatus import parse_protocols, parse_routes
from birdstatus.projection import routes
from birdstatus.records import document

if TYPE_CHECKING:
    from birdstatus import BirdParseError

SESSION = """\
2002-Name       Proto      Table      State  Since         Info
1002-Mesh_10_4_0_2 BGP        ---        up     13:30:21.401  Established   
1006-  BGP state:          Established
     Neighbor address: 10.4.0.2
     Neighbor capabilities
       Time travel: backwards
         Years: 7
   Channel quantum7
     State:          UP
     Routes:         1 imported, 2 exported, 1 preferred
     Route change stats:     received   rejected   RX limit suspicious   accepted
       Import updates:              6          1          2          3          4
       Import surprises:            1        ---        ---          0          0
     Colour:         red
     Preference:     100
 
0000 
"""  # noqa: W291, W293 - BIRD's own blanks


def test_what_nobody_knows_yet_of_a_session() -> None:
    problems: list[BirdParseError] = []
    (protocol,) = parse_protocols(SESSION, problems)
    assert [problem.line for problem in problems] == [14]
    assert protocol.bgp is not None
    (capability,) = protocol.bgp.neighbor_capabilities
    assert (capability.name, capability.text) == ("Time travel", "backwards")
    assert [tuple(detail) for detail in capability.details] == [("Years", "7")]
    (channel,) = protocol.channels
    assert (channel.name, channel.state, channel.preference) == ("quantum7", "UP", 100)
    assert channel.changes == {
        "import_updates": {
            "received": 6, "rejected": 1, "RX limit": 2, "suspicious": 3, "accepted": 4,
        },
        "import_surprises": {
            "received": 1, "rejected": None, "RX limit": None, "suspicious": 0, "accepted": 0,
        },
    }  # fmt: skip


ROUTES = """\
1007-Table master4:
 10.0.0.0/8           unicast [static1 13:30:20.419] * (200)
 \tvia 10.4.0.2 on eth0 mpls 100/200 onlink weight 3
 \tvia 10.4.0.3
1012-\tmystery_value: 42
1007-10.1.0.0/16          recursive [static1 13:30:20.419] * (200)
 \tvia 10.9.9.9 table master4
 
 Table other4:
 10.2.0.0/16          blackhole [static2 13:30:20.419] * (200)
0000 
"""  # noqa: W291, W293 - BIRD's own blanks


def test_what_is_published_of_tables() -> None:
    entries = parse_routes(ROUTES)
    assert [entry.table for entry in entries] == ["master4", "master4", "other4"]
    assert entries[0].next_hops[0].mpls == (100, 200)
    assert entries[0].next_hops[0].onlink
    assert [tuple(attribute)[:3] for attribute in entries[0].attributes] == [
        ("mystery_value", "42", 42)
    ]
    assert [(route.destination, route.gateway, route.interface) for route in routes(entries)][-1] == (
        "10.1.0.0/16", "N/A", "unreachable",
    )  # fmt: skip


IN_FULL = """\
1007-Table master4:
 10.0.0.0/8           unicast [bgp1 13:30:20.419] * (100) [i]
 \tvia 10.4.0.2 on eth0
1012-\tbgp_path: 
 \t_own:with_a_sign: 5
 \t1f.07: 0a 0b
 \tBGP.251 [t]: 01 02
 A line of a kind that nobody knows
1008-\tInternal route handling values: 0L 3G 0S id 1
1007-10.1.0.0/16          teleported [bgp1 13:30:20.419] * (100) [i]
1007-10.2.0.0/16          blackhole [static2 13:30:20.419] * (200)
0000 
"""  # noqa: W291 - BIRD's own blanks


def test_what_nobody_knows_yet_of_a_route() -> None:
    problems: list[BirdParseError] = []
    first, last = parse_routes(IN_FULL, problems)
    assert [problem.line for problem in problems] == [8, 10]
    assert [(attribute.name, attribute.text) for attribute in first.attributes] == [
        ("bgp_path", ""), ("_own", "with_a_sign: 5"), ("1f.07", "0a 0b"), ("BGP.251 [t]", "01 02"),
    ]  # fmt: skip
    assert first.identifiers is not None
    assert first.identifiers.global_id == 3
    assert (last.prefix, last.kind) == ("10.2.0.0/16", "blackhole")


STRANGE = """\
2002-Name       Proto      Table      State  Since         Info
1002-weaver     Loom       master4    up     13:30:20.419  Spinning fast
1006-  Created:            13:30:20.419
   Threads:            12
   Channel cloth9
     State:          WOVEN
     Table:          weave9
     Import state:   HALF-WAY
     Routes:         3 imported, 0 exported, 3 preferred
 
0000 
"""  # noqa: W291, W293 - BIRD's own blanks


def test_a_protocol_and_a_channel_of_no_known_kind() -> None:
    problems: list[BirdParseError] = []
    (protocol,) = parse_protocols(STRANGE, problems)
    assert [problem.line for problem in problems] == [4]
    assert (protocol.type, protocol.info) == ("Loom", "Spinning fast")
    (channel,) = protocol.channels
    assert (channel.name, channel.state, channel.table) == ("cloth9", "WOVEN", "weave9")
    assert channel.import_state == "HALF-WAY"
    assert channel.routes is not None
    assert channel.routes.imported == 3


NUMBERS = """\
BIRD 3.4.0 ready.
Table mtab:
1000                 unreachable [carrier 20:21:53.323] * (0) []
Table aspas:
1299                  [known 20:21:53.323] * (100)
"""


def test_a_network_of_four_digits_is_no_reply_code() -> None:
    """MPLS labels and AS numbers, in what plain `birdc` prints."""
    label, asn = parse_routes(NUMBERS)
    assert (label.table, label.prefix, label.network_type) == ("mtab", "1000", "number")
    assert (asn.table, asn.prefix, asn.kind) == ("aspas", "1299", "")
    assert document(label)["preference"] == 0
