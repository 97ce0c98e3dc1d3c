"""What is said of a daemon that does wrong, word by word: ``control_socket.txt`` beside this file."""

import contextlib
import errno
import os
import socket
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from kept import is_as_kept
from reporter.bird.control_socket import Exchange, ask
from reporter_bench import Clock

EXPECTED = Path(__file__).parent / "control_socket.txt"
HELLO = b"0001 BIRD 1.6.8 ready.\n"
RESTRICTED = b"0016 Access restricted\n"
STATUS = b"1000-BIRD 1.6.8\n0013 Daemon is up and running\n"


@dataclass
class Daemon:
    """Takes one connection and says these pieces, one after each command; then it ends, if it is to."""

    path: Path
    pieces: Sequence[bytes]
    heard: list[bytes] = field(default_factory=list)
    stays: bool = False

    def serve(self, listener: socket.socket, over: threading.Event) -> None:
        with contextlib.suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                for number, piece in enumerate(self.pieces):
                    if number:
                        self.heard.append(connection.recv(4096))
                    connection.sendall(piece)
                if self.stays:
                    over.wait()


@contextlib.contextmanager
def _running(daemon: Daemon) -> Iterator[None]:
    over = threading.Event()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(daemon.path))
        listener.listen()
        thread = threading.Thread(target=daemon.serve, args=(listener, over))
        thread.start()
        try:
            yield
        finally:
            over.set()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


FAULTS: dict[str, Sequence[bytes]] = {
    "ends before it greets": [b""],
    "is no BIRD": [b"HTTP/1.1 400 Bad Request\r\n\r\n"],
    "is no BIRD, with control characters": [b"\x1b[31mred\x1b[0m\n" + b"x" * 100 + b"\n"],
    "greets in pieces and ends": [b"0001 BI"],
    "greets twice": [HELLO + HELLO],
    "refuses to restrict": [HELLO, b"9001 There is no such command\n"],
    "ends at restrict": [HELLO, b""],
    "ends in an answer": [HELLO, RESTRICTED, b"1000-BIRD 1.6.8\n1011-Rout"],
    "ends after an answer": [HELLO, RESTRICTED, STATUS, b""],
    "says more than was asked": [HELLO, RESTRICTED, STATUS + STATUS],
    "says too much": [HELLO, RESTRICTED, b"1000-" + b"x" * 5000],
}


def _asked(
    paths: Sequence[Path], *, timeout: float = 60.0, clock: Any = None, commands: Any = None
) -> Exchange:
    return ask(
        paths,
        commands or (lambda *_: ["show status", "show route"]),
        timeout=timeout,
        max_reply_bytes=4096,
        clock=clock or Clock(),
    )


def _text(about: str, exchange: Exchange, folder: Path) -> str:
    failure = exchange.failure
    said = f"{failure.reason}: {failure.text}" if failure else "whole"
    replies = ", ".join(exchange.replies) or "nothing"
    return (
        f"{about}\n  {said.replace(str(folder), 'FOLDER')}\n  had {replies}; {exchange.version!r}\n"
    )


class Steps:
    """A clock that stands for so many looks at it, and is a second later at each that follows."""

    def __init__(self, after: int) -> None:
        self.seconds, self.left = 100.0, after

    def __call__(self) -> float:
        self.left -= 1
        if self.left < 0:
            self.seconds += 1
        return self.seconds


def test_what_is_said_of_each_fault(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    texts = []
    for number, (about, pieces) in enumerate(FAULTS.items()):
        path = tmp_path / f"{number}.ctl"
        with _running(Daemon(path, pieces)):
            texts.append(_text(about, _asked([path]), tmp_path))
    texts += [
        _text("no socket", _asked([tmp_path / "none"]), tmp_path),
        _text("no socket at two paths", _asked([tmp_path / "none", tmp_path / "no"]), tmp_path),
    ]
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    (tmp_path / "left").touch()
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / "behind.ctl"))
    for name in ("file", "folder", "behind.ctl", "x" * 200):
        paths = [tmp_path / "none", tmp_path / name]
        texts.append(_text(f"{name[:10]} in its place", _asked(paths), tmp_path))
    for looks in range(1, 9):
        path = tmp_path / f"late-{looks}.ctl"
        with _running(Daemon(path, [HELLO, RESTRICTED, b"1000-BIRD 1.6.8\n"], stays=True)):
            found = _asked([path], timeout=0.5, clock=Steps(looks))
        texts.append(_text(f"late after {looks} steps", found, tmp_path))
    assert is_as_kept(pytestconfig, EXPECTED, "\n".join(texts))


def test_what_it_hears_and_what_is_had_of_it(tmp_path: Path) -> None:
    route = b"1007-10.0.0.0/8 via 10.0.0.1 on eth0 [static1 10:00:00] * (200)\n0000 \n"
    daemon = Daemon(tmp_path / "b.ctl", [HELLO, RESTRICTED, STATUS, route])
    clock = Clock()
    versions: list[str] = []

    def commands(version: str, *_: object) -> list[str]:
        versions.append(version)
        clock.seconds += 3
        return ["show status", "show route"]

    with _running(daemon):
        found = _asked([daemon.path], clock=clock, commands=commands)
    assert daemon.heard == [b"restrict\n", b"show status\n", b"show route\n"]
    assert versions == ["1.6.8"]
    assert found.failure is None
    assert {command: reply.data for command, reply in found.replies.items()} == {
        "show status": STATUS, "show route": route
    }  # fmt: skip
    assert found.path == daemon.path
    assert found.waited == 0.0


def test_no_descriptor_is_not_birds_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    with monkeypatch.context() as patched:
        patched.setattr("reporter.bird.control_socket.socket.socket", none)
        found = _asked([tmp_path / "b.ctl"])
    assert found.failure is not None
    assert (found.failure.reason, found.failure.text) == (
        "no_resources",
        "cannot open a socket: Too many open files",
    )


def test_a_full_queue_of_connections_is_waited_for_and_then_said(tmp_path: Path) -> None:
    path = tmp_path / "b.ctl"
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket(socket.AF_UNIX))
        listener.bind(str(path))
        listener.listen(0)
        for _ in range(3):
            waiting = stack.enter_context(socket.socket(socket.AF_UNIX))
            waiting.settimeout(0)
            with contextlib.suppress(BlockingIOError):
                waiting.connect(str(path))
        found = _asked([path], timeout=0.2)
    assert found.failure is not None
    assert (found.failure.reason, found.failure.text) == (
        "timeout",
        f"{path}: BIRD takes no new connection; is it stopped or very busy?",
    )
