"""What the counts, limits and timers of a protocol become, whichever dialect and road they come by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from birdstatus.parse.assembler import number
from birdstatus.records import ChangeCounts, ProtocolRecovery, RouteCounts, Timer

if TYPE_CHECKING:
    from birdstatus.grammar.patterns import Fields

__all__ = ["DIRECTIONS", "change_counts", "recovery", "route_counts", "seconds", "timer"]

DIRECTIONS: dict[str, Literal["receive", "import", "export"]] = {
    "Receive": "receive",
    "Import": "import",
    "Export": "export",
}


def seconds(text: str) -> int | float:
    """A duration: an ``int`` where BIRD prints whole seconds, a ``float`` where it prints a fraction."""
    return float(text) if "." in text else int(text)


def timer(remaining: str, total: str) -> Timer:
    """A timer, as its line shows it."""
    return Timer(seconds(remaining), None if total == "-" else int(total))


def change_counts(counts: str) -> ChangeCounts:
    """A line of the route change table of 1.6, from its five counts."""
    return ChangeCounts._make(None if text == "---" else int(text) for text in counts.split())


def route_counts(fields: Fields) -> RouteCounts | None:
    """The route counts, where there are any."""
    if "imported" not in fields:
        return None
    return RouteCounts(
        imported=int(fields["imported"]),
        exported=int(fields["exported"]),
        filtered=number(fields.get("filtered")),
        preferred=number(fields.get("preferred")),
    )


def recovery(fields: Fields) -> ProtocolRecovery:
    """The part in a graceful restart that a line shows."""
    return ProtocolRecovery(pending="pending" in fields, waiting="waiting" in fields)
