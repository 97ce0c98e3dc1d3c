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

__all__ = ["Expectation", "Fields", "explain", "pattern", "recognises", "scan"]

Fields = dict[str, str]


class Expectation(Exception):  # noqa: N818 - it never leaves the library: a parser gives it a line
    """What a production expected, and at which character of the line, from 0."""

    def __init__(self, expected: str, offset: int) -> None:
        super().__init__(expected, offset)
        self.expected = expected
        self.offset = offset


@cache
def pattern(production: pp.ParserElement) -> re.Pattern[str]:
    """The compiled pattern of a production; it matches whole lines only."""
    return re.compile(pattern_of(production) + r"\Z")


def scan(text: str, productions: Sequence[pp.ParserElement]) -> tuple[pp.ParserElement, Fields]:
    """The first production that this line is, and what it names in the line.

    Fields that are absent or empty are left out.

    Raises:
        Expectation: the line is none of them; the grammar says what was expected.
    """
    for production in productions:
        match = pattern(production).match(text)
        if match is not None:
            return production, {name: value for name, value in match.groupdict().items() if value}
    raise explain(text, productions)


def recognises(text: str, production: pp.ParserElement) -> bool:
    """Whether this whole line is that production."""
    return pattern(production).match(text) is not None


def explain(text: str, productions: Sequence[pp.ParserElement]) -> Expectation:
    """What the production that read furthest into the line expected there."""
    return max((_failure(text, production) for production in productions), key=lambda e: e.offset)


def _failure(text: str, production: pp.ParserElement) -> Expectation:
    try:
        production.parse_string(text)
    except pp.ParseBaseException as error:
        expected = error.parser_element
        return Expectation(str(expected) if expected is not None else error.msg, error.loc)
    raise AssertionError(f"{production} reads a line that its own pattern does not: {text!r}")
