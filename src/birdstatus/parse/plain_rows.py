"""Rows as plain ``birdc`` prints them, made into what the control socket sends, so that blocks read them too.

::

    BIRD 1.6.8 ready.
    10.0.0.0/8         via ...            1007-10.0.0.0/8         via ...
    10.1.0.0/16        via ...    ->       10.1.0.0/16        via ...

Only a text that begins with a row, behind the greeting and the heading of a table at most, is looked
at; whatever else stands in it no block recognises, and the lines get it as it came.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from birdstatus.reply_codes import ReplyCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["PlainRows", "plain_rows_in", "without_marks"]

_CODE = b"%04d-" % ReplyCode.ROUTE_LIST
_HEAD = re.compile(
    rb"(?P<greeting>BIRD [^ \n]+ ready\.\n(?:Access restricted\n)?)?"
    rb"(?=(?:Table [^ \n]+:\n)?[0-9A-Fa-f]*[.:][0-9A-Fa-f.:]*/[0-9]{1,3} +"
    rb"(?:via|dev|blackhole|unreachable|prohibited|multipath|unicast|recursive) )"
)


class PlainRows(NamedTuple):
    """A text of rows: the greeting above them, if there is one, and the text below it."""

    greeting: bytes
    marked: Iterator[bytes]


def plain_rows_in(head: bytes, pieces: Iterable[bytes]) -> PlainRows | None:
    """The rows of a text, marked as the control socket does; ``None`` if it does not begin with any.

    ``head`` are its first bytes, ``pieces`` all the others.
    """
    found = _HEAD.match(head)
    if found is None:
        return None
    greeting = found["greeting"] or b""
    rows = chain((_CODE + head[found.end() :],), pieces)
    marked = (piece.replace(b"\n", b"\n ") for piece in rows)
    return PlainRows(greeting, marked)


def without_marks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The text as it was before, from a line on."""
    is_line_open = False
    for piece in pieces:
        text = piece
        if text and not is_line_open:
            text = text.removeprefix(_CODE) if text.startswith(_CODE) else text[1:]
        if piece:
            is_line_open = not piece.endswith(b"\n")
        yield text.replace(b"\n ", b"\n")
