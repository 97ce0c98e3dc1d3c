"""Daemons of virtual nodes: what they say is made once, and shared by all nodes but for what changes."""

# ruff: noqa: ARG002 - a stand-in takes what the protocol gives

from __future__ import annotations

import time
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import replies

from birdstatus import DaemonReport, RouteReader, parse_protocols, parse_status
from reporter.bird.snapshot import FamilyAnswer

if TYPE_CHECKING:
    from collections.abc import Collection

    from reporter.bird.control_socket import Family
    from reporter.bird.snapshot import Answers

__all__ = ["MARK", "SHAPES", "PlayedBird", "Shape"]

# The gateway of a route that was changed begins so; the rest of it is which change it was.
MARK = "10.200."


class Shape(NamedTuple):
    """How much a node has: BGP sessions and IPv4 routes. 0 peers: as many as there are other nodes."""

    peers: int
    routes: int

    def of(self, nodes: int) -> Shape:
        """The shape in a cluster of so many nodes."""
        return self._replace(peers=self.peers or max(nodes - 1, 1))


SHAPES = {"small": Shape(10, 50), "mesh": Shape(0, 50), "large": Shape(500, 5000)}


@cache
def _answers(shape: Shape) -> tuple[FamilyAnswer, FamilyAnswer]:
    """What the two daemons of a node of this shape say."""
    status = parse_status(replies.status_reply())
    protocols = parse_protocols(replies.protocols_reply(shape.peers))
    reply = replies.reply_of(replies.routes(shape.routes))
    routes = RouteReader().read(reply, protocols, [], [])
    first = FamilyAnswer(DaemonReport(status, protocols, routes))
    none = RouteReader().read(replies.FINAL, [], [], [])
    return first, FamilyAnswer(DaemonReport(status, [], none))


class PlayedBird:
    """The daemons of one node. ``change`` and ``lose`` are called from any thread."""

    def __init__(self, shape: Shape) -> None:
        self._first, self._second = _answers(shape)
        self._routes = self._first.report.routes
        self._whole = tuple(self._first.report.protocols or ())
        self.changed_at: dict[int, float] = {}

    def look(self, daemon: Family, classes: Collection[str]) -> Answers:
        """As of now; costs nothing, for it is the reporter and the API that are measured."""
        return {4: self._first} if daemon == 4 else {6: self._second}

    def change(self, serial: int) -> None:
        """One route has another gateway, from which the change is known again."""
        routes = list(self._routes or ())
        at = serial % len(routes)
        gateway = f"{MARK}{serial // 250 % 250}.{serial % 250}"
        routes[at] = routes[at].model_copy(update={"gateway": gateway})
        self._routes = tuple(routes)
        self._set(replace(self._first.report, routes=self._routes))
        self.changed_at[serial] = time.monotonic()

    def lose(self, serial: int, *, lost: bool) -> None:
        """The first session is down, or comes back."""
        protocols = list(self._whole)
        if lost:
            at = next(at for at, found in enumerate(protocols) if found.bgp is not None)
            down, session = protocols[at], protocols[at].bgp
            assert session is not None
            active = session._replace(state="Active")
            protocols[at] = down._replace(state="start", bgp_state="Active", bgp=active)
        self._set(replace(self._first.report, protocols=protocols))
        self.changed_at[serial] = time.monotonic()

    def _set(self, report: DaemonReport) -> None:
        self._first = replace(self._first, report=report)
