"""The log's own thread: nobody who logs waits, and what is lost is counted."""

import os
import threading
from collections.abc import Iterator

import pytest

from reporter.logs import MOST_WAITING, LineWriter


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    before = {*threading.enumerate()}
    yield reading, writing
    # Whatever is still written goes nowhere.
    os.close(reading)
    for thread in {*threading.enumerate()} - before:
        thread.join()
    os.close(writing)


def _fill(descriptor: int) -> int:
    """Write until it takes no more; the number of bytes."""
    os.set_blocking(descriptor, False)
    filled = 0
    try:
        while True:
            filled += os.write(descriptor, b"x" * 4096)
    except BlockingIOError:
        return filled
    finally:
        os.set_blocking(descriptor, True)


def _read(descriptor: int, size: int) -> bytes:
    data = b""
    while len(data) < size:
        data += os.read(descriptor, size - len(data))
    return data


def test_lines_come_in_order_and_whole(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    writer = LineWriter(writing, str)
    lines = [f"line {number} é \udc80" for number in range(100)]
    for line in lines:
        writer.put(line)
    writer.close(60)
    expected = "".join(f"line {number} é \\udc80\n" for number in range(100)).encode()
    assert _read(reading, len(expected)) == expected


def test_what_there_is_no_room_for_is_counted_and_said_once(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    filled = _fill(writing)
    writer = LineWriter(writing, lambda count: f"{count} lost")
    for number in range(MOST_WAITING + 300):
        writer.put(f"line {number}")
    # Its thread has one line at hand, or none yet.
    writer.drain(0.01)
    assert _read(reading, filled) == b"x" * filled
    lines = b""
    while f"line {MOST_WAITING - 1}\n".encode() not in lines:
        lines += os.read(reading, 65536)
    first, second, *rest = lines.decode().splitlines()
    said = [line for line in (first, second, *rest) if "lost" in line]
    assert len(said) <= 2
    lost = sum(int(line.split()[0]) for line in said)
    assert 299 <= lost <= 300
    writer.put("after")
    writer.close(60)
    assert os.read(reading, 65536).decode().splitlines()[-1] == "after"


def test_a_descriptor_that_does_not_block_is_waited_for(pipe: tuple[int, int]) -> None:
    """Who shares a pipe with us may have made it so."""
    reading, writing = pipe
    filled = _fill(writing)
    os.set_blocking(writing, False)
    writer = LineWriter(writing, str)
    line = "y" * 200_000  # more than a pipe holds
    writer.put(line)
    assert _read(reading, filled + len(line) + 1) == b"x" * filled + line.encode() + b"\n"
    writer.close(60)


def test_at_the_end_what_nobody_reads_is_not_waited_for(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    filled = _fill(writing)
    writer = LineWriter(writing, str)
    writer.put("never read")
    writer.drain(0.05)
    assert _read(reading, filled) == b"x" * filled
    writer.close(60)
    assert os.read(reading, 100) == b"never read\n"


def test_without_a_thread_lines_wait_for_one(
    pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, writing = pipe
    writer = LineWriter(writing, str)

    def refused(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refused)
        writer.put("first")
        writer.drain(60)
    writer.put("second")
    writer.close(60)
    assert _read(reading, 13) == b"first\nsecond\n"
