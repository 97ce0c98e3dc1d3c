"""Calico's selector language: which labels a selector matches.

::

    or      = and { "||" and }
    and     = term { "&&" term }
    term    = { "!" } ( "all()" | "global()" | "has(" KEY ")" | "(" or ")" | KEY test )
    test    = ("==" | "!=" | "contains" | "starts with" | "ends with") STRING
            | ["not"] "in" "{" [ STRING { "," STRING } ] "}"

Read from ``libcalico-go/lib/selector`` of Calico 3.32. Strings stand in ``'`` or ``"`` and know no
escapes; blanks and tabs are free. Reading takes time in proportion to the text, which may be 64 KiB
long and nested 100 deep.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from birdstatus.errors import BirdStatusError, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Labels = Mapping[str, str]
    Predicate = Callable[[Labels], bool]

__all__ = ["MAX_DEPTH", "MAX_LENGTH", "SelectorError", "selector"]

MAX_LENGTH = 65536
MAX_DEPTH = 100
MAX_KEY = 512

_KEY = r"[A-Za-z0-9_./-]++"
_CALL = re.compile(rf"[ \t]*(?:has\([ \t]*(?P<has>{_KEY})|(?:all|global)\()[ \t]*\)")
# A test follows its key: elsewhere `in` and `contains` are keys. "notin" may be one word.
_TEST = re.compile(
    rf"[ \t]*(?P<key>{_KEY})[ \t]*"
    r"(?P<test>==|!=|(?:contains|starts[ \t]*with|ends[ \t]*with|not[ \t]*in|in)(?![A-Za-z0-9_./-]))"
)
_STRING = re.compile(r"""[ \t]*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)')""")
_NOTS = re.compile(r"(?:[ \t]*!(?!=))*")
_BLANKS = re.compile(r"[ \t]*")


class SelectorError(BirdStatusError):
    """A text that is no selector: Calico lets it match no node.

    Attributes:
        column: where reading stopped, from 1.
        expected: what should stand there.
    """

    def __init__(self, expected: str, column: int, text: str) -> None:
        super().__init__(expected, column, text)
        self.expected = expected
        self.column = column
        self.text = text

    def __str__(self) -> str:
        """One line; safe to print."""
        found = printable(self.text[self.column - 1 : self.column + 19])
        return f"column {self.column}: expected {self.expected}, found {found!r}"


def selector(text: str) -> Predicate:
    """What a selector says of a set of labels; the empty text matches all.

    Raises:
        SelectorError: it is no selector.
    """
    if len(text) > MAX_LENGTH:
        raise SelectorError(f"at most {MAX_LENGTH} characters", MAX_LENGTH + 1, text)
    reader = _Reader(text)
    if reader.at_end():
        return lambda _: True
    found = reader.alternatives(0)
    if not reader.at_end():
        raise reader.error("'&&', '||' or the end")
    return found


class _Reader:
    """Reads from ``place`` on; each method is a production of the grammar above."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._place = 0

    def error(self, expected: str) -> SelectorError:
        self._match(_BLANKS)
        return SelectorError(expected, self._place + 1, self._text)

    def at_end(self) -> bool:
        self._match(_BLANKS)
        return self._place == len(self._text)

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.match(self._text, self._place)
        if match is not None:
            self._place = match.end()
        return match

    def _sign(self, sign: str) -> bool:
        self._match(_BLANKS)
        found = self._text.startswith(sign, self._place)
        self._place += len(sign) * found
        return found

    def alternatives(self, depth: int) -> Predicate:
        terms = [self._conjunction(depth)]
        while self._sign("||"):
            terms.append(self._conjunction(depth))
        return terms[0] if len(terms) == 1 else lambda labels: any(term(labels) for term in terms)

    def _conjunction(self, depth: int) -> Predicate:
        terms = [self._term(depth)]
        while self._sign("&&"):
            terms.append(self._term(depth))
        return terms[0] if len(terms) == 1 else lambda labels: all(term(labels) for term in terms)

    def _term(self, depth: int) -> Predicate:
        if depth > MAX_DEPTH:
            raise self.error(f"at most {MAX_DEPTH} parentheses inside each other")
        nots = self._match(_NOTS)
        is_negated = nots is not None and nots[0].count("!") % 2 == 1
        term = self._positive(depth)
        return (lambda labels: not term(labels)) if is_negated else term

    def _positive(self, depth: int) -> Predicate:
        if self._sign("("):
            inner = self.alternatives(depth + 1)
            if not self._sign(")"):
                raise self.error("')'")
            return inner
        call = self._match(_CALL)
        if call is not None:
            key = call["has"]
            if key is not None:
                return lambda labels: key in labels
            return lambda _: True
        test = self._match(_TEST)
        if test is None or len(test["key"]) > MAX_KEY:
            raise self.error("a test of a label, 'has(...)', 'all()' or '('")
        return self._test(test["key"], test["test"].replace(" ", "").replace("\t", ""))

    def _test(self, key: str, test: str) -> Predicate:
        if test in {"in", "notin"}:
            values = self._set()
            if test == "in":
                return lambda labels: labels.get(key) in values
            return lambda labels: labels.get(key) not in values
        value = self._string()
        if test == "==":
            return lambda labels: labels.get(key) == value
        if test == "!=":
            return lambda labels: labels.get(key) != value
        compare = _COMPARISONS[test]
        return lambda labels: key in labels and compare(labels[key], value)

    def _set(self) -> frozenset[str]:
        if not self._sign("{"):
            raise self.error("'{'")
        values: list[str] = []
        while not self._sign("}"):
            values.append(self._string())
            if not self._sign(","):
                if not self._sign("}"):
                    raise self.error("',' or '}'")
                break
        return frozenset(values)

    def _string(self) -> str:
        match = self._match(_STRING)
        if match is None:
            raise self.error("a string in quotes")
        text: str = match["double"] if match["double"] is not None else match["single"]
        return text


_COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "contains": str.__contains__,
    "startswith": str.startswith,
    "endswith": str.endswith,
}
