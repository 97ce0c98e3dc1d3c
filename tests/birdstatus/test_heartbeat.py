"""How often ``lastUpdated`` moves: the bounds that all reporters of a cluster keep together."""

from hypothesis import given
from hypothesis import strategies as st

from birdstatus.heartbeat import MOST_BYTES, MOST_WRITES, seconds_between_heartbeats

OBJECTS = st.integers(1, 1_000_000)
SIZES = st.integers(1, 1 << 20)


@given(OBJECTS, SIZES, st.integers(1, 86400))
def test_all_reporters_together_stay_within_both_bounds(
    objects: int, size: int, period: int
) -> None:
    seconds = seconds_between_heartbeats(objects, size, period)
    assert objects / seconds <= MOST_WRITES
    assert objects * size / seconds <= MOST_BYTES
    # Whole periods, and no more of them than it takes.
    assert seconds % period == 0
    least = max(objects / MOST_WRITES, objects * size / MOST_BYTES)
    assert seconds <= max(period, 1.25 * least + period)


def test_ten_objects_at_ten_seconds_move_every_period() -> None:
    """What the specification has in mind."""
    assert seconds_between_heartbeats(10, 10_000, 10) == 10
    assert seconds_between_heartbeats(1, 10_000, 1) == 1
    assert seconds_between_heartbeats(11, 10_000, 10) == 20
