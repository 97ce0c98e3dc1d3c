"""Routes as Arrow record batches, for Parquet, pandas, DuckDB and the like: the extra ``birdstatus[arrow]``.

A table of any size passes in constant memory: batches are made as the text is read.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from birdstatus.parse import iter_routes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from birdstatus.errors import BirdParseError
    from birdstatus.records import RouteEntry

__all__ = ["SCHEMA", "route_batches"]

# Routes in a batch: some 10 MB of them.
ROWS = 1 << 16

_NEXT_HOP = pa.struct(
    [("gateway", pa.string()), ("interface", pa.string()), ("weight", pa.int32())]
)
#: The columns, with the names of :class:`~birdstatus.records.RouteEntry`; what BIRD did not print is null.
#: ``metric`` is null for ``-`` and ``?`` too. Attributes are BIRD's own texts, by name.
SCHEMA: Any = pa.schema(
    [
        ("prefix", pa.string()),
        ("kind", pa.string()),
        ("protocol", pa.string()),
        ("next_hops", pa.list_(_NEXT_HOP)),
        ("time", pa.string()),
        ("received_from", pa.string()),
        ("primary", pa.bool_()),
        ("sync_error", pa.bool_()),
        ("preference", pa.int32()),
        ("metric", pa.int64()),
        ("origin_as", pa.int64()),
        ("table", pa.string()),
        ("network_type", pa.string()),
        ("attributes", pa.map_(pa.string(), pa.string())),
    ]
)


def route_batches(
    data: str | bytes | Iterable[str | bytes],
    diagnostics: list[BirdParseError] | None = None,
    *,
    rows: int = ROWS,
) -> Iterator[Any]:
    """Record batches of :data:`SCHEMA`, of at most so many routes each, in BIRD's order.

    ``data`` and ``diagnostics`` are as for :func:`~birdstatus.parse.iter_routes`. Memory is that of one batch.

    Raises:
        BirdParseError: without ``diagnostics``: at the first text that is no answer to ``show route``.
    """
    routes = iter_routes(data, diagnostics)
    while part := list(islice(routes, rows)):
        yield pa.RecordBatch.from_arrays(
            [pa.array(_column(field.name, part), field.type) for field in SCHEMA], schema=SCHEMA
        )


def _column(name: str, routes: Sequence[RouteEntry]) -> list[Any]:
    if name == "next_hops":
        hops = ("gateway", "interface", "weight")
        return [
            [{key: getattr(hop, key) or None for key in hops} for hop in route.next_hops]
            for route in routes
        ]
    if name == "attributes":
        return [
            [(attribute.name, attribute.text) for attribute in route.attributes] for route in routes
        ]
    values = [getattr(route, name) for route in routes]
    if name == "metric":
        return [value if isinstance(value, int) else None for value in values]
    return [None if value == "" else value for value in values]
