"""`show` as a person sees it: in a real terminal, narrow and wide, with colour and without."""

import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from reporter.bird.recorded import RecordedDaemon, recording
from reporter.cli import main
from reporter_process import COMMAND

HOSTILE = b"\x1b]0;owned\x07\x1b[2J\x1b[31m[red]danger[/red]\xe2\x80\xae"
SGR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture
def arguments(tmp_path: Path) -> Iterator[list[str]]:
    with (
        RecordedDaemon(tmp_path / "4.ctl", recording(4)) as v4,
        RecordedDaemon(tmp_path / "6.ctl", recording(6)) as v6,
    ):
        description = re.compile(rb"(Description: +).*")
        v4.replies["show protocols all"] = description.sub(
            lambda found: found[1] + HOSTILE, v4.replies["show protocols all"]
        )
        yield ["show", f"--bird-socket={v4.path}", f"--bird6-socket={v6.path}"]


def _in_terminal(arguments: list[str], columns: int, **environment: str) -> str:
    """What the command writes to a terminal of that width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    process = subprocess.Popen(
        [COMMAND, *arguments],
        stdin=theirs,
        stdout=theirs,
        env={**kept, "TERM": "xterm", **environment},
    )
    os.close(theirs)
    written = b""
    try:
        while piece := os.read(ours, 65536):
            written += piece
    except OSError:  # the other end is closed
        process.wait(30)
    finally:
        os.close(ours)
        process.kill()
        process.wait()
    return written.decode().replace("\r\n", "\n")


@pytest.mark.parametrize("columns", [80, 200])
@pytest.mark.parametrize("colour", [True, False])
def test_it_fits_a_terminal_and_is_harmless(
    arguments: list[str], columns: int, *, colour: bool
) -> None:
    environment = {} if colour else {"NO_COLOR": "1"}
    every = [*arguments, "--class", "Agent", "--class", "BGP", "--class", "Routes"]
    shown = _in_terminal(every, columns, **environment)
    assert ("\x1b[32m" in shown) == colour
    plain = SGR.sub("", shown)
    assert "\x1b" not in plain
    assert "\u202e" not in plain
    assert max(len(line) for line in plain.splitlines()) <= columns
    assert (
        re.sub(r"\s", "", r"\x1b]0;owned\x07\x1b[2J\x1b[31m[red]danger")
        in re.sub(r"\s", "", plain.replace("10.0.0.2", ""))
        or columns == 80
    )
    for text in ("IPv4  Ready", "IPv6  Ready", "10.0.0.254", "64900", "Established", "FIB"):
        assert text in plain


def test_a_pipe_gets_no_colour(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_json_has_what_the_resource_has_no_room_for(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "-o", "json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown.keys() == {"agent", "bgp", "details"}
    session = shown["details"]["sessionsV6"][0]
    assert session["as"] == 64512
    assert session["imported"] == 2


def test_exit_1_where_a_daemon_is_missing(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments[:2], f"--bird6-socket={tmp_path / 'none'}"]) == 1
    shown = capsys.readouterr().out
    assert "IPv6  NotReady" in shown
    assert str(tmp_path / "none") in shown.replace("\n", "")


def test_exit_1_where_a_session_is_down(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    replies = recording(4)
    replies["show protocols all"] = replies["show protocols all"].replace(
        b"BGP state:          Established", b"BGP state:          Active", 1
    )
    with RecordedDaemon(tmp_path / "4.ctl", replies) as daemon:
        sockets = [f"--bird-socket={daemon.path}", f"--bird6-socket={daemon.path}"]
        assert main(["show", *sockets]) == 1
    assert "Active" in capsys.readouterr().out


def test_watch_refreshes_in_place(arguments: list[str]) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen([COMMAND, *arguments, "--watch", "0.2"], stdin=theirs, stdout=theirs)
    os.close(theirs)
    # A command that draws no more ends the reading below, for its end closes the terminal.
    watchdog = threading.Timer(60, process.kill)
    watchdog.start()
    written = b""
    try:
        while written.count(b"IPv4") < 3:
            written += os.read(ours, 65536)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    finally:
        watchdog.cancel()
        process.kill()
        process.wait()
        os.close(ours)
    assert b"\x1b[1A" in written  # up a line, to draw over what was there
