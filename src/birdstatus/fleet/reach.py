"""Which nodes must learn of another node's routes, over the sessions that stand.

A route goes over each direct session, and through route reflectors (RFC 4456): a reflector passes on
what it has from a client to everybody, and what it has from others to its clients. A route that has met
a cluster ID is not taken again under the same. What routers outside of the cluster do cannot be known,
so nothing is expected of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from birdstatus.fleet.expected import ExpectedSession
    from birdstatus.fleet.pairs import Observed, PairKey
    from birdstatus.fleet.resources import Family, Node

__all__ = ["Reach"]


class _Passed(NamedTuple):
    """A route at a reflector: if it came from a client, and the cluster IDs that it has met."""

    from_client: bool
    clusters: frozenset[str]


# The reflectors that a node has sessions with, each with whether the node is its client.
_Signature = frozenset[tuple[str, bool]]


@dataclass(slots=True)
class Reach:
    """Answers for one family; ``broken`` are the sessions over which nothing goes."""

    observed: Observed
    family: Family
    broken: AbstractSet[PairKey]
    _edges: dict[str, dict[str, ExpectedSession]] = field(default_factory=dict)
    _signatures: dict[str, _Signature] = field(default_factory=dict)
    _received: dict[tuple[str, _Signature], dict[str, _Passed]] = field(default_factory=dict)

    def edges(self, name: str) -> dict[str, ExpectedSession]:
        """The sessions that BGPPeers give a node with others, by their names; none with filters or faults."""
        if name not in self._edges:
            node = self._nodes[name]
            self._edges[name] = {
                session.peer: session
                for sessions in self.observed.explicit_of(node, self.family).values()
                for session in sessions
                if session.peer
                and not self._is_filtered(session)
                and self.observed.key(node, self.family, session.peerIP) not in self.broken
            }
        return self._edges[name]

    @property
    def _nodes(self) -> dict[str, Node]:
        return self.observed.reports.inventory.nodes

    def _is_filtered(self, session: ExpectedSession) -> bool:
        peering = self.observed.reports.inventory.peerings[session.wantedBy.partition("/")[2]]
        return bool(peering.filters)

    def is_direct(self, origin: Node, node: Node) -> bool:
        """The two have a session that stands."""
        mesh = self.observed.expectation.mesh[self.family]
        if not (
            self.observed.judges_mesh
            and origin.address(self.family) in mesh
            and node.address(self.family) in mesh
        ):
            return node.name in self.edges(origin.name) and origin.name in self.edges(node.name)
        return self.observed.key(node, self.family, origin.address(self.family)) not in self.broken

    def signature(self, name: str) -> _Signature:
        """What the routes of a node and to it depend on: those of nodes that are alike go the same ways."""
        if name not in self._signatures:
            self._signatures[name] = frozenset(
                (peer, self._is_client(peer, name))
                for peer, session in self.edges(name).items()
                if self._nodes[peer].cluster_id and session.peerAS == session.localAS
            )
        return self._signatures[name]

    def _is_client(self, reflector: str, name: str) -> bool:
        session = self.edges(reflector).get(name)
        return session is not None and session.routeReflectorClient

    def _at_reflectors(self, name: str) -> dict[str, _Passed]:
        """Where a node's own routes get to, of all reflectors."""
        own = name if self._nodes[name].cluster_id else ""
        key = (own, self.signature(name))
        if key not in self._received:
            found: dict[str, _Passed] = {}
            waiting = [
                (peer, _Passed(is_client, frozenset())) for peer, is_client in self.signature(name)
            ]
            while waiting:
                reflector, passed = waiting.pop()
                known = found.get(reflector)
                if reflector == own or (
                    known is not None and known.from_client >= passed.from_client
                ):
                    continue
                cluster = self._nodes[reflector].cluster_id
                if cluster in passed.clusters:
                    continue
                found[reflector] = passed
                clusters = passed.clusters | {cluster}
                waiting += [
                    (peer, _Passed(self._is_client(peer, reflector), clusters))
                    for peer, _ in self.signature(reflector)
                    if passed.from_client or self._is_client(reflector, peer)
                ]
            self._received[key] = found
        return self._received[key]

    def reflected(self, origin: str, node: str) -> bool:
        """A reflector passes the routes of one node on to another."""
        at = self._at_reflectors(origin)
        cluster = self._nodes[node].cluster_id
        return any(
            reflector in at
            and (at[reflector].from_client or is_client)
            and (
                not cluster
                or cluster not in at[reflector].clusters | {self._nodes[reflector].cluster_id}
            )
            for reflector, is_client in self.signature(node)
        )

    def senders(self, origin: Node, node: Node) -> set[str]:
        """The addresses from which a node should have another one's routes."""
        at = self._at_reflectors(origin.name)
        found = {
            self._nodes[reflector].address(self.family)
            for reflector, is_client in self.signature(node.name)
            if reflector in at and (at[reflector].from_client or is_client)
        }
        if self.is_direct(origin, node):
            found.add(origin.address(self.family))
        return found

    def reaches(self, origin: Node, node: Node) -> bool:
        """A node should have the routes of another one."""
        return self.is_direct(origin, node) or self.reflected(origin.name, node.name)
