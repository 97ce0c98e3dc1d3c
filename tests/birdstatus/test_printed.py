"""What BIRD would print of a record reads back as that record, in every form and cut anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recordings import as_birdc
from strategies import (
    print_protocols,
    print_routes,
    print_status,
    protocols,
    route_entries,
    statuses,
)

from birdstatus import (
    BirdParseError,
    IncompleteReplyError,
    iter_routes,
    parse_protocols,
    parse_routes,
    parse_status,
)

if TYPE_CHECKING:
    from birdstatus.records import DaemonStatus, Protocol, RouteEntry


@given(statuses)
def test_status(status: DaemonStatus) -> None:
    raw = print_status(status)
    assert parse_status(raw) == status
    assert parse_status(as_birdc(raw, verbose=True)) == status
    assert parse_status(as_birdc(raw, verbose=False)) == status


@given(st.lists(protocols(), min_size=1, max_size=2))
def test_protocols(found: list[Protocol]) -> None:
    raw = print_protocols(found)
    assert parse_protocols(raw) == found
    assert parse_protocols(as_birdc(raw, verbose=True)) == found
    assert parse_protocols(as_birdc(raw, verbose=False)) == found


@given(st.sampled_from([4, 6]).flatmap(lambda family: st.lists(route_entries(family), max_size=6)))
def test_routes(entries: list[RouteEntry]) -> None:
    raw = print_routes(entries)
    assert parse_routes(raw) == entries
    assert parse_routes(as_birdc(raw, verbose=True)) == entries
    assert parse_routes(as_birdc(raw, verbose=False)) == entries


@given(st.lists(route_entries(), max_size=4), st.data())
def test_routes_do_not_depend_on_how_the_text_was_cut(
    entries: list[RouteEntry], data: st.DataObject
) -> None:
    raw = print_routes(entries)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=5)))
    pieces = [raw[a:b] for a, b in zip([0, *cuts], [*cuts, len(raw)], strict=True)]
    assert list(iter_routes(pieces)) == entries
    assert list(iter_routes(bytes([byte]) for byte in raw)) == entries


@given(st.lists(route_entries(), min_size=2, max_size=4), st.data())
def test_a_reply_cut_anywhere_is_incomplete(entries: list[RouteEntry], data: st.DataObject) -> None:
    raw = print_routes(entries)
    # The text of the final line is empty: its code and blank are what ends a reply.
    cut = raw[: data.draw(st.integers(0, raw.rindex(b"0000 ")))]
    with pytest.raises(BirdParseError):
        parse_routes(cut)
    problems: list[BirdParseError] = []
    parse_routes(cut, problems)
    assert isinstance(problems[-1], IncompleteReplyError)


@given(statuses, st.data())
def test_a_status_cut_anywhere_is_incomplete(status: DaemonStatus, data: st.DataObject) -> None:
    raw = print_status(status)
    cut = raw[: data.draw(st.integers(0, raw.rindex(b"0013 ")))]
    with pytest.raises(BirdParseError):
        parse_status(cut)
    problems: list[BirdParseError] = []
    assert not parse_status(cut, problems).condition
    assert isinstance(problems[-1], IncompleteReplyError)
