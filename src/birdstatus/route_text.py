"""``show route`` as text: a reply without its times, and the networks in it.

For :class:`~birdstatus.poll.RouteReader`. Nothing is read here; what may be anything but
rows and their next hops is refused.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from birdstatus.grammar.patterns import pattern_of
from birdstatus.grammar.terminals import PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Network", "OddReplyError", "networks_in", "rows_in", "without_times"]

_FIRST = b"1007-"
_FINAL = b"0000 \n"

# So much is worked on together: what is made of it stays in the processor's cache.
CHUNK = 1 << 17


# A network's prefix, and its kind: all else that is shown of it, to its last line.
Network: TypeAlias = tuple[str, str]


class OddReplyError(Exception):
    """A reply that the whole grammar must see; it never leaves the library."""


def without_times(reply: bytes) -> str:
    """A reply's rows, without the times of day in them and without the line feed after the last.

    Raises:
        OddReplyError: there may be anything but rows.
    """
    if reply == _FINAL:
        return ""
    begins_and_ends = reply.startswith(_FIRST) and reply.endswith(b"\n" + _FINAL)
    if not begins_and_ends or not reply.isascii() or b"\r" in reply:
        raise OddReplyError
    end = len(reply) - len(_FINAL) - 1
    start = 0
    rows: list[str] = []
    while start < end:
        cut = reply.find(b"\n", start + CHUNK, end)
        following = end if cut < 0 else cut + 1
        rows.append(_time_pattern().sub(" ", reply[start:following].decode("ascii")))
        start = following
    return "".join(rows)


def rows_in(text: str) -> list[str]:
    """The networks in a text, each with all of its lines, as they stand there."""
    return _row_start().split(text) if text else []


def networks_in(text: str) -> Iterator[list[Network]]:
    """The networks in a text, as many at a time as are worked on together.

    Raises:
        OddReplyError: there is anything else in it.
    """
    start = 0
    while start < len(text):
        cut = _row_start().search(text, start + CHUNK)
        end, following = cut.span() if cut else (len(text), len(text))
        found = _network_pattern().findall(text, start, end)
        lines = text.count("\n", start, end) + 1
        if lines != len(found) and lines != sum(1 + kind.count("\n") for _, kind in found):
            raise OddReplyError
        yield found
        start = following


@cache
def _row_start() -> re.Pattern[str]:
    """The line feed before a network's first line: only that one begins with a prefix."""
    return re.compile(r"\n(?=(?:1007-| )[^ \t])")


@cache
def _network_pattern() -> re.Pattern[str]:
    """A network's lines. BIRD pads a prefix to 18 characters (nest/rt-table.c: rt_show_rte)."""
    further = r"\n(?:1007-| )[ \t][^\n]*"
    return re.compile(
        rf"^(?:1007-| )({pattern_of(PREFIX)}) {{1,20}}([^ \n][^\n]*(?:{further})*)$", re.MULTILINE
    )


@cache
def _time_pattern() -> re.Pattern[str]:
    """A time of day where a row has its time: before ``]`` and what can follow that, or ``from``.

    An interface may have such a name too, but ``[`` follows it.
    """
    return re.compile(r" [0-9]{2}:[0-9]{2}:[0-9]{2}(?=\] [*!(IE]| from )")
