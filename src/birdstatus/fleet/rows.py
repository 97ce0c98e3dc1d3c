"""The different route rows of a cluster, each judged once for all nodes that have it."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING

from birdstatus.fleet.targets import BLACKHOLE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from birdstatus.fleet.addresses import Network
    from birdstatus.fleet.inventory import Inventory
    from birdstatus.fleet.resources import Family, Node
    from birdstatus.fleet.statuses import RouteRow
    from birdstatus.fleet.targets import Target, Targets

__all__ = ["NOWHERE", "RouteRows", "contains"]

# BIRD could not resolve the next hop, or the route forbids forwarding.
NOWHERE = frozenset({"unreachable", "prohibited"})


def contains(subnet: Network | None, address: str) -> bool:
    """A subnet holds an address; false without one of them."""
    if subnet is None or not address:
        return False
    parsed = ip_address(address)
    return parsed.version == subnet.version and parsed in subnet


@dataclass(slots=True)
class RouteRows:
    """What rows say of targets, by the numbers of the rows and the places of targets in ``targets``.

    Attributes:
        place: for each row the target that its destination is; -1 for none.
        learned: rows of targets that came by BGP and lead somewhere.
        nowhere: rows of targets that came by BGP and do not.
        blackholes: rows by which a node originates a target.
        strangers: rows that lead into a pool, to a block that no resource names.
        others: rows used for forwarding whose destination is no target: they lead to the next hops.
        keepers: addresses of the reflectors, if they keep the next hop.
    """

    inventory: Inventory
    targets: tuple[Target, ...]
    place: list[int] = field(default_factory=list)
    learned: set[int] = field(default_factory=set)
    nowhere: set[int] = field(default_factory=set)
    blackholes: set[int] = field(default_factory=set)
    strangers: set[int] = field(default_factory=set)
    others: set[int] = field(default_factory=set)
    keepers: frozenset[str] = frozenset()
    _judged: dict[tuple[Network | None, Family], tuple[set[int], set[int]]] = field(
        default_factory=dict
    )

    @classmethod
    def of(cls, found: Inventory, targets: Targets, names: dict[str, str]) -> RouteRows:
        places = {target.cidr: place for place, target in enumerate(targets.all)}
        rows = cls(found, targets.all, keepers=_keepers(found))
        for number, row in enumerate(found.tables.routes):
            place = -1 if row.destination is None else places.get(row.destination, -1)
            rows.place.append(place)
            if place >= 0:
                rows._add_target(number, row)
            elif row.destination is not None:
                if row.is_fib:
                    rows.others.add(number)
                if targets.is_stranger(row.destination) and (
                    row.interface == BLACKHOLE or row.peer in names
                ):
                    rows.strangers.add(number)
        return rows

    def _add_target(self, number: int, row: RouteRow) -> None:
        if row.interface == BLACKHOLE:
            self.blackholes.add(number)
        elif row.peer:
            (self.nowhere if row.interface in NOWHERE else self.learned).add(number)

    def owner(self, number: int) -> Node:
        """The node that the target of a row belongs to."""
        return self.inventory.nodes[self.targets[self.place[number]].owner]

    def suspicious(self, subnet: Network | None, family: Family) -> tuple[set[int], set[int]]:
        """Of the learned rows: those wrong for a node in this subnet, and those that lead out of it.

        In the subnet the gateway is the owner's own address; out of it, it depends on the node's other
        routes. Only rows from the owner or from a reflector are judged: other senders may put themselves there.
        """
        key = (subnet, family)
        if key not in self._judged:
            wrong, outside = set(), set()
            for number in self.learned:
                row = self.inventory.tables.routes[number]
                address = self.owner(number).address(family)
                if row.peer != address and row.peer not in self.keepers:
                    continue
                if not contains(subnet, address):
                    outside.add(number)
                elif row.gateway != address:
                    wrong.add(number)
            self._judged[key] = (wrong, outside)
        return self._judged[key]

    def gateways_to(self, address: str, numbers: Iterable[int]) -> set[str]:
        """The gateways of the longest of these rows that cover an address; empty if none does."""
        length, found = -1, set[str]()
        for number in numbers:
            row = self.inventory.tables.routes[number]
            if row.destination is None or not contains(row.destination, address):
                continue
            if row.destination.prefixlen > length:
                length, found = row.destination.prefixlen, set()
            if row.destination.prefixlen == length:
                found.add(row.gateway or address)
        return found


def _keepers(found: Inventory) -> frozenset[str]:
    if any(peering.next_hop_mode == "Self" for peering in found.peerings.values()):
        return frozenset()
    nodes = [node for node in found.nodes.values() if node.cluster_id]
    return frozenset({node.v4.address for node in nodes} | {node.v6.address for node in nodes})
