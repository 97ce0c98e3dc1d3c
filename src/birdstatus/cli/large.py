"""The published routes of a table that is too large to be held: sorted on disk, written as they come.

What is printed is what :mod:`birdstatus.cli.parse` prints of the same text. It takes a text that is a
single answer to ``show route``, as such large ones are; of any other the whole is read again.
"""

from __future__ import annotations

import json
import textwrap
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from birdstatus.cli.output import escaped, yaml_lines, yaml_scalar
from birdstatus.cli.sorting import SortedTexts
from birdstatus.errors import ProjectionError
from birdstatus.ordering import route_orders
from birdstatus.parse import Command
from birdstatus.parse.api import record_batches
from birdstatus.parse.remembered import Remembered
from birdstatus.projection import routes
from birdstatus.records import RouteEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from birdstatus.errors import BirdParseError
    from birdstatus.parse.by_line import Record
    from birdstatus.projection import Family

__all__ = ["FORMS", "LARGE", "Kept", "PublishedRoutes"]

# A text of more bytes than this is large: some hundred thousand routes.
LARGE = 8 << 20

_AT_ONCE = 1000
_MOST_IN_MEMORY = 1 << 20


class Form(NamedTuple):
    """How the published routes are written: what stands around each list, and a route."""

    begin: str
    begin_list: Callable[[Family, bool], str]
    between: str
    end_list: str
    end: str
    route: Callable[[dict[str, Any]], str]
    scalar: Callable[[str], str]


def _json_route(route: dict[str, Any]) -> str:
    return textwrap.indent(escaped(json.dumps(route, indent=2)), " " * 6)


def _yaml_route(route: dict[str, Any]) -> str:
    return "".join(f"  {line}\n" for line in yaml_lines([route]))


FORMS = {
    "json": Form(
        '{\n  "routes": {\n',
        lambda family, is_first: ("" if is_first else ",\n") + f'    "routesV{family}": [\n',
        ",\n",
        "\n    ]",
        "\n  }\n}\n",
        _json_route,
        '"{}"'.format,
    ),
    "yaml": Form(
        "routes:\n",
        lambda family, _: f"  routesV{family}:\n",
        "",
        "",
        "",
        _yaml_route,
        yaml_scalar,
    ),
}


_Key: TypeAlias = "tuple[tuple[Any, ...], tuple[bool, bool, bool], str, str]"


class Kept:
    """Chunks of a text that can be read again from the first one on, and is large or not."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._file = SpooledTemporaryFile(_MOST_IN_MEMORY)  # noqa: SIM115 - see close

    def is_large(self) -> bool:
        """Whether there are more than :data:`LARGE` bytes: as many are read."""
        size = 0
        for chunk in self._chunks:
            size += self._file.write(chunk)
            if size > LARGE:
                return True
        return False

    def __iter__(self) -> Iterator[bytes]:
        """The chunks: those that were read before, and the rest."""
        self._file.seek(0)
        while chunk := self._file.read(1 << 16):
            yield chunk
        for chunk in self._chunks:
            self._file.write(chunk)
            yield chunk

    def close(self) -> None:
        """Remove the file that holds what was read: nobody will ask for it again."""
        self._file.close()


class PublishedRoutes:
    """The routes of a text, sorted: what :func:`birdstatus.projection.routes` makes of all of them.

    What has no place among them is put into ``left_out``.
    """

    def __init__(self, form: Form, left_out: list[ProjectionError]) -> None:
        self._form = form
        self._left_out = left_out
        self._sorted = SortedTexts()
        self._texts: Remembered[_Key, list[tuple[bool, str, str]]] = Remembered(
            partial(map, self._around)
        )

    def read(self, chunks: Iterable[bytes], problems: list[BirdParseError]) -> bool:
        """Read a text; whether it is a single answer with routes to publish."""
        is_any = False
        for batch in record_batches(chunks, problems):
            if batch.command is not Command.ROUTES or batch.answer > 1:
                return False
            rows = list(self._published(batch.records))
            is_any = is_any or bool(rows)
            try:
                places = route_orders([row[0] for row in rows], [row[1] for row in rows])
            except ProjectionError:
                return False
            self._sorted.add(zip(places, [row[2] for row in rows], strict=True))
        return is_any

    def _published(self, records: Iterable[Record]) -> Iterator[tuple[str, bool, str]]:
        """The prefix of each entry, whether it is used, and its text."""
        scalar, texts = self._form.scalar, self._texts
        for record in records:
            if not isinstance(record, RouteEntry):
                continue
            prefix = record.prefix
            flags = (record.primary, record.sync_error, bool(record.origin))
            entries = texts[record[1:4], flags, record.table, record.network_type]
            if not entries:
                routes([record], (), self._left_out)
            for is_used, before, after in entries:
                yield prefix, is_used, f"{before}{scalar(prefix)}{after}"

    def _around(self, key: _Key) -> list[tuple[bool, str, str]]:
        """What stands around the prefix of a route, for each of its next hops."""
        (kind, protocol, hops), (primary, sync_error, is_bgp), table, network_type = key
        prefix = "192.0.2.0/24"
        entry = RouteEntry(
            prefix, kind, protocol, hops, primary=primary, sync_error=sync_error,
            origin="i" if is_bgp else "", table=table, network_type=network_type,
        )  # fmt: skip
        found = []
        for route in routes([entry]):
            text = self._form.route(route.model_dump(mode="json"))
            before, _, after = text.partition(self._form.scalar(prefix))
            found.append((route.type == "FIB", before, after))
        return found

    def texts(self) -> Iterator[str]:
        """The output, in pieces."""
        form = self._form
        yield form.begin
        family: Family | None = None
        piece: list[str] = []
        for place, text in self._sorted:
            of: Family = 4 if place.startswith("4") else 6
            if of != family:
                yield form.between.join(piece) + ("" if family is None else form.end_list)
                yield form.begin_list(of, family is None)
                family, piece = of, []
            piece.append(text)
            if len(piece) > _AT_ONCE:
                # The last is held back: something may stand behind it.
                yield form.between.join([*piece[:-1], ""])
                piece = piece[-1:]
        yield form.between.join(piece) + form.end_list + form.end

    def close(self) -> None:
        """Remove the files that hold the routes."""
        self._sorted.close()
