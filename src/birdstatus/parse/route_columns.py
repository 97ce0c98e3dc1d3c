"""Some fields of routes by the column, for whoever needs no records."""

from __future__ import annotations

from itertools import chain, islice, repeat
from typing import TYPE_CHECKING

from birdstatus.parse.route_rows import BELOW, HopFinder, RowFinder, has_lost_row
from birdstatus.parse.route_values import may_stand_together, next_hops

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from birdstatus.parse.dialect import RouteBlock
    from birdstatus.parse.networks import Row
    from birdstatus.parse.route_rows import Columns

__all__ = ["RouteColumns"]

# The fields of a next hop, in the row or on a line of its own.
_HOP = ("gateway", "gateway_interface", "interface")


class RouteColumns:
    """The fields asked for of each next hop of each route."""

    def __init__(self, lines: RouteBlock, fields: Collection[str]) -> None:
        self.lines = lines
        self._fields = frozenset(fields)
        self._rows = RowFinder(lines, fields, known_details=True)
        self._hops = HopFinder(lines)

    def find(self, text: str) -> list[Row]:
        """The rows of a text, and the lines that are none of a row."""
        return self._rows.find(text)

    def of(self, rows: Sequence[Row]) -> Columns | None:
        """The fields of known rows, once for each next hop; ``None`` if rows are lost between them."""
        columns = self._rows.columns(rows)
        if has_lost_row(rows, columns):
            return None
        below = columns.pop(BELOW)
        nothing = ("",) * len(rows)
        own = {name: columns.pop(name, nothing) for name in _HOP}
        if not any(below):
            return columns | own
        counts = list(map(str.count, below, repeat("\n")))
        hops = self._hops.columns("".join(below))
        if _has_two(own, counts) or _has_lost_row(hops, counts):
            return None
        if max(counts) > 1:
            times = [count or 1 for count in counts]
            columns = {
                name: list(chain.from_iterable(map(repeat, columns[name], times)))
                for name in columns.keys() & self._fields
            }
        nothing = ("",) * len(hops["gateway"])
        below_of = {name: hops.get(name, nothing) for name in _HOP}
        if 0 in counts:
            below_of = {name: list(_joined(own[name], below_of[name], counts)) for name in _HOP}
        return columns | below_of


def _joined(own: Sequence[str], hops: Sequence[str], counts: Sequence[int]) -> Iterator[str]:
    """A field of each row's next hops: its own, or those of so many lines below it."""
    below = iter(hops)
    for text, count in zip(own, counts, strict=True):
        if count:
            yield from islice(below, count)
        else:
            yield text


def _has_two(own: Mapping[str, Sequence[str]], counts: Sequence[int]) -> bool:
    """Whether a row with a next hop of its own has others below it."""
    return any(map(any, own.values())) and any(
        count and (gateway or interface)
        for count, gateway, interface in zip(counts, own["gateway"], own["interface"], strict=True)
    )


def _has_lost_row(hops: Mapping[str, Sequence[str]], counts: Sequence[int]) -> bool:
    """Whether some of these cannot be the next hops of one route."""
    if max(counts) < 2 or all(hops["weight"]):
        return False
    each = iter(next_hops(hops))
    return not all(may_stand_together(list(islice(each, count))) for count in counts)
