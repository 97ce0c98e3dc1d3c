"""Everything this library raises or reports.

::

    BirdStatusError
    ├── BirdParseError          text that is not what BIRD prints
    │   ├── ForeignTextError        text of another program or format, recognised as such
    │   ├── IncompleteReplyError    the text stops before the reply does
    │   └── ErrorReplyError         BIRD answered that it could not or would not
    ├── ReplyTooLargeError      a reply over the size that a ReplyReader was told to accept
    ├── ProjectionError         a record that the published models have no place for
    ├── SelectorError           a text that is no selector of Calico's (birdstatus.fleet)
    └── PrefixError             a text that is neither an address nor a prefix (birdstatus.fleet)

Strict parsing raises these; lenient parsing puts the same objects into the list of diagnostics that
the caller gave. No other exception leaves the library's parsers, whatever the input.
"""

from __future__ import annotations

from birdstatus.printable import printable

__all__ = [
    "BirdParseError",
    "BirdStatusError",
    "ErrorReplyError",
    "ForeignTextError",
    "IncompleteReplyError",
    "ProjectionError",
    "printable",
]

# A line is shown around the fault, never whole: BIRD's own lines are shorter than this.
SHOWN_BEFORE = 60
SHOWN_AFTER = 40


class BirdStatusError(Exception):
    """Anything that this library says is wrong."""


class BirdParseError(BirdStatusError):
    """Text that is not what BIRD prints: where, what stands there, and what was expected.

    Attributes:
        line: number of the line in the input, from 1.
        column: the character in that line, from 1.
        text: that line, at most 4096 characters of it, as it was.
        expected: what should stand at that place, in words.
    """

    def __init__(self, expected: str, *, line: int, column: int, text: str) -> None:
        super().__init__(expected, line, column, text)
        self.expected = expected
        self.line = line
        self.column = column
        self.text = text

    @property
    def summary(self) -> str:
        """One line: what was expected and what stands there instead; safe to print."""
        start = min(max(self.column - 1, 0), len(self.text))
        found = self.text[start : start + SHOWN_AFTER]
        return f"expected {self.expected}, found {_quoted(found)}"

    def __str__(self) -> str:
        """Position, expectation, and the line with a caret below the place; safe to print."""
        start = min(max(self.column - 1, 0), len(self.text))
        before = printable(self.text[max(0, start - SHOWN_BEFORE) : start])
        after = printable(self.text[start : start + SHOWN_AFTER])
        return (
            f"line {self.line}, column {self.column}: {self.summary}\n"
            f"    {before}{after}\n"
            f"    {' ' * len(before)}^"
        )


class ForeignTextError(BirdParseError):
    """The whole text is something else, such as a compressed file or a Kubernetes object.

    Attributes:
        kind: what it is, in words.
    """

    def __init__(self, expected: str, kind: str) -> None:
        super().__init__(expected, line=1, column=1, text="")
        self.kind = kind

    @property
    def summary(self) -> str:
        """One line: what the text is."""
        return f"this is {self.kind}, not {self.expected}"


class IncompleteReplyError(BirdParseError):
    """The text stops before the reply does: a cut connection, a daemon that died, a partial copy."""

    @property
    def summary(self) -> str:
        """One line: what should still have come."""
        return f"incomplete reply: expected {self.expected}, found the end of the text"


class ErrorReplyError(BirdParseError):
    """BIRD answered with one of its own errors.

    Attributes:
        code: BIRD's reply code, 8000 to 9999 (``doc/reply_codes`` in BIRD's source).
        message: BIRD's own words.
    """

    def __init__(self, expected: str, *, line: int, text: str, code: int, message: str) -> None:
        super().__init__(expected, line=line, column=1, text=text)
        self.code = code
        self.message = message

    @property
    def summary(self) -> str:
        """One line: BIRD's code and words."""
        return f"BIRD answered {self.code:04} {_quoted(self.message)} instead of {self.expected}"


class ProjectionError(BirdStatusError):
    """A record that the published models have no place for; it was left out.

    Attributes:
        record: what BIRD said, as the parser read it.
        reason: why it cannot be published.
    """

    def __init__(self, reason: str, record: object) -> None:
        super().__init__(reason, record)
        self.reason = reason
        self.record = record

    @property
    def summary(self) -> str:
        """One line: the reason; safe to print."""
        return printable(self.reason)

    def __str__(self) -> str:
        """The same."""
        return self.summary


def _quoted(text: str) -> str:
    return f"'{printable(text)}'" if text else "the end of the line"
