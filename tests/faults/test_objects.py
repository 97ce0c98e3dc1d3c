"""Objects that others edit, move, delete and write to: what becomes of a report in hand.

On a virtual clock.
"""

from itertools import pairwise
from typing import Any

import pytest

from reporter.kube.api import ApiError
from reporter.status.build import build_status
from reporter_bench import Bench, FakeApi, node_status_object, recorded_answers

SLOW = ApiError(0, "cannot write the status of a: no answer within 10 s")


@pytest.fixture
def bench(caplog: pytest.LogCaptureFixture) -> Bench:
    bench = Bench.of(caplog, FakeApi())
    bench.api.put(node_status_object(updatePeriodSeconds=1))
    bench.list()
    return bench


def _version(bench: Bench) -> Any:
    return bench.api.status()["agent"]["birdV4"].get("version")


def _change(bench: Bench, number: int) -> None:
    """Something that must be written."""
    answer = recorded_answers()[4]
    assert answer.report.status
    status = answer.report.status._replace(version=f"change {number}")
    bench.bird.answers[4] = type(answer)(type(answer.report)(status, (), ()))


def _others_edit(bench: Bench, every: float, seconds: float) -> None:
    for number in range(round(seconds / every)):
        bench.api.edit(metadata={"labels": {"number": str(number)}})
        bench.run(every)


@pytest.mark.parametrize("every", [0.5, 0.05])
@pytest.mark.parametrize("is_watching", [True, False])
def test_labels_edited_all_the_time_hold_up_no_report(
    bench: Bench, every: float, *, is_watching: bool
) -> None:
    """Row 4: BIRD takes 0.6 s, and somebody edits a label meanwhile."""
    bench.is_watching = is_watching
    bench.lanes.seconds = {"bird4": 0.6, "bird6": 0.6, "api": 0.03}
    bench.run(2)
    before = len(bench.api.written)
    _others_edit(bench, every, 20)
    assert len(bench.api.written) - before >= 19
    gaps = [later.time - earlier.time for earlier, later in pairwise(bench.api.written[before:])]
    assert max(gaps) <= 1.2
    assert bench.reasons_of("AnotherWriter") == 0
    assert bench.metric("birdstatus_objects_with_another_writer") == 0
    assert bench.log == []
    assert bench.api.objects["a"]["metadata"]["labels"] == {"number": str(round(20 / every) - 1)}


def test_an_object_that_is_changed_before_every_write_is_written_all_the_same(bench: Bench) -> None:
    """Faster than it can be read and written: the write names the object and no version."""
    bench.is_watching = False

    def edit(verb: str, name: str) -> None:
        if verb != "event":
            bench.api.edit(name, metadata={"labels": {"tries": str(bench.api.tries)}})

    bench.api.before = edit
    bench.run(60)
    assert len(bench.api.written) >= 60
    assert bench.reasons_of("WriteStarved") == bench.reasons_of("AnotherWriter") == 0
    assert bench.log == []


@pytest.mark.parametrize("change", ["node", "uid", "classes"])
def test_a_guarded_write_does_not_meet_another_object(bench: Bench, change: str) -> None:
    bench.is_watching = False
    moved = node_status_object(uid="other" if change == "uid" else "u", updatePeriodSeconds=1)
    if change != "uid":
        moved["spec"][change] = {"node": "another", "classes": ["BGP"]}[change]

    def edit(verb: str, name: str) -> None:
        if verb == "patch":
            bench.api.edit(name, metadata={"labels": {"tries": str(bench.api.tries)}})
        elif verb == "replace":
            bench.api.before = lambda verb, name: None  # noqa: ARG005
            bench.api.put(moved)

    bench.api.before = edit
    bench.run(3)
    if change == "node":
        assert bench.api.written == []
    elif change == "uid":
        assert len(bench.api.written) >= 3
    else:
        # Of the classes that were asked for until then; the next report has the new ones.
        assert bench.api.status().keys() == {"bgp", "lastUpdated"}
    assert bench.log == []


def test_an_object_whose_every_write_is_a_conflict_is_starved_and_that_is_said_once(
    bench: Bench,
) -> None:
    bench.run(2)
    written = len(bench.api.written)

    def conflict(verb: str, name: str) -> None:
        if verb in {"patch", "replace"}:
            raise ApiError(409, f"{name} has been modified")

    bench.api.before = conflict
    bench.run(60)
    assert len(bench.api.written) == written
    assert bench.metric("birdstatus_objects_starved") == 1
    assert bench.metric('birdstatus_status_write_errors_total{code="409"}') >= 60
    assert bench.reasons_of("WriteStarved") == 1
    (line,) = bench.log
    assert line.getMessage().startswith("the status of a cannot be written: others change")
    # Tried once a period, eight times at most: no flood.
    assert bench.api.tries <= 8 * 64
    assert bench.reporter.ready

    bench.api.before = lambda verb, name: None  # noqa: ARG005
    bench.run(1.2)
    assert len(bench.api.written) > written
    assert bench.metric("birdstatus_objects_starved") == 0
    assert bench.reasons_of("WriteStarvedResolved") == 1
    assert len(bench.log) == 2


@pytest.mark.parametrize("is_watching", [True, False])
@pytest.mark.parametrize("status", [0, 500, 504])
def test_an_own_write_whose_answer_is_lost_is_no_other_writer(
    bench: Bench, status: int, *, is_watching: bool
) -> None:
    """Row 5."""
    bench.is_watching = is_watching
    bench.run(1)
    lost = 0

    def lose(name: str) -> None:
        nonlocal lost
        lost += 1
        raise ApiError(status, f"cannot write the status of {name}: the connection was reset")

    for number in range(10):
        _change(bench, number)
        bench.api.after = lose
        bench.run(2)
        bench.api.after = lambda name: None  # noqa: ARG005
        bench.run(2)
        assert _version(bench) == f"change {number}"
    assert lost >= 10
    assert bench.reasons_of("AnotherWriter") == 0
    assert bench.metric("birdstatus_objects_with_another_writer") == 0


def test_the_same_without_field_managers(bench: Bench) -> None:
    """An API server that strips them says nothing of who wrote; what was sent is known all the same."""
    bench.api._manage = lambda document, manager, part: None  # type: ignore[method-assign]  # noqa: ARG005
    bench.run(1)

    def lose(name: str) -> None:
        raise ApiError(0, f"{name}: reset")

    for number in range(5):
        _change(bench, number)
        bench.api.after = lose
        bench.run(1)
        bench.api.edit(metadata={"labels": {"number": str(number)}})
        bench.api.after = lambda name: None  # noqa: ARG005
        bench.run(2)
    assert bench.reasons_of("AnotherWriter") == 0
    bench.api.edit(status={"agent": None})
    bench.run(3)
    assert bench.reasons_of("AnotherWriter") == 1


def test_calicos_reporter_beside_a_silent_daemon_keeps_nobody_from_writing(bench: Bench) -> None:
    """Row 4, its second half."""
    bench.run(2)
    bench.silence(6)
    before = len(bench.api.written)
    for number in range(10):
        theirs = {"agent": {"birdV4": {"state": "Ready", "version": f"theirs {number}"}}}
        bench.api.edit(manager="calico-node", status=theirs)
        bench.run(3)
        assert _version(bench) == "1.6.8"
    assert len(bench.api.written) - before >= 29
    assert bench.reasons_of("AnotherWriter") == 1
    assert bench.metric("birdstatus_objects_with_another_writer") == 1
    # They stop, and after some own writes that is noticed.
    bench.run(15)
    assert bench.metric("birdstatus_objects_with_another_writer") == 0
    assert bench.reasons_of("AnotherWriterResolved") == 1


def test_a_status_of_calicos_is_taken_over_whole(bench: Bench) -> None:
    bench.api.edit(
        manager="calico-node",
        status={
            "lastUpdated": "2020-01-01T00:00:00Z",
            "agent": {"birdV4": {"state": "NotReady"}},
            "bgp": {"numberEstablishedV4": 1, "peersV4": [{"peerIP": "10.9.9.9"}]},
            "routes": {"routesV4": [{"destination": "10.9.9.0/24"}]},
        },
    )
    bench.run(1)
    assert bench.api.status().keys() == {"agent", "lastUpdated"}
    assert bench.api.status()["agent"]["birdV4"]["state"] == "Ready"
    assert bench.reasons_of("AnotherWriter") == 0


def test_an_object_that_is_deleted_and_recreated_while_it_is_written(bench: Bench) -> None:
    bench.lanes.seconds = {"api": 0.4}
    bench.run(3.1)
    for number in range(5):
        bench.api.delete()
        bench.run(0.1)
        bench.api.put(node_status_object(uid=f"life-{number}", updatePeriodSeconds=1))
        bench.run(2.5)
        assert bench.api.status()["agent"]["birdV4"]["state"] == "Ready"
    assert bench.log == []
    assert bench.metric("birdstatus_internal_errors_total") == 0


def test_news_of_an_older_life_of_an_object_is_forgotten(bench: Bench) -> None:
    bench.run(2)
    older = node_status_object(version=1, uid="older", updatePeriodSeconds=1)
    bench.api.delete()
    bench.api.put(node_status_object(uid="newer", updatePeriodSeconds=5, classes=["BGP"]))
    bench.run(0.5)
    # The same life, but an earlier spec of it, as a watch that lags brings it.
    late = node_status_object(version=2, uid="newer", updatePeriodSeconds=1)
    reads = bench.api.reads
    bench.see(late)
    bench.run(11)
    # Not taken for what the object asks for, so that no write has to find out that it is not.
    assert bench.metric('birdstatus_status_write_errors_total{code="409"}') == 0
    assert bench.api.reads == reads
    assert bench.api.status().keys() == {"bgp", "lastUpdated"}
    assert 2 <= len([write for write in bench.api.written if write.time > 1002.5]) <= 3
    assert older["metadata"]["uid"] != bench.api.objects["a"]["metadata"]["uid"]


def test_an_object_moves_away_during_a_write_and_comes_back(bench: Bench) -> None:
    bench.lanes.seconds = {"api": 0.3}
    bench.run(2.1)
    bench.is_watching = False
    bench.api.edit(spec={"node": "another"})
    moved = bench.clock.seconds
    bench.run(10)
    assert [write for write in bench.api.written if write.time > moved] == []
    bench.is_watching = True
    bench.api.edit(spec={"node": "n", "classes": ["BGP"]})
    bench.run(1.5)
    assert bench.api.status().keys() == {"bgp", "lastUpdated"}


def test_200_spec_edits_end_in_the_last(bench: Bench) -> None:
    bench.lanes.seconds = {"api": 0.05, "bird4": 0.01, "bird6": 0.01}
    bench.run(1)
    for number in range(200):
        classes = [["Agent"], ["BGP"], ["Agent", "BGP"]][number % 3]
        bench.api.edit(spec={"classes": classes, "updatePeriodSeconds": 5 + number % 7})
        bench.run(0.02)
    bench.run(1.5)
    assert bench.api.status().keys() == {"bgp", "lastUpdated"}
    assert bench.metric("birdstatus_internal_errors_total") == 0
    assert bench.log == []


def test_a_spec_that_nobody_can_serve_is_said_even_if_the_first_event_is_refused(
    bench: Bench,
) -> None:
    def refuse(verb: str, name: str) -> None:
        if verb == "event":
            raise ApiError(500, f"no Event on {name}")

    bench.api.before = refuse
    bench.api.edit(spec={"updatePeriodSeconds": -1})
    bench.run(30)
    assert bench.api.events == []
    assert len(bench.log) == 1
    bench.api.before = lambda verb, name: None  # noqa: ARG005
    bench.run(60)
    assert bench.api.reasons == ["InvalidSpec"]
    bench.api.edit(spec={"updatePeriodSeconds": 1})
    bench.run(1)
    assert bench.api.status()["agent"]["birdV4"]["state"] == "Ready"


def test_a_slow_write_of_one_object_holds_up_no_other(bench: Bench) -> None:
    bench.api.put(node_status_object("b", uid="b", updatePeriodSeconds=1))
    bench.run(2)
    bench.lanes.seconds = {"a": 30.0}
    begun = bench.clock.seconds
    bench.run(60)
    others = [write for write in bench.writes("b") if write.time > begun]
    assert len(others) >= 59
    assert max(later.time - earlier.time for earlier, later in pairwise(others)) <= 1.2
    # One write in flight for each object.
    assert len([write for write in bench.writes("a") if write.time > begun]) <= 2


def test_a_fault_in_serving_one_object_costs_no_other(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:

    def faulty(snapshot: Any, classes: Any, *rest: Any) -> Any:
        if classes == ("BGP",):
            raise ZeroDivisionError("token: canary-secret")
        return build_status(snapshot, classes, *rest)

    monkeypatch.setattr("reporter.agent.controller.build_status", faulty)
    bench.api.put(node_status_object("b", uid="b", updatePeriodSeconds=1, classes=["BGP"]))
    bench.run(60)
    assert len(bench.writes("a")) >= 60
    assert bench.writes("b") == []
    # Backed off, logged once with its place, counted each time.
    assert 3 <= bench.metric("birdstatus_internal_errors_total") <= 10
    (line,) = bench.log
    assert (line.levelname, line.getMessage()) == (
        "ERROR",
        "a fault in the reporter itself, at object/b; please report it",
    )
    assert line.exc_info
    monkeypatch.undo()
    bench.run(31)
    assert bench.writes("b")
    assert len(bench.log) == 2


def test_two_reporters_of_one_node_do_not_hurt_each_other(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """As when a pod is replaced: both run for a while."""
    other = Bench.of(caplog, bench.api)
    other.clock = bench.clock
    first, second = bench._watched, other._watched

    def both(kind: str, document: Any) -> None:
        first(kind, document)
        second(kind, document)

    bench.api.changed = both
    bench.api.clock = bench.clock
    other.list()
    for _ in range(300):
        bench.run(0.05)
        other.clock.seconds = bench.clock.seconds
        other.lanes.clock.seconds = bench.clock.seconds
        other.turn()
    assert bench.api.status()["agent"]["birdV4"]["state"] == "Ready"
    assert len(bench.api.written) <= 2 * 16
    assert bench.reasons_of("AnotherWriter") == 0
    assert bench.log == []
