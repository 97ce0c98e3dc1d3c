"""The log: one structured line for each event, plain or JSON, on standard error, and nothing beside it.

What is logged by other packages, warned about, or raised where nobody catches it comes out as such a line
too, and every line goes through the :class:`~reporter.redaction.Redactor`.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TextIO

from birdstatus.errors import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reporter.redaction import Redactor

__all__ = ["FAULT", "log_lines"]

NAME = "birdstatus-reporter"
FAULT = "a fault in the reporter itself; please report it"


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


class _Lines(logging.StreamHandler[TextIO]):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """A line that cannot be written is lost; logging's own way is a traceback with all arguments."""


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _message(record: logging.LogRecord, redactor: Redactor) -> str:
    # Long enough for any of the reporter's own lines; another package's may be longer.
    text = redactor.line(record.getMessage(), 2000)
    return text if record.name == NAME else f"{printable(record.name)}: {text}"


def _error(record: logging.LogRecord) -> BaseException | None:
    return record.exc_info[1] if record.exc_info else None


@contextmanager
def log_lines(log_format: str, redactor: Redactor) -> Iterator[logging.Logger]:
    """The reporter's logger, and everything else that would reach standard error, as lines of this form.

    What other packages log or warn about, and what no thread catches, comes the same way; no traceback is
    printed. ``log_format`` is ``plain`` or ``json``. At the end all is as it was.
    """
    handler = _Lines(sys.stderr)
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
        sys.excepthook, threading.excepthook, sys.unraisablehook = before
