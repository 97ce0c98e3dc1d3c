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

# A byte that is in no UTF-8 stands for each that differs.
_MARK = b"\xff"
_MARKED = _CHARACTERS.replace("0-9", r"0-9\xff")
# The time of a row in which bytes may be marked: behind `[` and a name.
_MARKED_TIME = re.compile(rf"\[[^][ \n\xff]++ ({_MARKED}){_AFTER}".encode("latin-1"))
_DIFFERS = b"\0" + _MARK * 255
_DIGITS_ALIKE = bytes.maketrans(b"123456789", b"000000000")


def without_times(text: str) -> str:
    """A text without the times of its rows."""
    return _TIME.sub(" ", text)


def differ_in_times_only(reply: bytes, other: bytes) -> bool:
    """Whether two replies are the same but for digits in the times of rows.

    ``False`` may mean that they could not be told apart so. Costs a third of reading one of them: what is
    done for each byte is done on all of them at once.
    """
    size = len(reply)
    if size != len(other) or _MARK in reply:
        return False
    if reply.translate(_DIGITS_ALIKE) != other.translate(_DIGITS_ALIKE):
        return False
    ours, theirs = int.from_bytes(reply, "little"), int.from_bytes(other, "little")
    marks = (ours ^ theirs).to_bytes(size, "little").translate(_DIFFERS)
    marked = (ours | int.from_bytes(marks, "little")).to_bytes(size, "little")
    return b"".join(_MARKED_TIME.findall(marked)).count(_MARK) == marks.count(_MARK)
