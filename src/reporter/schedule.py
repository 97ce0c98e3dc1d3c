"""When to do things: pure functions of time and names."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Allowance", "Backoff", "seconds_to_next"]

# A timer may fire a little early by another clock; a slot so near is the one just served.
_NEAR = 0.1


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def seconds_to_next(now: float, period: int, node: str, uid: str) -> float:
    """Seconds from ``now`` (Unix time) to an object's next report, at most ``period`` and a little.

    A node reports on a grid of one second whose place in the second comes from its name, so that a
    fleet does not beat in step. Each object has its own place on that grid, from its UID, so that
    objects of different periods meet in few collections, never more than one a second. Both stay
    the same when the reporter restarts.
    """
    phase = _hash(uid) % period + _hash(node) / 2**64
    wait = period - (now - phase) % period
    return wait if wait > _NEAR else wait + period


@dataclass(slots=True)
class Backoff:
    """Growing waits after failures, in seconds, each spread by chance over its upper half.

    ``random`` gives numbers from 0 to 1.
    """

    random: Callable[[], float]
    first: float = 0.5
    most: float = 15.0
    _next: float = field(default=0.0)

    def fail(self, retry_after: float | None = None) -> float:
        """How long to wait after one more failure: at least what the server asked for."""
        self._next = min(self.most, max(self.first, 2 * self._next))
        wait = self._next * (0.5 + self.random() / 2)
        return max(wait, retry_after or 0.0)

    def succeed(self) -> None:
        """Begin anew."""
        self._next = 0.0


@dataclass(slots=True)
class Allowance:
    """So many at once, and one more every so many seconds of ``clock``."""

    clock: Callable[[], float]
    burst: int
    seconds_each: float
    _used: float = field(default=0.0)
    _then: float = field(default=0.0)

    def take(self) -> bool:
        """Whether there is one more to be had; then it is taken."""
        now = self.clock()
        self._used = max(0.0, self._used - (now - self._then) / self.seconds_each)
        self._then = now
        if self._used + 1 > self.burst:
            return False
        self._used += 1
        return True
