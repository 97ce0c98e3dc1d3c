"""BIRD 2 and 3 as `make birds` unpacks them: one daemon that serves both families."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

_UNPACKED = Path(__file__).parent.parent.parent / ".birds"
# What CI must have beside the system's 1.6: so many releases of each major version at least.
_NEEDED = {2: 1, 3: 2}


@dataclass(frozen=True, slots=True, order=True)
class Release:
    """One unpacked release; they sort by their version."""

    number: tuple[int, ...]
    folder: Path

    @property
    def version(self) -> str:
        return ".".join(map(str, self.number))

    @property
    def bird(self) -> Path:
        return self.folder / "bird"

    @property
    def birdc(self) -> Path:
        return self.folder / "birdc"

    def __str__(self) -> str:
        return self.version


def releases() -> list[Release]:
    """What is unpacked, the oldest first."""
    return sorted(
        Release(tuple(map(int, re.findall("[0-9]+", file.read_text()))), file.parent)
        for file in _UNPACKED.glob("*/version")
    )


def newest(major: int) -> Release | None:
    """The newest unpacked release of that major version."""
    return next((found for found in reversed(releases()) if found.number[0] == major), None)


def lacking_releases() -> str | None:
    """Why there are not enough releases; None where there are."""
    found = [release.number[0] for release in releases()]
    for major, needed in _NEEDED.items():
        if found.count(major) < needed:
            return f"{found.count(major)} of {needed} releases of BIRD {major}: run `make birds`"
    return None


def in_ci() -> bool:
    return os.environ.get("CI") == "true"
