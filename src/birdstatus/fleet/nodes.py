"""Faults of single nodes: down, without BIRD, or silent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from birdstatus.fleet.case import named, status_object, told
from birdstatus.fleet.not_applied import check_applied, pass_over_the_young
from birdstatus.fleet.resources import FAMILIES
from birdstatus.fleet.verdicts import Finding
from birdstatus.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from birdstatus.fleet.case import Case
    from birdstatus.fleet.resources import Family, Node
    from birdstatus.fleet.verdicts import Pair

__all__ = ["check_nodes"]


def check_nodes(case: Case) -> Iterator[Finding]:
    """Findings of nodes; the sessions that a node's fault explains are not looked at again."""
    pass_over_the_young(case)
    yield from _not_ready(case)
    yield from _down(case)
    yield from check_applied(case)


def _not_ready(case: Case) -> Iterator[Finding]:
    """Nodes whose BIRD does not answer, each for itself; all together if most nodes of the cluster are such."""
    users = {
        family: [node.name for node in case.expectation.nodes if case.uses(node.name, family)]
        for family in FAMILIES
    }
    silent: dict[tuple[Family, ...], list[Node]] = {}
    for node in case.expectation.nodes:
        # Which families a node will have that has no address yet is not known: those that others have.
        families = tuple(
            family
            for family in FAMILIES
            if case.reports.is_not_ready(node.name, family)
            and (case.uses(node.name, family) or (users[family] and _never_started(case, node)))
        )
        if families:
            silent.setdefault(families, []).append(node)
    for families, nodes in silent.items():
        most = max(len(users[family]) for family in families)
        is_common = len(nodes) > _FEW and 2 * len(nodes) > most
        for group in [nodes] if is_common else [[node] for node in nodes]:
            yield _not_ready_together(case, group, families)


# Of so few nodes each is named for itself, whatever the size of the cluster.
_FEW = 2


def _never_started(case: Case, node: Node) -> bool:
    """A node without any address, which calico-node gives it when it starts, and without a BIRD."""
    status = case.reports.status(node.name)
    return (
        not node.v4.address
        and not node.v6.address
        and status is not None
        and not any(daemon.is_ready for daemon in (status.daemons or {}).values())
    )


def _not_ready_together(case: Case, nodes: list[Node], families: tuple[Family, ...]) -> Finding:
    names = {node.name for node in nodes}
    pairs = case.take_keys(
        [key for key in case.pairs if key.family in families and {key.node, key.peer} & names]
    )
    lost = sum(_is_lost(pair) for pair in pairs)
    lags = 2 * lost < sum(_answering_peers(case, node, families) for node in nodes)
    families_words = " and ".join(f"IPv{family}" for family in families)
    says = "reports that its" if len(nodes) == 1 else "report that their"
    evidence = f"{named(sorted(names))} {says} BIRD for {families_words} is NotReady."
    hint = "Look at the calico-node pod of the node, and at the log of bird in it."
    if lags:
        evidence += " Most of its peers still have their sessions: it may be restarting."
    elif all(_never_started(case, node) for node in nodes):
        evidence += " Calico has given it no address either: calico-node has not come up on it."
    elif len(nodes) > 1:
        hint = (
            "If BGP is not meant to run (CALICO_NETWORKING_BACKEND), turn nodeToNodeMeshEnabled off. "
            + hint
        )
    return Finding(
        kind="daemon-not-ready",
        severity="warning" if lags else "error",
        nodes=tuple(sorted(names)),
        pairs=pairs,
        objects=tuple(found for node in nodes for found in status_object(case, node.name)),
        evidence=(printable(evidence), *told(pairs)),
        hint=hint,
    )


def _answering_peers(case: Case, node: Node, families: Iterable[Family]) -> int:
    """As :func:`_reporting_peers`, without those whose own BIRD does not answer."""
    return sum(
        not case.reports.is_not_ready(peer, family) and case.reports.has_sessions(peer)
        for family in families
        for address in {
            *case.observed.mesh_of(node, family),
            *case.observed.explicit_of(node, family),
        }
        if (peer := case.expectation.names.get(address, ""))
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
