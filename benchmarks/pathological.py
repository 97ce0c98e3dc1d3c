"""Inputs made to hurt: the time each takes, and the memory it needs beyond the input itself.

    python benchmarks/pathological.py

Each case runs in a process of its own, so that one's memory does not hide another's.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from birdstatus import BirdParseError, iter_routes, parse_answers, parse_protocols, parse_routes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MIB = 1 << 20
ROW = b" 10.%d.%d.0/24 via 10.0.0.1 on eth0 [Mesh_10_0_0_1 18:44:03] * (100/0) [AS64512i]\n"


def one_line() -> bytes:
    return b"1007-10.0.0.0/8 dev " + b"x" * (100 * MIB) + b"\n0000 \n"


def one_line_without_end() -> bytes:
    return b"1007-" + b"[" * (100 * MIB)


def empty_lines() -> bytes:
    return b"\n" * 10_000_000


def junk_lines() -> bytes:
    return b"1007-junk\n" * 1_000_000 + b"0000 \n"


def nested_brackets() -> bytes:
    row = b"1007-10.0.0.0/8 dev eth0 [k " + b"[" * 2000 + b"]" * 2000 + b"] * (10)\n"
    path = b"1012-\tBGP.as_path: " + b"{" * 2000 + b"1" + b"}" * 2000 + b"\n"
    return (row + path) * 100 + b"0000 \n"


def ten_thousand_nested_brackets() -> bytes:
    return b"1007-10.0.0.0/8 dev eth0 [k " + b"[" * 10_000 + b"]" * 10_000 + b"] * (10)\n0000 \n"


def descriptions_of_rows() -> bytes:
    return (
        b"2002-name     proto    table    state  since       info\n"
        + b"1002-a        BGP      master   up     1           Established   \n"
        b"1006-  Description:    1002-b BGP master up 1  Idle\n" * 100_000 + b"0000 \n"
    )


def stream() -> Iterator[bytes]:
    """A gibibyte of routes in pieces of the size that a socket gives."""
    piece = b"".join(ROW % (a, b) for a in range(4) for b in range(256))
    yield b"1007-10.255.0.0/16 dev eth0 [direct1 18:44:03] * (240)\n"
    for _ in range((1 << 30) // len(piece)):
        for start in range(0, len(piece), 1 << 16):
            yield piece[start : start + (1 << 16)]
    yield b"0000 \n"


def count(data: Iterator[bytes]) -> int:
    return sum(1 for _ in iter_routes(data))


def lenient(parse: Callable[..., list[object]]) -> Callable[[bytes], str]:
    def run(data: bytes) -> str:
        problems: list[BirdParseError] = []
        return f"{len(parse(data, problems))} records, {len(problems)} diagnostics"

    return run


CASES: dict[str, tuple[Callable[[], object], Callable[..., object]]] = {
    "a line of 100 MiB": (one_line, lenient(parse_routes)),
    "a line of 100 MiB of brackets, cut": (one_line_without_end, lenient(parse_answers)),
    "10,000,000 empty lines": (empty_lines, lenient(parse_answers)),
    "1,000,000 lines of junk": (junk_lines, lenient(parse_routes)),
    "10,000 nested brackets": (ten_thousand_nested_brackets, lenient(parse_routes)),
    "200 lines of 2,000 nested brackets": (nested_brackets, lenient(parse_routes)),
    "100,000 descriptions that imitate rows": (descriptions_of_rows, lenient(parse_protocols)),
    "1 GiB of routes, streamed": (stream, count),
}


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run_case(name: str) -> None:
    make, read = CASES[name]
    data = make()
    before, start = peak(), time.perf_counter()
    result = read(data)
    seconds = time.perf_counter() - start
    print(f"| {name} | {seconds:.2f} s | {peak() - before:.0f} MiB | {result} |")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        run_case(sys.argv[1])
    else:
        print("| input | time | memory beyond it | result |\n| --- | --- | --- | --- |", flush=True)
        for case in CASES:
            subprocess.run([sys.executable, __file__, case], check=True)
