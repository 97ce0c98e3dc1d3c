"""What a process uses, over time."""

import re
import time
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path


@dataclass(frozen=True)
class Sample:
    """What a process used at one time: seconds since the start, KiB of memory, descriptors, threads."""

    seconds: float
    memory: int
    descriptors: int
    threads: int


def sample(pid: int, begun: float) -> Sample:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    memory, threads = (
        int(found[1])
        for found in (
            re.search(rf"^{name}:\s+(\d+)", status, re.MULTILINE) for name in ("VmRSS", "Threads")
        )
        if found
    )
    return Sample(
        time.monotonic() - begun, memory, len([*Path(f"/proc/{pid}/fd").iterdir()]), threads
    )


def slope(samples: list[Sample], what: str) -> float:
    """The least-squares slope of a figure, for each minute."""
    times = [one.seconds / 60 for one in samples]
    values = [float(getattr(one, what)) for one in samples]
    mean_time, mean = sum(times) / len(times), sum(values) / len(values)
    spread = sum((t - mean_time) ** 2 for t in times)
    pairs = zip(times, values, strict=True)
    return sum((t - mean_time) * (value - mean) for t, value in pairs) / spread


@dataclass
class Periods:
    """The `lastUpdated` of an object as a watch brings it, and when faults excuse a gap. Unix times.

    A watch that breaks off brings several statuses at once, so when they come says nothing.
    """

    seen: list[float] = field(default_factory=list)
    excuses: list[tuple[float, float]] = field(default_factory=list)

    def see(self, updated: float) -> None:
        if not self.seen or updated > self.seen[-1]:
            self.seen.append(updated)

    def missed(self, period: float) -> list[tuple[float, int]]:
        """Periods without a write that no fault excuses: when it was seen, and how many in a row."""
        missed: list[tuple[float, int]] = []
        for earlier, later in pairwise(self.seen):
            is_excused = any(begin < later and earlier < end for begin, end in self.excuses)
            count = round((later - earlier) / period) - 1
            if count > 0 and not is_excused:
                missed.append((later, count))
        return missed
