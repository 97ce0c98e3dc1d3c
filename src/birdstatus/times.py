"""BIRD's times as aware datetimes.

BIRD prints local time without a zone (sysdep/unix/io.c: tm_format_datetime). With the default
formats a protocol's or a route's time is ``HH:MM:SS`` while it is younger than 20 hours, and
``YYYY-MM-DD`` after that; the daemon's own clock, from ``show status``, says which day the former
was. BIRD 2 and 3 print a fraction of the second as well, of three or six digits (``iso long ms``).
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import NamedTuple

__all__ = ["ResolvedTime", "is_same_time", "resolve_time"]

# `timeformat protocol` and `timeformat route` by default: the time of day up to this age.
TIME_OF_DAY_LIMIT = timedelta(hours=20)

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)

# iso long, and the formats of `timeformat ... "old"` and `"old short"` (conf/conf.c) that name a day.
_ISO_LONG = "%Y-%m-%d %H:%M:%S"
_TIME_OF_DAY = "%H:%M:%S"
_DATED = (_ISO_LONG, "%d-%m-%Y %H:%M:%S", "%Y-%m-%d", "%d-%m-%Y")

_FRACTION = re.compile(r"(?<=[0-9]:[0-9]{2})\.([0-9]{1,6})\Z")
# `timeformat ... "%s"`: seconds since 1970. Fewer digits are a year or anything else.
_EPOCH = re.compile(r"[0-9]{9,11}(\.[0-9]{1,6})?")


class ResolvedTime(NamedTuple):
    """An instant: ``at`` is the earliest that the text can mean; the event is at most ``precision`` later."""

    at: datetime
    precision: timedelta


def resolve_time(text: str, server_time: str, zone: tzinfo) -> ResolvedTime | None:
    """What BIRD's text means, given the daemon's ``Current server time`` and its time zone.

    Returns ``None`` where the text is in a format that does not tell: empty, cut, relative, or the
    operator's own. A time of day that comes twice, at the end of summer time, is taken as the first.
    """
    if _EPOCH.fullmatch(text):
        return ResolvedTime(datetime.fromtimestamp(float(text), UTC).astimezone(zone), _SECOND)
    for layout in _DATED:
        local = _parsed(text, layout)
        if local is not None:
            precision = _precision(text) if layout.endswith("S") else _DAY
            return ResolvedTime(local.replace(tzinfo=zone), precision)
    of_day, now = _parsed(text, _TIME_OF_DAY), _parsed(server_time, _ISO_LONG)
    if of_day is None or now is None:
        return None
    # The two were asked for one after the other: the event may seem to lie a second ahead.
    age = (now - datetime.combine(now.date(), of_day.time()) + _SECOND) % _DAY - _SECOND
    ends_of_calendar = (1, date.max.toordinal())
    if age > TIME_OF_DAY_LIMIT + _SECOND or now.toordinal() in ends_of_calendar:
        return None
    return ResolvedTime((now - age).replace(tzinfo=zone), _precision(text))


def is_same_time(one: str, other: str) -> bool:
    """Whether two texts of one daemon can mean one instant.

    BIRD takes a time as the difference of two clocks that count whole seconds, or milliseconds, so that
    the same instant is shown a little earlier or later from one answer to the next.
    """
    if one == other:
        return True
    if _EPOCH.fullmatch(one) and _EPOCH.fullmatch(other):
        return abs(float(one) - float(other)) <= 1
    for layout in (_TIME_OF_DAY, _ISO_LONG):
        first, second = _parsed(one, layout), _parsed(other, layout)
        if first is not None and second is not None:
            apart = abs(first - second)
            # A time of day may lie on the other side of midnight.
            return apart <= _SECOND or (layout == _TIME_OF_DAY and apart >= _DAY - _SECOND)
    return False


def _precision(text: str) -> timedelta:
    """How exact a time is that has seconds: to the last digit of their fraction."""
    fraction = _FRACTION.search(text)
    return timedelta(microseconds=10 ** (6 - len(fraction[1]))) if fraction else _SECOND


def _parsed(text: str, layout: str) -> datetime | None:
    fraction = _FRACTION.search(text) if layout.endswith("S") else None
    whole = text[: fraction.start()] if fraction else text
    try:
        parsed = datetime.strptime(whole, layout)  # noqa: DTZ007 - BIRD's local time, without a zone
    except ValueError:
        return None
    return parsed.replace(microsecond=int(fraction[1].ljust(6, "0"))) if fraction else parsed
