"""The answers as text for a terminal or a ticket, in kubectl's manner. Every text is made printable first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from birdstatus.printable import printable
from reporter.fleet.signs import NOTHING, SIGNS, count, headline, worst

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from birdstatus.fleet import Check, ExpectedSession, Finding, Pair, RouteAnswer, Side
    from birdstatus.fleet.verdicts import PairVerdict

__all__ = [
    "check_text",
    "columns",
    "expected_text",
    "matrix_cells",
    "matrix_text",
    "route_text",
    "sessions_text",
]

# Of a finding's sessions so many are named; the wide form names all.
_MAX_NAMED = 5
# Above so many nodes the matrix shows only rows and columns in which something is wrong.
MAX_WHOLE_MATRIX = 40


def columns(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Lines of left-justified columns, three blanks apart; the first row is the heading."""
    texts = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    for row in texts:
        yield "   ".join(
            cell.ljust(width) for cell, width in zip(row, widths, strict=True)
        ).rstrip()


def check_text(check: Check, *, wide: bool = False, is_part: bool = False) -> Iterator[str]:
    """The answer in one line, then a paragraph for each finding, then what was not looked at."""
    severity, line = headline(check, is_part=is_part)
    yield f"{(severity or 'ok').upper()}: {line}"
    for finding in check.findings:
        yield ""
        yield from _finding(finding, wide=wide)
    if check.not_looked_at:
        yield ""
        yield "Not looked at:"
        yield from (
            f"  {printable(f'{notice.what}: {notice.why}')}" for notice in check.not_looked_at
        )


def _finding(finding: Finding, *, wide: bool) -> Iterator[str]:
    nodes = _named(finding.nodes, len(finding.nodes) if wide else _MAX_NAMED)
    objects = _named(finding.objects, len(finding.objects) if wide else _MAX_NAMED)
    yield f"{finding.severity.upper()} {finding.kind}{': ' if nodes else ''}{nodes}"
    yield from (f"  {printable(sentence)}" for sentence in finding.evidence)
    if objects:
        yield f"  about: {objects}"
    if finding.pairs and wide:
        yield from (f"    {line}" for line in sessions_text(finding.pairs))
    elif finding.pairs:
        yield f"  {count(len(finding.pairs), 'session')} (-o wide shows both sides)"
    if finding.hint:
        yield f"  next: {printable(finding.hint)}"


def _named(names: Sequence[str], most: int) -> str:
    more = len(names) - most
    return printable(", ".join(names[:most])) + (f" and {more:,} more" if more > 0 else "")


def end_of(side: Side) -> str:
    """A side's name for people."""
    return side.node or side.address


def sessions_text(pairs: Iterable[Pair]) -> Iterator[str]:
    """A row for each session, with both sides in it."""
    heads = ("NODE", "PEER", "FAMILY", "TYPE", "VERDICT", "NODE SAYS", "PEER SAYS", "WANTED BY")
    rows = (
        (
            end_of(pair.a), end_of(pair.b), f"IPv{pair.family}", pair.type or "-", pair.verdict,
            pair.a.words, pair.b.words, ", ".join(pair.wanted_by) or "-",
        )
        for pair in pairs
    )  # fmt: skip
    return columns([heads, *rows])


def expected_text(sessions: Iterable[ExpectedSession]) -> Iterator[str]:
    """A row for each session that should be."""
    heads = (
        "NODE",
        "NAME",
        "PEER IP",
        "PORT",
        "LOCAL AS",
        "PEER AS",
        "LOCAL IP",
        "PASSIVE",
        "CLIENT",
        "WANTED BY",
    )
    rows = (
        (
            session.node, session.name, session.peerIP, str(session.port or 179), str(session.localAS),
            str(session.peerAS), session.localIP or "-", "yes" if session.passive else "no",
            "yes" if session.routeReflectorClient else "no", session.wantedBy,
        )
        for session in sessions
    )  # fmt: skip
    return columns([heads, *rows])


def route_text(answer: RouteAnswer) -> Iterator[str]:
    """Who owns a destination, and a row for each node."""
    shown = answer.prefix.removesuffix("/32").removesuffix("/128")
    if answer.owner:
        block = f"{answer.block} of " if answer.block else ""
        yield printable(f"{shown} is in {block}{answer.owner} ({answer.source})")
    else:
        yield printable(f"nothing says which node {shown} belongs to")
    names = _named(answer.cannot, len(answer.cannot))
    yield f"cannot get there: {names}" if names else "no node is known to be cut off"
    yield ""
    heads = ("NODE", "VERDICT", "ROUTE", "GATEWAY", "INTERFACE", "LEARNED FROM", "WHY")
    cells = (
        (
            row.node,
            row.verdict,
            row.destination,
            row.gateway,
            row.interface,
            row.learned_from,
            row.why,
        )
        for row in answer.nodes
    )
    yield from columns([heads, *([cell or "-" for cell in row] for row in cells)])


def matrix_cells(pairs: Iterable[Pair]) -> dict[tuple[str, str], PairVerdict]:
    """The worst verdict of each two nodes, under both orders of them."""
    cells: dict[tuple[str, str], PairVerdict] = {}
    for pair in pairs:
        if pair.a.node and pair.b.node:
            for ends in ((pair.a.node, pair.b.node), (pair.b.node, pair.a.node)):
                cells[ends] = worst(cells.get(ends, "up"), pair.verdict)
    return cells


def matrix_text(pairs: Iterable[Pair], nodes: Sequence[str]) -> Iterator[str]:
    """Nodes by nodes, one sign a cell; of many nodes only rows and columns with something wrong."""
    cells = matrix_cells(pairs)
    rows: Sequence[str] = nodes
    across: Sequence[str] = nodes
    if len(nodes) > MAX_WHOLE_MATRIX:
        # A node that is down fills its row; the nodes that see it are each wrong in its column alone.
        wrong = [ends for ends, verdict in cells.items() if verdict != "up"]
        guilty = _cover(wrong)
        rows = [node for node in nodes if node in guilty]
        seen = {other for node, other in wrong if node in guilty}
        across = [node for node in nodes if node in seen]
        left = len(nodes) - len(set(rows) | set(across))
        yield f"{count(left, 'node')} with nothing wrong left out"
        if not rows:
            return
    yield from (f"{sign.character}  {sign.meaning}" for sign in SIGNS.values())
    yield ""
    names = [printable(node) for node in rows]
    heads = [printable(node) for node in across]
    indent = max(map(len, names), default=0)
    # Names of columns stand upright, one letter a line.
    for line in range(max(map(len, heads), default=0)):
        letters = (head[line : line + 1].ljust(1) for head in heads)
        yield f"{'':{indent}}  {' '.join(letters)}".rstrip()
    for name, node in zip(names, rows, strict=True):
        signs = (
            "\\" if node == other else _character(cells.get((node, other))) for other in across
        )
        yield f"{name:{indent}}  {' '.join(signs)}".rstrip()


def _character(verdict: PairVerdict | None) -> str:
    return SIGNS[verdict].character if verdict else NOTHING


def _cover(wrong: Sequence[tuple[str, str]]) -> set[str]:
    """Few nodes of which one is an end of every session that is not up: those with most of them first."""
    ends: dict[str, set[str]] = {}
    for node, other in wrong:
        ends.setdefault(node, set()).add(other)
    chosen: set[str] = set()
    for node in sorted(ends, key=lambda name: -len(ends[name])):
        if ends[node] - chosen:
            chosen.add(node)
    return chosen
