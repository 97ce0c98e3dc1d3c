"""A part of an answer: the nodes that ``-l`` chooses, the sessions that the flags of ``sessions`` choose."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from birdstatus.fleet import Check, Finding, Pair
    from reporter.fleet.look import Look

__all__ = ["chosen_nodes", "chosen_sessions", "of_nodes"]


def chosen_nodes(look: Look, matches: Callable[[Mapping[str, str]], bool]) -> list[str]:
    """The names of the nodes whose labels match; a node of which only a status is known has none."""
    found = look.inventory.nodes
    return [name for name in look.nodes if matches(found[name].labels if name in found else {})]


def of_nodes(check: Check, nodes: Collection[str]) -> Check:
    """The findings that name one of these nodes, as guilty or as an end of a session, and those of no node.

    The numbers of the summary stay those of the whole cluster, but for the findings.
    """

    def concerns(finding: Finding) -> bool:
        named = {*finding.nodes, *(node for pair in finding.pairs for node in pair.nodes)}
        return not named or not named.isdisjoint(nodes)

    kept = tuple(filter(concerns, check.findings))
    severities = [finding.severity for finding in kept]
    summary = check.summary._replace(
        errors=severities.count("error"),
        warnings=severities.count("warning"),
        unknown=severities.count("unknown"),
    )
    return replace(check, summary=summary, findings=kept)


def chosen_sessions(  # noqa: PLR0913 - one for each flag
    pairs: Iterable[Pair],
    *,
    nodes: Collection[str] | None = None,
    node: str | None = None,
    down: bool = False,
    type: str | None = None,  # noqa: A002 - the flag's name
    peer: str | None = None,
) -> Iterator[Pair]:
    """The sessions that all of these let through; with ``node`` its side stands first."""
    peer = None if peer is None else _canonical(peer)
    for pair in pairs:
        sides = (pair.a, pair.b)
        if nodes is not None and not any(side.node in nodes for side in sides):
            continue
        if (down and pair.verdict == "up") or (type is not None and pair.type != type):
            continue
        if node is not None:
            if node not in {side.node for side in sides}:
                continue
            if pair.b.node == node and pair.a.node != node:
                pair = pair._replace(a=pair.b, b=pair.a)  # noqa: PLW2901 - the same pair, turned
        if peer is not None:
            ends = (pair.b,) if node is not None else (pair.a, pair.b)
            if not any(peer in {side.node, side.address} for side in ends):
                continue
        yield pair


def _canonical(text: str) -> str:
    """An address in its shortest text, as all addresses here are; any other text is a node's name."""
    try:
        return str(ip_address(text))
    except ValueError:
        return text
