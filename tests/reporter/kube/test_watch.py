"""What the watcher does when a watch ends, breaks off or is too old."""

# ruff: noqa: ARG002 - a stand-in takes what the protocol gives

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from reporter.kube.api import ApiError, Document, Listing, Resource
from reporter.kube.watch import Change, Gone, Listed, Seen, Touched, Watcher
from reporter.log_on_change import LogOnChange
from reporter_bench import RESOURCE, Clock
from reporter_bench import node_status_object as _object


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
        script, "n", told.append, LogOnChange(logging.getLogger("watch")),
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
