"""Text to records: ``show status``, ``show protocols [all]`` and ``show route [all]``.

Every function takes ``str``, ``bytes`` or an iterable of either, cut anywhere, in any of the three
forms (socket bytes, ``birdc -v``, plain ``birdc``). Strict unless a list for diagnostics is given:
then what cannot be read goes into that list and everything else is returned.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

from birdstatus.assembly import StatusAssembler
from birdstatus.bulk import no_garbage_collection
from birdstatus.errors import BirdParseError, ErrorReplyError, IncompleteReplyError
from birdstatus.framing import GREETING, MAX_LINE, Form, Line, split_lines
from birdstatus.grammar import protocols, routes, status
from birdstatus.protocol_assembly import ProtocolAssembler
from birdstatus.protocol_blocks import read_blocks
from birdstatus.records import DaemonStatus, Protocol, RouteEntry
from birdstatus.route_assembly import RouteAssembler
from birdstatus.scanner import Expectation, Unrecognised, recognises

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from birdstatus.assembly import Assembler

__all__ = [
    "Answer",
    "Command",
    "iter_routes",
    "parse_answers",
    "parse_protocols",
    "parse_routes",
    "parse_status",
]

Input: TypeAlias = "str | bytes | Iterable[str | bytes]"
Record: TypeAlias = DaemonStatus | Protocol | RouteEntry

# A list of diagnostics gets this many from one text; a last one says how many more there were.
MAX_DIAGNOSTICS = 1000


class Command(Enum):
    """The commands whose output this library reads."""

    STATUS = "show status"
    PROTOCOLS = "show protocols"
    ROUTES = "show route"


_ASSEMBLERS: dict[Command, type[StatusAssembler | ProtocolAssembler | RouteAssembler]] = {
    Command.STATUS: StatusAssembler,
    Command.PROTOCOLS: ProtocolAssembler,
    Command.ROUTES: RouteAssembler,
}

# Lines that can only begin an answer, where no final line ended the one before.
_FIRST_LINES = {Command.STATUS: status.VERSION_LINE, Command.PROTOCOLS: protocols.HEADING}

# doc/reply_codes in BIRD's source. Final lines that say nothing of a command's own: 0001 greeting,
# 0016 access restricted.
_NEUTRAL = frozenset({GREETING, 16})
_OK = 0
_STATUS_END = 13
_ROUTE_COUNT = 14
_LINE_OVERFLOW = 8000
_FIRST_ERROR = 8000
# Final lines that mean "no rows", not "something is wrong".
_NO_ROWS: dict[int | None, Command] = {8001: Command.ROUTES, 8003: Command.PROTOCOLS}
_COMMANDS: dict[int | None, Command] = {
    1000: Command.STATUS, 1011: Command.STATUS, 24: Command.STATUS, _STATUS_END: Command.STATUS,
    2002: Command.PROTOCOLS, 1002: Command.PROTOCOLS, 1006: Command.PROTOCOLS,
    1007: Command.ROUTES, 1008: Command.ROUTES, 1012: Command.ROUTES,
}  # fmt: skip

_TOO_LONG = Expectation(f"a line of at most {MAX_LINE} characters", MAX_LINE)

# What plain `birdc` prints of final lines, as far as it is no part of an answer.
_PLAIN_GREETING = " ready."
_PLAIN_NEUTRAL = frozenset({"Access restricted"})
_PLAIN_FINALS = {
    "Network not in table": 8001,
    "No protocols match": 8003,
    "Stopped due to reconfiguration": 8004,
    "Protocol is down": 8005,
    "Access denied": 8007,
    "runtime error": 8008,
    "syntax error": 9001,
    "IP address expected": 9001,
    "Symbol too long": 9001,
}
_PLAIN_NOT_A = re.compile(r"[^ ]+ is not a (?P<kind>protocol|table)")
_NOT_A = {"protocol": 9002, "table": 9001}


@dataclass(slots=True)
class Answer:
    """What one command was answered: its records, in BIRD's order.

    ``whole`` is false where the text, or BIRD, stops before the answer does.
    """

    command: Command
    records: list[Record] = field(default_factory=list)
    whole: bool = True


def parse_status(data: Input, diagnostics: list[BirdParseError] | None = None) -> DaemonStatus:
    """Read the answer to ``show status``.

    With ``diagnostics`` what could be read is returned, at the least an empty status.

    Raises:
        BirdParseError: without ``diagnostics``: the text is not that answer, whole.
    """
    records = [record for _, record in _Reader((Command.STATUS,), diagnostics).read(data)]
    return next((record for record in records if isinstance(record, DaemonStatus)), DaemonStatus())


def parse_protocols(data: Input, diagnostics: list[BirdParseError] | None = None) -> list[Protocol]:
    """Read the answer to ``show protocols`` or ``show protocols all``.

    Raises:
        BirdParseError: without ``diagnostics``: the text is not that answer, whole.
    """
    with no_garbage_collection():
        whole = read_blocks(data)
        if whole is not None:
            return whole
        records = _Reader((Command.PROTOCOLS,), diagnostics).read(data)
        return [record for _, record in records if isinstance(record, Protocol)]


def parse_routes(data: Input, diagnostics: list[BirdParseError] | None = None) -> list[RouteEntry]:
    """Read the answer to ``show route`` or ``show route all``.

    Raises:
        BirdParseError: without ``diagnostics``: the text is not that answer, whole.
    """
    with no_garbage_collection():
        return list(iter_routes(data, diagnostics))


def iter_routes(
    data: Input, diagnostics: list[BirdParseError] | None = None
) -> Iterator[RouteEntry]:
    """Like :func:`parse_routes`, one route at a time: a table of any size in constant memory.

    Raises:
        BirdParseError: without ``diagnostics``: at the first text that is not that answer.
    """
    for _, record in _Reader((Command.ROUTES,), diagnostics).read(data):
        if isinstance(record, RouteEntry):
            yield record


def parse_answers(data: Input, diagnostics: list[BirdParseError] | None = None) -> list[Answer]:
    """Read the answers to any of the three commands, several in one text.

    An empty answer is found only where its final line names its command.

    Raises:
        BirdParseError: without ``diagnostics``: there is no answer, or text that is part of none.
    """
    answers: list[Answer] = []
    reader = _Reader(tuple(Command), diagnostics)
    for command, record in reader.read(data):
        if record is None:
            answers.append(Answer(command))
        else:
            answers[-1].records.append(record)
    for number in reader.cut_short:
        answers[number].whole = False
    return answers


class _Reader:
    """One pass over a text: which line belongs to which answer, and where each answer ends."""

    def __init__(
        self, wanted: tuple[Command, ...], diagnostics: list[BirdParseError] | None
    ) -> None:
        self.cut_short: set[int] = set()
        self._begun = 0
        self._wanted = wanted
        self._diagnostics = diagnostics
        self._problems = 0
        self._command: Command | None = None
        self._assembler: Assembler[Record] | None = None
        self._answered = False
        self._open = False
        self._found: list[tuple[Command, Record | None]] = []

    def read(self, data: Input) -> Iterator[tuple[Command, Record | None]]:
        """The records with their commands; an answer begins with ``None``."""
        form = Form()
        line = Line(1, None, final=False, text="", raw="")
        for line in split_lines(data, form):
            if len(line.raw) > MAX_LINE:
                self._unreadable(line, _TOO_LONG)
            elif not form.coded:
                self._plain(line)
            elif line.final:
                self._final(line)
            else:
                self._continued(line)
            if self._found:
                yield from self._found
                self._found.clear()
        is_cut = self._open and form.marks_ends
        if is_cut and self._command is not None:
            self.cut_short.add(self._begun - 1)
        self._end(line)
        yield from self._found
        if is_cut:
            self._report_cut(line, "the final line of the reply")
        elif not self._answered:
            self._report_cut(line, self._expected())

    def _continued(self, line: Line) -> None:
        self._open = True
        command = self._command if line.code == _LINE_OVERFLOW else _COMMANDS.get(line.code)
        if command in self._wanted:
            self._use(line, command)
        else:
            self._unreadable(line, Expectation(self._expected()))

    def _final(self, line: Line) -> None:
        self._open = False
        if line.code in _NEUTRAL:
            self._greet()
            return
        if line.code == _STATUS_END and Command.STATUS in self._wanted:
            self._use(line, Command.STATUS)
        elif line.code not in {_OK, _ROUTE_COUNT}:
            self._refused(line, line.code)
        elif self._command is None and len(self._wanted) == 1:
            self._begin(self._wanted[0], line)
        self._answered = True
        self._end(line)

    def _greet(self) -> None:
        # Of an empty table `birdc` prints nothing after the greeting.
        self._answered = self._answered or Command.ROUTES in self._wanted

    def _plain(self, line: Line) -> None:
        text = line.text.rstrip()
        if text.startswith("BIRD ") and text.endswith(_PLAIN_GREETING):
            self._end(line)
            self._greet()
        elif recognises(text, routes.ROUTE_COUNT_LINE):
            self._answered = True
            self._end(line)
        elif (code := _plain_final(text)) is not None:
            self._refused(line, code)
            self._end(line)
        elif text and text not in _PLAIN_NEUTRAL:
            command = self._plain_command(line)
            if command is None:
                self._unreadable(line, Expectation(self._expected()))
                return
            first = _FIRST_LINES.get(command)
            if first is not None and recognises(line.text, first):
                self._end(line)
            self._use(line, command)

    def _plain_command(self, line: Line) -> Command | None:
        """Whose output a line without a reply code is: the answer under way, if it can be."""
        likely = sorted(self._wanted, key=lambda command: command is not self._command)
        for command in likely:
            if _ASSEMBLERS[command].SCANNERS[None].recognises(line.text):
                return command
        return self._command or (self._wanted[0] if len(self._wanted) == 1 else None)

    def _refused(self, line: Line, code: int | None) -> None:
        """A final line that says why there is nothing."""
        command = _NO_ROWS.get(code)
        if command in self._wanted:
            self._begin(command, line)
        elif code is not None and code >= _FIRST_ERROR:
            self._answered = True
            if self._command is not None:
                # "Stopped due to reconfiguration" and the like: what came is not all.
                self.cut_short.add(self._begun - 1)
            self._report(
                ErrorReplyError(
                    self._expected(), line=line.number, text=line.raw, code=code, message=line.text
                )
            )
        else:
            self._unreadable(line, Expectation(self._expected()))

    def _use(self, line: Line, command: Command) -> None:
        assembler = self._assembler
        if assembler is None or command is not self._command:
            assembler = self._begin(command, line)
        try:
            record = assembler.add(line)
        except (Expectation, Unrecognised) as reason:
            self._unreadable(line, reason)
        else:
            if record is not None:
                self._found.append((command, record))

    def _begin(self, command: Command, line: Line) -> Assembler[Record]:
        self._end(line)
        self._begun += 1
        self._command = command
        self._assembler = _ASSEMBLERS[command]()
        self._answered = True
        self._found.append((command, None))
        return self._assembler

    def _end(self, line: Line) -> None:
        if self._command is not None and self._assembler is not None:
            record = self._assembler.end()
            if record is not None:
                self._found.append((self._command, record))
                if isinstance(record, DaemonStatus):
                    # Its last line would have made it whole before.
                    self.cut_short.add(self._begun - 1)
                    self._report_cut(line, "the daemon's condition")
        self._command = self._assembler = None

    def _unreadable(self, line: Line, reason: Expectation | Unrecognised) -> None:
        if self._diagnostics is None or self._problems < MAX_DIAGNOSTICS:
            why = reason.explain() if isinstance(reason, Unrecognised) else reason
            if isinstance(reason, Unrecognised) and why.offset == 0:
                # Nothing in the line is known: one production's first word would mislead.
                why = Expectation(self._expected())
        else:
            why = Expectation("other text")
        column = len(line.raw) - len(line.text) + why.offset + 1
        self._report(BirdParseError(why.expected, line=line.number, column=column, text=line.raw))
        if self._command is not None and self._assembler is not None:
            record = self._assembler.skip(line)
            if record is not None:
                self._found.append((self._command, record))

    def _report_cut(self, line: Line, expected: str) -> None:
        end = len(line.raw) + 1
        self._report(IncompleteReplyError(expected, line=line.number, column=end, text=line.raw))

    def _report(self, error: BirdParseError) -> None:
        if self._diagnostics is None:
            raise error
        self._problems += 1
        if self._problems > MAX_DIAGNOSTICS:
            # One more stands for all that are not kept.
            more = self._problems - MAX_DIAGNOSTICS
            error.expected += f" ({more} more lines could not be read)"
            if more > 1:
                self._diagnostics.pop()
        self._diagnostics.append(error)

    def _expected(self) -> str:
        return "output of " + " or ".join(f"`{command.value}`" for command in self._wanted)


def _plain_final(text: str) -> int | None:
    """The reply code of a final line that `birdc` printed without it, where BIRD refuses."""
    not_a = _PLAIN_NOT_A.fullmatch(text)
    return _NOT_A[not_a["kind"]] if not_a else _PLAIN_FINALS.get(text)
