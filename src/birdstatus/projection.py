"""Records to models: what of BIRD's words Calico publishes. The only module that knows both.

A record that has no place in the models is left out and put into the caller's list of
diagnostics; it never costs another one its place. Lists are in a stable order: by address, FIB
before RIB, then as BIRD gave them.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, replace
from ipaddress import ip_address
from itertools import repeat
from typing import TYPE_CHECKING, Literal, TypeVar

from pydantic import BaseModel

from birdstatus.errors import ProjectionError
from birdstatus.grammar.bird1.status import SHUTDOWN
from birdstatus.models import (
    Agent,
    BGPDaemonStatus,
    BGPPeer,
    BGPStatus,
    CalicoNodeStatusStatus,
    LearnedFrom,
    PeerType,
    Route,
    RouteStatus,
    SessionState,
    SourceType,
    StatusClass,
)
from birdstatus.ordering import address_order, route_orders
from birdstatus.parse import Answer, Command
from birdstatus.printable import printable
from birdstatus.records import DaemonStatus, Protocol, RouteEntry, TableCount

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from birdstatus.ordering import Place

__all__ = [
    "ROW_FIELDS",
    "DaemonReport",
    "RowProjector",
    "bgp_status",
    "daemon_status",
    "family_of",
    "has_place",
    "node_status",
    "peer",
    "peers",
    "published_routes",
    "routes",
    "serves_both_families",
    "session_family",
    "split_families",
    "unvalidated",
]

Family = Literal[4, 6]
ModelT = TypeVar("ModelT", bound=BaseModel)

NO_GATEWAY = "N/A"
# This many sources of routes are remembered from one reply to the next.
MOST_SOURCES = 10_000
BGP = "BGP"

UNICAST = "unicast"
RECURSIVE = "recursive"

# BIRD 2 and 3 name the table of each family; 1.6 has a single one, and a text may have no heading.
_TABLES = frozenset({"", "master4", "master6"})
_NO_TABLE = "---"
# The release in a version such as `1.6.8`, `3.3.2` or `v0.3.3+birdv1.6.8`.
_MAJOR_VERSION = re.compile(r"(?:^|birdv?)([0-9]{1,4})\.[0-9.]*(?:[^0-9.].*)?$")
_FIRST_WITH_BOTH = 2

# Calico's confd names a BGP protocol by how the peer was configured and by its address, with _ for
# . and : (confd/pkg/backends/calico/bgp_processor.go).
_PEER_NAME = re.compile(
    r"(?P<origin>Mesh|Node|Global|Local_Workload)_(?P<address>[0-9A-Fa-f_]+?)?(?:_port_[0-9]+)?"
)
_PEER_TYPES: dict[str, PeerType] = {
    "Mesh_": "NodeMesh",
    "Node_": "NodePeer",
    "Global_": "GlobalPeer",
}
_V4_PARTS = re.compile(r"[0-9]{1,3}(?:_[0-9]{1,3}){3}")

# RFC 4271 8.2.2: a passive start waits in Active, and Idle refuses connections.
_STATES: dict[str, SessionState] = {
    "Idle": "Idle",
    "Connect": "Connect",
    "Active": "Active",
    "OpenSent": "OpenSent",
    "OpenConfirm": "OpenConfirm",
    "Established": "Established",
    "Close": "Close",
    "Passive": "Active",
    "Down": "Idle",
}
_SOURCES: dict[str, SourceType] = {"Kernel": "Kernel", "Static": "Static", "Direct": "Direct"}
# BIRD's names for protocols that the configuration left unnamed, as Calico's does (conf/cf-lex.l).
_UNNAMED = re.compile(r"(kernel|static|direct)[0-9]+")


@dataclass(frozen=True, slots=True)
class DaemonReport:
    """What one daemon was asked and answered; ``None`` where it was not asked or said nothing.

    ``status`` is its answer to ``show status``, ``protocols`` that to ``show protocols [all]``.
    ``routes`` are the parser's records, or what a :class:`~birdstatus.poll.RouteReader` has
    published of them already.
    ``failed`` says that something it was asked for could not be read whole.
    """

    status: DaemonStatus | None = None
    protocols: Sequence[Protocol] | None = None
    routes: Sequence[RouteEntry] | Sequence[Route] | None = None
    failed: bool = False

    @classmethod
    def of(cls, answers: Iterable[Answer]) -> DaemonReport:
        """What these answers of one daemon say together.

        Of several answers to `show status` or `show route` the last counts. Of a protocol in several
        answers the last does, with the details of an earlier one: `show protocols` and
        `show protocols all NAME` add up.
        """
        failed = False
        status: DaemonStatus | None = None
        protocols: dict[str, Protocol] | None = None
        routes: list[RouteEntry] | None = None
        for answer in answers:
            failed = failed or not answer.whole
            if answer.command is Command.STATUS:
                status = answer.status or status
            elif answer.command is Command.ROUTES:
                routes = answer.routes
            else:
                protocols = protocols or {}
                for protocol in answer.protocols:
                    protocols[protocol.name] = _added_up(protocols.get(protocol.name), protocol)
        found = None if protocols is None else list(protocols.values())
        return cls(status, found, routes, failed)


def _has_details(protocol: Protocol) -> bool:
    """Whether this is of `show protocols all`: 1.6 says its preference, later releases their channels."""
    return protocol.preference is not None or bool(
        protocol.channels or protocol.created or protocol.bgp
    )


def _added_up(earlier: Protocol | None, later: Protocol) -> Protocol:
    """What two answers say of one protocol: the later row, with the earlier details if it has none."""
    if earlier is None or _has_details(later):
        return later
    shown = ("table", "state", "since", "info", "bgp_state", "error")
    changed = {name: getattr(later, name) for name in shown}
    bgp = earlier.bgp
    if bgp is not None and later.bgp_state != earlier.bgp_state:
        bgp = bgp._replace(state=later.bgp_state or "Down")
    return earlier._replace(type=later.type, bgp=bgp, **changed)


def node_status(
    v4: DaemonReport | None,
    v6: DaemonReport | None,
    classes: Collection[StatusClass],
    diagnostics: list[ProjectionError] | None = None,
) -> CalicoNodeStatusStatus:
    """The published status of a node, without its time: the classes asked for, from both daemons.

    A family that is ``None`` was not looked at: its daemon is left out.
    """
    return CalicoNodeStatusStatus(
        agent=Agent(
            birdV4=None if v4 is None else daemon_status(v4),
            birdV6=None if v6 is None else daemon_status(v6),
        )
        if "Agent" in classes
        else None,
        bgp=bgp_status(_peers_of(v4), _peers_of(v6)) if "BGP" in classes else None,
        routes=RouteStatus(
            routesV4=published_routes(v4, diagnostics), routesV6=published_routes(v6, diagnostics)
        )
        if "Routes" in classes
        else None,
    )


def _peers_of(report: DaemonReport | None) -> tuple[BGPPeer, ...]:
    return peers(report.protocols or ()) if report else ()


def published_routes(
    report: DaemonReport | None, diagnostics: list[ProjectionError] | None = None
) -> tuple[Route, ...]:
    """The published routes of a daemon, as :func:`routes` gives them; what a reader has made of them stays."""
    if report is None or not report.routes:
        return ()
    published = tuple(one for one in report.routes if isinstance(one, Route))
    entries = (one for one in report.routes if isinstance(one, RouteEntry))
    return published or routes(entries, report.protocols or (), diagnostics)


def serves_both_families(
    records: Iterable[DaemonStatus | Protocol | RouteEntry | TableCount],
) -> bool:
    """Whether these are of a daemon that serves both families, as BIRD 2 and 3 do: as what it printed tells.

    That is its version, channels or a table of one family, a table's heading, or what such a row alone says.
    """
    return any(map(_serves_both, records))


def _serves_both(record: DaemonStatus | Protocol | RouteEntry | TableCount) -> bool:
    match record:
        case DaemonStatus():
            version = _MAJOR_VERSION.search(record.version)
            return bool(record.hostname) or (
                version is not None and int(version[1]) >= _FIRST_WITH_BOTH
            )
        case Protocol():
            return bool(record.channels or record.created) or record.table in {
                "master4",
                "master6",
                _NO_TABLE,
            }
        case RouteEntry():
            return bool(record.table or record.network_type) or record.kind in {UNICAST, RECURSIVE}
    return True


def split_families(report: DaemonReport) -> tuple[DaemonReport, DaemonReport]:
    """What one daemon that serves both families says of IPv4, and of IPv6.

    Both have its status. A session belongs to the family of its neighbour's address, or of the range of
    a dynamic one; one that shows neither to that of its only channel, else to IPv4.
    """
    return _of_family(report, 4), _of_family(report, 6)


def _of_family(report: DaemonReport, family: Family) -> DaemonReport:
    protocols, routes_of = report.protocols, report.routes
    if protocols is not None:
        # Other protocols say whom a route was learned from.
        protocols = [one for one in protocols if one.type != BGP or session_family(one) == family]
    if routes_of is not None:
        entries = [one for one in routes_of if isinstance(one, RouteEntry)]
        published = [one for one in routes_of if isinstance(one, Route)]
        routes_of = [one for one in entries if prefix_family(one.prefix) == family] or [
            one for one in published if prefix_family(one.destination or "") == family
        ]
    return replace(report, protocols=protocols, routes=routes_of)


def session_family(protocol: Protocol) -> Family:
    """The family that a session of a daemon with both belongs to."""
    known = _peer_address(protocol) or (protocol.bgp.neighbor_range if protocol.bgp else "")
    if known:
        return prefix_family(known)
    return 6 if protocol.channels and all("6" in one.name for one in protocol.channels) else 4


def prefix_family(prefix: str) -> Family:
    """The family of an address or a prefix, as BIRD prints them."""
    return 6 if ":" in prefix else 4


def family_of(
    records: Iterable[DaemonStatus | Protocol | RouteEntry | TableCount],
) -> Family | None:
    """Whose answer this is, as its addresses tell; ``show status`` tells nothing."""
    for record in records:
        match record:
            case RouteEntry(network_type=""):
                address = record.prefix
            case Protocol(type="BGP"):
                address = _peer_address(record)
            case _:
                continue
        if address:
            return prefix_family(address)
    return None


def daemon_status(report: DaemonReport) -> BGPDaemonStatus:
    """The published status of a daemon.

    ``Ready`` takes an answer that is whole and does not say that BIRD is shutting down:
    reconfiguring and graceful restart are ready.
    """
    status = report.status
    if status is None:
        return BGPDaemonStatus(state="NotReady")
    ready = not report.failed and status.condition not in {"", SHUTDOWN}
    return BGPDaemonStatus(
        state="Ready" if ready else "NotReady",
        version=printable(status.version) or None,
        routerID=printable(status.router_id) or None,
        lastBootTime=printable(status.last_reboot) or None,
        lastReconfigurationTime=printable(status.last_reconfiguration) or None,
    )


def peer(protocol: Protocol) -> BGPPeer:
    """The published status of a BGP protocol.

    Where only ``show protocols`` without ``all`` is at hand, the address is read from the name.
    """
    return _peers([protocol])[0]


def peers(protocols: Iterable[Protocol]) -> tuple[BGPPeer, ...]:
    """Every protocol of type BGP, whatever its name, disabled ones too; by address."""
    return tuple(_peers([protocol for protocol in protocols if protocol.type == BGP]))


def _peers(protocols: Sequence[Protocol]) -> list[BGPPeer]:
    addresses = map(_peer_address, protocols)
    ordered = sorted(
        zip(addresses, protocols, strict=True), key=lambda pair: address_order(pair[0])
    )
    return unvalidated(
        BGPPeer,
        [
            {
                "peerIP": address or None,
                "type": _peer_type(protocol.name),
                "state": _session_state(protocol),
                "since": printable(protocol.since) or None,
            }
            for address, protocol in ordered
        ],
    )


def bgp_status(peers_v4: tuple[BGPPeer, ...], peers_v6: tuple[BGPPeer, ...]) -> BGPStatus:
    """The peers of both families with their counts."""
    established_v4 = _established(peers_v4)
    established_v6 = _established(peers_v6)
    return BGPStatus(
        numberEstablishedV4=established_v4,
        numberNotEstablishedV4=len(peers_v4) - established_v4,
        numberEstablishedV6=established_v6,
        numberNotEstablishedV6=len(peers_v6) - established_v6,
        peersV4=peers_v4,
        peersV6=peers_v6,
    )


def routes(
    entries: Iterable[RouteEntry],
    protocols: Iterable[Protocol] = (),
    diagnostics: list[ProjectionError] | None = None,
) -> tuple[Route, ...]:
    """Every route, one entry for each next hop; by address, FIB before RIB, then as BIRD gave them.

    ``protocols`` says of what type each source is and which neighbour it talks to. A source that is
    not among them is judged by its name and by what BIRD prints of BGP routes alone. Rows of other
    tables than ``master4`` and ``master6``, where tables are named, and rows that are no IP prefix are
    passed over: they are no routes of the node.
    """
    types = {protocol.name: protocol for protocol in protocols}
    sources: dict[tuple[str, bool], LearnedFrom | None] = {}
    ordered: list[tuple[Place, Route]] = []
    for entry in entries:
        if entry.network_type or entry.table not in _TABLES:
            continue
        key = (entry.protocol, bool(entry.origin))
        if key not in sources:
            sources[key] = _learned_from(entry, types.get(entry.protocol))
        try:
            (order,) = route_orders((entry.prefix,), (_is_forwarding(entry),))
            ordered.extend((order, route) for route in _project_route(entry, sources[key]))
        except ProjectionError as error:
            if diagnostics is not None:
                diagnostics.append(error)
    ordered.sort(key=lambda pair: pair[0])
    return tuple(route for _, route in ordered)


def _is_forwarding(entry: RouteEntry) -> bool:
    # A route that the kernel refused is the best one, but nothing is forwarded by it.
    return entry.primary and not entry.sync_error


def _project_route(entry: RouteEntry, learned_from: LearnedFrom | None) -> list[Route]:
    if entry.kind in {"via", "dev", "multipath", UNICAST}:
        ways = [(hop.gateway or NO_GATEWAY, hop.interface) for hop in entry.next_hops]
        if not ways:
            raise ProjectionError(f"the route to {entry.prefix} has no next hop", entry)
    elif entry.kind in {"blackhole", "unreachable", "prohibited"}:
        ways = [(NO_GATEWAY, entry.kind)]
    elif entry.kind == RECURSIVE:
        # Its next hop is not resolved, so that it leads nowhere yet.
        ways = [(NO_GATEWAY, "unreachable")]
    else:
        raise ProjectionError(f"BIRD does not say where {entry.prefix} leads", entry)
    return [
        Route(
            type="FIB" if _is_forwarding(entry) else "RIB",
            destination=entry.prefix,
            gateway=gateway,
            interface=printable(interface),
            learnedFrom=learned_from,
        )
        for gateway, interface in ways
    ]


def _learned_from(entry: RouteEntry, protocol: Protocol | None) -> LearnedFrom | None:
    if protocol is None:
        unnamed = _UNNAMED.fullmatch(entry.protocol)
        source = _SOURCES[unnamed[1].capitalize()] if unnamed else None
        is_bgp = bool(entry.origin or _PEER_NAME.match(entry.protocol))
        address = _address_in(entry.protocol)
    else:
        source = _SOURCES.get(protocol.type)
        is_bgp = protocol.type == BGP
        address = _peer_address(protocol)
    if is_bgp:
        is_mesh = _peer_type(entry.protocol) == "NodeMesh"
        return LearnedFrom(sourceType="NodeMesh" if is_mesh else "BGPPeer", peerIP=address or None)
    return LearnedFrom(sourceType=source) if source else None


def _peer_type(name: str) -> PeerType | None:
    origin, mark, _ = name.partition("_")
    return _PEER_TYPES.get(origin + mark)


def _peer_address(protocol: Protocol) -> str:
    if protocol.bgp is not None and (protocol.bgp.neighbor_address or protocol.bgp.neighbor_range):
        return protocol.bgp.neighbor_address
    return _address_in(protocol.name)


def _address_in(name: str) -> str:
    """The address in a protocol's name, if there is one."""
    found = _PEER_NAME.fullmatch(name)
    text = (found and found["address"]) or ""
    text = text.replace("_", "." if _V4_PARTS.fullmatch(text) else ":")
    return text if _is_address(text) else ""


def _session_state(protocol: Protocol) -> SessionState:
    # Without `all` the info column has the state; a protocol that shows it nowhere is down.
    state = (protocol.bgp and protocol.bgp.state) or protocol.bgp_state
    return _STATES.get(state, "Idle")


def _established(found: tuple[BGPPeer, ...]) -> int:
    return sum(one.state == "Established" for one in found)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


# The fields of a row that a published route is made of.
ROW_FIELDS = (
    "prefix", "gateway", "gateway_interface", "interface", "kind", "protocol", "flag", "origin",
)  # fmt: skip
_NOWHERE = frozenset({"blackhole", "unreachable", "prohibited"})


def has_place(column: Mapping[str, Sequence[str]]) -> bool:
    """Whether every row, given by its :data:`ROW_FIELDS`, says where its route leads."""
    if {"", *_NOWHERE}.issuperset(column["kind"]):
        return True
    rows = zip(column["kind"], column["gateway"], column["interface"], strict=True)
    return all(kind in _NOWHERE or gateway or interface for kind, gateway, interface in rows)


class RowProjector:
    """:func:`routes` for rows by the column, in the order given: as many routes as rows."""

    def __init__(self, protocols: Iterable[Protocol]) -> None:
        self._types = {protocol.name: protocol for protocol in protocols}
        self._sources: dict[tuple[str, str], LearnedFrom | None] = {}

    def routes(self, column: Mapping[str, Sequence[str]]) -> list[Route]:
        """A route for each row, all of which have a place."""
        keys = list(zip(column["protocol"], column["origin"], strict=True))
        for key in set(keys).difference(self._sources):
            self._sources[key] = self._source(*key)
        names = zip(column["gateway_interface"], column["interface"], column["kind"], strict=True)
        interfaces = [behind or interface or kind for behind, interface, kind in names]
        if not all(map(str.isprintable, set(interfaces))):
            interfaces = list(map(printable, interfaces))
        fields = zip(
            column["flag"], column["prefix"], column["gateway"], interfaces,
            map(self._sources.__getitem__, keys), strict=True,
        )  # fmt: skip
        return unvalidated(
            Route,
            [
                {
                    "type": "FIB" if flag == " *" else "RIB",
                    "destination": prefix,
                    "gateway": gateway or NO_GATEWAY,
                    "interface": interface,
                    "learnedFrom": source,
                }
                for flag, prefix, gateway, interface, source in fields
            ],
        )

    def forget(self) -> None:
        """Forget the sources of routes if there are many: for when all rows of a reply are read."""
        if len(self._sources) > MOST_SOURCES:
            self._sources.clear()

    def _source(self, protocol: str, origin: str) -> LearnedFrom | None:
        entry = RouteEntry("", "", protocol, origin=origin)
        return _learned_from(entry, self._types.get(protocol))


def unvalidated(kind: type[ModelT], values: list[dict[str, object]]) -> list[ModelT]:
    """Models of these fields, all of them given and of their types, in a third of the time.

    Sets what :meth:`pydantic.BaseModel.model_construct` sets in pydantic 2.12, for all at once.
    """
    made: list[ModelT] = [object.__new__(kind) for _ in values]
    for slot, content in (
        ("__dict__", values),
        ("__pydantic_fields_set__", repeat(set(kind.model_fields))),
        ("__pydantic_extra__", repeat(None)),
        ("__pydantic_private__", repeat(None)),
    ):
        deque(map(BaseModel.__dict__[slot].__set__, made, content), maxlen=0)
    return made
