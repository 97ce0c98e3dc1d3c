"""Telling people of an object's state in Events: each change once, and until it is recorded."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from reporter.agent.faults import Faults
    from reporter.agent.lanes import Lanes
    from reporter.agent.tasks import Task
    from reporter.kube.events import EventRecorder

__all__ = ["Telling"]

# Events that wait to be recorded; more are not kept.
_MOST_WAITING = 100


class Telling:
    """Records Events in a lane of their own. For the loop's thread."""

    def __init__(
        self, recorder: EventRecorder, lanes: Lanes, faults: Faults, clock: Callable[[], float]
    ) -> None:
        self._recorder = recorder
        self._lanes = lanes
        self._faults = faults
        self._clock = clock
        self._waiting = 0

    def tell(self, task: Task, topic: str, state: str, message: str) -> None:
        """An Event, if the state of a topic changed: a Warning, or Normal if it is well again.

        The reason of the Event is the topic up to a ``/``.
        """
        reason = topic.partition("/")[0]
        if state:
            self._record(task, topic, state, "Warning", reason, message)
        else:
            self._record(task, topic, state, "Normal", f"{reason}Resolved", message)

    def note(self, task: Task, topic: str, state: str, message: str) -> None:
        """A Normal Event, if the state of a topic is another than it was: the first that is known is none."""
        if task.told.get(topic):
            self._record(task, topic, state, "Normal", topic, message)
        else:
            task.told[topic] = state

    def _record(  # noqa: PLR0913, PLR0917 - an Event, and the state that it tells
        self,
        task: Task,
        topic: str,
        state: str,
        kind: Literal["Normal", "Warning"],
        reason: str,
        message: str,
    ) -> None:
        before = task.told.get(topic, "")
        if before == state or self._waiting >= _MOST_WAITING:
            return
        task.told[topic] = state
        self._waiting += 1
        self._lanes.run(
            "events",
            partial(self._recorder.record, task.object, kind, reason, message),
            partial(self._recorded, task, topic, state, before),
        )

    def _recorded(self, task: Task, topic: str, state: str, before: str, result: object) -> None:
        self._waiting -= 1
        if isinstance(result, Exception):
            self._faults.survive("events", result)
        if result is not True and task.told.get(topic) == state:
            # To be told with the next report; an object that has none is tried again by itself.
            task.told[topic] = before
            if task.object.spec is None:
                task.need.not_before = self._clock() + task.write_backoff.fail()
