"""The published routes of networks: by the column, or by line for a network that has an odd line."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from birdstatus.errors import BirdParseError, ProjectionError
from birdstatus.ordering import Place, route_orders
from birdstatus.parse import Command
from birdstatus.parse.by_line import LineReader
from birdstatus.parse.networks import Rows, networks_in
from birdstatus.parse.route_columns import RouteColumns
from birdstatus.poll.shown import Section, pieces_of
from birdstatus.projection import routes
from birdstatus.projection.columns import ROW_FIELDS, published_rows
from birdstatus.projection.routes import TABLES
from birdstatus.records import RouteEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from birdstatus.models import Route
    from birdstatus.parse.dialect import RouteBlock
    from birdstatus.parse.networks import Row
    from birdstatus.projection.sources import Sources
    from birdstatus.records import Protocol

__all__ = ["ByColumn", "ByLine", "Placed", "Unreadable"]


class Placed(NamedTuple):
    """Published routes with their places."""

    routes: Sequence[Route] = ()
    places: Sequence[Place] = ()


class Unreadable(Exception):  # noqa: N818 - it never leaves this package
    """Networks that must be seen with the whole reply around them."""


class ByLine:
    """Reads networks by line; what is wrong with them is in ``problems`` and ``left_out``."""

    def __init__(self, protocols: Sequence[Protocol]) -> None:
        self.problems: list[BirdParseError] = []
        self.left_out: list[ProjectionError] = []
        self._protocols = protocols
        self._reader = LineReader((Command.ROUTES,), self.problems)

    def read(self, network: Section) -> Placed:
        """The routes of a network."""
        found = self._reader.read_networks(network.text, network.line, network.table)
        entries = [one for _, one in found if isinstance(one, RouteEntry)]
        published = routes(entries, self._protocols, self.left_out)
        return Placed(
            published,
            route_orders(
                [route.destination or "" for route in published],
                [route.type == "FIB" for route in published],
            ),
        )


class ByColumn:
    """Reads networks by the column."""

    def __init__(self, lines: RouteBlock, sources: Sources) -> None:
        self.lines = lines
        self._columns = RouteColumns(lines, ROW_FIELDS)
        self._sources = sources

    def read(self, section: Section) -> Iterator[Placed | Section]:
        """The routes of a section's networks, or each network that has an odd line.

        Raises:
            Unreadable: they are not to be read one without the other.
        """
        for piece in pieces_of(section):
            parts = networks_in(piece.text, self._columns.find(piece.text))
            if parts is None:
                raise Unreadable
            for part in parts:
                if isinstance(part, Rows):
                    placed = self._placed(part.rows)
                    yield placed if piece.table in TABLES else Placed()
                else:
                    odd = Section(piece.table, piece.line + part.lines_above, part.text)
                    yield from odd.split()

    def read_networks(self, networks: Iterable[str]) -> tuple[Placed, list[str]]:
        """The routes of networks of published tables, and those networks that have an odd line.

        Raises:
            Unreadable: they are not to be read one without the other.
        """
        text = "".join([f"{network}\n" for network in networks])
        found = list(self.read(Section("", 1, text)))
        odd = [part.text[:-1] for part in found if isinstance(part, Section)]
        placed = [part for part in found if isinstance(part, Placed)]
        return _joined(placed), odd

    def _placed(self, rows: Sequence[Row]) -> Placed:
        columns = self._columns.of(rows)
        try:
            placed = None if columns is None else published_rows(columns, self._sources)
        except ProjectionError:
            placed = None
        if placed is None:
            raise Unreadable
        return Placed(*placed)


def _joined(parts: Sequence[Placed]) -> Placed:
    return Placed(
        list(chain.from_iterable(part.routes for part in parts)),
        list(chain.from_iterable(part.places for part in parts)),
    )
