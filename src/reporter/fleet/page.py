"""The page: one HTML file that says what is wrong with the cluster's BGP, and loads nothing.

Every text in it that is not ours goes through :func:`_text`; the words under the heat map go through JSON and
reach the document as text nodes. Styles and the script are inline and allowed by their hashes alone, so that
markup which got in all the same would do nothing.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections import Counter
from importlib.resources import files
from typing import TYPE_CHECKING

from birdstatus.errors import printable
from reporter.fleet.signs import SIGNS, count, headline, worst

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from birdstatus.fleet import Check, Finding, Pair, Side
    from birdstatus.fleet.verdicts import PairVerdict, Severity

__all__ = ["POLICY", "page"]

# Above this a cell would be smaller than a few pixels; the sessions that are not up are listed all the same.
MAX_HEAT_MAP = 200
# Rows of one table; a browser is slow with more, and nobody reads them.
MAX_ROWS = 2000
MAX_PAIRS_OF_FINDING = 200
MAX_FINDINGS = 500

_STYLE = files(__package__).joinpath("page.css").read_text()
_SCRIPT = files(__package__).joinpath("page.js").read_text()


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


POLICY = (
    f"default-src 'none'; style-src {_hash(_STYLE)}; script-src {_hash(_SCRIPT)}; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)
"""The content security policy, also for the header of who serves the page."""

# An icon in the page itself: otherwise the browser asks its server for one.
_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    "%3Ccircle cx='8' cy='8' r='8' fill='{colour}'/%3E%3C/svg%3E"
)
_ICON_COLOURS = {
    None: "%2300806b",
    "error": "%23b3341a",
    "warning": "%23e69f00",
    "unknown": "%238a94a0",
}
_SEVERITIES = {None: ("right", "✓", "Right"), "error": ("wrong", "!", "Wrong"),
               "warning": ("wrong", "!", "Wrong"), "unknown": ("part", "?", "Part is unknown")}  # fmt: skip


def page(  # noqa: PLR0913 - what it shows, each by its name
    check: Check,
    pairs: Iterable[Pair],
    nodes: Sequence[str],
    at: datetime | None,
    *,
    cluster: str = "",
    is_part: bool = False,
) -> str:
    """The whole page.

    Args:
        check: what is wrong.
        pairs: every session of the cluster; read once.
        nodes: names of all nodes, in the order in which they are shown.
        at: as of when it is, in UTC; None if that is not known.
        cluster: a name for people, such as that of the kubeconfig's context.
        is_part: not all of the input could be read.
    """
    table = _Sessions(pairs, nodes)
    said = headline(check, is_part=is_part)
    return "".join(_parts(check, table, at, cluster, said))


def _text(value: object) -> str:
    """Any text as HTML text, without what hides or reverses other text."""
    return html.escape(printable(str(value)))


def _parts(
    check: Check,
    sessions: _Sessions,
    at: datetime | None,
    cluster: str,
    said: tuple[Severity | None, str],
) -> Iterator[str]:
    severity, line = said
    kind, sign, word = _SEVERITIES[severity]
    title = f"BGP of {cluster}" if cluster else "BGP of the cluster"
    yield (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{_text(word)}: {_text(title)}</title>\n"
        f'<link rel="icon" href="{_ICON.format(colour=_ICON_COLOURS[severity])}">\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n"
        '<a class="skip" href="#findings">To the findings</a>\n<header>\n'
        f"<h1>{_text(title)}</h1>\n"
        f"{_moment(at)}"
        f'<div class="verdict {kind}"><span class="sign" aria-hidden="true">{sign}</span>'
        f"<div><strong>{_text(word)}</strong>{_text(line)}</div></div>\n"
    )
    yield _figures(check)
    yield "</header>\n<main>\n"
    yield from _findings(check.findings)
    yield from sessions.parts()
    yield from _not_looked_at(check)
    yield (
        "</main>\n<footer><p>Made by birdstatus from what the BIRD daemons of the nodes report. "
        "Times of sessions are local to their node.</p></footer>\n"
        f"<script>{_SCRIPT}</script>\n</body>\n</html>\n"
    )


def _moment(at: datetime | None) -> str:
    if at is None:
        return '<p class="quiet">Nothing says as of when.</p>\n'
    shown = f"{at:%Y-%m-%d %H:%M:%S} UTC"
    return f'<p class="quiet">As it was at <time datetime="{at.isoformat()}">{shown}</time></p>\n'


def _figures(check: Check) -> str:
    summary = check.summary
    expected = summary.sessions_expected
    total = summary.sessions_up + summary.sessions_down if expected is None else expected
    figures = [
        ("Nodes reporting", summary.nodes_reporting, f"of {summary.nodes_total:,}"),
        (
            "Sessions up",
            summary.sessions_up,
            f"of {total:,}" + ("" if expected is None else " expected"),
        ),
        ("Sessions down", summary.sessions_down, ""),
        ("Sessions unknown", summary.sessions_unknown, ""),
    ]
    if summary.blocks_expected:
        figures.append(("Blocks to reach", summary.blocks_expected, ""))
    cells = "".join(
        f"<div><dt>{name}</dt><dd>{value:,} <small>{_text(of)}</small></dd></div>\n"
        for name, value, of in figures
    )
    return f'<dl class="figures">\n{cells}</dl>\n'


def _findings(findings: Sequence[Finding]) -> Iterator[str]:
    yield '<section aria-labelledby="findings">\n<h2 id="findings">Findings</h2>\n'
    if not findings:
        yield '<p class="quiet">None.</p>\n'
    else:
        yield '<ol class="findings">\n'
        for finding in findings[:MAX_FINDINGS]:
            yield from _finding(finding)
        yield "</ol>\n"
        yield _left_out(len(findings), MAX_FINDINGS, "finding")
    yield "</section>\n"


def _finding(finding: Finding) -> Iterator[str]:
    first, *more = finding.evidence or (finding.kind,)
    yield (
        f'<li class="finding {finding.severity}"><div class="top"><span class="chip">{_text(finding.severity)}'
        f"</span><h3>{_text(first)}</h3>"
        f'<span class="quiet code">{_text(finding.kind)}</span></div>\n'
    )
    if more:
        yield "<ul>" + "".join(f"<li>{_text(line)}</li>" for line in more[:50]) + "</ul>\n"
        yield _left_out(len(more), 50, "sentence")
    about = [f"<code>{_text(node)}</code>" for node in finding.nodes[:50]]
    if about:
        more_nodes = len(finding.nodes) - 50
        rest = f" and {more_nodes:,} more" if more_nodes > 0 else ""
        yield f'<p class="objects">At fault: {", ".join(about)}{rest}</p>\n'
    if finding.objects:
        objects = ", ".join(f"<code>{_text(name)}</code>" for name in finding.objects[:50])
        yield f'<p class="objects">About {objects}</p>\n'
    if finding.hint:
        yield f'<p class="next"><b>Look next:</b> {_text(finding.hint)}</p>\n'
    if finding.pairs:
        is_open = " open" if len(finding.pairs) <= 3 else ""
        yield f"<details{is_open}><summary>{count(len(finding.pairs), 'session')}</summary>\n"
        yield from _pair_table(finding.pairs[:MAX_PAIRS_OF_FINDING])
        yield _left_out(len(finding.pairs), MAX_PAIRS_OF_FINDING, "session")
        yield "</details>\n"
    yield "</li>\n"


def _left_out(there: int, shown: int, noun: str) -> str:
    return (
        f'<p class="quiet">{count(there - shown, f"more {noun}")} left out here.</p>\n'
        if there > shown
        else ""
    )


def _sign(verdict: PairVerdict) -> str:
    sign = SIGNS[verdict]
    return (
        f'<span class="s v-{sign.colour}" aria-hidden="true">{html.escape(sign.character)}</span>'
    )


_PAIR_HEADS = ("Session", "Verdict", "First side says", "Second side says", "Type", "Wanted by")


def _pair_table(pairs: Iterable[Pair], *, name: str = "") -> Iterator[str]:
    heads = "".join(f'<th scope="col">{head}</th>' for head in _PAIR_HEADS)
    identity = f' id="{name}"' if name else ""
    yield f'<div class="scroll"><table class="list stack"{identity}><thead><tr>{heads}</tr></thead>\n<tbody>\n'
    for pair in pairs:
        cells = [
            f'<span class="verdict-word">{_sign(pair.verdict)}{_text(pair.verdict)}</span>',
            _text(pair.a.words),
            _text(pair.b.words),
            _text(f"{pair.type or 'unnamed'}, IPv{pair.family}"),
            _text(", ".join(pair.wanted_by)),
        ]
        right = " data-right" if pair.verdict == "up" else ""
        columns = "".join(
            f'<td data-head="{head}">{cell}</td>'
            for head, cell in zip(_PAIR_HEADS[1:], cells, strict=True)
        )
        ends = f"{_text(_end(pair.a))} &ndash; {_text(_end(pair.b))}"
        yield f'<tr{right}><th scope="row">{ends}</th>{columns}</tr>\n'
    yield "</tbody></table></div>\n"


def _end(side: Side) -> str:
    return side.node or side.address


class _Sessions:
    """All pairs, read once: cells of the heat map, those that are not up, counts of each node."""

    def __init__(self, pairs: Iterable[Pair], nodes: Sequence[str]) -> None:
        self._nodes = nodes
        self._places = {node: place for place, node in enumerate(nodes)}
        self._cells: dict[tuple[int, int], list[Pair]] | None = (
            {} if 1 < len(nodes) <= MAX_HEAT_MAP else None
        )
        self._wrong: list[Pair] = []
        self._wrong_count = 0
        self._external: list[Pair] = []
        self._external_count = 0
        self._counts: dict[str, Counter[PairVerdict]] = {node: Counter() for node in nodes}
        for pair in pairs:
            self._add(pair)

    def _add(self, pair: Pair) -> None:
        for node in pair.nodes:
            if node in self._counts:
                self._counts[node][pair.verdict] += 1
        ends = [self._places.get(side.node) for side in (pair.a, pair.b)]
        if pair.verdict != "up":
            self._wrong_count += 1
            if len(self._wrong) < MAX_ROWS:
                self._wrong.append(pair)
        if ends[0] is None or ends[1] is None:
            self._external_count += 1
            if len(self._external) < MAX_ROWS:
                self._external.append(pair)
        elif self._cells is not None:
            self._cells.setdefault((ends[0], ends[1]), []).append(pair)

    def parts(self) -> Iterator[str]:
        if self._cells is not None:
            yield from self._heat_map(self._cells)
        yield '<section aria-labelledby="not-up"><h2 id="not-up">Sessions that are not up</h2>\n'
        if self._wrong:
            yield _filter("wrong", "Filter by node, address, state")
            yield from _pair_table(self._wrong, name="wrong")
            yield _left_out(self._wrong_count, MAX_ROWS, "session")
        else:
            yield '<p class="quiet">None.</p>\n'
        yield "</section>\n"
        if self._external:
            yield (
                '<section aria-labelledby="external"><h2 id="external">Peers outside the cluster</h2>\n'
            )
            yield _filter("peers", "Filter by node, address, state", can_hide=True)
            yield from _pair_table(self._external, name="peers")
            yield _left_out(self._external_count, MAX_ROWS, "session")
            yield "</section>\n"
        yield from self._node_table()

    def _heat_map(self, cells: dict[tuple[int, int], list[Pair]]) -> Iterator[str]:
        size = "" if len(self._nodes) <= 40 else " middle" if len(self._nodes) <= 90 else " small"
        yield (
            '<section aria-labelledby="map"><h2 id="map">Node by node</h2>\n<ul class="legend">'
            + "".join(f"<li>{_sign(name)}{sign.meaning}</li>" for name, sign in SIGNS.items())
            + '</ul>\n<div class="map"><div class="scroll" tabindex="0" role="region" aria-labelledby="map">\n'
            f'<table class="heat{size}" id="heat"><thead><tr><td></td>'
            + "".join(f'<th scope="col"><span>{_text(node)}</span></th>' for node in self._nodes)
            + "</tr></thead>\n<tbody>\n"
        )
        numbers: dict[str, int] = {}
        words: dict[int, dict[int, list[int]]] = {}
        for row, node in enumerate(self._nodes):
            line = [f'<tr><th scope="row">{_text(node)}</th>']
            for column in range(len(self._nodes)):
                found = [(pair, pair.a, pair.b) for pair in cells.get((row, column), ())]
                found += [(pair, pair.b, pair.a) for pair in cells.get((column, row), ())]
                if row == column:
                    line.append('<td class="self"></td>')
                elif not found:
                    line.append("<td></td>")
                else:
                    verdict: PairVerdict = "up"
                    for pair, own, other in found:
                        verdict = worst(verdict, pair.verdict)
                        text = _words(pair, own, other)
                        numbers.setdefault(text, len(numbers))
                        words.setdefault(row, {}).setdefault(column, []).append(numbers[text])
                    sign = SIGNS[verdict]
                    line.append(f'<td class="v-{sign.colour}">{html.escape(sign.character)}</td>')
            yield "".join(line) + "</tr>\n"
        yield (
            '</tbody></table></div>\n<div class="words" id="words" aria-live="polite">'
            '<p class="quiet">Point at a cell, or go there with Tab and the arrow keys, to read what both '
            "sides say."
            "</p></div></div>\n"
            f'<script type="application/json" id="heat-words">{_json({"words": list(numbers), "cells": words})}'
            "</script></section>\n"
        )

    def _node_table(self) -> Iterator[str]:
        yield '<section aria-labelledby="nodes"><h2 id="nodes">Nodes</h2>\n'
        yield _filter("node-list", "Filter by name", can_hide=True)
        yield (
            '<div class="scroll"><table class="list" id="node-list"><thead><tr><th scope="col">Node</th>'
            '<th scope="col" class="number">Sessions up</th><th scope="col" class="number">not up</th>'
            '<th scope="col" class="number">unknown</th></tr></thead>\n<tbody>\n'
        )
        for node in self._nodes[:MAX_ROWS]:
            counts = self._counts[node]
            unknown = counts["unknown"]
            wrong = sum(counts.values()) - counts["up"] - unknown
            right = " data-right" if not wrong and not unknown else ""
            cells = "".join(
                f'<td class="number">{value:,}</td>' for value in (counts["up"], wrong, unknown)
            )
            yield f'<tr{right}><th scope="row">{_text(node)}</th>{cells}</tr>\n'
        yield "</tbody></table></div>\n"
        yield _left_out(len(self._nodes), MAX_ROWS, "node")
        yield "</section>\n"


def _words(pair: Pair, own: Side, other: Side) -> str:
    kind = f"IPv{pair.family} {pair.type or 'session'}: {pair.verdict}"
    return printable(f"{kind}. Row: {own.words}. Column: {other.words}")


def _filter(table: str, about: str, *, can_hide: bool = False) -> str:
    """Hidden until the script runs, for without it nothing happens."""
    hide = '<label><input type="checkbox"> only what is not up</label>' if can_hide else ""
    return (
        f'<div class="filter" data-filters="{table}" hidden><label><span class="quiet">{about}</span> '
        f'<input type="search" autocomplete="off" spellcheck="false"></label>{hide}'
        '<output class="quiet"></output></div>\n'
    )


def _not_looked_at(check: Check) -> Iterator[str]:
    if check.not_looked_at:
        yield '<section aria-labelledby="not-looked-at"><h2 id="not-looked-at">Not looked at</h2>\n<ul>\n'
        for notice in check.not_looked_at:
            yield f"<li>{_text(notice.what)}: {_text(notice.why)}</li>\n"
        yield "</ul></section>\n"


def _json(value: object) -> str:
    """JSON that may stand inside of a script element, whatever its texts are (HTML 4.12.1.3)."""
    text = json.dumps(value, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
