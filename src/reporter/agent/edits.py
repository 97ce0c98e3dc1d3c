"""Reading the objects of which only that they were edited is known.

Without a field to select by, every node's objects are watched, for their metadata alone: whose object it is has
to be read. So whoever edits any object costs each node a call, and how many calls are made is bounded here.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

from reporter.kube.api import ApiError
from reporter.retry import TokenBucket

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from reporter.agent.calls import Calls
    from reporter.kube.resource import NodeStatusObject
    from reporter.log_on_change import LogOnChange
    from reporter.retry import Backoff

__all__ = ["Edits"]

# So many are read at once, and then one each so many seconds: 200 edits of one object are a few reads.
_BURST = 20
_SECONDS_EACH = 0.2


class Edits:
    """The edited objects that are still to be read. For the loop's thread."""

    def __init__(
        self, calls: Calls, troubles: LogOnChange, clock: Callable[[], float], backoff: Backoff
    ) -> None:
        """``clock`` is monotonic seconds; ``backoff`` is for reads that fail."""
        self._calls = calls
        self._troubles = troubles
        self._clock = clock
        self._backoff = backoff
        self._allowance = TokenBucket(clock, burst=_BURST, seconds_each=_SECONDS_EACH)
        self._names: dict[str, None] = {}
        self._not_before = -math.inf

    def add(self, name: str) -> None:
        """This object was edited."""
        self._names[name] = None

    def forget(self, name: str) -> None:
        """This object is no more, or is known by now."""
        self._names.pop(name, None)

    def clear(self) -> None:
        """All objects are known by now."""
        self._names.clear()

    def turn(
        self,
        ours: Collection[str],
        job: Callable[[str], NodeStatusObject | None],
        then: Callable[[str, NodeStatusObject | None], None],
        now: float,
    ) -> float:
        """Read as many as can be; when to go on. The objects that are known as ``ours`` come first.

        ``job`` reads an object in a lane, ``then`` is called with it, or with ``None`` if it is gone.
        """
        if now < self._not_before:
            return self._not_before
        for name in sorted(self._names, key=lambda name: name not in ours):
            if self._calls.is_busy(name):
                continue
            if not self._calls.has_room:
                # A lane that comes free is a message.
                break
            if not self._allowance.take():
                return now + _SECONDS_EACH
            del self._names[name]
            self._calls.run(
                name,
                partial(job, name),
                partial(self._was_read, name, then),
                partial(self._failed, name),
            )
        return math.inf

    def _was_read(
        self,
        name: str,
        then: Callable[[str, NodeStatusObject | None], None],
        result: NodeStatusObject | ApiError | None,
    ) -> None:
        if isinstance(result, ApiError):
            self._troubles.fail("edits", result.reason, result.message)
            self._failed(name, result.retry_after)
        else:
            self._backoff.succeed()
            self._troubles.clear("edits", "edited objects are read again")
            then(name, result)

    def _failed(self, name: str, retry_after: float | None = None) -> None:
        self.add(name)
        self._not_before = self._clock() + self._backoff.fail(retry_after)
