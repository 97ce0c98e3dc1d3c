"""`show protocols all` of a node with many BGP sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from baseline import line_scan
from figures import Figure
from measuring import in_turn

from birdstatus import parse_protocols
from birdstatus.projection import peers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from birdstatus import BGPPeer

__all__ = ["sessions"]


def sessions(
    reply: bytes, count: int, runs: int, where: str, limit: float | None
) -> Iterator[Figure]:
    text = reply.decode()
    if len(peers(parse_protocols(reply))) != count:
        raise AssertionError("not every session is read")
    base, read = in_turn(runs, lambda: line_scan(text), lambda: for_the_first_time(reply))
    yield Figure.of(
        f"{count} BGP sessions ({where}), `show protocols all` to BGPPeers",
        read.over(base), "x line scan", limit, f"{read.median * 1e3:.1f} ms, {len(reply)} bytes",
    )  # fmt: skip


def for_the_first_time(reply: bytes) -> tuple[BGPPeer, ...]:
    """With nothing remembered but the patterns, as always."""
    return peers(parse_protocols(reply))
