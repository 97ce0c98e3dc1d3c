"""The cluster's resources, as far as they decide what BGP should look like."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from birdstatus.fleet import documents
from birdstatus.fleet.addresses import Network, network, with_mask

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

__all__ = [
    "DEFAULT_AS",
    "FAMILIES",
    "Block",
    "Borrowed",
    "Configuration",
    "Family",
    "Node",
    "Peering",
    "Pool",
]

Family = Literal[4, 6]
FAMILIES: tuple[Family, Family] = (4, 6)
DEFAULT_AS = 64512
MAX_AS = (1 << 32) - 1

_ANNOTATION = "projectcalico.org/"
# A block of more addresses than this has no list of allocations in any Calico.
_MAX_BLOCK = 1 << 16


class ByFamily(NamedTuple):
    """A node's address and subnet in one family; both empty if it has none."""

    address: str = ""
    subnet: Network | None = None


NO_ADDRESS = ByFamily()


@dataclass(frozen=True, slots=True)
class Node:
    """A node, and who it is in BGP.

    Attributes:
        v4, v6: the address that its sessions use, and the subnet that it is in.
        as_number: its own AS; None if the cluster's holds.
        cluster_id: set on a route reflector.
        is_ready: Kubernetes' Ready condition; None if it is not known.
        invalid: annotations that Calico cannot read and so takes for absent.
    """

    name: str
    v4: ByFamily = NO_ADDRESS
    v6: ByFamily = NO_ADDRESS
    as_number: int | None = None
    cluster_id: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    pod_cidrs: tuple[Network, ...] = ()
    is_ready: bool | None = None
    is_deleted: bool = False
    created: datetime | None = None
    invalid: tuple[str, ...] = ()

    def address(self, family: Family) -> str:
        return self.v4.address if family == 4 else self.v6.address

    def subnet(self, family: Family) -> Network | None:
        return self.v4.subnet if family == 4 else self.v6.subnet


@dataclass(frozen=True, slots=True)
class Configuration:
    """A BGPConfiguration: ``default``, or ``node.NAME``, of which only the port counts here.

    Attributes:
        services: prefixes of service addresses, which every node tells its peers of.
    """

    name: str
    mesh: bool = True
    as_number: int = DEFAULT_AS
    listen_port: int = 0
    services: tuple[Network, ...] = ()
    changed: datetime | None = None


DEFAULTS = Configuration("default")


@dataclass(frozen=True, slots=True)
class Peering:
    """A BGPPeer, its fields as they were written."""

    name: str
    node: str = ""
    node_selector: str = ""
    peer_ip: str = ""
    peer_selector: str = ""
    workload_selector: str = ""
    as_number: int = 0
    local_as: int = 0
    uses_node_ip: bool = True
    is_reversed: bool = True
    reachable_by: str = ""
    next_hop_mode: str = ""
    filters: tuple[str, ...] = ()
    changed: datetime | None = None

    @property
    def is_global(self) -> bool:
        return not self.node and not self.node_selector


class Pool(NamedTuple):
    """An IPPool: a node tells its peers of a block only if a pool that is exported holds it.

    Attributes:
        has_blocks: nodes have blocks of it; False of a pool that is for services alone.
    """

    name: str
    cidr: Network
    is_exported: bool
    has_blocks: bool = True


class Block(NamedTuple):
    """A block of addresses that belongs to a node.

    Attributes:
        is_confirmed: False while Calico claims it or gives it up.
        source: the resource that says so, ``BlockAffinity/NAME``.
    """

    cidr: Network
    node: str
    is_confirmed: bool
    source: str


class Borrowed(NamedTuple):
    """An address in one node's block that a workload of another node uses."""

    cidr: Network
    node: str
    source: str

    @property
    def address(self) -> str:
        return str(self.cidr.network_address)


def as_number(value: object) -> int | None:
    """``64512``, ``"64512"`` or ``"1.10"`` (RFC 5396); None if it is none of them."""
    if isinstance(value, str):
        high, dot, low = value.partition(".")
        parts = (high, low) if dot else (high,)
        if not all(part.isascii() and part.isdigit() and len(part) <= 10 for part in parts):
            return None
        if dot and (int(high) > 0xFFFF or int(low) > 0xFFFF):
            return None
        value = (int(high) << 16) + int(low) if dot else int(high)
    is_number = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_AS
    return value if is_number else None  # type: ignore[return-value] # an int by is_number


def node(name: str, document: Mapping[str, Any]) -> Node:
    """A Kubernetes Node with Calico's annotations, or Calico's own Node as ``calicoctl`` prints it."""
    metadata = documents.metadata(document)
    annotations = documents.section(metadata, "annotations")
    spec = documents.section(document, "spec")
    is_calico = documents.text(document, "apiVersion").endswith("projectcalico.org/v3")
    bgp = documents.section(spec, "bgp")
    invalid: list[str] = []

    def value(annotation: str, field_name: str) -> Any:  # noqa: ANN401 - JSON
        return bgp.get(field_name) if is_calico else annotations.get(_ANNOTATION + annotation)

    def checked(annotation: str, field_name: str, read: Any) -> Any:  # noqa: ANN401 - what `read` gives
        found = value(annotation, field_name)
        if found is None or found == "":
            return None
        result = read(found)
        if result is None:
            invalid.append(f"{_ANNOTATION}{annotation}")
        return result

    v4 = checked("IPv4Address", "ipv4Address", lambda found: _interface(found, 4))
    v6 = checked("IPv6Address", "ipv6Address", lambda found: _interface(found, 6))
    number = checked("ASNumber", "asNumber", as_number)
    cluster_id = checked("RouteReflectorClusterID", "routeReflectorClusterID", _cluster_id)
    own_labels = documents.from_json(documents.text(annotations, _ANNOTATION + "labels"))
    conditions = {
        documents.text(condition, "type"): documents.text(condition, "status")
        for condition in documents.items(documents.section(document, "status"), "conditions")
    }
    cidrs = [
        network(cidr)
        for cidr in documents.strings(spec, "podCIDRs") or (documents.text(spec, "podCIDR"),)
    ]
    return Node(
        name=name,
        v4=v4 or NO_ADDRESS,
        v6=v6 or NO_ADDRESS,
        as_number=number,
        cluster_id=cluster_id or "",
        labels=documents.labels({**own_labels, **documents.section(metadata, "labels")}),
        pod_cidrs=tuple(cidr for cidr in cidrs if cidr is not None),
        is_ready=conditions["Ready"] == "True" if "Ready" in conditions else None,
        is_deleted="deletionTimestamp" in metadata,
        created=documents.time(metadata.get("creationTimestamp")),
        invalid=tuple(invalid),
    )


def _interface(value: object, family: Family) -> ByFamily | None:
    found = with_mask(value) if isinstance(value, str) else None
    return ByFamily(*found) if found is not None and found[1].version == family else None


def _cluster_id(value: object) -> str | None:
    found = with_mask(value) if isinstance(value, str) else None
    return str(value) if found is not None and found[1].version == 4 else None


def configuration(name: str, document: Mapping[str, Any]) -> Configuration:
    spec = documents.section(document, "spec")
    number = as_number(spec.get("asNumber"))
    port = documents.integer(spec, "listenPort")
    services = [
        network(documents.text(service, "cidr"))
        for kind in ("serviceClusterIPs", "serviceExternalIPs", "serviceLoadBalancerIPs")
        for service in documents.items(spec, kind)
    ]
    return Configuration(
        name=name,
        mesh=documents.boolean(spec, "nodeToNodeMeshEnabled") is not False,
        as_number=DEFAULT_AS if number is None else number,
        listen_port=port if 0 < port < 65536 else 0,
        services=tuple(cidr for cidr in services if cidr is not None),
        changed=_changed(document),
    )


def peering(name: str, document: Mapping[str, Any]) -> Peering:
    spec = documents.section(document, "spec")
    mode = documents.text(spec, "nextHopMode")
    return Peering(
        name=name,
        node=documents.text(spec, "node"),
        node_selector=documents.text(spec, "nodeSelector"),
        peer_ip=documents.text(spec, "peerIP"),
        peer_selector=documents.text(spec, "peerSelector"),
        workload_selector=documents.text(spec, "localWorkloadSelector"),
        as_number=as_number(spec.get("asNumber")) or 0,
        local_as=as_number(spec.get("localASNumber")) or 0,
        uses_node_ip=documents.text(spec, "sourceAddress") in {"", "UseNodeIP"},
        is_reversed=documents.text(spec, "reversePeering") != "Manual",
        reachable_by=documents.text(spec, "reachableBy"),
        next_hop_mode=mode or ("Keep" if documents.boolean(spec, "keepOriginalNextHop") else ""),
        filters=documents.strings(spec, "filters"),
        changed=_changed(document),
    )


def _changed(document: Mapping[str, Any]) -> datetime | None:
    """When an object was last written; of what wrote it, as far as the API server says."""
    own = documents.section(document, "metadata")
    created = documents.time(documents.metadata(document).get("creationTimestamp"))
    writes = (documents.time(entry.get("time")) for entry in documents.items(own, "managedFields"))
    return documents.latest((created, documents.time(own.get("creationTimestamp")), *writes))


def pool(name: str, document: Mapping[str, Any]) -> Pool | None:
    spec = documents.section(document, "spec")
    cidr = network(documents.text(spec, "cidr"))
    if cidr is None:
        return None
    uses = documents.strings(spec, "allowedUses")
    return Pool(
        name,
        cidr,
        is_exported=documents.boolean(spec, "disableBGPExport") is not True,
        has_blocks=not uses or "Workload" in uses or "Tunnel" in uses,
    )


def affinity(name: str, document: Mapping[str, Any]) -> Block | None:
    """The block of a BlockAffinity; None if it is no node's, is deleted or cannot be read."""
    spec = documents.section(document, "spec")
    cidr = network(documents.text(spec, "cidr"))
    owner = documents.text(spec, "node")
    state = documents.text(spec, "state")
    is_node = documents.text(spec, "type") in {"", "host"}
    if (
        cidr is None
        or not owner
        or not is_node
        or documents.boolean(spec, "deleted")
        or state == "pending"
    ):
        return None
    return Block(cidr, owner, state in {"", "confirmed"}, f"BlockAffinity/{name}")


def ipam_block(name: str, document: Mapping[str, Any]) -> tuple[Block | None, tuple[Borrowed, ...]]:
    """The owner that an IPAMBlock names, and the addresses in it that another node uses."""
    spec = documents.section(document, "spec")
    cidr = network(documents.text(spec, "cidr"))
    kind, _, owner = documents.text(spec, "affinity").partition(":")
    if cidr is None or kind != "host" or not owner or documents.boolean(spec, "deleted"):
        return None, ()
    source = f"IPAMBlock/{name}"
    users = [
        documents.text(documents.section(attribute, "secondary"), "node")
        for attribute in documents.items(spec, "attributes")
    ]
    allocations = spec.get("allocations")
    borrowed = [
        Borrowed(ip_network(cidr[place]), users[user], source)
        for place, user in enumerate(
            allocations[:_MAX_BLOCK] if isinstance(allocations, list) else ()
        )
        if isinstance(user, int) and 0 <= user < len(users) and place < cidr.num_addresses
        if users[user] not in {"", owner}
    ]
    return Block(cidr, owner, is_confirmed=True, source=source), tuple(borrowed)
