"""Writing down what a daemon says, in the three forms in which people meet it."""

import json
import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from .control import PATIENCE, Control, wait_until
from .daemon import Daemon
from .dual import DualStage
from .expected import Truth
from .releases import newest
from .stage import Stage

STANDARD = (
    "show status",
    "show protocols",
    "show protocols all",
    "show route",
    "show route all",
)
_FULLEST = ("show protocols all", "show route", "show route all")
_ATTEMPTS = 20
# Clock times and timers of BIRD 2 and 3, in the forms that scenarios ask for; 1.6 prints whole seconds.
_MOVING = re.compile(rb"[0-9:]*\.[0-9]{3,6}\b|\b1[0-9]{9}\b")


class UnsteadyError(RuntimeError):
    """The daemon's answer changed at each attempt to record it."""


def file_name(command: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", command.lower()).strip("_")[:60] or "empty"


def as_client(greeting: bytes, reply: bytes, *, codes: bool) -> bytes:
    """What `birdc` makes of these bytes (BIRD 1.6 client/client.c, server_got_reply)."""
    lines = []
    for line in (greeting + reply).splitlines(keepends=True):
        if line.startswith(b" "):
            lines.append(b"    " + line if codes else line[1:])
        elif not line.startswith(b"0000"):
            lines.append(line if codes else line[5:])
    return b"".join(lines)


def _alike(printed: bytes, expected: bytes) -> bool:
    """Whether these are the same but for what moves between two answers: numbers with a fraction."""
    return _MOVING.sub(b"#", printed) == _MOVING.sub(b"#", expected)


def _recorded(replies: dict[str, bytes], daemon: Daemon, command: str) -> bytes:
    """The recorded reply where there is one, so that the truth is of these very bytes."""
    return replies[command] if command in replies else daemon.ask(command)


class Recorder:
    """Collects one scenario's files in memory; `write` puts them into their folder."""

    def __init__(self, scenario: str, shows: str, stage: Stage, fixtures: Path) -> None:
        self._scenario = scenario
        self._shows = shows
        self._stage = stage
        self._fixtures = fixtures
        self._files: dict[str, bytes] = {}
        self._commands: dict[str, str] = {}
        self._version = ""

    def record(
        self,
        daemon: Daemon,
        truth: Truth,
        *more: str,
        standard: Sequence[str] = STANDARD,
        raw_only: Sequence[str] = (),
        timeout: float = PATIENCE,
    ) -> None:
        """Wait for the truth, then record until the recorded bytes themselves show it."""

        def lacking() -> str:
            return truth.missing(daemon.ask) or ""

        wait_until(lambda: not lacking(), lacking, timeout)
        for _ in range(_ATTEMPTS):
            record = self._three_forms if self._in_full() else self._raw
            # What the others say of less is seen in what they say of all.
            wanted = standard if self._in_full() or truth.texts else _FULLEST
            replies = {command: record(daemon, command) for command in [*wanted, *more]}
            replies |= {command: self._raw(daemon, command) for command in raw_only}
            unsaid = truth.missing(partial(_recorded, replies, daemon))
            if not unsaid:
                break
        else:
            raise UnsteadyError(unsaid)
        self._facts(truth)

    def _facts(self, truth: Truth) -> None:
        """The truth, with what is true of every recording."""
        document = {
            "scenario": self._scenario,
            "shows": self._shows,
            "family": self._stage.family,
            "version": self._version,
            "commands": self._commands,
            **truth.document(),
        }
        self._files["truth.json"] = f"{json.dumps(document, indent=1)}\n".encode()

    def keep(self, name: str, content: bytes) -> None:
        """A file of the scenario's own."""
        self._files[name] = content

    def session(self, daemon: Daemon, name: str, commands: Sequence[str]) -> None:
        """Greeting and all replies of one connection, in one file."""
        with Control(daemon.socket) as control:
            self._files[f"{name}.raw"] = control.greeting + b"".join(
                control.ask(command) for command in commands
            )

    def _in_full(self) -> bool:
        """Of one daemon in every form; of BIRD 2 and 3 only the newest release, else what it sends."""
        release = getattr(self._stage, "release", None)
        return release is None or release in {newest(2), newest(3)}

    def _raw(self, daemon: Daemon, command: str) -> bytes:
        self._greeted(daemon)
        raw = daemon.ask(command)
        self._files[f"{self._named(command)}.raw"] = raw
        self._configuration(daemon)
        return raw

    def _greeted(self, daemon: Daemon) -> bytes:
        with Control(daemon.socket) as control:
            self._version = control.greeting.decode().split()[2]
            return control.greeting

    def _three_forms(self, daemon: Daemon, command: str) -> bytes:
        """All three of the same instant: the timers and counters in them agree."""
        name = self._named(command)
        greeting = self._greeted(daemon)
        for _ in range(_ATTEMPTS):
            raw = daemon.ask(command)
            coded, plain = daemon.birdc(command, "-v"), daemon.birdc(command)
            if _alike(coded, as_client(greeting, raw, codes=True)) and _alike(
                plain, as_client(greeting, raw, codes=False)
            ):
                break
        else:
            raise UnsteadyError(f"{command}: {raw!r} is not {coded!r} or {plain!r}")
        self._files |= {
            f"{name}.raw": raw,
            f"birdc_{name}.txt": plain,
            f"birdc_v_{name}.txt": coded,
        }
        self._configuration(daemon)
        return raw

    def _named(self, command: str) -> str:
        name = file_name(command)
        earlier = self._commands.setdefault(f"{name}.raw", command)
        assert earlier == command, f"{earlier!r} and {command!r} would share a file"
        return name

    def _configuration(self, daemon: Daemon) -> None:
        self._files["bird.conf"] = daemon.configuration.encode(errors="surrogateescape")

    def write(self) -> Path:
        """Replace what an earlier recording left; other files in the folder are the tests' own."""
        folder = self._fixtures / self._version / f"{self._scenario}{self._stage.suffix}"
        folder.mkdir(parents=True, exist_ok=True)
        for pattern in ("*.raw", "birdc_*.txt", "bird.conf", "truth.json"):
            for old in folder.glob(pattern):
                old.unlink()
        for name, content in sorted(self._files.items()):
            (folder / name).write_bytes(content)
        return folder


Scene = Callable[[Stage, Recorder], None]
DualScene = Callable[[DualStage, Recorder], None]
