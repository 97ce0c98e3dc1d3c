"""What each family of BIRD releases prints: the one table that a new family is added to.

A :class:`Dialect` names, for each command, the productions that a line with a given reply code may
be, and the lines that can only begin an answer. Nobody chooses a dialect beforehand: a line is
whatever production of any dialect recognises it, those of the first dialect first. So a text needs
no version, and may hold answers of several.

To add a family: write its productions (``grammar/NAME``), using those of an older family where a
line is the same; add a :class:`Dialect` to :data:`DIALECTS`; teach the assembler of each command
what to do with a production that it does not know. Nothing in :mod:`~birdstatus.parse.by_line`
changes.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from birdstatus.grammar.bird1 import protocols, routes, status
from birdstatus.grammar.bird2 import protocols as protocols2
from birdstatus.grammar.bird2 import routes as routes2
from birdstatus.grammar.bird2 import status as status2
from birdstatus.grammar.bird3 import protocols as protocols3
from birdstatus.grammar.bird3 import routes as routes3
from birdstatus.grammar.patterns import recognises, scanners_of
from birdstatus.reply_codes import ReplyCode

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyparsing as pp

    from birdstatus.grammar.patterns import Scanner

__all__ = [
    "BIRD1",
    "BIRD2",
    "BIRD3",
    "COMMANDS",
    "DIALECTS",
    "Command",
    "Dialect",
    "RouteBlock",
    "begins_answer",
    "scanners_for",
]


class Command(Enum):
    """The commands whose output this library reads."""

    STATUS = "show status"
    PROTOCOLS = "show protocols"
    ROUTES = "show route"


class RouteBlock(NamedTuple):
    """The lines of a route in the order in which they are printed, for reading many at once.

    Of the ``row``, ``rare`` is a part that hardly any has. A ``next_hop_line`` has the reply code of the
    row. With ``all`` a ``type_line``, attributes and BIRD 3's ``internal_line`` follow, as far as they are
    there. A ``table_line`` may stand above the routes of each table.
    """

    row: pp.ParserElement
    rare: pp.ParserElement
    next_hop_line: pp.ParserElement
    type_line: pp.ParserElement
    attribute_line: pp.ParserElement
    continuation_line: pp.ParserElement
    internal_line: pp.ParserElement
    table_line: pp.ParserElement


class Dialect(NamedTuple):
    """What one family of releases prints.

    ``lines`` holds, for each command and reply code, the productions that such a line may be, the
    likeliest first, as far as no other family has them; ``first_lines`` the line that begins an answer
    to a command and stands nowhere else in it. ``route_block`` is for
    :mod:`~birdstatus.parse.route_blocks`.
    """

    name: str
    lines: Mapping[Command, Mapping[int, tuple[pp.ParserElement, ...]]]
    first_lines: Mapping[Command, pp.ParserElement]
    route_block: RouteBlock | None


_ROUTES_OF_BIRD1 = RouteBlock(
    row=routes.ROW,
    rare=routes.OSPF_INFO,
    next_hop_line=routes.NEXT_HOP_LINE,
    type_line=routes.TYPE_LINE,
    attribute_line=routes.ATTRIBUTE_LINE,
    continuation_line=routes.CONTINUATION_LINE,
    internal_line=routes3.INTERNAL_LINE,
    table_line=routes2.TABLE_LINE,
)

BIRD1 = Dialect(
    name="BIRD 1",
    lines={
        Command.STATUS: status.LINES,
        Command.PROTOCOLS: protocols.LINES,
        Command.ROUTES: routes.LINES,
    },
    first_lines={Command.STATUS: status.VERSION_LINE, Command.PROTOCOLS: protocols.HEADING},
    route_block=_ROUTES_OF_BIRD1,
)

BIRD2 = Dialect(
    name="BIRD 2",
    lines={
        Command.STATUS: status2.LINES,
        Command.PROTOCOLS: protocols2.LINES,
        Command.ROUTES: routes2.LINES,
    },
    first_lines={Command.PROTOCOLS: protocols2.HEADING},
    route_block=_ROUTES_OF_BIRD1._replace(
        row=routes2.ROW,
        next_hop_line=routes2.NEXT_HOP_LINE,
        type_line=routes2.TYPE_LINE,
    ),
)

# Its routes are read as those of BIRD 2.
BIRD3 = Dialect(
    name="BIRD 3",
    lines={Command.PROTOCOLS: protocols3.LINES, Command.ROUTES: routes3.LINES},
    first_lines={},
    route_block=None,
)

# The newest first: a time of 1.6 may be any text, and would take the last column of a newer row into it.
DIALECTS = (BIRD2, BIRD3, BIRD1)

# Whose answer a line with this code is; a line that was too long for BIRD may stand in any answer.
COMMANDS: dict[int | None, Command] = {
    code: command
    for dialect in DIALECTS
    for command, lines in dialect.lines.items()
    for code in lines
    if code != ReplyCode.REPLY_TOO_LONG
}


def scanners_for(command: Command) -> dict[int | None, Scanner]:
    """A scanner for each reply code of a command's answer, and under ``None`` one for all of them."""
    by_code: dict[int, dict[int, pp.ParserElement]] = {}
    for dialect in DIALECTS:
        for code, productions in dialect.lines.get(command, {}).items():
            # Dialects share productions; pyparsing compares two of them by all that they hold.
            by_code.setdefault(code, {}).update((id(one), one) for one in productions)
    return scanners_of({code: tuple(group.values()) for code, group in by_code.items()})


def begins_answer(command: Command, text: str) -> bool:
    """Whether this line can only be the first of an answer to that command."""
    return any(
        recognises(text, dialect.first_lines[command])
        for dialect in DIALECTS
        if command in dialect.first_lines
    )
