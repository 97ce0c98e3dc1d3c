"""Daemons that fall silent, are slow, or fail: what the other one and the object see of it.

On a virtual clock. Every status is checked for honesty: what it says is at most a second older than its
``lastUpdated``.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest

from reporter.bird.snapshot import FamilyAnswer
from reporter_bench import Bench, FakeApi, Written, node_status_object, recorded_answers

ALL = ["Agent", "BGP", "Routes"]


@pytest.fixture
def bench(caplog: pytest.LogCaptureFixture) -> Bench:
    bench = Bench.of(caplog, FakeApi())
    bench.bird.is_stamped = True
    return bench


def _start(bench: Bench, name: str = "a", **spec: Any) -> None:
    spec = {"updatePeriodSeconds": 1, "classes": ALL, **spec}
    bench.api.put(node_status_object(name, uid=f"uid-{name}", **spec))
    bench.list()


def _gaps(writes: Sequence[Written]) -> list[float]:
    return [later.time - earlier.time for earlier, later in pairwise(writes)]


def _is_without_ipv6(status: dict[str, Any]) -> bool:
    return (
        status["agent"]["birdV6"] == {"state": "NotReady"}
        and "peersV6" not in status["bgp"]
        and status["bgp"]["numberEstablishedV6"] == 0
        and "routesV6" not in status["routes"]
    )


def _is_whole(status: dict[str, Any]) -> bool:
    return (
        status["agent"]["birdV6"]["state"] == "Ready"
        and len(status["bgp"]["peersV6"]) == 4
        and len(status["routes"]["routesV6"]) == 11
    )


@pytest.mark.parametrize("classes", [ALL, ["Agent"]])
def test_a_minute_without_bird6_costs_ipv4_nothing(bench: Bench, classes: list[str]) -> None:
    _start(bench, classes=classes)
    bench.run(10)
    before = len(bench.api.written)
    stopped = bench.clock.seconds
    bench.silence(6)
    bench.run(60)
    during = bench.api.written[before - 1 :]
    assert max(_gaps(during)) <= 1.2
    assert 60 <= len(during) <= 66
    # Nothing of IPv6 from a second after it was asked in vain on; IPv4 is whole all the time.
    if classes == ALL:
        for write in during:
            assert write.status["agent"]["birdV4"]["state"] == "Ready"
            assert len(write.status["routes"]["routesV4"]) == 11
            if write.time > stopped + 2.2:
                assert _is_without_ipv6(write.status)
    assert bench.reasons_of("BirdUnreachable") == 1
    assert bench.is_honest()
    # It is asked again and again all the while, one look after the other.
    assert 10 <= len([time for time in bench.lanes.begun_at("bird6") if time > stopped]) <= 13

    bench.revive(6)
    bench.run(5 + 1)
    assert bench.api.status()["agent"]["birdV6"]["state"] == "Ready"
    assert bench.reasons_of("BirdUnreachableResolved") == 1
    assert bench.is_honest()


def test_a_daemon_that_goes_on_is_seen_at_once_and_not_at_the_next_period(bench: Bench) -> None:
    _start(bench, updatePeriodSeconds=600)
    bench.silence(6)
    bench.run(4)
    assert _is_without_ipv6(bench.api.status())
    bench.revive(6)  # it answers what it was asked, five seconds late
    bench.run(2)
    assert _is_whole(bench.api.status())
    assert bench.is_honest()


def test_a_minute_without_any_daemon(bench: Bench) -> None:
    _start(bench)
    bench.run(3)
    bench.silence(4, 6)
    bench.run(60)
    status = bench.api.status()
    assert status["agent"] == {"birdV4": {"state": "NotReady"}, "birdV6": {"state": "NotReady"}}
    assert status["routes"] == {}
    # It still says so every second.
    assert bench.clock.seconds - bench.clock.at(status["lastUpdated"]) < 2
    bench.revive(4, 6)
    bench.run(6)
    assert _is_whole(bench.api.status())


def test_two_daemons_that_answer_one_after_the_other_are_one_write(bench: Bench) -> None:
    bench.lanes.seconds = {"bird4": 0.03, "bird6": 0.12}
    _start(bench)
    bench.run(30.5)
    assert 30 <= len(bench.api.written) <= 32
    assert bench.is_honest()


@pytest.mark.parametrize("period", [1, 10])
def test_a_slow_daemon_is_reported_and_never_called_silent(bench: Bench, period: int) -> None:
    """Two seconds for an answer are much, but fewer than it is given."""
    bench.lanes.seconds = {"bird4": 0.01, "bird6": 2.0}
    _start(bench, updatePeriodSeconds=period)
    # The first time nobody knows that it is slow and not silent.
    bench.run(1.5)
    assert _is_without_ipv6(bench.api.status())
    bench.run(1)
    assert _is_whole(bench.api.status())
    before = len(bench.api.written)
    bench.run(60)
    assert all(_is_whole(write.status) for write in bench.api.written[before:])
    assert len(bench.api.written) - before >= 60 / max(period, 4)
    assert bench.is_honest()


def test_a_change_of_the_fast_family_does_not_wait_for_the_slow_one(bench: Bench) -> None:
    bench.lanes.seconds = {"bird6": 2.0}
    _start(bench, updatePeriodSeconds=10)
    bench.run(25)
    slot = bench.lanes.begun_at("bird4")[-1] + 10
    bench.bird.answers[4] = FamilyAnswer.failed("refused", "gone")
    bench.run(slot + 0.3 - bench.clock.seconds)
    status = bench.api.status()
    assert status["agent"]["birdV4"] == {"state": "NotReady"}
    assert status["agent"]["birdV6"]["state"] == "Ready"
    assert bench.is_honest()


def test_bird_is_asked_once_a_second_at_most_whatever_people_do(bench: Bench) -> None:
    """Row 13: new tasks do not jump the queue."""
    _start(bench, updatePeriodSeconds=3600)
    bench.run(2)
    begun = bench.clock.seconds
    classes = [["Agent"], ["BGP"], ALL, ["Agent", "Routes"]]
    for number in range(200):
        bench.api.edit(spec={"classes": classes[number % 4]})
        bench.run(0.02)
    for lane in ("bird4", "bird6"):
        asked = [time for time in bench.lanes.begun_at(lane) if time >= begun]
        assert len(asked) <= 5
        assert all(later - earlier >= 0.9 for earlier, later in pairwise(asked))
    bench.run(1)
    assert bench.api.status().keys() == {"agent", "routes", "lastUpdated"}
    assert bench.is_honest()


def test_one_object_more_costs_no_look_and_waits_for_none(bench: Bench) -> None:
    _start(bench, "a", updatePeriodSeconds=600)
    bench.run(0.5)
    _start(bench, "b", updatePeriodSeconds=600)
    bench.run(0)
    assert bench.writes("b")
    assert len(bench.lanes.begun_at("bird4")) == 1
    assert bench.is_honest()


def test_routes_are_read_only_when_an_object_that_wants_them_is_due(bench: Bench) -> None:
    _start(bench, "agent", classes=["Agent"])
    _start(bench, "routes", classes=["Routes"], updatePeriodSeconds=10)
    bench.run(30)
    assert len(bench.lanes.begun_at("bird4")) <= 32
    assert len(bench.writes("routes")) == 4
    assert all(len(write.status["routes"]["routesV6"]) == 11 for write in bench.writes("routes"))


def test_period_0_with_a_silent_daemon_is_done_when_it_has_answered(bench: Bench) -> None:
    bench.silence(6)
    _start(bench, updatePeriodSeconds=0)
    bench.run(20)
    assert _is_without_ipv6(bench.api.status())
    bench.revive(6)
    bench.run(40)
    assert _is_whole(bench.api.status())
    done = len(bench.api.written)
    asked = len(bench.lanes.begun_at("bird4"))
    bench.run(100)
    assert len(bench.api.written) == done
    # Only for the metrics.
    assert len(bench.lanes.begun_at("bird4")) - asked <= 4


def test_period_0_in_a_cluster_of_one_family_is_one_report(bench: Bench) -> None:
    bench.bird.answers[6] = FamilyAnswer.failed("no_socket", "no such file")
    _start(bench, updatePeriodSeconds=0)
    bench.run(100)
    assert len(bench.api.written) == 1


def test_a_daemon_that_serves_both_families_speaks_for_the_other_socket(bench: Bench) -> None:
    """BIRD 2 and 3: there is no bird6.ctl, and that is no failure."""
    answers = recorded_answers()
    look = bench.bird.look
    bench.bird.answers[6] = FamilyAnswer.failed("no_socket", "no such file")
    bench.bird.look = lambda daemon, classes: (  # type: ignore[method-assign]
        {**look(4, classes), 6: answers[6]} if daemon == 4 else look(6, classes)
    )
    _start(bench)
    bench.run(5)
    assert _is_whole(bench.api.status())
    assert bench.log == []
    assert bench.api.events == []


@pytest.mark.parametrize("family", [4, 6])
def test_a_fault_in_reading_one_daemon_is_counted_and_the_other_is_served(
    bench: Bench, family: Any
) -> None:
    bench.bird.answers[family] = KeyError("a fault")
    _start(bench)
    bench.run(10)
    other = 10 - family
    status = bench.api.status()
    assert status["agent"][f"birdV{family}"] == {"state": "NotReady"}
    assert status["agent"][f"birdV{other}"]["state"] == "Ready"
    assert bench.metric("birdstatus_internal_errors_total") >= 5
    assert [record.levelname for record in bench.log] == ["ERROR", "WARNING"]
    bench.revive(family)
    bench.run(2)
    assert _is_whole(bench.api.status())


def test_objects_of_other_classes_cost_none_its_period(bench: Bench) -> None:
    """Due at the same time but for rounding: the look for one is asked for what the other needs."""
    bench.lanes.seconds = {"bird4": 0.02, "bird6": 0.03, "api": 0.05}
    for number, classes in enumerate((["Agent"], ["BGP"], ["Routes"], ALL)):
        _start(bench, f"object-{number}", classes=classes)
        _start(bench, f"seldom-{number}", classes=classes, updatePeriodSeconds=10)
    bench.run(60)
    for number in range(4):
        assert max(_gaps(bench.writes(f"object-{number}"))) <= 1.3
        assert max(_gaps(bench.writes(f"seldom-{number}"))) <= 10.3
    assert len(bench.lanes.begun_at("bird4")) <= 62
    assert bench.is_honest()


def test_a_look_for_the_metrics_costs_nobody_a_period(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench.of(caplog, FakeApi(), metrics_period=2.5)
    _start(bench, updatePeriodSeconds=7)
    bench.run(100)
    assert max(_gaps(bench.writes())) <= 7.2
