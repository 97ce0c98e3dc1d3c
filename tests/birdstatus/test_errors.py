"""What errors say, and that they say it safely."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from birdstatus import (
    BirdParseError,
    BirdStatusError,
    ErrorReplyError,
    IncompleteReplyError,
    ProjectionError,
)
from birdstatus.errors import printable


@given(st.text())
def test_printable_text_is_printable(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    if text.isprintable():
        assert shown == text


def test_escapes() -> None:
    assert (
        printable("caf\u00e9 \x1b[2J\x9b\u202e\ud800\n")
        == "caf\u00e9 \\x1b[2J\\x9b\\u202e\\ud800\\n"
    )


def test_the_caret_stands_below_the_place() -> None:
    error = BirdParseError("a number", line=7, column=4, text="\x1b[2x")
    assert str(error) == "line 7, column 4: expected a number, found 'x'\n    \\x1b[2x\n          ^"


def test_a_long_line_is_shown_in_part() -> None:
    error = BirdParseError("a number", line=1, column=2000, text="x" * 4096)
    assert max(map(len, str(error).splitlines())) < 120


@given(st.integers(-5, 50), st.text(max_size=20))
def test_any_position_can_be_shown(column: int, text: str) -> None:
    for error in (
        BirdParseError("x", line=1, column=column, text=text),
        IncompleteReplyError("x", line=1, column=column, text=text),
    ):
        head, shown, caret = str(error).split("\n")
        assert head.isprintable()
        assert len(caret) <= len(shown) + 1


def test_one_tree() -> None:
    assert issubclass(IncompleteReplyError, BirdParseError)
    assert issubclass(ErrorReplyError, BirdParseError)
    assert issubclass(BirdParseError, BirdStatusError)
    assert issubclass(ProjectionError, BirdStatusError)
