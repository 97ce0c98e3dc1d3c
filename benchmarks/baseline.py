"""The baseline: Python's regular expressions going once over the text, keeping nothing."""

from __future__ import annotations

import re
from functools import cache

from birdstatus.grammar.bird1 import routes
from birdstatus.grammar.patterns import pattern_of

__all__ = ["bare_scan", "line_scan"]

# One line of `show protocols all`, whatever it says: the reply code or the blank, then the text.
_LINE = re.compile(r"^(?:(?P<code>[0-9]{4})[- ]| )(?P<text>.*)$", re.MULTILINE)


@cache
def _row() -> re.Pattern[str]:
    """The grammar's own pattern of a route row, for rows within a whole reply."""
    body = pattern_of(routes.ROW).replace(r"\Z", "$")
    return re.compile(f"^(?:1007-| ){body}", re.MULTILINE)


def bare_scan(text: str) -> int:
    """Find every route row."""
    for _ in _row().finditer(text):
        pass
    return len(text)


def rows_found(text: str) -> int:
    """How many rows that is: to see that nothing is skipped."""
    return sum(1 for _ in _row().finditer(text))


def line_scan(text: str) -> int:
    """Find every line."""
    for _ in _LINE.finditer(text):
        pass
    return len(text)
