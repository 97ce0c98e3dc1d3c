"""What was measured: a value, its spread, and the limit that it must keep."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from measuring import Samples

__all__ = ["Figure", "table", "write"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table. Without a limit it stands beside the others to compare."""

    what: str
    value: float
    unit: str
    limit: float | None = None
    spread: float = 0.0
    note: str = ""

    @classmethod
    def of(
        cls, what: str, samples: Samples, unit: str, limit: float | None = None, note: str = ""
    ) -> Figure:
        return cls(what, samples.median, unit, limit, samples.spread, note)

    @property
    def holds(self) -> bool:
        return self.limit is None or self.value <= self.limit

    @property
    def verdict(self) -> str:
        if self.limit is None:
            return ""
        return "holds" if self.holds else "does not hold"


def table(figures: Iterable[Figure]) -> str:
    rows = ["| what | measured | limit | | spread | |", "| --- | ---: | ---: | --- | ---: | --- |"]
    for one in figures:
        value = f"{one.value:#.3g}".rstrip(".") if one.value < 1000 else f"{one.value:.0f}"
        limit = "" if one.limit is None else f"{one.limit:g} {one.unit}"
        spread = f"{one.spread:.0%}" if one.spread else ""
        rows.append(
            f"| {one.what} | {value} {one.unit} | {limit} | {one.verdict} | {spread} | {one.note} |"
        )
    return "\n".join(rows)


def write(path: Path, machine: dict[str, object], figures: Iterable[Figure]) -> None:
    rows = [{**asdict(one), "holds": one.holds} for one in figures]
    path.write_text(json.dumps({"machine": machine, "figures": rows}, indent=1) + "\n")
