"""`show route`: for the first time, again with changes, again unchanged, as JSON, and as it grows."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import replies
from baseline import bare_scan, rows_found
from figures import Figure
from measuring import Samples, in_turn, timed

from birdstatus import CalicoNodeStatusStatus, RouteReader, RouteStatus, iter_routes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from birdstatus import Route

__all__ = ["growth", "reading"]

FEW_GATEWAYS = 4
MANY_ROUTES = 200_000
# As in the table of 200,000 routes over 400 gateways.
ROUTES_EACH = 500


def reading(count: int, runs: int, shape: replies.Shape, mix: str) -> Iterator[Figure]:
    """Every way to read this reply, over the bare scan of it."""
    rows = replies.routes(count, shape)
    reply = replies.reply_of(rows)
    changed = replies.reply_of(replies.with_changes(rows, shape))
    text = reply.decode()
    if rows_found(text) != count or len(RouteReader().read(reply)) != count:
        raise AssertionError("a row of the generator is none to the grammar")
    first = f"{count:,} routes ({mix} times)"

    def scan() -> int:
        return bare_scan(text)

    base, once, body, streamed = in_turn(
        runs,
        scan,
        lambda: RouteReader().read(reply),
        lambda: body_of(reply),
        lambda: sum(1 for _ in iter_routes(reply)),
    )
    yield Figure.of(
        f"bare scan of {first}", per_route(base, count), "us/route", note=f"{len(reply)} bytes"
    )
    yield Figure.of(
        f"{first}, bytes to Routes, first time",
        once.over(base), "x bare scan", 4, each(once, count),
    )  # fmt: skip

    reader = RouteReader()
    versions = itertools.cycle((reply, changed))
    base, again = in_turn(runs, scan, lambda: reader.read(next(versions)))
    yield Figure.of(
        f"{first}, 1 % of rows changed", again.over(base), "x bare scan", 1, each(again, count)
    )

    reader.read(reply)
    # A reply from the socket equals the last one, but is never the same object.
    copies = itertools.cycle((bytes(bytearray(reply)), bytes(bytearray(reply))))
    base, again = in_turn(runs, scan, lambda: reader.read(next(copies)))
    yield Figure.of(f"{first}, unchanged", again.over(base), "x bare scan", 0.1, each(again, count))

    later = replies.reply_of(replies.a_second_later(rows))
    phases = itertools.cycle((later, reply))
    base, again = in_turn(runs, scan, lambda: reader.read(next(phases)))
    yield Figure.of(
        f"{first}, unchanged but for BIRD's clock, every time a second later or earlier",
        again.over(base), "x bare scan", note=each(again, count),
    )  # fmt: skip

    yield Figure.of(
        f"{first}, bytes to the status as JSON, first time",
        body.over(base), "x bare scan", 5, each(body, count),
    )  # fmt: skip
    yield Figure.of(
        f"{first}, `iter_routes` (records)",
        streamed.over(base), "x bare scan", note=each(streamed, count),
    )  # fmt: skip


def body_of(reply: bytes) -> bytes:
    published = RouteReader().read(reply)
    status = CalicoNodeStatusStatus(routes=RouteStatus(routesV4=published))
    return status.model_dump_json().encode()


def growth(sizes: tuple[int, ...], runs: int) -> Iterator[Figure]:
    """The time for each route in tables of these sizes that are alike in all else."""
    yield growth_of(dict.fromkeys(sizes, FEW_GATEWAYS), runs, f"{FEW_GATEWAYS} gateways", 1.15)
    # A cluster that grows has more nodes: what is known of their routes fits a cache no more.
    growing = {size: size // ROUTES_EACH for size in sizes}
    yield growth_of(growing, runs, f"{ROUTES_EACH} routes over each gateway", None)


def growth_of(gateways: dict[int, int], runs: int, what: str, limit: float | None) -> Figure:
    sizes = tuple(gateways)
    tables = {
        size: replies.reply_of(replies.routes(size, replies.Shape(gateways=count)))
        for size, count in gateways.items()
    }
    taken: dict[int, list[float]] = {size: [] for size in sizes}
    for reply in tables.values():
        RouteReader().read(reply)
    for _ in range(runs):
        for size, reply in tables.items():
            # Of small tables many, all kept, so that memory is touched anew for each of them too.
            times = max(1, MANY_ROUTES // size)
            seconds = timed(lambda reply=reply, times=times: [first(reply) for _ in range(times)])
            taken[size].append(seconds / times / size)
    medians = {size: Samples(tuple(taken[size])) for size in sizes}
    by_time = sorted(sizes, key=lambda size: medians[size].median)
    least, most = by_time[0], by_time[-1]
    each_size = ", ".join(f"{size:,}: {medians[size].median * 1e6:.2f}" for size in sizes)
    return Figure.of(
        f"growth from {sizes[0]:,} to {sizes[-1]:,} routes, {what}: time per route, the most over the "
        "least of any two sizes",
        medians[most].over(medians[least]), "x", limit,
        f"{most:,} over {least:,}; us/route: {each_size}",
    )  # fmt: skip


def first(reply: bytes) -> tuple[Route, ...]:
    return RouteReader().read(reply)


def per_route(samples: Samples, count: int) -> Samples:
    return Samples(tuple(value / count * 1e6 for value in samples.values))


def each(samples: Samples, count: int) -> str:
    return f"{samples.median / count * 1e6:.2f} us/route"
