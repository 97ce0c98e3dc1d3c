"""What is known of each object of this node, and how news of it change that."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reporter.agent.decide import Need
from reporter.agent.pace import ChangePace
from reporter.kube.field_managers import OtherWriter
from reporter.status.patch import seconds_between

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from birdstatus import CalicoNodeStatusSpec
    from reporter.kube.resource import NodeStatusObject
    from reporter.retry import Backoff

__all__ = ["Task"]

# Statuses of writes whose answers were lost: any of them may be what the object has now.
_MOST_UNCONFIRMED = 4


@dataclass(slots=True)
class Task:
    """One object of this node: as it is known, and what it waits for. Times are monotonic seconds.

    Its API calls are made one at a time.
    """

    object: NodeStatusObject
    need: Need
    # After a write that failed, and after a fault of this program in serving it.
    write_backoff: Backoff
    fault_backoff: Backoff
    pace: ChangePace
    # The status as this reporter wrote it last, and those that it sent and heard nothing of.
    written: dict[str, Any] = field(default_factory=dict)
    unconfirmed: list[dict[str, Any]] = field(default_factory=list)
    other: OtherWriter = field(default_factory=OtherWriter)
    # The version that the object is said to have now, if it is not the known one.
    touched: str = ""
    # Whether no JSON patch of it was refused.
    takes_json_patch: bool = True
    # A write found no such object.
    is_missing: bool = False
    # When `lastUpdated` was last moved, and when the last API call for this object was begun.
    moved_at: float | None = None
    called_at: float = -math.inf
    # What has been said in Events and still holds: the state by topic.
    told: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls, found: NodeStatusObject, clock: Callable[[], float], backoff: Callable[[], Backoff]
    ) -> Task:
        """A new task, due now; never, if its spec cannot be served."""
        classes = found.spec.classes if found.spec is not None else ()
        need = Need(classes, due=math.inf if found.spec is None else clock())
        return cls(found, need, backoff(), backoff(), ChangePace(clock))

    @property
    def spec(self) -> CalicoNodeStatusSpec:
        """What it asks for; an object without a valid spec is never due."""
        if self.object.spec is None:
            raise AssertionError(self.object.invalid)
        return self.object.spec

    @property
    def own(self) -> tuple[dict[str, Any], ...]:
        """Every status that this reporter may have written."""
        return (*([self.written] if self.written else []), *self.unconfirmed)

    def is_superseded_by(self, found: NodeStatusObject) -> bool:
        """Whether the object asks for something else now, so that a new task has to take over."""
        if self.object.asks == found.asks:
            return False
        return self.object.uid != found.uid or not is_older(found, self.object)

    def seconds_since_move(self, now: float, utc: datetime) -> float:
        """How long ago ``lastUpdated`` moved; infinity if it never did."""
        if self.moved_at is None:
            # Before the first own write only the wall clock knows.
            ago = seconds_between(self.object.status.get("lastUpdated"), utc)
            if ago is None:
                return math.inf
            self.moved_at = now - ago
        return now - self.moved_at

    def takes_over(self, former: Task) -> None:
        """What is known of the same object does not depend on what it asks for."""
        if self.object.uid == former.object.uid:
            self.written, self.unconfirmed = former.written, former.unconfirmed
            self.other, self.told = former.other, former.told
            self.moved_at, self.called_at = former.moved_at, former.called_at
            self.pace = former.pace

    def see(self, found: NodeStatusObject) -> None:
        """The object as the API server has it now, or had it a while ago; it asks for the same."""
        known = self.object
        if self.object.asks != found.asks or is_older(found, known):
            return
        if found.status in self.own:
            self.written = found.status
        elif found.resource_version == known.resource_version:
            # An own write, as the API server keeps it.
            self.written = found.status
        elif self.written and found.status != known.status and found.other_writer:
            self.other.wrote(found.other_writer)
        self.object = found

    def sends(self, status: dict[str, Any], now: float) -> None:
        """A write of this status begins; until it is confirmed nobody knows if it was applied."""
        self.unconfirmed = [*self.unconfirmed, status][-_MOST_UNCONFIRMED:]
        self.called_at = now

    def wrote(self, found: NodeStatusObject, other_writer: str, as_of: float) -> None:
        """The object was written, with this ``lastUpdated``, and is this now."""
        self.unconfirmed = []
        self.written = found.status
        self.moved_at = as_of
        if other_writer:
            self.other.wrote(other_writer)
        else:
            self.other.was_quiet()
        if not is_older(found, self.object):
            self.object = found


def is_older(found: NodeStatusObject, known: NodeStatusObject) -> bool:
    """Whether what a watch brings is from before what is known from an own write.

    Resource versions are numbers that grow (KEP-5504); where they are not, the newest news wins.
    """
    try:
        return int(found.resource_version) < int(known.resource_version)
    except ValueError:
        return False
