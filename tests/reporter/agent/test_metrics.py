"""What Prometheus is told, as a whole: ``metrics.txt`` beside this file, made by ``--write-expected``."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from birdstatus import node_status, parse_protocols, parse_status
from birdstatus.models import StatusClass
from birdstatus.projection import DaemonReport
from reporter.agent.delivery import Delivered
from reporter.agent.metrics import Metrics
from reporter.bird.snapshot import FamilyAnswer
from reporter.kube.api import ApiError
from reporter.kube.resource import NodeStatusObject
from reporter.settings import Settings
from reporter_bench import node_status_object, recorded_answers

EXPECTED = Path(__file__).parent / "metrics.txt"
ROUTES: tuple[StatusClass, ...] = ("Routes",)
AGENT: tuple[StatusClass, ...] = ("Agent",)
NOW = 1_700_000_000.25
OBJECT = NodeStatusObject.from_document(node_status_object())


def _metrics(now: float = NOW, **settings: Any) -> Metrics:
    return Metrics(Settings(node_name="n", **settings), lambda: now)


def _samples(metrics: Metrics, name: str) -> dict[str, float]:
    """The samples of a metric, by their labels."""
    lines = metrics.exposition().decode().splitlines()
    found = (line.rpartition(" ") for line in lines if line.startswith((f"{name} ", f"{name}{{")))
    return {labels.removeprefix(name): float(value) for labels, _, value in found}


def _delivered(**what: Any) -> Delivered:
    return Delivered(OBJECT, {}, **what)


def test_the_whole_text(pytestconfig: pytest.Config) -> None:
    metrics = _metrics(max_peer_series=3)
    answers = {
        family: replace(answer, seconds=seconds)
        for (family, answer), seconds in zip(recorded_answers().items(), (0.07, 3.0), strict=True)
    }
    metrics.objects(["a", "b", "c"])
    for family, answer in answers.items():
        metrics.answered(family, answer)
    for reason in ("timeout", "timeout", "no_socket"):
        metrics.answered(6, FamilyAnswer.failed(reason, "", 6.0))
    metrics.answered(6, answers[6])
    metrics.reported(node_status(answers[4].report, answers[6].report, ("BGP", "Routes")))
    metrics.delivered(_delivered(bytes_written=700, conflicts=2))
    metrics.delivered(_delivered(bytes_written=40))
    metrics.delivered(_delivered(error=ApiError(500, "no")))
    metrics.delivered(_delivered(error=ApiError(409, "no"), conflicts=8))
    metrics.delivered(_delivered(error=ApiError(0, "no", reason="timeout")))
    metrics.internal_error()
    metrics.object_state("a", {"peers": 1, "FIB": 2, "RIB": 30}, other_writer=True)
    metrics.object_state("b", {"RIB": 400}, other_writer=True)
    metrics.object_starved("a", starved=True)
    metrics.object_starved("b", starved=True)
    metrics.object_starved("b", starved=False)
    # The times at which counters were made are those of this run.
    lines = [line for line in metrics.exposition().decode().splitlines() if "_created" not in line]
    text = "\n".join([*lines, ""])
    if pytestconfig.getoption("--write-expected"):
        EXPECTED.write_text(text)
    assert text == EXPECTED.read_text()


def test_what_is_said_of_objects_that_are_gone_is_forgotten() -> None:
    metrics = _metrics()
    for name in ("a", "b"):
        metrics.object_state(name, {"FIB": 3}, other_writer=True)
        metrics.object_starved(name, starved=True)
    metrics.objects(["b", "c"])
    assert _samples(metrics, "birdstatus_objects") == {"": 2}
    assert _samples(metrics, "birdstatus_objects_with_another_writer") == {"": 1}
    assert _samples(metrics, "birdstatus_objects_starved") == {"": 1}
    assert _samples(metrics, "birdstatus_truncated_rows")['{kind="FIB"}'] == 3
    metrics.object_state("b", {}, other_writer=False)
    assert _samples(metrics, "birdstatus_objects_with_another_writer") == {"": 0}


def test_a_daemon_that_is_not_ready() -> None:
    metrics = _metrics()
    metrics.answered(4, FamilyAnswer.failed("refused", "", 0.1))
    assert _samples(metrics, "birdstatus_daemon_ready") == {'{family="4"}': 0}
    assert _samples(metrics, "birdstatus_daemon_info") == {}
    assert _samples(metrics, "birdstatus_last_collection_timestamp_seconds") == {}


def test_the_time_of_the_last_whole_answer_stays() -> None:
    times = iter([10.0, 20.0, 30.0, 40.0])
    metrics = Metrics(Settings(node_name="n"), lambda: next(times))
    metrics.answered(4, recorded_answers()[4])
    metrics.answered(4, FamilyAnswer.failed("refused", "", 0.1))
    assert _samples(metrics, "birdstatus_last_collection_timestamp_seconds") == {'{family="4"}': 10}


@pytest.mark.parametrize(
    ("server_time", "now", "expected"),
    [
        # A daemon's clock shows its own zone: the difference to ours, in quarters of an hour, is the zone's.
        ("2026-01-01 12:00:00", 1_767_268_800.0, 1_767_261_600.0),
        ("2026-01-01 12:00:00", 1_767_268_800.0 - 19800, 1_767_261_600.0 - 19800),
        ("2026-01-01 12:00:00", 1_767_268_800.0 + 7 * 3600 + 400, 1_767_261_600.0 + 7 * 3600),
        ("2026-01-01 12:00:00", 1_767_268_800.0 - 95 * 900, 1_767_261_600.0 - 95 * 900),
        ("2026-01-01 12:00:00", 1_767_268_800.0 + 95 * 900, 1_767_261_600.0 + 95 * 900),
        # A clock that is off by a day or more has no zone.
        ("2026-01-01 12:00:00", 1_767_268_800.0 - 96 * 900, None),
        ("2026-01-01 12:00:00", 1_767_268_800.0 + 96 * 900, None),
        ("no time", 1_767_268_800.0, None),
    ],
)
def test_since_when_a_session_is_up(server_time: str, now: float, expected: float | None) -> None:
    status = parse_status(
        f"1000-BIRD 1.6.8\n1011-Router ID is 10.0.0.1\n Current server time is {server_time}\n"
        " Last reboot on 2026-01-01 09:00:00\n Last reconfiguration on 2026-01-01 09:00:00\n"
        "0013 Daemon is up and running\n"
    )
    protocols = parse_protocols(
        "2002-name     proto    table    state  since       info\n"
        "1002-Mesh_10_0_0_2 BGP      master   up     10:00:00    Established   \n0000 \n"
    )
    metrics = _metrics(now)
    metrics.answered(4, FamilyAnswer(DaemonReport(status, protocols)))
    found = _samples(metrics, "birdstatus_session_since_timestamp_seconds")
    assert [*found.values()] == ([] if expected is None else [expected])


def test_labels_hold_no_control_characters_and_are_bounded() -> None:
    protocols = parse_protocols(
        "2002-name     proto    table    state  since       info\n"
        f"1002-{'x' * 200} BGP      master   up     10:00:00    Established   \n0000 \n"
    )
    metrics = _metrics()
    metrics.answered(4, FamilyAnswer(DaemonReport(None, protocols)))
    (labels,) = _samples(metrics, "birdstatus_session_up")
    assert labels == f'{{family="4",name="{"x" * 80}",peer="",type="other"}}'


def test_the_same_routes_are_counted_once() -> None:
    metrics = _metrics()
    answers = recorded_answers()
    status = node_status(answers[4].report, answers[6].report, ROUTES)
    for _ in range(3):
        metrics.reported(status)
    assert sum(_samples(metrics, "birdstatus_routes").values()) == 22
    metrics.reported(node_status(answers[4].report, DaemonReport(failed=True), ROUTES))
    assert sum(_samples(metrics, "birdstatus_routes").values()) == 11
    # A status without routes says nothing of them.
    metrics.reported(node_status(answers[4].report, answers[6].report, AGENT))
    assert sum(_samples(metrics, "birdstatus_routes").values()) == 11
