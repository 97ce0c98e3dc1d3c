"""A reporter without threads or real time: an API that does as it is told, a clock that the test moves."""

# ruff: noqa: ARG002 - a stand-in takes what the protocol gives

import json
import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reporter.agent.controller import Reporter
from reporter.kube.api import ApiError, Document, Listing, Resource
from reporter.kube.watch import Change

RESOURCE = Resource("projectcalico.org/v3", has_status=True)


def node_status_object(
    name: str = "a", version: int = 1, *, uid: str = "u", **spec: Any
) -> Document:
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
    stored: Document | None = field(default_factory=node_status_object)
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
