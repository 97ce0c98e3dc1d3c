"""A failure is logged when its reason changes, and not once for each try."""

from __future__ import annotations

import logging
import threading

__all__ = ["LogOnChange"]


class LogOnChange:
    """What is wrong now, by name; safe to use from several threads."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._lock = threading.Lock()
        self._failures: dict[str, tuple[str, str]] = {}

    def fail(self, name: str, reason: str, text: str, error: BaseException | None = None) -> bool:
        """Log a failure if its reason changed; return whether it did.

        With an ``error`` it is a fault of this program, and logged with the place in it.
        """
        with self._lock:
            changed = self._failures.get(name, ("", ""))[0] != reason
            self._failures[name] = (reason, text)
        if changed:
            level = logging.WARNING if error is None else logging.ERROR
            extra = {"condition": name, "reason": reason}
            self._log.log(level, "%s", text, extra=extra, exc_info=error)
        return changed

    def clear(self, name: str, text: str) -> bool:
        """Log a recovery if it had failed; return whether it had."""
        with self._lock:
            changed = self._failures.pop(name, None) is not None
        if changed:
            self._log.info("%s", text, extra={"condition": name, "reason": ""})
        return changed

    def forget(self, prefix: str) -> None:
        """Drop what is known of something that is no more."""
        with self._lock:
            for name in [name for name in self._failures if name.startswith(prefix)]:
                del self._failures[name]

    def current(self) -> list[tuple[str, str, str]]:
        """What is wrong now: name, reason and text, the longest known first."""
        with self._lock:
            return [(name, reason, text) for name, (reason, text) in self._failures.items()]
