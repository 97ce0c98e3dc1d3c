"""A sign of life on standard error for whoever waits at a terminal: how much was read of what."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from birdstatus.cli.inputs import Input

__all__ = ["Progress"]

# In seconds: how long nothing is shown, and how often the line is written anew.
FIRST_AFTER = 1.0
EVERY = 0.2
_CLEARED = "\r\x1b[K"


class Progress:
    """One line, written over itself; nothing at all where standard error is no terminal."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begun = clock()
        self._next = self._begun + FIRST_AFTER
        self._bytes = 0

    def watched(self, sources: Iterable[Input]) -> Iterator[Input]:
        """The same inputs, which tell how far they are read; the line goes when one is read whole."""
        is_shown = sys.stderr.isatty()
        for source in sources:
            yield replace(source, chunks=partial(self._counted, source)) if is_shown else source

    def _counted(self, source: Input) -> Iterator[bytes]:
        is_written = False
        try:
            for chunk in source.chunks():
                self._bytes += len(chunk)
                is_written = self._told(source.name) or is_written
                yield chunk
        finally:
            if is_written:
                sys.stderr.write(_CLEARED)
                sys.stderr.flush()

    def _told(self, name: str) -> bool:
        now = self._clock()
        if now < self._next:
            return False
        self._next = now + EVERY
        size, seconds = self._bytes / 1e6, now - self._begun
        sys.stderr.write(f"{_CLEARED}birdstatus: {name}: {size:.0f} MB read in {seconds:.0f} s")
        sys.stderr.flush()
        return True
