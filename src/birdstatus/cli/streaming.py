"""Records written as they are read: a table of any size in constant memory."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, TypeAlias, TypeGuard

from birdstatus.cli.output import escaped
from birdstatus.parse import Command
from birdstatus.parse.api import record_batches
from birdstatus.parse.remembered import Remembered
from birdstatus.projection import family_of
from birdstatus.records import RouteEntry, document

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

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
            yield routes.lines(records)
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
        self._times: Remembered[object, str] = Remembered(
            lambda times: [_members(_TIME, (time,)) for time in times]
        )
        self._numbers: Remembered[object, str] = Remembered(
            lambda numbers: [_members(_ORIGIN_AS, (number,)) for number in numbers]
        )
        self._ratings: Remembered[_Fields, str] = Remembered(
            partial(map, partial(_members, _TIME + 1))
        )
        self._origins: Remembered[_Fields, str] = Remembered(
            partial(map, partial(_members, _ORIGIN_AS + 1))
        )

    def lines(self, records: Sequence[Record]) -> str:
        """The lines of records of routes."""
        plain = [record for record in records if _is_plain(record)]
        if len(plain) < len(records):
            return "".join(
                self.lines((record,)) if _is_plain(record) else _line(Command.ROUTES, record)
                for record in records
            )
        heads = self._heads
        # A prefix is made of digits, letters, dots, colons and a slash.
        return "".join(
            [
                f'{heads[":" in route[0]]}"{route[0]}"{destination}{time}{rating}{number}{origin}}}}}\n'
                for route, destination, time, rating, number, origin in zip(
                    plain,
                    self._destinations.of([route[1:_TIME] for route in plain]),
                    self._times.of([route[_TIME] for route in plain]),
                    self._ratings.of([route[_TIME + 1 : _ORIGIN_AS] for route in plain]),
                    self._numbers.of([route[_ORIGIN_AS] for route in plain]),
                    self._origins.of([route[_ORIGIN_AS + 1 :] for route in plain]),
                    strict=True,
                )
            ]
        )


def _is_plain(record: Record) -> TypeGuard[RouteEntry]:
    """Whether this is a route without attributes, which are each another, and to an IP prefix."""
    return isinstance(record, RouteEntry) and not (record[_ATTRIBUTES] or record[_NETWORK_TYPE])


def _members(first: int, fields: tuple[object, ...]) -> str:
    """Some fields of a route, from the one in that place on, as members of a JSON object."""
    end = first + len(fields)
    names = RouteEntry._fields[first:end]
    found = document(RouteEntry._make((*_NO_ROUTE[:first], *fields, *_NO_ROUTE[end:])))
    shown = {name: found[name] for name in names if name in found}
    return escaped("".join(f", {json.dumps(name)}: {json.dumps(shown[name])}" for name in shown))
