"""The agent: from the objects that there are and the time that it is to what is done next.

Level-triggered: what is done follows from the state, never from which change led to it. One thread, the loop,
has all state and never blocks but for its mailbox: what BIRD and the API server are asked is asked in lanes of
its own, one for each daemon and a few for the API, so that nobody waits for anybody.
"""

from __future__ import annotations

import math
import queue
import random as chance
import threading
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

from reporter.agent.asking import Asking
from reporter.agent.calls import Calls
from reporter.agent.daemons import BETWEEN_LOOKS
from reporter.agent.decide import Look, Wait, decide
from reporter.agent.delivery import Delivered, Order, deliver, read
from reporter.agent.edits import Edits
from reporter.agent.faults import Faults
from reporter.agent.lanes import Threads
from reporter.agent.metrics import Metrics
from reporter.agent.object_count import ObjectCount
from reporter.agent.pace import is_heartbeat_due, seconds_to_come_back
from reporter.agent.schedule import seconds_to_next
from reporter.agent.tasks import Task
from reporter.agent.telling import Telling
from reporter.kube.api import ApiError
from reporter.kube.events import EventRecorder
from reporter.kube.watch import Edited, Gone, Listed, Seen, Touched, Watcher
from reporter.log_on_change import LogOnChange
from reporter.retry import Backoff
from reporter.settings import NAMED_AFTER_NODE
from reporter.status.build import build_status
from reporter.status.patch import merge_patch, steady_times
from reporter.status.size_limit import SizeLimiter

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable

    from reporter.agent.decide import Write
    from reporter.agent.lanes import Lanes
    from reporter.bird.control_socket import Family
    from reporter.bird.snapshot import Bird, Snapshot
    from reporter.kube.api import NodeStatusApi, Resource
    from reporter.kube.resource import NodeStatusObject
    from reporter.kube.watch import Change
    from reporter.settings import Settings
    from reporter.status.build import BuiltStatus

__all__ = ["Reporter"]

# The loop turns at least so often, in seconds, for /healthz to see.
_TURN = 5.0
# After a failed write or a fault an object waits for so long at most, in seconds.
_LONGEST_WAIT = 30.0
# When it ends, it waits so long, in seconds, for the calls that are under way.
_GRACE = 1.0
# Not a version: the object is to be read.
_UNKNOWN = "unknown"
# Write failures that are the object's own and say nothing of the API server.
_OF_THE_OBJECT = frozenset({"404", "409", "413", "422"})

Result = TypeVar("Result")


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
        lanes: Callable[[Callable[[Callable[[], None]], None]], Lanes] = Threads,
    ) -> None:
        """``clock`` is monotonic seconds, ``now`` the time in UTC, ``random`` from 0 to 1.

        ``lanes`` makes the lanes, from what puts a call into the loop's mailbox.
        """
        self._settings = settings
        self._api = api
        self._bird = bird
        self._clock = clock
        self._now = now
        self._random = random
        self._troubles = LogOnChange(log)
        self._mailbox: queue.SimpleQueue[Change | Callable[[], None] | None] = queue.SimpleQueue()
        self._watcher = Watcher(
            api, settings.node_name, self._hear, self._troubles, clock=clock, random=random,
            by_name=settings.objects == NAMED_AFTER_NODE,
            spread=lambda: seconds_to_come_back(self._count.known),
        )  # fmt: skip
        self._lanes = lanes(self._mailbox.put)
        self._limiter = SizeLimiter()
        self._built: dict[tuple[object, ...], BuiltStatus] = {}
        self._tasks: dict[str, Task] = {}
        self._resource: Resource | None = None
        self._wake = self._turned = clock()
        self._listed = threading.Event()
        self._stopping = threading.Event()
        self.metrics = Metrics(settings, lambda: now().timestamp())
        self.faults = Faults(self._troubles, self.metrics)
        self._asking = Asking(
            bird, settings.metrics_period, lanes=self._lanes, faults=self.faults,
            troubles=self._troubles, metrics=self.metrics, clock=clock,
        )  # fmt: skip
        self._calls = Calls(self._lanes, self.faults)
        self._edits = Edits(self._calls, self._troubles, clock, Backoff(random, most=_LONGEST_WAIT))
        self._count = ObjectCount(
            api, lanes=self._lanes, faults=self.faults, troubles=self._troubles,
            clock=clock, random=random,
        )  # fmt: skip
        recorder = EventRecorder(api, settings.node_name, self._troubles, now, clock)
        self._telling = Telling(recorder, self._lanes, self.faults, clock)

    @property
    def _place(self) -> Resource:
        """Where the objects are; there are none before it is known."""
        if self._resource is None:
            raise AssertionError("no object comes before its resource")
        return self._resource

    @property
    def not_ready_because(self) -> str:
        """Why statuses are not up to date for a reason of the API server's; empty if they are."""
        for name, reason, text in self._troubles.current():
            if name == "watch" or (name.endswith("/write") and reason not in _OF_THE_OBJECT):
                return text
        return "" if self._listed.is_set() else "CalicoNodeStatus not listed yet"

    @property
    def ready(self) -> bool:
        """Whether the objects have been listed, and can be written."""
        return not self.not_ready_because

    @property
    def seconds_since_turn(self) -> float:
        """How long ago the loop last turned."""
        return self._clock() - self._turned

    def run(self) -> None:
        """Report until :meth:`stop`. A fault of this program's own is logged, counted and survived."""
        watcher = threading.Thread(target=self._watch, name="watch", daemon=True)
        watcher.start()
        self._keep_on("loop", self._loop)
        watcher.join(_GRACE)
        self._lanes.stop(_GRACE)

    def stop(self) -> None:
        """End :meth:`run` after what is under way; returns at once."""
        self._stopping.set()
        self._watcher.stop()
        self._mailbox.put(None)

    def _loop(self) -> None:
        while not self._stopping.is_set():
            self.receive(max(self._wake - self._clock(), 0.0))
            if not self._stopping.is_set():
                self.turn()

    def _watch(self) -> None:
        self._keep_on("watch", self._watcher.run)

    def _keep_on(self, about: str, work: Callable[[], None]) -> None:
        """Do something until :meth:`stop`: begun anew after a fault, with a back-off."""
        backoff = Backoff(self._random, most=_LONGEST_WAIT)
        while not self._stopping.is_set():
            try:
                work()
            except Exception as error:  # noqa: BLE001 - the rule for faults
                self.faults.survive(about, error)
                self._stopping.wait(backoff.fail())

    def _hear(self, change: Change) -> None:
        """In the watcher's thread."""
        if isinstance(change, Listed):
            self._listed.set()
        self._mailbox.put(change)

    # What happened

    def receive(self, seconds: float) -> None:
        """Wait so long for a message, then take all that there are."""
        self._turned = self._clock()
        try:
            message = self._mailbox.get(timeout=seconds) if seconds else self._mailbox.get_nowait()
            while True:
                try:
                    self._observe(message)
                except Exception as error:  # noqa: BLE001 - the rule for faults
                    self.faults.survive("news", error)
                message = self._mailbox.get_nowait()
        except queue.Empty:
            return

    def _observe(self, message: Change | Callable[[], None] | None) -> None:
        match message:
            case None:
                return
            case Listed(resource, objects):
                self._resource = resource
                self._edits.clear()
                for name in self._tasks.keys() - {found.name for found in objects}:
                    self._drop(name)
                for found in objects:
                    self._take(found)
            case Edited(name):
                self._edits.add(name)
            case Gone(name):
                self._edits.forget(name)
                self._drop(name)
            case Seen(found):
                self._take(found)
            case Touched(name, version):
                if name in self._tasks:
                    self._tasks[name].touched = version
            case call:
                call()
        self.metrics.objects(self._tasks)

    def _drop(self, name: str) -> None:
        if self._tasks.pop(name, None) is not None:
            self._troubles.forget(f"object/{name}/")

    def _take(self, found: NodeStatusObject) -> None:
        """An object as it is now: a new task, if it asks for something new."""
        if found.node != self._settings.node_name:
            self._drop(found.name)
            return
        task = self._tasks.get(found.name)
        if task is not None and not task.is_superseded_by(found):
            task.see(found)
            return
        new = Task.of(found, self._clock, lambda: Backoff(self._random, most=_LONGEST_WAIT))
        if task is not None:
            new.takes_over(task)
        self._tasks[found.name] = new

    # What is done next

    def turn(self) -> None:
        """Carry out what each object needs now, and set when to turn next."""
        now = self._clock()
        self._wake = now + _TURN
        if self._settings.heartbeat is None and self._tasks:
            self._count.turn(self._place, now)
        asks: dict[Family, set[str]] = {}
        # Before the reports: what they are about may be another thing by now.
        self._wake = min(
            self._wake, self._edits.turn(self._tasks.keys(), self._look_up, self._looked_up, now)
        )
        # Who was served longest ago comes first, if not all can be.
        for task in sorted(self._tasks.values(), key=lambda task: task.called_at):
            try:
                self._wake = min(self._wake, self._serve(task, now, asks))
            except Exception as error:  # noqa: BLE001 - the rule for faults
                self.faults.survive(f"object/{task.object.name}", error)
                self._back_off(task)
        self._wake = min(self._wake, self._asking.turn(asks, self._due_soon(now), now))
        self._built.clear()

    def _due_soon(self, now: float) -> set[str]:
        """The classes of the objects that are due before a daemon that is asked now may be asked again."""
        soon = now + BETWEEN_LOOKS
        return {
            name
            for task in self._tasks.values()
            if task.need.due <= soon
            for name in task.need.classes
        }

    def _serve(self, task: Task, now: float, asks: dict[Family, set[str]]) -> float:
        """Carry out the decision for an object; when to decide again if nothing happens."""
        task.need.is_busy = self._calls.is_busy(task.object.name)
        if task.touched and not task.need.is_busy and self._calls.has_room:
            version, task.touched = task.touched, ""
            if version != task.object.resource_version:
                self._read(task, now)
        if task.object.spec is None:
            if now >= task.need.not_before:
                self._telling.tell(task, "InvalidSpec", task.object.invalid, task.object.invalid)
            return task.need.not_before if now < task.need.not_before else math.inf
        match decide(task.need, self._asking.daemons, now):
            case Wait(until):
                return until
            case Look(daemons):
                for family in daemons:
                    asks.setdefault(family, set()).update(task.need.classes)
                return math.inf
            case write if self._calls.has_room:
                self._publish(task, write, now)
                return now
        # A lane that comes free is a message.
        return math.inf

    def _publish(self, task: Task, write: Write, now: float) -> None:
        """Write what changed, and set when the next report is due."""
        report = self._build(task, write, now)
        task.fault_backoff.succeed()
        self.faults.over(f"object/{task.object.name}")
        for notice in report.notices:
            self._telling.tell(task, *notice)
        if served_by := write.snapshot.served_by:
            # A node was upgraded to BIRD 3 under this process, or back.
            text = f"the node has {served_by} now: {write.snapshot.versions}"
            self._telling.note(task, "BirdChanged", served_by, text)
        task.need.owed, task.need.bridged = write.awaited, write.bridged
        if now >= task.need.due:
            task.need.due = self._next_slot(task, now)
        status = steady_times(task.object.status, report.status)
        patch = merge_patch(task.object.status, status)
        if self._is_worth(task, write, patch, report.size, now):
            self._write(task, write, status, now)
        else:
            self._settle(task, write.snapshot)
        self.metrics.object_state(
            task.object.name, report.truncated, other_writer=bool(task.other.name)
        )

    def _is_worth(
        self, task: Task, write: Write, patch: dict[str, Any], size: int, now: float
    ) -> bool:
        """Whether a patch is written now; one that is held back for a while is due then."""
        count = self._count.known
        if patch.keys() == {"lastUpdated"}:
            utc = self._now()
            period = task.spec.updatePeriodSeconds or 0
            return not write.held_back and is_heartbeat_due(
                self._settings.heartbeat, task.seconds_since_move(now, utc), utc.timestamp(),
                task.object.uid, period, size, count,
            )  # fmt: skip
        if not patch:
            return False
        wait = task.pace.wait(count, size)
        if wait > 0:
            task.need.due = min(task.need.due, now + wait)
        return wait == 0

    def _build(self, task: Task, write: Write, now: float) -> BuiltStatus:
        """The status of a decision; objects of the same classes share it."""
        key = (write.as_of, write.bridged, frozenset(write.awaited), task.need.classes)
        if key not in self._built:
            as_of = self._now() - timedelta(seconds=now - write.as_of)
            self._built[key] = build_status(
                write.snapshot,
                task.spec.classes,
                as_of,
                self._settings.max_status_bytes,
                self._limiter,
            )
            self.metrics.reported(self._built[key].published)
        return self._built[key]

    def _next_slot(self, task: Task, now: float) -> float:
        """When the object's period is over; never for period 0."""
        period = task.spec.updatePeriodSeconds
        if not period:
            return math.inf
        unix_time = self._now().timestamp()
        return now + seconds_to_next(unix_time, period, self._settings.node_name, task.object.uid)

    def _settle(self, task: Task, snapshot: Snapshot) -> None:
        """The object has its report. Period 0 is done, if both daemons could be read."""
        if task.spec.updatePeriodSeconds:
            task.write_backoff.succeed()
        elif not task.need.owed and not _is_settled(snapshot):
            task.need.due = self._clock() + task.write_backoff.fail()

    # API calls for one object, and what comes of them

    def _run(
        self, task: Task, job: Callable[[], Result], then: Callable[[Result | ApiError], None]
    ) -> None:
        task.need.is_busy = True
        self._calls.run(task.object.name, job, then, partial(self._back_off, task))

    def _back_off(self, task: Task) -> None:
        """After a fault in serving an object."""
        task.need.not_before = self._clock() + task.fault_backoff.fail()

    def _look_up(self, name: str) -> NodeStatusObject | None:
        """An edited object, maybe another node's; in a lane."""
        return read(self._api, self._place, name)

    def _looked_up(self, name: str, found: NodeStatusObject | None) -> None:
        if found is None:
            self._drop(name)
        else:
            self._take(found)

    def _read(self, task: Task, now: float) -> None:
        """The object is not what was known: read it."""
        task.called_at = now
        job = partial(read, self._api, self._place, task.object.name)
        self._run(task, job, partial(self._was_read, task))

    def _was_read(self, task: Task, result: NodeStatusObject | ApiError | None) -> None:
        name = task.object.name
        if isinstance(result, ApiError):
            self._troubles.fail(f"object/{name}/write", result.reason, result.message)
        elif result is not None:
            if task.is_missing:
                # It is there all the same: its /status went.
                task.is_missing = False
                self._watcher.relist()
            self._take(result)
        elif self._tasks.get(name) is task:
            self._drop(name)

    def _write(self, task: Task, write: Write, status: dict[str, Any], now: float) -> None:
        order = Order(self._place, task.object, status, task.own, task.takes_json_patch)
        task.sends(status, now)
        seconds = self._settings.api_timeout
        job = partial(deliver, self._api, order, seconds=seconds, clock=self._clock)
        self._run(task, job, partial(self._delivered, task, write))

    def _delivered(self, task: Task, write: Write, done: Delivered) -> None:
        """A write has ended."""
        name = task.object.name
        self.metrics.delivered(done)
        task.takes_json_patch = done.takes_json_patch
        if self._tasks.get(name) is not task:
            # The object asks for something else by now, or is gone.
            if done.object is not None and name in self._tasks:
                self._tasks[name].see(done.object)
        elif done.error is not None:
            self._write_failed(task, done.error, done.other_writer)
        elif done.object is None:
            self._drop(name)
        elif not done.is_written:
            self._take(done.object)
        else:
            task.wrote(done.object, done.other_writer, write.as_of)
            if done.is_guarded:
                task.touched = _UNKNOWN
            other = task.other.name
            text = f"{other} writes this status too; switch one of the two off, or give it another object"
            self._telling.tell(task, "AnotherWriter", other, text)
            self._telling.tell(task, "WriteRefused", "", "the status is accepted again")
            self._telling.tell(task, "WriteStarved", "", "the status is written again")
            self.metrics.object_starved(name, starved=False)
            if self._troubles.clear(
                f"object/{name}/write", f"the status of {name} is written again"
            ):
                self._watcher.retry()
            self._settle(task, write.snapshot)

    def _write_failed(self, task: Task, error: ApiError, other_writer: str) -> None:
        """Back off, but never for longer than the period unless the server asks for it."""
        now, name, need = self._clock(), task.object.name, task.need
        is_conflict = error.status == HTTPStatus.CONFLICT
        if other_writer:
            task.other.wrote(other_writer)
        slot = self._next_slot(task, now)
        wait = (
            slot if is_conflict and task.other.name else min(now + task.write_backoff.fail(), slot)
        )
        need.due = need.not_before = max(wait, now + (error.retry_after or 0))
        need.owed, need.bridged = {}, frozenset()
        message = error.message
        if error.status == HTTPStatus.NOT_FOUND:
            # Gone, as a rule.
            task.is_missing = True
            task.touched = _UNKNOWN
            return
        if is_conflict:
            self.metrics.object_starved(name, starved=True)
            message = (
                f"the status of {name} cannot be written: others change the object all the time"
            )
            self._telling.tell(task, "WriteStarved", "starved", message)
            task.touched = _UNKNOWN
        elif error.status == HTTPStatus.UNPROCESSABLE_ENTITY:
            self._telling.tell(task, "WriteRefused", error.reason, message)
        self._troubles.fail(f"object/{name}/write", error.reason, message)


def _is_settled(snapshot: Snapshot) -> bool:
    """Whether the one report of period 0 was good enough not to be tried again.

    A daemon that fails is tried again; one that is not there while the other answers is not:
    clusters of one family have only one.
    """
    reasons = [failure.reason for failure in snapshot.failures.values()]
    return not reasons or reasons == ["no_socket"]
