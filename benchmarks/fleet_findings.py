"""What looking at a whole cluster takes: as the command, from files and from an API server."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from subprocess import DEVNULL, Popen
from typing import TYPE_CHECKING, NamedTuple

from cluster_stand_in import ClusterStandIn
from figures import Figure
from measuring import HERE, Samples, environment, run_apart

if TYPE_CHECKING:
    from collections.abc import Iterator

sys.path.insert(0, str(HERE.parent / "tests" / "birdstatus" / "fleet"))

from clusters import Cluster

__all__ = ["fleet"]

COMMAND = Path(sys.executable).parent / "kubectl-birdstatus"
_MEGABYTE = 1e6 / 1024
RIGHT = 0


class Usage(NamedTuple):
    """What a process took: seconds of CPU of all its threads, and the most memory that it held, in MB."""

    seconds: float
    megabytes: float


def fleet(size: int, runs: int) -> Iterator[Figure]:
    """A mesh of so many nodes with and without routes, and five times as many with reflectors.

    Limits are of 1,000 and 5,000 nodes; smaller ones have none. Seconds are of CPU, which is what a free core
    takes, and of the whole command, its start too.
    """
    cases = (
        ("mesh", size, False, 3.0, 80.0),
        ("mesh", size, True, 10.0, 120.0),
        ("reflectors", 5 * size, False, 10.0, None),
    )
    for shape, nodes, with_routes, seconds, megabytes in cases:
        what = f"{nodes:,} nodes ({shape}{', with routes' if with_routes else ''})"
        is_whole = size >= 1000
        with tempfile.TemporaryDirectory() as folder:
            cluster = Cluster(nodes, shape, with_routes=with_routes).fill()
            write(cluster, Path(folder))
            pairs = [(run_apart("bare_json.py", folder), check(folder)) for _ in range(runs)]
            bare = Samples(tuple(seconds for seconds, _ in pairs))
            whole = Samples(tuple(usage.seconds for _, usage in pairs))
            most = Samples(tuple(usage.megabytes for _, usage in pairs))
            limit = seconds if is_whole else None
            yield Figure.of(f"check of {what}, from files", whole, "s of CPU", limit)
            yield Figure.of(f"check of {what}, over reading the same JSON", whole.over(bare), "x")
            limit = megabytes if is_whole else None
            yield Figure.of(f"check of {what}, peak memory", most, "MB", limit)
            with ClusterStandIn(cluster) as api:
                first = Usage(*api.serve(COMMAND, Path(folder)))
            yield Figure(f"serve of {what}, until the first page", first.seconds, "s of CPU")
            yield Figure(f"serve of {what}, peak memory", first.megabytes, "MB")


def check(folder: str) -> Usage:
    """One check of a folder, which must be right."""
    process = Popen([COMMAND, "check", "-f", folder], stdout=DEVNULL, env=environment())
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != RIGHT:
        raise AssertionError(process.returncode)
    return Usage(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / _MEGABYTE)


def write(cluster: Cluster, folder: Path) -> None:
    """A file for each status, and all else in a list."""
    resources = []
    for document in cluster:
        if document["kind"] == "CalicoNodeStatus":
            (folder / f"{document['metadata']['name']}.json").write_text(json.dumps(document))
        else:
            resources.append(document)
    everything = {"apiVersion": "v1", "kind": "List", "items": resources}
    (folder / "resources.json").write_text(json.dumps(everything))
