"""``show route [all]``: a row, its next hops and its attributes, as one record.

Line by line; what the fields become says :mod:`birdstatus.parse.route_values`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from birdstatus.grammar.bird1 import routes
from birdstatus.grammar.bird2 import routes as bird2
from birdstatus.grammar.bird3 import routes as bird3
from birdstatus.grammar.patterns import Expectation
from birdstatus.grammar.terminals import HIDDEN_ROW
from birdstatus.parse.assembler import Assembler
from birdstatus.parse.dialect import Command, scanners_for
from birdstatus.parse.route_values import (
    continued,
    identifiers,
    may_stand_together,
    next_hops,
    route_entries,
    route_type,
)
from birdstatus.records import RouteEntry, TableCount

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyparsing as pp

    from birdstatus.framing import Line
    from birdstatus.grammar.patterns import Fields, Scanner
    from birdstatus.records import Attribute, NextHop, RouteIdentifiers, RouteType

__all__ = [
    "RouteAssembler",
    "attributes",
]


# Sets look for the same object; a tuple would compare pyparsing elements by all they hold.
_ROWS = frozenset({routes.ROW, bird2.ROW, bird2.LABELLED_ROW, bird2.OTHER_ROW})
_NEXT_HOPS = frozenset({routes.NEXT_HOP_LINE, bird2.NEXT_HOP_LINE, bird3.HOST_ENTRY_LINE})
_TYPES = frozenset({routes.TYPE_LINE, bird2.TYPE_LINE})
_HIDDEN_ROW = re.compile(HIDDEN_ROW)


def attributes(found: Sequence[tuple[str, str]]) -> list[Attribute]:
    """Attributes from their names and texts: see :func:`birdstatus.parse.attributes.attributes`."""
    # Only `show route all` has attributes: nobody else need wait for their grammar.
    from birdstatus.parse import attributes as of_routes  # noqa: PLC0415

    return of_routes.attributes(found)


class _Network(NamedTuple):
    """What a row is about: a further row without a network is about the same."""

    prefix: str
    kind: str = ""
    mpls_label: int | None = None


class RouteAssembler(Assembler[RouteEntry | TableCount]):
    """``show route [all]``: a row, its next hops, and with ``all`` its type and attributes."""

    SCANNERS: ClassVar[Mapping[int | None, Scanner]] = scanners_for(Command.ROUTES)

    def __init__(self) -> None:
        # Under whose heading the rows stand; set where others have read the heading.
        self.table: str = ""
        self._network: _Network | None = None
        self._count: TableCount | None = None
        self._begin(None)

    def _begin(self, row: Fields | None) -> None:
        self._row = row
        self._next_hops: list[NextHop] = []
        self._type: RouteType | None = None
        self._attributes: list[tuple[str, str]] = []
        self._identifiers: RouteIdentifiers | None = None

    def add(self, line: Line) -> RouteEntry | TableCount | None:
        production, fields = self.scan(line)
        if production in _ROWS:
            return self._add_row(fields)
        if production is bird2.TABLE_LINE:
            whole = self.end()
            self.table, self._network = fields["table"], None
            return whole
        if production is bird2.TABLE_COUNT_LINE:
            whole = self.end()
            shown, of, networks = (int(fields[name]) for name in ("shown", "routes", "networks"))
            self._count = TableCount(fields["counted"], shown, of, networks)
            return whole
        if production is not bird2.BLANK_LINE:
            self._add_detail(production, fields)
        return None

    def _add_row(self, fields: Fields) -> RouteEntry | TableCount | None:
        network = _network(fields)
        if network is None and "flag" in fields:
            # A table's first route of a network is the one in use, and the only one with the prefix.
            raise Expectation("a prefix, as the route of a network that is in use comes first")
        network = network or self._network
        if network is None:
            raise Expectation("a prefix, as no readable row above has one")
        whole = self.end()
        self._network = network
        self._begin(fields)
        return whole

    def _add_detail(self, production: pp.ParserElement, fields: Fields) -> None:
        if self._row is None:
            raise Expectation("a route row above its details")
        if production in _NEXT_HOPS:
            (hop,) = next_hops({name: (text,) for name, text in fields.items()})
            if not may_stand_together([*self._next_hops, hop]):
                raise Expectation("a route row above its next hop: of several each has a weight")
            self._next_hops.append(hop)
        elif production in _TYPES:
            if self._type is not None:
                raise Expectation("a route's type only once")
            self._type = route_type(**fields)
        elif production is bird3.INTERNAL_LINE:
            if self._identifiers is not None:
                raise Expectation("a route's internal values only once")
            self._identifiers = identifiers(**fields)
        elif production is routes.ATTRIBUTE_LINE:
            self._attributes.append((fields["name"], fields.get("text", "")))
        else:
            if not self._attributes:
                raise Expectation("a route attribute above its continuation")
            name, text = self._attributes[-1]
            self._attributes[-1] = (name, continued(text, fields.get("text", "")))

    def skip(self, line: Line) -> RouteEntry | TableCount | None:
        is_detail = line.text[:1] == "\t" or line.code in routes.DETAILS
        if is_detail and not _HIDDEN_ROW.search(line.text):
            return None
        # What stood here may have been a row: rows below without a prefix would take a wrong one.
        whole = self.end()
        self._network = None
        return whole

    def end(self) -> RouteEntry | TableCount | None:
        count, self._count = self._count, None
        row, network = self._row, self._network
        if row is None or network is None:
            return count
        hops = self._next_hops
        fields = {name: (text,) for name, text in row.items()}
        if "gateway" in row or "interface" in row:
            hops = next_hops(fields)
        (route,) = route_entries(
            fields | {"prefix": (network.prefix,)},
            hops=[tuple(hops)],
            types=[self._type],
            attributes=[tuple(attributes(self._attributes)) if self._attributes else ()],
            numbers=[self._identifiers],
            table=self.table,
            network_type=network.kind,
            mpls_label=network.mpls_label,
        )
        self._begin(None)
        return route


def _network(fields: Fields) -> _Network | None:
    label = int(fields["label"]) if "label" in fields else None
    if "prefix" in fields:
        return _Network(fields["prefix"], "", label)
    for kind in bird2.NETWORKS:
        text = fields.get(f"network_{kind}")
        if text:
            return _Network(text, kind, label)
    return None
