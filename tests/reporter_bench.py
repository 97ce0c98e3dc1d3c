"""A reporter without threads or real time: an API that does as it is told, a clock that the test moves."""

# ruff: noqa: ARG002 - a stand-in takes what the protocol gives

import functools
import heapq
import itertools
import json
import logging
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from json_patch import TestFailed, patched
from reporter.agent.controller import Reporter
from reporter.agent.delivery import Order
from reporter.bird.control_socket import Family
from reporter.bird.recorded import recorded_mesh
from reporter.bird.snapshot import Answers, FamilyAnswer, SocketBird
from reporter.kube.api import ApiError, Document, Listing, Resource
from reporter.kube.field_managers import FIELD_MANAGER
from reporter.kube.resource import NodeStatusObject
from reporter.kube.watch import Change, Edited, Gone, Listed, Seen, Touched
from reporter.settings import Settings

RESOURCE = Resource("projectcalico.org/v3", has_status=True)


def as_sent(document: Any) -> Any:
    """A copy as it comes over a connection: nothing in it is the same object as before."""
    return json.loads(json.dumps(document))


def node_status_object(
    name: str = "a", version: int = 1, *, uid: str = "u", **spec: Any
) -> Document:
    return {
        "apiVersion": "projectcalico.org/v3",
        "kind": "CalicoNodeStatus",
        "metadata": {"name": name, "uid": uid, "resourceVersion": str(version), "generation": 1},
        "spec": {"node": "n", "classes": ["Agent"], "updatePeriodSeconds": 10, **spec},
    }


EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.set_by = 0.0

    def __call__(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        """The wall clock, which somebody may have set."""
        return EPOCH + timedelta(seconds=self.seconds + self.set_by)

    def at(self, text: str) -> float:
        """The monotonic time of a time in a status, if nobody has set the wall clock."""
        return (datetime.fromisoformat(text) - EPOCH).total_seconds()


@dataclass(frozen=True)
class Written:
    """A write that was applied: when, to what, which parts of the status changed, and the status after it."""

    time: float
    name: str
    changed: set[str]
    status: Document


@dataclass
class FakeApi:
    """An API server with objects in memory, which keeps to the rules of the real one.

    ``error`` refuses every write. ``count`` is how many objects it says there are in the cluster, and
    ``counted`` how often it was asked. ``before`` is called before each other call with its verb and name, and
    may raise or change objects; ``after`` is called after a write was applied, and may lose its answer.
    """

    error: ApiError | None = None
    objects: dict[str, Document] = field(default_factory=dict)
    written: list[Written] = field(default_factory=list)
    tries: int = 0
    reads: int = 0
    events: list[Document] = field(default_factory=list)
    resource: Resource = RESOURCE
    before: Callable[[str, str], None] = lambda verb, name: None  # noqa: ARG005
    after: Callable[[str], None] = lambda name: None  # noqa: ARG005
    changed: Callable[[str, Document], None] = lambda kind, document: None  # noqa: ARG005
    clock: Clock = field(default_factory=Clock)
    version: int = 100
    count: int | Exception = 1
    counted: int = 0

    @property
    def reasons(self) -> list[str]:
        """The Events that were recorded."""
        return [event["reason"] for event in self.events]

    def status(self, name: str = "a") -> Document:
        status: Document = self.objects[name].get("status", {})
        return status

    def put(self, document: Document) -> None:
        """Somebody creates an object, or edits all of it."""
        name = document["metadata"]["name"]
        kind = "MODIFIED" if name in self.objects else "ADDED"
        self.objects[name] = as_sent(document)
        self._moved(name, kind)

    def edit(self, name: str = "a", *, manager: str = "kubectl", **changes: Any) -> None:
        """Somebody merges a patch into an object; ``status`` too."""
        document = self.objects[name]
        generation = document["metadata"].get("generation", 1)
        self.objects[name] = document = merged(document, changes)
        if "spec" in changes:
            document["metadata"]["generation"] = generation + 1
        self._manage(document, manager, "f:status" if "status" in changes else "f:metadata")
        self._moved(name, "MODIFIED")

    def delete(self, name: str = "a") -> None:
        document = self.objects.pop(name)
        self.changed("DELETED", document)

    def _manage(self, document: Document, manager: str, part: str) -> None:
        fields = document["metadata"].setdefault("managedFields", [])
        fields[:] = [
            entry
            for entry in fields
            if (entry["manager"], [*entry["fieldsV1"]]) != (manager, [part])
        ]
        time = self.clock.now().isoformat(timespec="seconds").replace("+00:00", "Z")
        fields.append({"manager": manager, "time": time, "fieldsV1": {part: {}}})

    def _moved(self, name: str, kind: str) -> None:
        self.version += 1
        self.objects[name]["metadata"]["resourceVersion"] = str(self.version)
        self.changed(kind, as_sent(self.objects[name]))

    def _find(self, name: str) -> Document:
        if name not in self.objects:
            raise ApiError(404, f"{name} not found (HTTP 404)")
        return self.objects[name]

    def discover(self) -> Resource:
        return self.resource

    def get(self, resource: Resource, name: str) -> Document:
        self.reads += 1
        self.before("get", name)
        found: Document = as_sent(self._find(name))
        return found

    def patch_status(
        self, resource: Resource, name: str, patch: bytes, *, is_json_patch: bool = False
    ) -> Document:
        self.tries += 1
        self.before("replace" if is_json_patch else "patch", name)
        if self.error is not None:
            raise self.error
        document = self._find(name)
        changes = json.loads(patch)
        if is_json_patch:
            try:
                status = patched(document, changes)["status"]
            except TestFailed:
                raise ApiError(422, "the server rejected our request (HTTP 422)") from None
            return self._write(name, status)
        assert changes.keys() == {"metadata", "status"}
        if changes["metadata"]["resourceVersion"] != document["metadata"]["resourceVersion"]:
            raise ApiError(409, "the object has been modified (HTTP 409)")
        return self._write(name, merged(document.get("status", {}), changes["status"]))

    def _write(self, name: str, status: Document) -> Document:
        document = self.objects[name]
        before = document.get("status", {})
        changed = {key for key in before.keys() | status if before.get(key) != status.get(key)}
        document["status"] = status
        self._manage(document, FIELD_MANAGER, "f:status")
        self.written.append(Written(self.clock.seconds, name, changed, as_sent(status)))
        self._moved(name, "MODIFIED")
        self.after(name)
        return {"metadata": as_sent(document["metadata"])}

    def create_event(self, namespace: str, event: Document) -> None:
        self.before("event", event["involvedObject"]["name"])
        self.events.append(event)

    def list_objects(
        self,
        resource: Resource,
        field_selector: str,
        keep: Callable[[Document], Document] = lambda document: document,
    ) -> Listing:
        raise AssertionError("the bench plays the watcher's part")

    def count_objects(self, resource: Resource) -> int:
        self.counted += 1
        if isinstance(self.count, Exception):
            raise self.count
        return self.count

    def watch(
        self,
        resource: Resource,
        field_selector: str,
        resource_version: str,
        *,
        metadata_only: bool,
        seconds: float | None = None,
    ) -> Any:
        raise AssertionError("the bench plays the watcher's part")


def merged(target: Any, patch: Any) -> Any:
    """RFC 7386, section 2, as it stands there."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


class VirtualLanes:
    """Lanes whose jobs take virtual seconds, by lane or by the name of the object that is written."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.seconds: dict[str, float] = {}
        self.begun: list[tuple[float, str]] = []
        self.post: Callable[[Callable[[], None]], None] = lambda _: None
        self._ends: list[tuple[float, int, Callable[[], None]]] = []
        self._free_at: dict[str, float] = {}
        self._serial = itertools.count()

    def run(self, lane: str, job: Callable[[], Any], then: Callable[[Any], None]) -> None:
        """The job is done when it ends, not when it begins."""
        self.begun.append((self.clock.seconds, lane))
        begins = max(self.clock.seconds, self._free_at.get(lane, 0.0))
        kind = "api" if lane.startswith("api") else lane
        seconds = self.seconds.get(kind, 0.0)
        for order in getattr(job, "args", ()):
            if isinstance(order, Order):
                seconds = self.seconds.get(order.object.name, seconds)
        ends = self._free_at[lane] = begins + seconds
        end: Callable[[], None] = functools.partial(self._end, job, then)
        heapq.heappush(self._ends, (ends, next(self._serial), end))

    def stop(self, seconds: float) -> None:
        """Nothing runs by itself."""

    def begun_at(self, lane: str) -> Sequence[float]:
        """When jobs were begun in a lane."""
        return [time for time, begun in self.begun if begun == lane]

    @property
    def next_end(self) -> float:
        return self._ends[0][0] if self._ends else math.inf

    def end_due(self) -> None:
        """End the jobs that end by now."""
        while self.next_end <= self.clock.seconds:
            heapq.heappop(self._ends)[2]()

    def _end(self, job: Callable[[], Any], then: Callable[[Any], None]) -> None:
        try:
            result = job()
        except Exception as error:  # noqa: BLE001 - as the real lanes do
            result = error
        self.post(functools.partial(then, result))


@dataclass
class FakeBird:
    """Two daemons that answer what they are told to: each for its family, or one for both.

    If they are stamped, what a daemon says carries the time at which it was asked, as its version; see
    :meth:`Bench.is_honest`.
    """

    answers: dict[Family, FamilyAnswer | Answers | Exception]
    lanes: VirtualLanes
    is_stamped: bool = False

    def look(self, daemon: Family, classes: Collection[str]) -> Answers:
        answer = self.answers[daemon]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Mapping):
            return answer
        report = answer.report
        if report.status is not None and self.is_stamped:
            asked = self.lanes.begun_at(f"bird{daemon}")[-1]
            report = replace(report, status=report.status._replace(version=f"asked {asked}"))
        if "Routes" not in classes:
            report = replace(report, routes=None)
        return {daemon: replace(answer, report=report)}


@functools.cache
def recorded_answers() -> dict[Family, FamilyAnswer]:
    """What the daemons of the recorded mesh say."""
    with recorded_mesh() as sockets:
        bird = SocketBird({4: (sockets[4],), 6: (sockets[6],)}, 30, 1 << 20)
        return dict(bird.collect(["Routes"]).answers)


@functools.cache
def recorded_answers_of_both() -> Answers:
    """What the one daemon of the recorded mesh of BIRD 3 says of both families."""
    with recorded_mesh(3) as sockets:
        bird = SocketBird({4: (sockets[4],), 6: (sockets[6],)}, 30, 1 << 20)
        return bird.look(4, ["Routes"])


# What is said of a daemon that has not answered in time; `bird_timeout` is 5 s by default.
SILENT = FamilyAnswer.failed("timeout", "BIRD never gave its greeting; is it hung or very busy?")


@dataclass
class Bench:
    """A reporter without threads: the test moves the clock and turns the loop."""

    api: FakeApi
    bird: FakeBird
    clock: Clock
    lanes: VirtualLanes
    reporter: Reporter
    caplog: pytest.LogCaptureFixture
    is_watching: bool = True
    # Without a field to select by: the watch brings the metadata of every node's objects.
    is_by_metadata: bool = False
    generations: dict[str, tuple[str, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, caplog: pytest.LogCaptureFixture, api: "FakeApi", **settings: Any) -> "Bench":
        """A bench with the recorded mesh; nothing is listed yet."""
        clock = Clock()
        api.clock = clock
        lanes = VirtualLanes(clock)
        bird = FakeBird(dict(recorded_answers()), lanes)
        caplog.set_level(logging.INFO, "bench")

        def make(post: Callable[[Callable[[], None]], None]) -> VirtualLanes:
            lanes.post = post
            return lanes

        reporter = Reporter(
            Settings(**{"node_name": "n", **settings}), api, bird, logging.getLogger("bench"),
            clock=clock, now=clock.now, random=lambda: 1.0, lanes=make,
        )  # fmt: skip
        bench = cls(api, bird, clock, lanes, reporter, caplog)
        api.changed = bench._watched
        return bench

    def _watched(self, kind: str, document: Document) -> None:
        """The watch brings a change at once, unless it hangs."""
        if not self.is_watching:
            return
        found = NodeStatusObject.from_document(document)
        gone = kind == "DELETED" or found.node != "n"
        if self.is_by_metadata and kind != "DELETED":
            generation = found.uid, document["metadata"]["generation"]
            known = self.generations.get(found.name) == generation
            self.generations[found.name] = generation
            self.tell(Touched(found.name, found.resource_version) if known else Edited(found.name))
        else:
            self.tell(Gone(found.name) if gone else Seen(found))

    def silence(self, *daemons: Family) -> None:
        """These daemons are stopped: a look at them takes its whole time, and fails."""
        for daemon in daemons:
            self.bird.answers[daemon] = SILENT
            self.lanes.seconds[f"bird{daemon}"] = 5.0

    def revive(self, *daemons: Family, seconds: float = 0.0) -> None:
        """They go on, and answer within so long."""
        for daemon in daemons:
            self.bird.answers[daemon] = recorded_answers()[daemon]
            self.lanes.seconds[f"bird{daemon}"] = seconds

    @property
    def log(self) -> list[logging.LogRecord]:
        return self.caplog.records

    def run(self, seconds: float) -> None:
        """Let so much virtual time pass, from one thing that happens to the next."""
        end = self.clock.seconds + seconds
        while True:
            self.turn()
            soonest = min(self.reporter._wake, self.lanes.next_end)
            if soonest > end:
                self.clock.seconds = end
                return
            self.clock.seconds = max(soonest, self.clock.seconds)

    def turn(self) -> None:
        """All that is to be done at this time."""
        for _ in range(10_000):
            self.lanes.end_due()
            self.reporter.receive(0)
            self.reporter.turn()
            if min(self.reporter._wake, self.lanes.next_end) > self.clock.seconds:
                return
        raise AssertionError("the loop does not come to rest")

    def tell(self, change: Change) -> None:
        self.reporter._hear(change)

    def see(self, document: Document) -> None:
        """The watch brings this."""
        self.tell(Seen(NodeStatusObject.from_document(document)))

    def list(self) -> None:
        """The watcher lists what there is."""
        found = map(NodeStatusObject.from_document, as_sent([*self.api.objects.values()]))
        self.tell(Listed(RESOURCE, tuple(one for one in found if one.node == "n")))

    def writes(self, name: str = "a") -> Sequence[Written]:
        return [write for write in self.api.written if write.name == name]

    def is_honest(self) -> bool:
        """Whether no status was ever newer than the oldest data in it by more than a second."""
        return all(
            self.clock.at(write.status["lastUpdated"]) <= float(daemon["version"][6:]) + 1
            for write in self.api.written
            for daemon in write.status.get("agent", {}).values()
            if "version" in daemon
        )

    def reasons_of(self, reason: str) -> int:
        """How many Events of this reason were recorded."""
        return self.api.reasons.count(reason)

    def metric(self, sample: str) -> float:
        for line in self.reporter.metrics.exposition().decode().splitlines():
            if line.startswith(f"{sample} "):
                return float(line.rpartition(" ")[2])
        return 0.0
