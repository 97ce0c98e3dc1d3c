"""Each daemon alone, whatever the other does: real sockets, real recordings, every fault."""

import contextlib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from birdstatus import node_status
from birdstatus.models import StatusClass
from reporter.bird.recorded import GREETING, RecordedDaemon, recorded_mesh, recording
from reporter.bird.snapshot import FAMILIES, Snapshot, SocketBird, joined

ALL: tuple[StatusClass, ...] = ("Agent", "BGP", "Routes")
TIMEOUT = 0.5


@dataclass(frozen=True)
class _Bird:
    """Both daemons; only the one that is treated badly is given little time."""

    v4: Path
    v6: tuple[Path, ...]
    max_reply_bytes: int

    def collect(self, classes: Sequence[str]) -> Snapshot:
        paths = {FAMILIES[0]: (self.v4,), FAMILIES[1]: self.v6}
        timeouts = {FAMILIES[0]: 60.0, FAMILIES[1]: 60.0 if (self.v4,) == self.v6 else TIMEOUT}
        return joined(
            {
                family: SocketBird(paths, timeouts[family], self.max_reply_bytes).look(
                    family, classes
                )
                for family in FAMILIES
            }
        )


def _bird(v4: Path, *v6: Path, max_reply_bytes: int = 1 << 20) -> _Bird:
    return _Bird(v4, v6, max_reply_bytes)


@pytest.fixture
def healthy(tmp_path: Path) -> Iterator[RecordedDaemon]:
    with RecordedDaemon(tmp_path / "bird.ctl", recording(4)) as daemon:
        yield daemon


@contextlib.contextmanager
def _serving(path: Path, serve: Callable[[socket.socket], None]) -> Iterator[Path]:
    """A socket at which one connection is treated badly."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def accept() -> None:
            with contextlib.suppress(OSError):
                connection, _ = listener.accept()
                with connection:
                    serve(connection)

        thread = threading.Thread(target=accept)
        thread.start()
        yield path
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def _is_whole_for_ipv4(snapshot: Snapshot) -> None:
    """IPv4 has everything, IPv6 is NotReady and has nothing (W1, W2)."""
    answers = snapshot.answers
    assert answers[4].failure is None
    status = node_status(answers[4].report, answers[6].report, ALL)
    assert status.agent
    assert status.agent.birdV4
    assert status.agent.birdV6
    assert status.agent.birdV4.state == "Ready"
    assert status.agent.birdV6.state == "NotReady"
    assert status.bgp
    assert (status.bgp.numberEstablishedV4, status.bgp.numberEstablishedV6) == (4, 0)
    assert status.bgp.peersV6 == ()
    assert status.routes
    assert len(status.routes.routesV4) == 11
    assert status.routes.routesV6 == ()


def test_both_daemons_of_the_recorded_mesh() -> None:
    with recorded_mesh() as sockets:
        snapshot = _bird(sockets[4], sockets[6]).collect(ALL)
    assert snapshot.failures == {}
    status = node_status(snapshot.answers[4].report, snapshot.answers[6].report, ALL)
    assert status.bgp
    assert (status.bgp.numberEstablishedV4, status.bgp.numberEstablishedV6) == (4, 4)


def test_one_connection_and_only_what_is_needed(healthy: RecordedDaemon) -> None:
    snapshot = _bird(healthy.path, healthy.path).collect(["Agent"])
    assert healthy.connections == 2
    assert snapshot.answers[4].report.routes is None
    assert snapshot.answers[4].failure is None


def test_the_first_path_that_answers_is_taken(healthy: RecordedDaemon, tmp_path: Path) -> None:
    snapshot = _bird(healthy.path, tmp_path / "none", healthy.path).collect(ALL)
    assert snapshot.failures == {}


def test_no_socket_names_every_path(healthy: RecordedDaemon, tmp_path: Path) -> None:
    snapshot = _bird(healthy.path, tmp_path / "one", tmp_path / "two").collect(ALL)
    failure = snapshot.failures[6]
    assert failure.reason == "no_socket"
    assert f"tried {tmp_path / 'one'}, {tmp_path / 'two'}: no such file" in failure.text
    _is_whole_for_ipv4(snapshot)


def test_permission_denied(tmp_path: Path) -> None:
    """As a user who may not, for root may connect to any socket."""
    with recorded_mesh() as sockets:
        sockets[6].chmod(0)
        sockets[4].chmod(0o777)
        sockets[4].parent.chmod(0o755)
        code = (
            "import os, sys\nfrom pathlib import Path\nfrom reporter.bird.snapshot import SocketBird\n"
            "if os.geteuid() == 0: os.seteuid(65534)\n"
            "paths = {4: (Path(sys.argv[1]),), 6: (Path(sys.argv[2]), Path(sys.argv[3]))}\n"
            "print(SocketBird(paths, 5, 1 << 20).collect(['Agent']).failures)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, sockets[4], tmp_path / "none", sockets[6]],
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        )
    assert done.stdout.startswith("{6: Failure(reason='permission_denied'")
    assert "usually root" in done.stdout


def test_refused(healthy: RecordedDaemon, tmp_path: Path) -> None:
    left = tmp_path / "left.ctl"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(left))
    snapshot = _bird(healthy.path, left).collect(ALL)
    assert snapshot.failures[6].reason == "refused"
    assert "left its socket behind" in snapshot.failures[6].text
    _is_whole_for_ipv4(snapshot)


def test_no_socket_but_a_file(healthy: RecordedDaemon, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("text")
    snapshot = _bird(healthy.path, tmp_path / "file").collect(ALL)
    assert snapshot.failures[6].reason == "not_bird"
    _is_whole_for_ipv4(snapshot)


def test_a_path_that_is_too_long(healthy: RecordedDaemon, tmp_path: Path) -> None:
    snapshot = _bird(healthy.path, tmp_path / ("x" * 200)).collect(ALL)
    assert "too long" in snapshot.failures[6].text
    _is_whole_for_ipv4(snapshot)


def _say(
    *parts: bytes, then: Callable[[], object] = lambda: None
) -> Callable[[socket.socket], None]:
    """A daemon that says these parts, one per command that it is sent, and then ends."""

    def serve(connection: socket.socket) -> None:
        for part in parts:
            connection.sendall(part)
            if part is not parts[-1]:
                connection.recv(1000)
        then()

    return serve


RESTRICTED = b"0016 Access restricted\n"
STATUS = recording(4)["show status"]
FAULTS: dict[str, tuple[Callable[[socket.socket], None], str, str]] = {
    "says nothing": (_say(then=lambda: time.sleep(2 * TIMEOUT)), "timeout", "never gave its greeting"),
    "hangs up": (_say(), "cut_off", "did BIRD restart?"),
    "another server": (_say(b"220 smtp ready\n220 go on\n"), "not_bird", "it begins with '220 smtp"),
    "no text": (_say(b"\x00\xff" * 100), "not_bird", "it begins with"),
    "no end of line": (
        _say(b"0001 BIRD", then=lambda: time.sleep(2 * TIMEOUT)),
        "timeout",
        "stopped after 9 bytes of its greeting",
    ),
    "no read-only session": (
        _say(GREETING, b"9001 syntax error\n"),
        "bird_error",
        "no read-only session",
    ),
    "restarts after restrict": (_say(GREETING, RESTRICTED), "cut_off", "the answer to 'show status'"),
    "restarts between two commands": (
        _say(GREETING, RESTRICTED, STATUS),
        "cut_off",
        "the answer to 'show protocols all'",
    ),
    "stops in mid-reply": (
        _say(GREETING, RESTRICTED, STATUS[:50], then=lambda: time.sleep(2 * TIMEOUT)),
        "timeout",
        "stopped after 50 bytes of the answer to 'show status'",
    ),
    "cut in mid-reply": (
        _say(GREETING, RESTRICTED, STATUS[:50]),
        "cut_off",
        "the answer to 'show status'",
    ),
    "shuts the session down": (
        _say(GREETING, RESTRICTED, b"8006 Reconfiguration already in progress\n", b"9001 x\n"),
        "bird_error",
        "BIRD answered 8006",
    ),
    "a reply without end": (
        _say(GREETING, RESTRICTED, b"1000-" + b"x" * 200_000),
        "too_large",
        "raise --max-reply-bytes",
    ),
    "garbage with an end": (
        _say(GREETING, RESTRICTED, STATUS, b"1002-\x1b[31mred\n0000 \n", b"0000 \n"),
        "unreadable",
        "'show protocols all'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_one_family_costs_the_other_nothing(
    fault: str, healthy: RecordedDaemon, tmp_path: Path
) -> None:
    serve, reason, words = FAULTS[fault]
    with _serving(tmp_path / "bad.ctl", serve) as path:
        snapshot = _bird(healthy.path, path, max_reply_bytes=100_000).collect(ALL)
    assert snapshot.failures[6].reason == reason
    assert words in snapshot.failures[6].text
    assert snapshot.failures[6].text.isprintable()
    _is_whole_for_ipv4(snapshot)


@pytest.mark.parametrize("is_freed", [True, False])
def test_a_full_queue_of_connections_is_waited_for(tmp_path: Path, *, is_freed: bool) -> None:
    """BIRD's queue holds eight; whoever comes next must wait, not fail."""
    with contextlib.ExitStack() as stack:
        daemon = RecordedDaemon(tmp_path / "busy.ctl", recording(4))
        daemon._listener.bind(str(daemon.path))
        daemon._listener.listen(0)
        waiting = stack.enter_context(socket.socket(socket.AF_UNIX))
        waiting.connect(str(daemon.path))

        def serve() -> None:
            for _ in range(3):
                connection, _ = daemon._listener.accept()
                daemon._start(daemon._serve, connection)

        later = threading.Timer(TIMEOUT / 3, serve)
        if is_freed:
            later.start()
        paths = dict.fromkeys(FAMILIES, (daemon.path,))
        bird = SocketBird(paths, 60.0 if is_freed else TIMEOUT, 1 << 20)
        snapshot = bird.collect(["Agent"])
        waiting.close()
        if is_freed:
            later.join()
        for thread in daemon._threads:
            thread.join()
        daemon._listener.close()
    if is_freed:
        assert snapshot.failures == {}
    else:
        assert snapshot.failures[4].reason == "timeout"
        assert "takes no new connection" in snapshot.failures[4].text


def test_a_slow_daemon_has_one_deadline_for_everything(tmp_path: Path) -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(GREETING)
        for _ in range(20):
            time.sleep(TIMEOUT / 5)
            connection.sendall(b"1000-x\n")

    with _serving(tmp_path / "slow.ctl", drip) as path:
        paths = dict.fromkeys(FAMILIES, (path,))
        snapshot = SocketBird(paths, TIMEOUT, 1 << 20).collect(ALL)
    assert snapshot.failures[4].reason == "timeout"


def test_a_row_that_cannot_be_read_costs_no_other(healthy: RecordedDaemon) -> None:
    route = healthy.replies["show route"]
    lines = route.splitlines(keepends=True)
    lines[3] = b" \x1b[2Jnonsense\n"
    healthy.replies["show route"] = b"".join(lines)
    answer = _bird(healthy.path, healthy.path).collect(ALL).answers[4]
    assert answer.failure is None
    assert len(answer.left_out) == 1
    assert answer.report.routes is not None
    assert len(answer.report.routes) == 10


def test_a_thousand_at_once_do_not_mix(tmp_path: Path) -> None:
    """No state is shared: many collections at the same time, each with its own answers."""
    with RecordedDaemon(tmp_path / "bird.ctl", recording(4)) as daemon:
        results: list[Snapshot] = []

        def collect() -> None:
            results.append(
                SocketBird({4: (daemon.path,), 6: (daemon.path,)}, 250, 1 << 20).collect(ALL)
            )

        threads = [threading.Thread(target=collect) for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(results) == 50
    assert all(result.failures == {} for result in results)


def test_a_daemon_that_answers_everything_with_nothing_says_why(
    healthy: RecordedDaemon, tmp_path: Path
) -> None:
    nothing = dict.fromkeys(("show status", "show protocols all", "show route"), b"0000 \n")
    with RecordedDaemon(tmp_path / "empty.ctl", nothing) as empty:
        snapshot = _bird(healthy.path, empty.path).collect(ALL)
        failure = snapshot.failures[6]
        assert (failure.reason, failure.text) == (
            "unreadable", f"{empty.path}: 'show status': the answer says nothing"
        )  # fmt: skip
    _is_whole_for_ipv4(snapshot)


def test_no_memory_left_is_that_daemons_failure_alone(
    healthy: RecordedDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter([100.0, 103.5])
    bird = SocketBird({4: (healthy.path,), 6: (healthy.path,)}, 60.0, 1 << 20, lambda: next(times))
    before = dict(bird._routes)

    def full(*_: object, **__: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr("reporter.bird.snapshot.ask", full)
        (answer,) = bird.look(4, ALL).values()
    assert answer.failure is not None
    assert (answer.failure.reason, answer.seconds) == ("no_resources", 3.5)
    # What filled it is let go, of this daemon alone.
    assert {pair for pair, reader in bird._routes.items() if reader is not before[pair]} == {
        (4, 4),
        (4, 6),
    }
