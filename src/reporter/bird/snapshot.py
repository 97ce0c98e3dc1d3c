"""A look at each daemon alone, and what both said joined into one snapshot."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import product
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
from birdstatus.projection import serves_both_families, split_families
from birdstatus.records import DaemonStatus
from birdstatus.reply_codes import ReplyCode
from reporter.bird.control_socket import DEFAULT_PATHS, Exchange, Failure, Family, Reason, ask

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

    from reporter.settings import Settings

__all__ = ["FAMILIES", "Answers", "Bird", "FamilyAnswer", "Snapshot", "SocketBird", "joined"]

STATUS = "show status"
PROTOCOLS = "show protocols all"
ROUTES = "show route"
# A daemon that serves both families has more tables than theirs, and is asked for no other.
ROUTES_OF: dict[Family, str] = {4: "show route table master4", 6: "show route table master6"}
FAMILIES: tuple[Family, Family] = (4, 6)

# On its connection alone BIRD 2.16 and later, and 3, print times as seconds since 1970: what a configuration
# makes of them may be a date, or nothing at all.
TIMES = 'timeformat "%s"'
SESSIONS = "show protocols"
_EPOCH = re.compile("[0-9]{9,11}")
# How BIRD refuses the name of a table that its configuration does not have: that of a family not in use.
_NO_TABLE = "CF_SYM_UNDEFINED"

_NO_MEMORY = "no memory is left to read BIRD's answer; raise the limit of the pod, or lower --max-reply-bytes"

Records = TypeVar("Records")


@dataclass(frozen=True, slots=True)
class FamilyAnswer:
    """What a daemon said of one family.

    ``left_out`` are rows that could not be read. ``seconds`` is how long the look took, and ``waited`` how
    much of it had passed when the first command was sent: no word of the answer is older. ``changed_at`` is
    when protocols last changed, in Unix time, as far as the daemon could be asked for that.
    """

    report: DaemonReport
    failure: Failure | None = None
    left_out: tuple[BirdParseError | ProjectionError, ...] = ()
    seconds: float = 0.0
    waited: float = 0.0
    changed_at: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def failed(cls, reason: Reason, text: str, seconds: float = 0.0) -> FamilyAnswer:
        """An answer in which nothing could be read."""
        return cls(DaemonReport(failed=True), Failure(reason, text), seconds=seconds)

    @property
    def has_data(self) -> bool:
        """Whether BIRD said anything that is published."""
        report = self.report
        return any(part is not None for part in (report.status, report.protocols, report.routes))


# What one daemon said of each family that it serves.
Answers = Mapping[Family, FamilyAnswer]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is known of both families."""

    answers: Answers

    @property
    def failures(self) -> dict[Family, Failure]:
        """The families that could not be read whole, and why."""
        return {family: answer.failure for family, answer in self.answers.items() if answer.failure}

    @property
    def served_by(self) -> str:
        """Which kind of BIRD serves the node, for a person; empty where no daemon says."""
        daemons = self._daemons()
        if not daemons:
            return ""
        both = serves_both_families(daemons)
        return "one daemon for both families" if both else "a daemon for each family"

    @property
    def versions(self) -> str:
        """The versions of the daemons that serve it, for a person."""
        return ", ".join(sorted({f"BIRD {status.version}" for status in self._daemons()}))

    def _daemons(self) -> list[DaemonStatus]:
        """What the daemons said; of one that serves both families, that alone: another is on its way out."""
        answered = [answer.report.status for answer in self.answers.values()]
        known = [status for status in answered if status is not None]
        return next(([status] for status in known if serves_both_families([status])), known)


def joined(looks: Mapping[Family, Answers]) -> Snapshot:
    """One snapshot of what the daemon behind each socket said.

    A family whose own daemon says nothing is what the other daemon says of it, if that serves both: where
    BIRD 1.6 made way for a newer one, the socket of its second daemon may still be there.
    """
    answers: dict[Family, FamilyAnswer] = {}
    pairs: tuple[tuple[Family, Family], ...] = ((4, 6), (6, 4))
    for family, other in pairs:
        own = looks.get(family, {}).get(family)
        from_other = looks.get(other, {}).get(family)
        is_absent = own is None or (own.failure is not None and not own.has_data)
        found = from_other if is_absent and from_other is not None else own
        if found is not None:
            answers[family] = found
    return Snapshot(answers)


class Bird(Protocol):
    """Whatever can be asked about a node. A daemon is named by the family of its socket."""

    def look(self, daemon: Family, classes: Collection[str]) -> Answers:
        """Ask one daemon what these classes need. Blocks until it has answered or failed.

        Raises nothing for what a daemon does: a failure is part of what it returns. Two daemons may be
        asked at the same time from two threads, each of them by one thread at a time.
        """


@dataclass(frozen=True, slots=True)
class SocketBird:
    """The daemons behind two control sockets, each tried at its paths in turn."""

    paths: Mapping[Family, tuple[Path, ...]]
    timeout: float
    max_reply_bytes: int
    clock: Callable[[], float] = field(default=time.monotonic)
    # A table that did not change costs nothing to read again: by the daemon, and by the family in it.
    _routes: dict[tuple[Family, Family], RouteReader] = field(
        default_factory=lambda: {pair: RouteReader() for pair in product(FAMILIES, FAMILIES)},
        init=False,
    )
    # The last reply to SESSIONS of each daemon, and the times in it: mostly the next one is the same.
    _times: dict[Family, tuple[bytes, Mapping[str, float]]] = field(
        default_factory=dict, init=False
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

    def look(self, daemon: Family, classes: Collection[str]) -> Answers:
        """Ask one daemon what these classes need.

        Status and sessions are always asked for: they cost 2 ms with 500 sessions, and the
        metrics are made of them. Sessions tell also of what type a route's source is. What a daemon
        serves is found out from its greeting each time: a node may be upgraded meanwhile.
        """

        def commands(version: str, replies: Mapping[str, Reply]) -> Iterator[str]:
            yield from (STATUS, PROTOCOLS)
            if "Routes" in classes:
                yield from ROUTES_OF.values() if _serves_both(version) else (ROUTES,)
            if _serves_both(version):
                yield TIMES
                if replies[TIMES].code == ReplyCode.OK:
                    yield SESSIONS

        begun = self.clock()
        try:
            exchange = ask(
                self.paths[daemon],
                commands,
                timeout=self.timeout,
                max_reply_bytes=self.max_reply_bytes,
                clock=self.clock,
            )
            needed = {STATUS, PROTOCOLS, *(ROUTES_OF.values() if "Routes" in classes else ())}
            answers = self._answers(daemon, exchange, needed)
        except MemoryError:
            # Nothing is kept of what filled it.
            self._routes.update({(daemon, family): RouteReader() for family in FAMILIES})
            failed = FamilyAnswer.failed("no_resources", _NO_MEMORY, self.clock() - begun)
            return {daemon: failed}
        seconds = self.clock() - begun
        return {family: replace(answer, seconds=seconds) for family, answer in answers.items()}

    def _answers(
        self, daemon: Family, exchange: Exchange, needed: set[str]
    ) -> dict[Family, FamilyAnswer]:
        if not _serves_both(exchange.version):
            reader = self._routes[daemon, daemon]
            report, failure, left_out = _read(exchange, reader, ROUTES)
            return {daemon: FamilyAnswer(report, failure, left_out, waited=exchange.waited)}
        answers: dict[Family, FamilyAnswer] = {}
        changed_at = self._changed_at(daemon, exchange.replies.get(SESSIONS))
        if exchange.failure and exchange.replies.keys() >= needed:
            # It ended when all that is published was there.
            exchange = replace(exchange, failure=None)
        for family in FAMILIES:
            reader = self._routes[daemon, family]
            report, failure, left_out = _read(exchange, reader, ROUTES_OF[family])
            # The routes are of one family already, and the same object while they are the same.
            split = split_families(replace(report, routes=None))[FAMILIES.index(family)]
            own = replace(split, routes=report.routes)
            answers[family] = FamilyAnswer(
                own, failure, left_out, waited=exchange.waited, changed_at=changed_at
            )
        return answers

    def _changed_at(self, daemon: Family, reply: Reply | None) -> Mapping[str, float]:
        if reply is None:
            return {}
        data, times = self._times.get(daemon, (b"", {}))
        if data != reply.data:
            found = parse_protocols(reply.data, [])
            times = {one.name: float(one.since) for one in found if _EPOCH.fullmatch(one.since)}
            self._times[daemon] = (reply.data, times)
        return times

    def collect(self, classes: Collection[str]) -> Snapshot:
        """Ask both daemons at once and wait for both: for who reports once."""
        looks: dict[Family, Answers] = {}

        def look(daemon: Family) -> None:
            looks[daemon] = self.look(daemon, classes)

        second = threading.Thread(target=look, args=(6,), name="bird6", daemon=True)
        second.start()
        look(4)
        second.join()
        return joined(looks)


def _serves_both(version: str) -> bool:
    return serves_both_families([DaemonStatus(version)])


def _read(
    exchange: Exchange, reader: RouteReader, table: str
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
        if _lacks_table(command, refused):
            return found
        if refused is not None or (problems and not found):
            failures.append(_unreadable(exchange.path, command, refused or problems[0]))
            return None
        left_out.extend(problems)
        return found

    unpublishable: list[ProjectionError] = []
    status = records(STATUS, parse_status)
    protocols = records(PROTOCOLS, parse_protocols)
    routes = records(
        table, lambda reply, problems: reader.read(reply, protocols or (), problems, unpublishable)
    )
    left_out.extend(unpublishable)
    if status is not None and not (status.version or status.condition):
        # As a bare `0000 `: whole, and no word of a daemon in it.
        text = f"{printable(str(exchange.path))}: '{STATUS}': the answer says nothing"
        failures.append(Failure("unreadable", text))
    if exchange.failure:
        failures.append(exchange.failure)
    report = DaemonReport(status, protocols, routes, failed=bool(failures))
    return report, failures[0] if failures else None, tuple(left_out)


def _lacks_table(command: str, error: BirdParseError | None) -> bool:
    """Whether a daemon for both families was asked for a table that it has not: there are no routes."""
    return (
        command in ROUTES_OF.values()
        and isinstance(error, ErrorReplyError)
        and _NO_TABLE in error.message
    )


def _unreadable(path: Path | None, command: str, error: BirdParseError) -> Failure:
    reason: Reason = "bird_error" if isinstance(error, ErrorReplyError) else "unreadable"
    return Failure(reason, f"{printable(str(path))}: '{command}': {error.summary}")
