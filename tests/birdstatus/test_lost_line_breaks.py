"""Two lines in one, in a copy that lost a line break: no row that nobody printed, none lost unsaid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from birdstatus import BirdParseError, parse_protocols, parse_routes

if TYPE_CHECKING:
    from collections.abc import Callable

PROTOCOLS = """name     proto    table    state  since       info
kernel1  Kernel   master   up     11:02:31
device1  Device   master   up     2026-03-01
Mesh_10_66_0_12 BGP      master   up     11:02:33    Established
Mesh_10_66_0_13 BGP      master   start  2026-03-01 11:02  Passive       Received: Administrative shutdown
Node_10_66_0_14_port_179 BGP      master   start  11:02:31    OpenSent
uplink   BGP      master   start  11:02:31    Active        Socket: Connection refused
spare    BGP      master   down   11:02:31    Error: No listening socket
pipe1    Pipe     master   up     11:02:31    => other
last     BGP      master   down   11:02:31
"""
ROUTES = """0.0.0.0/0          via 10.66.0.1 on eth0 [kernel1 11:02:32] * (10)
10.233.1.0/26      via 10.66.0.12 on eth0 [Mesh_10_66_0_12 11:02:34] * (100/0) [i]
\tType: BGP unicast univ
\tBGP.origin: IGP
\tBGP.as_path:
\tBGP.community: (65000,1) (65000,2)
\t\t(65000,3) (65000,4)
                   via 10.66.0.12 on eth0 [Mesh_10_66_0_13 11:02:34 from 10.66.0.13] (100/0) [i]
\tType: BGP unicast univ
\tBGP.local_pref: 100
10.233.2.0/26      blackhole [static1 11:02:31] * (200)
                   unreachable [kernel1 ] (10)
10.233.2.7/32      dev cali0123456789a [kernel1 11:03:10] * (10)
10.20.0.0/16       multipath [kernel1 2026-03-01] * (10)
\tvia 10.66.0.21 on eth0 weight 1
\tvia 10.66.0.22 on eth1 weight 3
172.16.4.0/24      via 10.66.0.15 on eth0 [uplink 2026-03-01 11:02:31] ! (100/?) [AS64999e]
"""

PROTOCOLS_2 = """Name       Proto      Table      State  Since         Info
device1    Device     ---        up     13:30:20.419
Mesh_10_66_0_12 BGP        ---        up     13:30:21.401  Established
Mesh_fd66__12 BGP        ---        start  13:30:20.419  Passive
uplink     BGP        ---        start  13:30:20.419  Connect       Socket: No route to host
spare      BGP        ---        down   2026-03-01
pipe1      Pipe       ---        up     13:30:20.419  master4 <=> other
"""
ROUTES_2 = """Table master4:
0.0.0.0/0            unicast [kernel1 13:30:20.422] * (10)
\tvia 10.66.0.1 on eth0
10.233.1.0/26        unicast [Mesh_10_66_0_12 13:30:21.401 from 10.66.0.12] * (100) [i]
\tvia 10.66.0.12 on eth0
\tType: BGP univ
\tBGP.origin: IGP
\tBGP.local_pref: 100
                     unicast [kernel1 13:30:20.422] (10)
\tvia 10.66.0.12 on eth0
10.20.0.0/16         unicast [kernel1 13:30:20.419] * (10)
\tvia 10.66.0.21 on eth0 weight 1
\tvia 10.66.0.22 on eth1 weight 3
10.233.2.0/26        blackhole [static1 13:30:20.419] * (200)
10.233.2.7/32        unicast [kernel1 13:30:20.419] * (10)
\tdev cali0123456789a
"""

READ = (
    (parse_protocols, PROTOCOLS),
    (parse_protocols, PROTOCOLS_2),
    (parse_routes, ROUTES),
    (parse_routes, ROUTES_2),
)
CASES = [
    (reader, text, place, between)
    for reader, text in READ
    for place in range(1, text.count("\n"))
    for between in ("", " ")
]


@pytest.mark.parametrize(("reader", "text", "place", "between"), CASES)
def test_a_lost_line_break_is_told_and_makes_up_nothing(
    reader: Callable[..., Any], text: str, place: int, between: str
) -> None:
    whole = {_told(record) for record in reader(text)}
    lines = text.splitlines()
    lines[place - 1 : place + 1] = [lines[place - 1] + between + lines[place]]
    problems: list[BirdParseError] = []
    records = {_told(record) for record in reader("\n".join(lines) + "\n", problems)}
    assert problems or records == whole
    assert records <= whole


def _told(record: Any) -> tuple[object, ...]:
    """What is published of a record: attributes and next hops beside a bad line may rightly be fewer."""
    return tuple(
        getattr(record, name)
        for name in (
            "name",
            "prefix",
            "kind",
            "state",
            "since",
            "bgp_state",
            "protocol",
            "time",
            "primary",
        )
        if hasattr(record, name)
    )
