"""Virtual nodes, each the agent as it is, against the real kube-apiserver and etcd.

    make bench-fleet                                   some twenty minutes
    make bench-fleet FLEET="--nodes 10 100 --seconds 20"

Prints progress while it runs, writes `results.json` beside this file, and with `--page` the picture and the
tables of docs/scale.md.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from fleet.cluster import RESOURCE, Cluster
from fleet.nodes import node_name
from fleet.others import be_leases, be_plain_writers
from fleet.page import write_page
from fleet.played import SHAPES
from fleet.scenarios import Measured, Scenarios

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
SCENARIOS = ("steady", "changing", "lost", "restarted", "flap", "api_restart")
_PLAIN = 10


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--nodes", type=int, nargs="*", default=[10, 100, 300, 1000, 5000])
    parser.add_argument("--shape", choices=sorted(SHAPES), default="small")
    parser.add_argument(
        "--mesh", type=int, nargs="*", default=[], help="and so many mesh nodes, steady"
    )
    parser.add_argument(
        "--large", type=int, nargs="*", default=[], help="and so many large ones, steady"
    )
    parser.add_argument("--scenarios", nargs="*", choices=SCENARIOS, default=["steady"])
    parser.add_argument(
        "--all-at", type=int, default=1000, help="every scenario at this number of nodes"
    )
    parser.add_argument("--leases", type=int, nargs="*", default=[100, 1000])
    parser.add_argument("--seconds", type=float, default=60.0, help="how long each is measured")
    parser.add_argument(
        "--longest", type=float, default=300.0, help="how long the most nodes are measured"
    )
    parser.add_argument("--heartbeat", choices=("auto", "period", "change"), default="auto")
    parser.add_argument("--objects", choices=("any", "named-after-node"), default="any")
    parser.add_argument("--output", type=Path, default=HERE / "results.json")
    parser.add_argument("--page", action="store_true", help="write docs/scale.md from the results")
    asked = parser.parse_args()
    begun = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - begun:6.0f} s  {text}", file=sys.stderr, flush=True)

    rows: list[Measured] = []
    machine = {
        "python": platform.python_version(),
        "cpus": os.cpu_count(),
        "machine": platform.machine(),
        "load before": round(os.getloadavg()[0], 2),
    }

    def keep() -> None:
        # After each: a later part that fails costs no earlier one.
        text = json.dumps({"machine": machine, "rows": [row.row() for row in rows]}, indent=1)
        asked.output.write_text(text + "\n")

    with Cluster() as cluster:
        _run(cluster, asked, say, rows, keep)
    say("done")
    if asked.page:
        write_page(asked.output)
    return 0


def _run(
    cluster: Cluster, asked: argparse.Namespace, say: Callable[[str], None],
    rows: list[Measured], keep: Callable[[], None],
) -> None:  # fmt: skip
    heartbeat = {"auto": None, "period": 0.0, "change": math.inf}[asked.heartbeat]
    say("both servers are there; what they cost with nothing to do")
    cluster.fill(_PLAIN)
    time.sleep(10)
    idle = cluster.over(asked.seconds)
    rows.append(Measured.of("idle", 0, "", idle, None))
    say(f"idle: {idle.cores:.4f} cores")
    scenarios = Scenarios(cluster, say, asked.seconds, idle, rows)
    shape = SHAPES[asked.shape].of(_PLAIN)
    # The plain writers put back whole objects of the same size.
    scenarios.fleet(_PLAIN, asked.shape, shape, 0.0, "any", ["steady"])
    rows[-1].what = "ours, --heartbeat=period"
    names = [node_name(at) for at in range(_PLAIN)]
    with cluster.beside(be_plain_writers, RESOURCE, names):
        time.sleep(10)
        rows.append(
            Measured.of("plain writers", _PLAIN, asked.shape, cluster.over(asked.seconds), idle)
        )
    say(f"ten plain writers: {rows[-1].cores:.4f} cores, {rows[-1].etcd_bytes:.0f} B/s into etcd")
    keep()
    for count in asked.leases:
        with cluster.beside(be_leases, count):
            time.sleep(5)
            rows.append(Measured.of("Leases", count, "", cluster.over(asked.seconds), idle))
        say(f"{count} Leases: {rows[-1].cores:.4f} cores")
        keep()
    for name, counts in ((asked.shape, asked.nodes), ("mesh", asked.mesh), ("large", asked.large)):
        for count in counts:
            is_all = count == asked.all_at and name == asked.shape
            chosen = list(SCENARIOS) if is_all else asked.scenarios
            is_most = count == max(counts) and name == asked.shape and not is_all
            scenarios.seconds = asked.longest if is_most else asked.seconds
            scenarios.fleet(count, name, SHAPES[name].of(count), heartbeat, asked.objects, chosen)
            keep()


if __name__ == "__main__":
    sys.exit(main())
