"""The scanner reads what the grammar reads: a production and its pattern are one."""

from __future__ import annotations

from typing import Any

import pyparsing as pp
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from recordings import RECORDINGS
from strategies import (
    print_protocols,
    print_routes,
    print_status,
    protocols,
    route_entries,
    statuses,
)

from birdstatus.framing import Form, split_lines
from birdstatus.grammar.bird1 import protocols as protocol_grammar
from birdstatus.grammar.bird1 import routes as route_grammar
from birdstatus.grammar.bird1 import status as status_grammar
from birdstatus.grammar.patterns import (
    Scanner,
    Unrecognised,
    pattern,
    pattern_of,
    recognises,
    scanners_of,
)

GRAMMARS = (status_grammar, protocol_grammar, route_grammar)
PRODUCTIONS = [one for module in GRAMMARS for group in module.LINES.values() for one in group] + [
    route_grammar.ROUTE_COUNT_LINE
]


def by_grammar(text: str, production: pp.ParserElement) -> dict[str, str] | None:
    try:
        found = production.parse_string(text).as_dict()
    except pp.ParseException:
        return None
    return {name: value for name, value in found.items() if value}


def by_pattern(text: str, production: pp.ParserElement) -> dict[str, str] | None:
    match = pattern(production).match(text)
    return None if match is None else {k: v for k, v in match.groupdict().items() if v}


def assert_equal(text: str) -> None:
    for production in PRODUCTIONS:
        assert by_pattern(text, production) == by_grammar(text, production), production


LINES = sorted(
    {
        line.text
        for one in RECORDINGS
        for line in split_lines(one.raw, Form())
        if len(line.text) < 600
    }
)


def test_on_recorded_lines() -> None:
    # Every tenth, and all that are unlike the others; the rest differ in addresses only.
    for text in LINES[::10]:
        assert_equal(text)


@given(st.sampled_from(LINES), st.data())
def test_on_mutated_lines(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 5)))
    inserted = data.draw(st.text(" \t[]()*!/-?:.%+_0aAZ\u00e9\x1b", max_size=4))
    assert_equal(text[:start] + inserted + text[end:])


printed = st.one_of(
    statuses.map(print_status),
    st.lists(protocols(), max_size=2).map(print_protocols),
    st.lists(route_entries(6), max_size=3).map(print_routes),
)


@given(printed)
def test_on_printed_replies(raw: bytes) -> None:
    for line in split_lines(raw, Form()):
        assert_equal(line.text)


@given(st.text(max_size=40))
@example("")
@example(" ")
@example("\t")
def test_on_any_text(text: str) -> None:
    assert_equal(text.replace("\n", " "))


def test_a_line_is_whole_or_nothing() -> None:
    assert not recognises("BIRD 1.6.8\n", status_grammar.VERSION_LINE)


def test_the_furthest_expectation_is_told() -> None:
    text = "10.0.0.0/8         via 10.0.0.1 over eth0 [kernel1 18:44:03] * (10)"
    with pytest.raises(Unrecognised) as caught:
        scanners_of(route_grammar.LINES)[1007].scan(text)
    why = caught.value.explain()
    assert why.expected == "' on '"
    assert text[why.offset :].startswith(" over eth0")


def test_a_line_that_no_production_may_be() -> None:
    with pytest.raises(Unrecognised) as caught:
        Scanner(()).scan("x")
    assert caught.value.explain().expected == "nothing here"


def test_productions_are_made_of_known_parts() -> None:
    with pytest.raises(TypeError, match="Each"):
        pattern_of(pp.Each([pp.Literal("x")]))


@pytest.mark.parametrize("grammar", GRAMMARS)
def test_the_first_production_that_matches_is_told(grammar: Any) -> None:
    scanners = scanners_of(grammar.LINES)
    everything = [one for group in grammar.LINES.values() for one in group]
    for text in LINES[::7]:
        first = next((one for one in everything if recognises(text, one)), None)
        assert scanners[None].recognises(text) == (first is not None)
        if first is not None:
            assert scanners[None].scan(text) == (first, by_pattern(text, first))
