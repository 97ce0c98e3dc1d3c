"""The lab's real BIRD: a table of static routes, and a node with many established sessions.

Where the lab cannot be (no root, no BIRD) this says so and measures nothing.
"""

from __future__ import annotations

import os
import shutil
import socket
import sys
import time
from typing import TYPE_CHECKING

from figures import Figure
from measuring import HERE, Samples, in_turn, timed
from sessions import sessions

from birdstatus import CalicoNodeStatusStatus, RouteReader, RouteStatus, parse_protocols
from reporter.bird.control_socket import ask

sys.path.insert(0, str(HERE.parent / "tests"))
from lab.control import wait_until
from lab.daemon import Daemon
from lab.pieces import AS, DEVICE
from lab.stage import ROUTER_ID, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["real_routes", "real_sessions"]

RECEIVE = 1 << 18
GATEWAYS = 200
MAX_REPLY = 128 << 20


def lab_is_here() -> bool:
    if os.geteuid() == 0 and shutil.which("bird") and shutil.which("ip"):
        return True
    print("the real BIRD is left out: it needs root, bird and iproute2", file=sys.stderr)
    return False


def drain(path: Path) -> int:
    """The same reply with the fewest calls there can be: received, and looked at nowhere."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(str(path))
        connection.recv(RECEIVE)
        connection.sendall(b"show route\n")
        size = 0
        while True:
            data = connection.recv(RECEIVE)
            size += len(data)
            if not data or data.endswith(b"\n0000 \n"):
                return size


def fetch(path: Path, command: str) -> bytes:
    """By the reporter's own code."""
    exchange = ask([path], [command], timeout=60, max_reply_bytes=MAX_REPLY, clock=time.monotonic)
    if exchange.failure:
        raise AssertionError(exchange.failure.text)
    return exchange.replies[command].data


def real_routes(count: int, runs: int) -> Iterator[Figure]:
    if not lab_is_here():
        return
    with Stage(4) as stage:
        parts = [f"router id {ROUTER_ID};\n", DEVICE]
        for part in range(GATEWAYS):
            lines = (
                f"  route {100 + at // (1 << 18)}.{at >> 10 & 255}.{at >> 2 & 255}.{(at & 3) << 6}/26"
                f" via {stage.host(2 + part)};\n"
                for at in range(part, count, GATEWAYS)
            )
            parts.append("protocol static {\n" + "".join(lines) + "}\n")
        daemon = Daemon(stage.router, 4, stage.folder, "bench", "".join(parts))
        daemon.start(timeout=60)
        try:
            yield from refreshes(daemon.socket, count, runs)
        finally:
            daemon.stop()


def refreshes(path: Path, count: int, runs: int) -> Iterator[Figure]:
    found = len(status_of(RouteReader(), fetch(path, "show route")).routes.routesV4)
    if found != count:
        raise AssertionError(f"{found} routes in the table, not {count}")
    what = f"{count:,} routes from a real BIRD, socket to status"
    for case, (again, drained) in by_clock(path, runs).items():
        note = f"{again.median * 1e3:.0f} ms; bare drain {drained.median * 1e3:.0f} ms"
        yield Figure.of(f"{what}, unchanged, {case}", again.over(drained), "x drain", 1.3, note)
    drained, fetched, first = in_turn(
        runs,
        lambda: drain(path),
        lambda: fetch(path, "show route"),
        lambda: status_of(RouteReader(), fetch(path, "show route")),
    )
    yield Figure.of("the same, the reply received alone", fetched.over(drained), "x drain")
    yield Figure.of(
        f"{what}, first time", first.over(drained), "x drain", note=f"{first.median * 1e3:.0f} ms"
    )


def by_clock(path: Path, runs: int) -> dict[str, tuple[Samples, Samples]]:
    """Refreshes, and a drain beside each, by what BIRD's clock made of the table (replies.py)."""
    reader = RouteReader()
    last = b""
    taken: dict[str, list[tuple[float, float]]] = {}

    def refresh() -> None:
        nonlocal reply
        reply = fetch(path, "show route")
        status_of(reader, reply)

    # Long enough for both cases to come up; the first two refreshes may each be new.
    for turn in range(6 * runs):
        reply = b""
        drained, again = timed(lambda: drain(path)), timed(refresh)
        case = "every time as before" if reply == last else "every time a second off"
        last = reply
        if turn >= 6:
            taken.setdefault(case, []).append((again, drained))
        # At any moment of a second.
        time.sleep(0.37)
    return {
        case: (Samples(tuple(a for a, _ in pairs)), Samples(tuple(d for _, d in pairs)))
        for case, pairs in sorted(taken.items())
    }


def status_of(reader: RouteReader, reply: bytes) -> CalicoNodeStatusStatus:
    return CalicoNodeStatusStatus(routes=RouteStatus(routesV4=reader.read(reply)))


def real_sessions(count: int, runs: int) -> Iterator[Figure]:
    """Both ends are BIRD; outside, one daemon speaks for all peers, each on its own address."""
    if not lab_is_here():
        return
    with Stage(4) as stage:
        # BIRD begins one session at a time with a neighbour's address: each session has two of its
        # own. Every address of 10.5.0.0/16 is the peers', of 10.6.0.0/16 the node's.
        stage.outside.ip("address", "add", f"{stage.host(2)}/24", "dev", stage.far)
        for owner, other, own, via in (
            (stage.outside, stage.router, "10.5.0.0/16", stage.host(2)),
            (stage.router, stage.outside, "10.6.0.0/16", stage.host(1)),
        ):
            owner.ip("route", "add", "local", own, "dev", "lo")
            other.ip("route", "add", own, "via", via)
        here, there = [f"router id {ROUTER_ID};\n", DEVICE], ["router id 10.4.0.2;\n", DEVICE]
        for at in range(count):
            address = f"10.5.{at // 200}.{at % 200 + 1}"
            own = address.replace("10.5.", "10.6.")
            name = address.replace(".", "_")
            here.append(
                f"protocol bgp 'Mesh_{name}' {{ description \"Connection to BGP peer\"; multihop; passive on;"
                f" local {own} as {AS}; neighbor {address} as {AS}; import all; export none; }}\n"
            )
            there.append(
                f"protocol bgp 'core_{name}' {{ multihop; local {address} as {AS};"
                # Not all at once: the node's queue of new connections is short.
                f" neighbor {own} as {AS}; connect delay time {1 + at % 20};"
                " connect retry time 2; error wait time 1,2; import none; export none; }\n"
            )
        node = Daemon(stage.router, 4, stage.folder, "node", "".join(here))
        peers = Daemon(stage.outside, 4, stage.folder, "peers", "".join(there))
        node.start(timeout=30)
        try:
            peers.start(timeout=30)
            try:
                wait_until(
                    lambda: established(node.socket) == count, 60,
                    lambda: f"{established(node.socket)} of {count} sessions are up",
                )  # fmt: skip
                reply = fetch(node.socket, "show protocols all")
            finally:
                peers.stop()
        finally:
            node.stop()
    yield from sessions(reply, count, runs, "a real BIRD", 6)


def established(path: Path) -> int:
    found = parse_protocols(fetch(path, "show protocols all"))
    return sum(one.bgp_state == "Established" for one in found)
