"""One look at a node: both daemons asked at once, each alone, and what they said as records."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar

from birdstatus import (
    BirdParseError,
    DaemonReport,
    ErrorReplyError,
    IncompleteReplyError,
    ProjectionError,
    Reply,
    RouteReader,
    parse_protocols,
    parse_status,
)
from birdstatus.errors import printable
from reporter.bird.control_socket import DEFAULT_PATHS, Exchange, Failure, Family, Reason, ask

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from reporter.settings import Settings

__all__ = ["Bird", "FamilyAnswer", "Snapshot", "SocketBird"]

STATUS = "show status"
PROTOCOLS = "show protocols all"
ROUTES = "show route"
FAMILIES: tuple[Family, Family] = (4, 6)

Records = TypeVar("Records")


@dataclass(frozen=True, slots=True)
class FamilyAnswer:
    """What one daemon said. ``left_out`` are rows that could not be read; ``seconds`` it took."""

    report: DaemonReport
    failure: Failure | None = None
    left_out: tuple[BirdParseError | ProjectionError, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What both daemons said at one time."""

    answers: dict[Family, FamilyAnswer]

    @property
    def failures(self) -> dict[Family, Failure]:
        """The daemons that could not be read whole, and why."""
        return {family: answer.failure for family, answer in self.answers.items() if answer.failure}


class Bird(Protocol):
    """Whatever can be asked about a node."""

    def collect(self, classes: Collection[str]) -> Snapshot:
        """Ask both daemons. Raises nothing: a failure is part of what it returns."""


@dataclass(frozen=True, slots=True)
class SocketBird:
    """The daemons behind two control sockets, each tried at its paths in turn."""

    paths: dict[Family, tuple[Path, ...]]
    timeout: float
    max_reply_bytes: int
    clock: Callable[[], float] = field(default=time.monotonic)
    # A table that did not change costs nothing to read again.
    _routes: dict[Family, RouteReader] = field(
        default_factory=lambda: {family: RouteReader() for family in FAMILIES}, init=False
    )

    @classmethod
    def from_settings(cls, settings: Settings) -> SocketBird:
        """The sockets that were named, else Calico's usual ones."""
        named = {4: settings.bird_socket, 6: settings.bird6_socket}
        paths: dict[Family, tuple[Path, ...]] = {}
        for family in FAMILIES:
            path = named[family]
            paths[family] = DEFAULT_PATHS[family] if path is None else (path,)
        return cls(paths, settings.bird_timeout, settings.max_reply_bytes)

    def collect(self, classes: Collection[str]) -> Snapshot:
        """Ask both daemons at once for what these classes need.

        Status and sessions are always asked for: they cost 2 ms with 500 sessions, and the
        metrics are made of them. Sessions tell also of what type a route's source is.
        """
        commands = [STATUS, PROTOCOLS, *([ROUTES] if "Routes" in classes else [])]
        answers: dict[Family, FamilyAnswer] = {}

        def look(family: Family) -> None:
            begun = self.clock()
            exchange = ask(
                self.paths[family],
                commands,
                timeout=self.timeout,
                max_reply_bytes=self.max_reply_bytes,
                clock=self.clock,
            )
            report, failure, left_out = _read(exchange, self._routes[family])
            answers[family] = FamilyAnswer(report, failure, left_out, self.clock() - begun)

        second = threading.Thread(target=look, args=(6,), name="bird6", daemon=True)
        second.start()
        look(4)
        second.join()
        return Snapshot({family: answers[family] for family in FAMILIES})


def _read(
    exchange: Exchange, reader: RouteReader
) -> tuple[DaemonReport, Failure | None, tuple[BirdParseError | ProjectionError, ...]]:
    failures: list[Failure] = []
    left_out: list[BirdParseError | ProjectionError] = []

    def records(
        command: str, parse: Callable[[bytes, list[BirdParseError]], Records]
    ) -> Records | None:
        reply: Reply | None = exchange.replies.get(command)
        if reply is None:
            return None
        problems: list[BirdParseError] = []
        found = parse(reply.data, problems)
        refused = next(
            (one for one in problems if isinstance(one, ErrorReplyError | IncompleteReplyError)),
            None,
        )
        if refused is not None or (problems and not found):
            failures.append(_unreadable(exchange.path, command, refused or problems[0]))
            return None
        left_out.extend(problems)
        return found

    unpublishable: list[ProjectionError] = []
    status = records(STATUS, parse_status)
    protocols = records(PROTOCOLS, parse_protocols)
    routes = records(
        ROUTES, lambda reply, problems: reader.read(reply, protocols or (), problems, unpublishable)
    )
    left_out.extend(unpublishable)
    if exchange.failure:
        failures.append(exchange.failure)
    report = DaemonReport(status, protocols, routes, failed=bool(failures))
    return report, failures[0] if failures else None, tuple(left_out)


def _unreadable(path: Path | None, command: str, error: BirdParseError) -> Failure:
    reason: Reason = "bird_error" if isinstance(error, ErrorReplyError) else "unreadable"
    return Failure(reason, f"{printable(str(path))}: '{command}': {error.summary}")
