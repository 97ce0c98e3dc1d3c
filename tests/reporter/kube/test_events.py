"""An Event as it is recorded, to the letter."""

import logging
from typing import Any

import pytest

from reporter.kube.api import ApiError
from reporter.kube.events import EventRecorder
from reporter.kube.resource import NodeStatusObject
from reporter.log_on_change import LogOnChange
from reporter_bench import Clock, FakeApi, node_status_object


class Recording:
    def __init__(self, name: str = "a") -> None:
        self.api, self.clock = FakeApi(), Clock()
        self.about = NodeStatusObject.from_document(node_status_object(name, 7, uid="uid-1"))
        troubles = LogOnChange(logging.getLogger("events"))
        self.recorder = EventRecorder(self.api, "node-1", troubles, self.clock.now, self.clock)

    def record(self, message: str = "a message") -> bool:
        return self.recorder.record(self.about, "Warning", "AReason", message)


def test_a_whole_event() -> None:
    recording = Recording()
    spaces: list[str] = []
    create = recording.api.create_event

    def noted(namespace: str, event: dict[str, Any]) -> None:
        spaces.append(namespace)
        create(namespace, event)

    recording.api.create_event = noted  # type: ignore[method-assign]
    assert recording.record()
    assert spaces == ["default"]
    assert recording.api.events == [
        {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"generateName": "a.", "namespace": "default"},
            "involvedObject": {
                "apiVersion": "projectcalico.org/v3",
                "kind": "CalicoNodeStatus",
                "name": "a",
                "uid": "uid-1",
                "resourceVersion": "7",
            },
            "type": "Warning",
            "reason": "AReason",
            "message": "a message",
            "source": {"component": "birdstatus-reporter", "host": "node-1"},
            "firstTimestamp": "2026-01-01T00:16:40Z",
            "lastTimestamp": "2026-01-01T00:16:40Z",
            "count": 1,
        }
    ]


@pytest.mark.parametrize(
    ("length", "kept"), [(1023, 1023), (1024, 1024), (1025, 1024), (5000, 1024)]
)
def test_a_message_is_cut_to_what_the_api_server_takes(length: int, kept: int) -> None:
    recording = Recording()
    recording.record("x" * length)
    message = recording.api.events[0]["message"]
    assert len(message) == kept
    assert message.endswith("…") == (length > kept)


def test_a_message_is_made_safe_and_a_long_name_is_cut() -> None:
    recording = Recording("a" * 253)
    recording.record("red \x1b[31m")
    (event,) = recording.api.events
    assert event["message"] == "red \\x1b[31m"
    assert event["metadata"]["generateName"] == "a" * 200 + "."
    assert event["involvedObject"]["name"] == "a" * 253


def test_no_more_than_a_hundred_at_once_and_one_in_twelve_seconds() -> None:
    recording = Recording()
    assert [recording.record() for _ in range(101)] == [True] * 100 + [False]
    recording.clock.seconds += 11.9
    assert not recording.record()
    recording.clock.seconds += 0.2
    assert [recording.record() for _ in range(2)] == [True, False]
    assert len(recording.api.events) == 101


def test_a_failure_is_logged_once_and_its_end(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "events")
    recording = Recording()

    def refuse(verb: str, name: str) -> None:
        raise ApiError(403, f"no {verb} on {name}")

    recording.api.before = refuse
    assert not recording.record()
    assert not recording.record()
    recording.api.before = lambda verb, name: None  # noqa: ARG005
    assert recording.record()
    assert [line.getMessage() for line in caplog.records] == [
        "no event on a", "Events are recorded again"
    ]  # fmt: skip
