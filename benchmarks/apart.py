"""What only a fresh process can tell: memory and the time of an import. Prints one number.

python benchmarks/apart.py CASE [FILE]
"""

from __future__ import annotations

import gc
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KIB_IN_MB = 1000 / 1024
SMALL = b"1007-10.0.0.0/8 via 10.0.0.1 on eth0 [Mesh_10_0_0_1 18:42:00] * (100/0) [i]\n0000 \n"


def status(field: str) -> float:
    """A size of this process in MB: `VmRSS`, or `VmHWM` for the most there was."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) / KIB_IN_MB / 1000
    raise KeyError(field)


def held(file: str, keep: Callable[[bytes], object]) -> float:
    """What a process has grown by when all it still holds is what was kept."""
    # What is loaded and compiled on first use is no part of it.
    keep(SMALL)
    gc.collect()
    before = status("VmRSS")
    kept = keep(Path(file).read_bytes())
    gc.collect()
    grown = status("VmRSS") - before
    if not kept:
        raise AssertionError("nothing was read")
    return grown


def held_routes(file: str) -> float:
    from birdstatus import RouteReader  # noqa: PLC0415

    return held(file, lambda reply: RouteReader().read(reply))


def held_reader(file: str) -> float:
    from birdstatus import RouteReader  # noqa: PLC0415

    def keep(reply: bytes) -> RouteReader:
        reader = RouteReader()
        reader.read(reply)
        return reader

    return held(file, keep)


def held_records(file: str) -> float:
    from birdstatus import parse_routes  # noqa: PLC0415

    return held(file, parse_routes)


def chunks(file: str) -> Iterator[bytes]:
    with Path(file).open("rb") as stream:
        while chunk := stream.read(1 << 16):
            yield chunk


def streamed(file: str) -> float:
    """The most that a process ever held while it read routes one by one."""
    from birdstatus import iter_routes  # noqa: PLC0415

    sum(1 for _ in iter_routes(chunks(file)))
    return status("VmHWM")


def drained(file: str) -> float:
    """The same process, loaded as well, and the same chunks, but no routes."""
    from birdstatus import iter_routes  # noqa: PLC0415

    sum(1 for _ in iter_routes(SMALL))
    sum(map(len, chunks(file)))
    return status("VmHWM")


def import_birdstatus() -> float:
    start = time.perf_counter()
    import birdstatus  # noqa: PLC0415

    # Its names are loaded when they are first used.
    for name in birdstatus.__all__:
        getattr(birdstatus, name)
    return time.perf_counter() - start


def import_both() -> float:
    """What nobody who uses these two libraries can go below."""
    start = time.perf_counter()
    import pyparsing  # noqa: F401, PLC0415
    from pydantic import BaseModel  # noqa: PLC0415

    class Model(BaseModel):
        value: int

    return time.perf_counter() - start


CASES: dict[str, Callable[..., float]] = {
    one.__name__: one
    for one in (
        held_routes, held_reader, held_records, streamed, drained, import_birdstatus, import_both,
    )
}  # fmt: skip

if __name__ == "__main__":
    print(CASES[sys.argv[1]](*sys.argv[2:]))
