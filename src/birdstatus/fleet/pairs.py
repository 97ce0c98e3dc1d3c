"""Sessions with both of their ends in one row, and what is to be said of each."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from birdstatus.fleet.resources import FAMILIES, Family, Node
from birdstatus.fleet.statuses import ESTABLISHED, NO_SESSIONS, Sessions
from birdstatus.fleet.verdicts import Pair, PairVerdict, Side, SideVerdict
from birdstatus.ordering import address_order

if TYPE_CHECKING:
    from collections.abc import Iterator

    from birdstatus.fleet.expected import Expectation, ExpectedSession
    from birdstatus.fleet.reports import Reports
    from birdstatus.fleet.statuses import SessionRow

__all__ = ["Observed", "PairKey", "SessionCounts"]

MESH = "NodeMesh"


class PairKey(NamedTuple):
    """A session, whichever of its ends spoke first: of two nodes, ``node`` is the lesser name.

    Attributes:
        peer: the other node; empty for an external peer.
        address: of an external peer; empty for a node.
    """

    family: Family
    node: str
    peer: str
    address: str


class Listed(NamedTuple):
    """A session that a node lists."""

    row: SessionRow
    since: str


@dataclass(slots=True)
class SessionCounts:
    """Sessions, counted at each end that is a node."""

    expected: int = 0
    up: int = 0
    down: int = 0
    unknown: int = 0


@dataclass(slots=True)
class Observed:
    """The sessions of all nodes: what should be beside what is.

    Only what is not plainly right is looked at in detail, so that a mesh of 1,000 nodes is not a million rows.

    Attributes:
        suspects: the sessions that some end does not show as established and expected, and nothing more.
        sizes: how many peers a reporting node has or should have in a family.
    """

    expectation: Expectation
    reports: Reports
    judges_mesh: bool
    judges_peerings: bool
    counts: SessionCounts = field(default_factory=SessionCounts)
    suspects: dict[PairKey, None] = field(default_factory=dict)
    sizes: dict[tuple[str, Family], int] = field(default_factory=dict)
    _ends: dict[tuple[str, Family], int] = field(default_factory=dict)
    _up_mesh: frozenset[int] = frozenset()
    _addresses: list[str] = field(default_factory=list)
    _numbers: dict[str, int] = field(default_factory=dict)
    _first: dict[tuple[str, Family], array[int]] = field(default_factory=dict)
    _next: dict[tuple[str, Family, int], int] = field(default_factory=dict)
    _explicit: dict[tuple[str, Family], dict[str, list[ExpectedSession]]] = field(
        default_factory=dict
    )

    @classmethod
    def of(cls, expectation: Expectation, reports: Reports) -> Observed:
        found = reports.inventory
        observed = cls(
            expectation,
            reports,
            judges_mesh="Node" in found.given
            and (
                "BGPConfiguration" in found.given
                or any(row.type == MESH for row in found.tables.sessions)
            ),
            judges_peerings="Node" in found.given
            and (
                "BGPPeer" in found.given
                or all(row.type in {MESH, ""} for row in found.tables.sessions)
            ),
            _addresses=[row.address for row in found.tables.sessions],
            _up_mesh=frozenset(
                number
                for number, row in enumerate(found.tables.sessions)
                if row.type == MESH and row.state == ESTABLISHED
            ),
        )
        for address in observed._addresses:
            observed._numbers.setdefault(address, len(observed._numbers) + 1)
        for node in expectation.nodes:
            for family in FAMILIES:
                observed._scan(node, family)
        observed._find_one_sided()
        return observed

    # What a node should have

    def mesh_of(self, node: Node, family: Family) -> frozenset[str]:
        """The addresses to which the mesh wants sessions of a node."""
        if not self.judges_mesh or not self.expectation.is_in_mesh(node, family):
            return frozenset()
        return self.expectation.mesh[family] - {node.address(family)}

    def has_mesh(self, node: Node, family: Family) -> bool:
        """The mesh wants a session of a node, without making a set of all others."""
        mesh = self.expectation.mesh[family]
        return self.judges_mesh and self.expectation.is_in_mesh(node, family) and len(mesh) > 1

    def _is_mesh(self, node: Node, family: Family, address: str) -> bool:
        """As ``address in mesh_of(node, family)``, without making a set of all nodes."""
        return (
            self.judges_mesh
            and self.expectation.is_in_mesh(node, family)
            and address in self.expectation.mesh[family]
            and address != node.address(family)
        )

    def explicit_of(self, node: Node, family: Family) -> dict[str, list[ExpectedSession]]:
        """The sessions that BGPPeers want of a node, by the address of the peer."""
        key = (node.name, family)
        if key not in self._explicit:
            wanted: dict[str, list[ExpectedSession]] = {}
            for session in self.expectation.explicit(node, family) if self.judges_peerings else ():
                wanted.setdefault(session.peerIP, []).append(session)
            self._explicit[key] = wanted
        return self._explicit[key]

    def expected(self, node: Node, family: Family, address: str) -> list[ExpectedSession]:
        """What a node should have to one address."""
        wanted = list(self.explicit_of(node, family).get(address, ()))
        if self._is_mesh(node, family, address):
            wanted.insert(0, self.expectation.mesh_session(node, family, address))
        return wanted

    # What it has

    def judges(self, kind: str) -> bool:
        """Whether it is known which sessions of a type there should be."""
        return self.judges_mesh if kind == MESH else self.judges_peerings and kind != ""

    def _scan(self, node: Node, family: Family) -> None:
        mesh = self.mesh_of(node, family)
        explicit = self.explicit_of(node, family)
        wanted = len(mesh) + sum(map(len, explicit.values()))
        counts = self.counts
        counts.expected += wanted
        if not self.reports.has_sessions(node.name):
            counts.unknown += wanted
            return
        rows = self._sessions(node.name, family).rows
        self.sizes[node.name, family] = wanted
        if (
            not explicit
            and len(rows) == len(mesh)
            and self._up_mesh.issuperset(rows)
            and set(map(self._addresses.__getitem__, rows)) == mesh
        ):
            counts.up += wanted
            return
        listed = self.listed(node.name, family)
        addresses = {*mesh, *explicit, *listed}
        self.sizes[node.name, family] = len(addresses)
        for address in addresses:
            here = listed.get(address, [])
            number = (address in mesh) + len(explicit.get(address, ()))
            up = sum(session.row.state == ESTABLISHED for session in here)
            if number:
                is_right = up == number == len(here)
                counts.up += min(number, up)
                counts.down += max(number - up, 0)
            else:
                unjudged = [session for session in here if not self.judges(session.row.type)]
                is_right = up == len(here) == len(unjudged)
                self._count_ends(node, family, address)
                if unjudged:
                    counts.up += up
                    counts.down += len(unjudged) - min(up, len(unjudged))
            if not is_right:
                self.suspects[self.key(node, family, address)] = None

    def _count_ends(self, node: Node, family: Family, address: str) -> None:
        peer = self.expectation.names.get(address, "")
        if node.address(family) and peer and self.reports.has_sessions(peer):
            self._ends[node.name, family] = self._ends.get((node.name, family), 0) + 1
            self._ends[peer, family] = self._ends.get((peer, family), 0) - 1

    def _find_one_sided(self) -> None:
        """Sessions that nothing asks for and one of two nodes lists: each spoils the balance of both."""
        odd = {key for key, balance in self._ends.items() if balance}
        for name, family in odd:
            node = self.reports.inventory.nodes[name]
            for address in self.listed(name, family):
                peer = self.expectation.names.get(address, "")
                if (peer, family) in odd and not self._to(peer, family, node.address(family)):
                    self.suspects[self.key(node, family, address)] = None

    def _sessions(self, node: str, family: Family) -> Sessions:
        status = self.reports.status(node)
        return status.sessions[family] if status is not None and status.sessions else NO_SESSIONS

    def listed(self, node: str, family: Family) -> dict[str, list[Listed]]:
        """What a node lists, by the address of the peer."""
        tables = self.reports.inventory.tables
        rows, since = self._sessions(node, family)
        found: dict[str, list[Listed]] = {}
        for row, time in zip(rows, since, strict=True):
            session = Listed(tables.sessions[row], tables.times[time])
            found.setdefault(session.row.address, []).append(session)
        return found

    def _to(self, node: str, family: Family, address: str) -> list[Listed]:
        """What a node lists to one address."""
        tables = self.reports.inventory.tables
        rows, since = self._sessions(node, family)
        found: list[Listed] = []
        place = self._places(node, family, rows)[self._numbers.get(address, 0)]
        while place:
            found.append(Listed(tables.sessions[rows[place - 1]], tables.times[since[place - 1]]))
            place = self._next.get((node, family, place), 0)
        return found

    def _places(self, node: str, family: Family, rows: array[int]) -> array[int]:
        """From 1, the place of a node's first session to each address, by the address's number; 0 for none.

        Made when a node is first asked about: 4 bytes for each address of the cluster, so that a mesh of
        1,000 nodes can be gone through session by session.
        """
        key = (node, family)
        if key not in self._first:
            first = array("I", bytes(4 * (len(self._numbers) + 1)))
            for place in range(len(rows), 0, -1):
                number = self._numbers[self._addresses[rows[place - 1]]]
                if first[number]:
                    self._next[node, family, place] = first[number]
                first[number] = place
            self._first[key] = first
        return self._first[key]

    # Both together

    def key(self, node: Node, family: Family, address: str) -> PairKey:
        """The session of a node to an address."""
        peer = self.expectation.names.get(address, "")
        if not peer or peer == node.name:
            return PairKey(family, node.name, "", address)
        return PairKey(family, min(node.name, peer), max(node.name, peer), "")

    def pair(self, key: PairKey) -> Pair:
        """A session with both of its ends, and what is to be said of it."""
        nodes = self.reports.inventory.nodes
        family = key.family
        node, peer = nodes[key.node], nodes.get(key.peer)
        near = peer.address(family) if peer is not None else key.address
        here = self.expected(node, family, near)
        there = self.expected(peer, family, node.address(family)) if peer is not None else []
        a = self._side(node, family, near, here)
        b = (
            self._side(peer, family, node.address(family), there)
            if peer is not None
            else Side("", near, "external")
        )
        wanted = here + there
        kind = wanted[0].type if wanted else a.type or b.type
        return Pair(
            family=family,
            verdict=_verdict(a, b, is_wanted=bool(wanted) or not self.judges(kind)),
            a=a,
            b=b,
            type=kind,
            wanted_by=tuple(sorted({session.wantedBy for session in wanted})),
            connects=_connects(here, there),
        )

    def _side(
        self, node: Node, family: Family, address: str, wanted: list[ExpectedSession]
    ) -> Side:
        own = node.address(family)
        if self.reports.is_not_ready(node.name, family):
            return Side(node.name, own, "not-ready")
        if not self.reports.has_sessions(node.name) or not address:
            return Side(node.name, own, "unknown")
        here = self._to(node.name, family, address)
        if not here:
            return Side(node.name, own, "absent")
        session = next((one for one in here if one.row.state == ESTABLISHED), here[0])
        verdict: SideVerdict = "down"
        if session.row.state == ESTABLISHED:
            verdict = "up"
        elif session.row.state in _WAITING and wanted and all(one.passive for one in wanted):
            verdict = "waiting"
        return Side(node.name, own, verdict, session.row.state, session.since, session.row.type)

    def all_keys(self) -> Iterator[PairKey]:
        """Every session that is wanted or listed, each once: half a million for a mesh of 1,000 nodes."""
        for family in FAMILIES:
            for node in self.expectation.nodes:
                addresses = {
                    *self.mesh_of(node, family),
                    *self.explicit_of(node, family),
                    *self.listed(node.name, family),
                }
                for address in sorted(addresses, key=address_order):
                    key = self.key(node, family, address)
                    # Of two nodes, the lesser name says it; the other only if the lesser does not know of it.
                    lesser = self.reports.inventory.nodes[key.node]
                    if lesser is node or not self.knows(lesser, family, node.address(family)):
                        yield key

    def knows(self, node: Node, family: Family, address: str) -> bool:
        """A node should have a session to an address, or lists one."""
        return bool(self.expected(node, family, address) or self._to(node.name, family, address))


# BIRD's Passive is published as Active (RFC 4271 8.2.2), by Calico's own reporter not at all.
_WAITING = ("Active", "Passive", "")


def _verdict(a: Side, b: Side, *, is_wanted: bool) -> PairVerdict:
    words = {a.verdict, b.verdict}
    if not is_wanted:
        return "unexpected"
    if "up" in words:
        if words <= {"up", "unknown", "external"}:
            return "up"
        return "one-sided" if "absent" in words else "asymmetric"
    if words & {"down", "waiting"}:
        return "one-sided" if "absent" in words else "down"
    if "absent" in words:
        return "missing"
    return "down" if "not-ready" in words else "unknown"


def _connects(here: list[ExpectedSession], there: list[ExpectedSession]) -> str:
    """The node that opens the connection, if the other one waits."""
    for waiting, calling in ((here, there), (there, here)):
        if calling and waiting and all(session.passive for session in waiting):
            return calling[0].node
    return ""
