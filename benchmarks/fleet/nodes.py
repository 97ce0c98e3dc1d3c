"""A process with many virtual nodes: each the agent as it is, over played daemons and its own connections.

The agent's loop and its watch have threads of their own, as in a pod; what its lanes do is done by a few
threads that all nodes of the process share.
"""

# ruff: noqa: ANN401, SLF001 - it measures what is inside

from __future__ import annotations

import collections
import contextlib
import functools
import logging
import queue
import random
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fleet.played import PlayedBird
from reporter.agent.controller import Reporter
from reporter.kube.client import KubeApi
from reporter.kube.credentials import CredentialSource
from reporter.redaction import Redactor
from reporter.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from pathlib import Path

    from fleet.played import Shape

__all__ = ["Traffic", "node_name", "work"]

WORKERS = 8


def node_name(number: int) -> str:
    return f"node-{number:05}"


@dataclass
class Traffic:
    """Requests, and bytes of their bodies and answers, of all nodes of a process."""

    requests: collections.Counter[str] = field(default_factory=collections.Counter)
    sent: int = 0
    received: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def request(self, kind: str, sent: int, received: int) -> None:
        with self.lock:
            self.requests[kind] += 1
            self.sent += sent
            self.received += received

    def streamed(self, received: int) -> None:
        with self.lock:
            self.received += received


class CountedApi(KubeApi):
    """The API, with its traffic. Of a request counts what varies: its path and its body."""

    traffic: Traffic

    def _send(self, method: str, path: str, what: str, **options: Any) -> Any:
        query = dict(options.get("query") or ())
        kind = "WATCH" if "watch" in query else "COUNT" if query.get("limit") == "1" else method
        sent = len(path) + len(options.get("body") or b"")
        try:
            response = super()._send(method, path, what, **options)
        except Exception:
            self.traffic.request(f"{kind} failed", sent, 0)
            raise
        self.traffic.request(kind, sent, int(response.headers.get("Content-Length", 0)))
        if kind == "WATCH":
            read1 = response.read1

            def counted(*arguments: Any, **more: Any) -> bytes:
                piece: bytes = read1(*arguments, **more)
                self.traffic.streamed(len(piece))
                return piece

            response.read1 = counted
        return response


class OnceSource(CredentialSource):
    """Credentials that are read once for all nodes of a process, and stay."""

    def load(self) -> Any:
        if not hasattr(self, "_loaded"):
            self._loaded = super().load()
            # Who lets go of them removes no file of the others.
            self._files, self._loaded._made = self._loaded._made, contextlib.ExitStack()
        return self._loaded


class SharedLanes:
    """Lanes of one reporter; what is done in them is done by the threads that all share."""

    def __init__(
        self,
        jobs: queue.SimpleQueue[Callable[[], None]],
        post: Callable[[Callable[[], None]], None],
    ) -> None:
        self._jobs = jobs
        self._post = post
        self._waiting: dict[str, collections.deque[Callable[[], None]]] = {}
        self._lock = threading.Lock()

    def run(self, lane: str, job: Callable[[], Any], then: Callable[[Any], None]) -> None:
        def work() -> None:
            try:
                result = job()
            except Exception as error:  # noqa: BLE001 - as the real lanes do
                result = error
            self._post(functools.partial(then, result))

        if lane.startswith("bird"):
            work()  # it does not block
            return
        with self._lock:
            waiting = self._waiting.setdefault(lane, collections.deque())
            waiting.append(work)
            if len(waiting) > 1:
                return
        self._jobs.put(functools.partial(self._work, lane))

    def _work(self, lane: str) -> None:
        self._waiting[lane][0]()
        with self._lock:
            waiting = self._waiting[lane]
            waiting.popleft()
            if not waiting:
                return
        self._jobs.put(functools.partial(self._work, lane))

    def stop(self, seconds: float) -> None:
        """The threads are ended with the process."""


@dataclass
class Node:
    """One virtual node."""

    name: str
    bird: PlayedBird
    start_reporter: Callable[[PlayedBird, str], Reporter]
    reporter: Reporter | None = None
    thread: threading.Thread | None = None

    def start(self) -> None:
        self.reporter = self.start_reporter(self.bird, self.name)
        self.thread = threading.Thread(target=self.reporter.run, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        assert self.reporter is not None
        assert self.thread is not None
        self.reporter.stop()
        self.thread.join(30)


def work(  # noqa: PLR0913, PLR0917 - what a process is told at its start
    pipe: Connection,
    numbers: range,
    shape: Shape,
    kubeconfig: Path,
    heartbeat: float | None,
    objects: str,
) -> None:
    """Be these nodes until the pipe closes; answers each command that comes through it."""
    threading.stack_size(256 << 10)
    logging.getLogger("urllib3").setLevel(logging.CRITICAL)
    log = logging.getLogger("nodes")
    log.setLevel(logging.CRITICAL)
    traffic = Traffic()
    source = OnceSource(kubeconfig, Redactor())
    # Before there are threads that would do so at one time.
    source.load()
    jobs: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
    for _ in range(WORKERS):
        threading.Thread(target=_serve, args=(jobs,), daemon=True).start()

    def reporter(bird: PlayedBird, name: str) -> Reporter:
        api = CountedApi(source, timeout=30)
        api.traffic = traffic
        settings = Settings(node_name=name, heartbeat=heartbeat, objects=objects)
        return Reporter(
            settings, api, bird, log, lanes=functools.partial(SharedLanes, jobs),
        )  # fmt: skip

    nodes = [Node(node_name(at), PlayedBird(shape), reporter) for at in numbers]
    chance = random.Random(numbers.start)
    with contextlib.suppress(EOFError, OSError):
        while True:
            command, *arguments = pipe.recv()
            pipe.send(_obey(nodes, traffic, chance, command, *arguments))


def _serve(jobs: queue.SimpleQueue[Callable[[], None]]) -> None:
    while True:
        jobs.get()()


def _obey(  # noqa: C901 - one branch for each command
    nodes: list[Node], traffic: Traffic, chance: random.Random, command: str, *arguments: Any
) -> Any:
    if command == "start":
        # One after the other, over so many seconds.
        for node in nodes:
            node.start()
            time.sleep(arguments[0] / len(nodes))
    elif command == "restart":
        for node in nodes:
            node.stop()
            node.start()
            time.sleep(arguments[0] / len(nodes))
    elif command == "change":
        share, serial = arguments
        chosen = chance.sample(nodes, max(1, round(share * len(nodes))))
        for node in chosen:
            node.bird.change(serial)
        return {node.name: node.bird.changed_at[serial] for node in chosen}
    elif command == "lose":
        serial, lost = arguments
        for node in nodes:
            node.bird.lose(serial, lost=lost)
        return {node.name: node.bird.changed_at[serial] for node in nodes}
    elif command == "traffic":
        with traffic.lock:
            return dict(traffic.requests), traffic.sent, traffic.received
    elif command == "ready":
        return sum(
            node.reporter is not None
            and node.reporter.ready
            and bool(node.reporter._tasks)
            and all(task.written or task.object.status for task in [*node.reporter._tasks.values()])
            for node in nodes
        )
    return None
