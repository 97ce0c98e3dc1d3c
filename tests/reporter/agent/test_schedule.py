"""When an object is reported."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.agent.schedule import seconds_to_next


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
