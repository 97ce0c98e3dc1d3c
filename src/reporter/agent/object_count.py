"""How many objects the cluster has: asked once at the start, then seldom, at times of each reporter's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporter.kube.api import ApiError
from reporter.retry import Backoff

if TYPE_CHECKING:
    from collections.abc import Callable

    from reporter.agent.faults import Faults
    from reporter.agent.lanes import Lanes
    from reporter.kube.api import NodeStatusApi, Resource
    from reporter.log_on_change import LogOnChange

__all__ = ["ObjectCount"]

# Asked again after as many seconds as there are objects, within these bounds, and up to a quarter sooner or
# later: all reporters together ask about once a second, and never more than one in ten minutes each.
SOONEST = 600.0
LATEST = 3600.0
# After a failure, in seconds.
_FIRST_RETRY = 5.0


class ObjectCount:
    """The number of objects as last asked for; for the loop's thread."""

    def __init__(  # noqa: PLR0913 - everything it uses is an argument
        self,
        api: NodeStatusApi,
        *,
        lanes: Lanes,
        faults: Faults,
        troubles: LogOnChange,
        clock: Callable[[], float],
        random: Callable[[], float],
    ) -> None:
        self.known: int | None = None
        self._api = api
        self._lanes = lanes
        self._faults = faults
        self._troubles = troubles
        self._clock = clock
        self._random = random
        self._backoff = Backoff(random, first=_FIRST_RETRY, most=SOONEST)
        self._due = clock()
        self._is_asked = False

    def turn(self, resource: Resource, now: float) -> None:
        """Ask if it is time to."""
        if now < self._due or self._is_asked:
            return
        self._is_asked = True
        self._lanes.run("count", lambda: self._api.count_objects(resource), self._answered)

    def _answered(self, result: int | Exception) -> None:
        self._is_asked = False
        if isinstance(result, Exception):
            retry_after = None
            if isinstance(result, ApiError):
                retry_after = result.retry_after
                self._troubles.fail("count", result.reason, result.message)
            else:
                self._faults.survive("count", result)
            self._due = self._clock() + self._backoff.fail(retry_after)
            return
        self._troubles.clear("count", "the objects of the cluster are counted again")
        self._faults.over("count")
        self._backoff.succeed()
        self.known = result
        wait = min(max(float(result), SOONEST), LATEST)
        self._due = self._clock() + wait * (0.75 + self._random() / 2)
