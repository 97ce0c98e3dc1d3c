"""The shape of what ``check -o json`` and ``route -o json`` print, and its JSON Schema."""

from __future__ import annotations

from typing import Any

# pydantic reads these only in this form before Python 3.12.
from typing_extensions import TypedDict

from birdstatus.fleet.resources import Family
from birdstatus.fleet.words import Kind, PairVerdict, RouteVerdict, Severity, SideVerdict

__all__ = [
    "VERSION",
    "CheckDocument",
    "FindingDocument",
    "NodeRouteDocument",
    "NotLookedAtDocument",
    "PairDocument",
    "RouteDocument",
    "SideDocument",
    "SummaryDocument",
    "json_schema",
]

# A new number if a field goes or changes its meaning; fields may be added.
VERSION = 1


class SideDocument(TypedDict):
    """One end of a session; see :class:`~birdstatus.fleet.verdicts.Side`."""

    node: str
    address: str
    verdict: SideVerdict
    state: str
    since: str
    type: str
    words: str


class PairDocument(TypedDict):
    """A session with both of its ends."""

    family: Family
    verdict: PairVerdict
    type: str
    wantedBy: list[str]
    connects: str
    sides: list[SideDocument]


class FindingDocument(TypedDict):
    """One cause of trouble."""

    kind: Kind
    severity: Severity
    nodes: list[str]
    pairs: list[PairDocument]
    objects: list[str]
    evidence: list[str]
    hint: str


class SummaryDocument(TypedDict):
    """Numbers of the whole cluster; sessions are counted at each end that is a node."""

    ok: bool
    nodesTotal: int
    nodesReporting: int
    sessionsExpected: int | None
    sessionsUp: int
    sessionsDown: int
    sessionsUnknown: int
    blocksExpected: int
    errors: int
    warnings: int
    unknown: int


class NotLookedAtDocument(TypedDict):
    """What the answer does not rest on."""

    what: str
    why: str


class CheckDocument(TypedDict):
    """What is wrong with a cluster's BGP."""

    version: int
    summary: SummaryDocument
    findings: list[FindingDocument]
    notLookedAt: list[NotLookedAtDocument]


class NodeRouteDocument(TypedDict):
    """How one node gets to an address."""

    node: str
    verdict: RouteVerdict
    destination: str
    gateway: str
    interface: str
    learnedFrom: str
    why: str


class RouteDocument(TypedDict):
    """Who owns an address or a prefix, and how each node gets there."""

    version: int
    prefix: str
    owner: str
    block: str
    source: str
    cannot: list[str]
    nodes: list[NodeRouteDocument]
    notLookedAt: list[NotLookedAtDocument]


def json_schema(document: type[CheckDocument | RouteDocument] = CheckDocument) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a document."""
    from pydantic import TypeAdapter  # noqa: PLC0415 - a check does not need it

    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **TypeAdapter(document).json_schema(mode="serialization"),
    }
