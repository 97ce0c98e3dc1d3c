"""The one rule for a fault of this program's own: log it, count it, serve the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reporter.agent.metrics import Metrics
    from reporter.log_on_change import LogOnChange

__all__ = ["Faults"]


class Faults:
    """Exceptions that nobody expected. Who serves something catches them, calls this, and backs off."""

    def __init__(self, troubles: LogOnChange, metrics: Metrics) -> None:
        self._troubles = troubles
        self._metrics = metrics

    def survive(self, about: str, error: Exception) -> None:
        """A fault in serving ``about``: logged once until it is over, with the place in the code, and counted.

        The log shows its type and place; what its text may hold is the log's own business to hide.
        """
        self._metrics.internal_error()
        text = f"a fault in the reporter itself, at {about}; please report it"
        self._troubles.fail(f"{about}/fault", type(error).__name__, text, error)

    def over(self, about: str) -> None:
        """It is served again."""
        self._troubles.clear(f"{about}/fault", f"{about} is served again")
