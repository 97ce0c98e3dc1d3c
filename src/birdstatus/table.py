"""Aligned columns for a terminal: the one renderer of every table that a person reads.

Cells are made safe to show. With a width, what is too long goes on below, so that no line is longer;
without one (a pipe) no line is broken.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, NamedTuple

from birdstatus.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["GAP", "Column", "table_lines", "wrapped"]

# Between two columns.
GAP = "  "
# A column is not made narrower than this.
NARROWEST = 6


class Column(NamedTuple):
    """A column: its title, whether it holds numbers, which end at one place, and whether it is painted."""

    title: str
    is_number: bool = False
    is_painted: bool = False


def table_lines(
    columns: Sequence[Column],
    rows: Iterable[Sequence[str]],
    width: int | None = None,
    paint: Callable[[str], str] | None = None,
) -> list[str]:
    """The lines of a table with a line of titles; columns of which every cell is empty are left out.

    ``width`` is the most characters that a line may have. ``paint`` gets each cell of a painted column
    as it will stand there, with the blanks beside it, and may put it in colour.
    """
    cells = [[printable(cell) for cell in row] for row in rows]
    shown = [at for at in range(len(columns)) if any(row[at] for row in cells)]
    titles = [columns[at].title for at in shown]
    lines = [titles, *([row[at] for at in shown] for row in cells)]
    widths = _widths([max(map(len, column)) for column in zip(*lines, strict=True)], width)
    kinds = [columns[at] for at in shown]
    return [
        text
        for number, line in enumerate(lines)
        for text in _laid_out(line, widths, kinds, paint if number else None)
    ]


def wrapped(line: str, width: int | None) -> list[str]:
    """A line of text in lines of at most so many characters, the further ones indented a little more."""
    if width is None or len(line) <= width:
        return [line]
    text = line.lstrip(" ")
    indent = line[: len(line) - len(text)]
    return textwrap.wrap(
        text,
        max(width, NARROWEST),
        initial_indent=indent,
        subsequent_indent=f"{indent}{GAP}",
        break_on_hyphens=False,
    )


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


def _laid_out(
    line: Sequence[str],
    widths: Sequence[int],
    kinds: Sequence[Column],
    paint: Callable[[str], str] | None,
) -> list[str]:
    parts = [
        textwrap.wrap(cell, width, break_on_hyphens=False) or [""] if len(cell) > width else [cell]
        for cell, width in zip(line, widths, strict=True)
    ]
    height = max(map(len, parts), default=0)
    places = list(zip(parts, widths, kinds, strict=True))
    return [
        GAP.join(
            _cell(part[at] if at < len(part) else "", width, kind, paint)
            for part, width, kind in places
        ).rstrip()
        for at in range(height)
    ]


def _cell(text: str, width: int, kind: Column, paint: Callable[[str], str] | None) -> str:
    cell = text.rjust(width) if kind.is_number else text.ljust(width)
    return paint(cell) if paint and kind.is_painted and text else cell
