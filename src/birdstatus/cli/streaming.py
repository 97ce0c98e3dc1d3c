"""Records written as they are read: a table of any size in constant memory."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from birdstatus.parse import Command, iter_records
from birdstatus.projection import family_of
from birdstatus.records import document

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from birdstatus.errors import BirdParseError
    from birdstatus.parse.by_line import Record

__all__ = ["record_lines"]

# Rows of a table are alike but for their prefix; so many different rests are kept as JSON.
MAX_RESTS = 4096


def record_lines(chunks: Iterable[bytes], problems: list[BirdParseError]) -> Iterator[str]:
    """A line of JSON for each record: its command, its family as far as it says that, and the record.

    The text is plain ASCII; whatever is not printable is escaped.
    """
    rests: dict[tuple[object, ...], str] = {}
    heads = {
        family: f'{{"command": "{Command.ROUTES.value}", "family": {family}, "record": {{"prefix": '
        for family in (4, 6)
    }
    for command, record in iter_records(chunks, problems):
        if command is not Command.ROUTES:
            yield _line(command, record)
            continue
        prefix, *others = record
        key = tuple(others)
        rest = rests.get(key)
        if rest is None:
            if len(rests) >= MAX_RESTS:
                rests.clear()
            text = _escaped(json.dumps(document(record)))
            rest = rests[key] = text[text.index(",") :] + "}\n"
        # A prefix is made of digits, letters, dots, colons and a slash.
        yield f'{heads[6 if ":" in prefix else 4]}"{prefix}"{rest}'


def _line(command: Command, record: Record) -> str:
    found = {"command": command.value, "family": family_of([record]), "record": document(record)}
    return _escaped(json.dumps(found)) + "\n"


def _escaped(text: str) -> str:
    # JSON escapes what a terminal acts on, but for the delete character.
    return text.replace("\x7f", "\\u007f")
