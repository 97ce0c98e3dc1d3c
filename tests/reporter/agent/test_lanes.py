"""Lanes: one job at a time in each, in order, and an end that waits for nobody for long."""

import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from reporter.agent.lanes import Threads


class Mailbox:
    """What the lanes post, called when the test says so."""

    def __init__(self) -> None:
        self.calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self.results: list[Any] = []

    def take(self, count: int) -> list[Any]:
        for _ in range(count):
            self.calls.get(timeout=60)()
        return self.results


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def threads(mailbox: Mailbox) -> Iterator[Threads]:
    found = Threads(mailbox.calls.put)
    yield found
    found.stop(60)


def test_jobs_of_a_lane_are_done_in_order_and_their_errors_are_results(
    threads: Threads, mailbox: Mailbox
) -> None:
    error = KeyError("a job")

    def fail() -> None:
        raise error

    threads.run("a", lambda: 1, mailbox.results.append)
    threads.run("a", fail, mailbox.results.append)
    threads.run("a", lambda: threading.current_thread().name, mailbox.results.append)
    assert mailbox.take(3) == [1, error, "a"]


def test_a_lane_that_hangs_holds_up_no_other_and_not_the_end(mailbox: Mailbox) -> None:
    threads = Threads(mailbox.calls.put)
    hangs, goes_on = threading.Event(), threading.Event()

    def hang() -> str:
        hangs.set()
        goes_on.wait()
        return "late"

    threads.run("hangs", hang, mailbox.results.append)
    hangs.wait()
    threads.run("other", lambda: "other", mailbox.results.append)
    assert mailbox.take(1) == ["other"]
    threads.stop(0.05)
    assert [thread.name for thread in threading.enumerate() if thread.name == "hangs"] == ["hangs"]
    goes_on.set()
    threads.stop(60)
    assert mailbox.take(1) == ["other", "late"]
    assert not {"hangs", "other"} & {thread.name for thread in threading.enumerate()}


def test_what_is_under_way_is_waited_for(mailbox: Mailbox) -> None:
    threads = Threads(mailbox.calls.put)
    begun = threading.Event()

    def work() -> str:
        begun.set()
        threading.Event().wait(0.05)
        return "done"

    threads.run("a", work, mailbox.results.append)
    begun.wait()
    threads.stop(60)
    assert "a" not in {thread.name for thread in threading.enumerate()}
    assert mailbox.take(1) == ["done"]


def test_without_a_thread_to_be_had_the_next_job_tries_again(
    threads: Threads, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refused)
        threads.run("a", lambda: 1, mailbox.results.append)
    assert [str(result) for result in mailbox.take(1)] == ["can't start new thread"]
    threads.run("a", lambda: 2, mailbox.results.append)
    assert mailbox.take(1)[1] == 2
