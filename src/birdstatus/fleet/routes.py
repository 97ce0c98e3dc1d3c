"""Which node cannot reach which block, though the sessions that would tell it of the block stand."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from birdstatus.fleet.case import named
from birdstatus.fleet.reach import Reach
from birdstatus.fleet.resources import FAMILIES
from birdstatus.fleet.rows import RouteRows
from birdstatus.fleet.targets import BLACKHOLE, Targets
from birdstatus.fleet.verdicts import Finding, Kind
from birdstatus.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from collections.abc import Set as AbstractSet

    from birdstatus.fleet.case import Case
    from birdstatus.fleet.pairs import PairKey
    from birdstatus.fleet.resources import Family, Node

__all__ = ["Routes"]

_HINTS: dict[str, str] = {
    "route-missing": "Look for a filter: BGPFilters of the BGPPeer, birdc show route export on the owner.",
    "wrong-next-hop": "Look at nextHopMode of the BGPPeers and at the routes to the nodes' own addresses.",
    "unreachable": "BIRD has no route to the next hop: compare the node's subnet with its interfaces.",
    "not-exported": "Look at the owner's birdc show route and at its bird_ipam.cfg.",
    "borrowed-missing": "A workload uses an address of another node's block, of which its own node must tell.",
    "block-conflict": "calicoctl ipam check; give the block back on the node that it does not belong to.",
    "stale-route": "calicoctl ipam check; the block was released, but a node still tells of it.",
}


@dataclass(slots=True)
class Routes:
    """The routes of all nodes beside what they should have.

    Attributes:
        expecting: for each target how many nodes should have it.
        lacking: for each target the nodes that have no row of it.
        nowhere, wrong: likewise, those whose row leads nowhere, or by a wrong gateway.
        unoriginated: targets that their own node does not originate.
        doubled: for each target the other nodes that originate it.
        strangers: rows to blocks that no resource names, with the nodes that have each.
    """

    case: Case
    targets: Targets
    rows: RouteRows
    reach: dict[Family, Reach]
    expecting: Counter[int] = field(default_factory=Counter)
    lacking: dict[int, set[str]] = field(default_factory=dict)
    nowhere: dict[int, set[str]] = field(default_factory=dict)
    wrong: dict[int, dict[str, str]] = field(default_factory=dict)
    unoriginated: set[int] = field(default_factory=set)
    doubled: dict[int, set[str]] = field(default_factory=dict)
    strangers: dict[int, set[str]] = field(default_factory=dict)
    _of_owner: dict[tuple[str, Family], frozenset[int]] = field(default_factory=dict)
    _mesh: dict[Family, frozenset[int]] = field(default_factory=dict)
    _alike: dict[Family, dict[object, tuple[str, set[int]]]] = field(default_factory=dict)
    _broken: dict[str, set[PairKey]] = field(default_factory=dict)
    _gone: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, case: Case, broken: AbstractSet[PairKey]) -> Routes:
        """The routes of a case; ``broken`` are the sessions over which nothing can come."""
        targets = Targets.of(case.reports)
        routes = cls(
            case,
            targets,
            RouteRows.of(case.inventory, targets, case.expectation.names),
            {family: Reach(case.observed, family, broken) for family in FAMILIES},
        )
        for key in broken:
            if not key.peer:
                routes._gone.add(key.address)
            for name in (key.node, key.peer):
                routes._broken.setdefault(name, set()).add(key)
        routes._index()
        return routes

    def _index(self) -> None:
        of_owner: dict[tuple[str, Family], set[int]] = {}
        for place, target in enumerate(self.targets.all):
            of_owner.setdefault((target.owner, target.family), set()).add(place)
        self._of_owner = {key: frozenset(places) for key, places in of_owner.items()}
        for family in FAMILIES:
            in_mesh: set[int] = set()
            alike: dict[object, tuple[str, set[int]]] = {}
            for (name, each), places in of_owner.items():
                node = self.case.inventory.nodes[name]
                if each != family:
                    continue
                if self.case.observed.mesh_of(node, family):
                    in_mesh |= places
                signature = self.reach[family].signature(name)
                if signature:
                    own = name if node.cluster_id else ""
                    alike.setdefault((own, signature), (name, set()))[1].update(places)
            self._mesh[family] = frozenset(in_mesh)
            self._alike[family] = alike

    def own(self, name: str, family: Family) -> frozenset[int]:
        return self._of_owner.get((name, family), frozenset())

    def expected(self, node: Node, family: Family) -> set[int]:
        """The targets of other nodes that a node should have, over the sessions that stand."""
        reach = self.reach[family]
        places: set[int] = set()
        if self.case.observed.mesh_of(node, family):
            places |= self._mesh[family]
            for key in self._broken.get(node.name, ()):
                if key.family == family:
                    places -= self.own(key.peer if key.node == node.name else key.node, family)
        for peer in reach.edges(node.name):
            if node.name in reach.edges(peer):
                places |= self.own(peer, family)
        for example, alike in self._alike[family].values():
            if reach.reflected(example, node.name):
                places |= alike
        return places - self.own(node.name, family)

    def numbers(self, name: str, family: Family) -> set[int] | None:
        """The rows of a node; None if it does not say which it has."""
        status = self.case.reports.status(name)
        if status is None or status.routes is None or self.case.reports.is_not_ready(name, family):
            return None
        if not any(status.routes.values()) and not self.case.reports.has_sessions(name):
            return None
        return set(status.routes[family])

    def look(self) -> None:
        """Compare every node's routes with what it should have."""
        for node in self.case.expectation.nodes:
            for family in FAMILIES:
                numbers = self.numbers(node.name, family)
                if numbers is not None and node.address(family):
                    self._look_at(node, family, numbers)

    def _look_at(self, node: Node, family: Family, numbers: set[int]) -> None:
        rows, place = self.rows, self.rows.place
        expected = self.expected(node, family)
        self.expecting.update(expected)
        learned = numbers & rows.learned
        nowhere = {place[number] for number in numbers & rows.nowhere}
        here = {place[number] for number in learned}
        for lacking in expected - here - nowhere:
            self.lacking.setdefault(lacking, set()).add(node.name)
        for led in nowhere - here:
            self.nowhere.setdefault(led, set()).add(node.name)
        wrong, outside = rows.suspicious(node.subnet(family), family)
        for number in numbers & wrong:
            self._add_wrong(node, number, {rows.owner(number).address(family)})
        self._look_outside(node, family, learned & outside, numbers & rows.others)
        own = self.own(node.name, family)
        originated = {place[number] for number in numbers & rows.blackholes}
        self.unoriginated |= {
            one for one in own - originated if not self.targets.all[one].is_borrowed
        }
        for doubled in originated - own:
            self.doubled.setdefault(doubled, set()).add(node.name)
        for number in numbers & rows.strangers:
            # Of a node that was removed, the sessions that remain are what is said.
            if self.case.inventory.tables.routes[number].gateway not in self._gone:
                self.strangers.setdefault(number, set()).add(node.name)

    def _look_outside(
        self, node: Node, family: Family, outside: set[int], others: set[int]
    ) -> None:
        """Rows whose next hop is in another subnet: the way there is the gateway."""
        if not outside:
            return
        table = self.case.inventory.tables.routes
        toward: dict[str, set[str]] = {}
        for number in outside:
            address = self.rows.owner(number).address(family)
            if address not in toward:
                toward[address] = self.rows.gateways_to(address, others)
            if toward[address] and table[number].gateway not in toward[address]:
                self._add_wrong(node, number, toward[address])

    def _add_wrong(self, node: Node, number: int, right: set[str]) -> None:
        row = self.case.inventory.tables.routes[number]
        gateway = row.gateway or row.interface
        words = (
            f"{node.name} has {row.destination} by {gateway}, not by {' or '.join(sorted(right))}"
        )
        self.wrong.setdefault(self.rows.place[number], {})[node.name] = words

    # Findings

    def findings(self) -> Iterator[Finding]:
        """A finding for each node at fault."""
        yield from self._claimed()
        yield from self._gathered(
            self.doubled, self._doubled_words, "block-conflict", "block-conflict"
        )
        for place in self.unoriginated:
            self.lacking.setdefault(place, set())
        targets = self.targets.all
        blocks = {
            place: names for place, names in self.lacking.items() if not targets[place].is_borrowed
        }
        borrowed = {place: names for place, names in self.lacking.items() if place not in blocks}
        yield from self._gathered(blocks, self._lacking_words, "not-exported", "route-missing")
        yield from self._gathered(
            borrowed, self._lacking_words, "borrowed-missing", "borrowed-missing"
        )
        yield from self._gathered(self.nowhere, self._nowhere_words, "unreachable", "unreachable")
        wrong = {place: set(names) for place, names in self.wrong.items()}
        yield from self._gathered(wrong, self._wrong_words, "wrong-next-hop", "wrong-next-hop")
        yield from self._stale()

    def _gathered(
        self,
        found: dict[int, set[str]],
        words: Callable[[int, str], str],
        of_owner: Kind,
        of_node: Kind,
    ) -> Iterator[Finding]:
        """By owner what fails for all of two nodes at least, or at the owner itself; else by the node."""
        by_fault: dict[tuple[str, Kind], list[tuple[int, str]]] = {}
        for place, names in found.items():
            owner = self.targets.all[place].owner
            everywhere = len(names) > 1 and len(names) >= self.expecting[place]
            if of_owner != "block-conflict" and (everywhere or place in self.unoriginated):
                by_fault.setdefault((owner, of_owner), []).extend(
                    (place, name) for name in names or {owner}
                )
            else:
                for name in names:
                    by_fault.setdefault((name, of_node), []).append((place, name))
        for (name, kind), failures in by_fault.items():
            settles = all(
                self._settles(self.targets.all[place].owner, node) for place, node in failures
            )
            sentences = [words(place, node) for place, node in failures[:_WRITTEN]]
            if len(failures) > _WRITTEN:
                sentences.append(f"And {len(failures) - _WRITTEN} more routes.")
            yield Finding(
                kind=kind,
                severity="warning" if settles else "error",
                nodes=(name,),
                objects=tuple(sorted({self.targets.all[place].source for place, _ in failures})),
                evidence=tuple(map(printable, sentences)),
                hint=_HINTS[kind],
            )

    def _settles(self, *names: str) -> bool:
        """A node restarted, or has a session that is younger than a graceful restart."""
        return any(self.case.is_settling(name) for name in names)

    def _lacking_words(self, place: int, name: str) -> str:
        target = self.targets.all[place]
        if name == target.owner:
            return f"{name} does not originate its own block {target.cidr}."
        return f"{name} has no route to {target.cidr} of {target.owner}, though the sessions stand."

    def _nowhere_words(self, place: int, name: str) -> str:
        target = self.targets.all[place]
        return f"On {name} the route to {target.cidr} of {target.owner} does not lead anywhere."

    def _wrong_words(self, place: int, name: str) -> str:
        return f"{self.wrong[place][name]}."

    def _doubled_words(self, place: int, name: str) -> str:
        target = self.targets.all[place]
        return f"{name} originates {target.cidr}, which is {target.owner}'s."

    def _claimed(self) -> Iterator[Finding]:
        """Blocks that two nodes have by their resources."""
        by_nodes: dict[tuple[str, ...], list[tuple[str, dict[str, str]]]] = {}
        for cidr, nodes in self.targets.claimed.items():
            by_nodes.setdefault(tuple(sorted(nodes)), []).append((str(cidr), nodes))
        for names, blocks in by_nodes.items():
            yield Finding(
                kind="block-conflict",
                severity="error",
                nodes=names,
                objects=tuple(sorted({source for _, nodes in blocks for source in nodes.values()})),
                evidence=(f"{named(names)} each have {named(cidr for cidr, _ in blocks)}.",),
                hint=_HINTS["block-conflict"],
            )

    def _stale(self) -> Iterator[Finding]:
        """Blocks that no resource names, by the nodes that tell of them, or else that still hold them."""
        table = self.case.inventory.tables.routes
        holders: dict[str, set[str]] = {}
        origins: dict[str, set[str]] = {}
        for number, names in self.strangers.items():
            found = origins if table[number].interface == BLACKHOLE else holders
            found.setdefault(str(table[number].destination), set()).update(names)
        by_nodes: dict[tuple[str, ...], list[str]] = {}
        for cidr in {**origins, **holders}:
            by_nodes.setdefault(tuple(sorted(origins.get(cidr) or holders[cidr])), []).append(cidr)
        for holding, cidrs in by_nodes.items():
            verb = "tell of" if set(cidrs) & set(origins) else "still have a route to"
            yield Finding(
                kind="stale-route",
                severity="warning",
                nodes=holding,
                evidence=(
                    f"{named(holding)} {verb} {named(cidrs)}, which no BlockAffinity names.",
                ),
                hint=_HINTS["stale-route"],
            )


# So many routes are written out in a finding; the rest are counted.
_WRITTEN = 5
