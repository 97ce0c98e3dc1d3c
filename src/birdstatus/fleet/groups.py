"""Sessions that fail, gathered by what they have in common: a node, an external peer, or each other."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from birdstatus.fleet.case import components, named, told
from birdstatus.fleet.verdicts import Finding, Kind, Pair, Severity
from birdstatus.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from birdstatus.fleet.case import Case
    from birdstatus.fleet.pairs import PairKey
    from birdstatus.fleet.resources import Family

__all__ = ["check_sessions"]

_HINTS: dict[str, str] = {
    "down": "Test TCP 179 (or the listenPort) both ways, and compare passwords and AS numbers;"
    " birdc show protocols all on the node that opens the connection says the last error.",
    "asymmetric": "The end that lost the session knows more: the other notices only when its hold timer ends.",
    "one-sided": "Compare the configuration of BIRD on the node that has no such session with the other's.",
    "missing": "Look at confd in the calico-node pod of the node: BIRD was never given the session.",
    "unexpected": "Nothing asks for this session: confd in the calico-node pod should have removed it.",
}


class Group(NamedTuple):
    """Sessions of one cause: the nodes at fault, and why they belong together."""

    nodes: tuple[str, ...]
    pairs: tuple[Pair, ...]
    reason: str


def check_sessions(case: Case) -> Iterator[Finding]:
    """A finding for each thing that failing sessions have in common; none of them is left."""
    for group in (*_isolated(case), *_of_peers(case), *_of_culprits(case), *_connected(case)):
        kinds = Counter(pair.verdict for pair in group.pairs)
        kind = max(kinds, key=lambda verdict: (kinds[verdict], _ORDER.index(verdict)))
        severity: Severity = (
            "warning" if kind == "unexpected" or case.is_passing(group.pairs) else "error"
        )
        yield Finding(
            kind=_KINDS[kind],
            severity=severity,
            nodes=group.nodes,
            pairs=group.pairs,
            objects=tuple(sorted({source for pair in group.pairs for source in pair.wanted_by})),
            evidence=(*((printable(group.reason),) if group.reason else ()), *told(group.pairs)),
            hint=_HINTS[kind],
        )


_KINDS: dict[str, Kind] = {
    "unexpected": "unexpected",
    "asymmetric": "asymmetric",
    "one-sided": "one-sided",
    "missing": "missing",
    "down": "down",
}
_ORDER = list(_KINDS)


def _isolated(case: Case) -> list[Group]:
    """Nodes of which no session of a family is right, of two at least; together if they miss each other."""
    failing: dict[tuple[str, Family], set[str]] = {}
    for key, pair in case.pairs.items():
        if pair.verdict != "unexpected":
            failing.setdefault((key.node, key.family), set()).add(key.peer or key.address)
            if key.peer:
                failing.setdefault((key.peer, key.family), set()).add(key.node)
    cut = {
        (name, family)
        for (name, family), others in failing.items()
        if len(others) > 1 and len(others) >= _size(case, name, family)
    }
    links = [
        (key.node, key.peer)
        for key in case.pairs
        if (key.node, key.family) in cut and (key.peer, key.family) in cut
    ]
    groups = []
    for names in components({name for name, _ in cut}, links):
        pairs = case.take_keys(
            [
                key
                for key, pair in case.pairs.items()
                if pair.verdict != "unexpected"
                and any(
                    (name, key.family) in cut and name in names for name in (key.node, key.peer)
                )
            ]
        )
        groups.append(
            Group(
                tuple(sorted(names)),
                pairs,
                f"No session of {named(names)} is established on both of its ends.",
            )
        )
    return groups


def _size(case: Case, name: str, family: Family) -> int:
    """How many peers a node has, those left out of which nothing is known."""
    node = case.inventory.nodes[name]
    addresses = {*case.observed.mesh_of(node, family), *case.observed.explicit_of(node, family)}
    unknown = sum(
        not case.reports.has_sessions(case.expectation.names[address])
        for address in addresses
        if address in case.expectation.names
    )
    if case.reports.has_sessions(name):
        return case.observed.sizes.get((name, family), 0)
    return len(addresses) - unknown


def _of_peers(case: Case) -> list[Group]:
    """External peers that no node has a session with, of two nodes at least; removed nodes are among them.

    Addresses that fail for the same nodes are one cause: mostly both families of one router or node.
    """
    by_peer: dict[tuple[str, bool], list[PairKey]] = {}
    for key, pair in case.pairs.items():
        if not key.peer:
            by_peer.setdefault((key.address, pair.verdict == "unexpected"), []).append(key)
    together: dict[tuple[frozenset[str], bool], dict[str, list[PairKey]]] = {}
    for (address, is_unexpected), keys in by_peer.items():
        everywhere = len(keys) >= _with_peer(case, address, keys[0].family)
        if len(keys) > 1 and (is_unexpected or everywhere):
            names = frozenset(key.node for key in keys)
            together.setdefault((names, is_unexpected), {})[address] = keys
    groups = []
    for (names, is_unexpected), peers in together.items():
        pairs = case.take_keys([key for keys in peers.values() for key in keys])
        words = named(peers)
        if is_unexpected:
            reason = f"Nothing asks for the sessions of {named(names)} to {words}: no node or BGPPeer has it."
            groups.append(Group(tuple(sorted(names)), pairs, reason))
        else:
            groups.append(Group((), pairs, f"None of {named(names)} has a session with {words}."))
    return groups


def _with_peer(case: Case, address: str, family: Family) -> int:
    """How many reporting nodes should have a session with an external peer, or list one."""
    return sum(
        case.reports.has_sessions(node.name) and case.observed.knows(node, family, address)
        for node in case.expectation.nodes
    )


def culprits(pair: Pair) -> tuple[str, ...]:
    """The nodes that a session fails for, as far as the two words tell; a passive end that waits is not one."""
    sides = [side for side in (pair.a, pair.b) if side.node]
    if pair.verdict in {"one-sided", "missing"}:
        guilty = [side.node for side in sides if side.verdict == "absent"]
    elif pair.verdict == "asymmetric":
        guilty = [side.node for side in sides if side.verdict != "up"]
    elif pair.verdict == "unexpected":
        guilty = [side.node for side in sides if side.verdict in {"up", "down"}]
    else:
        idle = [side.node for side in sides if side.state == "Idle"]
        guilty = idle if len(idle) == 1 else []
    return tuple(guilty)


def _of_culprits(case: Case) -> list[Group]:
    """Sessions that fail for one node, by their words."""
    by_culprit: dict[tuple[str, ...], list[PairKey]] = {}
    for key, pair in case.pairs.items():
        guilty = culprits(pair)
        if guilty:
            by_culprit.setdefault((pair.verdict, *guilty), []).append(key)
    return [
        Group(tuple(sorted(guilty)), case.take_keys(keys), "")
        for (_, *guilty), keys in by_culprit.items()
    ]


def _connected(case: Case) -> list[Group]:
    """What is left, by the nodes that it joins: a cut between two parts of the cluster is one cause."""
    links = [(key.node, key.peer or key.node) for key in case.pairs]
    groups = []
    for names in components({name for link in links for name in link}, links):
        pairs = case.take_of(names)
        guilty = {
            name for pair in pairs for name in ((pair.connects,) if _waits(pair) else pair.nodes)
        }
        groups.append(Group(tuple(sorted(guilty)), pairs, ""))
    return groups


def _waits(pair: Pair) -> bool:
    return "waiting" in {pair.a.verdict, pair.b.verdict} and pair.connects != ""
