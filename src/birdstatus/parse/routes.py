"""``show route [all]``: a row, its next hops and its attributes, as one record."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import pyparsing as pp

from birdstatus.grammar.bird1 import routes
from birdstatus.grammar.patterns import Expectation, Fields, pattern_of
from birdstatus.grammar.terminals import PREFIX
from birdstatus.parse.assembler import Assembler, number
from birdstatus.parse.dialect import Command, scanners_for
from birdstatus.records import Attribute, NextHop, RouteEntry, RouteType

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal

    from birdstatus.framing import Line
    from birdstatus.grammar.patterns import Scanner
    from birdstatus.records import AttributeValue

__all__ = ["RouteAssembler"]

# A value that BIRD had no more room for ends so (nest/rt-attr.c, nest/a-path.c).
_CUT = " ..."

# BIRD names an attribute that it does not know `BGP.hh [t]`, and prints its octets in hexadecimal.
_UNKNOWN = "]"

# The rows of a large table are alike but for the prefix: so many kinds are remembered.
MAX_ROWS = 4096
_PREFIX = re.compile(pattern_of(PREFIX))
_Row: TypeAlias = tuple[Any, ...]


class RouteAssembler(Assembler[RouteEntry]):
    """``show route [all]``: a row, its next hops, and with ``all`` its type and attributes."""

    SCANNERS: ClassVar[Mapping[int | None, Scanner]] = scanners_for(Command.ROUTES)

    def __init__(self) -> None:
        self._prefix = ""
        self._row: _Row | None = None
        self._next_hops: list[NextHop] = []
        self._type: RouteType | None = None
        self._attributes: list[tuple[str, str]] = []
        self._rows: dict[str, _Row] = {}

    def add(self, line: Line) -> RouteEntry | None:
        prefix, _, rest = line.text.partition(" ")
        row = self._rows.get(rest)
        if row is not None and line.code not in routes.DETAILS and _PREFIX.fullmatch(prefix):
            return self._begin(prefix, row)
        production, fields = self.scan(line)
        if production is not routes.ROW:
            self._add_detail(production, fields)
            return None
        if "prefix" not in fields and not self._prefix:
            raise Expectation("a prefix, as no readable row above has one")
        row = _row(fields)
        if "prefix" in fields:
            if len(self._rows) >= MAX_ROWS:
                self._rows.clear()
            self._rows[rest] = row
        return self._begin(fields.get("prefix", self._prefix), row)

    def _add_detail(self, production: pp.ParserElement, fields: Fields) -> None:
        if self._row is None:
            raise Expectation("a route row above its details")
        if production is routes.NEXT_HOP_LINE:
            hop = NextHop(fields["gateway"], fields["interface"], int(fields["weight"]))
            self._next_hops.append(hop)
        elif production is routes.TYPE_LINE:
            if self._type is not None:
                raise Expectation("a route's type only once")
            self._type = RouteType(fields["source"], fields["cast"], fields["scope"])
        elif production is routes.ATTRIBUTE_LINE:
            self._attributes.append((fields["name"], fields.get("text", "")))
        else:
            if not self._attributes:
                raise Expectation("a route attribute above its continuation")
            name, text = self._attributes[-1]
            self._attributes[-1] = (name, f"{text} {fields.get('text', '')}".strip())

    def skip(self, line: Line) -> RouteEntry | None:
        if line.text[:1] == "\t" or line.code in routes.DETAILS:
            return None
        # What stood here may have been a row: rows below without a prefix would take a wrong one.
        whole = self.end()
        self._prefix = ""
        return whole

    def _begin(self, prefix: str, row: _Row) -> RouteEntry | None:
        whole = self.end()
        self._prefix = prefix
        self._row = row
        return whole

    def end(self) -> RouteEntry | None:
        row = self._row
        if row is None:
            return None
        kind, protocol, next_hops, *others = row
        next_hops = next_hops or tuple(self._next_hops)
        attributes = tuple([_attribute(name, text) for name, text in self._attributes])
        values = (kind, protocol, next_hops, *others, self._type, attributes)
        route = RouteEntry(self._prefix, *values)
        self._row = None
        self._next_hops = []
        self._type = None
        self._attributes = []
        return route


def _row(row: Fields) -> _Row:
    """What a row says of its route but for the prefix, in the order of :class:`RouteEntry`."""
    return (
        row.get("kind") or ("via" if "gateway" in row else "dev"),
        row["protocol"],
        _next_hops(row),
        row.get("time", "").strip(),
        row.get("received_from", ""),
        "flag" in row,
        row.get("flag") == " !",
        int(row.get("preference") or row["ospf_preference"]),
        "suppressed" in row,
        "stale" in row,
        _metric(row.get("metric") or row.get("ospf_metric")),
        number(row.get("origin_as")),
        row.get("origin", ""),
        row.get("ospf_type", ""),
        number(row.get("second_metric")),
        row.get("tag") or row.get("ospf_tag", ""),
        row.get("babel_router") or row.get("ospf_router", ""),
    )


def _next_hops(row: Fields) -> tuple[NextHop, ...]:
    if "gateway" in row:
        return (NextHop(row["gateway"], row["gateway_interface"]),)
    if "interface" in row:
        return (NextHop(interface=row["interface"]),)
    return ()


def _metric(text: str | None) -> int | Literal["-", "?"] | None:
    match text:
        case "-" | "?":
            return text
    return number(text)


@lru_cache(maxsize=4096)
def _attribute(name: str, text: str) -> Attribute:
    """An attribute with its value; text that is no such value stays text.

    The same few values stand on many routes, hence the cache.
    """
    whole = text.removesuffix(_CUT).rstrip()
    return Attribute(name, text, _value(name, whole), truncated=text.endswith(_CUT))


def _value(name: str, text: str) -> AttributeValue:
    # Only `show route all` has attributes: whoever does not ask for it need not wait for their grammar.
    from birdstatus.grammar.attributes import VALUES  # noqa: PLC0415

    grammar = VALUES.get(name)
    if grammar is None:
        if name.endswith(_UNKNOWN):
            return text
        return int(text) if text.isdecimal() and text.isascii() and len(text) <= 20 else text
    try:
        value: AttributeValue = grammar.parse_string(text)[0]
    except pp.ParseBaseException:
        return text
    return value
