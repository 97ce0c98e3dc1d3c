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
SHOWN_HOSTILE = r"\x1b]0;owned\x07\x1b[2J\x1b[31m[red]danger[/red]\u202e"
SGR = re.compile(r"\x1b\[[0-9;]*m")
PROTOCOLS = "show protocols all"
PASSIVE_AND_DISABLED = (
    Path(__file__).parents[1] / "fixtures/1.6.8/passive-disabled-peers-v4/show_protocols_all.raw"
)


@pytest.fixture
def daemons(tmp_path: Path) -> Iterator[tuple[RecordedDaemon, RecordedDaemon]]:
    with (
        RecordedDaemon(tmp_path / "4.ctl", recording(4)) as v4,
        RecordedDaemon(tmp_path / "6.ctl", recording(6)) as v6,
    ):
        yield v4, v6


@pytest.fixture
def arguments(daemons: tuple[RecordedDaemon, RecordedDaemon]) -> list[str]:
    v4, v6 = daemons
    description = re.compile(rb"(Description: +).*")
    v4.replies[PROTOCOLS] = description.sub(lambda found: found[1] + HOSTILE, v4.replies[PROTOCOLS])
    sockets = [f"--bird-socket={v4.path}", f"--bird6-socket={v6.path}"]
    return ["show", "--node-name=node-a", *sockets]


def _environment(**more: str) -> dict[str, str]:
    """Without the size and the colours of the terminal that the tests run in."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**kept, "TERM": "xterm", **more}


def _in_terminal(arguments: list[str], columns: int, **environment: str) -> str:
    """What the command writes to a terminal of that width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(
        [COMMAND, *arguments],
        stdin=theirs,
        stdout=theirs,
        env=_environment(**environment),
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
    assert ("\x1b[32mReady\x1b[0m" in shown) == colour
    plain = SGR.sub("", shown)
    assert "\x1b" not in plain
    assert "\u202e" not in plain
    assert max(len(line) for line in plain.splitlines()) <= columns
    if columns == 200:
        assert SHOWN_HOSTILE in plain
    for text in ("IPv4  Ready", "IPv6  Ready", "10.0.0.254", "64900", "Established", "FIB"):
        assert text in plain


def test_a_pipe_gets_no_colour_and_no_broken_line(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 0
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert any(SHOWN_HOSTILE in line and "10.0.0.254" in line for line in shown.splitlines())


def test_it_begins_with_the_node_the_time_and_the_totals(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 0
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"node-a  \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", first)
    assert second == "IPv4 4 of 4 sessions established, IPv6 4 of 4 sessions established"


def test_without_a_name_it_is_the_host_that_is_shown(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([arguments[0], *arguments[2:]]) == 0
    assert capsys.readouterr().out.startswith(f"{os.uname().nodename}  ")


def test_json_has_what_the_resource_has_no_room_for(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "-o", "json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown.keys() == {"agent", "bgp", "details"}
    assert shown["details"]["node"] == "node-a"
    session = shown["details"]["sessionsV6"][0]
    assert session["as"] == 64512
    assert session["imported"] == 2


def test_a_session_that_is_down_stands_first_and_gives_exit_code_1(
    daemons: tuple[RecordedDaemon, RecordedDaemon],
    arguments: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    replies = daemons[0].replies
    before, last = replies[PROTOCOLS].rsplit(b"BGP state:          Established", 1)
    replies[PROTOCOLS] = before + b"BGP state:          Active" + last
    assert main(arguments) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("IPv4 3 of 4 sessions established")
    states = [line.split()[3] for line in lines if line.startswith("  10.")]
    assert states == ["Active", "Established", "Established", "Established"]


def test_a_disabled_session_says_so(
    daemons: tuple[RecordedDaemon, RecordedDaemon],
    arguments: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    daemons[0].replies[PROTOCOLS] = PASSIVE_AND_DISABLED.read_bytes()
    assert main(arguments) == 1
    shown = {line.split()[0]: line for line in capsys.readouterr().out.splitlines() if line.split()}
    assert shown["10.4.0.4"].endswith("disabled in BIRD, off for good")
    assert shown["10.4.0.6"].endswith("disabled in BIRD, maintenance until noon")
    assert "disabled" not in shown["10.4.0.2"]


def test_down_shows_what_is_not_well_and_nothing_else(
    daemons: tuple[RecordedDaemon, RecordedDaemon],
    arguments: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([*arguments, "--down"]) == 0
    assert capsys.readouterr().out.splitlines()[2:] == ["nothing is down"]
    replies = daemons[1].replies
    replies[PROTOCOLS] = replies[PROTOCOLS].replace(
        b"BGP state:          Established", b"BGP state:          Active", 1
    )
    assert main([*arguments, "--down"]) == 1
    shown = capsys.readouterr().out
    assert "Active" in shown
    assert "  Established" not in shown


@pytest.mark.parametrize(
    ("family", "shown", "hidden"), [("4", "IPv4", "IPv6"), ("6", "IPv6", "IPv4")]
)
def test_one_family(
    arguments: list[str],
    family: str,
    shown: str,
    hidden: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([*arguments, "--family", family]) == 0
    text = capsys.readouterr().out
    assert shown in text
    assert hidden not in text
    assert main([*arguments, "--family", family, "-o", "json"]) == 0
    assert list(json.loads(capsys.readouterr().out)["agent"]) == [f"birdV{family}"]


def test_only_the_routes(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*arguments, "--class", "Routes"]) == 0
    shown = capsys.readouterr().out
    assert shown.count("  routes: ") == 2
    assert "learned from" in shown
    assert "notes" not in shown


def test_exit_code_3_where_a_daemon_has_no_socket(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alone = [*arguments[:3], f"--bird6-socket={tmp_path / 'none'}"]
    assert main(alone) == 3
    shown = capsys.readouterr().out
    assert "IPv6  NotReady" in shown
    assert any(str(tmp_path / "none") in line for line in shown.splitlines())
    assert "if this node has no IPv6 daemon: --family 4" in shown
    assert main([*alone, "--family=4"]) == 0
    assert "IPv6" not in capsys.readouterr().out


def test_exit_code_1_where_a_daemon_left_its_socket_behind(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with RecordedDaemon(tmp_path / "gone.ctl", {}) as gone:
        kept = gone.path.with_suffix(".kept")
        os.link(gone.path, kept)
    assert main([*arguments[:3], f"--bird6-socket={kept}"]) == 1
    assert "connection refused" in capsys.readouterr().out


def test_exit_code_1_where_a_daemon_shuts_down(
    daemons: tuple[RecordedDaemon, RecordedDaemon],
    arguments: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    replies = daemons[0].replies
    replies["show status"] = re.sub(
        rb"0013 .*", b"0013 Shutdown in progress", replies["show status"]
    )
    assert main([*arguments, "--down"]) == 1
    assert "IPv4  NotReady" in capsys.readouterr().out


def test_rows_that_cannot_be_read_are_counted(
    daemons: tuple[RecordedDaemon, RecordedDaemon],
    arguments: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    replies = daemons[0].replies
    replies[PROTOCOLS] = replies[PROTOCOLS].replace(b"1002-", b"1002-no session\n1002-", 1)
    main(arguments)
    assert "1 rows cannot be read, the first: expected" in capsys.readouterr().out


def _watched(arguments: list[str], rows: int, until: bytes, times: int) -> bytes:
    """What `show --watch` writes to a terminal of 80 columns until a text came so often."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, 80, 0, 0))
    process = subprocess.Popen(
        [COMMAND, *arguments, "--watch", "0.2"],
        stdin=theirs,
        stdout=theirs,
        env=_environment(),
    )
    os.close(theirs)
    # A command that draws no more ends the reading below, for its end closes the terminal.
    watchdog = threading.Timer(60, process.kill)
    watchdog.start()
    written = b""
    try:
        while written.count(until) < times:
            written += os.read(ours, 65536)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    finally:
        watchdog.cancel()
        process.kill()
        process.wait()
        os.close(ours)
    return written


def test_watch_refreshes_in_place(arguments: list[str]) -> None:
    written = _watched([*arguments, "--class=Agent"], 24, b"node-a", 3).decode()
    first, second, *_ = written.split("\x1b[J")[1:]
    height = first.rpartition("\x1b[")[0].count("\n")
    assert height == 6
    assert first.endswith(f"\x1b[{height}A\r")
    assert second.startswith("node-a  ")


def test_watch_draws_no_more_than_the_terminal_holds(arguments: list[str]) -> None:
    written = _watched(arguments, 10, b"more below", 2).decode()
    first = written.split("\x1b[J")[1]
    shown, _, up = first.rpartition("\x1b[")
    height = shown.count("\n")
    assert up == f"{height}A\r"
    assert height < 10
    assert "IPv6  " not in shown
