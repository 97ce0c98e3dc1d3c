"""How old what is known of a daemon may be, to the hundredth of a second."""

import math

import pytest

from reporter.agent.daemons import Daemon
from reporter.agent.decide import Look, Need, Wait, Write, decide
from reporter.bird.control_socket import Family
from reporter.bird.snapshot import Answers, FamilyAnswer
from reporter_bench import recorded_answers

AGENT = frozenset({"Agent"})


def _answer(family: Family = 4, waited: float = 0.0) -> Answers:
    found = recorded_answers()[family]
    return {family: FamilyAnswer(found.report, waited=waited)}


FAILED: Answers = {4: FamilyAnswer.failed("refused", "")}


def test_a_daemon_that_was_never_asked_knows_nothing() -> None:
    daemon = Daemon()
    assert daemon.may_be_asked_at() == -math.inf
    assert not daemon.has_data
    assert not daemon.is_silent(1e9)
    assert not daemon.covers([])
    assert not daemon.has_answered([], 0)


def test_when_it_is_silent() -> None:
    daemon = Daemon()
    daemon.ask(100.0)
    assert daemon.is_asked
    assert daemon.may_be_asked_at() == pytest.approx(100.9)
    assert (daemon.is_silent(100.99), daemon.is_silent(101.0)) == (False, True)
    # Three times as long as the last look at it took.
    daemon.answer(_answer(), AGENT, 100.6)
    assert daemon.usual_seconds == pytest.approx(0.6)
    assert not daemon.is_silent(200.0)
    daemon.ask(200.0)
    assert daemon.silent_from == pytest.approx(201.8)
    daemon.answer(_answer(), AGENT, 200.2)
    daemon.ask(300.0)
    assert daemon.silent_from == 301.0


def test_a_failure_says_nothing_of_how_long_it_takes() -> None:
    daemon = Daemon()
    daemon.ask(100.0)
    daemon.answer(_answer(), AGENT, 100.8)
    daemon.ask(101.0)
    daemon.answer(FAILED, AGENT, 106.0)
    assert daemon.usual_seconds == pytest.approx(0.8)
    assert not daemon.has_data
    assert daemon.answered_at == 106.0
    assert daemon.looked_at == 101.0


@pytest.mark.parametrize(("waited", "looked_at"), [(0.0, 100.0), (0.25, 100.25), (9.0, 100.5)])
def test_what_it_says_is_as_old_as_the_first_command(waited: float, looked_at: float) -> None:
    daemon = Daemon()
    daemon.ask(100.0)
    daemon.answer(_answer(waited=waited), AGENT, 100.5)
    assert daemon.looked_at == looked_at
    assert daemon.usual_seconds == pytest.approx(100.5 - looked_at)


def test_no_answers_at_all_are_as_old_as_the_question() -> None:
    daemon = Daemon()
    daemon.ask(100.0)
    daemon.answer({}, AGENT, 100.5)
    assert daemon.looked_at == 100.0


def test_what_serves_a_report() -> None:
    daemon = Daemon()
    daemon.ask(100.0)
    daemon.answer(_answer(), AGENT, 100.1)
    assert daemon.has_answered(["Agent"], 100.0)
    assert daemon.has_answered(["Agent"], 100.89)
    assert not daemon.has_answered(["Agent"], 100.91)
    assert daemon.has_answered(["BGP"], 100.0)
    assert not daemon.has_answered(["Routes"], 100.0)
    daemon.answer(_answer(), frozenset({"Routes"}), 100.1)
    assert daemon.has_answered(["Agent", "Routes"], 100.0)


def _daemons(first: float = 100.0, second: float = 100.0) -> dict[Family, Daemon]:
    daemons: dict[Family, Daemon] = {4: Daemon(), 6: Daemon()}
    for family, asked in zip(daemons, (first, second), strict=True):
        daemons[family].ask(asked)
        daemons[family].answer(_answer(family), AGENT, asked + 0.05)
    return daemons


def _need(due: float = 100.0, **options: object) -> Need:
    return Need(("Agent",), due, **options)  # type: ignore[arg-type]


def test_nothing_is_done_before_it_is_due_or_while_a_call_is_made() -> None:
    daemons = _daemons()
    assert decide(_need(105.0), daemons, 104.0) == Wait(105.0)
    assert decide(_need(not_before=103.0), daemons, 102.0) == Wait(103.0)
    assert decide(_need(is_busy=True), daemons, 102.0) == Wait(math.inf)


def test_a_report_as_of_when_both_were_looked_at() -> None:
    daemons = _daemons(100.0, 100.4)
    found = decide(_need(), daemons, 100.5)
    assert isinstance(found, Write)
    assert (found.as_of, found.awaited, found.bridged, found.held_back) == (
        100.4,
        {},
        frozenset(),
        False,
    )
    assert found.snapshot.answers.keys() == {4, 6}
    # Not newer than the oldest by more than a second.
    found = decide(_need(), _daemons(99.2, 100.5), 100.6)
    assert isinstance(found, Write)
    assert found.as_of == pytest.approx(100.2)
    # The time of the report, if what serves it is a little older.
    found = decide(_need(100.7), _daemons(), 100.75)
    assert isinstance(found, Write)
    assert found.as_of == 100.7


def test_whoever_has_not_answered_is_asked() -> None:
    daemons = _daemons()
    assert decide(_need(101.0), daemons, 101.0) == Look(frozenset({4, 6}))
    daemons[4].ask(101.0)
    assert decide(_need(101.0), daemons, 101.0) == Look(frozenset({6}))
    daemons[6].ask(101.0)
    assert decide(_need(101.0), daemons, 101.0) == Wait(102.0)


def test_the_second_daemon_is_given_a_moment() -> None:
    daemons = _daemons()
    for daemon in daemons.values():
        daemon.ask(101.0)
    daemons[4].answer(_answer(), AGENT, 101.05)
    waits = decide(_need(101.0), daemons, 101.1)
    assert isinstance(waits, Wait)
    assert waits.until == pytest.approx(101.2)
    found = decide(_need(101.0), daemons, 101.21)
    assert isinstance(found, Write)
    assert found.as_of == 101.0
    assert found.awaited == {6: 101.0}
    assert found.bridged == {6}
    assert not found.held_back
    # Its former answer is shown for a second, and no longer.
    assert found.snapshot.answers[6].has_data
    found = decide(_need(101.0), daemons, 102.0)
    assert isinstance(found, Write)
    assert (found.awaited, found.bridged) == ({6: 101.0}, frozenset())
    assert not found.snapshot.answers[6].has_data
    assert found.snapshot.answers[4].has_data


def test_a_time_that_stands_still_is_not_worth_a_write() -> None:
    daemons = _daemons()
    daemons[4].ask(102.0)
    daemons[4].answer(_answer(), AGENT, 102.05)
    daemons[6].usual_seconds = 5.0
    daemons[6].ask(102.0)
    found = decide(_need(102.0), daemons, 102.3)
    assert isinstance(found, Write)
    assert (found.as_of, found.held_back) == (101.0, True)
    # By less than a tenth of a second is not held back.
    daemons[6].looked_at = 100.95
    found = decide(_need(102.0), daemons, 102.3)
    assert isinstance(found, Write)
    assert not found.held_back


def test_a_silent_daemon_is_written_at_once_if_it_was_shown() -> None:
    daemons = _daemons()
    daemons[6].ask(101.0)
    owed: dict[Family, float] = {6: 101.0}
    # Not due, and nothing new: until it falls silent.
    assert decide(_need(110.0, owed=owed, bridged=frozenset({6})), daemons, 101.5) == Wait(102.0)
    found = decide(_need(110.0, owed=owed, bridged=frozenset({6})), daemons, 102.0)
    assert isinstance(found, Write)
    assert not found.snapshot.answers[6].has_data
    # It was not shown: nothing to say before the next report, or its answer.
    assert decide(_need(110.0, owed=owed), daemons, 103.0) == Wait(110.0)
    daemons[6].answer(_answer(6), AGENT, 104.0)
    found = decide(_need(110.0, owed=owed), daemons, 104.0)
    assert isinstance(found, Write)
    assert found.as_of == 101.0
    assert found.awaited == {}


def test_what_no_answer_covers_is_waited_for() -> None:
    daemons = _daemons()
    for daemon in daemons.values():
        daemon.ask(101.0)
    daemons[4].answer(_answer(), frozenset({"Routes"}), 101.05)
    need = Need(("Routes",), 101.0)
    assert decide(need, daemons, 101.5) == Wait(102.0)
    found = decide(need, daemons, 102.0)
    assert isinstance(found, Write)


def test_without_any_data_a_report_is_of_now() -> None:
    daemons: dict[Family, Daemon] = {4: Daemon(), 6: Daemon()}
    for daemon in daemons.values():
        daemon.ask(100.0)
    assert decide(_need(), daemons, 100.5) == Wait(101.0)
    found = decide(_need(), daemons, 101.5)
    assert isinstance(found, Write)
    assert found.as_of == 101.5
    assert found.awaited == {4: 100.0, 6: 100.0}
