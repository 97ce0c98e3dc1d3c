"""A port that strangers may reach: a few pages over HTTP, within bounds that nobody can push.

One thread serves all connections, and never more of them than :data:`MOST_CONNECTIONS`: when another comes, the
oldest that has not asked yet is closed. So a thousand idle clients cost neither descriptors nor threads, and a
probe that asks at once is answered among them. A request has to be read, and its answer taken, within
seconds. ``http.server`` has none of this: a thread for each connection, a traceback on standard error for
each that breaks, and an exception out of ``accept`` when descriptors run out.

Of RFC 9112 this speaks what probes and scrapers use: GET and HEAD, one request for each connection.
"""

from __future__ import annotations

import contextlib
import re
import resource
import select
import selectors
import socket
import threading
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["HttpPort", "Page"]

MOST_CONNECTIONS = 64
# For reading a request, and again for writing its answer.
SECONDS = 10.0
MAX_HEAD = 8192
# So many are taken in a row before those that have asked are served.
_ACCEPTED_AT_ONCE = 64
# After the system had no descriptor left.
_PAUSE = 0.5
# A client that goes on sending is listened to for so long, so that it reads its answer first.
_DRAIN_SECONDS = 1.0
_DRAIN_BYTES = 1 << 18

# RFC 9112, section 3: method SP request-target SP HTTP-version.
_REQUEST_LINE = re.compile(rb"([A-Z]{1,16}) (\S{1,4096}) HTTP/1\.[01]")
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")


class Page(NamedTuple):
    """What a path has."""

    status: HTTPStatus
    body: bytes
    content_type: str = "text/plain; charset=utf-8"


@dataclass(slots=True, eq=False)
class _Connection:
    socket: socket.socket
    deadline: float
    does: Literal["read", "write", "drain"] = "read"
    # What was read of the head; then what is still to be written.
    data: bytearray = field(default_factory=bytearray)
    answer: memoryview = field(default_factory=lambda: memoryview(b""))
    drained: int = 0


class HttpPort:
    """Serves pages from :meth:`start` to :meth:`stop`."""

    def __init__(
        self,
        address: tuple[str, int],
        page: Callable[[str], Page],
        fault: Callable[[Exception], None],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``address`` is a host, empty for all, and a port, 0 for a free one.

        ``page`` gives what a path has; ``fault`` is called with what it raises, and the client gets a 500.

        Raises:
            OSError: the address cannot be had.
        """
        self._page = page
        self._fault = fault
        self._clock = clock
        self._connections: dict[socket.socket, _Connection] = {}
        # An eighth of the descriptors at the most: the others are for BIRD and the API.
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        self._most = max(2, min(MOST_CONNECTIONS, limit // 8))
        self._paused_until: float | None = None
        self._stopping = False
        with contextlib.ExitStack() as made:
            self._listener = made.enter_context(_listener(address))
            self._woken, self._wake = socket.socketpair()
            made.enter_context(self._woken)
            made.enter_context(self._wake)
            self._selector = made.enter_context(selectors.DefaultSelector())
            for one in (self._listener, self._woken):
                one.settimeout(0)
                self._selector.register(one, selectors.EVENT_READ)
            self.port: int = self._listener.getsockname()[1]
            self._made = made.pop_all()
        self._thread = threading.Thread(target=self._run, name="http-port", daemon=True)

    def start(self) -> None:
        """Serve, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Serve no more; every connection is closed."""
        self._stopping = True
        self._wake.send(b"x")
        self._thread.join()
        self._close_all()
        self._made.close()

    def _run(self) -> None:
        while not self._stopping:
            try:
                self._turn()
            except Exception as error:  # noqa: BLE001 - nothing may end this thread
                self._fault(error)
                # Whichever connection it was about.
                self._close_all()
                select.select([self._woken], [], [], _PAUSE)

    def _turn(self) -> None:
        for key, _ in self._selector.select(self._seconds_to_wait()):
            if key.fileobj is self._listener:
                self._accept()
            elif isinstance(key.data, _Connection):
                self._advance(key.data)
        self._pass_time()

    def _seconds_to_wait(self) -> float | None:
        ends = [connection.deadline for connection in self._connections.values()]
        if self._paused_until is not None:
            ends.append(self._paused_until)
        return max(min(ends) - self._clock(), 0.0) if ends else None

    def _pass_time(self) -> None:
        """Close what is late, and listen again after a pause."""
        now = self._clock()
        for connection in [one for one in self._connections.values() if one.deadline <= now]:
            self._close(connection)
        if self._paused_until is not None and self._paused_until <= now:
            self._paused_until = None
            self._selector.register(self._listener, selectors.EVENT_READ)

    def _accept(self) -> None:
        for _ in range(_ACCEPTED_AT_ONCE):
            try:
                taken, _ = self._listener.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError:
                # No descriptor, no memory: the connection stays in the queue, and the listener readable.
                if not self._make_room():
                    self._selector.unregister(self._listener)
                    self._paused_until = self._clock() + _PAUSE
                    return
                continue
            if len(self._connections) >= self._most and not self._make_room():
                taken.close()
                continue
            taken.settimeout(0)
            connection = _Connection(taken, self._clock() + SECONDS)
            self._connections[taken] = connection
            self._selector.register(taken, selectors.EVENT_READ, connection)
            # Its request is here as a rule: it is answered before it could have to make room.
            self._advance(connection)

    def _make_room(self) -> bool:
        """Close the oldest connection that has no answer under way; whether there was one."""
        idle = next((one for one in self._connections.values() if one.does != "write"), None)
        if idle is not None:
            self._close(idle)
        return idle is not None

    def _advance(self, connection: _Connection) -> None:
        """Do what can be done without waiting."""
        try:
            if connection.does == "read":
                self._read(connection)
            elif connection.does == "write":
                self._write(connection)
            else:
                self._drain(connection)
        except BlockingIOError:
            return
        except OSError:
            self._close(connection)

    def _read(self, connection: _Connection) -> None:
        piece = connection.socket.recv(MAX_HEAD)
        connection.data += piece
        end = _END_OF_HEAD.search(connection.data)
        if end is None and piece and len(connection.data) <= MAX_HEAD:
            return
        if end is None and not piece:
            self._close(connection)
            return
        head = bytes(connection.data[: end.start() if end else 0])
        connection.answer = memoryview(self._answer(head, too_long=end is None))
        connection.data.clear()
        connection.does = "write"
        connection.deadline = self._clock() + SECONDS
        self._selector.modify(connection.socket, selectors.EVENT_WRITE, connection)
        self._write(connection)

    def _write(self, connection: _Connection) -> None:
        while connection.answer:
            connection.answer = connection.answer[connection.socket.send(connection.answer) :]
        connection.socket.shutdown(socket.SHUT_WR)
        connection.does = "drain"
        connection.deadline = self._clock() + _DRAIN_SECONDS
        self._selector.modify(connection.socket, selectors.EVENT_READ, connection)

    def _drain(self, connection: _Connection) -> None:
        """Read what still comes: closing before would reset the connection, and lose the answer."""
        piece = connection.socket.recv(65536)
        connection.drained += len(piece)
        if not piece or connection.drained > _DRAIN_BYTES:
            self._close(connection)

    def _close_all(self) -> None:
        for connection in list(self._connections.values()):
            self._close(connection)

    def _close(self, connection: _Connection) -> None:
        if self._connections.pop(connection.socket, None) is not None:
            self._selector.unregister(connection.socket)
            connection.socket.close()

    def _answer(self, head: bytes, *, too_long: bool) -> bytes:
        request = _REQUEST_LINE.fullmatch(head.split(b"\n", 1)[0].rstrip(b"\r"))
        if too_long:
            page = Page(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, b"too long\n")
        elif request is None:
            page = Page(HTTPStatus.BAD_REQUEST, b"not HTTP/1.1\n")
        elif request[1] not in {b"GET", b"HEAD"}:
            page = Page(HTTPStatus.METHOD_NOT_ALLOWED, b"GET or HEAD\n")
        else:
            try:
                page = self._page(request[2].decode("latin-1").partition("?")[0])
            except Exception as error:  # noqa: BLE001 - one page that fails is not the port's end
                self._fault(error)
                page = Page(HTTPStatus.INTERNAL_SERVER_ERROR, b"a fault in the reporter itself\n")
        lines = (
            f"HTTP/1.1 {page.status.value} {page.status.phrase}",
            f"Content-Type: {page.content_type}",
            f"Content-Length: {len(page.body)}",
            *(["Allow: GET, HEAD"] if page.status == HTTPStatus.METHOD_NOT_ALLOWED else []),
            "Connection: close",
            "",
            "",
        )
        body = b"" if request is not None and request[1] == b"HEAD" else page.body
        return "\r\n".join(lines).encode() + body


def _listener(address: tuple[str, int]) -> socket.socket:
    host, _ = address
    # No host means every address, of both families if the machine has IPv6.
    dual = not host and socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if ":" in host or dual else socket.AF_INET
    return socket.create_server(address, family=family, backlog=128, dualstack_ipv6=dual)
