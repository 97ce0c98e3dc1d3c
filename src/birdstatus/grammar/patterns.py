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
    "PatternWriter",
    "Scanner",
    "TextBefore",
    "Unrecognised",
    "keep_blanks",
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


def keep_blanks(element: pp.ParserElement) -> None:
    """Let every blank count in an element and all of its parts."""
    # pyparsing's own way copies every part at every level: a quarter of the time that importing took.
    element.leave_whitespace(recursive=False)
    for part in element.recurse():
        keep_blanks(part)


class TextBefore(pp.Regex):
    """The shortest text, perhaps none, after which ``rest`` matches: for times of any format.

    None has a tab, and BIRD prints none of more than 31 characters (``TM_DATETIME_BUFFER_SIZE``, with
    the octet that ends it), and blanks behind it: what is longer holds a second row, whose line break
    was lost.
    """

    def __init__(self, rest: pp.ParserElement) -> None:
        keep_blanks(rest)
        super().__init__(rf"[^\t\n]{{0,31}}? *(?={pattern_of(rest, names=())})")


class PatternWriter:
    """Writes regular expressions of productions; result names become groups: all, or those in ``names``."""

    def __init__(self, names: Collection[str] | None = None) -> None:
        self._names = names

    def write(self, element: pp.ParserElement) -> str:
        """The regular expression of an element.

        Raises:
            TypeError: an element of a kind that productions here do not use.
        """
        body = self._body(element)
        if element.skipWhitespace and isinstance(element, pp.Regex | pp.Literal | pp.StringEnd):
            body = r"[ \t\r\n]*+" + body
        name = element.resultsName
        is_kept = name and (self._names is None or name in self._names)
        return f"(?P<{name}>{body})" if is_kept else body

    def _body(self, element: pp.ParserElement) -> str:  # noqa: PLR0911 - one for each kind of element
        match element:
            case pp.Regex():
                return self.terminal(element)
            case pp.Literal():
                return re.escape(element.match)
            case pp.StringEnd():
                return self.end()
            case pp.And():
                return "".join(map(self.write, element.exprs))
            case pp.MatchFirst():
                return f"(?>{'|'.join(map(self.write, element.exprs))})"
            case pp.Opt():
                return self.option(self.write(element.expr))
            case pp.ZeroOrMore():
                return f"(?:{pattern_of(element.expr, names=())})*+"
            case pp.OneOrMore():
                return f"(?:{pattern_of(element.expr, names=())})++"
            case _:
                raise TypeError(f"no pattern for {type(element).__name__} {element}")

    def terminal(self, element: pp.Regex) -> str:
        """The pattern of a terminal."""
        text = str(element.pattern)
        # For a single repeated class, a possessive quantifier is equivalent and faster.
        return f"{text}+" if _RUN.fullmatch(text) else f"(?>{text})"

    def option(self, body: str) -> str:
        """The pattern of what may be absent."""
        return f"(?>(?:{body})?)"

    def end(self) -> str:
        """The pattern of the end of the text."""
        return r"\Z"


def pattern_of(element: pp.ParserElement, *, names: Collection[str] | None = None) -> str:
    """The regular expression that matches exactly what this production matches.

    pyparsing never goes back into an alternative, an option or a terminal that has matched; atomic
    groups say the same to :mod:`re`. Result names become named groups: all, or those in ``names``; but
    not within what is repeated.

    Raises:
        TypeError: an element of a kind that productions here do not use.
    """
    return PatternWriter(names).write(element)


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
