"""A system clock that is set, forwards and back: what is a duration goes on by the monotonic one."""

from itertools import pairwise

import pytest

from reporter_bench import Bench, FakeApi, node_status_object

HOUR = 3600.0


@pytest.mark.parametrize("step", [-HOUR, HOUR, -0.5, -86400 * 400, 86400 * 400])
@pytest.mark.parametrize("period", [1, 10])
def test_a_clock_that_is_set_costs_no_period(
    caplog: pytest.LogCaptureFixture, step: float, period: int
) -> None:
    bench = Bench.of(caplog, FakeApi())
    bench.api.put(node_status_object(updatePeriodSeconds=period))
    bench.list()
    bench.run(25)
    before = len(bench.api.written)
    bench.clock.set_by = step
    bench.run(60)
    gaps = [
        later.time - earlier.time for earlier, later in pairwise(bench.api.written[before - 1 :])
    ]
    # A clock set back by half a second shows one second twice.
    assert max(gaps) <= period + 1.6
    assert len(gaps) >= 60 / period - 1
    # What is printed is the clock's time.
    last = bench.clock.at(bench.api.status()["lastUpdated"])
    assert abs(last - (bench.api.written[-1].time + step)) <= 1


@pytest.mark.parametrize("step", [-HOUR, HOUR])
def test_a_heartbeat_of_some_seconds_goes_on(caplog: pytest.LogCaptureFixture, step: float) -> None:
    """Row 9: it was silent for an hour."""
    bench = Bench.of(caplog, FakeApi(), heartbeat=3.0)
    bench.api.put(node_status_object(updatePeriodSeconds=1))
    bench.list()
    bench.run(30)
    assert 9 <= len(bench.api.written) <= 11
    bench.clock.set_by = step
    bench.run(30)
    assert 18 <= len(bench.api.written) <= 22


def test_a_heartbeat_counts_from_what_a_former_reporter_wrote(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bench = Bench.of(caplog, FakeApi(), heartbeat=60.0)
    bench.api.put(node_status_object(updatePeriodSeconds=1))
    bench.list()
    bench.run(10)
    (write,) = bench.api.written
    after = Bench.of(caplog, bench.api, heartbeat=60.0)
    after.clock.seconds = bench.clock.seconds
    after.list()
    after.run(write.time + 58 - after.clock.seconds)
    assert len(bench.api.written) == 1
    after.run(4)
    assert len(bench.api.written) == 2


@pytest.mark.parametrize("step", [-HOUR, HOUR])
def test_a_daemon_that_dies_after_the_clock_was_set_is_told(
    caplog: pytest.LogCaptureFixture, step: float
) -> None:
    """Row 9: no Event for a dead daemon."""
    bench = Bench.of(caplog, FakeApi())
    bench.api.put(node_status_object(updatePeriodSeconds=1))
    bench.list()
    for _ in range(3):
        bench.silence(6)
        bench.run(10)
        bench.revive(6)
        bench.run(10)
    bench.clock.set_by = step
    bench.silence(6)
    bench.run(10)
    assert bench.reasons_of("BirdUnreachable") == 4


def test_events_of_a_daemon_that_comes_and_goes_are_bounded(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bench = Bench.of(caplog, FakeApi())
    bench.api.put(node_status_object(updatePeriodSeconds=1))
    bench.list()
    for number in range(300):
        bench.clock.set_by = -HOUR if number % 2 else 0.0
        bench.silence(6)
        bench.lanes.seconds["bird6"] = 0
        bench.run(1)
        bench.revive(6)
        bench.run(1)
    assert 100 <= len(bench.api.events) <= 100 + 600 / 12 + 1
