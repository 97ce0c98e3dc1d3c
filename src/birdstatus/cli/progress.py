"""A sign of life on standard error for whoever waits at a terminal: how much was read of what."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Progress"]

# In seconds: how long nothing is shown, and how often the line is written anew.
FIRST_AFTER = 1.0
EVERY = 0.2
_CLEARED = "\r\x1b[K"


class Progress:
    """One line, written over itself; nothing at all where standard error is no terminal."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._is_shown = sys.stderr.isatty()
        self._begun = clock()
        self._next = self._begun + FIRST_AFTER
        self._bytes = 0
        self._is_written = False

    def watched(self, name: str, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """The same chunks, each counted when it is asked for."""
        if not self._is_shown:
            yield from chunks
            return
        for chunk in chunks:
            self._bytes += len(chunk)
            self._tell(name)
            yield chunk

    def _tell(self, name: str) -> None:
        now = self._clock()
        if now < self._next:
            return
        self._next = now + EVERY
        self._is_written = True
        sys.stderr.write(
            f"{_CLEARED}birdstatus: {name}: {self._bytes / 1e6:.0f} MB read, {now - self._begun:.0f} s"
        )
        sys.stderr.flush()

    def cleared(self) -> None:
        """Take the line away: for before anything else is written."""
        if self._is_written:
            self._is_written = False
            sys.stderr.write(_CLEARED)
            sys.stderr.flush()
