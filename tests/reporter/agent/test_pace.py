"""When a status is worth a write: the bounds that all reporters of a cluster keep together."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporter.agent import pace
from reporter.agent.pace import ChangePace, is_heartbeat_due, seconds_between_changes
from reporter.agent.schedule import has_place_between
from reporter.kube.api import ApiError
from reporter_bench import Bench, FakeApi, node_status_object

OBJECTS = st.integers(1, 1_000_000)
SIZES = st.integers(1, 1 << 20)


@settings(max_examples=10)
@given(st.lists(st.uuids(), min_size=200, max_size=200, unique=True), st.integers(100, 5000))
def test_each_object_has_its_own_place(uids: list[object], seconds: int) -> None:
    """One place in each interval, and hardly two of many at one time."""
    moved = [
        [second for second in range(2 * seconds) if has_place_between(second - 1, second, seconds, str(uid))]
        for uid in uids[:5]
    ]  # fmt: skip
    assert all(later - earlier == seconds for earlier, later in moved)
    quarters = [0, 0, 0, 0]
    for uid in uids:
        for quarter in range(4):
            begin = quarter * seconds / 4
            quarters[quarter] += has_place_between(begin, begin + seconds / 4, seconds, str(uid))
    assert all(20 <= count <= 85 for count in quarters)


@pytest.mark.parametrize(
    ("heartbeat", "ago", "period", "objects", "is_due"),
    [
        (None, 10.0, 10, 5, True),
        (None, 10.0, 10, None, False),  # not counted yet
        (None, 1e9, 0, 1, False),
        (0.0, 1.0, 10, None, True),
        (60.0, 59.95, 10, 5000, True),
        (60.0, 59.0, 10, 5000, False),
        (float("inf"), 1e9, 10, 1, False),
        (0.0, 1e9, 0, 1, False),
    ],
)
def test_what_the_setting_says(
    heartbeat: float | None, ago: float, period: int, objects: int | None, *, is_due: bool
) -> None:
    assert is_heartbeat_due(heartbeat, ago, 1e9, "u", period, 100, objects) is is_due


def test_after_an_outage_there_is_no_storm() -> None:
    """Of a thousand objects that nobody wrote for a day, as many are due as ever."""
    due = sum(is_heartbeat_due(None, 86400.0, 1e9, f"u{i}", 10, 100, 1000) for i in range(1000))
    assert 20 <= due <= 80  # of the last minute, one in 1250 s each


@given(OBJECTS, SIZES)
def test_changes_are_late_by_a_bound_at_most(objects: int, size: int) -> None:
    seconds = seconds_between_changes(objects, size)
    assert 0 < seconds <= pace.LATEST
    if seconds < pace.LATEST:
        assert objects / seconds <= pace.MOST_WRITES * 1.000001
        assert objects * size / seconds <= pace.MOST_BYTES * 1.000001


def test_changes_in_a_row_are_written_at_once_and_then_at_a_distance() -> None:
    seconds = 0.0
    changes = ChangePace(lambda: seconds)
    written = []
    while seconds < 200:
        wait = changes.wait(2000, 100)
        if not wait:
            written.append(seconds)
        assert wait <= pace.LATEST
        seconds += 1
    assert written[:3] == [0, 1, 2]
    assert all(later - earlier == 20 for earlier, later in pairwise(written[3:]))
    # Of few objects, or as long as their number is not known, each change is written.
    assert not any(changes.wait(None, 100) for _ in range(pace.BURST - 1))


def bench_of(caplog: pytest.LogCaptureFixture, count: int | Exception) -> Bench:
    bench = Bench.of(caplog, FakeApi(count=count))
    bench.api.put(node_status_object())
    bench.list()
    return bench


def test_few_objects_show_every_period(caplog: pytest.LogCaptureFixture) -> None:
    bench = bench_of(caplog, 10)
    bench.run(101)
    assert 10 <= len(bench.api.written) <= 12
    assert bench.api.counted == 1


def test_many_objects_share_one_write_a_second_and_a_change_is_written_at_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bench = bench_of(caplog, 1000)
    bench.run(5000)
    # One in 1250 s, and the first report.
    assert 4 <= len(bench.api.written) <= 5
    moved = [write.time for write in bench.api.written[1:]]
    assert all(later - earlier == pytest.approx(1250, abs=10) for earlier, later in pairwise(moved))
    # Asked again after a thousand seconds, a quarter later at most.
    assert bench.api.counted == 4
    before = len(bench.api.written)
    bench.silence(6)
    bench.run(12)
    assert len(bench.api.written) == before + 1
    assert bench.api.status()["agent"]["birdV6"] == {"state": "NotReady"}


def test_a_daemon_that_flaps_in_a_large_cluster_is_told_of_at_a_distance(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bench = Bench.of(caplog, FakeApi(count=2000))
    bench.api.put(node_status_object(updatePeriodSeconds=1))
    bench.list()
    bench.run(5)
    flaps = 0
    before = len(bench.api.written)
    while flaps < 60:
        bench.silence(6)
        bench.lanes.seconds["bird6"] = 0.0
        bench.run(1)
        bench.revive(6)
        bench.run(1)
        flaps += 1
    assert len(bench.api.written) - before <= pace.BURST + 120 / 20
    # What is true at last is in the object a little later.
    bench.run(pace.LATEST)
    assert bench.api.status()["agent"]["birdV6"]["state"] == "Ready"


def test_a_change_that_is_held_back_does_not_wait_for_a_long_period(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bench = Bench.of(caplog, FakeApi(count=5000))
    bench.api.put(node_status_object(updatePeriodSeconds=86400))
    bench.list()
    bench.run(5)
    for number in range(6):
        bench.api.edit(spec={"classes": [("Agent", "BGP")[number % 2]]})
        bench.run(1)
    bench.run(pace.LATEST + 1)
    assert bench.api.status().keys() == {"bgp", "lastUpdated"}


def test_the_objects_cannot_be_counted(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing moves but changes; it is logged once, asked again ever more seldom, and heals."""
    bench = bench_of(caplog, ApiError(403, "cannot count caliconodestatuses (HTTP 403)"))
    bench.run(600)
    assert len(bench.api.written) == 1
    assert 7 <= bench.api.counted <= 9
    assert [record.getMessage() for record in bench.log].count(
        "cannot count caliconodestatuses (HTTP 403)"
    ) == 1
    bench.api.count = ValueError("a fault")
    bench.run(700)
    bench.api.count = 1
    bench.run(1000)
    assert len(bench.api.written) > 30
    assert bench.metric("birdstatus_internal_errors_total") >= 1


def test_other_heartbeats_need_no_count(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench.of(caplog, FakeApi(), heartbeat=0.0)
    bench.api.put(node_status_object())
    bench.list()
    bench.run(30)
    assert bench.api.counted == 0
