"""What the name of a protocol says of a peer: where only the name is at hand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from birdstatus.ordering import is_address

if TYPE_CHECKING:
    from birdstatus.models import PeerType
    from birdstatus.records import Protocol

__all__ = ["BGP", "address_in", "is_peer_name", "peer_address", "peer_type"]

BGP = "BGP"

# Calico's confd names a BGP protocol by how the peer was configured and by its address, with _ for
# . and : (confd/pkg/backends/calico/bgp_processor.go).
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_PEER_NAME = re.compile(
    rf"(?:Mesh|Node|Global|Local_Workload)_"
    rf"(?:(?:(?P<v4>{_OCTET}(?:_{_OCTET}){{3}})|(?P<v6>[0-9A-Fa-f_]+?))(?:_port_[0-9]+)?\Z)?"
)
_PEER_TYPES: dict[str, PeerType] = {
    "Mesh": "NodeMesh",
    "Node": "NodePeer",
    "Global": "GlobalPeer",
}


def is_peer_name(name: str) -> bool:
    """Whether Calico names BGP protocols so."""
    return _PEER_NAME.match(name) is not None


def peer_type(name: str) -> PeerType | None:
    """How a peer is configured, as the name of its protocol says."""
    origin, mark, _ = name.partition("_")
    return _PEER_TYPES.get(origin) if mark else None


def peer_address(protocol: Protocol) -> str:
    """The address of a peer: as BIRD says, or else as the name does; of a dynamic session none."""
    if protocol.bgp is not None and (protocol.bgp.neighbor_address or protocol.bgp.neighbor_range):
        return protocol.bgp.neighbor_address
    return address_in(protocol.name)


def address_in(name: str) -> str:
    """The address in a protocol's name, if there is one."""
    found = _PEER_NAME.match(name)
    if found is None:
        return ""
    v4, v6 = found.groups("")
    if v4:
        return v4.replace("_", ".")
    address = v6.replace("_", ":")
    return address if is_address(address) else ""
