"""What the agent does, second by second, through whole courses of events: ``courses/`` has them.

Each file is made by ``pytest --write-expected``: every look at a daemon, every API call and what came of it,
every Event and line of the log, with the virtual time at which it happened, and in the end the state and the
counters. Whatever changes in the agent changes one of these. Read the difference, then decide if it was meant.
"""

import json
import logging
import random
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from reporter.bird.snapshot import FamilyAnswer
from reporter.kube.api import ApiError
from reporter_bench import Bench, FakeApi, node_status_object, recorded_answers

COURSES = Path(__file__).parent / "courses"
ALL = ["Agent", "BGP", "Routes"]


class Course:
    """A bench that notes what happens on it."""

    def __init__(self, caplog: pytest.LogCaptureFixture, **settings: Any) -> None:
        self.bench = bench = Bench.of(caplog, FakeApi(), **settings)
        bench.reporter._random = random.Random(1).random
        self.begun = bench.clock.seconds
        self.lines: list[str] = []
        self._noted = 0
        bench.lanes.seconds = {"bird4": 0.02, "bird6": 0.03, "api": 0.05, "events": 0.01}
        for verb in ("get", "patch_status", "create_event"):
            setattr(bench.api, verb, partial(self._called, verb, getattr(bench.api, verb)))
        for asked in ("relist", "retry"):
            setattr(
                bench.reporter._watcher, asked, partial(self.note, f"the watcher is to {asked}")
            )
        run = bench.lanes.run

        def begin(lane: str, job: Any, then: Any) -> None:
            if lane.startswith("bird"):
                classes = ",".join(sorted(job.args[1]))
                self.note(f"ask {lane} {classes}".rstrip())
            run(lane, job, then)

        bench.lanes.run = begin  # type: ignore[method-assign]

    def note(self, text: str) -> None:
        self._note_log()
        self.lines.append(f"{self.bench.clock.seconds - self.begun:9.3f} {text}")

    def _note_log(self) -> None:
        new, self._noted = self.bench.log[self._noted :], len(self.bench.log)
        for record in new:
            self.lines.append(f"          {record.levelname}: {record.getMessage()}")

    def _called(self, verb: str, call: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        if verb == "create_event":
            event = arguments[1]
            text = f"event {event['involvedObject']['name']} {event['type']} {event['reason']}: "
            text += event["message"]
        else:
            text = f"{verb.partition('_')[0]} {arguments[1]}"
            if len(arguments) > 2:
                text += f" {_shown(json.loads(arguments[2]))}"
        try:
            result = call(*arguments, **options)
        except ApiError as error:
            self.note(f"{text}: {error.status} {error.reason}")
            raise
        self.note(text)
        return result

    def put(self, name: str = "a", **spec: Any) -> None:
        self.bench.api.put(node_status_object(name, uid=f"uid-{name}", **spec))

    def text(self) -> str:
        self._note_log()
        reporter = self.bench.reporter
        state = [f"ready: {reporter.ready} {reporter.not_ready_because}".rstrip()]
        for line in reporter.metrics.exposition().decode().splitlines():
            name = line.partition("{")[0].partition(" ")[0]
            if name.startswith(COUNTED) and not name.endswith("_created"):
                state.append(line.removeprefix("birdstatus_"))
        return "\n".join([*self.lines, *state, ""])


COUNTED = (
    "birdstatus_status_write", "birdstatus_internal", "birdstatus_objects", "birdstatus_truncated",
    "birdstatus_collection_failures",
)  # fmt: skip


def _shown(body: Any) -> str:
    """A write in short: what of the status it changes, and its time."""
    if isinstance(body, list):
        return " ".join(f"{step['op']}:{step['path']}={_value(step)}" for step in body)
    version = (body.get("metadata") or {}).get("resourceVersion", "")
    return f"[{version}] " + " ".join(_part(part) for part in sorted(body["status"].items()))


def _value(step: dict[str, Any]) -> Any:
    value = step.get("value")
    return value if isinstance(value, str | int) else f"{type(value).__name__}:{len(value or ())}"


def _part(part: tuple[str, Any]) -> str:
    name, value = part
    if name == "agent" and isinstance(value, dict):
        states = (
            f"{key}={(found or {}).get('state', '-')}" for key, found in sorted(value.items())
        )
        return "agent(" + ",".join(states) + ")"
    if isinstance(value, dict):
        return (
            f"{name}(" + ",".join(_size(key, found) for key, found in sorted(value.items())) + ")"
        )
    return f"{name}={value}"


def _size(key: str, value: Any) -> str:
    return f"{key}:{len(value)}" if isinstance(value, list) else f"{key}={value}"


def _quiet(course: Course) -> Iterator[float]:
    """Objects of several periods and classes, with nothing wrong."""
    course.put("a", updatePeriodSeconds=1, classes=ALL)
    course.put("b", updatePeriodSeconds=7, classes=["BGP"])
    course.put("once", updatePeriodSeconds=0)
    course.bench.list()
    yield 4.0
    course.put("c", updatePeriodSeconds=5, classes=["Agent", "Routes"])
    yield 11.0
    course.bench.api.edit("b", spec={"classes": ["Agent"]})
    course.bench.api.edit("a", spec={"updatePeriodSeconds": 3})
    yield 8.0
    course.bench.api.delete("a")
    course.bench.api.edit("c", spec={"node": "another"})
    yield 75.0


def _daemons(course: Course) -> Iterator[float]:
    """Daemons that fall silent, are slow, fail and come back."""
    bench = course.bench
    course.put("a", updatePeriodSeconds=1, classes=ALL)
    course.put("b", updatePeriodSeconds=10, classes=["Agent"])
    bench.list()
    yield 4.0
    bench.silence(6)
    yield 9.0
    bench.revive(6, seconds=0.03)
    yield 8.0
    bench.lanes.seconds["bird6"] = 1.5
    yield 9.0
    bench.lanes.seconds["bird6"] = 0.3
    yield 4.0
    bench.bird.answers[4] = FamilyAnswer.failed("refused", "/run/bird.ctl: connection refused")
    yield 3.0
    bench.silence(4, 6)
    yield 12.0
    bench.revive(4, 6)
    yield 8.0
    bench.bird.answers[6] = KeyError("a fault")
    yield 4.0
    bench.revive(6)
    yield 3.0


def _once(course: Course) -> Iterator[float]:
    """Period 0 while a daemon is silent, then while writes fail."""
    bench = course.bench
    bench.silence(6)
    course.put("a", updatePeriodSeconds=0, classes=ALL)
    bench.list()
    yield 15.0
    bench.revive(6, seconds=0.03)
    yield 20.0
    bench.api.error = ApiError(503, "cannot write: HTTP 503")
    course.put("b", updatePeriodSeconds=0)
    yield 40.0
    bench.api.error = None
    yield 35.0


def _refusals(course: Course) -> Iterator[float]:
    """Writes that are refused in every way, and the way back."""
    bench = course.bench
    course.put("a", updatePeriodSeconds=10)
    course.put("b", updatePeriodSeconds=60, classes=["BGP"])
    bench.list()
    yield 12.0
    for status in (500, 422, 403, 0, 413):
        bench.api.error = ApiError(status, f"cannot write: {status}")
        yield 25.0
        bench.api.error = None
        yield 11.0
    bench.api.error = ApiError(429, "cannot write: 429", retry_after=33.0)
    yield 40.0
    bench.api.error = ApiError(500, "cannot write: 500")
    yield 100.0
    bench.api.error = None
    yield 65.0


def _conflicts(course: Course) -> Iterator[float]:
    """Others edit the object: now and then, before every write and every call; another writes its status."""
    bench = course.bench
    course.put("a", updatePeriodSeconds=2)
    bench.list()
    yield 3.0
    bench.is_watching = False
    bench.api.edit(metadata={"labels": {"x": "1"}})
    yield 4.0

    def edit(verb: str, name: str) -> None:
        if verb in {"patch", "get"}:
            bench.api.edit(name, metadata={"labels": {"tries": str(bench.api.tries)}})

    bench.api.before = edit
    yield 4.0

    def conflict(verb: str, name: str) -> None:
        if verb in {"patch", "replace"}:
            raise ApiError(409, f"{name} has been modified")

    bench.api.before = conflict
    yield 5.0
    bench.api.before = _nothing
    bench.is_watching = True
    yield 4.0
    for number in range(4):
        theirs = {"agent": {"birdV4": {"state": "NotReady", "version": str(number)}}}
        bench.api.edit(manager="calico-node", status=theirs)
        yield 1.5
    yield 24.0


def _nothing(verb: str, name: str) -> None:
    pass


def _lost(course: Course) -> Iterator[float]:
    """Answers of writes that are lost, objects that are gone, made anew, or moved during a write."""
    bench = course.bench
    course.put("a", updatePeriodSeconds=3)
    bench.list()
    yield 4.0

    def lose(name: str) -> None:
        raise ApiError(0, f"no answer for {name}")

    for is_watching in (True, False):
        bench.is_watching = is_watching
        bench.api.after = lose
        yield 7.0
        bench.api.after = lambda name: None  # noqa: ARG005
        yield 7.0
    bench.api.delete("a")
    yield 7.0
    bench.is_watching = True
    course.put("a", updatePeriodSeconds=3)
    yield 4.0
    bench.lanes.seconds["api"] = 1.0
    yield 2.5
    bench.api.edit("a", spec={"classes": ["BGP"]})
    yield 6.0

    def missing(verb: str, name: str) -> None:
        if verb == "patch":
            raise ApiError(404, f"{name} not found")

    bench.lanes.seconds["api"] = 0.05
    bench.api.before = missing
    yield 10.0
    bench.api.before = _nothing
    yield 7.0


def _edits(course: Course) -> Iterator[float]:
    """Only metadata is watched; reads fail, objects move here and away, a hundred others are edited."""
    bench = course.bench
    bench.is_by_metadata = True
    bench.list()
    course.put("a", updatePeriodSeconds=4)
    course.put("b", node="another")
    yield 5.0
    bench.api.edit("b", spec={"node": "n"})
    yield 5.0

    def refuse(verb: str, name: str) -> None:
        if verb == "get":
            raise ApiError(500, f"cannot read {name}")

    bench.api.before = refuse
    bench.api.edit("b", spec={"node": "another"})
    yield 15.0
    bench.api.before = _nothing
    yield 12.0
    for number in range(40):
        course.put(f"other-{number:02}", node="another")
    yield 3.0
    bench.api.edit("a", spec={"classes": ["BGP"]})
    bench.api.edit("a", metadata={"labels": {"x": "1"}})
    yield 6.0


def _events(course: Course) -> Iterator[float]:
    """Events that cannot be recorded, and specs that cannot be served."""
    bench = course.bench
    course.put("a", updatePeriodSeconds=5)
    bench.list()
    yield 2.0

    def refuse(verb: str, name: str) -> None:
        if verb == "event":
            raise ApiError(403, f"no Event on {name}")

    bench.api.before = refuse
    bench.bird.answers[6] = FamilyAnswer.failed("refused", "/run/bird6.ctl: connection refused")
    course.put("bad", updatePeriodSeconds=-1)
    yield 25.0
    bench.api.before = _nothing
    yield 30.0
    bench.revive(6)
    bench.api.edit("bad", spec={"updatePeriodSeconds": 5})
    yield 8.0
    bench.api.edit("bad", spec={"classes": []})
    bench.api.edit("bad", spec={"updatePeriodSeconds": None})
    yield 8.0


def _heartbeats(course: Course) -> Iterator[float]:
    """``lastUpdated`` moves every 30 s, while the clock is set forward and back; a change does not wait."""
    bench = course.bench
    course.put("a", updatePeriodSeconds=1)
    course.put("b", updatePeriodSeconds=20)
    bench.list()
    yield 33.0
    bench.clock.set_by = 3600.0
    yield 35.0
    bench.clock.set_by = -3600.0
    yield 45.0
    report = recorded_answers()[4].report
    assert report.status is not None
    changed = report.status._replace(version="2.0")
    bench.bird.answers[4] = FamilyAnswer(report.__class__(changed, report.protocols, report.routes))
    yield 40.0


def _sizes(course: Course) -> Iterator[float]:
    """More than a status may hold, and rows that cannot be read."""
    bench = course.bench
    course.put("a", updatePeriodSeconds=5, classes=ALL)
    bench.list()
    yield 7.0
    course.put("b", updatePeriodSeconds=5, classes=["Agent"])
    yield 8.0


COURSE: dict[str, tuple[Callable[[Course], Iterator[float]], dict[str, Any]]] = {
    "quiet": (_quiet, {}),
    "daemons": (_daemons, {}),
    "once": (_once, {}),
    "refusals": (_refusals, {}),
    "conflicts": (_conflicts, {}),
    "lost": (_lost, {}),
    "edits": (_edits, {}),
    "events": (_events, {}),
    "heartbeats": (_heartbeats, {"heartbeat": 30.0}),
    "changes": (_heartbeats, {"heartbeat": float("inf")}),
    "sizes": (_sizes, {"max_status_bytes": 2000, "metrics_period": 2.0}),
}


@pytest.mark.parametrize("name", COURSE)
def test_the_course_of_events_is_as_it_was(
    name: str, caplog: pytest.LogCaptureFixture, pytestconfig: pytest.Config
) -> None:
    play, settings = COURSE[name]
    caplog.set_level(logging.INFO, "bench")
    course = Course(caplog, **settings)
    for seconds in play(course):
        course.bench.run(seconds)
        course.note("--")
    path = COURSES / f"{name}.txt"
    if pytestconfig.getoption("--write-expected"):
        path.write_text(course.text())
    assert course.text() == path.read_text()
