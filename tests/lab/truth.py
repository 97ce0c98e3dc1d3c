"""What is true in the lab, stated from its construction and never from what BIRD prints."""

from dataclasses import dataclass
from typing import Literal

from .daemon import Family

PeerType = Literal["NodeMesh", "NodePeer", "GlobalPeer"]
_PREFIX: dict[PeerType, str] = {"NodeMesh": "Mesh", "NodePeer": "Node", "GlobalPeer": "Global"}


def session_name(kind: PeerType, address: str, port: int | None = None) -> str:
    """Calico's name of a BGP protocol (confd bgp_processor.go): `Mesh_10_0_0_2`, `Node_fd80__2`."""
    name = f"{_PREFIX[kind]}_{address.replace('.', '_').replace(':', '_')}"
    return f"{name}_port_{port}" if port else name


@dataclass(frozen=True, slots=True)
class Peer:
    """A BGP session of a node, as its configuration has it."""

    name: str
    type: PeerType
    address: str
    asn: int
    port: int | None = None
    passive: bool = False
    state: str = "Established"
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pod:
    """A workload: a host route in the kernel to its `cali...` interface, which BIRD learns."""

    destination: str
    interface: str


@dataclass(frozen=True, slots=True)
class RemoteBlock:
    """A prefix learned over BGP: its next hop, and the session that brought it."""

    destination: str
    gateway: str
    interface: str
    learned_from: str
    peer_address: str
    peer_type: PeerType


@dataclass(frozen=True, slots=True)
class Direct:
    """A prefix that one of the node's own interfaces leads to."""

    destination: str
    interface: str


@dataclass(frozen=True, slots=True)
class NodeTruth:
    """One node in one family, once the mesh has converged."""

    node: str
    family: Family
    address: str
    asn: int
    router_id: str
    peers: tuple[Peer, ...]
    pods: tuple[Pod, ...]
    blocks: tuple[str, ...]
    remote_blocks: tuple[RemoteBlock, ...]
    direct: tuple[Direct, ...]
    default_destination: str
    default_gateway: str
    default_interface: str
    # Routes of `static` over an interface.
    statics: tuple[Direct, ...] = ()

    @property
    def destinations(self) -> frozenset[str]:
        """Every prefix in the node's table: one route each."""
        return frozenset(
            {self.default_destination}
            | {pod.destination for pod in self.pods}
            | set(self.blocks)
            | {block.destination for block in self.remote_blocks}
            | {own.destination for own in (*self.direct, *self.statics)}
        )
