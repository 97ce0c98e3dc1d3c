"""Asking the daemons: each in its own lane, at most once a second, and at least now and then."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

from reporter.agent.daemons import Daemon
from reporter.bird.snapshot import FAMILIES, FamilyAnswer, joined

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from collections.abc import Set as AbstractSet

    from reporter.agent.faults import Faults
    from reporter.agent.lanes import Lanes
    from reporter.agent.metrics import Metrics
    from reporter.bird.control_socket import Family
    from reporter.bird.snapshot import Answers, Bird
    from reporter.log_on_change import LogOnChange

__all__ = ["Asking"]


class Asking:
    """The daemons of a node, and what is known of each. For the loop's thread."""

    def __init__(  # noqa: PLR0913 - everything it uses is an argument
        self,
        bird: Bird,
        period: float,
        *,
        lanes: Lanes,
        faults: Faults,
        troubles: LogOnChange,
        metrics: Metrics,
        clock: Callable[[], float],
    ) -> None:
        """A daemon is asked at least once in ``period`` seconds of ``clock``, so that the metrics are fresh."""
        self.daemons: dict[Family, Daemon] = {family: Daemon() for family in FAMILIES}
        self._bird = bird
        self._period = period
        self._lanes = lanes
        self._faults = faults
        self._troubles = troubles
        self._metrics = metrics
        self._clock = clock

    def turn(self, asks: Mapping[Family, set[str]], soon: AbstractSet[str], now: float) -> float:
        """Ask the daemons that objects wait for, with the classes that they need; when to turn again.

        ``soon`` are classes that are needed before a daemon may be asked once more: they are asked for as well.
        """
        wake = math.inf
        for family, daemon in self.daemons.items():
            if daemon.is_asked:
                continue
            is_wanted = family in asks
            due = daemon.may_be_asked_at() if is_wanted else daemon.asked_at + self._period
            if now >= due:
                self._ask(family, frozenset(soon | asks.get(family, set())), now)
            else:
                wake = min(wake, due)
        return wake

    def _ask(self, family: Family, classes: frozenset[str], now: float) -> None:
        self.daemons[family].ask(now)
        self._lanes.run(
            f"bird{family}",
            partial(self._bird.look, family, classes),
            partial(self._answered, family, classes),
        )

    def _answered(
        self, family: Family, classes: frozenset[str], result: Answers | Exception
    ) -> None:
        if isinstance(result, Exception):
            self._faults.survive(f"bird/{family}", result)
            text = "a fault in the reporter itself; see its log"
            result = {family: FamilyAnswer.failed("internal", text)}
        else:
            self._faults.over(f"bird/{family}")
        self.daemons[family].answer(result, classes, self._clock())
        snapshot = joined({family: daemon.answers for family, daemon in self.daemons.items()})
        for served, answer in snapshot.answers.items():
            if result.get(served) is not answer:
                continue
            self._metrics.answered(served, answer)
            if answer.failure:
                self._troubles.fail(f"bird/{served}", answer.failure.reason, answer.failure.text)
            else:
                self._troubles.clear(f"bird/{served}", f"the IPv{served} daemon answers again")
