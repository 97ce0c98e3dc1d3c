"""Faults of the configuration itself: what the resources ask for cannot work, whatever the nodes do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from birdstatus.fleet.case import named, told
from birdstatus.fleet.resources import FAMILIES
from birdstatus.fleet.verdicts import Finding
from birdstatus.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from birdstatus.fleet.case import Case
    from birdstatus.fleet.expected import ExpectedSession
    from birdstatus.fleet.pairs import PairKey
    from birdstatus.fleet.resources import Node
    from birdstatus.fleet.verdicts import Pair

__all__ = ["check_configuration"]

_DEFAULT = "BGPConfiguration/default"


def check_configuration(case: Case) -> Iterator[Finding]:
    """Findings of resources, the most far-reaching first."""
    if "Node" not in case.inventory.given:
        return
    yield from _no_sessions(case)
    yield from _peerings(case)
    yield from _annotations(case)
    yield from _same_address(case)
    yield from _mesh_numbers(case)
    yield from _explicit_numbers(case)
    yield from _duplicates(case)
    yield from _one_sided(case)


def _no_sessions(case: Case) -> Iterator[Finding]:
    """Nodes that nothing gives a session, though they have an address."""
    if not (case.observed.judges_mesh and case.observed.judges_peerings):
        return
    able = [node for node in case.expectation.nodes if node.v4.address or node.v6.address]
    idle = [node for node in able if not _has_sessions(case, node)]
    if len(able) < 2 or not idle:
        return
    names = [node.name for node in idle]
    if len(idle) == len(able):
        if case.expectation.problems or case.expectation.has_workloads:
            return  # a BGPPeer is meant to give them sessions: what is wrong with it is said of it
        yield Finding(
            kind="config",
            severity="error",
            objects=(_DEFAULT,),
            pairs=case.take(lambda _, pair: pair.verdict == "unexpected"),
            evidence=(
                "The mesh is off and no BGPPeer gives a node a session: no node has a route to another's pods.",
            ),
            hint="Turn nodeToNodeMeshEnabled on, or add BGPPeers.",
        )
        return
    reflectors = [node.name for node in idle if node.cluster_id]
    evidence = f"No session is configured for {named(names)}, though the node has an address."
    if reflectors:
        evidence += (
            f" A cluster ID keeps {named(reflectors)} out of the mesh, and no BGPPeer selects it."
        )
    yield Finding(
        kind="config",
        severity="error",
        nodes=tuple(names),
        objects=(_DEFAULT,),
        pairs=case.take_of(names),
        evidence=(evidence,),
        hint="Add a BGPPeer whose nodeSelector or peerSelector matches the node, or take its cluster ID away.",
    )


def _has_sessions(case: Case, node: Node) -> bool:
    return any(
        case.observed.has_mesh(node, family) or case.observed.explicit_of(node, family)
        for family in FAMILIES
    )


def _peerings(case: Case) -> Iterator[Finding]:
    """BGPPeers that ask for nothing, or for what another asks otherwise."""
    if not case.observed.judges_peerings:
        return
    problems = case.expectation.problems
    for name in dict.fromkeys(problem.peering for problem in problems):
        own = [problem for problem in problems if problem.peering == name]
        is_error = any(problem.is_error for problem in own)
        yield Finding(
            kind="config",
            severity="error" if is_error else "warning",
            objects=(f"BGPPeer/{name}",),
            # What it asked for before it was changed may still be there.
            pairs=case.take(
                lambda _, pair: (
                    pair.verdict == "unexpected" and pair.type in {"NodePeer", "GlobalPeer"}
                )
            )
            if is_error
            else (),
            evidence=tuple(printable(f"BGPPeer/{name}: {problem.text}.") for problem in own),
            hint="Compare its selectors with the labels of the nodes, and its addresses with what was meant.",
        )


def _annotations(case: Case) -> Iterator[Finding]:
    for node in case.expectation.nodes:
        if node.invalid:
            yield Finding(
                kind="config",
                severity="warning",
                nodes=(node.name,),
                objects=(f"Node/{node.name}",),
                evidence=(
                    printable(
                        f"Calico cannot read {', '.join(node.invalid)} of {node.name} and takes it for absent."
                    ),
                ),
                hint="Correct the annotation.",
            )


def _same_address(case: Case) -> Iterator[Finding]:
    """Nodes with one address, or with one router ID: no two of them can talk, and others mix them up."""
    owners: dict[tuple[str, str], set[str]] = {}
    for node in case.expectation.nodes:
        for family in FAMILIES:
            if node.address(family):
                owners.setdefault(("address", node.address(family)), set()).add(node.name)
        status = case.reports.status(node.name)
        for daemon in (status.daemons or {}).values() if status is not None else ():
            if daemon.router_id.strip("0."):
                owners.setdefault(("router ID", daemon.router_id), set()).add(node.name)
    seen: set[frozenset[str]] = set()
    for (what, value), names in owners.items():
        if len(names) > 1 and frozenset(names) not in seen:
            seen.add(frozenset(names))
            # An address of two nodes spoils the sessions of both with all others; a router ID only their own.
            pairs = (
                case.take_of(names)
                if what == "address"
                else case.take_keys([key for key in case.pairs if {key.node, key.peer} <= names])
            )
            yield Finding(
                kind="duplicate-id",
                severity="error",
                nodes=tuple(sorted(names)),
                pairs=pairs,
                objects=tuple(f"Node/{name}" for name in sorted(names)),
                evidence=(f"{named(names)} have the same {what} {value}.", *told(pairs)),
                hint="Give each node its own; a router ID is the IPv4 address unless CALICO_ROUTER_ID is set.",
            )


def _mesh_numbers(case: Case) -> Iterator[Finding]:
    """From Calico 3.32 on a node takes a mesh peer without an AS of its own to have the node's own."""
    default = case.inventory.default.as_number
    nodes = case.inventory.nodes

    def differs(key: PairKey, pair: Pair) -> bool:
        if (
            pair.type != "NodeMesh"
            or not key.peer
            or not pair.wanted_by
            or pair.verdict == "unexpected"
        ):
            return False
        numbers = [nodes[key.node].as_number, nodes[key.peer].as_number]
        version = case.inventory.calico
        return (
            numbers.count(None) == 1
            and set(numbers) != {None, default}
            and (version is None or version >= (3, 32))
        )

    pairs = case.take(differs)
    if not pairs:
        return
    names = {name for pair in pairs for name in pair.nodes}
    own = {name for name in names if nodes[name].as_number is not None}
    yield Finding(
        kind="as-mismatch",
        severity="error",
        nodes=tuple(sorted(own if len(own) <= len(names - own) else names - own)),
        pairs=pairs,
        objects=(_DEFAULT, *(f"Node/{name}" for name in sorted(own))),
        evidence=(
            (
                f"{named(own)} have an AS of their own, {named(names - own)} the cluster's {default}:"
                " since Calico 3.32 the former expect the latter to have theirs."
            ),
            *told(pairs),
        ),
        hint="Annotate every node of the mesh with its AS, or none.",
    )


def _explicit_numbers(case: Case) -> Iterator[Finding]:
    """BGPPeers between nodes whose AS numbers, or ports, are not what the other end has."""
    wrong: dict[str, dict[PairKey, list[ExpectedSession]]] = {}
    for node in case.expectation.nodes:
        for family in FAMILIES:
            for sessions in case.observed.explicit_of(node, family).values():
                for session in sessions:
                    key = case.observed.key(node, family, session.peerIP)
                    if key in case.pairs and key.peer and _differs(case, session):
                        wrong.setdefault(session.wantedBy, {}).setdefault(key, []).append(session)
    for source, claimed in wrong.items():
        pairs = case.take_keys(claimed)
        if not pairs:
            continue
        first = next(iter(claimed.values()))[0]
        other = case.inventory.nodes[first.peer]
        yield Finding(
            kind="as-mismatch",
            severity="error",
            nodes=tuple(sorted({session.node for both in claimed.values() for session in both})),
            pairs=pairs,
            objects=(source,),
            evidence=(
                printable(
                    f"{source} has {first.node} expect AS {first.peerAS} of {first.peer}, which has"
                    f" {case.inventory.as_number(other)}."
                ),
                *told(pairs),
            ),
            hint="Correct asNumber of the BGPPeer, or the AS of the node.",
        )


def _differs(case: Case, session: ExpectedSession) -> bool:
    """No session at the other end agrees with this one on both AS numbers."""
    peer = case.inventory.nodes[session.peer]
    node = case.inventory.nodes[session.node]
    mirrors = case.observed.expected(peer, session.family, node.address(session.family))
    if not mirrors:
        return session.peerAS != case.inventory.as_number(peer)
    return not any(
        mirror.localAS == session.peerAS and mirror.peerAS == session.localAS for mirror in mirrors
    )


def _duplicates(case: Case) -> Iterator[Finding]:
    """Nodes that the mesh and a BGPPeer both join: one of the two sessions stays down, or they alternate."""
    doubled: dict[str, list[PairKey]] = {}
    for node in case.expectation.nodes:
        for family in FAMILIES:
            mesh = case.observed.mesh_of(node, family)
            for address, sessions in (
                case.observed.explicit_of(node, family).items() if mesh else ()
            ):
                if address in mesh:
                    key = case.observed.key(node, family, address)
                    doubled.setdefault(sessions[0].wantedBy, []).append(key)
    for source, keys in doubled.items():
        unique = dict.fromkeys(keys)
        case.take_keys(unique)
        pairs = tuple(case.observed.pair(key) for key in list(unique)[:_MOST_PAIRS])
        yield Finding(
            kind="duplicate",
            severity="warning",
            pairs=tuple(pair._replace(verdict="duplicate") for pair in pairs),
            objects=(source, _DEFAULT),
            evidence=(
                printable(
                    f"{source} and the mesh both join {len(unique)} pairs of nodes: two sessions each."
                ),
                *told(pairs),
            ),
            hint="Right only while migrating: then turn nodeToNodeMeshEnabled off.",
        )


# A BGPPeer may double a whole mesh: no more pairs than these are shown.
_MOST_PAIRS = 100


def _one_sided(case: Case) -> Iterator[Finding]:
    """Sessions that only one of two nodes is to have: the other refuses them."""
    half: dict[str, list[PairKey]] = {}
    for key, pair in case.pairs.items():
        if not key.peer or pair.verdict == "unexpected":
            continue
        node, peer = case.inventory.nodes[key.node], case.inventory.nodes[key.peer]
        here = case.observed.expected(node, key.family, peer.address(key.family))
        there = case.observed.expected(peer, key.family, node.address(key.family))
        if bool(here) != bool(there):
            half.setdefault((here or there)[0].wantedBy, []).append(key)
    for source, keys in half.items():
        pairs = case.take_keys(keys)
        lacking = {
            side.node for pair in pairs for side in (pair.a, pair.b) if side.verdict == "absent"
        }
        yield Finding(
            kind="one-sided",
            severity="error",
            nodes=tuple(sorted(lacking)),
            pairs=pairs,
            objects=(source,),
            evidence=(
                printable(f"{source} gives these sessions to one of their two nodes only."),
                *told(pairs),
            ),
            hint="Take reversePeering: Manual away, or add the mirror image of the BGPPeer.",
        )
