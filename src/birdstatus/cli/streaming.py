"""Records written as they are read: a table of any size in constant memory."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from birdstatus.cli.output import escaped
from birdstatus.parse import Command
from birdstatus.parse.api import record_batches
from birdstatus.parse.remembered import Remembered
from birdstatus.projection import family_of
from birdstatus.records import RouteEntry, document

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from birdstatus.errors import BirdParseError
    from birdstatus.parse.by_line import Record

__all__ = ["record_lines"]

# Routes of a table are alike but for their prefix, time and origin: what is between these is put in
# words once for all of them.
_Fields: TypeAlias = "tuple[object, ...]"
_TIME = RouteEntry._fields.index("time")
_ORIGIN_AS = RouteEntry._fields.index("origin_as")
_ATTRIBUTES = RouteEntry._fields.index("attributes")
_NETWORK_TYPE = RouteEntry._fields.index("network_type")
_NO_ROUTE = RouteEntry("", "", "")


def record_lines(chunks: Iterable[bytes], problems: list[BirdParseError]) -> Iterator[str]:
    """Lines of JSON, one for each record: its command, its family as far as it says that, and the record.

    The text is plain ASCII; whatever is not printable is escaped.
    """
    routes = _RouteLines()
    for command, _, records in record_batches(chunks, problems):
        if command is Command.ROUTES:
            yield "".join(
                [
                    routes.line(record)
                    if isinstance(record, RouteEntry)
                    else _line(command, record)
                    for record in records
                ]
            )
        else:
            for record in records:
                yield _line(command, record)


def _line(command: Command, record: Record) -> str:
    found = {"command": command.value, "family": family_of([record]), "record": document(record)}
    return escaped(json.dumps(found)) + "\n"


class _RouteLines:
    """Routes as lines of JSON, with what they have alike remembered."""

    def __init__(self) -> None:
        self._heads = [
            f'{{"command": "{Command.ROUTES.value}", "family": {family}, "record": {{"prefix": '
            for family in (4, 6)
        ]
        self._destinations: Remembered[_Fields, str] = Remembered(
            partial(map, partial(_members, 1))
        )
        self._times: Remembered[str, str] = Remembered(
            lambda times: [_members(_TIME, (time,)) for time in times]
        )
        self._ratings: Remembered[_Fields, str] = Remembered(
            partial(map, partial(_members, _TIME + 1))
        )
        self._origins: Remembered[_Fields, str] = Remembered(
            partial(map, partial(_members, _ORIGIN_AS + 1))
        )

    def line(self, route: RouteEntry) -> str:
        """The line of a route."""
        if route[_ATTRIBUTES] or route[_NETWORK_TYPE]:
            return _line(Command.ROUTES, route)
        prefix, origin_as = route[0], route[_ORIGIN_AS]
        number = "" if origin_as is None else f', "origin_as": {origin_as}'
        # A prefix is made of digits, letters, dots, colons and a slash.
        destination, time = self._destinations[route[1:_TIME]], self._times[route.time]
        rating, origin = (
            self._ratings[route[_TIME + 1 : _ORIGIN_AS]],
            self._origins[route[_ORIGIN_AS + 1 :]],
        )
        return f'{self._heads[":" in prefix]}"{prefix}"{destination}{time}{rating}{number}{origin}}}}}\n'


def _members(first: int, fields: tuple[object, ...]) -> str:
    """Some fields of a route, from the one in that place on, as members of a JSON object."""
    end = first + len(fields)
    names = RouteEntry._fields[first:end]
    found = document(RouteEntry._make((*_NO_ROUTE[:first], *fields, *_NO_ROUTE[end:])))
    shown = {name: found[name] for name in names if name in found}
    return escaped("".join(f", {json.dumps(name)}: {json.dumps(shown[name])}" for name in shown))
