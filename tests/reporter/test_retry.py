"""How soon it is tried again."""

from datetime import UTC, datetime, timedelta

from reporter.retry import Backoff, TokenBucket

NOW = datetime(2026, 1, 1, tzinfo=UTC)


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

    allowance = TokenBucket(clock, burst=3, seconds_each=10.0)
    assert [allowance.take() for _ in range(5)] == [True, True, True, False, False]
    time += timedelta(seconds=10.5).total_seconds()
    assert [allowance.take() for _ in range(2)] == [True, False]
