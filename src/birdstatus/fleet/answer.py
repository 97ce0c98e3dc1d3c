"""Who owns an address, and which nodes cannot get there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from birdstatus.errors import BirdStatusError
from birdstatus.fleet.addresses import network
from birdstatus.fleet.routes import Routes
from birdstatus.fleet.rows import NOWHERE, contains
from birdstatus.fleet.schema import VERSION
from birdstatus.fleet.targets import BLACKHOLE, covers, originated
from birdstatus.printable import printable

if TYPE_CHECKING:
    from birdstatus.fleet.addresses import Network
    from birdstatus.fleet.case import Case
    from birdstatus.fleet.inventory import NotLookedAt
    from birdstatus.fleet.resources import Family, Node
    from birdstatus.fleet.statuses import RouteRow
    from birdstatus.fleet.targets import Target
    from birdstatus.fleet.words import RouteVerdict

__all__ = ["NodeRoute", "PrefixError", "RouteAnswer", "answer"]

_CANNOT = frozenset({"missing", "wrong-next-hop", "unreachable", "conflict"})


class PrefixError(BirdStatusError):
    """A text that is neither an address nor a prefix."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def __str__(self) -> str:
        """One line; safe to print."""
        return f"{printable(self.text)!r} is neither an address nor a prefix"


class NodeRoute(NamedTuple):
    """How one node gets to an address.

    Attributes:
        node: its name.
        verdict: ``local``: it is the node's own. ``ok``. ``missing``: no row, though one should be there.
            ``wrong-next-hop``, ``unreachable``: by the row. ``conflict``: the node holds it for its own.
            ``elsewhere``: only a wider route covers it, which may be right: the way goes through routers
            that cannot be seen, or nobody owns the address. ``unknown``: the node does not say its routes.
        destination, gateway, interface, learned_from: of the longest row that covers it; of equals, that used
            for forwarding.
        why: in words; empty if all is well.
    """

    node: str
    verdict: RouteVerdict
    destination: str = ""
    gateway: str = ""
    interface: str = ""
    learned_from: str = ""
    why: str = ""

    def document(self) -> dict[str, Any]:
        """The row as JSON values."""
        return {
            "node": self.node,
            "verdict": self.verdict,
            "destination": self.destination,
            "gateway": self.gateway,
            "interface": self.interface,
            "learnedFrom": self.learned_from,
            "why": self.why,
        }


@dataclass(frozen=True, slots=True)
class RouteAnswer:
    """Who owns an address or a prefix, and how each node gets there.

    Attributes:
        prefix: what was asked for.
        owner: the node that it belongs to; empty if no resource and no node says.
        block: the prefix that the owner tells others of; empty if none.
        source: what says so: ``BlockAffinity/NAME``, ``IPAMBlock/NAME``, or ``routes`` of the owner.
        nodes: a row for each node of the cluster, by name.
        not_looked_at: what could not be read or was not given.
    """

    prefix: str
    owner: str
    block: str
    source: str
    nodes: tuple[NodeRoute, ...]
    not_looked_at: tuple[NotLookedAt, ...] = ()

    @property
    def cannot(self) -> tuple[str, ...]:
        """The nodes that cannot get there."""
        return tuple(row.node for row in self.nodes if row.verdict in _CANNOT)

    @property
    def exit_code(self) -> int:
        """0: all get there. 1: a node cannot. 3: none that is known, but a node or the owner is not known."""
        if self.cannot:
            return 1
        is_known = self.owner and all(row.verdict != "unknown" for row in self.nodes)
        return 0 if is_known else 3

    def document(self) -> dict[str, Any]:
        """The answer as JSON values."""
        return {
            "version": VERSION,
            "prefix": self.prefix,
            "owner": self.owner,
            "block": self.block,
            "source": self.source,
            "cannot": list(self.cannot),
            "nodes": [row.document() for row in self.nodes],
            "notLookedAt": [notice.document() for notice in self.not_looked_at],
        }


def answer(case: Case, text: str) -> RouteAnswer:
    """The routes of all nodes to an address or prefix.

    Raises:
        PrefixError: it is neither.
    """
    prefix = network(text.strip())
    if prefix is None:
        raise PrefixError(text)
    family: Family = 4 if prefix.version == 4 else 6
    asked = _Asked(case, Routes.of(case, frozenset()), prefix, family)
    target = asked.target()
    rows = tuple(asked.look(node, target) for node in case.expectation.nodes)
    shown = str(prefix.network_address) if prefix.num_addresses == 1 else str(prefix)
    if target is None:
        return RouteAnswer(shown, "", "", "", rows, case.inventory.not_looked_at)
    notices = case.inventory.not_looked_at
    return RouteAnswer(shown, target.owner, str(target.cidr), target.source, rows, notices)


@dataclass(slots=True)
class _Asked:
    case: Case
    routes: Routes
    prefix: Network
    family: Family

    def target(self) -> Target | None:
        """What holds the prefix: the longest that a resource names, else what a single node originates."""
        for targets in (self.routes.targets.all, self.routes.targets.unexported):
            holders = [target for target in targets if covers(target.cidr, self.prefix)]
            if holders:
                return max(holders, key=lambda target: target.cidr.prefixlen)
        return originated(self.case.reports, self.prefix)

    def look(self, node: Node, target: Target | None) -> NodeRoute:
        numbers = self.routes.numbers(node.name, self.family)
        if numbers is None:
            return NodeRoute(node.name, "unknown", why="it does not say which routes it has")
        table = self.case.inventory.tables.routes
        row = _best([table[number] for number in numbers], self.prefix)
        verdict, why = self._judge(node, target, row, numbers)
        if row is None:
            return NodeRoute(node.name, verdict, why=why)
        return NodeRoute(
            node.name,
            verdict,
            destination=str(row.destination),
            gateway=row.gateway,
            interface=row.interface,
            learned_from=f"{row.source} {row.peer}".strip(),
            why=why,
        )

    def _judge(
        self, node: Node, target: Target | None, row: RouteRow | None, numbers: set[int]
    ) -> tuple[RouteVerdict, str]:
        if target is None:
            return "elsewhere", "no resource and no node says whose it is"
        if node.name == target.owner:
            return "local", ""
        if (
            row is None
            or row.destination is None
            or row.destination.prefixlen < target.cidr.prefixlen
        ):
            return self._without(node, target)
        if row.interface == BLACKHOLE:
            return "conflict", f"it holds {row.destination} for its own, which is {target.owner}'s"
        if row.interface in NOWHERE:
            return "unreachable", f"its route to {row.destination} is {row.interface}"
        return self._by_gateway(node, target, row, numbers)

    def _by_gateway(
        self, node: Node, target: Target, row: RouteRow, numbers: set[int]
    ) -> tuple[RouteVerdict, str]:
        address = self.case.inventory.nodes[target.owner].address(self.family)
        if row.peer != address and row.peer not in self.routes.rows.keepers:
            return "ok", ""
        right = {address}
        if not contains(node.subnet(self.family), address):
            right = self.routes.rows.gateways_to(address, numbers & self.routes.rows.others)
        if right and row.gateway not in right:
            gateway = row.gateway or row.interface
            return "wrong-next-hop", f"by {gateway}, not by {' or '.join(sorted(right))}"
        return "ok", ""

    def _without(self, node: Node, target: Target) -> tuple[RouteVerdict, str]:
        """No row as long as the block: is one to be there?"""
        owner = self.case.inventory.nodes[target.owner]
        reach = self.routes.reach[self.family]
        own = owner.address(self.family)
        if not own or not node.address(self.family):
            return "elsewhere", f"{target.owner} and {node.name} are not both in IPv{self.family}"
        if target in self.routes.targets.unexported:
            return "elsewhere", f"no node tells others of {target.cidr}"
        if not reach.reaches(owner, node):
            return (
                "elsewhere",
                f"no session inside the cluster leads from {target.owner} to {node.name}",
            )
        return "missing", self._missing_words(node, owner)

    def _missing_words(self, node: Node, owner: Node) -> str:
        """The session that should have brought the route, as both of its ends see it."""
        for address in sorted(self.routes.reach[self.family].senders(owner, node)):
            pair = self.case.pairs.get(self.case.observed.key(node, self.family, address))
            if pair is not None:
                near, far = (pair.a, pair.b) if pair.a.node == node.name else (pair.b, pair.a)
                return f"its session to {far.node}: {near.node} says {near.words}, {far.node} says {far.words}"
        return f"the sessions that lead to {owner.name} stand, but it has no route"


def _best(rows: list[RouteRow], prefix: Network) -> RouteRow | None:
    """The longest row that covers a prefix, of equals one that is used for forwarding."""
    covering = [
        row for row in rows if row.destination is not None and covers(row.destination, prefix)
    ]
    return max(covering, key=_rank, default=None)


def _rank(row: RouteRow) -> tuple[int, bool]:
    return (row.destination.prefixlen if row.destination is not None else -1, row.is_fib)
