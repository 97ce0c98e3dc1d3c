"""A look that is kept current, while the API server does what API servers do."""

import itertools
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from birdstatus.fleet import Check
from canaries import Canaries
from reporter.fleet import live as module
from reporter.fleet.live import Live
from reporter.fleet.look import Look
from reporter.kube.cluster import Cluster
from reporter_process import COMMAND, wait_for
from scripted_api import Answer, ScriptedApi, raw, reset, says, silent

NODES = {"a": "10.0.0.1", "b": "10.0.0.2"}


def _report(server: ScriptedApi, node: str, state: str = "Established") -> None:
    """A node says what it sees of all others."""
    peers = [
        {"peerIP": address, "type": "NodeMesh", "state": state, "since": "10:00:00"}
        for other, address in NODES.items()
        if other != node
    ]
    ready = {"state": "Ready", "routerID": NODES[node]}
    status = {
        "lastUpdated": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "agent": {"birdV4": ready},
        "bgp": {"peersV4": peers},
    }
    server.store.patch_status(node, {"status": status}, "birdstatus-reporter")


@pytest.fixture(autouse=True)
def _two_nodes(server: ScriptedApi) -> None:
    for node in NODES:
        server.store.put(node, node, classes=["Agent", "BGP"], updatePeriodSeconds=0)
        _report(server, node)


@contextmanager
def _live(server: ScriptedApi, canaries: Canaries) -> Iterator[Live]:
    with (
        canaries.api(server.url) as api,
        Live(api, Cluster(api), api_group="", every=0.0) as live,
    ):
        yield live
    assert not live.is_alive


def _until(live: Live, wanted: Callable[[Look], bool]) -> Look:
    """The first look that is as wanted; the test's own time limit ends it if none comes."""
    return next(look for look in live.looks() if wanted(look))


def _kinds(check: Check) -> list[str]:
    return [finding.kind for finding in check.findings]


def _is_right(look: Look) -> bool:
    return look.check.summary.sessions_up == 2 and not look.check.findings


def _is_down(look: Look) -> bool:
    return _kinds(look.check) == ["down"]


def _goes_down(server: ScriptedApi, live: Live) -> None:
    """What happens now is seen."""
    for node in NODES:
        _report(server, node, "Active")
    _until(live, _is_down)


def test_what_the_watch_brings_is_seen_without_another_list(
    server: ScriptedApi, canaries: Canaries
) -> None:
    with _live(server, canaries) as live:
        _until(live, _is_right)
        _goes_down(server, live)
        server.store.delete("b")
        _until(live, lambda look: look.nodes == ["a"])
        assert len(server.asked("list")) == 1
        assert live.failures == 0


def test_a_watch_that_breaks_goes_on(server: ScriptedApi, canaries: Canaries) -> None:
    with _live(server, canaries) as live:
        _until(live, _is_right)
        wait_for(lambda: bool(server.asked("watch")), 60, lambda: live.trouble)
        server.drop_connections()
        _goes_down(server, live)
        assert live.failures > 0


@pytest.mark.parametrize("how", ["in the watch", "as its answer"])
def test_a_version_that_is_forgotten_is_no_failure(
    how: str, server: ScriptedApi, canaries: Canaries
) -> None:
    with _live(server, canaries) as live:
        _until(live, _is_right)
        wait_for(lambda: bool(server.asked("watch")), 60, lambda: live.trouble)
        if how == "in the watch":
            server.store.compact()
        else:
            server.next("watch", says(410, "too old resource version"))
            server.store.compact()
        _goes_down(server, live)
        assert (live.failures, live.trouble) == (0, "")


def test_an_api_server_that_is_away_is_said_and_waited_for(
    server: ScriptedApi, canaries: Canaries
) -> None:
    server.always(reset)
    with _live(server, canaries) as live:
        wait_for(lambda: live.failures > 1, 60, lambda: live.trouble)
        assert live.trouble
        assert live.look is None
        server.always(says(503, "etcdserver: leader changed"))
        wait_for(lambda: "leader changed" in live.trouble, 60, lambda: live.trouble)
        server.sound()
        _until(live, _is_right)
        assert live.trouble == ""


def test_time_stands_still_while_nothing_is_heard(
    server: ScriptedApi, canaries: Canaries, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no fault of the nodes, and no report grows old, if the API server does not answer."""
    monkeypatch.setattr(module, "RESOURCES_EVERY", 0.05)
    hours = 0

    def now() -> datetime:
        return datetime.now(UTC) + timedelta(hours=hours)

    for node in NODES:
        server.store.edit(node, updatePeriodSeconds=10)
    with (
        canaries.api(server.url) as api,
        Live(api, Cluster(api), api_group="", every=0.0, now=now) as live,
    ):
        before = _until(live, _is_right).at
        server.always(reset)
        server.drop_connections()
        wait_for(lambda: live.failures > 1, 60, lambda: live.trouble)
        hours = 3
        # The first was there before, the second may have been begun before.
        *_, look = itertools.islice(live.looks(), 3)
        assert (_kinds(look.check), look.at) == ([], before)
        server.sound()
        _until(live, lambda look: _kinds(look.check) == ["stale-report"])


def test_a_definition_that_comes_later_is_found(
    server: ScriptedApi, canaries: Canaries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RESOURCES_EVERY", 0.05)
    resources, server.resources = server.resources, ()
    with _live(server, canaries) as live:
        look = next(live.looks())
        assert "CalicoNodeStatus" in {notice.what for notice in look.check.not_looked_at}
        assert look.exit_code == 3
        server.resources = resources
        _until(live, _is_right)


def test_a_role_that_is_missing_is_said(server: ScriptedApi, canaries: Canaries) -> None:
    server.always(says(403, "no"), "list")
    with _live(server, canaries) as live:
        look = next(live.looks())
        notices = {notice.what: notice.why for notice in look.check.not_looked_at}
        assert notices["CalicoNodeStatus"] == "these credentials may not list them"


def test_an_event_that_is_none_is_a_failure_and_nothing_more(
    server: ScriptedApi, canaries: Canaries
) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
    answers: list[Answer] = [
        raw(head + line)
        for line in (b'{"type":"MODIFIED"}\n', b'{"type":"ADDED","object":{"metadata":{}}}\n', b"no\n")
    ]  # fmt: skip
    server.next("watch", *answers)
    with _live(server, canaries) as live:
        wait_for(lambda: live.failures == len(answers), 60, lambda: live.trouble)
        _goes_down(server, live)


def test_resources_are_listed_anew_and_their_failure_keeps_the_statuses(
    server: ScriptedApi, canaries: Canaries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RESOURCES_EVERY", 0.0)
    with _live(server, canaries) as live:
        _until(live, _is_right)
        server.always(says(500, "no"), "other")
        _goes_down(server, live)
        assert live.failures > 0
        server.sound()
        for node in NODES:
            _report(server, node)
        _until(live, _is_right)
        assert live.trouble == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("state", ["sound", "away", "silent"])
def test_a_signal_ends_it_whatever_the_api_server_does(
    number: int, state: str, server: ScriptedApi, canaries: Canaries, tmp_path: Path
) -> None:
    if state == "away":
        server.always(reset)
    elif state == "silent":
        server.always(silent)
    log = tmp_path / "serve.txt"
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [
                str(COMMAND), "fleet", "serve", "--listen=127.0.0.1:0",
                f"--kubeconfig={canaries.kubeconfig(server.url)}",
            ],
            stdin=subprocess.DEVNULL,
            stderr=stderr,
        )  # fmt: skip
    try:
        wait_for(lambda: "serving on port" in log.read_text(), 60, log.read_text)
        wait_for(lambda: bool(server.requests), 60, log.read_text)
        os.kill(process.pid, number)
        assert process.wait(60) == 0
        assert log.read_text().count("\n") == 1, log.read_text()
    finally:
        process.kill()
        process.wait()
