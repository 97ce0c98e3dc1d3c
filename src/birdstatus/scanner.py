"""The fast path: each production compiled to one pattern.

Reading a line is one match of a compiled pattern. What no pattern recognises goes to the grammar
itself, which says precisely what is wrong. The patterns come from the productions
(:func:`birdstatus.grammar.lexis.pattern_of`); nothing here knows what BIRD prints.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import pyparsing as pp

from birdstatus.grammar.lexis import pattern_of

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Expectation", "Fields", "Unrecognised", "pattern", "recognises", "scan"]

Fields = dict[str, str]


class Expectation(Exception):  # noqa: N818 - it never leaves the library: a parser gives it a line
    """What was expected, and at which character of the line, from 0."""

    def __init__(self, expected: str, offset: int = 0) -> None:
        super().__init__(expected, offset)
        self.expected = expected
        self.offset = offset


class Unrecognised(Exception):  # noqa: N818 - as above
    """A line that is none of the productions; why not, only the grammar can say."""

    def __init__(self, text: str, productions: Sequence[pp.ParserElement]) -> None:
        super().__init__(text)
        self._text = text
        self._productions = productions

    def explain(self) -> Expectation:
        """What the production that reads furthest into the line expects there.

        This takes pyparsing a millisecond, so nobody should ask who will not tell.
        """
        furthest: Expectation | None = None
        for production in self._productions:
            try:
                production.parse_string(self._text)
            except pp.ParseBaseException as error:
                if furthest is None or error.loc > furthest.offset:
                    furthest = Expectation(str(error.parser_element or error.msg), error.loc)
        return furthest or Expectation("nothing here")


@cache
def pattern(production: pp.ParserElement) -> re.Pattern[str]:
    """The compiled pattern of a production."""
    return re.compile(pattern_of(production))


def recognises(text: str, production: pp.ParserElement) -> bool:
    """Whether this whole line is that production."""
    return pattern(production).match(text) is not None


def scan(text: str, productions: Sequence[pp.ParserElement]) -> tuple[pp.ParserElement, Fields]:
    """The first production that this line is, and what it names in the line.

    Fields that are absent or empty are left out.

    Raises:
        Unrecognised: the line is none of them.
    """
    for production in productions:
        match = pattern(production).match(text)
        if match is not None:
            return production, {name: value for name, value in match.groupdict().items() if value}
    raise Unrecognised(text, productions)
