"""What BIRD 2 and 3 would print of a record reads back as that record, in every form and cut anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st
from recordings import as_birdc
from strategies_dual import (
    print_protocols,
    print_status,
    print_tables,
    protocols,
    releases,
    statuses,
    tables,
    without_values,
)

from birdstatus import iter_routes, parse_protocols, parse_routes, parse_status
from birdstatus.parse import Command
from birdstatus.parse.by_line import LineReader
from birdstatus.records import RouteEntry

if TYPE_CHECKING:
    from strategies_dual import Release

    from birdstatus.records import DaemonStatus, Protocol


@given(statuses)
def test_status(status: DaemonStatus) -> None:
    raw = print_status(status)
    assert parse_status(raw) == status
    assert parse_status(as_birdc(raw, verbose=True)) == status
    assert parse_status(as_birdc(raw, verbose=False)) == status


@st.composite
def _protocols(draw: st.DrawFn) -> tuple[Release, list[Protocol]]:
    release = draw(releases)
    return release, draw(st.lists(protocols(release), min_size=1, max_size=2))


@given(_protocols())
def test_protocols(case: tuple[Release, list[Protocol]]) -> None:
    release, found = case
    raw = print_protocols(found, release)
    assert parse_protocols(raw) == found
    assert parse_protocols(as_birdc(raw, verbose=True)) == found
    assert parse_protocols(as_birdc(raw, verbose=False)) == found


@st.composite
def _tables(draw: st.DrawFn) -> tuple[Release, list[RouteEntry]]:
    release = draw(releases)
    return release, draw(tables(release))


@given(_tables())
def test_routes(case: tuple[Release, list[RouteEntry]]) -> None:
    _, entries = case
    raw = print_tables(entries)
    assert without_values(parse_routes(raw)) == entries
    assert without_values(parse_routes(as_birdc(raw, verbose=True))) == entries
    assert without_values(parse_routes(as_birdc(raw, verbose=False))) == entries


@settings(max_examples=30)
@given(_tables(), st.data())
def test_routes_do_not_depend_on_how_the_text_was_cut(
    case: tuple[Release, list[RouteEntry]], data: st.DataObject
) -> None:
    _, entries = case
    raw = print_tables(entries)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=5)))
    pieces = [raw[a:b] for a, b in zip([0, *cuts], [*cuts, len(raw)], strict=True)]
    assert without_values(list(iter_routes(pieces))) == entries
    assert without_values(list(iter_routes(bytes([byte]) for byte in raw))) == entries


@settings(max_examples=50)
@given(_tables())
def test_blocks_and_lines_agree(case: tuple[Release, list[RouteEntry]]) -> None:
    _, entries = case
    raw = print_tables(entries)
    by_line = LineReader((Command.ROUTES,), None).read(raw)
    assert parse_routes(raw) == [one for _, one in by_line if isinstance(one, RouteEntry)]


@settings(max_examples=30)
@given(_protocols(), st.data())
def test_sessions_do_not_depend_on_how_the_text_was_cut(
    case: tuple[Release, list[Protocol]], data: st.DataObject
) -> None:
    release, found = case
    raw = print_protocols(found, release)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=5)))
    pieces = [raw[a:b] for a, b in zip([0, *cuts], [*cuts, len(raw)], strict=True)]
    assert parse_protocols(pieces) == found
    assert parse_protocols(bytes([byte]) for byte in raw) == found
