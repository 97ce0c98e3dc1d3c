"""Who owns an address, and how each node gets there: the row of its table that covers it, or why not."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING, Any, NamedTuple

from birdstatus.fleet.reports import Reports

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from birdstatus.fleet import Inventory
    from birdstatus.fleet.addresses import Network
    from birdstatus.fleet.resources import Family
    from birdstatus.fleet.statuses import RouteRow
    from reporter.fleet.look import Look

__all__ = ["Answer", "Way", "prefix", "route_to"]

# Interfaces of rows that lead nowhere; on the node that has the block itself a blackhole is right.
_NOWHERE = frozenset({"unreachable", "prohibited", "blackhole"})


_YES, _NO = True, False


class Way(NamedTuple):
    """How a node gets to a destination.

    Attributes:
        reaches: False: it does not. None: nobody knows.
        row: the most specific row that covers the destination, used for forwarding if there is one of these.
        why: in a sentence.
    """

    node: str
    reaches: bool | None
    row: RouteRow | None
    why: str

    def document(self) -> dict[str, Any]:
        row = self.row
        return {
            "node": self.node,
            "reaches": self.reaches,
            "destination": str(row.destination) if row else None,
            "gateway": row.gateway if row else None,
            "interface": row.interface if row else None,
            "sourceType": row.source if row else None,
            "peerIP": row.peer if row else None,
            "why": self.why,
        }


class Answer(NamedTuple):
    """Attributes:
    block: that holds the destination; None if no resource names one.
    owner: the node to which packets for it go; empty if it is not known.
    source: the resource that says so, ``KIND/NAME``.
    """  # noqa: D205

    destination: Network
    block: Network | None
    owner: str
    source: str
    ways: tuple[Way, ...]

    @property
    def cut_off(self) -> list[str]:
        """The nodes that do not get there."""
        return [way.node for way in self.ways if way.reaches is False]

    @property
    def exit_code(self) -> int:
        """0: all nodes get there. 1: one does not. 3: all that say so do, but some say nothing."""
        if self.cut_off:
            return 1
        return 3 if any(way.reaches is None for way in self.ways) or not self.ways else 0

    def document(self) -> dict[str, Any]:
        return {
            "destination": str(self.destination),
            "block": str(self.block) if self.block else None,
            "owner": self.owner or None,
            "source": self.source or None,
            "cutOff": self.cut_off,
            "nodes": [way.document() for way in self.ways],
        }


def prefix(text: str) -> Network:
    """An address or a prefix.

    Raises:
        ValueError: it is neither.
    """
    return ip_network(text, strict=False)


def route_to(look: Look, destination: Network, nodes: Sequence[str]) -> Answer:
    """How these nodes get to a destination."""
    block, owner, source = _owner(look.inventory, destination)
    table = _Table(look, destination, block, owner)
    return Answer(destination, block, owner, source, tuple(map(table.way, nodes)))


def _owner(found: Inventory, destination: Network) -> tuple[Network | None, str, str]:
    """The block of a destination, the node that packets go to, and what says so."""
    block, owner, source = None, "", ""
    for each in (*found.blocks, *found.owners):
        if _covers(each.cidr, destination) and (
            block is None or each.cidr.prefixlen > block.prefixlen
        ):
            block, owner, source = each.cidr, each.node, each.source
    for address in found.borrowed:
        if prefix(address.address) == destination:
            return destination, address.node, address.source
    return block, owner, source


def _covers(outer: Network | None, inner: Network) -> bool:
    return (
        outer is not None and outer.version == inner.version and inner.subnet_of(outer)  # type: ignore[arg-type] # of one version
    )


class _Table:
    """The rows of all nodes that cover a destination, and the sessions that should bring them."""

    def __init__(self, look: Look, destination: Network, block: Network | None, owner: str) -> None:
        self._reports = Reports.of(look.inventory, look.at)
        self._destination = destination
        self._block = block
        self._owner = owner
        self._family: Family = 4 if destination.version == 4 else 6
        rows = look.inventory.tables.routes
        self._covering = {
            number: row for number, row in enumerate(rows) if _covers(row.destination, destination)
        }
        self._pairs = [
            pair
            for pair in look.pairs()
            if pair.family == self._family and pair.a.node and pair.b.node
        ]

    def way(self, node: str) -> Way:
        """How a node gets there."""
        status = self._reports.status(node)
        silent = self._reports.is_not_ready(node, self._family)
        if status is None or status.routes is None or silent:
            return Way(node, None, None, "it does not report its routes")
        numbers = status.routes[self._family]
        row = _best(self._covering[number] for number in numbers if number in self._covering)
        if node == self._owner:
            return Way(node, _YES, row, "it is on this node")
        why = self._why_not(node, row)
        if why:
            return Way(node, _NO, row, f"{why}{self._because(node)}")
        return Way(node, _YES, row, "by a wider route" if self._is_wider(row) else "")

    def _is_wider(self, row: RouteRow | None) -> bool:
        if row is None or row.destination is None or self._block is None:
            return False
        return row.destination.prefixlen < self._block.prefixlen

    def _why_not(self, node: str, row: RouteRow | None) -> str:
        """Why a row does not lead there; empty if it does.

        A node with sessions to other nodes learns each block by itself. One that peers with routers outside
        the cluster alone may have no more than a default route, and that is right.
        """
        if row is None:
            return "no route covers it"
        if row.interface in _NOWHERE:
            return f"its route is {row.interface}"
        if self._is_wider(row) and any(
            node in pair.nodes and pair.wanted_by for pair in self._pairs
        ):
            return f"only {row.destination} covers it, not the block's own route"
        return ""

    def _because(self, node: str) -> str:
        """The session over which the route would come, if it is not up."""
        own = [pair for pair in self._pairs if node in pair.nodes]
        between = [pair for pair in own if self._owner in pair.nodes]
        for pair in between or own:
            if pair.verdict != "up":
                here, there = (pair.a, pair.b) if pair.a.node == node else (pair.b, pair.a)
                return (
                    f": its session with {there.node} is {pair.verdict} ({node} says {here.words!r}, "
                    f"{there.node} says {there.words!r})"
                )
        return ", though its sessions are up: look for a filter" if own else ""


def _best(rows: Iterable[RouteRow]) -> RouteRow | None:
    """The most specific row, of several one that is used for forwarding."""
    return max(
        rows,
        key=lambda row: (row.destination.prefixlen if row.destination else 0, row.is_fib),
        default=None,
    )
