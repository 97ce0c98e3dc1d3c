"""A failure is logged when its reason changes, and not once for each try."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging

__all__ = ["LogOnChange"]


class LogOnChange:
    """What is wrong now, by name; safe to use from several threads."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._lock = threading.Lock()
        self._reasons: dict[str, str] = {}

    def fail(self, name: str, reason: str, text: str) -> bool:
        """Log a failure if its reason changed; return whether it did."""
        with self._lock:
            changed = self._reasons.get(name) != reason
            self._reasons[name] = reason
        if changed:
            self._log.warning(text, extra={"condition": name, "reason": reason})
        return changed

    def clear(self, name: str, text: str) -> bool:
        """Log a recovery if it had failed; return whether it had."""
        with self._lock:
            changed = self._reasons.pop(name, None) is not None
        if changed:
            self._log.info(text, extra={"condition": name, "reason": ""})
        return changed

    def forget(self, prefix: str) -> None:
        """Drop what is known of something that is no more."""
        with self._lock:
            for name in [name for name in self._reasons if name.startswith(prefix)]:
                del self._reasons[name]
