"""The reporter as a process in surroundings that fail: its log, its descriptors, and signals at any time."""

import contextlib
import fcntl
import os
import resource
import select
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from canaries import TOKEN, Canaries
from reporter.bird.recorded import RecordedDaemon, recording
from reporter.bird.snapshot import FAMILIES
from reporter_cluster import until
from reporter_process import COMMAND
from scripted_api import ScriptedApi

MINUTE = 60.0
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounts and namespaces need root")


@dataclass
class Process:
    """The agent, how often it has written, and what it said on standard error if that is a file."""

    process: subprocess.Popen[bytes]
    server: ScriptedApi
    log_path: Path

    @property
    def log(self) -> str:
        return self.log_path.read_text() if self.log_path.exists() else ""

    @property
    def writes(self) -> int:
        return len(self.server.asked("patch"))

    def goes_on(self) -> None:
        """It lives, and writes."""
        before = self.writes
        until(lambda: self.writes >= before + 2, lambda: self.log, MINUTE)
        assert self.process.poll() is None

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(50)


Start = Callable[..., Process]


@pytest.fixture
def start(server: ScriptedApi, canaries: Canaries, tmp_path: Path) -> Iterator[Start]:
    """Starts the agent before a scripted API server and recorded daemons; whatever is left is killed."""
    server.token = TOKEN
    server.store.put("a", "n")
    with contextlib.ExitStack() as stack:
        daemons = {
            family: stack.enter_context(
                RecordedDaemon(tmp_path / f"bird{family}.ctl", recording(family))
            )
            for family in FAMILIES
        }

        def begin(*flags: str, before: tuple[str, ...] = (), **options: Any) -> Process:
            command = [
                *before,
                str(COMMAND),
                "run",
                "--node-name=n",
                "--listen=127.0.0.1:0",
                *flags,
            ]
            command += [f"--kubeconfig={canaries.folder / 'kubeconfig'}", "--api-timeout=5"]
            command += [f"--bird-socket={daemons[4].path}", f"--bird6-socket={daemons[6].path}"]
            if not (canaries.folder / "kubeconfig").exists():
                canaries.kubeconfig(server.url)
            log = tmp_path / "log"
            with log.open("wb") as file:
                given = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": file}
                process = subprocess.Popen(command, **{**given, **options})
            stack.callback(_kill, process)
            return Process(process, server, log)

        yield begin


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
    process.wait()


def test_a_log_that_nobody_reads_holds_nothing_up(start: Start) -> None:
    """A pipe takes so much and then nothing: the reader is stopped, or the disk behind it hangs."""
    reading, writing = os.pipe()
    with open(reading, "rb") as reader, open(writing, "wb") as writer:  # noqa: PTH123 - descriptors
        flags = fcntl.fcntl(writer, fcntl.F_GETFL)
        fcntl.fcntl(writer, fcntl.F_SETFL, flags | os.O_NONBLOCK)
        filled = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                filled += os.write(writing, b"x" * 4096)
        fcntl.fcntl(writer, fcntl.F_SETFL, flags)
        process = start(stderr=writer)
        process.goes_on()
        # What waited is written when somebody reads.
        assert reader.read(filled) == b"x" * filled
        line = reader.readline()
        assert b"metrics and health on port" in line
        # And at the end it does not wait for long.
        assert process.end() == 0


def test_a_log_that_nobody_reads_any_more_does_not_keep_it_from_ending(start: Start) -> None:
    reading, writing = os.pipe()
    with open(reading, "rb"), open(writing, "wb") as writer:  # noqa: PTH123 - descriptors
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
        process = start(stderr=writer)
        process.goes_on()
        flags = fcntl.fcntl(writer, fcntl.F_GETFL)
        fcntl.fcntl(writer, fcntl.F_SETFL, flags | os.O_NONBLOCK)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(writing, b"x")
        fcntl.fcntl(writer, fcntl.F_SETFL, flags)
        assert process.end() == 0


def test_a_log_whose_reader_is_gone(start: Start) -> None:
    reading, writing = os.pipe()
    with open(writing, "wb") as writer:  # noqa: PTH123 - a descriptor
        process = start(stderr=writer)
        os.close(reading)
        process.goes_on()
        assert process.end() == 0


def test_a_log_on_a_full_disk(start: Start) -> None:
    with Path("/dev/full").open("wb") as full:
        process = start(stderr=full)
        process.goes_on()
        assert process.end() == 0


@pytest.mark.parametrize("closed", ["2>&-", ">&-", "<&-", "<&- >&- 2>&-"])
def test_standard_streams_that_are_closed(closed: str, start: Start) -> None:
    process = start(before=("sh", "-c", f'exec "$0" "$@" {closed}'))
    process.goes_on()
    assert process.end() == 0


def test_descriptors_run_out_and_come_back(start: Start, server: ScriptedApi) -> None:
    process = start()
    process.goes_on()
    pid = process.process.pid
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # No new one from here on: neither for BIRD nor for the API.
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (4, hard))
    until(lambda: "cannot open a socket" in process.log, lambda: process.log, MINUTE)
    server.drop_connections()
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (hard, hard))
    process.goes_on()
    until(lambda: "daemon answers again" in process.log, lambda: process.log, MINUTE)
    _is_ready(process)
    assert process.end() == 0
    assert "a fault in the reporter itself" not in process.log


def _is_ready(process: Process) -> None:
    until(
        lambda: all(
            process.server.store.get("a")["status"]["agent"][f"birdV{family}"]["state"] == "Ready"
            for family in FAMILIES
        ),
        lambda: process.log,
        MINUTE,
    )


def test_with_few_descriptors_and_many_clients_it_works(start: Start) -> None:
    process = start(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32)))
    process.goes_on()
    port = int(process.log.partition("health on port ")[2].split()[0])
    with contextlib.ExitStack() as clients:
        for _ in range(100):
            clients.enter_context(socket.create_connection(("127.0.0.1", port), 60))
        process.goes_on()
        with socket.create_connection(("127.0.0.1", port), 60) as probe:
            probe.sendall(b"GET /healthz HTTP/1.1\r\n\r\n")
            assert probe.recv(100).startswith(b"HTTP/1.1 200 ")
    _is_ready(process)
    assert process.end() == 0
    assert "a fault in the reporter itself" not in process.log


@pytest.mark.parametrize(
    ("number", "phase"),
    [
        (signal.SIGTERM, "reporting"),
        (signal.SIGINT, "reporting"),
        (signal.SIGHUP, "reporting"),
        (signal.SIGTERM, "listed"),
        (signal.SIGTERM, "writing"),
        (signal.SIGTERM, "no API server"),
    ],
)
def test_a_signal_ends_it_in_order_in_every_phase(
    number: signal.Signals, phase: str, start: Start, server: ScriptedApi
) -> None:
    reached = server.requests
    if phase == "writing":
        server.always(lambda exchange: exchange.wait_for_the_client_to_go(), "patch")
    elif phase == "no API server":
        server.always(lambda exchange: exchange.wait_for_the_client_to_go())
    process = start()
    if phase == "reporting":
        process.goes_on()
    else:
        wanted = {"writing": "patch", "no API server": "discover", "listed": "list"}[phase]
        until(
            lambda: any(request.kind == wanted for request in reached), lambda: process.log, MINUTE
        )
    assert process.end(number) == 0
    assert process.log.splitlines()[-1].endswith(" INFO ended")
    assert "Traceback" not in process.log


def test_nohup_keeps_it_from_a_hangup(start: Start) -> None:
    process = start(before=("nohup",))
    process.goes_on()
    process.process.send_signal(signal.SIGHUP)
    process.goes_on()
    assert process.end() == 0


def test_a_signal_while_it_starts_is_no_traceback(start: Start) -> None:
    """At any moment of its start: before the interpreter is up the signal itself ends it."""
    for steps in range(6):
        process = start()
        # As much of its start as the machine does meanwhile: what matters is that any is as good.
        _read_files_loaded(process.process.pid, steps)
        assert process.end() in {0, -signal.SIGTERM}
        assert "Traceback" not in process.log


def _read_files_loaded(pid: int, steps: int) -> None:
    """Wait until so many hundred lines are in its map of memory, or it does not grow any more."""
    path = Path(f"/proc/{pid}/maps")
    for _ in range(2000):
        if len(path.read_text().splitlines()) >= 60 * steps:
            return
        select.select([], [], [], 0.005)


@needs_root
def test_it_ends_as_the_first_process_of_a_namespace(start: Start) -> None:
    """As in a container: the kernel gives the first process only the signals that it handles."""
    if shutil.which("unshare") is None:
        pytest.skip("no unshare")
    process = start(before=("unshare", "--pid", "--fork", "--kill-child"))
    process.goes_on()
    children = Path(f"/proc/{process.process.pid}/task/{process.process.pid}/children")
    os.kill(int(children.read_text().split()[0]), signal.SIGTERM)
    assert process.process.wait(50) == 0
    assert process.log.splitlines()[-1].endswith(" INFO ended")


@pytest.mark.parametrize("umask", [0o077, 0o777])
def test_odd_surroundings(umask: int, start: Start) -> None:
    process = start(
        umask=umask,
        env={
            "LC_ALL": "C",
            "TZ": "Asia/Kolkata",
            "PATH": os.environ["PATH"],
            "HOME": "/nonexistent",
        },
        cwd="/",
    )
    process.goes_on()
    assert process.server.store.get("a")["status"]["lastUpdated"].endswith("Z")
    assert process.end() == 0
