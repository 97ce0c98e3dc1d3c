"""Record the fixtures from real daemons: `python -m tests.lab.record [SCENARIO...]`.

Each scenario replaces only its own folders. Some are played at a time, since they mostly wait for
BGP's timers.
"""

import argparse
import concurrent.futures
import subprocess
import sys
import time
from pathlib import Path

from .namespace import remove_stale
from .releases import releases
from .requirements import lacking
from .scenarios import load, load_dual

FIXTURES = Path(__file__).parent.parent / "fixtures"
_LIMIT = 90  # seconds for one scenario in one family; most take one or two


def _play(name: str, of: str, fixtures: Path) -> str | None:
    """Why it failed, or None."""
    command = [sys.executable, "-m", f"{__spec__.parent}.play", name, of, str(fixtures)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=_LIMIT, check=False
        )
    except subprocess.TimeoutExpired:
        return f"no end after {_LIMIT} s"
    return (done.stderr[-2000:] or f"signal {-done.returncode}") if done.returncode else None


def main() -> int:
    known, dual = load(), load_dual()
    parser = argparse.ArgumentParser(description="Record fixtures from real BIRD daemons.")
    parser.add_argument("scenario", nargs="*", help=f"one of: {', '.join([*known, *dual])}")
    parser.add_argument("--release", action="append", help="record of this BIRD 2 or 3 only")
    parser.add_argument("--jobs", type=int, default=4, help="how many at a time (default: 4)")
    parser.add_argument("--fixtures", type=Path, default=FIXTURES, help="where to write")
    wanted = parser.parse_args()
    if unknown := [name for name in wanted.scenario if name not in {*known, *dual}]:
        parser.error(f"no scenario {', '.join(unknown)}")
    if reason := lacking():
        print(f"cannot record: {reason}", file=sys.stderr)
        return 1
    remove_stale()
    start = time.monotonic()
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(wanted.jobs) as pool:
        chosen = wanted.scenario or [*known, *dual]
        parts = [
            (name, str(family))
            for name in chosen
            if name in known and not wanted.release
            for family in known[name].families
        ]
        parts += [
            (name, release.version)
            for release in releases()
            if not wanted.release or release.version in wanted.release
            for name in chosen
            if name in dual and dual[name].plays(release)
        ]
        plays = {
            pool.submit(_play, name, of, wanted.fixtures): f"{name} {of}" for name, of in parts
        }
        for done in concurrent.futures.as_completed(plays):
            reason = done.result()
            failed += reason is not None
            print(f"{plays[done]}: {reason or 'recorded'}", flush=True)
    print(f"{len(plays) - failed} recorded, {failed} failed, {time.monotonic() - start:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
