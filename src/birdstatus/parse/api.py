"""Text to records: ``show status``, ``show protocols [all]`` and ``show route [all]``.

Every function takes ``str``, ``bytes`` or an iterable of either, cut anywhere, in any of the three
forms (socket bytes, ``birdc -v``, plain ``birdc``). Strict unless a list for diagnostics is given:
then what cannot be read goes into that list and everything else is returned.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from birdstatus.framing import decoded
from birdstatus.parse.by_line import TABLE_HEADING, Begun, LineReader, Record
from birdstatus.parse.dialect import Command
from birdstatus.parse.gc_pause import no_garbage_collection
from birdstatus.parse.networks import ByLine, NetworkCutter
from birdstatus.parse.plain_rows import plain_rows_in, without_marks
from birdstatus.parse.route_blocks import RouteBlocks
from birdstatus.parse.route_rows import route_block_of
from birdstatus.parse.session_blocks import read_blocks
from birdstatus.paste.decoding import leading_bytes, pieces_of
from birdstatus.records import DaemonStatus, Protocol, RouteEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from birdstatus.errors import BirdParseError

__all__ = [
    "Answer",
    "RecordBatch",
    "iter_records",
    "iter_routes",
    "parse_answers",
    "parse_protocols",
    "parse_routes",
    "parse_status",
    "record_batches",
]

Input: TypeAlias = "str | bytes | Iterable[str | bytes]"


@dataclass(slots=True)
class Answer:
    """What one command was answered: ``command``, and its records, in BIRD's order.

    ``records`` may be of any class; :attr:`status`, :attr:`protocols` and :attr:`routes` are those of one.
    ``whole`` is false if the text, or BIRD, stops before the answer does. ``begun`` holds what
    the text shows of the question: which daemon and table it was about.
    """

    command: Command
    records: list[Record] = field(default_factory=list)
    whole: bool = True
    begun: Begun = field(default=Begun(None, None, 0, 1), compare=False)

    @property
    def status(self) -> DaemonStatus | None:
        """The answer to ``show status``; ``None`` if this is another's."""
        return next((record for record in self.records if isinstance(record, DaemonStatus)), None)

    @property
    def protocols(self) -> list[Protocol]:
        """The protocols of ``show protocols [all]``; none if this is another's answer."""
        return [record for record in self.records if isinstance(record, Protocol)]

    @property
    def routes(self) -> list[RouteEntry]:
        """The routes of ``show route [all]``, of every table; none if this is another's answer."""
        return [record for record in self.records if isinstance(record, RouteEntry)]


def parse_status(data: Input, diagnostics: list[BirdParseError] | None = None) -> DaemonStatus:
    """Read the answer to ``show status``.

    With ``diagnostics`` what could be read is returned, at the least an empty status.

    Raises:
        BirdParseError: without ``diagnostics``: the text is not that answer, whole.
    """
    records = [record for _, record in LineReader((Command.STATUS,), diagnostics).read(data)]
    return next((record for record in records if isinstance(record, DaemonStatus)), DaemonStatus())


def parse_protocols(data: Input, diagnostics: list[BirdParseError] | None = None) -> list[Protocol]:
    """Read the answer to ``show protocols`` or ``show protocols all``.

    The whole bytes of the control socket are read by block (some five scans of the lines), all else
    by line (ten times that): see :mod:`~birdstatus.parse.session_blocks`.

    Raises:
        BirdParseError: without ``diagnostics``: the text is not that answer, whole.
    """
    with no_garbage_collection():
        whole = read_blocks(data)
        if whole is not None:
            return whole
        records = LineReader((Command.PROTOCOLS,), diagnostics).read(data)
        return [record for _, record in records if isinstance(record, Protocol)]


def parse_routes(data: Input, diagnostics: list[BirdParseError] | None = None) -> list[RouteEntry]:
    """Read the answer to ``show route`` or ``show route all``.

    Bytes of the control socket that begin with a row are read by block, in three to four scans of
    the rows by a simple pattern, and what a block does not know by line, as all else is: see
    :mod:`~birdstatus.parse.route_blocks`.

    Raises:
        BirdParseError: without ``diagnostics``: the text is not that answer, whole.
    """
    with no_garbage_collection(many=True):
        return list(chain.from_iterable(_routes(data, diagnostics)))


def iter_routes(
    data: Input, diagnostics: list[BirdParseError] | None = None
) -> Iterator[RouteEntry]:
    """Like :func:`parse_routes`, a thousand routes or so at a time: a table of any size in constant memory.

    Raises:
        BirdParseError: without ``diagnostics``: at the first text that is not that answer.
    """
    return chain.from_iterable(_routes(data, diagnostics))


def _routes(
    data: Input, diagnostics: list[BirdParseError] | None
) -> Iterator[Iterable[RouteEntry]]:
    """Routes in BIRD's order, many at once."""
    for batch in _batches(data, LineReader((Command.ROUTES,), diagnostics)):
        if isinstance(batch, list):
            yield batch
        else:
            yield (record for _, record in batch if isinstance(record, RouteEntry))


class RecordBatch(NamedTuple):
    """Records of one answer that follow each other; ``answer`` counts the answers of the text from 1.

    An answer may have none.
    """

    command: Command
    answer: int
    records: Sequence[Record]


def record_batches(
    data: Input, diagnostics: list[BirdParseError] | None = None
) -> Iterator[RecordBatch]:
    """Like :func:`iter_records`, many records of one answer at once.

    Raises:
        BirdParseError: without ``diagnostics``: there is text that is part of no answer.
    """
    answer = 0
    for batch in _batches(data, LineReader(tuple(Command), diagnostics)):
        if isinstance(batch, list):
            yield RecordBatch(Command.ROUTES, answer, batch)
            continue
        for command, record in batch:
            answer += record is None
            yield RecordBatch(command, answer, () if record is None else (record,))


def iter_records(
    data: Input, diagnostics: list[BirdParseError] | None = None
) -> Iterator[tuple[Command, Record]]:
    """Each record with its command, as soon as it is whole: a text of any size in constant memory.

    Raises:
        BirdParseError: without ``diagnostics``: there is text that is part of no answer.
    """
    for batch in record_batches(data, diagnostics):
        for record in batch.records:
            yield batch.command, record


_MARKED_HEADING = re.compile(rf"(?m)^(?:1007-| ){TABLE_HEADING.pattern}$")
# Routes that were read by the column, or what the lines gave.
_Batch: TypeAlias = "list[RouteEntry] | Iterator[tuple[Command, Record | None]]"


def _batches(data: Input, by_line: LineReader) -> Iterator[_Batch]:
    """What is in a text, in order: by block the routes that it begins with, all else by line.

    An answer begins with ``None``, as in :meth:`LineReader.read`.
    """
    pieces = pieces_of(data)
    head = leading_bytes(pieces)
    plain = plain_rows_in(head, pieces)
    cutter = NetworkCutter(chain((head,), pieces) if plain is None else plain.marked)
    blocks: RouteBlocks | None = None
    greeting = b"" if plain is None else plain.greeting
    number = 1 + greeting.count(b"\n")

    def rest(table: str, *above: bytes) -> Iterator[tuple[Command, Record | None]]:
        left: Iterator[bytes] = chain(above, cutter.rest())
        if plain is not None:
            left = without_marks(left)
        if blocks is None:
            return by_line.read(chain((greeting,), left))
        return by_line.read_on(left, number, table, is_coded=plain is None)

    for piece in cutter:
        text = decoded(piece)
        is_first = blocks is None
        blocks = blocks or RouteBlocks(route_block_of(text))
        table = blocks.table
        tables = set() if plain is None else _tables_after(text, by_line.tables)
        networks = None if tables is None else blocks.read(text)
        # Plain text may go on with anything, and begin with what is no row.
        is_left = networks is None or (plain is not None and any(map(_is_by_line, networks)))
        if is_first and is_left and plain is not None:
            blocks = None
        elif is_first:
            yield by_line.begin_routes(number, is_greeted=greeting != b"")
        if networks is None or is_left:
            yield rest(table, piece)
            return
        by_line.tables = tables or set()
        for part in networks:
            if isinstance(part, ByLine):
                yield by_line.read_networks(part.text, number + part.lines_above, part.table)
            else:
                yield part
        number += text.count("\n")
    yield rest("" if blocks is None else blocks.table)


def _tables_after(text: str, before: set[str]) -> set[str] | None:
    """The tables of an answer, those of these marked rows too; ``None`` if one has its heading again."""
    tables = [found[1] for found in _MARKED_HEADING.finditer(text)]
    after = before.union(tables)
    return after if len(after) == len(before) + len(tables) else None


def _is_by_line(part: object) -> bool:
    return isinstance(part, ByLine)


def parse_answers(data: Input, diagnostics: list[BirdParseError] | None = None) -> list[Answer]:
    """Read the answers to any of the three commands, several in one text.

    An empty answer is found only where its final line names its command.

    Raises:
        BirdParseError: without ``diagnostics``: there is no answer, or text that is part of none.
    """
    answers: list[Answer] = []
    reader = LineReader(tuple(Command), diagnostics)
    for batch in _batches(data, reader):
        if isinstance(batch, list):
            answers[-1].records.extend(batch)
            continue
        for command, record in batch:
            if record is None:
                answers.append(Answer(command, begun=reader.begun[len(answers)]))
            else:
                answers[-1].records.append(record)
    for number in reader.cut_short:
        answers[number].whole = False
    return answers
