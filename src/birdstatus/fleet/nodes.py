"""Faults of single nodes: down, without BIRD, silent, or not up to date with the configuration."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from birdstatus.fleet.case import local_time, named, told
from birdstatus.fleet.reports import GRACE
from birdstatus.fleet.resources import FAMILIES
from birdstatus.fleet.verdicts import Finding
from birdstatus.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from birdstatus.fleet.case import Case
    from birdstatus.fleet.pairs import PairKey
    from birdstatus.fleet.resources import Family, Node
    from birdstatus.fleet.verdicts import Pair, Side

__all__ = ["check_nodes"]

# A change reaches BIRD some seconds after the API server has it.
_TAKEN_AFTER = timedelta(seconds=60)


def check_nodes(case: Case) -> Iterator[Finding]:
    """Findings of nodes; the sessions that a node's fault explains are not looked at again."""
    _pass_over_the_young(case)
    yield from _not_ready(case)
    yield from _down(case)
    yield from _not_applied(case)


def _pass_over_the_young(case: Case) -> None:
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


def _not_ready(case: Case) -> Iterator[Finding]:
    for node in case.expectation.nodes:
        families = [
            family
            for family in FAMILIES
            if case.reports.is_not_ready(node.name, family) and case.uses(node.name, family)
        ]
        if not families:
            continue
        pairs = case.take_keys(
            [
                key
                for key in case.pairs
                if key.family in families and node.name in {key.node, key.peer}
            ]
        )
        lost = sum(_is_lost(pair) for pair in pairs)
        lags = 2 * lost < _reporting_peers(case, node, families)
        words = " and ".join(f"IPv{family}" for family in families)
        yield Finding(
            kind="daemon-not-ready",
            severity="warning" if lags else "error",
            nodes=(node.name,),
            pairs=pairs,
            objects=_status_object(case, node.name),
            evidence=(
                printable(f"{node.name} reports that its BIRD for {words} is NotReady.")
                + (
                    " Most of its peers still have their sessions: it may be restarting."
                    if lags
                    else ""
                ),
                *told(pairs),
            ),
            hint="Look at the calico-node pod of the node, and at the log of bird in it.",
        )


def _down(case: Case) -> Iterator[Finding]:
    """Silent nodes: those that all peers have lost are down, the others are only silent."""
    silent: dict[str, list[str]] = {"none": [], "stale": []}
    for node in case.expectation.nodes:
        word = case.reports.words[node.name]
        is_empty = (
            word == "fresh"
            and not case.reports.has_sessions(node.name)
            and not _says_not_ready(case, node)
        )
        if word == "fresh" and not is_empty:
            continue
        lost = [
            pair
            for key, pair in case.pairs.items()
            if node.name in {key.node, key.peer} and _is_lost(pair)
        ]
        if lost and len(lost) == _reporting_peers(case, node, FAMILIES):
            pairs = case.take_of([node.name])
            state = (
                ""
                if node.is_ready is None
                else f" Kubernetes says it is {'' if node.is_ready else 'not '}Ready."
            )
            yield Finding(
                kind="node-down",
                severity="warning" if node.is_deleted else "error",
                nodes=(node.name,),
                pairs=pairs,
                objects=(f"Node/{node.name}",),
                evidence=(
                    printable(
                        f"{node.name} {'is being deleted' if node.is_deleted else 'does not report'},"
                        f" and no node that reports has a session with it.{state}"
                    ),
                    *told(pairs),
                ),
                hint="Look at the node itself: kubectl describe node; then its calico-node pod.",
            )
        elif not node.is_deleted and (word != "fresh" or _should_say(case, node)):
            silent["stale" if word == "stale" else "none"].append(node.name)
    if silent["none"]:
        yield _no_report(case, silent["none"])
    if silent["stale"]:
        yield _stale(case, silent["stale"])


def _says_not_ready(case: Case, node: Node) -> bool:
    return any(
        case.reports.is_not_ready(node.name, family) and case.uses(node.name, family)
        for family in FAMILIES
    )


def _should_say(case: Case, node: Node) -> bool:
    return any(case.uses(node.name, family) for family in FAMILIES)


def _is_lost(pair: Pair) -> bool:
    return {"down", "waiting", "absent"} & {pair.a.verdict, pair.b.verdict} != set()


def _reporting_peers(case: Case, node: Node, families: Iterable[Family]) -> int:
    """Sessions of a node whose other end is a node that says what it has."""
    return sum(
        case.reports.has_sessions(case.expectation.names.get(address, ""))
        for family in families
        for address in {
            *case.observed.mesh_of(node, family),
            *case.observed.explicit_of(node, family),
        }
    )


def _no_report(case: Case, names: list[str]) -> Finding:
    unfilled = [name for name in names if name in case.inventory.objects_without_status]
    others = [name for name in names if name not in unfilled]
    evidence = []
    if others:
        evidence.append(
            f"Nothing says which sessions {named(others)} have: no CalicoNodeStatus with class BGP."
        )
    if unfilled:
        evidence.append(f"The CalicoNodeStatus of {named(unfilled)} was never filled.")
    return Finding(
        kind="no-report",
        severity="unknown",
        nodes=tuple(names),
        objects=tuple(
            f"CalicoNodeStatus/{case.inventory.objects_without_status[name]}" for name in unfilled
        ),
        evidence=tuple(evidence),
        hint="Create a CalicoNodeStatus for each node, and see that its reporter runs.",
    )


def _stale(case: Case, names: list[str]) -> Finding:
    oldest = min(
        status.updated
        for name in names
        if (status := case.inventory.statuses[name]).updated is not None
    )
    return Finding(
        kind="stale-report",
        severity="unknown",
        nodes=tuple(names),
        objects=tuple(f"CalicoNodeStatus/{case.inventory.statuses[name].name}" for name in names),
        evidence=(
            f"The last report of {named(names)} is too old to count, the oldest of {oldest:%F %T} UTC.",
        ),
        hint="Look at the reporter on the node: its pod, its log, its right to write the status.",
    )


def _status_object(case: Case, node: str) -> tuple[str, ...]:
    status = case.inventory.statuses.get(node)
    return () if status is None else (f"CalicoNodeStatus/{status.name}",)


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
            objects=(*_status_object(case, name), *wanted),
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
