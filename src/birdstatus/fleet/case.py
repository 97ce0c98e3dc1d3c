"""What the checks share: the sessions that are not right, and which of them a cause has been found for."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from birdstatus.fleet import documents
from birdstatus.fleet.reports import GRACE
from birdstatus.fleet.resources import FAMILIES
from birdstatus.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from birdstatus.fleet.expected import Expectation
    from birdstatus.fleet.inventory import Inventory
    from birdstatus.fleet.pairs import Observed, PairKey
    from birdstatus.fleet.reports import Reports
    from birdstatus.fleet.resources import Family
    from birdstatus.fleet.verdicts import Pair, Side

__all__ = ["Case", "components", "local_time", "named", "status_object", "told"]

# So many pairs or names are written out in a sentence; the rest are counted.
_WRITTEN = 5


@dataclass(slots=True)
class Case:
    """The checks take from it what they explain, causes first, so that nothing is found twice.

    Attributes:
        pairs: the sessions that are not right and have no cause yet.
        busy: the families in which some node has a session, if nothing says which there should be.
    """

    inventory: Inventory
    expectation: Expectation
    reports: Reports
    observed: Observed
    pairs: dict[PairKey, Pair] = field(default_factory=dict)
    busy: frozenset[Family] = frozenset()

    @classmethod
    def of(cls, expectation: Expectation, reports: Reports, observed: Observed) -> Case:
        pairs = {key: observed.pair(key) for key in observed.suspects}
        return cls(
            reports.inventory,
            expectation,
            reports,
            observed,
            pairs={
                key: pair for key, pair in pairs.items() if pair.verdict not in {"up", "unknown"}
            },
            busy=frozenset(
                family
                for family in FAMILIES
                if any(
                    (":" in row.address) == (family == 6)
                    for row in reports.inventory.tables.sessions
                )
            ),
        )

    def take(self, is_explained: Callable[[PairKey, Pair], bool]) -> tuple[Pair, ...]:
        """The sessions that a cause explains; no later check sees them."""
        keys = [key for key, pair in self.pairs.items() if is_explained(key, pair)]
        return tuple(self.pairs.pop(key) for key in keys)

    def take_keys(self, keys: Iterable[PairKey]) -> tuple[Pair, ...]:
        """Of these sessions, those that had no cause yet."""
        return tuple(self.pairs.pop(key) for key in keys if key in self.pairs)

    def take_of(self, nodes: Iterable[str]) -> tuple[Pair, ...]:
        """The sessions that have one of these nodes at an end."""
        names = set(nodes)
        return self.take(lambda key, _: key.node in names or key.peer in names)

    def uses(self, node: str, family: Family) -> bool:
        """A node should have sessions in a family, as far as anything says so."""
        found = self.inventory.nodes[node]
        if self.observed.has_mesh(found, family) or self.observed.explicit_of(found, family):
            return True
        judges = self.observed.judges_mesh or self.observed.judges_peerings
        return not judges and family in self.busy

    def is_recent(self, side: Side, family: Family) -> bool:
        """What a node says of a session, or its BIRD itself, was younger than a graceful restart.

        BIRD's times are local; they are taken for UTC, which calico-node's container has.
        """
        status = self.reports.status(side.node)
        if status is None or status.updated is None:
            return False
        daemon = (status.daemons or {}).get(family)
        times = (side.since, daemon.booted if daemon is not None else "")
        return any(_is_younger(time, status.updated) for time in times)

    def is_settling(self, node: str) -> bool:
        """A node's BIRD, or one of its sessions, is younger than a graceful restart, as :meth:`is_recent`."""
        status = self.reports.status(node)
        if status is None or status.updated is None:
            return False
        times = {daemon.booted for daemon in (status.daemons or {}).values()}
        for sessions in (status.sessions or {}).values():
            times.update(self.inventory.tables.times[number] for number in set(sessions.since))
        return any(_is_younger(time, status.updated) for time in times)

    def is_passing(self, pairs: Iterable[Pair]) -> bool:
        """All of these changed a moment ago: a restart may explain them."""
        return all(
            self.is_recent(pair.a, pair.family) or self.is_recent(pair.b, pair.family)
            for pair in pairs
        )


def local_time(text: str, near: datetime) -> datetime | None:
    """A time as BIRD prints it; one without a date is the last before ``near``."""
    if len(text) == 8 and text[2] == text[5] == ":":
        time = documents.time(f"{near:%Y-%m-%d}T{text}")
        return time - timedelta(days=1) if time is not None and time > near + _CLOCKS else time
    return documents.time(text) if ":" in text else None


# Two clocks of one machine, one of which counts whole seconds.
_CLOCKS = timedelta(seconds=5)


def _is_younger(text: str, updated: datetime) -> bool:
    time = local_time(text, updated)
    return time is not None and -_CLOCKS <= updated - time < GRACE


def told(pairs: tuple[Pair, ...]) -> tuple[str, ...]:
    """Both sides' words of some sessions, a sentence for each."""
    sentences = [
        printable(
            f"{pair.a.node} to {pair.b.node or pair.b.address} (IPv{pair.family}):"
            f" {pair.a.node} says {pair.a.words!r}"
            + (f", {pair.b.node} says {pair.b.words!r}" if pair.b.node else "")
            + (f"; {pair.connects} opens the connection" if pair.connects else "")
            + (f"; wanted by {', '.join(pair.wanted_by)}" if pair.wanted_by else "")
            + "."
        )
        for pair in pairs[:_WRITTEN]
    ]
    more = len(pairs) - _WRITTEN
    return (*sentences, f"And {more} more sessions.") if more > 0 else tuple(sentences)


def named(names: Iterable[str]) -> str:
    """Some names, in a sentence."""
    listed = sorted(names)
    shown = ", ".join(listed[:_WRITTEN])
    return printable(
        f"{shown} and {len(listed) - _WRITTEN} more" if len(listed) > _WRITTEN else shown
    )


def components(names: Iterable[str], links: Iterable[tuple[str, str]]) -> list[list[str]]:
    """The names, those together that are linked."""
    parent = {name: name for name in names}

    def root(name: str) -> str:
        while parent[name] != name:
            parent[name] = name = parent[parent[name]]
        return name

    for first, second in links:
        parent[root(first)] = root(second)
    found: dict[str, list[str]] = {}
    for name in sorted(parent):
        found.setdefault(root(name), []).append(name)
    return list(found.values())


def status_object(case: Case, node: str) -> tuple[str, ...]:
    """The CalicoNodeStatus of a node, as a finding names it; empty if there is none."""
    status = case.inventory.statuses.get(node)
    return () if status is None else (f"CalicoNodeStatus/{status.name}",)
