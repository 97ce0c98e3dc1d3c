"""How much of a status is written: against a plain reference, and made into JSON only once."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain, zip_longest
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from birdstatus import CalicoNodeStatusStatus
from birdstatus.models import (
    Agent,
    BGPDaemonStatus,
    BGPPeer,
    BGPStatus,
    LearnedFrom,
    Route,
    RouteStatus,
)
from reporter.status.size_limit import SizeLimiter

Document = dict[str, Any]
LISTS = {"bgp": ("peersV4", "peersV6"), "routes": ("routesV4", "routesV6")}

texts = st.text(max_size=4)
peers = st.lists(st.builds(BGPPeer, peerIP=texts, since=st.none() | texts), max_size=6).map(tuple)
routes = st.lists(
    st.builds(
        Route,
        type=st.sampled_from(["FIB", "RIB"]),
        destination=texts,
        gateway=st.none() | texts,
        learnedFrom=st.none() | st.builds(LearnedFrom, peerIP=texts),
    ),
    max_size=12,
).map(tuple)
counts = st.integers(0, 20)
statuses = st.builds(
    CalicoNodeStatusStatus,
    lastUpdated=st.just(datetime(2026, 1, 1, tzinfo=UTC)),
    agent=st.none() | st.just(Agent(birdV4=BGPDaemonStatus(state="Ready"))),
    bgp=st.none()
    | st.builds(
        BGPStatus,
        numberEstablishedV4=counts,
        numberNotEstablishedV4=counts,
        numberEstablishedV6=counts,
        numberNotEstablishedV6=counts,
        peersV4=peers,
        peersV6=peers,
    ),
    routes=st.none() | st.builds(RouteStatus, routesV4=routes, routesV6=routes),
)


def reference(status: Document, max_bytes: int) -> tuple[Document, dict[str, int]]:
    """What fits, found on a status that is JSON values already."""
    if _size(status) <= max_bytes:
        return status, {}
    lists = {
        name: status[part][name]
        for part, names in LISTS.items()
        for name in names
        if name in status.get(part, {})
    }
    bare = {
        key: {name: value for name, value in part.items() if name not in lists}
        if key in LISTS
        else part
        for key, part in status.items()
    }
    left = max_bytes - _size(bare) - 20 * len(lists)
    kept: dict[str, list[int]] = {name: [] for name in lists}
    left_out: dict[str, int] = {}
    for kind, name, index in _in_order_of_worth(lists):
        size = _size(lists[name][index]) + 2
        left = left - size if size <= left else -1
        if left >= 0:
            kept[name].append(index)
        else:
            left_out[kind] = left_out.get(kind, 0) + 1
    for name, indexes in kept.items():
        if indexes:
            part = "bgp" if name.startswith("peers") else "routes"
            bare[part][name] = [lists[name][index] for index in sorted(indexes)]
    return bare, left_out


def _in_order_of_worth(lists: Document) -> Iterable[tuple[str, str, int]]:
    def rows(kind: str, name: str) -> Iterator[tuple[str, str, int]]:
        for index, row in enumerate(lists.get(name, ())):
            if kind == "peers" or row["type"] == kind:
                yield kind, name, index

    for kind, names in (
        ("peers", LISTS["bgp"]),
        ("FIB", LISTS["routes"]),
        ("RIB", LISTS["routes"]),
    ):
        pairs = zip_longest(*(rows(kind, name) for name in names))
        yield from (row for row in chain.from_iterable(pairs) if row is not None)


def _size(value: object) -> int:
    return len(json.dumps(value))


@given(st.lists(statuses, min_size=1, max_size=3), st.data())
def test_what_fits_is_what_the_reference_keeps(
    several: list[CalicoNodeStatusStatus], data: st.DataObject
) -> None:
    """One after another, some of them again: what is remembered changes nothing."""
    whole = max(_size(one.model_dump(mode="json")) for one in several)
    # About the size of the whole, where the last row is in doubt, or any other.
    most = data.draw(st.integers(whole - 150, whole + 150) | st.integers(0, whole + 150))
    fitter = SizeLimiter()
    for one in (*several, *several[::-1]):
        fitted = fitter.fit(one, most)
        # In the same order too: what is written does not move about.
        expected = reference(one.model_dump(mode="json"), most)
        assert json.dumps((fitted.status, fitted.left_out)) == json.dumps(expected)
        rows = [
            fitted.status.get(part, {}).get(name) for part, names in LISTS.items() for name in names
        ]
        assert not any(rows) or _size(fitted.status) <= most


def table(count: int, kind: str = "FIB") -> tuple[Route, ...]:
    return tuple(
        Route.model_validate({"type": kind, "destination": f"10.{at // 256}.{at % 256}.0/24"})
        for at in range(count)
    )


def _of(*tables: tuple[Route, ...]) -> CalicoNodeStatusStatus:
    v4, v6 = tables
    return CalicoNodeStatusStatus(routes=RouteStatus(routesV4=v4, routesV6=v6))


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Route]:
    """Every route that is made into JSON."""
    seen: list[Route] = []
    original = Route.model_dump

    def model_dump(self: Route, **options: Any) -> Document:
        seen.append(self)
        return original(self, **options)

    monkeypatch.setattr(Route, "model_dump", model_dump)
    return seen


def test_rows_that_cannot_fit_are_never_made_into_json(made: list[Route]) -> None:
    fitted = SizeLimiter().fit(_of(table(5000), table(5000, "RIB")), 1000)
    assert fitted.left_out["RIB"] == 5000
    kept = 5000 - fitted.left_out["FIB"]
    assert 10 < kept <= len(made) < kept + 4


def test_a_table_that_stays_is_made_into_json_once(made: list[Route]) -> None:
    fitter = SizeLimiter()
    large, small = table(100), table(3, "RIB")
    first = fitter.fit(_of(large, small), 1 << 20)
    assert len(made) == 103
    assert fitter.fit(_of(table(100), small), 1 << 20) == first
    assert len(made) == 103
    fitter.fit(_of(table(99), small), 1 << 20)
    assert len(made) == 103 + 99
