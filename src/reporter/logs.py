"""The log: one structured line for each event, plain or JSON, on standard error, and nothing beside it.

What is logged by other packages, warned about, or raised where nobody catches it comes out as such a line
too, and every line goes through the :class:`~reporter.redaction.Redactor`.

Whoever reads standard error may stop doing so: a pipe whose reader is stopped takes 64 KiB and then nothing.
So lines are written by a thread of their own, and nobody who logs ever waits. What there is no room for is
lost, and the next line that can be written says how many were.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import select
import sys
import threading
from collections import deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TextIO

from birdstatus.errors import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reporter.redaction import Redactor

__all__ = ["FAULT", "MOST_WAITING", "LineWriter", "log_lines"]

NAME = "birdstatus-reporter"
FAULT = "a fault in the reporter itself; please report it"

# Lines that wait to be written: some hundred KiB.
MOST_WAITING = 1000
# At the end, so long, in seconds, for the next line to be taken.
_GRACE = 1.0


class _Plain(logging.Formatter):
    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        line = f"{_time(record)} {record.levelname} {_message(record, self._redactor)}"
        error = _error(record)
        return line if error is None else f"{line}: {self._redactor.describe(error)}"


class _Json(logging.Formatter):
    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "message": _message(record, self._redactor),
        }
        if record.name != NAME:
            line["logger"] = printable(record.name)
        for name in ("condition", "reason"):
            if hasattr(record, name):
                line[name] = self._redactor.line(str(getattr(record, name)))
        error = _error(record)
        if error is not None:
            line["exception"] = self._redactor.describe(error)
        return json.dumps(line, ensure_ascii=False)


class LineWriter:
    """Writes lines to a descriptor in a thread of its own. Safe to use from several threads.

    At most :data:`MOST_WAITING` lines wait; more are lost and counted. ``lost`` makes a line of their number.
    """

    def __init__(self, descriptor: int, lost: Callable[[int], str]) -> None:
        self._descriptor = descriptor
        self._lost = lost
        self._changed = threading.Condition()
        self._waiting: deque[str] = deque()
        self._lost_count = 0
        self._written = 0
        self._is_idle = True
        self._is_closed = False
        self._thread: threading.Thread | None = None

    def put(self, line: str) -> None:
        """Have a line written, or lost; returns at once."""
        with self._changed:
            if len(self._waiting) >= MOST_WAITING:
                self._lost_count += 1
                return
            self._waiting.append(line)
            self._is_idle = False
            self._changed.notify_all()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="log", daemon=True)
                # Without a thread the lines wait, and the next one tries again.
                try:
                    self._thread.start()
                except RuntimeError:
                    self._thread = None

    def drain(self, seconds: float) -> None:
        """Wait until everything is written; for so long at most after the last line that was."""
        with self._changed:
            written = -1
            while not self._is_idle and self._thread is not None and written != self._written:
                written = self._written
                self._changed.wait_for(lambda: self._is_idle or self._written > written, seconds)  # noqa: B023

    def close(self, seconds: float) -> None:
        """As :meth:`drain`; its thread ends when it has nothing left to write."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        self.drain(seconds)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._is_idle = not self._waiting
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._waiting or self._is_closed)
                if not self._waiting:
                    return
                lines = [self._waiting.popleft()]
                if self._lost_count:
                    lines.append(self._lost(self._lost_count))
                    self._lost_count = 0
            for line in lines:
                self._write(line.encode("utf-8", "backslashreplace") + b"\n")

    def _write(self, data: bytes) -> None:
        # A line that cannot be written is lost: the disk is full, or nobody reads any more.
        with contextlib.suppress(OSError):
            while data:
                try:
                    data = data[os.write(self._descriptor, data) :]
                except BlockingIOError:
                    # Who shares the terminal or the pipe with us has made it so.
                    select.select([], [self._descriptor], [])
        with self._changed:
            self._written += 1
            self._changed.notify_all()


class _Lines(logging.StreamHandler[TextIO]):
    """To standard error: through a :class:`LineWriter`, if it has a descriptor."""

    def __init__(self) -> None:
        super().__init__(sys.stderr)
        try:
            descriptor = sys.stderr.fileno()
        except (OSError, ValueError, AttributeError):
            # Closed, or a stand-in without a descriptor.
            self._writer = None
        else:
            self._writer = LineWriter(descriptor, self._line_of_lost)

    def emit(self, record: logging.LogRecord) -> None:
        if self._writer is None:
            super().emit(record)
            return
        try:
            self._writer.put(self.format(record))
        except Exception:  # noqa: BLE001 - as logging does it
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """A line that cannot be written is lost; logging's own way is a traceback with all arguments."""

    def close(self) -> None:
        """Give what is still to be written a moment."""
        if self._writer is not None:
            self._writer.close(_GRACE)
        super().close()

    def _line_of_lost(self, count: int) -> str:
        text = f"{count} lines of this log are lost: nobody read them in time"
        return self.format(logging.LogRecord(NAME, logging.WARNING, "", 0, text, None, None))


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _message(record: logging.LogRecord, redactor: Redactor) -> str:
    # Long enough for any of the reporter's own lines; another package's may be longer.
    text = redactor.line(record.getMessage(), 2000)
    return text if record.name == NAME else f"{printable(record.name)}: {text}"


def _error(record: logging.LogRecord) -> BaseException | None:
    return record.exc_info[1] if record.exc_info else None


@contextlib.contextmanager
def log_lines(log_format: str, redactor: Redactor) -> Iterator[logging.Logger]:
    """The reporter's logger, and everything else that would reach standard error, as lines of this form.

    What other packages log or warn about, and what no thread catches, comes the same way; no traceback is
    printed. ``log_format`` is ``plain`` or ``json``. At the end all is as it was.
    """
    handler = _Lines()
    handler.setFormatter((_Json if log_format == "json" else _Plain)(redactor))
    log, everything = logging.getLogger(NAME), logging.getLogger()
    before = sys.excepthook, threading.excepthook, sys.unraisablehook

    def uncaught(kind: type[BaseException], error: BaseException | None, *_: object) -> None:
        if not issubclass(kind, KeyboardInterrupt | SystemExit):
            log.error(FAULT, exc_info=error or kind())

    log.setLevel(logging.INFO)
    log.propagate = False
    try:
        sys.excepthook = uncaught
        threading.excepthook = lambda failed: uncaught(failed.exc_type, failed.exc_value)
        sys.unraisablehook = lambda failed: uncaught(failed.exc_type, failed.exc_value)
        log.addHandler(handler)
        everything.addHandler(handler)
        logging.captureWarnings(capture=True)
        yield log
    finally:
        logging.captureWarnings(capture=False)
        everything.removeHandler(handler)
        log.removeHandler(handler)
        handler.close()
        sys.excepthook, threading.excepthook, sys.unraisablehook = before
