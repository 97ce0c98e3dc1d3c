"""Nodes whose BIRD has not taken the configuration: confd has lost the API, or BIRD refused the file."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from birdstatus.fleet.case import local_time, named, status_object, told
from birdstatus.fleet.reports import GRACE
from birdstatus.fleet.verdicts import Finding
from birdstatus.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from birdstatus.fleet.case import Case
    from birdstatus.fleet.pairs import PairKey
    from birdstatus.fleet.resources import Family
    from birdstatus.fleet.verdicts import Side

__all__ = ["check_applied", "pass_over_the_young"]

# A change reaches BIRD some seconds after the API server has it.
_TAKEN_AFTER = timedelta(seconds=60)


def check_applied(case: Case) -> Iterator[Finding]:
    """Findings of nodes that are behind."""
    yield from _readdressed(case)
    yield from _not_applied(case)


def pass_over_the_young(case: Case) -> None:
    """A session that was asked for a moment ago need not be there yet, unless BIRD was configured since."""
    now = case.reports.now
    if now is not None:
        case.take(
            lambda key, pair: (
                pair.verdict in {"missing", "one-sided"}
                and (changed := _wanted_since(case, key)) is not None
                and now - changed < _TAKEN_AFTER
                and any(
                    _may_not_know(case, side, pair.family, changed) for side in (pair.a, pair.b)
                )
            )
        )


def _may_not_know(case: Case, side: Side, family: Family, changed: datetime) -> bool:
    if side.verdict != "absent":
        return False
    taken = _configured(case, side, family)
    return taken is None or taken < changed


def _readdressed(case: Case) -> Iterator[Finding]:
    """Nodes that lack their sessions to another one, and dial an address that is no node's instead."""
    dialling: dict[tuple[Family, str], set[str]] = {}
    lacking: dict[tuple[Family, str], set[str]] = {}
    for key, pair in case.pairs.items():
        if not key.peer and pair.verdict == "unexpected":
            dialling.setdefault((key.family, key.address), set()).add(key.node)
        for side, other in ((pair.a, key.peer), (pair.b, key.node)):
            if side.verdict == "absent" and other:
                lacking.setdefault((key.family, other), set()).add(side.node)
    for (family, address), names in dialling.items():
        moved = [
            name for (each, name), others in lacking.items() if each == family and others == names
        ]
        if len(moved) != 1:
            continue
        (node,) = moved
        pairs = case.take_keys(
            [
                key
                for key in case.pairs
                if key.family == family
                and (
                    ({key.node, key.peer} - names == {node}) if key.peer else key.address == address
                )
            ]
        )
        own = case.inventory.nodes[node].address(family)
        yield Finding(
            kind="not-applied",
            severity="error",
            nodes=tuple(sorted(names)),
            pairs=pairs,
            objects=(f"Node/{node}",),
            evidence=(
                printable(
                    f"{named(sorted(names))} dial {address}, which is no node's, and not {own} of {node}:"
                    " it may have had that address before."
                ),
                *told(pairs),
            ),
            hint=f"Look at confd in the calico-node pods, and at the address that {printable(node)} was given.",
        )


def _not_applied(case: Case) -> Iterator[Finding]:
    """Nodes whose BIRD was last configured before the object whose session it lacks, or still has."""
    late: dict[str, dict[PairKey, str]] = {}
    for key, pair in case.pairs.items():
        for side in (pair.a, pair.b):
            wrong = side.verdict == "absent" or (
                pair.verdict == "unexpected" and side.verdict in {"up", "down"}
            )
            changed = _wanted_since(case, key) if wrong and side.node else None
            taken = _configured(case, side, pair.family)
            if changed is not None and taken is not None and taken < changed:
                late.setdefault(side.node, {})[key] = f"{taken:%Y-%m-%d %H:%M:%S}"
    for name, keys in late.items():
        pairs = case.take_keys(keys)
        if not pairs:
            continue
        wanted = sorted({source for pair in pairs for source in pair.wanted_by})
        yield Finding(
            kind="not-applied",
            severity="error",
            nodes=(name,),
            pairs=pairs,
            objects=(*status_object(case, name), *wanted),
            evidence=(
                printable(
                    f"BIRD of {name} last took its configuration at {next(iter(keys.values()))}, before"
                    f" {', '.join(wanted) or 'the configuration'} was last changed."
                ),
                *told(pairs),
            ),
            hint="Look at confd in the calico-node pod: it may have lost the API, or BIRD refused the file.",
        )


def _wanted_since(case: Case, key: PairKey) -> datetime | None:
    """When the youngest object that decides on a session was written."""
    found = case.inventory
    pair = case.pairs.get(key)
    times = [found.nodes[name].created for name in (key.node, key.peer) if name]
    for source in pair.wanted_by if pair is not None else ():
        kind, _, name = source.partition("/")
        times.append(
            found.default.changed if kind == "BGPConfiguration" else found.peerings[name].changed
        )
    if pair is not None and pair.verdict == "unexpected":
        times = [found.default.changed] if pair.type == "NodeMesh" else []
    return max((time for time in times if time is not None), default=None)


def _configured(case: Case, side: Side, family: Family) -> datetime | None:
    """When a node's BIRD last took its configuration, if its clock shows UTC."""
    status = case.reports.status(side.node) if side.node else None
    daemon = (status.daemons or {}).get(family) if status is not None else None
    if status is None or daemon is None or status.updated is None:
        return None
    time = local_time(daemon.reconfigured, status.updated)
    return time if time is not None and time < status.updated + GRACE else None
