"""Every figure that this project promises, with its limit and whether it holds.

    python benchmarks/run.py [--quick]

Ratios are to a baseline of the same run. Prints one table and, of a whole run, writes `results.json`
beside this file; ends with 1 where a limit does not hold. The parts with real daemons need root and BIRD.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import replies
from comparison import comparison
from figures import Figure, table, write
from fleet_findings import fleet
from measuring import HERE
from processes import importing, memory
from real_bird import real_routes, real_sessions
from reporter_cost import reporter
from route_reading import growth, reading
from sessions import sessions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of everything."""

    routes: int = 200_000
    runs: int = 5
    sizes: tuple[int, ...] = (2_000, 20_000, 200_000, 1_000_000)
    growth_runs: int = 5
    streamed: int = 1_000_000
    processes: int = 3
    imports: int = 15
    session_runs: int = 15
    refreshes: int = 20
    objects: int = 50
    compared: int = 20_000
    nodes: int = 1_000


QUICK = Plan(
    routes=20_000, runs=3, sizes=(2_000, 20_000), streamed=50_000, processes=1, imports=5,
    session_runs=5, refreshes=8, objects=20, compared=2_000, nodes=100,
)  # fmt: skip


def parts(plan: Plan) -> dict[str, Callable[[], Iterator[Figure]]]:
    def generated() -> Iterator[Figure]:
        yield from sessions(replies.protocols_reply(500), 500, plan.session_runs, "generated", 6)

    return {
        "routes": lambda: reading(plan.routes, plan.runs, replies.SCATTERED, "scattered"),
        "settled": lambda: reading(plan.routes, plan.runs, replies.SETTLED, "settled"),
        "sessions": generated,
        "imports": lambda: importing(plan.imports),
        "memory": lambda: memory(plan.routes, plan.streamed, plan.processes),
        "fleet": lambda: fleet(plan.nodes, plan.processes),
        "reporter": lambda: reporter(plan.refreshes, plan.objects),
        "bird": lambda: real_routes(plan.routes, plan.runs),
        "bird-sessions": lambda: real_sessions(500, plan.session_runs),
        "growth": lambda: growth(plan.sizes, plan.growth_runs),
        "comparison": lambda: comparison(plan.compared, plan.runs),
    }


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    arguments.add_argument("--quick", action="store_true", help="small tables, few runs")
    arguments.add_argument("--only", nargs="+", choices=parts(QUICK), help="these parts alone")
    asked = arguments.parse_args()
    plan = QUICK if asked.quick else Plan()
    figures: list[Figure] = []
    machine = {
        "python": platform.python_version(),
        "cpus": os.cpu_count(),
        "machine": platform.machine(),
        "system": platform.release(),
        "quick": asked.quick,
    }
    for name, measure in parts(plan).items():
        if asked.only and name not in asked.only:
            continue
        begun = time.monotonic()
        figures += measure()
        print(f"{name}: {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
        # After each: a later part that fails costs no earlier one.
        if not asked.only:
            write(HERE / "results.json", machine, figures)
    print(table(figures))
    return 0 if all(one.holds for one in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
