"""The BGP sessions that Calico configures on each node.

Calico's own way from resources to sessions, in its three passes, read from confd of Calico 3.34-dev
(``confd/pkg/backends/calico/client.go``, ``updatePeersV1``; ``bgp_processor.go``, ``processMeshPeers`` and
``buildPeerFromData``). Nothing here looks at what the nodes report.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from birdstatus.fleet.addresses import canonical, endpoint, family_of
from birdstatus.fleet.inventory import Inventory, inventory
from birdstatus.fleet.resources import FAMILIES, Family, Node, Peering
from birdstatus.fleet.selectors import SelectorError, selector

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["Expectation", "ExpectedSession", "expected_sessions"]

BGP_PORT = 179
MESH = "NodeMesh"
# From this version on, a mesh peer without an AS of its own is held to have the local node's.
_OWN_AS_OF_MESH_PEERS = (3, 32)


class ExpectedSession(NamedTuple):
    """One session that a node should have, as its BIRD is configured.

    Attributes:
        node: the node that has it.
        family: 4 or 6.
        name: BIRD's name of the protocol: ``Mesh_10_0_0_2``, ``Node_10_0_0_9_port_1179``.
        peerIP: address of the peer.
        port: that the node dials; None if none is set, which means 179.
        localAS, peerAS: the numbers that it is configured with.
        localIP: address that it dials from; None if it is left to the kernel.
        passive: it waits for the peer to connect.
        routeReflectorClient: the node reflects routes to this peer.
        wantedBy: the resource that wants it, ``BGPPeer/NAME`` or ``BGPConfiguration/default``.
        peer: name of the node that has the peer's address; empty for an external peer.
        type: ``NodeMesh``, ``NodePeer`` or ``GlobalPeer``, as a CalicoNodeStatus shows it.
    """

    node: str
    family: Family
    name: str
    peerIP: str  # noqa: N815 - the name that CalicoNodeStatus gives it
    port: int | None
    localAS: int  # noqa: N815
    peerAS: int  # noqa: N815
    localIP: str | None  # noqa: N815
    passive: bool
    routeReflectorClient: bool  # noqa: N815
    wantedBy: str  # noqa: N815
    peer: str
    type: str


class Remote(NamedTuple):
    """One end that a BGPPeer names, before it is known which nodes have the session."""

    address: str
    port: int
    as_number: int
    local_as: int
    cluster_id: str
    is_calico_node: bool
    by: str

    @property
    def key(self) -> tuple[str, int]:
        """What makes two sessions of a node one: no port is BGP's own."""
        return (self.address, self.port or BGP_PORT)


class Problem(NamedTuple):
    """A BGPPeer that does not do what it says.

    Attributes:
        peering: its name.
        text: what is wrong.
        is_error: False if the sessions are there, but nobody can say with which settings.
    """

    peering: str
    text: str
    is_error: bool


Claims = dict[tuple[str, int], Remote]


class Expectation:
    """The sessions that the resources of an inventory ask for.

    The mesh is kept as the set of its members, as its sessions would be a million for 1,000 nodes.

    Attributes:
        names: the node at each address, of both families.
        mesh: for each family the addresses of the nodes that are in the mesh; empty if it is off.
        problems: BGPPeers that ask for nothing, or for what another asks otherwise.
        has_workloads: a BGPPeer selects workloads, whose addresses only the nodes know.
    """

    def __init__(self, found: Inventory) -> None:
        self.inventory = found
        self.nodes: list[Node] = [found.nodes[name] for name in sorted(found.nodes)]
        self.names: dict[str, str] = {}
        for node in reversed(self.nodes):
            self.names.update(
                {node.address(family): node.name for family in FAMILIES if node.address(family)}
            )
        self.mesh: dict[Family, frozenset[str]] = {
            family: frozenset(
                node.address(family)
                for node in self.nodes
                if not node.cluster_id and node.address(family)
            )
            if found.default.mesh
            else frozenset()
            for family in FAMILIES
        }
        self.problems: list[Problem] = []
        self.has_workloads: bool = any(
            peering.workload_selector for peering in found.peerings.values()
        )
        self._selected: dict[str, list[Node] | None] = {}
        self._globals: Claims = {}
        self._by_node: dict[str, Claims] = {}
        peerings = [found.peerings[name] for name in sorted(found.peerings)]
        for peering in peerings:
            if peering.is_global:
                self._claim(self._globals, self._remotes(peering))
        for peering in peerings:
            if not peering.is_global:
                self._claim_on(self._local(peering), self._remotes(peering))
        for peering in peerings:
            self._reverse(peering)

    # The three passes

    def _local(self, peering: Peering) -> list[Node]:
        """The nodes that a BGPPeer is about; none if its selector cannot be read."""
        if peering.node_selector:
            return self._matching(peering, peering.node_selector)
        if not peering.node:
            return self.nodes
        node = self.inventory.nodes.get(peering.node)
        if node is None:
            self._say(peering, f"there is no node {peering.node!r}")
        return [] if node is None else [node]

    def _matching(self, peering: Peering, text: str) -> list[Node]:
        if text not in self._selected:
            try:
                matches = selector(text)
            except SelectorError as error:
                self._selected[text] = None
                self._say(peering, f"its selector {text!r} cannot be read: {error}")
            else:
                self._selected[text] = [node for node in self.nodes if matches(node.labels)]
        found = self._selected[text]
        if found is not None and not found:
            self._say(peering, f"its selector {text!r} matches no node")
        return found or []

    def _say(self, peering: Peering, text: str, *, is_error: bool = True) -> None:
        problem = Problem(peering.name, text, is_error)
        if problem not in self.problems:
            self.problems.append(problem)

    def _remotes(self, peering: Peering) -> list[Remote]:
        if peering.workload_selector:
            return []
        if peering.peer_selector:
            return self._addresses(
                self._matching(peering, peering.peer_selector), peering, FAMILIES
            )
        place = endpoint(peering.peer_ip)
        if place is None:
            self._say(peering, f"its peerIP {peering.peer_ip!r} is no address")
            return []
        if peering.reachable_by:
            gateway = canonical(peering.reachable_by)
            if not gateway or family_of(gateway) != family_of(place.address):
                self._say(
                    peering,
                    f"its reachableBy {peering.reachable_by!r} is no address of the same family",
                )
                return []
        at = self._nodes_at(place.host, peering.as_number, 0) if not place.port else []
        port = self.inventory.port(at[0].name) if at else place.port
        is_calico_node = place.host in self.names
        by = peering.name
        return [
            Remote(place.address, port, peering.as_number, peering.local_as, "", is_calico_node, by)
        ]

    def _addresses(
        self, nodes: list[Node], peering: Peering, families: tuple[Family, ...]
    ) -> list[Remote]:
        found = self.inventory
        return [
            Remote(
                node.address(family), found.port(node.name), found.as_number(node), 0, node.cluster_id,
                is_calico_node=False, by=peering.name,
            )
            for node in nodes
            for family in families
            if node.address(family)
        ]  # fmt: skip

    def _nodes_at(self, host: str, as_number: int, port: int) -> list[Node]:
        """Calico's ``nodesWithIPPortAndAS``: by the text of the address, as it was written."""
        found = self.inventory
        wanted = as_number or found.default.as_number
        common = found.default.listen_port
        return [
            node
            for node in self.nodes
            if host in (node.v4.address, node.v6.address)
            and found.as_number(node) == wanted
            and (
                not port or (found.node_ports.get(node.name, port) == port and common in (0, port))
            )
        ]

    def _reverse(self, peering: Peering) -> None:
        """The mirror image, so that both ends agree if both are nodes of the cluster."""
        if not peering.is_reversed or peering.workload_selector:
            return
        families: tuple[Family, ...] = FAMILIES
        if peering.peer_selector:
            local = self._matching(peering, peering.peer_selector)
        else:
            place = endpoint(peering.peer_ip)
            if place is None:
                return
            local = self._nodes_at(place.host, peering.as_number, place.port)
            families = tuple(family for family in FAMILIES if family == family_of(place.host))
        if local:
            self._claim_on(local, self._addresses(self._local(peering), peering, families))

    def _claim_on(self, nodes: list[Node], remotes: list[Remote]) -> None:
        remotes = [remote for remote in remotes if remote.key not in self._globals]
        if remotes:
            for node in nodes:
                self._claim(self._by_node.setdefault(node.name, {}), remotes)

    def _claim(self, claims: Claims, remotes: list[Remote]) -> None:
        for remote in remotes:
            first = claims.setdefault(remote.key, remote)
            if first.by != remote.by and self._settings(first) != self._settings(remote):
                self._say(
                    self.inventory.peerings[remote.by],
                    f"it asks for the session to {remote.address} as BGPPeer/{first.by} does, but with other"
                    " settings; which of them holds is chance",
                    is_error=False,
                )

    def _settings(self, remote: Remote) -> tuple[object, ...]:
        peering = self.inventory.peerings[remote.by]
        return (
            remote.as_number, remote.local_as, peering.uses_node_ip, peering.next_hop_mode, peering.filters,
            peering.reachable_by,
        )  # fmt: skip

    # What a node should have

    def explicit(self, node: Node, family: Family) -> Iterator[ExpectedSession]:
        """The sessions that BGPPeers ask for on a node."""
        own = node.address(family)
        if not own:
            return
        for claims, prefix in (
            (self._globals, "Global"),
            (self._by_node.get(node.name, {}), "Node"),
        ):
            for remote in claims.values():
                if family_of(remote.address) == family and remote.address != own:
                    yield self._session(node, family, remote, prefix)

    def _session(self, node: Node, family: Family, remote: Remote, prefix: str) -> ExpectedSession:
        own = node.address(family)
        local_as = remote.local_as or self.inventory.as_number(node)
        port = f"_port_{remote.port}" if remote.port else ""
        return ExpectedSession(
            node=node.name,
            family=family,
            name=_name(prefix, remote.address) + port,
            peerIP=remote.address,
            port=remote.port or None,
            localAS=local_as,
            peerAS=remote.as_number,
            localIP=own if self.inventory.peerings[remote.by].uses_node_ip else None,
            passive=prefix == "Global" and remote.is_calico_node and remote.address > own,
            routeReflectorClient=bool(node.cluster_id)
            and remote.as_number == local_as
            and remote.cluster_id != node.cluster_id,
            wantedBy=f"BGPPeer/{remote.by}",
            peer=self.names.get(remote.address, ""),
            type=f"{prefix}Peer",
        )

    def is_in_mesh(self, node: Node, family: Family) -> bool:
        return not node.cluster_id and node.address(family) in self.mesh[family]

    def mesh_session(self, node: Node, family: Family, address: str) -> ExpectedSession:
        """The mesh session of a node to the node at an address, both of which are in the mesh."""
        peer = self.inventory.nodes[self.names[address]]
        local_as = self.inventory.as_number(node)
        return ExpectedSession(
            node=node.name,
            family=family,
            name=_name("Mesh", address),
            peerIP=address,
            port=self.inventory.port(peer.name) or None,
            localAS=local_as,
            peerAS=self._mesh_as(peer, local_as),
            localIP=node.address(family),
            passive=address > node.address(family),
            routeReflectorClient=False,
            wantedBy="BGPConfiguration/default",
            peer=peer.name,
            type=MESH,
        )

    def _mesh_as(self, peer: Node, local_as: int) -> int:
        if peer.as_number is not None:
            return peer.as_number
        version = self.inventory.calico
        return (
            local_as
            if version is None or version >= _OWN_AS_OF_MESH_PEERS
            else self.inventory.default.as_number
        )

    def sessions(self) -> Iterator[ExpectedSession]:
        """All of them, by node, family and name."""
        for node in self.nodes:
            for family in FAMILIES:
                mesh = (
                    self.mesh[family] - {node.address(family)}
                    if self.is_in_mesh(node, family)
                    else ()
                )
                yield from sorted(
                    [
                        *(self.mesh_session(node, family, address) for address in mesh),
                        *self.explicit(node, family),
                    ],
                    key=lambda session: session.name,
                )


def _name(prefix: str, address: str) -> str:
    return f"{prefix}_{address.replace('.', '_').replace(':', '_')}"


def expected_sessions(
    objects: Inventory | Iterable[Mapping[str, Any]],
) -> tuple[ExpectedSession, ...]:
    """The sessions that should be on every node, by node, family and name.

    Args:
        objects: an inventory, or the documents for one (see :func:`~birdstatus.fleet.inventory.inventory`).

    Returns:
        A session for each end that is a node of the cluster: 12 for a mesh of four nodes in one family.
        Sessions to workloads (``localWorkloadSelector``) are not among them, as only the nodes know their
        addresses.
    """
    found = objects if isinstance(objects, Inventory) else inventory(objects)
    return tuple(Expectation(found).sessions())
