"""What to do for one object now: a pure function of what it waits for, what is known, and the time.

A status joins two daemons, each of which is asked on a clock of its own:

* When both have answered what the object waits for, the status is written.
* When one has answered and the other is late, the status is written with what the late one said before, for
  as long as that is honest: until it has been silent for longer than it usually takes. ``lastUpdated`` then
  is at most :data:`TOLERANCE` newer than the oldest data in the status, so it may have to stand still.
* A daemon that is silent is ``NotReady`` and has no sessions and no routes until it answers; it holds nothing
  up, and what it says then is written at once.

Times are seconds of a monotonic clock.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from birdstatus import DaemonReport
from reporter.bird.snapshot import FAMILIES, FamilyAnswer, joined

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reporter.agent.daemons import Daemon
    from reporter.bird.control_socket import Family
    from reporter.bird.snapshot import Answers, Snapshot

__all__ = ["Decision", "Look", "Need", "Wait", "Write", "decide"]

# `lastUpdated` is at most so much newer than the oldest data under it.
TOLERANCE = 1.0
# The second daemon is given so long after the first has answered, so that one write serves both.
TOGETHER = 0.15
# A time that is held back by less than this is not held back: the two daemons are not asked at one instant.
_NEAR = 0.1


@dataclass(slots=True)
class Need:
    """What an object waits for.

    ``due`` is when its next report is due, ``owed`` which daemons its last report had to do without and since
    when, ``bridged`` those of them of which it showed an earlier answer. Nothing is done before
    ``not_before``, nor while a call for it is under way.
    """

    classes: tuple[str, ...]
    due: float
    owed: dict[Family, float] = field(default_factory=dict)
    bridged: frozenset[Family] = frozenset()
    not_before: float = -math.inf
    is_busy: bool = False

    def wanted(self, now: float) -> dict[Family, float]:
        """The daemons whose answers it waits for, and how new these must be."""
        is_due = now >= self.due
        return {**(dict.fromkeys(FAMILIES, self.due) if is_due else {}), **self.owed}

    def quiet_until(self, now: float) -> float:
        """Before when nothing is to be done, if nothing is now."""
        if self.is_busy:
            return math.inf
        return self.not_before if now < self.not_before else self.due


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do before this time, or before something happens."""

    until: float


@dataclass(frozen=True, slots=True)
class Look:
    """Ask these daemons; the object waits for them."""

    daemons: frozenset[Family]


@dataclass(frozen=True, slots=True)
class Write:
    """Write this status.

    ``as_of`` is its ``lastUpdated``. ``awaited`` are the daemons that it has to do without, and since when they
    are owed, ``bridged`` those of them that appear with an earlier answer. A status that is ``held_back``
    is not worth a write for its time alone.
    """

    snapshot: Snapshot
    as_of: float
    awaited: dict[Family, float]
    bridged: frozenset[Family]
    held_back: bool


Decision = Wait | Look | Write


def decide(need: Need, daemons: Mapping[Family, Daemon], now: float) -> Decision:
    """What to do for an object now. Does nothing and changes nothing."""
    wanted = need.wanted(now)
    if need.is_busy or now < need.not_before or not wanted:
        return Wait(need.quiet_until(now))
    missing = {
        family: since
        for family, since in wanted.items()
        if not daemons[family].has_answered(need.classes, since)
    }
    to_ask = frozenset(family for family in missing if not daemons[family].is_asked)
    if to_ask:
        return Look(to_ask)
    silent = frozenset(family for family in missing if daemons[family].is_silent(now))
    late = missing.keys() - silent
    answered = wanted.keys() - missing.keys()
    # Whether the late ones will fall silent, or the next report come due, before anything else.
    soonest = min((daemons[family].silent_from for family in late), default=math.inf)
    soonest = min(soonest, need.due if now < need.due else math.inf)
    has_news = answered or now >= need.due or silent & need.bridged
    if not has_news or any(not daemons[family].covers(need.classes) for family in late):
        return Wait(soonest)
    if late and (not answered or any(daemons[family].has_data for family in late)):
        # One more moment, so that one write serves both.
        together = max((daemons[family].answered_at for family in answered), default=math.inf)
        if now < together + TOGETHER:
            return Wait(min(soonest, together + TOGETHER))
    return _write(need, daemons, silent, late, missing, now)


def _write(  # noqa: PLR0913, PLR0917 - what the decision was made of
    need: Need,
    daemons: Mapping[Family, Daemon],
    silent: frozenset[Family],
    late: set[Family],
    missing: dict[Family, float],
    now: float,
) -> Write:
    looks = {
        family: _silent(daemon.answers, family) if family in silent else daemon.answers
        for family, daemon in daemons.items()
    }
    times = [
        daemon.looked_at
        for family, daemon in daemons.items()
        if daemon.has_data and family not in silent
    ]
    newest = max(times, default=now)
    if now >= need.due:
        # Data of a look for something else may be a little older than the report: it is the report's time that
        # is told, or a period would seem to be left out.
        newest = max(newest, need.due)
    as_of = min(newest, min(times, default=now) + TOLERANCE)
    held_back = bool(late) and newest - as_of > _NEAR
    return Write(joined(looks), as_of, missing, frozenset(late), held_back)


def _silent(answers: Answers, daemon: Family) -> Answers:
    """What a silent daemon says: nothing. Why it failed before, if it did, still holds."""
    nothing = DaemonReport(failed=True)
    if not answers:
        return {daemon: FamilyAnswer(nothing)}
    return {
        family: replace(answer, report=nothing, left_out=()) for family, answer in answers.items()
    }
