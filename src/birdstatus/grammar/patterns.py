"""The fast path: each production compiled to one pattern.

Reading a line is one match of a compiled pattern. What no pattern recognises goes to the grammar
itself, which says precisely what is wrong. The patterns come from the productions
(:func:`pattern_of`); nothing here knows what BIRD prints.
"""

from __future__ import annotations

import re
from functools import cache, cached_property
from typing import TYPE_CHECKING

import pyparsing as pp

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

__all__ = [
    "Expectation",
    "Fields",
    "Scanner",
    "Unrecognised",
    "pattern",
    "pattern_of",
    "recognises",
    "scanners_of",
]

Fields = dict[str, str]

_RUN = re.compile(r"(?:\[[^]]+\]|.)(?:[*+]|\{[0-9]+,[0-9]+\})")


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


def pattern_of(element: pp.ParserElement, *, names: Collection[str] | None = None) -> str:
    """The regular expression that matches exactly what this production matches.

    pyparsing never goes back into an alternative, an option or a terminal that has matched; atomic
    groups say the same to :mod:`re`. Result names become named groups: all, or those in ``names``.

    Raises:
        TypeError: an element of a kind that productions here do not use.
    """

    def part(inner: pp.ParserElement) -> str:
        return pattern_of(inner, names=names)

    match element:
        case pp.Regex():
            # Of a run of like characters the same is said, and sooner, by a possessive quantifier.
            text = str(element.pattern)
            body = f"{text}+" if _RUN.fullmatch(text) else f"(?>{text})"
        case pp.Literal():
            body = re.escape(element.match)
        case pp.StringEnd():
            body = r"\Z"
        case pp.And():
            body = "".join(map(part, element.exprs))
        case pp.MatchFirst():
            body = f"(?>{'|'.join(map(part, element.exprs))})"
        case pp.Opt():
            body = f"(?>(?:{part(element.expr)})?)"
        case _:
            raise TypeError(f"no pattern for {type(element).__name__} {element}")
    name = element.resultsName
    return f"(?P<{name}>{body})" if name and (names is None or name in names) else body


@cache
def pattern(production: pp.ParserElement) -> re.Pattern[str]:
    """The compiled pattern of a production."""
    return re.compile(pattern_of(production))


def recognises(text: str, production: pp.ParserElement) -> bool:
    """Whether this whole line is that production."""
    return pattern(production).match(text) is not None


class Scanner:
    """What a line of one reply code may be: a choice of productions, compiled when first used.

    One pattern tells which production a line is, that production's own what it names.
    """

    def __init__(self, productions: Sequence[pp.ParserElement]) -> None:
        self._productions = tuple(productions)

    @cached_property
    def _choice(self) -> re.Pattern[str]:
        # Without productions: a pattern that matches nothing.
        choices = (f"({pattern_of(one, names=())})" for one in self._productions)
        return re.compile("|".join(choices) or "(?!)")

    @cached_property
    def _patterns(self) -> list[re.Pattern[str]]:
        return [pattern(production) for production in self._productions]

    def recognises(self, text: str) -> bool:
        """Whether this whole line is one of the productions."""
        return self._choice.match(text) is not None

    def scan(self, text: str) -> tuple[pp.ParserElement, Fields]:
        """The first production that this line is, and what it names in the line.

        Fields that are absent or empty are left out.

        Raises:
            Unrecognised: the line is none of them.
        """
        # Most lines of a long reply are rows, and a row is the first choice.
        index = 0
        match = self._patterns[0].match(text) if self._patterns else None
        if match is None:
            choice = self._choice.match(text)
            if choice is None or choice.lastindex is None:
                raise Unrecognised(text, self._productions)
            index = choice.lastindex - 1
            match = self._patterns[index].match(text)
        fields = match.groupdict() if match else {}
        return self._productions[index], {name: value for name, value in fields.items() if value}


def scanners_of(
    lines: Mapping[int, tuple[pp.ParserElement, ...]],
) -> dict[int | None, Scanner]:
    """A scanner for each reply code, and under ``None`` one for all of them."""
    by_code: dict[int | None, Scanner] = {code: Scanner(group) for code, group in lines.items()}
    by_code[None] = Scanner([production for group in lines.values() for production in group])
    return by_code
