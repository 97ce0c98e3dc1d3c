"""Who else writes a status."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["FIELD_MANAGER", "OtherWriter", "last_other_writer"]

# What the API server notes as the writer of this reporter's writes.
FIELD_MANAGER = "birdstatus-reporter"

# Own writes in a row without a foreign one between them after which the other one is held to be gone.
_QUIET_WRITES = 10


def last_other_writer(metadata: dict[str, Any]) -> str:
    """The field manager, other than this one, that wrote to ``status`` last; empty without one."""
    entries = [
        (str(entry.get("time", "")), str(entry.get("manager", "")))
        for entry in metadata.get("managedFields", ())
        if entry.get("manager") != FIELD_MANAGER and "f:status" in entry.get("fieldsV1", {})
    ]
    return max(entries, default=("", ""))[1]


@dataclass(slots=True)
class OtherWriter:
    """Whether another one writes the same status now: ``name`` is empty where nobody does."""

    name: str = ""
    _quiet: int = field(default=0)

    def wrote(self, name: str) -> None:
        """The status was changed by somebody else."""
        self.name = name or "somebody"
        self._quiet = 0

    def was_quiet(self) -> None:
        """The status was written by this reporter, and nobody else had changed it."""
        self._quiet += 1
        if self._quiet >= _QUIET_WRITES:
            self.name = ""
