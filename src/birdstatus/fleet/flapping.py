"""Sessions that went down and came back between two looks."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from birdstatus.fleet.case import components, told
from birdstatus.fleet.resources import FAMILIES
from birdstatus.fleet.statuses import ESTABLISHED
from birdstatus.fleet.verdicts import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from birdstatus.fleet.case import Case
    from birdstatus.fleet.inventory import Inventory
    from birdstatus.fleet.pairs import PairKey
    from birdstatus.fleet.resources import Family, Node

__all__ = ["check_flapping"]

# BIRD counts whole seconds from a clock that may be corrected by one.
_SAME = 2
_DAY = 86400


def check_flapping(case: Case, previous: Inventory) -> Iterator[Finding]:
    """Sessions that are established in both looks, with another time; not if BIRD was restarted in between."""
    flapped: dict[PairKey, None] = {}
    for node in case.expectation.nodes:
        for family in FAMILIES:
            if not _restarted(case, previous, node.name, family):
                for address in _changed(case, previous, node, family):
                    peer = case.expectation.names.get(address, "")
                    if not _restarted(case, previous, peer, family):
                        flapped[case.observed.key(node, family, address)] = None
    links = [(key.node, key.peer or key.node) for key in flapped]
    for names in components({name for link in links for name in link}, links):
        keys = [key for key in flapped if key.node in names]
        ends = Counter(name for key in keys for name in (key.node, key.peer) if name)
        common = [name for name, times in ends.items() if times == len(keys)]
        pairs = tuple(case.observed.pair(key) for key in keys)
        yield Finding(
            kind="flapping",
            severity="warning",
            nodes=tuple(sorted(common if len(keys) > 1 and len(common) == 1 else names)),
            pairs=pairs,
            evidence=("Established in both looks, but not since the same time.", *told(pairs)),
            hint="Look for lost packets, a hold timer that ends, or a firewall that forgets connections.",
        )


def _changed(case: Case, previous: Inventory, node: Node, family: Family) -> list[str]:
    before = _established(previous, node.name, family)
    if not before:
        return []
    return [
        address
        for address, since in _established(case.inventory, node.name, family).items()
        if address in before and _is_later(before[address], since)
    ]


def _established(found: Inventory, node: str, family: Family) -> dict[str, str]:
    status = found.statuses.get(node)
    if status is None or status.sessions is None:
        return {}
    rows, since = status.sessions[family]
    return {
        found.tables.sessions[row].address: found.tables.times[time]
        for row, time in zip(rows, since, strict=True)
        if found.tables.sessions[row].state == ESTABLISHED
    }


def _restarted(case: Case, previous: Inventory, node: str, family: Family) -> bool:
    boots = [
        status.daemons[family].booted
        for found in (case.inventory, previous)
        if (status := found.statuses.get(node)) is not None and status.daemons
        if family in status.daemons
    ]
    return len(boots) == 2 and boots[0] != boots[1]


def _is_later(old: str, new: str) -> bool:
    """BIRD shows the time of day while it is younger than 20 hours, then the date: ageing is no change."""
    if old == new:
        return False
    old_seconds, new_seconds = _seconds(old), _seconds(new)
    if old_seconds is None:
        # A date stays a date, unless the session is young again.
        return bool(old and new) and (new_seconds is not None or old[:10] != new[:10])
    if new_seconds is None:
        return False
    apart = abs(new_seconds - old_seconds)
    return min(apart, _DAY - apart) > _SAME


def _seconds(text: str) -> int | None:
    parts = text.partition(".")[0].split(":")
    if len(parts) != 3 or not all(
        part.isascii() and part.isdigit() and len(part) == 2 for part in parts
    ):
        return None
    hours, minutes, seconds = map(int, parts)
    return hours * 3600 + minutes * 60 + seconds
