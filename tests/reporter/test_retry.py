"""How soon it is tried again."""

from datetime import UTC, datetime, timedelta

from reporter.retry import Backoff, TokenBucket
from reporter_bench import Clock

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_waits_grow_to_a_bound_and_begin_anew() -> None:
    backoff = Backoff(lambda: 1.0, first=0.5, most=4.0)
    assert [backoff.fail() for _ in range(5)] == [0.5, 1.0, 2.0, 4.0, 4.0]
    assert backoff.fail(60.0) == 60.0
    backoff.succeed()
    assert backoff.fail() == 0.5
    assert Backoff(lambda: 0.0).fail() == 0.25


def test_the_usual_waits() -> None:
    backoff = Backoff(lambda: 1.0)
    assert [backoff.fail() for _ in range(7)] == [0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0]
    # Spread by chance over their upper half.
    for chance, share in ((0.0, 0.5), (0.5, 0.75), (1.0, 1.0)):
        spread = Backoff(lambda chance=chance: chance)  # type: ignore[misc]
        assert [spread.fail() for _ in range(3)] == [0.5 * share, share, 2.0 * share]
    # What the server asks for counts, if it is longer.
    assert Backoff(lambda: 1.0).fail(0.1) == 0.5
    assert Backoff(lambda: 1.0).fail(0.0) == 0.5
    assert Backoff(lambda: 1.0).fail(0.6) == 0.6
    # And does not make the next wait longer.
    assert Backoff(lambda: 1.0, most=4.0, _next=4.0).fail(60.0) == 60.0


def test_a_bucket_is_never_fuller_than_its_burst() -> None:
    clock = Clock()
    bucket = TokenBucket(clock, burst=2, seconds_each=4.0)
    assert [bucket.take() for _ in range(3)] == [True, True, False]
    clock.seconds += 3.9
    assert not bucket.take()
    clock.seconds += 0.1
    assert [bucket.take() for _ in range(2)] == [True, False]
    clock.seconds += 1000
    assert [bucket.take() for _ in range(3)] == [True, True, False]
    # What is refused costs nothing.
    for _ in range(8):
        clock.seconds += 0.5
        bucket.take()
    assert [bucket.take() for _ in range(2)] == [False, False]


def test_an_allowance_is_used_up_and_comes_back() -> None:
    time = NOW.timestamp()

    def clock() -> float:
        return time

    allowance = TokenBucket(clock, burst=3, seconds_each=10.0)
    assert [allowance.take() for _ in range(5)] == [True, True, True, False, False]
    time += timedelta(seconds=10.5).total_seconds()
    assert [allowance.take() for _ in range(2)] == [True, False]
