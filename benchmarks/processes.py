"""Memory and imports, each run in a process of its own."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import replies
from figures import Figure
from measuring import Samples, run_apart

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["importing", "memory"]


def memory(held: int, streamed: int, runs: int) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "held"
        table.write_bytes(replies.reply_of(replies.routes(held)))
        # The limit is for 200,000, and what is held grows with the routes.
        limit = 100 * held / 200_000
        for what, case, most in (
            (f"{held:,} Routes held", "held_routes", limit),
            (f"{held:,} Routes and the RouteReader that gave them", "held_reader", None),
            (f"{held:,} RouteEntry records held", "held_records", None),
        ):
            grown = Samples(tuple(run_apart("apart.py", case, str(table)) for _ in range(runs)))
            yield Figure.of(what, grown, "MB", most)
        table.write_bytes(replies.reply_of(replies.routes(streamed)))
        pairs = [
            (
                run_apart("apart.py", "streamed", str(table)),
                run_apart("apart.py", "drained", str(table)),
            )
            for _ in range(runs)
        ]
        more = Samples(tuple(with_it - without for with_it, without in pairs))
        yield Figure.of(f"streaming {streamed:,} routes, at its most", more, "MB", 15)


def importing(runs: int) -> Iterator[Figure]:
    cases = ("import_both", "import_birdstatus")
    taken = [[run_apart("apart.py", case) for case in cases] for _ in range(runs + 1)]
    both, ours = (Samples(values) for values in zip(*taken[1:], strict=True))
    yield Figure.of(
        "`import birdstatus`, over pyparsing and pydantic with one model",
        ours.over(both), "x", 1.3, f"{ours.median * 1e3:.0f} ms",
    )  # fmt: skip
