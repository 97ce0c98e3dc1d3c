"""How a verdict is shown: one sign, one word and one colour for the matrix, the tables and the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from birdstatus.fleet import Check
    from birdstatus.fleet.verdicts import PairVerdict, Severity

__all__ = ["NOTHING", "SIGNS", "Sign", "count", "headline", "worst"]


class Sign(NamedTuple):
    """Attributes:
    character: ASCII, so that every terminal and every ticket shows it.
    colour: the end of a class in page.css: ``up``, ``bad``, ``half``, ``extra`` or ``unknown``.
    meaning: for the legend.
    """  # noqa: D205

    character: str
    colour: str
    meaning: str


# The worst first: a cell of several sessions shows the worst of them.
SIGNS: dict[PairVerdict, Sign] = {
    "down": Sign("X", "bad", "down on both sides"),
    "missing": Sign("o", "bad", "expected, and on neither side"),
    "asymmetric": Sign("/", "half", "established on one side only"),
    "one-sided": Sign("<", "half", "on one side only"),
    "duplicate": Sign("2", "extra", "two sessions for one pair"),
    "unexpected": Sign("+", "extra", "there, though nothing wants it"),
    "unknown": Sign("?", "unknown", "no report that says"),
    "up": Sign(".", "up", "established on both sides"),
}
NOTHING = " "
_RANK = {verdict: rank for rank, verdict in enumerate(SIGNS)}


def worst(first: PairVerdict, second: PairVerdict) -> PairVerdict:
    """The one that a cell of both shows."""
    return min(first, second, key=_RANK.__getitem__)


def count(number: int, noun: str) -> str:
    """``1 node``, ``1,000 nodes``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def headline(check: Check, *, is_part: bool = False) -> tuple[Severity | None, str]:
    """The worst severity, and the answer in one line of safe text; ``is_part``: not all could be read."""
    summary = check.summary
    parts = []
    if summary.sessions_expected:
        parts.append(f"{summary.sessions_up:,} of {count(summary.sessions_expected, 'session')} up")
    elif summary.sessions_up or summary.sessions_down:
        total = summary.sessions_up + summary.sessions_down
        parts.append(f"{summary.sessions_up:,} of {count(total, 'session')} up")
    parts.append(f"{summary.nodes_reporting:,} of {count(summary.nodes_total, 'node')} reporting")
    figures = ", ".join(parts)
    counts = [
        count(number, noun)
        for number, noun in (
            (summary.errors, "error"),
            (summary.warnings, "warning"),
            (summary.unknown, "unknown part"),
        )
        if number
    ]
    if summary.errors or summary.warnings:
        return ("error" if summary.errors else "warning"), f"{', '.join(counts)}: {figures}"
    if summary.unknown or is_part:
        return "unknown", f"nothing wrong was found, but part is unknown: {figures}"
    return None, f"nothing is wrong: {figures}"
