"""Times in replies to ``show route``, which are not published: two replies may differ in nothing else.

An idle daemon shows every time as one of two seconds (see :func:`birdstatus.times.is_same_time`), and
a session that flaps gives all its routes a new one.
"""

from __future__ import annotations

import re

__all__ = ["differ_in_times_only", "without_times"]

# No longer than the grammar's times.
_CHARACTERS = "[0-9][-0-9:.]{0,14}+(?: [0-9][-0-9:.]{0,14}+)?+"
# What follows a time: `]` and what can follow that, or an address.
_AFTER = r"(?=\] [*!(IE]| from )"

# A time where a row has its time. An interface may have such a name too, but ``[`` follows it; an
# address may follow ``from``.
_TIME = re.compile(rf" (?<!from ){_CHARACTERS}{_AFTER}")

# A byte that BIRD prints nowhere stands for each that differs.
_MARK = 1
_MARKED = _CHARACTERS.replace("0-9", r"0-9\x01")
# All of a text, if every mark in it is in the time of a row: behind `[` and a name.
_ONLY_TIMES = re.compile(
    rf"(?:[^\x01\[]*+\[(?:[^][ \x01\n]++ {_MARKED}{_AFTER})?+)*+[^\x01\[]*+".encode()
)
_DIFFERS = bytes([0]) + b"\xff" * 255
_MARKS = bytes([_MARK])
_DIGITS = b"0123456789"


def without_times(text: str) -> str:
    """A text without the times of its rows."""
    return _TIME.sub(" ", text)


def differ_in_times_only(reply: bytes, other: bytes) -> bool:
    """Whether two replies are the same but for digits in the times of rows.

    ``False`` may mean that they could not be told apart so. Costs a tenth of reading one of them: what
    is done for each byte is done on all of them at once.
    """
    size = len(reply)
    if size != len(other) or _MARKS in reply:
        return False
    ours, theirs = int.from_bytes(reply, "little"), int.from_bytes(other, "little")
    mask = int.from_bytes((ours ^ theirs).to_bytes(size, "little").translate(_DIFFERS), "little")
    differing = ((ours & mask).to_bytes(size, "little"), (theirs & mask).to_bytes(size, "little"))
    if any(text.strip(b"\0").translate(None, b"\0" + _DIGITS) for text in differing):
        return False
    marks = int.from_bytes(_MARKS * size, "little")
    marked = (ours & ~mask | marks & mask).to_bytes(size, "little")
    return _ONLY_TIMES.fullmatch(marked) is not None
