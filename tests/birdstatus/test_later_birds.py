"""What BIRD 2 and 3 may come to print: kept under its own name, or said, and nothing else lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from birdstatus import parse_protocols, parse_routes
from birdstatus.projection import routes

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
