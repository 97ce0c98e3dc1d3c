"""Calico's selector language, and that any text gives an answer or an error of its own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from birdstatus.fleet.selectors import MAX_DEPTH, MAX_LENGTH, SelectorError, selector

LABELS = {"rack": "r1", "zone": "north-1", "in": "x", "contains": "y", "not": "z"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \t",
        "all()",
        "all( )",
        "global()",
        "has(rack)",
        "has( rack )",
        "rack == 'r1'",
        'rack=="r1"',
        "rack != 'r2'",
        "other != 'r2'",
        "rack in {'r1', 'r2'}",
        "rack in {'r1',}",
        "rack not in {'r2'}",
        "rack notin {}",
        "other not in {'r1'}",
        "zone contains 'th'",
        "zone starts with 'nor'",
        "zone startswith 'nor'",
        "zone ends with '-1'",
        "!has(other)",
        "!!has(rack)",
        "! (rack == 'r2')",
        "has(other) || has(rack) && has(zone)",
        "(has(other) || has(rack)) && has(zone)",
        "in == 'x' && contains == 'y' && not not in {'x'}",
        "in in {'x'}",
    ],
)
def test_what_matches(text: str) -> None:
    assert selector(text)(LABELS)


@pytest.mark.parametrize(
    "text",
    [
        "rack == 'R1'",
        "other == ''",
        "rack != 'r1'",
        "rack in {}",
        "rack in {'r2'}",
        "other in {'r1'}",
        "rack not in {'r1'}",
        "other contains ''",
        "other starts with ''",
        "zone ends with 'north'",
        "!has(rack)",
        "has(rack) && has(other)",
        "has(other) || has(another)",
        "!has(rack) || has(other)",
    ],
)
def test_what_does_not_match(text: str) -> None:
    assert not selector(text)(LABELS)


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("rack", 1),
        ("rack = 'r1'", 1),
        ("rack == r1", 9),
        ("rack == 'r1", 9),
        ("rackin {'r1'}", 1),
        ("rack in 'r1'", 9),
        ("rack in {'r1' 'r2'}", 15),
        ("rack in {r1}", 10),
        ("(has(rack)", 11),
        ("has(rack) has(zone)", 11),
        ("has(rack) &&", 13),
        ("has()", 1),
        ("all", 1),
        ("a" * 513 + " == 'b'", 518),
        ("(" * (MAX_DEPTH + 2) + "all()", MAX_DEPTH + 2),
        (" " * (MAX_LENGTH + 1), MAX_LENGTH + 1),
    ],
)
def test_what_is_no_selector(text: str, column: int) -> None:
    with pytest.raises(SelectorError) as caught:
        selector(text)
    assert caught.value.column == column
    assert str(caught.value).isprintable()


@given(st.text(st.sampled_from("abk=!&|(){},'\" \thasinot.")))
def test_any_text_is_a_selector_or_an_error(text: str) -> None:
    try:
        result = selector(text)({"a": "b"})
    except SelectorError as error:
        column = error.column
    else:
        column = 1
        assert result in {True, False}
    assert 1 <= column <= len(text) + 1
