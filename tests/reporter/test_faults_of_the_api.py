"""What the reporter does when the API server refuses, conflicts, asks for rest or falls silent.

With an API that does as it is told and a clock that the test moves: ten minutes pass in no time.
"""

# ruff: noqa: ARG002 - a stand-in takes what the protocol gives

import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reporter.collection import Collection, SocketBird
from reporter.conditions import Conditions
from reporter.controller import Reporter
from reporter.demo import recorded_mesh
from reporter.kube_api import ApiError, Document, Listing, Resource
from reporter.objects import NodeStatusObject
from reporter.settings import Settings
from reporter.watch import Change, Gone, Listed, Seen, Touched, Watcher

RESOURCE = Resource("projectcalico.org/v3", has_status=True)


def _object(name: str = "a", version: int = 1, *, uid: str = "u", **spec: Any) -> Document:
    return {
        "apiVersion": "projectcalico.org/v3",
        "kind": "CalicoNodeStatus",
        "metadata": {"name": name, "uid": uid, "resourceVersion": str(version), "generation": 1},
        "spec": {"node": "n", "classes": ["Agent"], "updatePeriodSeconds": 10, **spec},
    }


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.seconds)


@dataclass
class FakeApi:
    """One object; what a call does can be replaced by an error."""

    error: ApiError | None = None
    stored: Document | None = field(default_factory=_object)
    writes: list[Document] = field(default_factory=list)
    tries: int = 0
    events: list[str] = field(default_factory=list)
    resource: Resource = RESOURCE

    def discover(self) -> Resource:
        return self.resource

    def get(self, resource: Resource, name: str) -> Document:
        if self.stored is None:
            raise ApiError(404, f"{name} not found")
        return self.stored

    def patch_status(self, resource: Resource, name: str, patch: bytes) -> Document:
        self.tries += 1
        if self.error is not None:
            raise self.error
        assert self.stored is not None
        metadata = self.stored["metadata"]
        changes = json.loads(patch)
        if changes["metadata"]["resourceVersion"] != metadata["resourceVersion"]:
            raise ApiError(409, "the object has been modified")
        metadata["resourceVersion"] = str(int(metadata["resourceVersion"]) + 1)
        self.writes.append(changes["status"])
        return {"metadata": dict(metadata)}

    def create_event(self, namespace: str, event: Document) -> None:
        self.events.append(event["reason"])

    def list_objects(self, resource: Resource, field_selector: str) -> Listing:
        raise AssertionError("not asked for here")

    def watch(
        self, resource: Resource, field_selector: str, resource_version: str, *, metadata_only: bool
    ) -> Any:
        raise AssertionError("not asked for here")


@dataclass
class Bench:
    """A reporter without threads: the test moves the clock and turns the loop."""

    api: FakeApi
    clock: Clock
    reporter: Reporter
    caplog: pytest.LogCaptureFixture

    @property
    def log(self) -> list[logging.LogRecord]:
        return self.caplog.records

    def run(self, seconds: float, step: float = 0.25) -> None:
        end = self.clock.seconds + seconds
        while self.clock.seconds < end:
            self.clock.seconds += step
            self.reporter._take_changes(0)
            self.reporter._serve_due()

    def tell(self, change: Change) -> None:
        self.reporter._mailbox.put(change)


@pytest.fixture
def collection() -> Collection:
    with recorded_mesh() as sockets:
        return SocketBird({4: (sockets[4],), 6: (sockets[6],)}, 5, 1 << 20).collect(["Routes"])


@pytest.fixture
def bench(collection: Collection, caplog: pytest.LogCaptureFixture) -> Bench:
    class Bird:
        def collect(self, classes: object) -> Collection:
            return collection

    clock, api = Clock(), FakeApi()
    logger = logging.getLogger("bench")
    caplog.set_level(logging.INFO, "bench")
    reporter = Reporter(
        Settings(node_name="n"), api, Bird(), logger, clock=clock, now=clock.now, random=lambda: 1.0
    )
    bench = Bench(api, clock, reporter, caplog)
    assert api.stored is not None
    bench.tell(Listed(RESOURCE, (_seen(api.stored),)))
    return bench


_seen = NodeStatusObject.from_document


def test_forbidden_for_ten_minutes(bench: Bench) -> None:
    """rke2#2584: no flood of lines, and a recovery within one period."""
    bench.run(20)
    written = len(bench.api.writes)
    bench.api.error = ApiError(403, "cannot write: forbidden (HTTP 403)")
    bench.run(600)
    assert 60 <= bench.api.tries <= 80
    assert len(bench.log) < 10
    assert len(bench.api.writes) == written
    bench.api.error = None
    bench.run(10)
    assert len(bench.api.writes) > written
    assert len(bench.log) == 2


@pytest.mark.parametrize("status", [0, 401, 403, 422, 429, 500, 503])
def test_after_any_refusal_it_goes_on(bench: Bench, status: int) -> None:
    bench.api.error = ApiError(status, "no")
    bench.run(30)
    assert 2 <= bench.api.tries <= 10
    bench.api.error = None
    bench.run(10.5)
    assert bench.api.writes
    assert len(bench.log) == 2
    refused = ["WriteRefused", "WriteRefusedResolved"]
    assert bench.api.events == (refused if status == 422 else [])


def test_retry_after_is_kept_to(bench: Bench) -> None:
    bench.api.error = ApiError(429, "too many requests", retry_after=60.0)
    bench.run(59)
    assert bench.api.tries == 1
    bench.api.error = None
    bench.run(2)
    assert len(bench.api.writes) == 1


def test_a_short_retry_after_does_not_lengthen_the_wait(bench: Bench) -> None:
    """As an API server that starts: 503 with a second, again and again."""
    bench.api.error = ApiError(503, "starting", retry_after=1.0)
    bench.run(120)
    bench.api.error = None
    bench.run(10.5)
    assert bench.api.writes


def test_a_conflict_is_read_and_the_new_spec_is_served(bench: Bench) -> None:
    bench.run(1)
    bench.api.stored = _object(version=50, classes=["BGP"])
    bench.run(11)
    assert bench.api.writes[-1].keys() == {"bgp", "lastUpdated"}
    assert len(bench.log) == 0


def test_after_a_conflict_another_nodes_object_is_left_alone(bench: Bench) -> None:
    """W13: no two nodes overwrite one object."""
    bench.run(1)
    bench.api.stored = _object(version=50, node="other")
    tries = bench.api.tries
    bench.run(60)
    assert bench.api.tries == tries + 1
    assert len(bench.api.writes) == 1


def test_an_object_that_is_gone_is_dropped(bench: Bench) -> None:
    bench.run(1)
    bench.api.stored, bench.api.error = None, ApiError(404, "not found")
    tries = bench.api.tries
    bench.run(60)
    assert bench.api.tries == tries + 1


def test_a_delayed_watch_does_not_undo_what_was_written(bench: Bench) -> None:
    bench.run(25)
    writes = len(bench.api.writes)
    bench.tell(Seen(_seen(_object(version=2))))
    bench.run(10)
    # A heartbeat, not the whole status again.
    assert len(bench.api.writes) == writes + 1
    assert bench.api.writes[-1].keys() == {"lastUpdated"}


# The watcher


@dataclass
class Script:
    """An API whose watches play a script: events, then what ends them."""

    watches: list[list[Any]]
    lists: int = 0
    versions: list[str] = field(default_factory=list)
    metadata_only: list[bool] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)
    selectable: bool = True
    resource: Resource = RESOURCE
    reads: int = 0

    def discover(self) -> Resource:
        return self.resource

    def get(self, resource: Resource, name: str) -> Document:
        self.reads += 1
        return _object(name, 9)

    def patch_status(self, resource: Resource, name: str, patch: bytes) -> Document:
        raise AssertionError("not asked for here")

    def create_event(self, namespace: str, event: Document) -> None:
        raise AssertionError("not asked for here")

    def list_objects(self, resource: Resource, field_selector: str) -> Listing:
        if field_selector and not self.selectable:
            raise ApiError(400, "field label not supported: spec.node")
        self.lists += 1
        return Listing([_object("listed", 5)], "5")

    def watch(
        self, resource: Resource, field_selector: str, resource_version: str, *, metadata_only: bool
    ) -> "Script":
        self.versions.append(resource_version)
        self.metadata_only.append(metadata_only)
        if not self.watches:
            self.done.set()
            raise ApiError(0, "the end of the script")
        if isinstance(self.watches[0], ApiError):
            raise self.watches.pop(0)
        return self

    def __iter__(self) -> Iterator[Document]:
        for event in self.watches.pop(0):
            if isinstance(event, ApiError):
                raise event
            yield event

    def close(self) -> None:
        pass


def _event(kind: str, name: str, version: int, **spec: Any) -> Document:
    return {"type": kind, "object": _object(name, version, **spec)}


def _bookmark(version: int) -> Document:
    return {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": str(version)}}}


def _watch(script: Script) -> list[Change]:
    told: list[Change] = []
    clock = Clock()
    watcher = Watcher(
        script, "n", told.append, Conditions(logging.getLogger("watch")),
        clock=clock, random=lambda: 0.0,
    )  # fmt: skip
    watcher._backoff.most = 0.01
    watcher._backoff.first = 0.001
    thread = threading.Thread(target=watcher.run)
    thread.start()
    assert script.done.wait(5)
    watcher.stop()
    thread.join(5)
    assert not thread.is_alive()
    return told


GONE_AS_EVENT = {"type": "ERROR", "object": {"code": 410, "message": "too old resource version"}}


@pytest.mark.parametrize("gone", [ApiError(410, "gone"), GONE_AS_EVENT])
def test_410_in_both_its_forms_lists_anew(gone: Any) -> None:
    second: Any = gone if isinstance(gone, ApiError) else [gone]
    script = Script([[_event("ADDED", "b", 7)], second, []])
    told = _watch(script)
    assert script.lists == 2
    assert script.versions[:3] == ["5", "7", "5"]
    assert [type(one) for one in told[:3]] == [Listed, Seen, Listed]


@pytest.mark.parametrize(
    "end", [None, ApiError(0, "reset"), ApiError(503, "no"), ApiError(429, "")]
)
def test_a_watch_that_ends_or_breaks_goes_on_from_the_last_version(end: ApiError | None) -> None:
    tail: list[Any] = [end] if end else []
    script = Script([[_event("MODIFIED", "b", 7), _bookmark(20), *tail], [_bookmark(31), *tail]])
    _watch(script)
    assert script.versions[:3] == ["5", "20", "31"]
    assert script.lists == 1


def test_a_moved_and_a_deleted_object_are_gone() -> None:
    script = Script([[_event("MODIFIED", "b", 7, node="x"), _event("DELETED", "listed", 8)]])
    assert _watch(script)[1:] == [Gone("b"), Gone("listed")]


def test_without_a_field_to_select_by_metadata_is_watched_and_new_specs_are_read() -> None:
    same = _event("MODIFIED", "listed", 8)
    script = Script([[same, _event("ADDED", "new", 9), _event("MODIFIED", "new", 10)]])
    script.selectable = False
    told = _watch(script)
    assert script.metadata_only[0] is True
    assert script.reads == 1
    assert [type(one) for one in told[1:]] == [Touched, Seen, Touched]


def test_without_the_subresource_generations_say_nothing_and_all_is_watched() -> None:
    script = Script(
        [[]], selectable=False, resource=Resource("crd.projectcalico.org/v1", has_status=False)
    )
    _watch(script)
    assert script.metadata_only[0] is False


def test_conditions_are_told_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    conditions = Conditions(logging.getLogger("c"))
    for number in range(100):
        conditions.fail("x", "403", f"try {number}")
    conditions.fail("x", "500", "another reason")
    conditions.clear("x", "well")
    conditions.clear("x", "well")
    assert [record.getMessage() for record in caplog.records] == ["try 0", "another reason", "well"]
