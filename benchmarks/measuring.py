"""Times of a baseline and of what is measured, in turn, so that the machine's moods hit both."""

from __future__ import annotations

import gc
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["HERE", "Samples", "cpu_seconds", "environment", "in_turn", "peak", "run_apart", "timed"]

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Samples:
    """What several runs gave, in whatever unit."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def spread(self) -> float:
        """Half the distance between the quartiles, as a share of the median."""
        if len(self.values) < 3:
            low, high = min(self.values), max(self.values)
        else:
            low, _, high = statistics.quantiles(self.values, n=4, method="inclusive")
        return (high - low) / 2 / self.median if self.median else 0.0

    def over(self, other: Samples) -> Samples:
        """Ratios, each to the baseline's run beside it."""
        return Samples(tuple(a / b for a, b in zip(self.values, other.values, strict=True)))


def timed(work: Callable[[], object]) -> float:
    """Seconds of one run. The collector of garbage runs as it does for a user."""
    gc.collect()
    start = time.perf_counter()
    result = work()
    seconds = time.perf_counter() - start
    # Giving the result back is no part of it.
    del result
    return seconds


def in_turn(runs: int, *works: Callable[[], object]) -> list[Samples]:
    """Run each work, then each again; one run of all before does not count."""
    for work in works:
        timed(work)
    taken = [[timed(work) for work in works] for _ in range(runs)]
    return [Samples(values) for values in zip(*taken, strict=True)]


def run_apart(module: str, *arguments: str) -> float:
    """The number that a module beside this one prints in a process of its own."""
    command = [sys.executable, str(HERE / module), *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment())
    return float(done.stdout)


def environment() -> dict[str, str]:
    """This process's, in which modules are compiled once, as they are where they are installed."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def cpu_seconds(pid: int) -> float:
    """Processor time of all threads of a process so far (clock_getcpuclockid(3))."""
    return time.clock_gettime((~pid << 3) | 2)


def peak(pid: int) -> float:
    """The most memory that a process ever had, in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise KeyError(pid)
