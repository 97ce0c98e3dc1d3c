"""A check of a whole cluster, from files of its resources and statuses."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from figures import Figure
from measuring import HERE, Samples, run_apart

if TYPE_CHECKING:
    from collections.abc import Iterator

sys.path.insert(0, str(HERE.parent / "tests" / "birdstatus" / "fleet"))

from clusters import Cluster

__all__ = ["fleet"]


def fleet(size: int, runs: int) -> Iterator[Figure]:
    """A mesh of so many nodes with and without routes, and five times as many with reflectors.

    Limits are of 1,000 and 5,000 nodes; smaller ones have none. Times are of a whole process, its imports too.
    """
    cases = (
        ("mesh", size, False, 3.0, 80.0),
        ("mesh", size, True, 10.0, 120.0),
        ("reflectors", 5 * size, False, 10.0, None),
    )
    for shape, nodes, with_routes, seconds, megabytes in cases:
        what = f"check of {nodes:,} nodes ({shape}{', with routes' if with_routes else ''})"
        with tempfile.TemporaryDirectory() as folder:
            write(Cluster(nodes, shape, with_routes=with_routes).fill(), Path(folder))
            pairs = [
                [run_apart("fleet_apart.py", case, folder) for case in ("bare", "seconds")]
                for _ in range(runs)
            ]
            bare, whole = (Samples(values) for values in zip(*pairs, strict=True))
            is_whole = size >= 1000
            yield Figure.of(f"{what}, seconds", whole, "s", seconds if is_whole else None)
            yield Figure.of(f"{what}, over reading the same JSON", whole.over(bare), "x")
            most = Samples((run_apart("fleet_apart.py", "megabytes", folder),))
            yield Figure.of(f"{what}, peak memory", most, "MB", megabytes if is_whole else None)


def write(cluster: Cluster, folder: Path) -> None:
    resources = []
    for document in cluster:
        if document["kind"] == "CalicoNodeStatus":
            (folder / f"{document['metadata']['name']}.json").write_text(json.dumps(document))
        else:
            resources.append(document)
    everything = {"apiVersion": "v1", "kind": "List", "items": resources}
    (folder / "resources.json").write_text(json.dumps(everything))
