"""Replies of a BIRD in a big Calico cluster, made from a seed: the same bytes in every run.

Rows are as the lab's daemons print them: blocks of other nodes over the mesh (/26), addresses
outside their block (/32), pods of this node on their own interfaces, routes from outside.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "SCATTERED",
    "SETTLED",
    "Shape",
    "a_second_later",
    "mesh_rows",
    "protocols_reply",
    "reply_of",
    "routes",
    "status_reply",
    "with_changes",
]

_TIME = re.compile("[0-9]{2}:[0-9]{2}:[0-9]{2}")
FINAL = b"0000 \n"
MOST_GATEWAYS = 2000
MINUTES = 4
HEADING = "2002-name     proto    table    state  since       info\n"


@dataclass(frozen=True, slots=True)
class Shape:
    """The share of each kind of row; the rest comes over the mesh.

    ``settled`` of them have the time at which their session came up, the others any time: of none is
    harder on whoever reads equal rows once, as of 400 gateways and 240 seconds few are equal.
    """

    gateways: int = 400

    settled: float = 0.0
    single: float = 0.35
    pod: float = 0.002
    outside: float = 0.02
    refused: float = 0.005


@cache
def _gateways() -> tuple[str, ...]:
    return tuple(
        f"10.{16 + at // 200}.{at % 200}.{1 + at * 7 % 250}" for at in range(MOST_GATEWAYS)
    )


def _clock(second: int) -> str:
    return f"18:{42 + second // 60:02}:{second % 60:02}"


def _row(prefix: str, chance: random.Random, shape: Shape) -> str:
    kind = chance.random()
    time = _clock(chance.randrange(MINUTES * 60))
    if kind < shape.pod:
        return f"{prefix:<18} dev cali{chance.getrandbits(44):011x} [kernel1 {time}] * (10)"
    at = chance.randrange(shape.gateways)
    gateway = _gateways()[at]
    name = gateway.replace(".", "_")
    if shape.settled and chance.random() < shape.settled:
        # With its session, which the table follows within two seconds.
        time = _clock(at * MINUTES * 60 // shape.gateways + chance.randrange(2))
    kind -= shape.pod
    if kind < shape.outside:
        return (
            f"{prefix:<18} via 10.0.0.254 on eth0 [Global_10_0_0_254 {time}] * (100/0) [AS64900i]"
        )
    if kind < shape.outside + shape.refused:
        return f"{prefix:<18} via {gateway} on eth0 [Mesh_{name} {time}] ! (100/0) [i]"
    return f"{prefix:<18} via {gateway} on eth0 [Mesh_{name} {time}] * (100/0) [i]"


SCATTERED = Shape()
SETTLED = Shape(settled=0.9)


def routes(count: int, shape: Shape = SCATTERED, seed: int = 4) -> list[str]:
    """Rows without their marks, each with a prefix of its own, in no order, as BIRD shows them."""
    chance = random.Random(seed)
    rows = []
    for at in range(count):
        # 2^22 blocks of 64 addresses are 100.0.0.0 - 115.255.255.192; a number of its own for each.
        address = (100 << 24) + (at << 6)
        length = 26
        if chance.random() < shape.single:
            address += chance.randrange(64)
            length = 32
        octets = ".".join(str(address >> shift & 255) for shift in (24, 16, 8, 0))
        rows.append(_row(f"{octets}/{length}", chance, shape))
    chance.shuffle(rows)
    return rows


def with_changes(
    rows: Sequence[str], shape: Shape = SCATTERED, share: float = 0.01, seed: int = 5
) -> list[str]:
    """The same networks in the same order, some of them with another gateway and another time."""
    chance = random.Random(seed)
    changed = list(rows)
    for at in chance.sample(range(len(rows)), int(len(rows) * share)):
        prefix = rows[at].partition(" ")[0]
        while changed[at] == rows[at]:
            changed[at] = _row(prefix, chance, shape)
    return changed


def reply_of(rows: Sequence[str]) -> bytes:
    """What the control socket sends for these rows."""
    return ("1007-" + "\n ".join(rows) + "\n").encode() + FINAL


_SESSION = """\
1002-{name} BGP      master   up     {time}    Established   
1006-  Description:    Connection to BGP peer
   Preference:     100
   Input filter:   from_peer
   Output filter:  (unnamed)
   Routes:         {routes} imported, 1 exported, {routes} preferred
   Route change stats:     received   rejected   filtered    ignored   accepted
     Import updates:     {updates:>10}          0          0          0 {updates:>10}
     Import withdraws:            0          0        ---          0          0
     Export updates:             11          4          6        ---          1
     Export withdraws:            0        ---        ---        ---          0
   BGP state:          Established
     Neighbor address: {address}
     Neighbor AS:      64512
     Neighbor ID:      {router}
     Neighbor caps:    refresh enhanced-refresh restart-able llgr-aware AS4 add-path-rx add-path-tx
     Session:          internal multihop AS4 add-path-rx add-path-tx
     Source address:   {source}
     Hold timer:       {hold}/240
     Keepalive timer:  {keepalive}/80
 
"""  # noqa: W291, W293 - BIRD's own columns

_WAITING = """\
1002-{name} BGP      master   start  {time}    Active        Socket: No route to host
1006-  Description:    Connection to BGP peer
   Preference:     100
   Input filter:   from_peer
   Output filter:  (unnamed)
   Routes:         0 imported, 0 exported, 0 preferred
   Route change stats:     received   rejected   filtered    ignored   accepted
     Import updates:              0          0          0          0          0
     Import withdraws:            0          0        ---          0          0
     Export updates:              0          0          0        ---          0
     Export withdraws:            0        ---        ---        ---          0
   BGP state:          Active
     Neighbor address: {address}
     Neighbor AS:      64512
     Connect delay:    {keepalive}/5
     Last error:       Socket: No route to host
 
"""  # noqa: W293

_KERNEL = """\
1002-kernel1  Kernel   master   up     18:42:00    
1006-  Preference:     10
   Input filter:   ACCEPT
   Output filter:  to_kernel
   Routes:         3 imported, 6 exported, 3 preferred
   Route change stats:     received   rejected   filtered    ignored   accepted
     Import updates:              3          0          0          0          3
     Import withdraws:            0          0        ---          0          0
     Export updates:             11          5          0        ---          6
     Export withdraws:            0        ---        ---        ---          0
 
"""  # noqa: W291, W293


def protocols_reply(sessions: int, *, family: int = 4, seed: int = 6) -> bytes:
    """``show protocols all`` with so many BGP sessions, one in twenty not established."""
    chance = random.Random(seed)
    parts = [HEADING, _KERNEL]
    for at in range(sessions):
        router = f"10.0.0.{at + 2}" if sessions < 250 else _gateways()[at]
        address = router if family == 4 else f"fd5c:1ab::{at + 2:x}"
        template = _WAITING if at % 20 == 19 else _SESSION
        parts.append(
            template.format(
                name="Mesh_" + address.replace(".", "_").replace(":", "_"),
                time=_clock(chance.randrange(MINUTES * 60)),
                address=address,
                router=router,
                source="10.0.0.1" if family == 4 else "fd5c:1ab::1",
                routes=chance.randrange(1, 5),
                updates=chance.randrange(1, 5000),
                hold=chance.randrange(160, 241),
                keepalive=chance.randrange(81),
            )
        )
    return "".join(parts).encode() + FINAL


def a_second_later(rows: Sequence[str]) -> list[str]:
    """The same table at another moment of a second.

    BIRD shows a time as that of one clock, moved by the difference of two that count whole seconds
    (sysdep/unix/io.c: tm_format_datetime): the times of all rows go to and fro by a second.
    """
    later = {_clock(second): _clock(second + 1) for second in range(MINUTES * 60 + 2)}
    return [_TIME.sub(lambda found: later[found[0]], row) for row in rows]


def mesh_rows(peers: int, count: int, family: int) -> list[str]:
    """A node of a small mesh: its uplink, its own block, its pods, and the blocks of its peers."""
    block, uplink, base, bits = (
        ("10.244.{}.0/26", "10.0.0.254", "10.0.0.", 32)
        if family == 4
        else ("fd00:244:0:{:x}::/122", "fd5c:1ab::fe", "fd5c:1ab::", 128)
    )
    anywhere, pod = ("0.0.0.0/0", "10.244.1.") if family == 4 else ("::/0", "fd00:244:0:1::")
    rows = [
        f"{anywhere:<18} via {uplink} on eth0 [kernel1 18:42:01] * (10)",
        f"{block.format(1):<18} blackhole [static1 18:42:00] * (200)",
    ]
    pods = (count - len(rows)) // 2
    rows += [
        f"{f'{pod}{at + 1}/{bits}':<18} dev cali{at:011x} [kernel1 18:42:{at:02}] * (10)"
        for at in range(pods)
    ]
    for at in range(count - len(rows)):
        gateway = f"{base}{at % peers + 2}"
        name = "Mesh_" + gateway.replace(".", "_").replace(":", "_")
        rows.append(
            f"{block.format(at + 2):<18} via {gateway} on eth0 [{name} 18:42:05] * (100/0) [i]"
        )
    return rows


def status_reply() -> bytes:
    """``show status`` of a daemon that is well."""
    return (
        b"1000-BIRD 1.6.8\n1011-Router ID is 10.0.0.1\n Current server time is 2026-11-22 18:49:03\n"
        b" Last reboot on 2026-11-22 18:41:58\n Last reconfiguration on 2026-11-22 18:41:58\n"
        b"0013 Daemon is up and running\n"
    )
