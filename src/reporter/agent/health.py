"""The HTTP face: ``/metrics``, ``/healthz`` and ``/readyz``."""

from __future__ import annotations

import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import AF_INET6, IPPROTO_IPV6, IPV6_V6ONLY, SHUT_RDWR, has_dualstack_ipv6
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reporter.agent.controller import Reporter

__all__ = ["HealthServer"]

# A turn may take a daemon's and an API call's whole time, for each object; this, in seconds, is far more.
_STUCK = 120.0
# How often, in seconds, the thread looks whether it is to end: it need not, see stop.
_POLL = 3600.0
_EXPOSITION = "text/plain; version=0.0.4; charset=utf-8"


class HealthServer:
    """Serves a reporter's state, from :meth:`start` to :meth:`stop`."""

    def __init__(self, reporter: Reporter, address: tuple[str, int]) -> None:
        """``address`` is a host, empty for all, and a port, 0 for a free one.

        Raises:
            OSError: the address cannot be had.
        """

        class Handler(BaseHTTPRequestHandler):
            timeout = 10

            def do_GET(self) -> None:
                status, body, kind = _answer(reporter, self.path)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
                """A scrape is no news."""

        self._server = _Server(address, Handler)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_POLL,), name="health", daemon=True
        )

    def start(self) -> None:
        """Serve, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Serve no more."""
        # This wakes the thread, however long it would wait for the next connection.
        self._server.socket.shutdown(SHUT_RDWR)
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        host, _ = address
        # No host means every address, of both families where the machine has IPv6.
        if ":" in host or (not host and has_dualstack_ipv6()):
            self.address_family = AF_INET6
        super().__init__(address, handler)

    def server_bind(self) -> None:
        if self.address_family == AF_INET6:
            self.socket.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, 0)
        super().server_bind()


def _answer(reporter: Reporter, path: str) -> tuple[HTTPStatus, bytes, str]:
    route = path.partition("?")[0]
    if route == "/metrics":
        return HTTPStatus.OK, reporter.metrics.exposition(), _EXPOSITION
    if route == "/healthz":
        stuck = reporter.seconds_since_turn
        if stuck > _STUCK:
            return _text(HTTPStatus.SERVICE_UNAVAILABLE, f"the loop is stuck for {stuck:.0f} s")
        return _text(HTTPStatus.OK, "ok")
    if route == "/readyz":
        if not reporter.ready:
            return _text(HTTPStatus.SERVICE_UNAVAILABLE, "CalicoNodeStatus not listed yet")
        return _text(HTTPStatus.OK, "ok")
    return _text(HTTPStatus.NOT_FOUND, "/metrics, /healthz or /readyz")


def _text(status: HTTPStatus, text: str) -> tuple[HTTPStatus, bytes, str]:
    return status, f"{text}\n".encode(), "text/plain; charset=utf-8"
