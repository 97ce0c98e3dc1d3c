"""Rows of ``show route [all]`` with all that stands below them, found by one pattern.

The pattern is made of a dialect's productions. It goes over a piece of a reply as the control socket
sends it, and gives its rows as tuples of text, which are used by the column.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from birdstatus.grammar.blocks import block_pattern_of
from birdstatus.grammar.patterns import pattern
from birdstatus.parse.dialect import DIALECTS
from birdstatus.parse.networks import ATTRIBUTE_CODE, CODE, DETAIL_CODE, has_details

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    import pyparsing as pp

    from birdstatus.parse.dialect import RouteBlock
    from birdstatus.parse.networks import Row

__all__ = [
    "ATTRIBUTES",
    "BELOW",
    "INTERNAL",
    "TYPE",
    "Columns",
    "HopFinder",
    "RowFinder",
    "filled",
    "has_lost_row",
    "route_block_of",
    "tables_in",
]

# The texts of each field, one for each row and empty where a row has no such field.
Columns = dict[str, "Sequence[str]"]

# What stands below a row: next hops, then with `all` its type, its attributes, BIRD 3's numbers.
BELOW, TYPE, ATTRIBUTES, INTERNAL = "below", "type_line", "attribute_lines", "internal_line"
_UNKNOWN = "unknown"
# A part of the row that hardly any has, until somebody asks for its fields.
_RARE = "rare"

# The dialect of a reply shows in so many characters.
_BEGINNING = 1 << 12
# No line of a block is longer than a line may be.
_ATTRIBUTE_LIKE = r"\t[^\n]{0,3000}+"


class RowFinder:
    """Finds rows with the fields asked for and the lines below them; without ``fields`` with all.

    Without ``known_details`` any line is taken for an attribute that stands where attributes do: a
    quarter faster.
    """

    def __init__(
        self,
        lines: RouteBlock,
        fields: Collection[str] | None = None,
        *,
        known_details: bool = False,
    ) -> None:
        rows = _row_pattern(lines, None if fields is None else tuple(fields), known_details)
        self._names = (*rows.groupindex, _UNKNOWN)
        self._find = rows.findall
        self._rare = pattern(lines.rare)

    def find(self, text: str) -> list[Row]:
        """The rows of a text, and the lines that are none of a row."""
        return self._find(text)

    def columns(self, rows: Sequence[Row]) -> Columns:
        """The fields of rows, all of which are known."""
        columns: Columns = dict(zip(self._names, zip(*rows, strict=True), strict=True))
        columns["prefix"] = filled(columns["prefix"])
        rare = columns.pop(_RARE, ())
        if any(rare):
            found = [self._rare.match(text) if text else None for text in rare]
            for name in self._rare.groupindex:
                columns[name] = [(match[name] or "") if match else "" for match in found]
        return columns


class HopFinder:
    """Takes the lines of next hops apart."""

    def __init__(self, lines: RouteBlock) -> None:
        names = tuple(pattern(lines.next_hop_line).groupindex)
        hops = re.compile(f" {block_pattern_of(lines.next_hop_line, names=names)}\n")
        self._names = tuple(hops.groupindex)
        self._find = hops.findall

    def columns(self, text: str) -> Columns:
        """The fields of all next hops in a text of nothing else."""
        return dict(zip(self._names, zip(*self._find(text), strict=True), strict=True))


def filled(prefixes: Sequence[str]) -> Sequence[str]:
    """Each row's prefix: one without takes that of the row above."""
    if "" not in prefixes:
        return prefixes
    last = ""
    return [last := prefix or last for prefix in prefixes]


def has_lost_row(rows: Sequence[Row], columns: Mapping[str, Sequence[str]]) -> bool:
    """Whether a route that is in use has no prefix of its own: it comes first, so a row above is lost."""
    prefixes = [row[0] for row in rows]
    return "" in prefixes and any(
        flag and not prefix for prefix, flag in zip(prefixes, columns["flag"], strict=True)
    )


def route_block_of(text: str) -> RouteBlock:
    """How to read routes of which this is the beginning: as the dialect that prints such a row."""
    known = [dialect.route_block for dialect in DIALECTS if dialect.route_block]
    beginning = text[:_BEGINNING]
    return max(known, key=lambda lines: _recognised(beginning, lines))


def _recognised(text: str, lines: RouteBlock) -> int:
    return sum(not row[-1] for row in _row_pattern(lines, None, known_details=False).findall(text))


def tables_in(text: str, table: str, lines: RouteBlock) -> Iterator[tuple[str, str, str]]:
    """The headings of tables in a text, each with its table and the routes below it.

    First what stands above all of them, with no heading and the ``table`` that is given.
    """
    if "Table " not in text:
        yield "", table, text
        return
    above, *tables = _table_pattern(lines.table_line, has_details(text)).split(text)
    yield "", table, above
    yield from zip(tables[::3], tables[1::3], tables[2::3], strict=True)


@cache
def _table_pattern(table_line: pp.ParserElement, is_coded: bool) -> re.Pattern[str]:  # noqa: FBT001 - a key of the cache
    """A heading with the empty line above it, and the name in it; below details, with the reply code."""
    heading = block_pattern_of(table_line, names=("table",))
    mark = f"(?:{CODE}\n |{CODE})" if is_coded else f"(?:(?:{CODE}| )\n)?(?:{CODE}| )"
    return re.compile(rf"(?m)^({mark}{heading}\n)")


@cache
def _row_pattern(
    lines: RouteBlock,
    fields: tuple[str, ...] | None,
    known_details: bool,  # noqa: FBT001 - a key of the cache
) -> re.Pattern[str]:
    """A row with all that stands below it, or any other line, which is the last group."""
    if fields is None:
        rare = pattern(lines.rare).groupindex
        names = [name for name in pattern(lines.row).groupindex if name not in rare]
        row = block_pattern_of(lines.row, names=names, whole={_RARE: lines.rare})
    else:
        row = block_pattern_of(lines.row, names=fields)
    # No line of a block is longer than a line may be.
    first = further = _ATTRIBUTE_LIKE
    if known_details:
        first = rf"(?={_ATTRIBUTE_LIKE}\n)(?:{block_pattern_of(lines.attribute_line)})"
        more = block_pattern_of(lines.continuation_line)
        further = rf"(?={_ATTRIBUTE_LIKE}\n)(?:{more}|{block_pattern_of(lines.attribute_line)})"
    # Whoever asks for some fields of rows does not need the details.
    begin = "(?P<{}>" if fields is None else "(?:"
    hops = f"(?: {block_pattern_of(lines.next_hop_line)}\n)*+"
    kind = f"{DETAIL_CODE}{block_pattern_of(lines.type_line)}\n"
    attributes = rf"{ATTRIBUTE_CODE}{first}\n(?: (?:{further})\n)*+"
    internal = f"{DETAIL_CODE}{block_pattern_of(lines.internal_line)}\n"
    return re.compile(
        # A row without a prefix is indented so far that no other form of reply is meant.
        rf"(?:{CODE}| )(?=[^ ]| {{19}}){row}\n(?P<{BELOW}>{hops})"
        rf"(?>(?:{begin.format(TYPE)}{kind}|){begin.format(ATTRIBUTES)}{attributes}|)"
        rf"{begin.format(INTERNAL)}{internal}|)"
        # The row after details begins with its reply code, as theirs is another.
        rf"(?={CODE}|\Z))?)|([^\n]*+\n)"
    )
