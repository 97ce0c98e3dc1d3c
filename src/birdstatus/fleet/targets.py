"""What the nodes tell each other of: their blocks, and the addresses that they borrow from others' blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from birdstatus.fleet.addresses import Network
    from birdstatus.fleet.inventory import Inventory
    from birdstatus.fleet.reports import Reports
    from birdstatus.fleet.resources import Family

BLACKHOLE = "blackhole"

__all__ = ["BLACKHOLE", "Target", "Targets", "covers", "originated"]


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
        unexported: blocks of nodes that tell nobody of them.
        pools: of which every block should have a resource; none if those resources were not given.
        services: prefixes that every node may originate.
        known: every block that some resource names.
        claimed: blocks that two nodes have by their resources: the prefix, with each node and resource.
    """

    all: tuple[Target, ...]
    unexported: tuple[Target, ...]
    pools: tuple[Network, ...]
    services: tuple[Network, ...]
    known: frozenset[Network]
    claimed: dict[Network, dict[str, str]]

    @classmethod
    def of(cls, reports: Reports) -> Targets:
        found = reports.inventory
        claims: dict[Network, dict[str, str]] = {}
        for block in found.blocks:
            claims.setdefault(block.cidr, {}).setdefault(block.node, block.source)
        doubled = {cidr: nodes for cidr, nodes in claims.items() if len(nodes) > 1}
        targets = {
            block.cidr: Target(block.cidr, block.node, is_borrowed=False, source=block.source)
            for block in (found.blocks or found.owners)
            if block.is_confirmed and block.cidr.num_addresses > 1 and block.cidr not in doubled
        }
        for address in found.borrowed:
            targets[address.cidr] = Target(
                address.cidr, address.node, is_borrowed=True, source=address.source
            )
        if not targets and "BlockAffinity" not in found.given:
            targets = _pod_cidrs(reports)
        exported = {cidr: _is_exported(found, cidr) for cidr in targets}
        owned = [target for target in targets.values() if target.owner in found.nodes]
        return cls(
            all=tuple(target for target in owned if exported[target.cidr]),
            unexported=tuple(target for target in owned if not exported[target.cidr]),
            pools=tuple(pool.cidr for pool in found.pools if pool.has_blocks)
            if "BlockAffinity" in found.given
            else (),
            services=found.default.services,
            known=frozenset({*(block.cidr for block in (*found.blocks, *found.owners)), *targets}),
            claimed=doubled,
        )

    def is_stranger(self, cidr: Network) -> bool:
        """A prefix in a pool that is neither the pool, a known block, a single address nor of services."""
        return (
            cidr.num_addresses > 1
            and cidr not in self.known
            and any(covers(pool, cidr) and pool != cidr for pool in self.pools)
            and not any(covers(service, cidr) for service in self.services)
        )


def originated(reports: Reports, prefix: Network) -> Target | None:
    """What a single node holds of a prefix by its own routes, if no resource says whose it is."""
    found = reports.inventory
    rows = {
        number: row.destination
        for number, row in enumerate(found.tables.routes)
        if row.interface == BLACKHOLE
        and row.destination is not None
        and covers(row.destination, prefix)
    }
    holders = {
        (cidr, name)
        for name in found.nodes
        if (status := reports.status(name)) is not None and status.routes is not None
        for number in status.routes[4 if prefix.version == 4 else 6]
        if (cidr := rows.get(number)) is not None
    }
    if len(holders) != 1:
        return None  # of a service's addresses, all nodes
    ((cidr, name),) = holders
    return Target(cidr, name, is_borrowed=False, source=f"routes of {name}")


def _is_exported(found: Inventory, cidr: Network) -> bool:
    """The pool that holds a block is told to peers; without any pool that was given, it is taken to be."""
    holders = [pool for pool in found.pools if covers(pool.cidr, cidr)]
    if not holders:
        return "IPPool" not in found.given
    return max(holders, key=lambda pool: pool.cidr.prefixlen).is_exported


def covers(outer: Network, inner: Network) -> bool:
    """The second prefix lies in the first."""
    return outer.version == inner.version and inner.subnet_of(outer)  # type: ignore[arg-type] # of one version


def _pod_cidrs(reports: Reports) -> dict[Network, Target]:
    """Without Calico's own IPAM the blocks are the nodes' ``podCIDRs``, if a node originates them."""
    found = reports.inventory
    originated = {row.destination for row in found.tables.routes if row.interface == BLACKHOLE}
    return {
        cidr: Target(cidr, node.name, is_borrowed=False, source=f"Node/{node.name}")
        for node in found.nodes.values()
        for cidr in node.pod_cidrs
        if cidr in originated
    }
