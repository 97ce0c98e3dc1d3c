"""API calls for objects: a few at one time, and one at a time for each object."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from reporter.kube.api import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from reporter.agent.faults import Faults
    from reporter.agent.lanes import Lanes

__all__ = ["API_LANES", "Calls"]

# A call that the API server lets hang holds one of these lanes for --api-timeout at most.
API_LANES = 4

Result = TypeVar("Result")


class Calls:
    """The lanes for API calls. For the loop's thread."""

    def __init__(self, lanes: Lanes, faults: Faults) -> None:
        self._lanes = lanes
        self._faults = faults
        self._free = [f"api-{number}" for number in reversed(range(API_LANES))]
        self._busy: set[str] = set()

    @property
    def has_room(self) -> bool:
        """Whether one more call can be made now."""
        return bool(self._free)

    def is_busy(self, name: str) -> bool:
        """Whether a call for this object is under way, be it for what the object asked before."""
        return name in self._busy

    def run(
        self,
        name: str,
        job: Callable[[], Result],
        then: Callable[[Result | ApiError], None],
        failed: Callable[[], None],
    ) -> None:
        """Make a call for an object, which must not be busy, in a lane, of which there must be a free one.

        ``then`` is called with what comes of it; ``failed`` after a fault of this program's own.
        """
        lane = self._free.pop()
        self._busy.add(name)

        def ended(result: Result | Exception) -> None:
            self._free.append(lane)
            self._busy.discard(name)
            if isinstance(result, Exception) and not isinstance(result, ApiError):
                self._faults.survive(f"object/{name}", result)
                failed()
            else:
                then(result)

        self._lanes.run(lane, job, ended)
