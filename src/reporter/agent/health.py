"""The HTTP face: ``/metrics``, ``/healthz`` and ``/readyz``."""

from __future__ import annotations

import time
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol

from reporter.http_port import HttpPort, Page

if TYPE_CHECKING:
    from collections.abc import Callable

    from reporter.agent.faults import Faults
    from reporter.agent.metrics import Metrics

__all__ = ["HealthServer", "Observed"]

# The loop waits for nobody, so this, in seconds, is far more than any turn takes.
_STUCK = 120.0
# One text for all that scrape within this time: a stranger who asks all the time costs one text a second.
_SAME_TEXT = 1.0
_EXPOSITION = "text/plain; version=0.0.4; charset=utf-8"


class Observed(Protocol):
    """What is asked of a reporter."""

    metrics: Metrics
    faults: Faults

    @property
    def not_ready_because(self) -> str:
        """Why statuses are not up to date; empty if they are."""

    @property
    def seconds_since_turn(self) -> float:
        """How long ago the loop last turned."""


class HealthServer(HttpPort):
    """Serves a reporter's state, from :meth:`start` to :meth:`stop`.

    ``/healthz`` says whether a restart would help: only if the loop does not turn. ``/readyz`` says whether
    the reporter does its work, and if not why: nothing listed yet, or no answer from the API server.
    """

    def __init__(
        self,
        reporter: Observed,
        address: tuple[str, int],
        trouble: Callable[[], str],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``trouble`` says why the API server is silent, in one line; nothing if it is not.

        Raises:
            OSError: the address cannot be had.
        """
        self._reporter = reporter
        self._trouble = trouble
        self._text_made = -_SAME_TEXT
        self._text = b""
        fault = partial(reporter.faults.survive, "port")
        super().__init__(address, self._page_of, fault, clock=clock)

    def _page_of(self, path: str) -> Page:
        page = self._page_at(path)
        self._reporter.faults.over("port")
        return page

    def _page_at(self, path: str) -> Page:
        if path == "/metrics":
            return Page(HTTPStatus.OK, self._exposition(), _EXPOSITION)
        if path == "/healthz":
            return _verdict(self._why_stuck())
        if path == "/readyz":
            return _verdict(self._why_not_ready())
        return Page(HTTPStatus.NOT_FOUND, b"/metrics, /healthz or /readyz\n")

    def _why_stuck(self) -> str:
        seconds = self._reporter.seconds_since_turn
        return f"the loop is stuck for {seconds:.0f} s" if seconds > _STUCK else ""

    def _why_not_ready(self) -> str:
        why, trouble = self._reporter.not_ready_because, self._trouble()
        return why if not trouble or trouble in why else f"{why}: {trouble}" if why else trouble

    def _exposition(self) -> bytes:
        now = self._clock()
        if now - self._text_made >= _SAME_TEXT:
            self._text = self._reporter.metrics.exposition()
            self._text_made = now
        return self._text


def _verdict(wrong: str) -> Page:
    status = HTTPStatus.SERVICE_UNAVAILABLE if wrong else HTTPStatus.OK
    return Page(status, f"{wrong or 'ok'}\n".encode("utf-8", "backslashreplace"))
