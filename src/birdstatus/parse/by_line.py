"""Text to records, line by line: any form, any fault, each fault with its place.

This is the truth; whatever reads faster must give the same.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from birdstatus.errors import (
    BirdParseError,
    ErrorReplyError,
    ForeignTextError,
    IncompleteReplyError,
)
from birdstatus.framing import MAX_LINE, Form, Line, split_lines
from birdstatus.grammar.bird1 import routes
from birdstatus.grammar.bird2 import routes as bird2
from birdstatus.grammar.patterns import Expectation, Unrecognised, recognises
from birdstatus.parse.dialect import COMMANDS, Command, begins_answer
from birdstatus.parse.mending import mended, unwrapped
from birdstatus.parse.protocols import ProtocolAssembler
from birdstatus.parse.routes import RouteAssembler
from birdstatus.parse.status import StatusAssembler
from birdstatus.paste.anchor import begins_answer_line
from birdstatus.paste.decoding import decoded_head
from birdstatus.paste.foreign import identified, line_identified
from birdstatus.paste.prompt import Prompt, Question, prompt_in, prompts_behind
from birdstatus.records import DaemonStatus, Protocol, RouteEntry, TableCount
from birdstatus.reply_codes import FIRST_ERROR, ReplyCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from birdstatus.parse.assembler import Assembler

__all__ = ["MAX_DIAGNOSTICS", "TABLE_HEADING", "Begun", "LineReader", "Record"]

Record: TypeAlias = DaemonStatus | Protocol | RouteEntry | TableCount

# A list of diagnostics gets this many from one text; a last one says how many more there were.
MAX_DIAGNOSTICS = 1000

_ASSEMBLERS: dict[Command, type[StatusAssembler | ProtocolAssembler | RouteAssembler]] = {
    Command.STATUS: StatusAssembler,
    Command.PROTOCOLS: ProtocolAssembler,
    Command.ROUTES: RouteAssembler,
}

# Final lines that say nothing of a command's own.
_NEUTRAL = frozenset({ReplyCode.WELCOME, ReplyCode.ACCESS_RESTRICTED})
# Lines with these begin an answer, also where no final line ended the one before.
_FIRST_CODES = frozenset({ReplyCode.BIRD_VERSION, ReplyCode.PROTOCOL_LIST_HEADING})
# Final lines that mean "no rows", not "something is wrong".
_NO_ROWS: dict[int | None, Command] = {
    ReplyCode.ROUTE_NOT_FOUND: Command.ROUTES,
    ReplyCode.NO_PROTOCOLS_MATCH: Command.PROTOCOLS,
}

_TOO_LONG = Expectation(f"a line of at most {MAX_LINE} characters", MAX_LINE)

_NO_LINE = Line(1, None, final=False, text="", raw="")

# What plain `birdc` prints of final lines, as far as it is no part of an answer.
_PLAIN_GREETING = " ready."
_PLAIN_NEUTRAL = frozenset({"Access restricted"})
_PLAIN_FINALS = {
    "Network not in table": ReplyCode.ROUTE_NOT_FOUND,
    "Network not found": ReplyCode.ROUTE_NOT_FOUND,
    "No protocols match": ReplyCode.NO_PROTOCOLS_MATCH,
    "Stopped due to reconfiguration": ReplyCode.STOPPED_DUE_TO_RECONFIGURATION,
    "Table is shutting down": ReplyCode.STOPPED_DUE_TO_RECONFIGURATION,
    "Protocol is down": ReplyCode.PROTOCOL_IS_DOWN,
    "Access denied": ReplyCode.ACCESS_DENIED,
    "runtime error": ReplyCode.EVALUATION_RUNTIME_ERROR,
    "syntax error": ReplyCode.PARSE_ERROR,
    "IP address expected": ReplyCode.PARSE_ERROR,
    "Symbol too long": ReplyCode.PARSE_ERROR,
    # BIRD 3, of a configuration without a table of any family.
    "No valid tables": ReplyCode.PARSE_ERROR,
}
TABLE_HEADING = re.compile(r"[ \t]*Table ([^ \t\n]+):[ \t]*")
_PLAIN_NOT_A = re.compile(r"[^ ]+ is not a (?P<kind>protocol|table)")
# Words and signs of rows, and what people write for lines that they left out.
_ROW_WORDS = re.compile(
    r"[0-9A-Fa-f][.:][0-9A-Fa-f.:]*/[0-9]|\b(?:via|dev|blackhole|unreachable|prohibited|multipath|unicast)\b"
    r"|\b(?:up|start|down|wait|feed|stop|flush)\b|\.\.|\u2026|snip|cut|omitted|skipp|^[ \t]|\[|<"
)
_CAPABILITY_INDENT = " " * 6
_NOT_A = {"protocol": ReplyCode.INVALID_SYMBOL_TYPE, "table": ReplyCode.PARSE_ERROR}


class Begun(NamedTuple):
    """What is known of an answer when it begins.

    ``question`` is the command that was given, where the text shows it, ``family`` the daemon that
    it was given to as far as that is said. ``session`` counts the times that a client was called:
    answers of one session are one daemon's. ``line`` is where the answer begins.
    """

    question: Question | None
    family: int | None
    session: int
    line: int


class LineReader:
    """One pass over a text: which line belongs to which answer, and where each answer ends.

    ``begun`` says what is known of each answer, in order; ``cut_short`` holds the places there of
    those that are not whole, once everything is read.
    """

    def __init__(
        self, wanted: tuple[Command, ...], diagnostics: list[BirdParseError] | None
    ) -> None:
        self.cut_short: set[int] = set()
        self.begun: list[Begun] = []
        # The tables of the answer under way, as plain text shows them.
        self.tables: set[str] = set()
        self._wanted = wanted
        self._diagnostics = diagnostics
        self._problems = 0
        self._first = 0 if diagnostics is None else len(diagnostics)
        self._held: BirdParseError | None = None
        self._command: Command | None = None
        self._assembler: Assembler[Record] | None = None
        self._answered = False
        self._open = False
        self._form = Form()
        self._question: Question | None = None
        self._family: int | None = None
        self._session = 0
        self._found: list[tuple[Command, Record | None]] = []
        self._line = _NO_LINE

    def read(
        self, data: str | bytes | Iterable[str | bytes]
    ) -> Iterator[tuple[Command, Record | None]]:
        """The records with their commands; an answer begins with ``None``."""
        form = self._form
        yield from self._read_whole(unwrapped(split_lines(data, form)), form)

    def begin_routes(
        self, number: int, *, is_greeted: bool
    ) -> Iterator[tuple[Command, Record | None]]:
        """An answer of routes begins in this line, which others read."""
        if is_greeted:
            self._greet()
        self._begin(Command.ROUTES, _NO_LINE._replace(number=number))
        yield from self._taken()

    def read_on(
        self, data: Iterable[bytes], number: int, table: str = "", *, is_coded: bool = True
    ) -> Iterator[tuple[Command, Record | None]]:
        """The rest of a text with an answer of routes, of which others read the lines above.

        It begins with a network, in line ``number``, under the heading of that ``table``. ``is_coded``
        tells a reply of the control socket from plain ``birdc``.
        """
        # The text has begun: nothing in it can be the beginning of a reply code that is all there is.
        form = Form(begun=True)
        code = ReplyCode.ROUTE_LIST if is_coded else None
        self._go_on_with_routes(table)
        self._open = is_coded
        yield from self._read_whole(
            unwrapped(split_lines(data, form, number=number, code=code)), form
        )

    def read_networks(
        self, text: str, number: int, table: str = ""
    ) -> Iterator[tuple[Command, Record | None]]:
        """The routes of whole networks within a socket's reply, of which others read all the rest."""
        self._go_on_with_routes(table)
        lines = unwrapped(split_lines(text, Form(), number=number, code=ReplyCode.ROUTE_LIST))
        yield from self._read_lines(lines)
        self._end(_NO_LINE)
        yield from self._taken()

    def _go_on_with_routes(self, table: str) -> None:
        assembler = RouteAssembler()
        assembler.table = table
        self._command, self._assembler = Command.ROUTES, assembler
        self._answered = True

    def _read_whole(
        self, lines: Iterable[Line], form: Form
    ) -> Iterator[tuple[Command, Record | None]]:
        yield from self._read_lines(lines)
        line = self._line
        is_cut = form.cut_in_code or (self._open and form.marks_ends)
        if is_cut and self._command is not None:
            self.cut_short.add(len(self.begun) - 1)
        self._end(line)
        yield from self._taken()
        if is_cut:
            self._report_cut(line, "the final line of the reply")
        elif not self._answered:
            self._report_cut(line, self._expected())
            self._report_foreign()
        if self._held is not None:
            raise self._held

    def _read_lines(self, lines: Iterable[Line]) -> Iterator[tuple[Command, Record | None]]:
        for line in lines:
            self._line = line
            if len(line.raw) > MAX_LINE:
                self._unreadable(line, _TOO_LONG)
            elif line.code is None:
                self._plain(line)
            elif line.final:
                self._final(line)
            else:
                self._continued(line)
            if self._found:
                yield from self._taken()

    def _taken(self) -> list[tuple[Command, Record | None]]:
        found, self._found = self._found, []
        return found

    def _continued(self, line: Line) -> None:
        self._open = True
        command = (
            self._command if line.code == ReplyCode.REPLY_TOO_LONG else COMMANDS.get(line.code)
        )
        if not line.text.strip():
            # What separates the details of protocols; elsewhere one too many, which says nothing.
            return
        if command in self._wanted:
            if line.code in _FIRST_CODES:
                self._end(line)
            self._use(line, command)
        else:
            self._unreadable(line, Expectation(self._expected()))

    def _final(self, line: Line) -> None:
        self._open = False
        if line.code in _NEUTRAL:
            self._end(line)
            self._greet()
            return
        if line.code == ReplyCode.STATUS_REPORT and Command.STATUS in self._wanted:
            self._use(line, Command.STATUS)
        elif line.code not in {ReplyCode.OK, ReplyCode.ROUTE_COUNT}:
            self._refused(line, line.code)
        elif self._command is None and len(self._wanted) == 1:
            self._begin(self._wanted[0], line)
        self._answered = True
        self._end(line)

    def _greet(self) -> None:
        self._session += 1
        # Of an empty table `birdc` prints nothing after the greeting.
        self._answered = self._answered or Command.ROUTES in self._wanted

    def _plain(self, line: Line) -> None:
        """A line without a reply code: of plain ``birdc``, or none of BIRD's."""
        text = line.text.rstrip()
        if text.startswith("BIRD ") and text.endswith(_PLAIN_GREETING):
            self._end(line)
            self._greet()
        elif recognises(text, routes.ROUTE_COUNT_LINE) or recognises(text, bird2.TOTAL_LINE):
            self._answered = True
            self._end(line)
        elif (code := _plain_final(text)) is not None:
            self._refused(line, code)
            self._end(line)
        elif text and text not in _PLAIN_NEUTRAL:
            self._plain_row(line)

    def _plain_row(self, line: Line) -> None:
        command = self._command_of(line.text)
        if command is None and (begin := self._prompt_behind(line.text)):
            self._plain(line._replace(text=line.text[:begin]))
            self._plain(line._replace(text=line.text[begin:], before=line.before + begin))
            return
        if command is None and (prompt := prompt_in(line.text)) is not None:
            self._asked(line, prompt)
            return
        if command is None:
            command, line = self._mended_plain(line)
        if command is None:
            self._unreadable(line, Expectation(self._expected()))
            return
        table = TABLE_HEADING.fullmatch(line.text) if command is Command.ROUTES else None
        # The heading of a table that the answer has had begins another one.
        if begins_answer(command, line.text) or (table and table[1] in self.tables):
            self._end(line)
        self._use(line, command)
        if table:
            self.tables.add(table[1])

    def _command_of(self, text: str) -> Command | None:
        """Whose output this line is as it stands: the answer's under way, or one that it can only begin."""
        if self._command is not None and _ASSEMBLERS[self._command].SCANNERS[None].recognises(text):
            return self._command
        # So deep stand capabilities, which may be any words: they begin no answer.
        may_begin = self._command is None and not text.startswith(_CAPABILITY_INDENT)
        if may_begin or begins_answer_line(text):
            for command in self._wanted:
                if _ASSEMBLERS[command].SCANNERS[None].recognises(text):
                    return command
        return None

    def _mended_plain(self, line: Line) -> tuple[Command | None, Line]:
        """The same for a line that lost its blanks; a row of no known kind stays with the answer under way."""
        if self._problems >= MAX_DIAGNOSTICS and self._command is None:
            # So much that is not BIRD's: whatever begins another answer is recognised as it stands.
            return None, line
        likely = sorted(self._wanted, key=lambda command: command is not self._command)
        for command in likely:
            text = mended(line.text, command, _ASSEMBLERS[command].SCANNERS[None])
            # Whatever else is likely, what has lost its blanks begins an answer only if it looks like a row.
            if text is not None and (command is self._command or begins_answer_line(text)):
                return command, line._replace(text=text)
        if line_identified(line.text):
            return None, line
        return self._command or (self._wanted[0] if len(self._wanted) == 1 else None), line

    def _asked(self, line: Line, prompt: Prompt) -> None:
        """A prompt ends an answer and says what the next is about; BIRD's own output may stand behind it."""
        rest = prompt.rest.strip()
        if (
            rest
            and prompt.question is None
            and (begins_answer_line(rest) or self._is_output(prompt.rest))
        ):
            shown = rest if begins_answer_line(rest) else prompt.rest
            before = line.before + line.text.index(shown)
            self._plain_row(line._replace(text=shown, before=before))
            return
        if prompt.is_command:
            self._end(line)
            self._open = self._open and not prompt.is_birds
            self._question = prompt.question
        if not prompt.is_birds:
            self._session += 1
            self._family = prompt.family
            self._unreadable(line, Expectation(self._expected()))
        elif prompt.family is not None:
            self._family = prompt.family

    def _prompt_behind(self, text: str) -> int:
        """Where a prompt begins behind what is output of BIRD's; 0 if none does."""
        places = prompts_behind(text)
        return next((at for at in places if self._is_output(text[:at].rstrip())), 0)

    def _is_output(self, text: str) -> bool:
        return (
            self._command_of(text) is not None
            or self._mended_plain(Line(0, None, final=False, text=text, raw=""))[1].text != text
        )

    def _refused(self, line: Line, code: int | None) -> None:
        """A final line that says why there is nothing."""
        command = _NO_ROWS.get(code)
        if command in self._wanted:
            self._begin(command, line)
        elif code is not None and code >= FIRST_ERROR:
            self._answered = True
            if self._command is not None:
                # "Stopped due to reconfiguration" and the like: what came is not all.
                self.cut_short.add(len(self.begun) - 1)
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
            record = self._added(line, command, assembler)
        except (Expectation, Unrecognised) as reason:
            self._unreadable(line, reason)
        else:
            if record is not None:
                self._found.append((command, record))

    def _added(self, line: Line, command: Command, assembler: Assembler[Record]) -> Record | None:
        """Give the line to the assembler: as it stands, or else with the blanks that it lost."""
        try:
            return assembler.add(line)
        except Unrecognised:
            scanner = assembler.SCANNERS.get(line.code)
            text = None if scanner is None else mended(line.text, command, scanner)
            if text is None:
                raise
            return assembler.add(line._replace(text=text))

    def _begin(self, command: Command, line: Line) -> Assembler[Record]:
        if self._held is not None:
            raise self._held
        self._end(line)
        question = self._question
        if question is not None and question.command != command.value:
            question = None
        self.begun.append(Begun(question, self._family, self._session, line.number))
        self._command = command
        self._assembler = _ASSEMBLERS[command]()
        self._answered = True
        self._found.append((command, None))
        return self._assembler

    def _end(self, line: Line) -> None:
        self.tables = set()
        if self._command is not None and self._assembler is not None:
            record = self._assembler.end()
            if record is not None:
                self._found.append((self._command, record))
                if isinstance(record, DaemonStatus):
                    # Its last line would have made it whole before.
                    self.cut_short.add(len(self.begun) - 1)
                    self._report_cut(line, "the daemon's condition")
        self._command = self._assembler = None

    def _unreadable(self, line: Line, reason: Expectation | Unrecognised) -> None:
        if self._diagnostics is None or self._problems < MAX_DIAGNOSTICS:
            why = self._explained(line, reason)
        else:
            why = Expectation("other text")
        column = line.before + why.offset + 1
        self._report(BirdParseError(why.expected, line=line.number, column=column, text=line.raw))
        if self._command is not None and self._assembler is not None and _may_be_row(line):
            record = self._assembler.skip(line)
            if record is not None:
                self._found.append((self._command, record))

    def _explained(self, line: Line, reason: Expectation | Unrecognised) -> Expectation:
        """What is wrong with a line, said of what it is: a shell's line is no bad row."""
        why = reason.explain() if isinstance(reason, Unrecognised) else reason
        if line.code is None and (other := line_identified(line.text)):
            return Expectation(f"BIRD output, not {other}")
        if not isinstance(reason, Unrecognised):
            return why
        is_birds = (
            line.code is not None or begins_answer_line(line.text) or line.text[:1] in {" ", "\t"}
        )
        # Of a line of which nothing is known, one production's first word would mislead.
        return why if is_birds and why.offset else Expectation(self._expected())

    def _report_cut(self, line: Line, expected: str) -> None:
        end = len(line.raw) + 1
        self._report(IncompleteReplyError(expected, line=line.number, column=end, text=line.raw))

    def _report_foreign(self) -> None:
        """Nothing was read: if the whole text is something else, that is the first thing to say."""
        kind = self._foreign()
        if kind:
            error = ForeignTextError(self._expected(), kind)
            if self._diagnostics is None:
                raise error
            self._diagnostics.insert(self._first, error)

    def _foreign(self) -> str:
        return identified(self._form.head, decoded_head(self._form.head))

    def _report(self, error: BirdParseError) -> None:
        if self._diagnostics is None:
            if self._answered or not self._foreign():
                raise self._held or error
            # Nothing was read yet, and the text seems to be something else: the end will tell.
            self._held = self._held or error
            return
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


def _may_be_row(line: Line) -> bool:
    """Whether a line that cannot be read may have been a row, or stand for several that were left out."""
    return line.code is not None or _ROW_WORDS.search(line.text) is not None


def _plain_final(text: str) -> int | None:
    """The reply code of a final line that `birdc` printed without it, where BIRD refuses."""
    not_a = _PLAIN_NOT_A.fullmatch(text)
    return _NOT_A[not_a["kind"]] if not_a else _PLAIN_FINALS.get(text)
