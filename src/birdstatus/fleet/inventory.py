"""A cluster, read from any mix of its documents."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from birdstatus.errors import printable
from birdstatus.fleet import documents, resources
from birdstatus.fleet.resources import (
    DEFAULTS,
    Block,
    Borrowed,
    Configuration,
    Node,
    Peering,
    Pool,
)
from birdstatus.fleet.statuses import NodeStatus, Tables, read_status

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping


__all__ = ["KINDS", "Inventory", "NotLookedAt", "inventory"]

# What can be used, with the API groups that it comes in.
_CALICO = ("projectcalico.org", "crd.projectcalico.org")
KINDS: dict[str, tuple[str, ...]] = {
    "Node": ("", "projectcalico.org"),
    "BGPConfiguration": _CALICO,
    "BGPPeer": _CALICO,
    "IPPool": _CALICO,
    "BlockAffinity": _CALICO,
    "IPAMBlock": _CALICO,
    "BGPFilter": _CALICO,
    "ClusterInformation": _CALICO,
    "CalicoNodeStatus": _CALICO,
}
# Without these, part of the answer is missing; the others only add to it.
_WANTED = ("Node", "BGPConfiguration", "BGPPeer", "IPPool", "BlockAffinity", "CalicoNodeStatus")
# Lists in lists: kubectl makes one level, a hostile file may make many.
_MAX_DEPTH = 4
# So many documents that cannot be read are named; the rest are counted.
_MAX_NAMED = 20


class NotLookedAt(NamedTuple):
    """Something that the answer does not rest on: ``what``, and ``why``, in words."""

    what: str
    why: str

    def document(self) -> dict[str, Any]:
        """The notice as JSON values."""
        return {"what": self.what, "why": self.why}


@dataclass(frozen=True, slots=True)
class Inventory:
    """What is known of a cluster.

    Attributes:
        nodes: by name; empty if no Node was given.
        default: the BGPConfiguration ``default``, or Calico's own defaults.
        node_ports: the ports of the BGPConfigurations ``node.NAME``, by node.
        peerings: BGPPeers by name.
        pools: the IPPools.
        blocks: the blocks of addresses, by the BlockAffinities.
        owners: the same, by the IPAMBlocks.
        borrowed: addresses that a node uses out of another's block.
        tables: sessions and routes of all nodes, each different row once.
        statuses: by node; of several objects about a node, each class from the one written last.
        objects_without_status: CalicoNodeStatus objects that nothing has filled yet, by node.
        given: the kinds that were looked at, even if there is none of them.
        calico: the version of Calico as two numbers; None if it is not known.
        not_looked_at: what could not be read or was not given.
    """

    nodes: dict[str, Node] = field(default_factory=dict)
    default: Configuration = DEFAULTS
    node_ports: dict[str, int] = field(default_factory=dict)
    peerings: dict[str, Peering] = field(default_factory=dict)
    pools: tuple[Pool, ...] = ()
    blocks: tuple[Block, ...] = ()
    owners: tuple[Block, ...] = ()
    borrowed: tuple[Borrowed, ...] = ()
    statuses: dict[str, NodeStatus] = field(default_factory=dict)
    objects_without_status: dict[str, str] = field(default_factory=dict)
    tables: Tables = field(default_factory=Tables)
    given: frozenset[str] = frozenset()
    calico: tuple[int, int] | None = None
    not_looked_at: tuple[NotLookedAt, ...] = ()

    def port(self, node: str) -> int:
        """Where a node listens; 0 if nothing says (BGP's own 179)."""
        return self.node_ports.get(node, 0) or self.default.listen_port

    def as_number(self, node: Node) -> int:
        """The AS number of a node: its own, else the cluster's."""
        return self.default.as_number if node.as_number is None else node.as_number


def inventory(
    objects: Iterable[Mapping[str, Any]],
    *,
    complete: Collection[str] = (),
    not_looked_at: Iterable[NotLookedAt] = (),
) -> Inventory:
    """Read documents as the API and ``kubectl get -o json`` give them, in any order and of both groups.

    Nodes, BGPConfigurations, BGPPeers, IPPools, BlockAffinities, IPAMBlocks, BGPFilters, ClusterInformation and
    CalicoNodeStatuses are used, alone or in Lists; other kinds are passed over. A document is needed only
    while it is read, so an iterator that drops them is enough: what stays of a status is 8 bytes a session
    and 4 a route, beside what is different in them (see :mod:`birdstatus.fleet.statuses`).

    Args:
        objects: the documents.
        complete: kinds of which these documents are all there are, so that none means none. A kind of
            which there is any document, or a typed List, counts as complete by itself.
        not_looked_at: what the caller could not get, and why.

    Raises:
        Nothing, whatever the documents hold: what cannot be used is in ``not_looked_at``.
    """
    reader = _Reader(set(complete) & set(KINDS))
    for document in objects:
        reader.read(document, 0)
        del document  # before the next one is made: its memory is used again while the processor has it at hand
    return reader.result(tuple(not_looked_at))


class _Reader:
    def __init__(self, given: set[str]) -> None:
        self._given = given
        self._found = Inventory()
        self._default: Configuration | None = None
        self._calico: tuple[int, int] | None = None
        self._pools: dict[str, Pool] = {}
        self._blocks: dict[str, Block] = {}
        self._owners: dict[str, Block] = {}
        self._borrowed: dict[str, tuple[Borrowed, ...]] = {}
        self._statuses: dict[str, NodeStatus] = {}
        self._unusable: list[str] = []
        self._takers: dict[str, Callable[[str, Mapping[str, Any]], bool]] = {
            "Node": self._take_node,
            "BGPConfiguration": self._take_configuration,
            "BGPPeer": self._take_peering,
            "IPPool": self._take_pool,
            "BlockAffinity": self._take_affinity,
            "IPAMBlock": self._take_block,
            "BGPFilter": self._take_nothing,
            "ClusterInformation": self._take_version,
            "CalicoNodeStatus": self._take_status,
        }

    def read(self, document: Any, depth: int) -> None:  # noqa: ANN401 - whatever a file holds
        if not isinstance(document, dict):
            self._unusable.append(f"a document that is no mapping but {type(document).__name__}")
            return
        kind = documents.text(document, "kind")
        group = documents.text(document, "apiVersion").rpartition("/")[0]
        base = kind.removesuffix("List")
        if kind.endswith("List"):
            if group in KINDS.get(base, ()):
                self._given.add(base)
            entries = document.get("items")
            if depth >= _MAX_DEPTH or not isinstance(entries, list):
                self._unusable.append(
                    f"a {printable(kind)} without items, or too deep in other lists"
                )
                return
            for entry in entries:
                # Entries of a typed list may leave out what the list says.
                self.read(
                    {"kind": base, "apiVersion": document.get("apiVersion"), **entry}
                    if base and isinstance(entry, dict)
                    else entry,
                    depth + 1,
                )
            return
        if group not in KINDS.get(kind, ()):
            return
        name = documents.text(documents.section(document, "metadata"), "name")
        if not name:
            self._unusable.append(f"a {kind} without a name")
            return
        self._given.add(kind)
        if not self._takers[kind](name, document):
            self._unusable.append(f"{kind}/{printable(name)}")

    def _take_node(self, name: str, document: Mapping[str, Any]) -> bool:
        self._found.nodes[name] = resources.node(name, document)
        return True

    def _take_configuration(self, name: str, document: Mapping[str, Any]) -> bool:
        found = resources.configuration(name, document)
        if name == "default":
            self._default = found
        elif name.startswith("node.") and found.listen_port:
            self._found.node_ports[name.removeprefix("node.")] = found.listen_port
        return True

    def _take_peering(self, name: str, document: Mapping[str, Any]) -> bool:
        self._found.peerings[name] = resources.peering(name, document)
        return True

    def _take_pool(self, name: str, document: Mapping[str, Any]) -> bool:
        pool = resources.pool(name, document)
        if pool is not None:
            self._pools[name] = pool
        return pool is not None

    def _take_affinity(self, name: str, document: Mapping[str, Any]) -> bool:
        block = resources.affinity(name, document)
        if block is not None:
            self._blocks[name] = block
        return True

    def _take_block(self, name: str, document: Mapping[str, Any]) -> bool:
        owner, borrowed = resources.ipam_block(name, document)
        if owner is not None:
            self._owners[name] = owner
        self._borrowed[name] = borrowed
        return True

    def _take_nothing(self, _name: str, _document: Mapping[str, Any]) -> bool:
        return True

    def _take_version(self, _name: str, document: Mapping[str, Any]) -> bool:
        version = documents.text(documents.section(document, "spec"), "calicoVersion")
        found = _VERSION.match(version)
        self._calico = (int(found[1]), int(found[2])) if found else None
        return True

    def _take_status(self, name: str, document: Mapping[str, Any]) -> bool:
        status = read_status(name, document, self._found.tables)
        if status is None:
            return False
        if status.updated is None and status.sessions is None and status.daemons is None:
            self._found.objects_without_status[status.node] = name
            return True
        known = self._found.statuses.get(status.node)
        self._found.statuses[status.node] = status if known is None else _merged(known, status)
        return True

    def result(self, not_looked_at: tuple[NotLookedAt, ...]) -> Inventory:
        missing = {notice.what for notice in not_looked_at} | self._given
        notices = [
            *not_looked_at,
            *(NotLookedAt(kind, "none was given") for kind in _WANTED if kind not in missing),
            *(NotLookedAt(what, "it cannot be read") for what in self._unusable[:_MAX_NAMED]),
        ]
        if len(self._unusable) > _MAX_NAMED:
            more = len(self._unusable) - _MAX_NAMED
            notices.append(NotLookedAt(f"{more} more documents", "they cannot be read"))
        return replace(
            self._found,
            default=self._default or DEFAULTS,
            pools=tuple(self._pools.values()),
            blocks=tuple(self._blocks.values()),
            owners=tuple(self._owners.values()),
            borrowed=tuple(address for some in self._borrowed.values() for address in some),
            given=frozenset(self._given),
            calico=self._calico,
            not_looked_at=tuple(notices),
        )


_VERSION = re.compile(r"v?(\d{1,4})\.(\d{1,4})")


def _merged(old: NodeStatus, new: NodeStatus) -> NodeStatus:
    """Of two objects about one node, each class from the one that was written last and has it."""
    first, second = sorted((old, new), key=lambda status: str(status.updated or ""))
    return replace(
        second,
        daemons=first.daemons if second.daemons is None else second.daemons,
        sessions=first.sessions if second.sessions is None else second.sessions,
        routes=first.routes if second.routes is None else second.routes,
    )
