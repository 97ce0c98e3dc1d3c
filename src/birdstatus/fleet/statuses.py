"""What the nodes say, small: of a status only numbers are kept, each for a row that many nodes share.

A mesh of 1,000 nodes reports a million sessions and, with routes, a million routes. Their rows repeat: the
session to one node and the route to one block look the same from nearly everywhere. So each different row is
kept and checked once (:class:`Tables`), and a node's status is arrays of their numbers: 8 bytes for a session,
4 for a route.
"""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from birdstatus.fleet import documents
from birdstatus.fleet.addresses import Network, canonical, network
from birdstatus.fleet.resources import FAMILIES, Family
from birdstatus.models import MAX_UPDATE_PERIOD

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

RowsT = TypeVar("RowsT")

__all__ = ["Daemon", "NodeStatus", "RouteRow", "SessionRow", "Sessions", "Tables", "read_status"]

ESTABLISHED = "Established"
# Calico's own reporter takes a route's peer from the name of the session, with its port if it has one
# (node/pkg/status/populators/route.go, sessionNameToTypeAndPeerIP): "10.0.0.2.port.1179", "fd80::2:port:1179".
_PORT = re.compile(r"[.:]port[.:][0-9]{1,5}\Z")
# Written by Calico's own reporter, which moves lastUpdated only when something changed.
_CALICO_WRITERS = ("calico-node", "calico")
_OWN_WRITER = "birdstatus-reporter"


class Daemon(NamedTuple):
    """One BIRD of a node. Times are in its local time, as it prints them."""

    is_ready: bool
    router_id: str
    booted: str
    reconfigured: str


class SessionRow(NamedTuple):
    """A session without its time.

    Attributes:
        address: of the peer, in its shortest text; empty if none can be read.
        type: ``NodeMesh``, ``NodePeer``, ``GlobalPeer``, or empty.
        state: as RFC 4271 names it, or empty.
    """

    address: str
    type: str
    state: str


class RouteRow(NamedTuple):
    """A route, or one next hop of it.

    Attributes:
        destination: None if it is no prefix.
        peer: the address of who sent it, for a route learned by BGP.
    """

    destination: Network | None
    gateway: str
    interface: str
    source: str
    peer: str
    is_fib: bool


class _Numbers(dict[Any, int]):
    """A number for each different key, in order of appearance; ``rows`` holds what is made of each key."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        super().__init__()
        self._make = make
        self.rows: list[Any] = []

    def __missing__(self, key: Any) -> int:  # noqa: ANN401 - any hashable value
        number = self[key] = len(self)
        self.rows.append(self._make(key))
        return number


class Tables:
    """The different rows of all statuses of one inventory.

    Attributes:
        sessions: rows by the numbers in :attr:`Sessions.rows`.
        times: texts by the numbers in :attr:`Sessions.since`.
        routes: rows by the numbers in :attr:`NodeStatus.routes`.
    """

    def __init__(self) -> None:
        self._sessions = _Numbers(_session)
        self._times = _Numbers(_known_text)
        self._routes = _Numbers(_route)
        self.sessions: list[SessionRow] = self._sessions.rows
        self.times: list[str] = self._times.rows
        self.routes: list[RouteRow] = self._routes.rows

    def add_sessions(self, peers: list[Any]) -> Sessions:
        """The rows of a list of peers; what is no mapping or holds no plain values is left out."""
        try:
            numbers = array("I", map(self._sessions.__getitem__, map(_SESSION_KEY, peers)))
            return Sessions(numbers, array("I", map(self._times.__getitem__, map(_SINCE, peers))))
        except (AttributeError, KeyError, TypeError):
            return self.add_sessions(_plain(peers, _SESSION))

    def add_routes(self, routes: list[Any]) -> array[int]:
        """The rows of a list of routes; what is no mapping or holds no plain values is left out."""
        try:
            learned = list(map(_LEARNED, routes))
            sources = [(source["sourceType"], source.get("peerIP")) for source in learned]
            keys = zip(map(_ROUTE_KEY, routes), sources, strict=True)
            return array("I", map(self._routes.__getitem__, keys))
        except (AttributeError, KeyError, TypeError):
            return self.add_routes(_plain(routes, _ROUTE))


# What a row has if it says nothing of something. Reading by columns needs every key.
_SESSION: dict[str, Any] = {"peerIP": "", "type": "", "state": "", "since": ""}
_ROUTE: dict[str, Any] = {
    "destination": "", "gateway": "", "interface": "", "type": "",
    "learnedFrom": {"sourceType": "", "peerIP": ""},
}  # fmt: skip
_SESSION_KEY = itemgetter("peerIP", "type", "state")
_SINCE = itemgetter("since")
_ROUTE_KEY = itemgetter("destination", "gateway", "interface", "type")
_LEARNED = itemgetter("learnedFrom")


def _plain(rows: list[Any], empty: dict[str, Any]) -> list[dict[str, Any]]:
    """The mappings among some rows, with every key of an empty one, and only its types of values."""
    return [
        {
            name: (
                _plain([row.get(name)], absent)[0] if isinstance(row.get(name), dict) else absent
            )
            if isinstance(absent, dict)
            else _known_text(row.get(name))
            for name, absent in empty.items()
        }
        for row in rows
        if isinstance(row, dict)
    ]


def _known_text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _session(key: tuple[object, object, object]) -> SessionRow:
    address, kind, state = map(_known_text, key)
    return SessionRow(canonical(address), kind, state)


def _route(key: tuple[tuple[object, ...], tuple[object, object]]) -> RouteRow:
    destination, gateway, interface, use = map(_known_text, key[0])
    source, peer = map(_known_text, key[1])
    peer = canonical(_PORT.sub("", peer))
    return RouteRow(network(destination), canonical(gateway), interface, source, peer, use == "FIB")


class Sessions(NamedTuple):
    """The sessions of a node in one family, as numbers of rows and of times; see :class:`Tables`."""

    rows: array[int]
    since: array[int]


NO_SESSIONS = Sessions(array("I"), array("I"))


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """What a node says.

    Attributes:
        name: of the CalicoNodeStatus.
        node: that it is about.
        period: seconds between two updates; 0: written once. None if the object has none that holds.
        updated: when it was written last; None if it never was.
        writer: ``calico``, ``own`` or empty, of the reporter that wrote it, as far as the API server says.
        daemons: by family; None if the class Agent is not reported.
        sessions: by family; None if the class BGP is not reported.
        routes: by family; None if the class Routes is not reported.
    """

    name: str
    node: str
    period: int | None
    updated: datetime | None
    writer: str
    daemons: dict[Family, Daemon] | None
    sessions: dict[Family, Sessions] | None
    routes: dict[Family, array[int]] | None


def read_status(name: str, document: Mapping[str, Any], tables: Tables) -> NodeStatus | None:
    """The small form of a CalicoNodeStatus; None if it names no node."""
    spec = documents.section(document, "spec")
    status = documents.section(document, "status")
    owner = documents.text(spec, "node")
    if not owner:
        return None
    period = spec.get("updatePeriodSeconds")
    has_period = (
        isinstance(period, int)
        and not isinstance(period, bool)
        and 0 <= period <= MAX_UPDATE_PERIOD
    )
    return NodeStatus(
        name=name,
        node=owner,
        period=period if has_period else None,
        updated=documents.time(status.get("lastUpdated")),
        writer=_writer(documents.section(document, "metadata")),
        daemons=_daemons(documents.section(status, "agent")) if "agent" in status else None,
        sessions=_by_family(documents.section(status, "bgp"), "peers", tables.add_sessions)
        if "bgp" in status
        else None,
        routes=_by_family(documents.section(status, "routes"), "routes", tables.add_routes)
        if "routes" in status
        else None,
    )


def _by_family(
    status: Mapping[str, Any], name: str, read: Callable[[list[Any]], RowsT]
) -> dict[Family, RowsT]:
    lists = {family: status.get(f"{name}V{family}") for family in FAMILIES}
    return {family: read(rows if isinstance(rows, list) else []) for family, rows in lists.items()}


def _daemons(agent: Mapping[str, Any]) -> dict[Family, Daemon]:
    return {
        family: Daemon(
            documents.text(daemon, "state") == "Ready",
            canonical(documents.text(daemon, "routerID")),
            documents.text(daemon, "lastBootTime"),
            documents.text(daemon, "lastReconfigurationTime"),
        )
        for family in FAMILIES
        if (daemon := documents.section(agent, f"birdV{family}"))
    }


def _writer(metadata: Mapping[str, Any]) -> str:
    """Who wrote the status last."""
    writes = [
        (documents.text(entry, "time"), documents.text(entry, "manager"))
        for entry in documents.items(metadata, "managedFields")
        if "f:status" in documents.section(entry, "fieldsV1")
    ]
    manager = max(writes, default=("", ""))[1]
    return "own" if manager == _OWN_WRITER else "calico" if manager in _CALICO_WRITERS else ""
