"""What is said of a cluster: sides and pairs, findings, and the whole of a check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from birdstatus.fleet.schema import VERSION
from birdstatus.fleet.words import Kind, PairVerdict, Severity, SideVerdict

if TYPE_CHECKING:
    from birdstatus.fleet.inventory import NotLookedAt
    from birdstatus.fleet.resources import Family

__all__ = [
    "Check",
    "Finding",
    "Kind",
    "Pair",
    "PairVerdict",
    "Severity",
    "Side",
    "SideVerdict",
    "Summary",
]


class Side(NamedTuple):
    """One end of a session, and what it says of it.

    Attributes:
        node: name of the node; empty for an external peer.
        address: that the other end dials; empty if it is not known.
        verdict: ``up``: established. ``down``: configured, not established. ``waiting``: down, but it is
            the passive end. ``absent``: the node reports, and has no such session. ``not-ready``: its BIRD
            does not answer. ``unknown``: no report, or an old one. ``external``: nobody reports for it.
        state: the state as the node published it; empty if none.
        since: BIRD's own local time of its last change.
        type: ``NodeMesh``, ``NodePeer``, ``GlobalPeer`` or empty.
    """

    node: str
    address: str
    verdict: SideVerdict
    state: str = ""
    since: str = ""
    type: str = ""

    @property
    def words(self) -> str:
        """What the side says, for people: ``Established since 09:23:22``."""
        if self.state:
            waits = ", waits to be called" if self.verdict == "waiting" else ""
            return f"{self.state}{f' since {self.since}' if self.since else ''}{waits}"
        return _WORDS[self.verdict]

    def document(self) -> dict[str, Any]:
        """The side as JSON values."""
        return {
            "node": self.node,
            "address": self.address,
            "verdict": self.verdict,
            "state": self.state,
            "since": self.since,
            "type": self.type,
            "words": self.words,
        }


_WORDS: dict[SideVerdict, str] = {
    "up": "Established",
    "down": "no state",
    "waiting": "no state, waits to be called",
    "absent": "has no such session",
    "not-ready": "its BIRD does not answer",
    "unknown": "no report",
    "external": "not a node of this cluster",
}


class Pair(NamedTuple):
    """A session with both of its ends in one row; of an external one, ``b`` is the peer.

    Attributes:
        family: 4 or 6.
        verdict: ``up``, ``down``, ``missing``, ``asymmetric``, ``one-sided``, ``duplicate``, ``unexpected`` or
            ``unknown``: what both ends say together.
        a, b: the ends.
        type: ``NodeMesh``, ``NodePeer``, ``GlobalPeer`` or empty if nobody says.
        wanted_by: the resources that want it, ``BGPPeer/NAME``; empty if none is known.
        connects: the node that opens the connection; empty if both do or it is not known.
    """

    family: Family
    verdict: PairVerdict
    a: Side
    b: Side
    type: str = ""
    wanted_by: tuple[str, ...] = ()
    connects: str = ""

    @property
    def nodes(self) -> tuple[str, ...]:
        """The ends that are nodes, by name."""
        return tuple(side.node for side in (self.a, self.b) if side.node)

    def document(self) -> dict[str, Any]:
        """The session as JSON values."""
        return {
            "family": self.family,
            "verdict": self.verdict,
            "type": self.type,
            "wantedBy": list(self.wanted_by),
            "connects": self.connects,
            "sides": [self.a.document(), self.b.document()],
        }


@dataclass(frozen=True, slots=True)
class Finding:
    """One cause of trouble.

    Attributes:
        kind: the cause, by its name in ``docs/fleet-findings.md``.
        severity: ``error``, ``warning``, or ``unknown``: something cannot be seen, which is no fault by itself.
        nodes: those at fault, not those that suffer; empty if the fault is in an object or outside.
        pairs: the sessions that fail for this cause.
        objects: the resources that it is about, ``KIND/NAME``.
        evidence: what was seen, the most telling first; each a sentence.
        hint: what to look at next.
    """

    kind: Kind
    severity: Severity
    nodes: tuple[str, ...] = ()
    pairs: tuple[Pair, ...] = ()
    objects: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    hint: str = ""

    def document(self) -> dict[str, Any]:
        """The finding as JSON values."""
        return {
            "kind": self.kind,
            "severity": self.severity,
            "nodes": list(self.nodes),
            "pairs": [pair.document() for pair in self.pairs],
            "objects": list(self.objects),
            "evidence": list(self.evidence),
            "hint": self.hint,
        }


class Summary(NamedTuple):
    """Numbers of the whole cluster. Sessions are counted at each end that is a node.

    Attributes:
        nodes_total: nodes of the cluster, or, if no Node was given, nodes that have a status.
        nodes_reporting: of them, those with a report that is not too old.
        sessions_expected: None if there is nothing to say what should be.
        sessions_up: that are established, as their own node says.
        sessions_down: that are not, or are missing.
        sessions_unknown: of nodes that do not report.
        blocks_expected: blocks that other nodes should have a route to.
        errors, warnings, unknown: findings of each severity.
    """

    nodes_total: int = 0
    nodes_reporting: int = 0
    sessions_expected: int | None = None
    sessions_up: int = 0
    sessions_down: int = 0
    sessions_unknown: int = 0
    blocks_expected: int = 0
    errors: int = 0
    warnings: int = 0
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Check:
    """What is wrong with a cluster's BGP: the answer of :func:`~birdstatus.fleet.findings`.

    ``findings`` are in the order of their causes: configuration, nodes, pairs, routes. ``summary`` has the
    numbers of the whole cluster, ``not_looked_at`` what could not be read or was not given.
    """

    summary: Summary
    findings: tuple[Finding, ...]
    not_looked_at: tuple[NotLookedAt, ...]

    @property
    def ok(self) -> bool:
        """Nothing is wrong, and nothing is unknown."""
        return not self.findings

    @property
    def exit_code(self) -> int:
        """0: right. 1: an error or a warning. 3: nothing wrong was found, but part is unknown."""
        if any(finding.severity != "unknown" for finding in self.findings):
            return 1
        return 3 if self.findings else 0

    def document(self) -> dict[str, Any]:
        """The check as JSON values."""
        summary = self.summary
        return {
            "version": VERSION,
            "summary": {
                "ok": self.ok,
                "nodesTotal": summary.nodes_total,
                "nodesReporting": summary.nodes_reporting,
                "sessionsExpected": summary.sessions_expected,
                "sessionsUp": summary.sessions_up,
                "sessionsDown": summary.sessions_down,
                "sessionsUnknown": summary.sessions_unknown,
                "blocksExpected": summary.blocks_expected,
                "errors": summary.errors,
                "warnings": summary.warnings,
                "unknown": summary.unknown,
            },
            "findings": [finding.document() for finding in self.findings],
            "notLookedAt": [notice.document() for notice in self.not_looked_at],
        }
