"""An API server that hangs, fails or is slow, as the loop sees it, on a virtual clock."""

import pytest

from reporter.kube.api import ApiError
from reporter_bench import Bench, FakeApi, node_status_object

NAMES = [f"object-{number}" for number in range(15)]


@pytest.fixture
def bench(caplog: pytest.LogCaptureFixture) -> Bench:
    bench = Bench.of(caplog, FakeApi())
    for name in NAMES:
        bench.api.put(node_status_object(name, uid=name, updatePeriodSeconds=10))
    bench.list()
    bench.run(20)
    return bench


def test_five_minutes_of_silence(bench: Bench) -> None:
    """Row 10: every call hangs for its whole --api-timeout."""
    assert bench.reporter.ready
    bench.api.error = ApiError(0, "cannot write: no answer within 10 s")
    bench.lanes.seconds = {"api": 10.0, "events": 10.0}
    healthy = 0
    for _ in range(300):
        bench.run(1)
        healthy += bench.reporter.seconds_since_turn <= 5
    assert healthy == 300
    assert not bench.reporter.ready
    assert bench.reporter.not_ready_because == "cannot write: no answer within 10 s"
    # All objects are tried, four at a time, and each is logged once.
    assert 100 <= bench.api.tries - 45 <= 4 * 31
    assert len(bench.log) == len(NAMES)
    assert bench.metric('birdstatus_status_write_errors_total{code="unreachable"}') >= 100

    bench.api.error = None
    bench.lanes.seconds = {}
    back = bench.clock.seconds
    bench.run(20)
    late = {name for name in NAMES if bench.writes(name)[-1].time < back}
    assert late == set()
    assert bench.reporter.ready


def test_what_one_object_does_wrong_says_nothing_of_readiness(bench: Bench) -> None:
    bench.api.error = ApiError(422, "invalid")
    bench.run(20)
    assert bench.reporter.ready


def test_not_ready_before_the_first_list(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench.of(caplog, FakeApi())
    assert bench.reporter.not_ready_because == "CalicoNodeStatus not listed yet"
    bench.list()
    assert bench.reporter.ready


def test_a_slow_api_does_not_hold_up_bird(bench: Bench) -> None:
    bench.lanes.seconds = {"api": 9.0, "events": 9.0}
    begun = bench.clock.seconds
    bench.run(60)
    asked = [time for time in bench.lanes.begun_at("bird4") if time > begun]
    assert len(asked) >= 6
    # Two API calls of nine seconds for each object and minute are all that there is room for.
    assert all(len(bench.writes(name)) >= 2 for name in NAMES)


def test_an_event_lane_that_hangs_holds_up_no_report(bench: Bench) -> None:
    bench.lanes.seconds = {"events": 60.0}
    bench.silence(6)
    begun = bench.clock.seconds
    bench.run(60)
    for name in NAMES:
        assert len([write for write in bench.writes(name) if write.time > begun]) >= 5


def test_a_write_that_is_refused_is_told_and_resolved_once(bench: Bench) -> None:
    bench.api.error = ApiError(422, "status.agent: invalid")
    bench.run(30)
    bench.api.error = None
    bench.run(30)
    assert bench.reasons_of("WriteRefused") == len(NAMES)
    assert bench.reasons_of("WriteRefusedResolved") == len(NAMES)


def test_an_answer_without_metadata_is_survived(bench: Bench) -> None:
    """The next write meets a conflict, reads the object and goes on."""
    patch = bench.api.patch_status
    bench.api.patch_status = lambda *call, **kind: {**patch(*call, **kind), "metadata": None}  # type: ignore[method-assign]
    bench.is_watching = False
    bench.run(60)
    assert all(len(bench.writes(name)) >= 6 for name in NAMES)
    assert bench.metric("birdstatus_internal_errors_total") == 0
