"""What is known of each daemon, and how old that is. Times are seconds of a monotonic clock."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from reporter.bird.snapshot import Answers

__all__ = ["BETWEEN_LOOKS", "FRESH", "PATIENCE", "Daemon"]

# Data of this age or less serves a report that is due now.
FRESH = 0.9
# A daemon is asked once a second at most. A timer may fire a little early by another clock.
BETWEEN_LOOKS = 0.9
# A daemon that has not answered for so long, and for three times as long as it usually takes, is silent.
PATIENCE = 1.0
_PATIENCE_TIMES = 3.0


@dataclass(slots=True)
class Daemon:
    """One daemon: its last answer, and whether it is being asked.

    ``looked_at`` is when the last answer was asked for, ``answered_at`` when it came, ``usual_seconds`` how
    long the last look at it took that brought data.
    """

    answers: Answers = field(default_factory=dict)
    classes: frozenset[str] = frozenset()
    looked_at: float = -math.inf
    answered_at: float = -math.inf
    usual_seconds: float = 0.0
    asked_at: float = -math.inf
    is_asked: bool = False

    @property
    def has_data(self) -> bool:
        """Whether the last answer holds anything that is published."""
        return any(answer.has_data for answer in self.answers.values())

    @property
    def silent_from(self) -> float:
        """From when on a daemon that is being asked counts as silent."""
        return self.asked_at + max(PATIENCE, _PATIENCE_TIMES * self.usual_seconds)

    def is_silent(self, now: float) -> bool:
        """Whether it should have answered by now, so that its former answer says nothing any more."""
        return self.is_asked and now >= self.silent_from

    def may_be_asked_at(self) -> float:
        """The soonest time for the next look."""
        return self.asked_at + BETWEEN_LOOKS

    def has_answered(self, classes: Collection[str], since: float) -> bool:
        """Whether what is known covers these classes, and is new enough for a report due then."""
        return self.looked_at >= since - FRESH and self.covers(classes)

    def covers(self, classes: Collection[str]) -> bool:
        """Whether it was asked for all that these classes need."""
        return bool(self.answers) and ("Routes" not in classes or "Routes" in self.classes)

    def ask(self, now: float) -> None:
        """It is being asked from now on."""
        self.asked_at = now
        self.is_asked = True

    def answer(self, answers: Answers, classes: frozenset[str], now: float) -> None:
        """It has answered, or failed."""
        waited = max((answer.waited for answer in answers.values()), default=0.0)
        self.is_asked = False
        self.answers = answers
        self.classes = classes
        # Never later than now, whatever a look says of itself.
        self.looked_at = min(self.asked_at + waited, now)
        self.answered_at = now
        if self.has_data:
            self.usual_seconds = now - self.looked_at
