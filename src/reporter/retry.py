"""How soon to try again, and how often at most."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Backoff", "TokenBucket"]


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
class TokenBucket:
    """So many at once, and one more every so many seconds of ``clock``."""

    clock: Callable[[], float]
    burst: int
    seconds_each: float
    _used: float = field(default=0.0)
    _then: float = field(default=0.0)

    def take(self) -> bool:
        """Whether there is one more to be had; then it is taken."""
        if self.wait() > 0:
            return False
        self._used += 1
        return True

    def wait(self) -> float:
        """Seconds until there is one more to be had."""
        now = self.clock()
        self._used = max(0.0, self._used - (now - self._then) / self.seconds_each)
        self._then = now
        return max(0.0, self._used + 1 - self.burst) * self.seconds_each
