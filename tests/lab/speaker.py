"""A neighbour that is not BIRD: it says what it is told to, and no more.

Real BGP implementations do not stop half-way through a handshake, send any byte in a shutdown
message or invent attributes; this one does.
"""

import contextlib
import socket
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum

from . import bgp
from .control import PATIENCE
from .namespace import Namespace

_POLL = 0.1


class Manners(Enum):
    """How far a speaker goes."""

    SILENT = "accepts the connection and says nothing: the router stays in OpenSent"
    OPEN_ONLY = "sends OPEN and no KEEPALIVE: the router stays in OpenConfirm"
    COMPLETE = "establishes the session and sends its messages"
    DEAF = "as COMPLETE, but never reads again: the router's bytes stay in its socket"


@dataclass
class Speaker:
    """Serves one address, or calls the router from it; `say` sends more on the session that is established."""

    opening: bgp.Open
    manners: Manners = Manners.COMPLETE
    messages: Sequence[bytes] = ()
    established: threading.Event = field(default_factory=threading.Event)
    _connection: socket.socket | None = None
    _ending: threading.Event = field(default_factory=threading.Event)

    @property
    def _address_family(self) -> socket.AddressFamily:
        return socket.AF_INET if self.opening.family == 4 else socket.AF_INET6

    @contextlib.contextmanager
    def serving(self, namespace: Namespace, address: str, port: int = 179) -> Iterator["Speaker"]:
        with namespace.entered():
            listener = socket.socket(self._address_family, socket.SOCK_STREAM)
        with listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if self.manners is Manners.DEAF:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            listener.bind((address, port))
            listener.listen()
            listener.settimeout(_POLL)
            thread = threading.Thread(target=self._serve, args=(listener,))
            thread.start()
            try:
                yield self
            finally:
                self._ending.set()
                thread.join()

    @contextlib.contextmanager
    def calling(self, namespace: Namespace, address: str, router: str) -> Iterator["Speaker"]:
        """Connect to the router, until one session was established; not again after that."""
        thread = threading.Thread(target=self._call, args=(namespace, address, router))
        thread.start()
        try:
            yield self
        finally:
            self._ending.set()
            thread.join()

    def say(self, message: bytes) -> None:
        """Send a message on the established session."""
        if not self.established.wait(PATIENCE) or self._connection is None:
            raise TimeoutError(f"no session with {self.opening}")
        self._connection.sendall(message)

    def hang_up(self) -> None:
        """Close the session's connection without a word."""
        if self._connection:
            self._connection.shutdown(socket.SHUT_RDWR)

    def _serve(self, listener: socket.socket) -> None:
        while not self._ending.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            with connection, contextlib.suppress(ConnectionError):
                connection.settimeout(_POLL)
                self._connection = connection
                self._talk(connection)
            self.established.clear()

    def _call(self, namespace: Namespace, address: str, router: str) -> None:
        while not (self._ending.wait(_POLL) or self.established.is_set()):
            with namespace.entered():
                connection = socket.socket(self._address_family, socket.SOCK_STREAM)
            with connection, contextlib.suppress(ConnectionError, TimeoutError):
                connection.settimeout(_POLL)
                connection.bind((address, 0))
                connection.connect((router, 179))
                self._connection = connection
                self._talk(connection)

    def _talk(self, connection: socket.socket) -> None:
        if self.manners is not Manners.SILENT:
            connection.sendall(self.opening.encode())
        buffer = b""
        while not self._ending.is_set():
            if self.manners is Manners.DEAF and self.established.is_set():
                self._ending.wait(_POLL)
                continue
            try:
                chunk = connection.recv(4096)
            except TimeoutError:
                continue
            if not chunk:
                return
            buffer += chunk
            while len(buffer) >= 19 and len(buffer) >= (size := int.from_bytes(buffer[16:18])):
                kind, buffer = buffer[18], buffer[size:]
                self._answer(connection, kind)

    def _answer(self, connection: socket.socket, kind: int) -> None:
        if self.manners in (Manners.SILENT, Manners.OPEN_ONLY) or kind != bgp.KEEPALIVE:
            return
        connection.sendall(bgp.message(bgp.KEEPALIVE))
        if not self.established.is_set():
            for message in self.messages:
                connection.sendall(message)
            self.established.set()
