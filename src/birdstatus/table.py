"""Aligned columns for a terminal: the one renderer of every table that a person reads.

Cells are made safe to show. With a width, what is too long goes on below, so that no line is longer;
without one (a pipe) no line is broken.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, NamedTuple

from birdstatus.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Column", "table_lines"]

GAP = "  "
# A column is not made narrower than this.
NARROWEST = 6


class Column(NamedTuple):
    """A column: its title, and whether it holds numbers, which end at one place."""

    title: str
    is_number: bool = False


def table_lines(
    columns: Sequence[Column], rows: Iterable[Sequence[str]], width: int | None = None
) -> list[str]:
    """The lines of a table with a line of titles; columns of which every cell is empty are left out.

    ``width`` is the most characters that a line may have.
    """
    cells = [[printable(cell) for cell in row] for row in rows]
    shown = [at for at in range(len(columns)) if any(row[at] for row in cells)]
    titles = [columns[at].title for at in shown]
    lines = [titles, *([row[at] for at in shown] for row in cells)]
    widths = _widths([max(map(len, column)) for column in zip(*lines, strict=True)], width)
    numbers = [columns[at].is_number for at in shown]
    return [text for line in lines for text in _laid_out(line, widths, numbers)]


def _widths(natural: list[int], width: int | None) -> list[int]:
    """The width of each column: the widest give way until all fit."""
    widths = list(natural)
    room = None if width is None else max(width - len(GAP) * (len(widths) - 1), 1)
    while room is not None and sum(widths) > room and max(widths) > NARROWEST:
        widest = max(widths)
        # Of equals the last gives way: notes stand at the end.
        at = len(widths) - 1 - widths[::-1].index(widest)
        second = max([NARROWEST, *(other for place, other in enumerate(widths) if place != at)])
        widths[at] = max(NARROWEST, widest - (sum(widths) - room), min(second, widest - 1))
    return widths


def _laid_out(line: Sequence[str], widths: Sequence[int], numbers: Sequence[bool]) -> list[str]:
    parts = [
        textwrap.wrap(cell, width, break_on_hyphens=False) or [""] if len(cell) > width else [cell]
        for cell, width in zip(line, widths, strict=True)
    ]
    height = max(map(len, parts), default=0)
    return [
        GAP.join(
            (part[at] if at < len(part) else "").rjust(width)
            if is_number
            else (part[at] if at < len(part) else "").ljust(width)
            for part, width, is_number in zip(parts, widths, numbers, strict=True)
        ).rstrip()
        for at in range(height)
    ]
