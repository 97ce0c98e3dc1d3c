"""Threads for what may block: each lane does one job at a time, and the loop hears of the result."""

from __future__ import annotations

import functools
import queue
import threading
import time
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Lanes", "Threads"]

Result = TypeVar("Result")


class Lanes(Protocol):
    """Where blocking calls are made."""

    def run(
        self, lane: str, job: Callable[[], Result], then: Callable[[Result | Exception], None]
    ) -> None:
        """Do ``job`` in this lane, after what it has to do already; ``then`` its result, in the loop.

        An exception that the job raises is its result.
        """

    def stop(self, seconds: float) -> None:
        """Take no more jobs, and wait so long at most for those under way."""


class Threads:
    """A thread for each lane, from its first job on.

    ``post`` puts what the loop is to call into its mailbox.
    """

    def __init__(self, post: Callable[[Callable[[], None]], None]) -> None:
        self._post = post
        self._jobs: dict[str, queue.SimpleQueue[Callable[[], None] | None]] = {}
        self._threads: list[threading.Thread] = []

    def run(
        self, lane: str, job: Callable[[], Result], then: Callable[[Result | Exception], None]
    ) -> None:
        """Do a job in a lane."""

        def work() -> None:
            result: Result | Exception
            try:
                result = job()
            except Exception as error:  # noqa: BLE001 - the loop has the rule for it
                result = error
            self._post(functools.partial(then, result))

        if lane not in self._jobs:
            jobs = self._jobs[lane] = queue.SimpleQueue()
            thread = threading.Thread(target=_serve, args=(jobs,), name=lane, daemon=True)
            # If no thread can be had now, the next job tries again.
            try:
                thread.start()
            except RuntimeError as error:
                del self._jobs[lane]
                self._post(functools.partial(then, error))
                return
            self._threads.append(thread)
        self._jobs[lane].put(work)

    def stop(self, seconds: float) -> None:
        """End every lane after the job that it is at."""
        for jobs in self._jobs.values():
            jobs.put(None)
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(deadline - time.monotonic(), 0.0))


def _serve(jobs: queue.SimpleQueue[Callable[[], None] | None]) -> None:
    while (job := jobs.get()) is not None:
        job()
