"""``show route [all]``: a row, its next hops and its attributes, as one record.

The functions say what the fields of a line become. Both roads call them: the assembler here for one
line after the other, :mod:`~birdstatus.parse.route_blocks` for what many rows have alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

from birdstatus.grammar.bird1 import routes
from birdstatus.grammar.patterns import Expectation, pattern
from birdstatus.parse.assembler import Assembler
from birdstatus.parse.dialect import Command, scanners_for
from birdstatus.records import NextHop, RouteEntry, RouteType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Literal

    import pyparsing as pp

    from birdstatus.framing import Line
    from birdstatus.grammar.patterns import Fields, Scanner
    from birdstatus.records import Attribute

__all__ = [
    "Destination",
    "Rating",
    "RouteAssembler",
    "attributes",
    "continued",
    "destination",
    "next_hop",
    "rating",
    "route_entry",
    "route_type",
]


class Destination(NamedTuple):
    """What a row says of where its route leads."""

    kind: str
    next_hops: tuple[NextHop, ...]


class Rating(NamedTuple):
    """What the end of a row says of its route, but for BGP's origin."""

    preference: int
    suppressed: bool
    stale: bool
    metric: int | Literal["-", "?"] | None
    ospf_type: str
    second_metric: int | None
    tag: str
    source_router: str


def destination(
    gateway: str = "", gateway_interface: str = "", interface: str = "", kind: str = ""
) -> Destination:
    """A destination from the fields of ``WHERE``."""
    if gateway:
        return Destination("via", (NextHop(gateway, gateway_interface),))
    if interface:
        return Destination("dev", (NextHop("", interface),))
    return Destination(kind, ())


def rating(  # noqa: PLR0913 - the fields of a production
    *,
    preference: str = "",
    suppressed: str = "",
    stale: str = "",
    metric: str = "",
    tag: str = "",
    babel_router: str = "",
    ospf_type: str = "",
    ospf_preference: str = "",
    ospf_metric: str = "",
    second_metric: str = "",
    ospf_tag: str = "",
    ospf_router: str = "",
) -> Rating:
    """A rating from the fields of ``RATING``, but for BGP's origin."""
    return Rating(
        int(preference or ospf_preference),
        suppressed != "",
        stale != "",
        _metric(metric or ospf_metric),
        ospf_type,
        int(second_metric) if second_metric else None,
        tag or ospf_tag,
        babel_router or ospf_router,
    )


def _metric(text: str) -> int | Literal["-", "?"] | None:
    match text:
        case "-" | "?":
            return text
    return int(text) if text else None


def next_hop(gateway: str = "", interface: str = "", weight: str = "") -> NextHop:
    """A next hop that stands on a line of its own."""
    return NextHop(gateway, interface, int(weight) if weight else None)


def route_type(source: str, cast: str, scope: str) -> RouteType:
    """A route's type, with ``all``."""
    return RouteType(source, cast, scope)


def route_entry(  # noqa: PLR0913, PLR0917 - the columns of many routes
    prefix: str,
    where: Destination,
    protocol: str,
    time: str,
    received_from: str,
    flag: str,
    rated: Rating,
    origin_as: str,
    origin: str,
    below: tuple[NextHop, ...],
    kind: RouteType | None,
    attributes: tuple[Attribute, ...],
) -> RouteEntry:
    """A route from what its row says, ``below`` and the others from the lines under it."""
    preference, suppressed, stale, metric, ospf_type, second_metric, tag, router = rated
    # Without a keyword for each field, in half the time: a test holds the two orders together.
    values = (
        prefix,
        where[0],
        protocol,
        where[1] or below,
        time.strip(),
        received_from,
        flag != "",
        flag == " !",
        preference,
        suppressed,
        stale,
        metric,
        int(origin_as) if origin_as else None,
        origin,
        ospf_type,
        second_metric,
        tag,
        router,
        kind,
        attributes,
    )
    return tuple.__new__(RouteEntry, values)


def attributes(found: Sequence[tuple[str, str]]) -> list[Attribute]:
    """Attributes from their names and texts: see :func:`birdstatus.parse.attributes.attributes`."""
    # Only `show route all` has attributes: nobody else need wait for their grammar.
    from birdstatus.parse import attributes as of_routes  # noqa: PLC0415

    return of_routes.attributes(found)


class RouteAssembler(Assembler[RouteEntry]):
    """``show route [all]``: a row, its next hops, and with ``all`` its type and attributes."""

    SCANNERS: ClassVar[Mapping[int | None, Scanner]] = scanners_for(Command.ROUTES)

    def __init__(self) -> None:
        self._prefix = ""
        self._row: Fields | None = None
        self._next_hops: list[NextHop] = []
        self._type: RouteType | None = None
        self._attributes: list[tuple[str, str]] = []

    def add(self, line: Line) -> RouteEntry | None:
        production, fields = self.scan(line)
        if production is not routes.ROW:
            self._add_detail(production, fields)
            return None
        if "prefix" not in fields and not self._prefix:
            raise Expectation("a prefix, as no readable row above has one")
        whole = self.end()
        self._prefix = fields.get("prefix", self._prefix)
        self._row = fields
        return whole

    def _add_detail(self, production: pp.ParserElement, fields: Fields) -> None:
        if self._row is None:
            raise Expectation("a route row above its details")
        if production is routes.NEXT_HOP_LINE:
            self._next_hops.append(next_hop(**fields))
        elif production is routes.TYPE_LINE:
            if self._type is not None:
                raise Expectation("a route's type only once")
            self._type = route_type(**fields)
        elif production is routes.ATTRIBUTE_LINE:
            self._attributes.append((fields["name"], fields.get("text", "")))
        else:
            if not self._attributes:
                raise Expectation("a route attribute above its continuation")
            name, text = self._attributes[-1]
            self._attributes[-1] = (name, continued(text, fields.get("text", "")))

    def skip(self, line: Line) -> RouteEntry | None:
        if line.text[:1] == "\t" or line.code in routes.DETAILS:
            return None
        # What stood here may have been a row: rows below without a prefix would take a wrong one.
        whole = self.end()
        self._prefix = ""
        return whole

    def end(self) -> RouteEntry | None:
        row = self._row
        if row is None:
            return None
        route = route_entry(
            self._prefix,
            destination(**_part(row, routes.WHERE)),
            row["protocol"],
            row.get("time", ""),
            row.get("received_from", ""),
            row.get("flag", ""),
            rating(**_part(row, routes.RATING, but=("origin_as", "origin"))),
            row.get("origin_as", ""),
            row.get("origin", ""),
            tuple(self._next_hops),
            self._type,
            tuple(attributes(self._attributes)) if self._attributes else (),
        )
        self._row = None
        self._next_hops = []
        self._type = None
        self._attributes = []
        return route


def _part(row: Fields, production: pp.ParserElement, but: tuple[str, ...] = ()) -> dict[str, str]:
    """The fields of a row that stand in this part of it."""
    names = pattern(production).groupindex
    return {name: row[name] for name in names if name in row and name not in but}


def continued(text: str, more: str) -> str:
    """The text of an attribute with that of a line that continues it."""
    return f"{text} {more}".strip()
