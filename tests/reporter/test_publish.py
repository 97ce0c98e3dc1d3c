"""The pure parts: what is written, and when."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.publish import heartbeat_is_due, merge_patch, steady_times
from reporter.schedule import Allowance, Backoff, seconds_to_next

leaves = st.integers() | st.text(max_size=3) | st.lists(st.integers(), max_size=3)
documents = st.dictionaries(
    st.sampled_from("abcd"),
    st.recursive(leaves, lambda inner: st.dictionaries(st.sampled_from("xyz"), inner, max_size=3)),
    max_size=4,
)


def _merged(target: Any, patch: Any) -> Any:
    """RFC 7386, section 2, as it stands there."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = _merged(result.get(name), value)
    return result


@given(documents, documents)
def test_the_patch_leads_from_old_to_new(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert _merged(old, merge_patch(old, new)) == new


@given(documents)
def test_nothing_changed_is_an_empty_patch(document: dict[str, Any]) -> None:
    assert merge_patch(document, json.loads(json.dumps(document))) == {}


NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("last", "heartbeat", "due"),
    [
        ("2026-01-01T00:00:00Z", 0.0, True),
        ("2025-12-31T23:59:31Z", 30.0, False),
        ("2025-12-31T23:59:30Z", 30.0, True),
        ("2025-12-31T23:59:30Z", float("inf"), False),
        (None, 30.0, True),
        ("nonsense", 30.0, True),
    ],
)
def test_heartbeat(last: object, heartbeat: float, *, due: bool) -> None:
    assert heartbeat_is_due(last, NOW, heartbeat) is due


@given(st.floats(0, 4e9), st.integers(1, 86400), st.text(max_size=5), st.text(max_size=5))
def test_slots_are_one_period_apart_and_the_same_after_a_restart(
    now: float, period: int, node: str, uid: str
) -> None:
    wait = seconds_to_next(now, period, node, uid)
    assert 0 < wait <= period + 0.1001
    again = seconds_to_next(now + wait, period, node, uid)
    assert again == pytest.approx(period, abs=1e-3)
    # All objects of a node are on one grid of a second.
    other = seconds_to_next(now + wait, 1, node, "another")
    assert min(other, abs(other - 1)) == pytest.approx(0, abs=1e-3)


def test_a_fleet_is_spread_over_the_second() -> None:
    waits = sorted(seconds_to_next(0.0, 1, f"node-{i}", "u") % 1 for i in range(1000))
    assert all(b - a < 0.03 for a, b in pairwise(waits))


def test_waits_grow_to_a_bound_and_begin_anew() -> None:
    backoff = Backoff(lambda: 1.0, first=0.5, most=4.0)
    assert [backoff.fail() for _ in range(5)] == [0.5, 1.0, 2.0, 4.0, 4.0]
    assert backoff.fail(60.0) == 60.0
    backoff.succeed()
    assert backoff.fail() == 0.5
    assert Backoff(lambda: 0.0).fail() == 0.25


def test_an_allowance_is_used_up_and_comes_back() -> None:
    time = NOW.timestamp()

    def clock() -> float:
        return time

    allowance = Allowance(clock, burst=3, seconds_each=10.0)
    assert [allowance.take() for _ in range(5)] == [True, True, True, False, False]
    time += timedelta(seconds=10.5).total_seconds()
    assert [allowance.take() for _ in range(2)] == [True, False]


def test_a_time_that_only_bird_s_clock_moved_stays() -> None:
    def status(
        second: int, state: str = "Established", address: str = "10.0.0.2"
    ) -> dict[str, Any]:
        return {
            "agent": {"birdV4": {"state": "Ready", "lastBootTime": f"2026-11-22 18:44:0{second}"}},
            "bgp": {
                "numberEstablishedV4": 1,
                "peersV4": [{"peerIP": address, "since": f"18:44:0{second}", "state": state}],
            },
            "routes": {"routesV4": [{"destination": "10.0.0.0/8"}]},
        }

    assert steady_times(status(3), status(4)) == status(3)
    assert steady_times(status(3), status(5)) == status(5)
    assert steady_times({}, status(4)) == status(4)
    moved = steady_times(status(3), status(4, "Active"))
    assert moved["bgp"]["peersV4"] == status(4, "Active")["bgp"]["peersV4"]
    other = steady_times(status(3), status(4, address="10.0.0.3"))
    assert other["bgp"]["peersV4"] == status(4, address="10.0.0.3")["bgp"]["peersV4"]
