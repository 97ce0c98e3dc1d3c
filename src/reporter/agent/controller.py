"""The agent: from the objects that there are and the time that it is to what is written next.

Level-triggered: what is done follows from the state, never from which change led to it. One
thread, fed by the watcher's, does everything in turn; one snapshot serves all objects that are
due together.
"""

from __future__ import annotations

import json
import math
import queue
import random as chance
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from reporter.agent.metrics import Metrics
from reporter.agent.schedule import seconds_to_next
from reporter.kube.api import ApiError
from reporter.kube.events import EventRecorder
from reporter.kube.field_managers import OtherWriter
from reporter.kube.resource import NodeStatusObject
from reporter.kube.watch import Gone, Listed, Seen, Watcher
from reporter.log_on_change import LogOnChange
from reporter.retry import Backoff
from reporter.status.build import build_status
from reporter.status.patch import heartbeat_is_due, merge_patch, steady_times
from reporter.status.size_limit import SizeLimiter

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable

    from birdstatus import CalicoNodeStatusSpec
    from reporter.bird.snapshot import Bird, Snapshot
    from reporter.kube.api import NodeStatusApi, Resource
    from reporter.kube.watch import Change
    from reporter.settings import Settings
    from reporter.status.build import BuiltStatus

__all__ = ["Reporter"]

# The loop turns at least so often, in seconds, for /healthz to see.
_TURN = 5.0


@dataclass(slots=True)
class _Task:
    """An object of this node: as it is known, and when its next report is due (monotonic)."""

    object: NodeStatusObject
    due: float
    backoff: Backoff
    # The status as this reporter wrote it last.
    written: dict[str, Any] = field(default_factory=dict)
    other: OtherWriter = field(default_factory=OtherWriter)
    # What has been told in Events and still holds.
    told: dict[str, str] = field(default_factory=dict)

    @property
    def spec(self) -> CalicoNodeStatusSpec:
        """What it asks for; an object without a valid spec is never due."""
        if self.object.spec is None:
            raise AssertionError(self.object.invalid)
        return self.object.spec


class Reporter:
    """A node's reporter. Everything that it uses is an argument; it keeps nothing elsewhere."""

    def __init__(  # noqa: PLR0913 - everything it uses is an argument
        self,
        settings: Settings,
        api: NodeStatusApi,
        bird: Bird,
        log: logging.Logger,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        random: Callable[[], float] = chance.random,
    ) -> None:
        """``clock`` is monotonic seconds, ``now`` the time in UTC, ``random`` from 0 to 1."""
        self._settings = settings
        self._api = api
        self._bird = bird
        self._log = log
        self._clock = clock
        self._now = now
        self._random = random
        self._troubles = LogOnChange(log)
        self._events = EventRecorder(api, settings.node_name, self._troubles, now)
        self._mailbox: queue.SimpleQueue[Change | None] = queue.SimpleQueue()
        self._watcher = Watcher(
            api, settings.node_name, self._hear, self._troubles,
            clock=clock, random=random,
        )  # fmt: skip
        self._fitter = SizeLimiter()
        self._tasks: dict[str, _Task] = {}
        self._resource: Resource | None = None
        self._collect_due = clock()
        self._turned = clock()
        self._listed = threading.Event()
        self._stopping = threading.Event()
        self.metrics = Metrics(settings, lambda: now().timestamp())

    @property
    def ready(self) -> bool:
        """Whether the objects have been listed once."""
        return self._listed.is_set()

    @property
    def _where(self) -> Resource:
        """Where the objects are; there are none before it is known."""
        if self._resource is None:
            raise AssertionError("no object comes before its resource")
        return self._resource

    @property
    def seconds_since_turn(self) -> float:
        """How long ago the loop last turned."""
        return self._clock() - self._turned

    def run(self) -> None:
        """Report until :meth:`stop`.

        Raises:
            RuntimeError: the watcher failed by a fault of its own.
        """
        watcher = threading.Thread(target=self._watcher.run, name="watch", daemon=True)
        watcher.start()
        while not self._stopping.is_set():
            self._turned = self._clock()
            self._take_changes(self._seconds_to_wait())
            if not watcher.is_alive() and not self._stopping.is_set():
                raise RuntimeError("the watcher has ended")
            if not self._stopping.is_set():
                self._serve_due()
        watcher.join(self._settings.api_timeout)

    def stop(self) -> None:
        """End :meth:`run` after the call that is under way; returns at once."""
        self._stopping.set()
        self._watcher.stop()
        self._mailbox.put(None)

    def _hear(self, change: Change) -> None:
        """In the watcher's thread."""
        if isinstance(change, Listed):
            self._listed.set()
        self._mailbox.put(change)

    def _seconds_to_wait(self) -> float:
        due = min((task.due for task in self._tasks.values()), default=math.inf)
        return min(max(min(due, self._collect_due) - self._clock(), 0.0), _TURN)

    def _take_changes(self, seconds: float) -> None:
        """Wait so long for a change, then take all that there are."""
        try:
            self._observe(
                self._mailbox.get(timeout=seconds) if seconds else self._mailbox.get_nowait()
            )
            while True:
                self._observe(self._mailbox.get_nowait())
        except queue.Empty:
            return

    def _observe(self, change: Change | None) -> None:
        if isinstance(change, Listed):
            self._resource = change.resource
            for name in self._tasks.keys() - {one.name for one in change.objects}:
                self._drop(name)
            for one in change.objects:
                self._take(one)
        elif isinstance(change, Gone):
            self._drop(change.name)
        elif isinstance(change, Seen):
            self._take(change.object)
        elif change is not None:
            task = self._tasks.get(change.name)
            if task and task.object.resource_version != change.resource_version:
                self._look_again(task)
        self.metrics.objects(self._tasks)

    def _drop(self, name: str) -> None:
        if self._tasks.pop(name, None) is not None:
            self._troubles.forget(f"object/{name}/")

    def _take(self, one: NodeStatusObject) -> None:
        """An object as it is now: a new task where it asks for something new."""
        task = self._tasks.get(one.name)
        if task is not None and task.object.asks == one.asks:
            if not _is_older(one, task.object):
                if one.resource_version == task.object.resource_version:
                    # An own write, as the API server keeps it.
                    task.written = one.status
                elif task.written and one.status != task.written:
                    task.other.wrote(one.other_writer)
                task.object = one
            return
        if task is not None and task.object.uid == one.uid and _is_older(one, task.object):
            return
        task = _Task(one, self._clock(), Backoff(self._random, most=30.0))
        self._tasks[one.name] = task
        if one.spec is None:
            task.due = math.inf
            self._tell(task, "InvalidSpec", one.invalid, one.invalid)

    def _serve_due(self) -> None:
        """One snapshot for all that is due now."""
        now = self._clock()
        due = [task for task in self._tasks.values() if task.due <= now]
        if not due and now < self._collect_due:
            return
        snapshot = self._bird.collect({one for task in due for one in task.spec.classes})
        self._collect_due = self._clock() + self._settings.metrics_period
        self.metrics.collected(snapshot)
        for family, answer in snapshot.answers.items():
            name = f"bird/{family}"
            if answer.failure:
                self._troubles.fail(name, answer.failure.reason, answer.failure.text)
            else:
                self._troubles.clear(name, f"the IPv{family} daemon answers again")
        time = self._now()
        reports: dict[tuple[str, ...], BuiltStatus] = {}
        for task in due:
            if self._stopping.is_set():
                return
            classes = task.spec.classes
            if classes not in reports:
                reports[classes] = build_status(
                    snapshot, classes, time, self._settings.max_status_bytes, self._fitter
                )
                self.metrics.reported(reports[classes].published)
            self._publish(task, reports[classes], time, is_settled=_is_settled(snapshot))

    def _publish(
        self, task: _Task, report: BuiltStatus, time: datetime, *, is_settled: bool
    ) -> None:
        """Write what changed, and set when to report next."""
        for notice in report.notices:
            self._tell(task, *notice)
        self.metrics.object_state(
            task.object.name, report.truncated, other_writer=bool(task.other.name)
        )
        status = steady_times(task.object.status, report.status)
        patch = merge_patch(task.object.status, status)
        heartbeat = self._settings.heartbeat if task.spec.updatePeriodSeconds else math.inf
        if patch.keys() <= {"lastUpdated"} and not heartbeat_is_due(
            task.object.status.get("lastUpdated"), time, heartbeat
        ):
            patch = {}
        try:
            if patch:
                self._write(task, patch, status)
        except ApiError as error:
            self._write_failed(task, error)
        else:
            self._schedule(task, is_settled=is_settled)

    def _write(self, task: _Task, patch: dict[str, Any], status: dict[str, Any]) -> None:
        seen = task.object
        # With the version, a write to an object that changed meanwhile, as when it was moved to
        # another node, is refused.
        changes = {"metadata": {"resourceVersion": seen.resource_version}, "status": patch}
        body = json.dumps(changes).encode()
        with self.metrics.writing(body):
            answer = self._api.patch_status(self._where, seen.name, body)
        metadata = answer.get("metadata", {})
        task.object = seen.written(status, str(metadata.get("resourceVersion", "")))
        task.written = status
        task.other.was_quiet()
        self._tell(
            task,
            "AnotherWriter",
            task.other.name,
            f"{task.other.name} writes this status too; switch one of the two off, or give it "
            "another object",
        )
        self._tell(task, "WriteRefused", "", "the status is accepted again")
        name = f"object/{seen.name}/write"
        if self._troubles.clear(name, f"the status of {seen.name} is written again"):
            self._watcher.retry()

    def _schedule(self, task: _Task, *, is_settled: bool) -> None:
        if task.spec.updatePeriodSeconds:
            task.backoff.succeed()
            task.due = self._next_slot(task)
        else:
            task.due = math.inf if is_settled else self._clock() + task.backoff.fail()

    def _next_slot(self, task: _Task) -> float:
        """When the object's period is over; never for period 0."""
        period = task.spec.updatePeriodSeconds
        if not period:
            return math.inf
        unix_time = self._now().timestamp()
        return self._clock() + seconds_to_next(
            unix_time, period, self._settings.node_name, task.object.uid
        )

    def _write_failed(self, task: _Task, error: ApiError) -> None:
        """Back off, but never for longer than the period unless the server asks for it."""
        now, slot = self._clock(), self._next_slot(task)
        if error.status == HTTPStatus.CONFLICT and task.other.name:
            task.due = slot  # no duel
        else:
            task.due = max(min(now + task.backoff.fail(), slot), now + (error.retry_after or 0))
        if error.status == HTTPStatus.NOT_FOUND:
            # If the object is there all the same, /status went, or the resource moved.
            self._watcher.relist()
        if error.status in {HTTPStatus.CONFLICT, HTTPStatus.NOT_FOUND}:
            self._look_again(task)
            return
        self._troubles.fail(f"object/{task.object.name}/write", error.reason, error.message)
        if error.status == HTTPStatus.UNPROCESSABLE_ENTITY:
            self._tell(task, "WriteRefused", error.reason, error.message)

    def _look_again(self, task: _Task) -> None:
        """The object is not what was known: read it."""
        name = task.object.name
        try:
            one = NodeStatusObject.from_document(self._api.get(self._where, name))
        except ApiError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                self._drop(name)
            else:
                self._troubles.fail(f"object/{name}/write", error.reason, error.message)
            return
        if one.node == self._settings.node_name:
            self._take(one)
        else:
            self._drop(name)

    def _tell(self, task: _Task, topic: str, state: str, message: str) -> None:
        """An Event where the state of a topic changed: a Warning, or Normal where it is well again."""
        if task.told.get(topic, "") == state:
            return
        task.told[topic] = state
        reason = topic.partition("/")[0]
        if state:
            self._events.record(task.object, "Warning", reason, message)
        else:
            self._events.record(task.object, "Normal", f"{reason}Resolved", message)


def _is_older(one: NodeStatusObject, other: NodeStatusObject) -> bool:
    """Whether what a watch brings is from before what is known from an own write.

    Resource versions are numbers that grow (KEP-5504); where they are not, the newest news wins.
    """
    try:
        return int(one.resource_version) < int(other.resource_version)
    except ValueError:
        return False


def _is_settled(snapshot: Snapshot) -> bool:
    """Whether the one report of period 0 was good enough not to be tried again.

    A daemon that fails is tried again; one that is not there while the other answers is not:
    clusters of one family have only one.
    """
    reasons = [failure.reason for failure in snapshot.failures.values()]
    return not reasons or reasons == ["no_socket"]
