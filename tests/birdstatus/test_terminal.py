"""The command at a terminal: what it waits for, that it lives, and how it ends when it is stopped."""

from __future__ import annotations

import io
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from birdstatus.cli import progress
from birdstatus.cli.inputs import Input
from birdstatus.cli.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMAND = Path(sys.executable).with_name("birdstatus")
AWAITED = "birdstatus: paste what BIRD printed, and end it with Ctrl-D"
ROW = b"Mesh_10_0_0_1 BGP      master   up     11:02:33    Established\n"


class Session:
    """The command with a terminal as its standard input, output and error."""

    def __init__(self, *arguments: str) -> None:
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [COMMAND, *arguments], stdin=slave, stdout=slave, stderr=slave, start_new_session=True
        )
        os.close(slave)
        self.shown = ""

    def read_until(self, text: str) -> None:
        while text not in self.shown:
            self.shown += os.read(self.master, 4096).decode()

    def finish(self) -> int:
        """Read what is left; the exit code."""
        while True:
            try:
                piece = os.read(self.master, 4096)
            except OSError:
                break
            self.shown += piece.decode()
        return self.process.wait()

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.master)


@pytest.fixture
def session() -> Iterator[Session]:
    found = Session("parse", "-o", "table")
    yield found
    found.close()


def test_one_line_says_what_is_awaited_and_one_end_ends_it(session: Session) -> None:
    session.read_until(AWAITED)
    os.write(session.master, ROW + b"\x04")
    assert session.finish() == 0
    assert "10.0.0.1  NodeMesh  Established" in session.shown
    assert session.shown.count("birdstatus: ") == 1


def test_an_interrupt_ends_it_with_130(session: Session) -> None:
    session.read_until(AWAITED)
    session.process.send_signal(signal.SIGINT)
    assert session.finish() == 130
    assert "Traceback" not in session.shown


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def watched(monkeypatch: pytest.MonkeyPatch, stderr: io.StringIO, times: list[float]) -> str:
    monkeypatch.setattr(sys, "stderr", stderr)
    source = Input("routes.txt", lambda: iter([bytes(1_000_000)] * (len(times) - 1)))
    (found,) = Progress(iter(times).__next__).watched([source])
    assert len(list(found.chunks())) == len(times) - 1
    return stderr.getvalue()


def test_a_sign_of_life_after_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = watched(monkeypatch, Terminal(), [0, 0.5, 1.5, 1.6, 3])
    line = f"{progress._CLEARED}birdstatus: routes.txt: "
    assert shown == f"{line}2 MB read in 2 s{line}4 MB read in 3 s{progress._CLEARED}"


def test_nothing_of_what_is_done_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert watched(monkeypatch, Terminal(), [0, 0.1, 0.2]) == ""


def test_nothing_where_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert watched(monkeypatch, io.StringIO(), [0, 5, 10]) == ""
