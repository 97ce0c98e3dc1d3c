"""What the reporter does when the API server refuses a write, conflicts or asks for rest.

With an API that does as it is told and a clock that the test moves: ten minutes pass in no time.
"""

import pytest

from reporter.kube.api import ApiError
from reporter.kube.resource import NodeStatusObject
from reporter.kube.watch import Seen
from reporter_bench import Bench, FakeApi, node_status_object

_seen = NodeStatusObject.from_document


@pytest.fixture
def bench(caplog: pytest.LogCaptureFixture) -> Bench:
    bench = Bench.of(caplog, FakeApi())
    bench.api.put(node_status_object())
    bench.list()
    return bench


def test_forbidden_for_ten_minutes(bench: Bench) -> None:
    """rke2#2584: no flood of lines, and a recovery within one period."""
    bench.run(20)
    written = len(bench.api.written)
    bench.api.error = ApiError(403, "cannot write: forbidden (HTTP 403)")
    bench.run(600)
    assert 60 <= bench.api.tries <= 80
    assert len(bench.log) < 10
    assert len(bench.api.written) == written
    bench.api.error = None
    bench.run(10)
    assert len(bench.api.written) > written
    assert len(bench.log) == 2


@pytest.mark.parametrize("status", [0, 401, 403, 422, 429, 500, 503])
def test_after_any_refusal_it_goes_on(bench: Bench, status: int) -> None:
    bench.api.error = ApiError(status, "no")
    bench.run(30)
    assert 2 <= bench.api.tries <= 10
    bench.api.error = None
    bench.run(10.5)
    assert bench.api.written
    assert len(bench.log) == 2
    refused = ["WriteRefused", "WriteRefusedResolved"]
    assert bench.api.reasons == (refused if status == 422 else [])


def test_retry_after_is_kept_to(bench: Bench) -> None:
    bench.api.error = ApiError(429, "too many requests", retry_after=60.0)
    bench.run(59)
    assert bench.api.tries == 1
    bench.api.error = None
    bench.run(2)
    assert len(bench.api.written) == 1


def test_a_short_retry_after_does_not_lengthen_the_wait(bench: Bench) -> None:
    """As an API server that starts: 503 with a second, again and again."""
    bench.api.error = ApiError(503, "starting", retry_after=1.0)
    bench.run(120)
    bench.api.error = None
    bench.run(10.5)
    assert bench.api.written


def test_a_conflict_is_read_and_the_new_spec_is_served(bench: Bench) -> None:
    bench.run(1)
    bench.is_watching = False
    bench.api.edit(spec={"classes": ["BGP"]})
    bench.run(11)
    assert bench.api.written[-1].status.keys() == {"bgp", "lastUpdated"}
    assert len(bench.log) == 0


def test_after_a_conflict_another_nodes_object_is_left_alone(bench: Bench) -> None:
    """W13: no two nodes overwrite one object."""
    bench.run(1)
    bench.is_watching = False
    bench.api.edit(spec={"node": "other"})
    tries = bench.api.tries
    bench.run(60)
    assert bench.api.tries == tries + 1
    assert len(bench.api.written) == 1


def test_an_object_that_is_gone_is_dropped(bench: Bench) -> None:
    bench.run(1)
    bench.is_watching = False
    bench.api.delete()
    tries = bench.api.tries
    bench.run(60)
    assert bench.api.tries == tries + 1


def test_a_delayed_watch_does_not_undo_what_was_written(bench: Bench) -> None:
    bench.run(25)
    writes = len(bench.api.written)
    bench.tell(Seen(_seen(node_status_object(version=2))))
    bench.run(10)
    # A heartbeat, not the whole status again.
    assert len(bench.api.written) == writes + 1
    assert bench.api.written[-1].changed == {"lastUpdated"}
    # Not taken for the object as it is, so that no write has to find out that it is not.
    assert bench.metric('birdstatus_status_write_errors_total{code="409"}') == 0
