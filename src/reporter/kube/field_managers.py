"""Who else writes a status."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["FIELD_MANAGER", "OtherWriter", "last_other_writer"]

# What the API server notes as the writer of this reporter's writes.
FIELD_MANAGER = "birdstatus-reporter"

# The other writer's name if the API server does not tell it.
SOMEBODY = "somebody"

# Own writes in a row without a foreign one between them after which the other one is held to be gone.
_QUIET_WRITES = 10


def last_other_writer(metadata: dict[str, Any]) -> str:
    """The field manager, other than this one, that wrote to ``status`` last.

    Empty if the last was this reporter, or nobody. Without any field managers nobody knows: ``somebody``.
    """
    managed = metadata.get("managedFields")
    if not isinstance(managed, list) or not managed:
        return SOMEBODY
    own = ""
    other = ("", "")
    for entry in managed:
        if not isinstance(entry, dict) or "f:status" not in (entry.get("fieldsV1") or ()):
            continue
        time, manager = str(entry.get("time", "")), str(entry.get("manager", ""))
        if manager == FIELD_MANAGER:
            own = max(own, time)
        else:
            other = max(other, (time, manager or SOMEBODY))
    return "" if own > other[0] else other[1]


@dataclass(slots=True)
class OtherWriter:
    """Whether another one writes the same status now: ``name`` is empty where nobody does."""

    name: str = ""
    _quiet: int = field(default=0)

    def wrote(self, name: str) -> None:
        """The status was changed by somebody else of this name."""
        self.name = name
        self._quiet = 0

    def was_quiet(self) -> None:
        """The status was written by this reporter, and nobody else had changed it."""
        self._quiet += 1
        if self._quiet >= _QUIET_WRITES:
            self.name = ""
