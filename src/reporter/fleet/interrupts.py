"""Signals as a flag: for work that must not be cut short anywhere, because it has to be undone."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from reporter.kube.api import Document
    from reporter.kube.cluster import Calls

__all__ = ["Interrupts"]

_NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """Between ``with`` and its end no signal of a person or a supervisor ends the process; :meth:`check` does.

    To be used in the main thread, as Python's signals are.
    """

    def __init__(self, heard: Callable[[], None] = lambda: None) -> None:
        """``heard`` is called at each signal, so that a person sees that it was not in vain."""
        self._heard = heard
        self._set = threading.Event()

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._handle) for number in _NUMBERS}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        self._set.set()
        self._heard()

    def check(self) -> None:
        """End what is being done if a signal came.

        Raises:
            KeyboardInterrupt: one did.
        """
        if self._set.is_set():
            raise KeyboardInterrupt

    def sleep(self, seconds: float) -> None:
        """Wait, but not longer than until a signal comes.

        Raises:
            KeyboardInterrupt: one came.
        """
        self._set.wait(seconds)
        self.check()

    def guard(self, calls: Calls) -> Calls:
        """The same calls, each of which raises ``KeyboardInterrupt`` instead if a signal came before."""
        return _Guarded(calls, self)


class _Guarded:
    def __init__(self, calls: Calls, interrupts: Interrupts) -> None:
        self._calls = calls
        self._interrupts = interrupts

    def call(self, method: str, path: str, what: str, **options: Any) -> Document:  # noqa: ANN401
        self._interrupts.check()
        return self._calls.call(method, path, what, **options)
