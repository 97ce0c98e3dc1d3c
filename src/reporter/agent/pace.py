"""When a status is worth a write: at once if something changed, seldom if only its time would move.

A change is written with the report that finds it. Only if an object changes report after report, as when a
session flaps everywhere, its writes keep a distance that grows with the number of objects: all reporters
together then stay within :data:`MOST_WRITES` and :data:`MOST_BYTES` a second, unless a change would be late by
more than :data:`LATEST`. Reports themselves are spread over the period (:mod:`reporter.agent.schedule`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from birdstatus.heartbeat import seconds_between_heartbeats
from reporter.agent.schedule import has_place_between
from reporter.retry import TokenBucket

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ChangePace", "is_heartbeat_due", "seconds_between_changes", "seconds_to_come_back"]

# All reporters together, if all of their objects change all the time: writes and bytes of statuses a second.
MOST_WRITES = 100.0
MOST_BYTES = 4 << 20
# So many watches a second, of one object each, that come back after an outage.
MOST_WATCHES = 50.0
# No change is held back for longer, in seconds.
LATEST = 30.0
# So many changes in a row are written with their reports whatever the distance.
BURST = 3
# A place that was missed by more than this, in seconds, or by two periods, is not made up for: after an outage
# there is no storm of heartbeats.
_MISSED = 60.0
# A heartbeat that is due so soon is due: two looks are never a whole number of seconds apart.
_NEAR = 0.1


def seconds_between_changes(objects: int, object_bytes: int) -> float:
    """The distance in seconds that writes of an object keep that changes all the time; at most LATEST."""
    return min(LATEST, max(objects / MOST_WRITES, objects * object_bytes / MOST_BYTES))


def seconds_to_come_back(objects: int | None) -> float:
    """Over how many seconds the watches of all reporters come back after an outage; at most LATEST."""
    return min(LATEST, (objects or 0) / MOST_WATCHES)


def is_heartbeat_due(  # noqa: PLR0913, PLR0917 - what the rule is about
    heartbeat: float | None,
    ago: float,
    now: float,
    uid: str,
    period: int,
    object_bytes: int,
    objects: int | None,
) -> bool:
    """Whether ``lastUpdated``, which moved ``ago`` seconds ago, is to move though nothing changed.

    ``heartbeat`` is as in the settings, ``now`` Unix time, ``objects`` how many the cluster has. While that is
    not known, with ``auto`` it stands still.
    """
    if not period:
        return False
    if heartbeat is not None:
        return ago + _NEAR >= heartbeat
    if objects is None:
        return False
    seconds = seconds_between_heartbeats(objects, object_bytes, period)
    if seconds == period:
        return True
    since = min(ago, max(_MISSED, 2.0 * period))
    return has_place_between(now - since, now, seconds, uid)


class ChangePace:
    """How often the status of one object may change in the API."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._bucket = TokenBucket(clock, BURST, 0.0)

    def wait(self, objects: int | None, object_bytes: int) -> float:
        """Seconds for which a change is held back; 0, and it is taken to be written, if it is not."""
        seconds = seconds_between_changes(objects, object_bytes) if objects else 0.0
        self._bucket.seconds_each = max(seconds, 1e-3)
        return 0.0 if self._bucket.take() else self._bucket.wait()
