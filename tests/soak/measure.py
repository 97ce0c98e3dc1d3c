"""What a process uses, over time."""

import re
import threading
import time
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

# The ticker's pause in seconds, and by how much it is late on a busy machine.
_TICK = 0.2
LATE = 0.2


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


@dataclass(frozen=True)
class Missed:
    """Periods without a status: when the next one came, how many in a row, and the excuse, if there is one."""

    at: float
    count: int
    why: str


@dataclass
class Periods:
    """The `lastUpdated` of an object as a watch brings it, and when faults excuse a gap. Unix times.

    A watch that breaks off brings several statuses at once, so when they come says nothing.
    """

    seen: list[float] = field(default_factory=list)
    excuses: list[tuple[float, float, str]] = field(default_factory=list)

    def see(self, updated: float) -> None:
        if not self.seen or updated > self.seen[-1]:
            self.seen.append(updated)

    def excuse(self, begin: float, end: float, why: str) -> None:
        """What happened from then to then keeps statuses from being written."""
        self.excuses.append((begin, end, why))

    def missed(self, period: float) -> list[Missed]:
        """The periods without a status, each with what excuses it; the first that was noted, if several do."""
        return [
            Missed(later, count, self._why(earlier, later))
            for earlier, later in pairwise(self.seen)
            if (count := round((later - earlier) / period) - 1) > 0
        ]

    def _why(self, earlier: float, later: float) -> str:
        whys = (why for begin, end, why in self.excuses if begin < later and earlier < end)
        return next(whys, "")


class Ticker:
    """Notes when a thread that wants to run five times a second does not: the machine is busy."""

    def __init__(self, periods: Periods) -> None:
        self._periods = periods
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ticker")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        before = time.time()
        while not self._done.wait(_TICK):
            now = time.time()
            if now - before > _TICK + LATE:
                self._periods.excuse(before - 1, now + 1, "machine_busy")
            before = now
