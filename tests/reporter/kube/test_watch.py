"""What the watcher does when a watch ends, breaks off or is too old."""

# ruff: noqa: ARG002 - a stand-in takes what the protocol gives

import itertools
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from kept import is_as_kept
from reporter.kube.api import ApiError, Document, Listing, Resource
from reporter.kube.watch import (
    LONGEST_TRIAL,
    TRIAL,
    Change,
    Edited,
    Gone,
    Listed,
    Seen,
    Touched,
    Watcher,
)
from reporter.log_on_change import LogOnChange
from reporter_bench import RESOURCE, Clock
from reporter_bench import node_status_object as _object


@dataclass
class Script:
    """An API whose watches play a script: events, seconds that pass, and what ends them.

    At the end of the script the watcher is stopped. ``requests`` are the times of all calls.
    """

    watches: list[Any]
    clock: Clock = field(default_factory=Clock)
    lists: int = 0
    versions: list[str] = field(default_factory=list)
    selectors: list[str] = field(default_factory=list)
    metadata_only: list[bool] = field(default_factory=list)
    planned: list[float | None] = field(default_factory=list)
    selectable: bool = True
    resource: Resource = RESOURCE
    requests: list[float] = field(default_factory=list)
    stop: Callable[[], None] = lambda: None

    def _request(self) -> None:
        self.requests.append(self.clock.seconds)

    def discover(self) -> Resource:
        self._request()
        return self.resource

    def count_objects(self, resource: Resource) -> int:
        raise AssertionError("a watcher counts nothing")

    def get(self, resource: Resource, name: str) -> Document:
        raise AssertionError("not asked for here")

    def patch_status(
        self, resource: Resource, name: str, patch: bytes, *, is_json_patch: bool = False
    ) -> Document:
        raise AssertionError("not asked for here")

    def create_event(self, namespace: str, event: Document) -> None:
        raise AssertionError("not asked for here")

    def list_objects(
        self,
        resource: Resource,
        field_selector: str,
        keep: Callable[[Document], Document] = lambda document: document,
    ) -> Listing:
        self._request()
        if field_selector.startswith("spec.") and not self.selectable:
            raise ApiError(400, "field label not supported: spec.node")
        self.lists += 1
        return Listing([keep(_object("listed", 5))], "5")

    def watch(
        self,
        resource: Resource,
        field_selector: str,
        resource_version: str,
        *,
        metadata_only: bool,
        seconds: float | None = None,
    ) -> "Script":
        self._request()
        self.versions.append(resource_version)
        self.selectors.append(field_selector)
        self.metadata_only.append(metadata_only)
        self.planned.append(seconds)
        if not self.watches:
            self.stop()
            raise ApiError(0, "the end of the script")
        if isinstance(self.watches[0], ApiError):
            raise self.watches.pop(0)
        return self

    def __iter__(self) -> Iterator[Document]:
        for event in self.watches.pop(0):
            if isinstance(event, ApiError):
                raise event
            if isinstance(event, int | float):
                self.clock.seconds += event
            else:
                yield event

    def close(self) -> None:
        pass


def _event(kind: str, name: str, version: int, **spec: Any) -> Document:
    return {"type": kind, "object": _object(name, version, **spec)}


def _bookmark(version: int) -> Document:
    return {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": str(version)}}}


def _watch(script: Script, *, random: float = 0.0, **options: Any) -> list[Change]:
    """Play a script to its end; what the watcher told."""
    told: list[Change] = []

    def wait(_: threading.Event, seconds: float) -> None:
        script.clock.seconds += seconds

    watcher = Watcher(
        script, "n", told.append, LogOnChange(logging.getLogger("watch")),
        clock=script.clock, random=lambda: random, wait=wait, **options,
    )  # fmt: skip
    script.stop = watcher.stop
    watcher.run()
    return told


@pytest.mark.parametrize("gone", [ApiError(410, "gone"), [ApiError(410, "too old")]])
def test_410_in_both_its_forms_lists_anew(gone: Any) -> None:
    second: Any = gone
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
    assert told[1:] == [Touched("listed", "8"), Edited("new"), Touched("new", "10")]


def test_without_the_subresource_generations_say_nothing_and_all_is_watched() -> None:
    script = Script(
        [[]], selectable=False, resource=Resource("crd.projectcalico.org/v1", has_status=False)
    )
    _watch(script)
    assert script.metadata_only[0] is False


def _requests_in(script: Script, since: float, until: float) -> int:
    return sum(since <= at - script.requests[0] < until for at in script.requests)


FLAPS: dict[str, list[Any]] = {
    "410 at once": [ApiError(410, "gone")],
    "410 as an event": [[ApiError(410, "too old")]],
    "ends at once": [[]],
    "ends after each bookmark": [[0.1, _bookmark(7)]],
    "ends after each event": [[_event("MODIFIED", "listed", 7)]],
    "breaks after each event": [[_event("MODIFIED", "listed", 7), ApiError(0, "reset")]],
    "rubbish at once": [[ApiError(0, "no event", reason="malformed")]],
    "403": [ApiError(403, "no")],
    "alternating": [ApiError(410, "gone"), [_bookmark(7)], [], ApiError(500, "no")],
}


@pytest.mark.parametrize("flap", FLAPS.values(), ids=FLAPS)
@pytest.mark.parametrize("selectable", [True, False])
def test_a_watch_that_fails_for_ever_is_no_storm(flap: list[Any], selectable: bool) -> None:  # noqa: FBT001
    script = Script(flap * 200, selectable=selectable)
    _watch(script, random=0.0)  # the shortest waits that there can be
    assert script.requests[-1] - script.requests[0] > 300
    assert _requests_in(script, 0, 60) <= 60
    assert all(_requests_in(script, begin, begin + 60) < 60 for begin in range(60, 300, 10))


def test_a_failure_that_comes_and_goes_is_logged_a_few_times(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "watch")
    script = Script([[ApiError(0, "reset")]] * 200)
    _watch(script)
    assert len(caplog.records) < 3 * (script.clock.seconds - 1000) / 60 + 10


def test_after_a_long_turn_a_410_is_listed_anew_at_once() -> None:
    live = [TRIAL - 2, _bookmark(6), 2]
    script = Script([live, [60, _bookmark(9), 60, ApiError(410, "too old")], []])
    before = script.clock.seconds
    _watch(script)
    assert script.lists == 2
    assert script.clock.seconds - before < TRIAL + 120 + 1


def test_a_relist_that_is_asked_for_all_the_time_is_no_storm() -> None:
    """As by a controller whose every write meets a 404."""
    script = Script([[]] * 40)

    class Impatient(Script):
        def close(self) -> None:
            watcher.relist()

    script = Impatient([[]] * 40)
    watcher = Watcher(
        script, "n", lambda _: None, LogOnChange(logging.getLogger("watch")),
        clock=script.clock, random=lambda: 0.0,
        wait=lambda _, seconds: setattr(script.clock, "seconds", script.clock.seconds + seconds),
    )  # fmt: skip
    script.stop = watcher.stop
    watcher.run()
    assert script.lists == 41
    assert _requests_in(script, 60, 120) < 60


def test_a_first_turn_is_short_and_those_after_it_last() -> None:
    script = Script([[TRIAL - 2, _bookmark(6), 2], [60, _bookmark(7), 1800, _bookmark(8), 2], []])
    _watch(script)
    assert script.planned[:3] == [TRIAL, None, None]


def test_where_a_proxy_holds_a_watch_back_all_turns_are_short() -> None:
    held = [TRIAL, _event("MODIFIED", "listed", 6), _bookmark(7)]
    script = Script([list(held) for _ in range(5)])
    told = _watch(script)
    assert script.planned[:5] == [TRIAL] * 5
    # And no more requests than a watch for each, and a look at the definition now and then.
    assert len(script.requests) <= 5 + 2 + 2 + 1
    assert [type(change) for change in told[1:]] == [Seen] * 5


def test_where_nothing_comes_the_trials_grow() -> None:
    last = [10, _event("MODIFIED", "listed", 6), LONGEST_TRIAL - 10]
    script = Script([[TRIAL], [2 * TRIAL], [LONGEST_TRIAL], [LONGEST_TRIAL], last, []])
    _watch(script)
    assert script.planned[:6] == [11, 22, 30, 30, 30, None]


def test_a_long_turn_that_goes_quiet_is_followed_by_a_trial() -> None:
    quiet = ApiError(0, "nothing came for 90 s", reason="quiet")
    script = Script([[TRIAL - 2, _bookmark(6), 2], [60, _bookmark(7), 90, quiet], []])
    _watch(script)
    assert script.planned[:3] == [TRIAL, None, TRIAL]
    assert script.lists == 1


def test_a_retry_shortens_a_wait_seldom() -> None:
    clock = Clock()
    watcher = Watcher(
        Script([]), "n", lambda _: None, LogOnChange(logging.getLogger("watch")),
        clock=clock, random=lambda: 0.0,
    )  # fmt: skip
    woken = 0
    for _ in range(60):
        watcher.retry()
        woken += watcher._wake.is_set()
        watcher._wake.clear()
        clock.seconds += 1
    assert 2 <= woken <= 6


def test_where_a_proxy_holds_back_the_end_as_well_only_listing_helps() -> None:
    quiet = ApiError(0, "nothing came for 16 s", reason="quiet")
    script = Script([[TRIAL + 5, quiet] for _ in range(10)])
    _watch(script, random=1.0)  # the longest waits that there can be
    assert script.lists == 11
    # Each round is a discovery, a list and a watch.
    gaps = [later - sooner for sooner, later in itertools.pairwise(script.requests[1::3])]
    assert len(gaps) == 10
    assert max(gaps) <= TRIAL + 5 + 15


@pytest.mark.parametrize("selectable", [True, False])
@pytest.mark.parametrize("by_name", [True, False])
def test_what_is_watched(selectable: bool, by_name: bool) -> None:  # noqa: FBT001
    """Own objects if they can be selected, one object if it is known by name, else the metadata of all."""
    script = Script([[]], selectable=selectable)
    _watch(script, by_name=by_name)
    by_node = "spec.node=n" if selectable else ""
    assert set(script.selectors) == {"metadata.name=n" if by_name else by_node}
    assert set(script.metadata_only) == {not (by_name or selectable)}


@pytest.mark.parametrize(
    ("random", "least", "most"), [(0.0, 0.2, 0.5), (0.5, 10, 11), (1.0, 20, 21)]
)
def test_watches_that_end_together_come_back_one_by_one(
    random: float, least: float, most: float
) -> None:
    broken = ApiError(0, "cannot watch: it broke off")
    script = Script([[100, broken], [broken], []])
    _watch(script, random=random, spread=lambda: 20.0)
    ended, again, once_more = 100.0, *(time - script.requests[0] for time in script.requests[3:5])
    assert least <= again - ended <= most
    # What fails once more is spread already.
    assert once_more - again <= 1
    # It goes on from where it was, without a list.
    assert script.lists == 1


class Noted(Script):
    """A script that notes each request and what is told, with its time."""

    def __init__(self, watches: list[Any], **options: Any) -> None:
        super().__init__(watches, **options)
        self.lines: list[str] = []
        self.failing: list[ApiError] = []

    def note(self, text: str) -> None:
        self.lines.append(f"{self.clock.seconds - 1000:9.3f} {text}")

    def discover(self) -> Resource:
        self.note("discover")
        if self.failing:
            raise self.failing.pop(0)
        return super().discover()

    def list_objects(
        self,
        resource: Resource,
        field_selector: str,
        keep: Callable[[Document], Document] = lambda document: document,
    ) -> Listing:
        self.note(f"list {field_selector or 'all'}")
        return super().list_objects(resource, field_selector, keep)

    def watch(
        self,
        resource: Resource,
        field_selector: str,
        resource_version: str,
        *,
        metadata_only: bool,
        seconds: float | None = None,
    ) -> "Script":
        whole = "metadata" if metadata_only else "whole"
        self.note(f"watch {field_selector or 'all'} from {resource_version} for {seconds}, {whole}")
        return super().watch(
            resource, field_selector, resource_version, metadata_only=metadata_only, seconds=seconds
        )

    def close(self) -> None:
        self.note("close")


def _live(version: int) -> list[Any]:
    """A turn of which all comes at once."""
    return [TRIAL - 2, _bookmark(version), 2]


QUIET = ApiError(0, "quiet", reason="quiet")
OLD, RESET = ApiError(410, "old"), ApiError(0, "reset")
COURSES: dict[str, tuple[list[Any], dict[str, Any]]] = {
    **{flap: (watches * 6, {}) for flap, watches in FLAPS.items()},
    "live": ([_live(6), [60, _bookmark(9), 60, _event("ADDED", "b", 10), 1700, _bookmark(11), 2], []], {}),
    "held back": ([[TRIAL, _event("MODIFIED", "listed", 6), _bookmark(7)] for _ in range(8)], {}),
    "nothing comes": ([[TRIAL], [2 * TRIAL], [LONGEST_TRIAL], [LONGEST_TRIAL], [5]], {}),
    "quiet": ([_live(6), [90, QUIET], [TRIAL + 5, QUIET]] * 3, {}),
    "long, then 410": ([_live(6), [29.5, OLD], _live(7), [30.5, OLD], []], {}),
    "long, then a reset": ([_live(6), [29.5, RESET], _live(7), [30.5, RESET], []], {}),
    "asked to wait": ([ApiError(429, "busy", 7.0), ApiError(429, "busy", 60.0), ApiError(503, "no"), []], {}),
    "not selectable": (
        [[_event("MODIFIED", "listed", 6), _event("ADDED", "b", 7, node="a"),
          _event("MODIFIED", "b", 8, node="a"), _event("DELETED", "b", 9), _event("ADDED", "b", 10)], []],
        {"selectable": False},
    ),
    "whole objects": (
        [[_event("MODIFIED", "listed", 6), _event("ADDED", "b", 7, node="a"),
          _event("ADDED", "c", 8, node="z"), _event("DELETED", "listed", 9)], []],
        {"selectable": False, "resource": Resource("crd.projectcalico.org/v1", has_status=False)},
    ),
    "early ends": ([_live(6), [15], [29.9], [30.1], [TRIAL - 1.1], [TRIAL - 0.9], []], {}),
}  # fmt: skip


def test_courses_of_requests(caplog: pytest.LogCaptureFixture, pytestconfig: pytest.Config) -> None:
    """When it asks for what, and what it tells: ``watch.txt`` beside this file."""
    caplog.set_level(logging.INFO, "watch")
    lines: list[str] = []
    for about, (watches, options) in COURSES.items():
        caplog.clear()
        script = Noted(list(watches), **options)
        if about == "live":
            script.failing = [ApiError(0, "refused"), ApiError(0, "refused"), ApiError(403, "no")]
        for change in _watch(script, random=0.5):
            script.lines.append(f"          told {_told(change)}")
        said = (f"{record.levelname}: {record.getMessage()}" for record in caplog.records)
        lines += [f"== {about}", *script.lines, *(f"          {line}" for line in said)]
    assert is_as_kept(pytestconfig, Path(__file__).parent / "watch.txt", "\n".join([*lines, ""]))


def _told(change: Change) -> str:
    match change:
        case Listed(resource, objects):
            return f"Listed {resource.group_version} {','.join(found.name for found in objects)}"
        case Seen(found):
            return f"Seen {found.name} {found.resource_version}"
        case _:
            return str(change)
