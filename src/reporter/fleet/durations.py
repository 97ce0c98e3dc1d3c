"""Times as kubectl's flags take them."""

from __future__ import annotations

import re

__all__ = ["duration"]

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_LONGEST = 10 * 365 * 86400.0


def duration(text: str) -> float:
    """Seconds of ``2m``, ``1h30m``, ``500ms``, or of a bare number of seconds (Go's ``time.ParseDuration``).

    Raises:
        ValueError: it is none, is negative, or longer than ten years.
    """
    if re.fullmatch(r"\d+(\.\d+)?", text, re.ASCII):
        seconds = float(text)
    elif re.fullmatch(rf"({_PART.pattern})+", text, re.ASCII):
        seconds = sum(float(value) * _UNITS[unit] for value, unit in _PART.findall(text))
    else:
        raise ValueError("must be a time such as 30s, 2m or 1h30m")
    if seconds > _LONGEST:
        raise ValueError("must be less than ten years")
    return seconds
