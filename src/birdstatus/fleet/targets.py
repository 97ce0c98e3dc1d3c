"""What the nodes tell each other of: their blocks, and the addresses that they borrow from others' blocks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from birdstatus.fleet.addresses import network

if TYPE_CHECKING:
    from birdstatus.fleet.addresses import Network
    from birdstatus.fleet.inventory import Inventory
    from birdstatus.fleet.reports import Reports
    from birdstatus.fleet.resources import Family

__all__ = ["Target", "Targets"]


class Target(NamedTuple):
    """A prefix that other nodes should have a route to.

    Attributes:
        owner: the node to which packets for it should go.
        is_borrowed: a single address that ``owner`` uses out of another node's block.
        source: the resource that says so, ``KIND/NAME``.
    """

    cidr: Network
    owner: str
    is_borrowed: bool
    source: str

    @property
    def family(self) -> Family:
        return 4 if self.cidr.version == 4 else 6


@dataclass(frozen=True, slots=True)
class Targets:
    """The targets of a cluster.

    Attributes:
        all: those that are exported, each prefix once.
        pools: of which every block should have a resource; none if those resources were not given.
        known: every block that some resource names, exported or not.
        claimed: blocks that two nodes have by their resources: the prefix, with each node and resource.
    """

    all: tuple[Target, ...] = ()
    pools: tuple[Network, ...] = ()
    known: frozenset[Network] = frozenset()
    claimed: dict[Network, dict[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, reports: Reports) -> Targets:
        found = reports.inventory
        blocks = [*found.blocks, *found.owners]
        claimed: dict[Network, dict[str, str]] = {}
        for block in found.blocks:
            claimed.setdefault(block.cidr, {}).setdefault(block.node, block.source)
        targets: dict[Network, Target] = {
            block.cidr: Target(block.cidr, block.node, is_borrowed=False, source=block.source)
            for block in (found.blocks or found.owners)
            if block.is_confirmed
            and block.cidr.num_addresses > 1
            and _is_exported(found, block.cidr)
        }
        for address in found.borrowed:
            cidr = network(address.address)
            if cidr is not None and address.node in found.nodes and _is_exported(found, cidr):
                targets[cidr] = Target(cidr, address.node, is_borrowed=True, source=address.source)
        if not blocks and "BlockAffinity" not in found.given:
            targets.update(_pod_cidrs(reports))
        doubled = {cidr: nodes for cidr, nodes in claimed.items() if len(nodes) > 1}
        return cls(
            tuple(
                target
                for target in targets.values()
                if target.owner in found.nodes and target.cidr not in doubled
            ),
            tuple(pool.cidr for pool in found.pools) if "BlockAffinity" in found.given else (),
            frozenset({block.cidr for block in blocks} | set(targets)),
            doubled,
        )

    def is_stranger(self, cidr: Network) -> bool:
        """A prefix in a pool that is neither the pool, nor a block that is known, nor a single address."""
        return (
            cidr.num_addresses > 1
            and cidr not in self.known
            and any(_holds(pool, cidr) and pool != cidr for pool in self.pools)
        )


def _is_exported(found: Inventory, cidr: Network) -> bool:
    """The pool that holds a block is told to peers; without any pool that was given, it is taken to be."""
    holders = [pool for pool in found.pools if _holds(pool.cidr, cidr)]
    if not holders:
        return "IPPool" not in found.given
    return max(holders, key=lambda pool: pool.cidr.prefixlen).is_exported


def _holds(outer: Network, inner: Network) -> bool:
    return outer.version == inner.version and inner.subnet_of(outer)  # type: ignore[arg-type] # of one version


def _pod_cidrs(reports: Reports) -> dict[Network, Target]:
    """Without Calico's own IPAM the blocks are the nodes' ``podCIDRs``, if a node originates them."""
    found = reports.inventory
    originated = {row.destination for row in found.tables.routes if row.interface == "blackhole"}
    return {
        cidr: Target(cidr, node.name, is_borrowed=False, source=f"Node/{node.name}")
        for node in found.nodes.values()
        for cidr in node.pod_cidrs
        if cidr in originated
    }
