"""``serve``: a cluster's page, ``/fleet.json``, ``/healthz``, ``/readyz`` and ``/metrics``, kept current."""

from __future__ import annotations

import json
import queue
import signal
from http import HTTPStatus
from typing import TYPE_CHECKING

from reporter.fleet.live import Live
from reporter.fleet.metrics import exposition
from reporter.fleet.page import page
from reporter.http_port import HttpPort, Page
from reporter.kube.cluster import Cluster

if TYPE_CHECKING:
    from collections.abc import Callable

    from reporter.fleet.live import WatchingCalls
    from reporter.fleet.look import Look

__all__ = ["Pages", "serve"]

_EXPOSITION = "text/plain; version=0.0.4; charset=utf-8"


class Pages:
    """What each path has, made once for each look in the thread that looks: who asks waits for nothing."""

    def __init__(self, cluster: str) -> None:
        self._cluster = cluster
        self._made: dict[str, Page] = {}
        self._look: Look | None = None

    def make(self, look: Look) -> None:
        """Make what is made of a look."""
        html = page(
            look.check,
            look.pairs(),
            look.nodes,
            look.at,
            cluster=self._cluster,
            is_part=look.is_part,
        )
        document = json.dumps(look.document(look.check), separators=(",", ":")) + "\n"
        _ = look.counts  # counted now, and not when somebody scrapes
        self._made = {
            "/": Page(HTTPStatus.OK, html.encode(), "text/html; charset=utf-8"),
            "/fleet.json": Page(HTTPStatus.OK, document.encode(), "application/json"),
        }
        self._look = look

    def answer(self, path: str, live: Live) -> Page:
        """The answer for a path; its query does not matter."""
        route = path.partition("?")[0]
        trouble = live.trouble or "the first look is under way"
        if route == "/metrics":
            text = exposition(self._look, seconds=live.seconds, failures=live.failures)
            return Page(HTTPStatus.OK, text, _EXPOSITION)
        if route == "/healthz":
            return _text("" if live.is_alive else "a thread has ended; please report it")
        if route == "/readyz":
            return _text("" if self._made else trouble)
        if route in {"/", "/fleet.json"}:
            return self._made.get(route) or _text(trouble)
        return Page(HTTPStatus.NOT_FOUND, b"/, /fleet.json, /metrics, /healthz or /readyz\n")


def _text(trouble: str) -> Page:
    status = HTTPStatus.SERVICE_UNAVAILABLE if trouble else HTTPStatus.OK
    return Page(status, f"{trouble or 'ok'}\n".encode("utf-8", "backslashreplace"))


def serve(  # noqa: PLR0913 - one for each flag
    api: WatchingCalls,
    *,
    address: tuple[str, int],
    api_group: str,
    every: float,
    cluster: str,
    say: Callable[[str], None],
) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        OSError: the address cannot be had.
    """
    # Unlike a lock or an event, this queue may be put into by a signal's handler at any moment.
    ended: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: ended.put(number))
    pages = Pages(cluster)
    live = Live(api, Cluster(api), api_group=api_group, every=every, made=pages.make)
    port = HttpPort(
        address,
        lambda path: pages.answer(path, live),
        lambda error: say(
            f"a fault in this program itself ({type(error).__name__}); please report it"
        ),
    )
    with live:
        port.start()
        try:
            say(f"serving on port {port.port}")
            ended.get()
        finally:
            port.stop()
