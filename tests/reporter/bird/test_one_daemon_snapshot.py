"""One daemon that serves both families, on a real socket: what it is asked, and what it may lack."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from birdstatus import CalicoNodeStatus
from reporter.bird.recorded import GREETING_OF_BOTH, RecordedDaemon, recording_of_both
from reporter.bird.snapshot import ROUTES_OF, SESSIONS, TIMES, SocketBird
from reporter.cli import main

SAMPLE = Path(__file__).parents[2] / "fixtures" / "caliconodestatus-sample.yaml"
NO_TABLE = b"9001 syntax error, unexpected CF_SYM_UNDEFINED, expecting CF_SYM_KNOWN or ALL\n"


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[RecordedDaemon]:
    path = tmp_path / "bird.ctl"
    with RecordedDaemon(path, recording_of_both(), greeting=GREETING_OF_BOTH) as running:
        yield running


@pytest.fixture
def bird(daemon: RecordedDaemon, tmp_path: Path) -> SocketBird:
    return SocketBird({4: (daemon.path,), 6: (tmp_path / "bird6.ctl",)}, 30, 1 << 20)


def test_one_connection_serves_both_families(daemon: RecordedDaemon, bird: SocketBird) -> None:
    snapshot = bird.collect(["Routes"])
    assert daemon.connections == 1
    assert not snapshot.failures
    for family in (4, 6):
        report = snapshot.answers[family].report
        assert report.protocols is not None
        assert sum(protocol.type == "BGP" for protocol in report.protocols) == 4
        assert report.routes is not None
        assert len(report.routes) == 12
    assert snapshot.served_by == "one daemon for both families"
    assert snapshot.versions == "BIRD 3.4.0"


def test_the_same_times_are_read_once(daemon: RecordedDaemon, bird: SocketBird) -> None:
    first = bird.look(4, [])[4].changed_at
    assert {"Mesh_10_0_0_2", "kernel1"} <= first.keys()
    assert bird.look(4, [])[6].changed_at is first
    # Here BIRD prints what its configuration wants, whatever it was asked for.
    daemon.replies[SESSIONS] = daemon.replies[SESSIONS].replace(b" 17", b" x17")
    assert bird.look(4, [])[4].changed_at == {}


def test_a_daemon_that_has_no_times_of_a_connection(
    daemon: RecordedDaemon, bird: SocketBird
) -> None:
    """BIRD 2.15 and older do not know the command."""
    del daemon.replies[TIMES]
    answer = bird.look(4, ["Routes"])[4]
    assert answer.failure is None
    assert answer.changed_at == {}


def test_who_fails_when_all_is_said_has_said_it(daemon: RecordedDaemon, bird: SocketBird) -> None:
    """What is asked beside what is published may fail: too much of it here, a deadline there."""
    daemon.replies[SESSIONS] = b"1002-" + b"x" * (1 << 21) + b"\n0000 \n"
    answers = bird.look(4, ["Routes"])
    assert [answer.failure for answer in answers.values()] == [None, None]
    daemon.replies[ROUTES_OF[6]] = daemon.replies[SESSIONS]
    failures = [answer.failure for answer in bird.look(4, ["Routes"]).values()]
    assert [failure and failure.reason for failure in failures] == ["too_large", "too_large"]


def test_a_family_without_a_table_has_no_routes(daemon: RecordedDaemon, bird: SocketBird) -> None:
    """A configuration without IPv6 channels has no `master6` in BIRD 3."""
    daemon.replies[ROUTES_OF[6]] = NO_TABLE
    answers = bird.look(4, ["Routes"])
    assert answers[6].failure is None
    assert answers[6].report.routes == ()
    assert len(answers[4].report.routes or ()) == 12
    daemon.replies[ROUTES_OF[6]] = b"8008 runtime error\n"
    failure = bird.look(4, ["Routes"])[6].failure
    assert failure is not None
    assert failure.reason == "bird_error"


def test_demo_of_one_daemon(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--bird", "3"]) == 0
    shown = CalicoNodeStatus.model_validate(yaml.safe_load(capsys.readouterr().out)).status
    assert shown is not None
    assert shown.agent is not None
    assert shown.agent.birdV4 == shown.agent.birdV6
    assert shown.routes is not None
    assert (len(shown.routes.routesV4), len(shown.routes.routesV6)) == (12, 12)
    assert main(["demo", "--bird", "3", "-o", "table"]) == 0
    assert capsys.readouterr().out.count("  routes: 12 FIB, 0 RIB") == 2


def test_show_and_once_of_one_daemon(
    daemon: RecordedDaemon, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sockets = [f"--bird-socket={daemon.path}", f"--bird6-socket={tmp_path / 'bird6.ctl'}"]
    assert main(["show", "--node-name=node-a", *sockets]) == 0
    shown = capsys.readouterr().out
    assert "IPv4 4 of 4 sessions established, IPv6 4 of 4 sessions established" in shown
    assert main(["show", "-o", "json", "--node-name=node-a", *sockets]) == 0
    details = json.loads(capsys.readouterr().out)["details"]
    session = next(one for one in details["sessionsV6"] if one["peerIP"] == "fd5c:1ab::2")
    assert (session["imported"], session["exported"]) == (2, 1)
    assert main(["once", "-f", str(SAMPLE), "--dry-run", *sockets]) == 0
    status = yaml.safe_load(capsys.readouterr().out)["status"]
    assert status["agent"]["birdV6"]["version"] == "3.4.0"
