"""Text to records. What is public here is named in ``__all__``; its modules are not.

:mod:`~birdstatus.parse.api` is the one place that chooses how a text is read.
"""

from birdstatus.parse.api import (
    Answer,
    iter_records,
    iter_routes,
    parse_answers,
    parse_protocols,
    parse_routes,
    parse_status,
)
from birdstatus.parse.by_line import MAX_DIAGNOSTICS
from birdstatus.parse.dialect import Command

__all__ = [
    "MAX_DIAGNOSTICS",
    "Answer",
    "Command",
    "iter_records",
    "iter_routes",
    "parse_answers",
    "parse_protocols",
    "parse_routes",
    "parse_status",
]
