"""What a check of a fleet takes in a process of its own. Prints one number.

python benchmarks/fleet_apart.py seconds|megabytes|bare FOLDER
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apart import status

if TYPE_CHECKING:
    from collections.abc import Iterator


def documents(folder: str) -> Iterator[Any]:
    for path in sorted(Path(folder).iterdir()):
        yield json.loads(path.read_bytes())


def check(folder: str) -> None:
    from birdstatus.fleet import findings, inventory  # noqa: PLC0415 - the import is part of what is measured

    found = findings(inventory(documents(folder)), now=datetime(2026, 3, 1, 12, tzinfo=UTC))
    if found.exit_code or not found.summary.sessions_up:
        raise AssertionError(found.summary)


def bare(folder: str) -> None:
    """What nobody who reads these files as JSON can go below."""
    for _ in documents(folder):
        pass


if __name__ == "__main__":
    case, where = sys.argv[1:]
    start = time.perf_counter()
    bare(where) if case == "bare" else check(where)
    print(status("VmHWM") if case == "megabytes" else time.perf_counter() - start)
