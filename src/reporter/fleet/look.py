"""One look at a cluster: its objects, what should be, what is, and what is wrong."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from birdstatus.fleet import NotLookedAt, findings, inventory, sessions
from reporter.fleet.files import objects_in
from reporter.fleet.gather import objects_of_cluster, sources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from birdstatus.fleet import Check, Inventory, Pair
    from reporter.kube.cluster import Cluster

__all__ = ["Look", "judge", "look_at_cluster", "look_at_files", "utc_now"]


@dataclass(frozen=True)
class Look:
    """What was found at one time.

    Attributes:
        at: as of when it is judged, in UTC; None if the input has no time at all.
        is_part: some of the input could not be read, so that "right" would be too much said.
    """

    inventory: Inventory
    check: Check
    at: datetime | None
    is_part: bool

    @property
    def exit_code(self) -> int:
        """0: right. 1: a finding. 3: nothing wrong was found, but part is unknown."""
        return self.check.exit_code or (3 if self.is_part else 0)

    def document(self, check: Check) -> dict[str, Any]:
        """The check, or a part of it, as JSON values; it is not ok if part of the input is missing."""
        document = check.document()
        document["summary"]["ok"] = check.exit_code == 0 and not self.is_part
        return document

    def pairs(self) -> Iterator[Pair]:
        """Every session, both sides in one row."""
        return sessions(self.inventory, now=self.at)

    @cached_property
    def counts(self) -> Counter[tuple[str, str, str]]:
        """Sessions at each end that is a node: by node, type and the verdict on the pair."""
        return Counter(
            (node, pair.type or "other", pair.verdict)
            for pair in self.pairs()
            for node in pair.nodes
        )

    @property
    def nodes(self) -> list[str]:
        """Names of all nodes, in the order in which they are shown."""
        found = self.inventory
        return sorted({*found.nodes, *found.statuses}, key=_by_number)


def _by_number(name: str) -> tuple[tuple[int, int | str], ...]:
    """``node-2`` before ``node-10``."""
    parts: list[tuple[int, int | str]] = []
    digits = ""
    for character in f"{name}\0":
        if character.isascii() and character.isdigit() and len(digits) < 20:
            digits += character
            continue
        if digits:
            parts.append((0, int(digits)))
            digits = ""
        parts.append((1, character))
    return tuple(parts)


def judge(
    objects: Iterable[Mapping[str, Any]],
    notes: list[NotLookedAt],
    at: datetime | None,
    previous: Inventory | None = None,
) -> Look:
    """Read the objects, which may add to ``notes`` meanwhile, and judge them as of ``at``."""
    return _judged(inventory(objects, not_looked_at=_late(notes)), at, previous)


def _judged(
    found: Inventory,
    at: datetime | None,
    previous: Inventory | None = None,
    *,
    is_part: bool = False,
) -> Look:
    check = findings(found, now=at, previous=previous)
    return Look(found, check, at, is_part=is_part or not found.statuses)


def _late(notes: list[NotLookedAt]) -> Iterator[NotLookedAt]:
    """The notes as they are when the objects have been read."""
    yield from notes


def look_at_files(paths: Sequence[Path]) -> Look:
    """A look at what files, folders, archives and standard input hold, as of the newest report among them.

    Raises:
        NoInputError: a path that was named is not there or may not be read.
    """
    notes: list[NotLookedAt] = []

    def note(text: str) -> None:
        what, _, why = text.partition(": ")
        notes.append(NotLookedAt(what, why))

    found = inventory(objects_in(paths, note), not_looked_at=_late(notes))
    times = [status.updated for status in found.statuses.values() if status.updated is not None]
    return _judged(found, max(times, default=None), is_part=bool(notes))


def utc_now() -> datetime:
    """The time, with its zone."""
    return datetime.now(UTC)


def look_at_cluster(
    cluster: Cluster,
    *,
    api_group: str = "",
    previous: Inventory | None = None,
    now: Callable[[], datetime] = utc_now,
) -> Look:
    """A look at what the API server has now; ``now`` is the time in UTC.

    Raises:
        ApiError: the API server did not answer, or not well.
    """
    notes: list[NotLookedAt] = []
    found = sources(cluster, api_group=api_group, note=notes.append)
    objects = objects_of_cluster(cluster, found, notes.append)
    return judge(objects, notes, now(), previous)
