"""What the fields of routes become, many at once: the conversions that both roads call.

The fields of rows are given by the column, one text for each row and empty where a row has no such
field; a column of empty texts may be left out. :mod:`~birdstatus.parse.routes` gives columns of a
single row, :mod:`~birdstatus.parse.route_blocks` those of a thousand.
"""

from __future__ import annotations

import re
from itertools import repeat
from typing import TYPE_CHECKING, TypeVar

from birdstatus.records import NextHop, RouteEntry, RouteIdentifiers, RouteType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from birdstatus.records import Attribute

__all__ = [
    "continued",
    "identifiers",
    "may_stand_together",
    "next_hops",
    "route_entries",
    "route_type",
]

RecordT = TypeVar("RecordT", NextHop, RouteEntry)

# What no row has.
NONE: Iterable[tuple[()]] = repeat(())
UNKNOWN: Iterable[None] = repeat(None)

_LABEL = re.compile("[0-9]+")


def next_hops(fields: Mapping[str, Sequence[str]]) -> list[NextHop]:
    """Next hops from the fields of their lines, or of rows that name a single one."""
    columns: dict[str, Iterable[object]] = {
        "gateway": _texts(fields, "gateway"),
        "interface": _texts(fields, "gateway_interface", "interface"),
        "weight": _values(fields, "weight", to=int),
        "mpls": _values(fields, "mpls", to=_labels, absent=()),
        "onlink": _values(fields, "onlink", to=bool, absent=False),
        "table": _texts(fields, "resolved_in"),
        "link_local": _texts(fields, "link_local"),
    }
    return _records(NextHop, columns, fields)


def may_stand_together(hops: Sequence[NextHop]) -> bool:
    """Whether these can be the next hops of one route: of several each has a weight (rt_show_rte).

    If not, the row between them was lost. Of a gateway without an interface BIRD 3 says nothing more
    (ea_show_nexthop_list).
    """
    return len(hops) < 2 or all(hop.weight is not None or not hop.interface for hop in hops)


def route_type(source: str, scope: str, cast: str = "") -> RouteType:
    """A route's type, with ``all``."""
    return RouteType(source, cast, scope)


def identifiers(private_id: str, global_id: str, stale_cycle: str, id: str) -> RouteIdentifiers:  # noqa: A002 - the fields of a production
    """BIRD 3's own numbers of a route."""
    return RouteIdentifiers(int(private_id), int(global_id), int(stale_cycle), int(id))


def route_entries(  # noqa: PLR0913 - what stands below a row
    fields: Mapping[str, Sequence[str]],
    *,
    hops: Iterable[tuple[NextHop, ...]] = NONE,
    types: Iterable[RouteType | None] = UNKNOWN,
    attributes: Iterable[tuple[Attribute, ...]] = NONE,
    numbers: Iterable[RouteIdentifiers | None] = UNKNOWN,
    table: str = "",
    network_type: str = "",
    mpls_label: int | None = None,
) -> list[RouteEntry]:
    """Routes from the fields of their rows, with a prefix each, and from the lines below them."""
    columns: dict[str, Iterable[object]] = {
        "prefix": fields["prefix"],
        "kind": _kinds(fields),
        "protocol": fields["protocol"],
        "next_hops": hops,
        "time": map(str.strip, _texts(fields, "time")),
        "received_from": _texts(fields, "received_from"),
        "primary": _values(fields, "flag", to=bool, absent=False),
        "sync_error": _values(fields, "flag", to=" !".__eq__, absent=False),
        "preference": _values(fields, "preference", "ospf_preference", "bridge_preference", to=int),
        "suppressed": _values(fields, "suppressed", to=bool, absent=False),
        "stale": _values(fields, "stale", to=bool, absent=False),
        "metric": _metrics(fields),
        "origin_as": _values(fields, "origin_as", to=int),
        "origin": _texts(fields, "origin"),
        "ospf_type": _texts(fields, "ospf_type"),
        "second_metric": _values(fields, "second_metric", to=int),
        "tag": _texts(fields, "tag", "ospf_tag"),
        "source_router": _texts(fields, "babel_router", "ospf_router"),
        "type": types,
        "attributes": attributes,
        "table": repeat(table),
        "network_type": repeat(network_type),
        "mpls_label": repeat(mpls_label),
        "identifiers": numbers,
        "bridge_source": _texts(fields, "bridge_source"),
    }
    return _records(RouteEntry, columns, fields)


def _kinds(fields: Mapping[str, Sequence[str]]) -> Iterable[str]:
    """How each row says where its route leads: of a next hop in the row, 1.6 has no word for it."""
    if not _column(fields, "gateway", "interface"):
        return _texts(fields, "kind")
    rows = zip(
        fields["prefix"],
        _texts(fields, "gateway"),
        _texts(fields, "interface"),
        _texts(fields, "kind"),
        strict=False,
    )
    return [
        "via" if gateway else "dev" if interface else kind for _, gateway, interface, kind in rows
    ]


def _metrics(fields: Mapping[str, Sequence[str]]) -> Iterable[object]:
    texts = _column(fields, "metric", "ospf_metric")
    if "-" in texts or "?" in texts:
        return [text if text in {"-", "?"} else int(text) if text else None for text in texts]
    return _values(fields, "metric", "ospf_metric", to=int)


def _labels(text: str) -> tuple[int, ...]:
    return tuple(map(int, _LABEL.findall(text)))


def _column(fields: Mapping[str, Sequence[str]], *names: str) -> Sequence[str]:
    """The texts of these fields, of which no row has two; empty if no row has any."""
    columns = [column for name in names if any(column := fields.get(name, ()))]
    return (
        list(map("".join, zip(*columns, strict=True)))
        if len(columns) > 1
        else next(iter(columns), ())
    )


def _texts(fields: Mapping[str, Sequence[str]], *names: str) -> Iterable[str]:
    return _column(fields, *names) or repeat("")


def _values(
    fields: Mapping[str, Sequence[str]],
    *names: str,
    to: Callable[[str], object],
    absent: object = None,
) -> Iterable[object]:
    texts = _column(fields, *names)
    if "" in texts:
        return [to(text) if text else absent for text in texts]
    return map(to, texts) if texts else repeat(absent)


def _records(
    kind: type[RecordT],
    columns: Mapping[str, Iterable[object]],
    fields: Mapping[str, Sequence[str]],
) -> list[RecordT]:
    """Records of the values of each field, as many as there are texts: a column may never end."""
    values = zip(*map(columns.__getitem__, kind._fields), strict=False)
    count = len(next(iter(fields.values())))
    # What the constructor of a named tuple calls, without the call of that.
    return list(map(tuple.__new__, repeat(kind, count), values))


def continued(text: str, more: str) -> str:
    """The text of an attribute with that of a line that continues it."""
    return f"{text} {more}".strip()
