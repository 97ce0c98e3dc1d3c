"""``show route [all]``: a row, its next hops and its attributes, as one record.

The functions say what the fields of a line become. Both roads call them: the assembler here for one
line after the other, :mod:`~birdstatus.parse.route_blocks` for what many rows have alike.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from birdstatus.grammar.bird1 import routes
from birdstatus.grammar.bird2 import routes as bird2
from birdstatus.grammar.bird3 import routes as bird3
from birdstatus.grammar.patterns import Expectation, pattern
from birdstatus.grammar.terminals import HIDDEN_ROW
from birdstatus.parse.assembler import Assembler
from birdstatus.parse.dialect import Command, scanners_for
from birdstatus.records import NextHop, RouteEntry, RouteIdentifiers, RouteType, TableCount

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
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
    "may_stand_together",
    "next_hop",
    "rating",
    "route_entry",
    "route_type",
]


# Sets look for the same object; a tuple would compare pyparsing elements by all they hold.
_ROWS = frozenset({routes.ROW, bird2.ROW, bird2.LABELLED_ROW, bird2.OTHER_ROW})
_NEXT_HOPS = frozenset({routes.NEXT_HOP_LINE, bird2.NEXT_HOP_LINE, bird3.HOST_ENTRY_LINE})
_TYPES = frozenset({routes.TYPE_LINE, bird2.TYPE_LINE})
_RATED = frozenset(
    {*pattern(routes.RATING).groupindex, *pattern(bird2.BRIDGE_INFO).groupindex}
).difference(("origin_as", "origin"))
_WHERE = ("gateway", "gateway_interface", "interface", "kind")

_LABEL = re.compile("[0-9]+")
_HIDDEN_ROW = re.compile(HIDDEN_ROW)


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
    bridge_source: str = ""


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
    bridge_source: str = "",
    bridge_preference: str = "",
) -> Rating:
    """A rating from the fields of ``RATING`` or ``BRIDGE_INFO``, but for BGP's origin."""
    return Rating(
        int(preference or ospf_preference or bridge_preference),
        suppressed != "",
        stale != "",
        _metric(metric or ospf_metric),
        ospf_type,
        int(second_metric) if second_metric else None,
        tag or ospf_tag,
        babel_router or ospf_router,
        bridge_source,
    )


def _metric(text: str) -> int | Literal["-", "?"] | None:
    match text:
        case "-" | "?":
            return text
    return int(text) if text else None


def next_hop(  # noqa: PLR0913 - the fields of a production
    *,
    gateway: str = "",
    gateway_interface: str = "",
    interface: str = "",
    weight: str = "",
    mpls: str = "",
    onlink: str = "",
    resolved_in: str = "",
    link_local: str = "",
) -> NextHop:
    """A next hop that stands on a line of its own."""
    return NextHop(
        gateway,
        gateway_interface or interface,
        int(weight) if weight else None,
        tuple(map(int, _LABEL.findall(mpls))) if mpls else (),
        onlink != "",
        resolved_in,
        link_local,
    )


def may_stand_together(hops: Sequence[NextHop]) -> bool:
    """Whether these can be the next hops of one route: of several each has a weight (rt_show_rte).

    If not, the row between them was lost. Of a gateway without an interface BIRD 3 says nothing more
    (ea_show_nexthop_list).
    """
    return len(hops) < 2 or all(hop.weight is not None or not hop.interface for hop in hops)


def route_type(source: str, scope: str, cast: str = "") -> RouteType:
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
    table: str = "",
    network_type: str = "",
    mpls_label: int | None = None,
    identifiers: RouteIdentifiers | None = None,
) -> RouteEntry:
    """A route from what its row says, ``below`` and the others from the lines under it."""
    preference, suppressed, stale, metric, ospf_type, second_metric, tag, router, bridge = rated
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
        table,
        network_type,
        mpls_label,
        identifiers,
        bridge,
    )
    return tuple.__new__(RouteEntry, values)


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
            hop = next_hop(**fields)
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
            self._identifiers = RouteIdentifiers._make(
                int(fields[name]) for name in ("private_id", "global_id", "stale_cycle", "id")
            )
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
        route = route_entry(
            network.prefix,
            destination(**_part(row, _WHERE)),
            row["protocol"],
            row.get("time", ""),
            row.get("received_from", ""),
            row.get("flag", ""),
            rating(**_part(row, _RATED)),
            row.get("origin_as", ""),
            row.get("origin", ""),
            tuple(self._next_hops),
            self._type,
            tuple(attributes(self._attributes)) if self._attributes else (),
            self.table,
            network.kind,
            network.mpls_label,
            self._identifiers,
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


def _part(row: Fields, names: Collection[str]) -> dict[str, str]:
    """Those of these fields that a row has."""
    return {name: row[name] for name in names if name in row}


def continued(text: str, more: str) -> str:
    """The text of an attribute with that of a line that continues it."""
    return f"{text} {more}".strip()
