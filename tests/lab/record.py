"""Record the fixtures from real daemons: `python -m tests.lab.record [SCENARIO...]`.

Each scenario in each family is a process of its own, some at a time, since they mostly wait for
BGP's timers; each replaces only its own folder.
"""

import argparse
import concurrent.futures
import multiprocessing
import sys
import time
from pathlib import Path

from .daemon import Family
from .namespace import remove_stale
from .recording import Recorder
from .requirements import lacking
from .scenarios import load
from .stage import Stage

FIXTURES = Path(__file__).parent.parent / "fixtures"


def play(name: str, family: Family, fixtures: Path) -> float:
    """Record one scenario in one family; the seconds it took."""
    start = time.monotonic()
    chosen = load()[name]
    with Stage(family) as stage:
        recorder = Recorder(name, chosen.shows, stage, fixtures)
        chosen.scene(stage, recorder)
    recorder.write()
    return time.monotonic() - start


def main() -> int:
    known = load()
    parser = argparse.ArgumentParser(description="Record fixtures from real BIRD daemons.")
    parser.add_argument("scenario", nargs="*", help=f"one of: {', '.join(known)}")
    parser.add_argument("--jobs", type=int, default=4, help="how many at a time (default: 4)")
    parser.add_argument("--fixtures", type=Path, default=FIXTURES, help="where to write")
    wanted = parser.parse_args()
    if unknown := [name for name in wanted.scenario if name not in known]:
        parser.error(f"no scenario {', '.join(unknown)}")
    if reason := lacking():
        print(f"cannot record: {reason}", file=sys.stderr)
        return 1
    remove_stale()
    failed = 0
    with concurrent.futures.ProcessPoolExecutor(
        wanted.jobs, mp_context=multiprocessing.get_context("spawn"), max_tasks_per_child=1
    ) as pool:
        plays = {
            pool.submit(play, name, family, wanted.fixtures): f"{name}-v{family}"
            for name in wanted.scenario or known
            for family in known[name].families
        }
        for done in concurrent.futures.as_completed(plays):
            label = plays[done]
            if error := done.exception():
                failed += 1
                print(f"{label}: {type(error).__name__}: {str(error)[:1500]}", flush=True)
            else:
                print(f"{label}: {done.result():.1f} s", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
