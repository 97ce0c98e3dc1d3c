"""``show route [all]`` as the control socket sends it: records of many routes at once, by the column.

What rows have alike (next hops, types, attributes) is converted once, all else by the column; how
much rows have alike changes nothing but the time.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import chain, islice
from operator import attrgetter
from typing import TYPE_CHECKING, TypeVar

from birdstatus.grammar.blocks import block_pattern_of
from birdstatus.grammar.patterns import pattern
from birdstatus.parse.networks import (
    ATTRIBUTE_CODE,
    DETAIL_CODE,
    ByLine,
    Rows,
    begins_network,
    networks_in,
)
from birdstatus.parse.remembered import Remembered
from birdstatus.parse.route_rows import (
    ATTRIBUTES,
    BELOW,
    INTERNAL,
    TYPE,
    HopFinder,
    RowFinder,
    has_lost_row,
    tables_in,
)
from birdstatus.parse.route_values import (
    NONE,
    UNKNOWN,
    continued,
    identifiers,
    may_stand_together,
    next_hops,
    route_entries,
    route_type,
)
from birdstatus.parse.routes import attributes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import pyparsing as pp

    from birdstatus.parse.dialect import RouteBlock
    from birdstatus.parse.networks import Row
    from birdstatus.records import Attribute, NextHop, RouteEntry

__all__ = ["RouteBlocks"]

ValueT = TypeVar("ValueT")

# The fields of a row that name its only next hop, as 1.6 has it.
_OWN_HOP = ("gateway", "gateway_interface", "interface")
_WEIGHT = attrgetter("weight")


class _UnknownDetailError(Exception):
    """A line below a row that is no attribute; it never leaves this module."""


class _LostRowError(Exception):
    """Rows that BIRD does not print one below the other; it never leaves this module."""


class RouteBlocks:
    """Records of routes, by the column.

    What was converted last is remembered for as long as this is, in at most some 10 MB.
    """

    def __init__(self, lines: RouteBlock) -> None:
        self._lines = lines
        self._rows = RowFinder(lines)
        self._hops = HopFinder(lines)
        self._own_hop = Remembered(_own_hops)
        self._next_hop = Remembered(self._next_hops)
        self._below = Remembered(self._next_hops_below)
        self._type = Remembered(_each(route_type, lines.type_line))
        self._attribute = Remembered(self._attributes)
        self._attribute_lines = _attribute_pattern(lines.attribute_line).findall
        self._more = pattern(lines.continuation_line).match
        # Under whose heading the next routes stand.
        self.table: str = ""

    def read(self, text: str) -> list[list[RouteEntry] | ByLine] | None:
        """The routes of whole networks, or those networks; ``None`` if all of it is for the lines."""
        found: list[list[RouteEntry] | ByLine] = []
        before, lines_above = self.table, 0
        for heading, table, routes in tables_in(text, self.table, self._lines):
            lines_above += heading.count("\n")
            self.table = table
            parts = self._read_table(routes) if routes else []
            if parts is None:
                self.table = before
                return None
            found += [
                part._replace(lines_above=lines_above + part.lines_above, table=table)
                if isinstance(part, ByLine)
                else part
                for part in parts
            ]
            lines_above += routes.count("\n")
        return found

    def _read_table(self, text: str) -> list[list[RouteEntry] | ByLine] | None:
        if not begins_network(text):
            return None
        try:
            return self._read(text, self._rows)
        except _LostRowError:
            return None
        except _UnknownDetailError:
            return self._read(text, RowFinder(self._lines, known_details=True))

    def _read(self, text: str, finder: RowFinder) -> list[list[RouteEntry] | ByLine] | None:
        networks = networks_in(text, finder.find(text))
        if networks is None:
            return None
        return [
            self._records(part.rows, finder) if isinstance(part, Rows) else part
            for part in networks
        ]

    def _records(self, rows: Sequence[Row], finder: RowFinder) -> list[RouteEntry]:
        """A record for each row.

        Raises:
            _LostRowError: two of them do not stand one below the other.
            _UnknownDetailError: what stands below a row is no attribute.
        """
        columns = finder.columns(rows)
        if has_lost_row(rows, columns):
            raise _LostRowError
        kinds, details, numbers = columns[TYPE], columns[ATTRIBUTES], columns[INTERNAL]
        return route_entries(
            columns,
            hops=self._hops_of(columns),
            types=self._type.of(kinds) if any(kinds) else UNKNOWN,
            attributes=self._attributes_in(details) if any(details) else NONE,
            numbers=_each(identifiers, self._lines.internal_line)(numbers)
            if any(numbers)
            else UNKNOWN,
            table=self.table,
        )

    def _hops_of(self, columns: Mapping[str, Sequence[str]]) -> Iterable[tuple[NextHop, ...]]:
        below = self._below.of(columns[BELOW]) if any(columns[BELOW]) else None
        if _OWN_HOP[0] not in columns:
            return NONE if below is None else below
        own = self._own_hop.of(list(zip(*map(columns.__getitem__, _OWN_HOP), strict=True)))
        return own if below is None else map(_or, own, below)

    def _next_hops(self, lines: Sequence[str]) -> list[NextHop]:
        return next_hops(self._hops.columns("".join(f" {line}\n" for line in lines)))

    def _next_hops_below(self, texts: Sequence[str]) -> Iterator[tuple[NextHop, ...]]:
        lines = "".join(texts)[1:-1]
        hops = list(self._next_hop.of(lines.split("\n ") if lines else ()))
        all_have_weights = None not in map(_WEIGHT, hops)
        each = iter(hops)
        for text in texts:
            of_one = tuple(islice(each, text.count("\n")))
            if not (all_have_weights or may_stand_together(of_one)):
                raise _LostRowError
            yield of_one

    def _attributes_in(self, details: Sequence[str]) -> Iterator[tuple[Attribute, ...]]:
        found = [self._attribute_texts(text) for text in details]
        values = self._attribute.of(list(chain.from_iterable(found)))
        return (tuple(islice(values, len(lines))) for lines in found)

    def _attributes(self, texts: Sequence[str]) -> list[Attribute]:
        # Each as a line of its own, of which there are as many as attributes.
        lines = self._attribute_lines("".join(f" {line}\n" for line in texts))
        if len(lines) < len(texts):
            raise _UnknownDetailError
        return attributes(lines)

    def _attribute_texts(self, details: str) -> list[str]:
        """The lines of attributes, each with those that continue it joined to it."""
        # The first has its reply code, all others a blank.
        lines = details[len(ATTRIBUTE_CODE) :]
        found = lines[:-1].split("\n ") if lines else []
        if "\n \t\t" not in lines:
            return found
        joined: list[str] = []
        for line in found:
            more = self._more(line)
            if more and not joined:
                raise _UnknownDetailError
            if more:
                name, colon, text = joined[-1].partition(":")
                joined[-1] = f"{name}{colon} {continued(text.removeprefix(' '), more['text'])}"
            else:
                joined.append(line)
        return joined


def _or(own: tuple[NextHop, ...], below: tuple[NextHop, ...]) -> tuple[NextHop, ...]:
    return own or below


def _own_hops(fields: Sequence[tuple[str, str, str]]) -> list[tuple[NextHop, ...]]:
    hops = next_hops(dict(zip(_OWN_HOP, zip(*fields, strict=True), strict=True)))
    return [(hop,) if hop.gateway or hop.interface else () for hop in hops]


def _each(
    conversion: Callable[..., ValueT], production: pp.ParserElement
) -> Callable[[Sequence[str]], list[ValueT | None]]:
    """What makes values of lines with reply code and line feed; of no line, ``None``."""
    match = pattern(production).match

    def convert(lines: Sequence[str]) -> list[ValueT | None]:
        found = [match(line[len(DETAIL_CODE) : -1]) for line in lines]
        return [conversion(**fields.groupdict()) if fields else None for fields in found]

    return convert


@cache
def _attribute_pattern(attribute_line: pp.ParserElement) -> re.Pattern[str]:
    return re.compile(f" {block_pattern_of(attribute_line, names=('name', 'text'))}\n")
