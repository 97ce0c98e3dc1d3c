"""The log: plain lines or JSON, on standard error."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from birdstatus.errors import printable

if TYPE_CHECKING:
    from reporter.settings import Settings

__all__ = ["set_up_logging"]


class _Plain(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = f"{_time(record)} {record.levelname} {printable(record.getMessage())}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "message": printable(record.getMessage()),
        }
        for name in ("condition", "reason"):
            if hasattr(record, name):
                line[name] = str(getattr(record, name))
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def set_up_logging(settings: Settings) -> logging.Logger:
    """The logger of this process's reporter."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if settings.log_format == "json" else _Plain())
    log = logging.getLogger("birdstatus-reporter")
    log.setLevel(logging.INFO)
    log.addHandler(handler)
    log.propagate = False
    return log
