"""A node whose daemons become one, and two again, under one reporter.

On a virtual clock: right within a period, each time.
"""

from typing import Any

import pytest

from reporter.bird.snapshot import Answers, FamilyAnswer
from reporter_bench import (
    Bench,
    FakeApi,
    node_status_object,
    recorded_answers,
    recorded_answers_of_both,
)

PERIOD = 10
GONE = FamilyAnswer.failed("no_socket", "no such file")


@pytest.fixture
def bench(caplog: pytest.LogCaptureFixture) -> Bench:
    bench = Bench.of(caplog, FakeApi())
    classes = ["Agent", "BGP", "Routes"]
    bench.api.put(node_status_object("a", updatePeriodSeconds=PERIOD, classes=classes))
    bench.list()
    return bench


def _agent(status: dict[str, Any]) -> list[tuple[str, str]]:
    return [(daemon["state"], daemon.get("version", "")) for daemon in status["agent"].values()]


def _answer(bench: Bench, v4: FamilyAnswer | Answers, v6: FamilyAnswer) -> None:
    bench.bird.answers.update({4: v4, 6: v6})


def test_an_upgrade_and_the_way_back_are_right_within_a_period(bench: Bench) -> None:
    old, new = recorded_answers(), recorded_answers_of_both()
    bench.run(3 * PERIOD)
    assert _agent(bench.api.status()) == [("Ready", "1.6.8"), ("Ready", "1.6.8")]
    assert bench.api.events == []

    _answer(bench, new, GONE)
    bench.run(PERIOD)
    status = bench.api.status()
    assert _agent(status) == [("Ready", "3.4.0"), ("Ready", "3.4.0")]
    assert (status["bgp"]["numberEstablishedV4"], status["bgp"]["numberEstablishedV6"]) == (4, 4)
    assert (len(status["routes"]["routesV4"]), len(status["routes"]["routesV6"])) == (12, 12)
    bench.run(5 * PERIOD)

    _answer(bench, old[4], old[6])
    bench.run(PERIOD)
    status = bench.api.status()
    assert _agent(status) == [("Ready", "1.6.8"), ("Ready", "1.6.8")]
    assert (len(status["routes"]["routesV4"]), len(status["routes"]["routesV6"])) == (11, 11)
    bench.run(5 * PERIOD)
    assert [(one["type"], one["reason"], one["message"]) for one in bench.api.events] == [
        ("Normal", "BirdChanged", "the node has one daemon for both families now: BIRD 3.4.0"),
        ("Normal", "BirdChanged", "the node has a daemon for each family now: BIRD 1.6.8"),
    ]


def test_what_the_old_second_daemon_still_says_changes_nothing_back(bench: Bench) -> None:
    """The old bird6 goes on for a while beside the new daemon, and speaks for its own socket."""
    bench.run(PERIOD)
    _answer(bench, recorded_answers_of_both(), recorded_answers()[6])
    bench.run(3 * PERIOD)
    assert _agent(bench.api.status()) == [("Ready", "3.4.0"), ("Ready", "1.6.8")]
    _answer(bench, recorded_answers_of_both(), GONE)
    bench.run(3 * PERIOD)
    assert _agent(bench.api.status()) == [("Ready", "3.4.0"), ("Ready", "3.4.0")]
    assert bench.api.reasons == ["BirdChanged"]


def test_a_node_between_two_daemons_is_not_ready_and_no_change_is_told(bench: Bench) -> None:
    bench.run(PERIOD)
    _answer(bench, GONE, GONE)
    bench.run(2 * PERIOD)
    assert _agent(bench.api.status()) == [("NotReady", ""), ("NotReady", "")]
    old = recorded_answers()
    _answer(bench, old[4], old[6])
    bench.run(2 * PERIOD)
    assert _agent(bench.api.status()) == [("Ready", "1.6.8"), ("Ready", "1.6.8")]
    assert "BirdChanged" not in bench.api.reasons


def test_an_event_that_could_not_be_recorded_is_told_with_the_next_report(bench: Bench) -> None:
    bench.run(PERIOD)
    refuse = bench.api.before

    def before(what: str, name: str) -> None:
        if what == "event":
            raise KeyError("a fault")
        refuse(what, name)

    bench.api.before = before
    _answer(bench, recorded_answers_of_both(), GONE)
    bench.run(2 * PERIOD)
    assert bench.api.events == []
    bench.api.before = refuse
    bench.run(2 * PERIOD)
    assert bench.api.reasons == ["BirdChanged"]


def test_sessions_of_one_daemon_are_counted_by_channel_and_table(bench: Bench) -> None:
    _answer(bench, recorded_answers_of_both(), GONE)
    bench.run(2 * PERIOD)
    four = 'family="4",name="Mesh_10_0_0_2",peer="10.0.0.2",type="NodeMesh"'
    six = 'family="6",name="Mesh_fd5c_1ab__2",peer="fd5c:1ab::2",type="NodeMesh"'
    name = "birdstatus_session_imported_routes"
    # Labels stand in the order of their names.
    for family, session, table in ((4, four, "master4"), (6, six, "master6")):
        labels = f'channel="ipv{family}",{session[: session.index(",type")]}'
        sample = f'{name}{{{labels},table="{table}",type="NodeMesh"}}'
        assert bench.metric(sample) == 2, bench.reporter.metrics.exposition().decode()
        assert bench.metric(f"birdstatus_session_up{{{session}}}") == 1
        # BIRD's own text is a day; what it says of its own connection is a second.
        since = bench.metric(f"birdstatus_session_since_timestamp_seconds{{{session}}}")
        assert since % 86400 > 0
    assert bench.metric('birdstatus_sessions{family="6",state="Established",type="NodeMesh"}') == 2
