"""BIRD's times against the daemon's own clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from birdstatus.times import is_same_time, resolve_time

BERLIN = ZoneInfo("Europe/Berlin")
NOW = "2026-11-22 18:44:08"
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "iso", "precision"),
    [
        ("18:44:03", "2026-11-22T18:44:03+01:00", SECOND),
        ("18:44:09", "2026-11-22T18:44:09+01:00", SECOND),  # asked a second later
        ("22:50:00", "2026-11-21T22:50:00+01:00", SECOND),  # yesterday evening
        ("2026-11-21", "2026-11-21T00:00:00+01:00", DAY),
        ("2026-11-22 18:44:03", "2026-11-22T18:44:03+01:00", SECOND),
        ("22-11-2026 18:44:03", "2026-11-22T18:44:03+01:00", SECOND),
        ("07-02-2026", "2026-02-07T00:00:00+01:00", DAY),
        ("2026-07-01 12:00:00", "2026-07-01T12:00:00+02:00", SECOND),
        ("18:44:03.250", "2026-11-22T18:44:03.250000+01:00", timedelta(milliseconds=1)),
        ("18:44:03.250007", "2026-11-22T18:44:03.250007+01:00", timedelta(microseconds=1)),
        (
            "2026-11-22 18:44:03.250",
            "2026-11-22T18:44:03.250000+01:00",
            timedelta(milliseconds=1),
        ),
        ("1795366800", "2026-11-22T18:00:00+01:00", SECOND),
    ],
)
def test_known_formats(text: str, iso: str, precision: timedelta) -> None:
    resolved = resolve_time(text, NOW, BERLIN)
    assert resolved is not None
    assert (resolved.at.isoformat(), resolved.precision) == (iso, precision)


@pytest.mark.parametrize(
    "text",
    ["", "<too-long>", "Jun13", "2021", "18:44", "18:50:00", "25:00:00", "x", "18:44:03.", ".250"],
)
def test_what_does_not_tell(text: str) -> None:
    # 18:50:00 would be more than 20 hours ago: then BIRD prints the day.
    assert resolve_time(text, NOW, BERLIN) is None


def test_without_the_daemon_s_clock_a_time_of_day_does_not_tell() -> None:
    assert resolve_time("18:44:03", "", BERLIN) is None


@pytest.mark.parametrize("now", ["0001-01-01 00:00:00", "9999-12-31 23:59:59"])
def test_the_ends_of_the_calendar(now: str) -> None:
    for text in ("00:00:00", "23:59:59", "00:00:01", now):
        resolve_time(text, now, BERLIN)


@given(
    st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1)),  # noqa: DTZ001 - BIRD's local time
    st.timedeltas(timedelta(0), timedelta(hours=20)),
)
def test_any_time_of_day_is_found_again(now: datetime, age: timedelta) -> None:
    now = now.replace(microsecond=0)
    event = (now - age).replace(microsecond=0)
    resolved = resolve_time(event.strftime("%H:%M:%S"), f"{now:%Y-%m-%d %H:%M:%S}", ZoneInfo("UTC"))
    assert resolved is not None
    assert resolved.at.replace(tzinfo=None) == event


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("18:44:03", "18:44:03", True),
        ("18:44:03", "18:44:04", True),
        ("18:44:03", "18:44:05", False),
        ("23:59:59", "00:00:00", True),
        ("2026-11-22 23:59:59", "2026-11-23 00:00:00", True),
        ("2026-11-22 23:59:59", "2026-11-22 00:00:00", False),
        ("18:44:03", "2026-11-22", False),
        ("2026-11-22", "2026-11-23", False),
        ("Jun13", "Jun13", True),
        ("", "18:44:03", False),
        ("18:44:03.999", "18:44:04.001", True),
        ("18:44:03.250", "18:44:04.251", False),
        ("23:59:59.999", "00:00:00.001", True),
        ("23:59:58.999", "00:00:00.001", False),
        ("2026-11-22 23:59:59.999", "2026-11-23 00:00:00.002", True),
        ("1795366800", "1795366801", True),
        ("1795366800", "1795366802", False),
    ],
)
def test_the_same_instant_may_be_shown_a_second_off(one: str, other: str, *, same: bool) -> None:
    assert is_same_time(one, other) == same
    assert is_same_time(other, one) == same
