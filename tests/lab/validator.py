"""A cache of validated origins (RFC 8210), for as much as a router of the lab asks of one."""

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network

from .namespace import Namespace

_POLL = 0.1
_VERSION = 1
_SESSION = 7
# RFC 8210 5: types of messages.
_SERIAL_QUERY, _RESET_QUERY, _RESPONSE, _IPV4, _IPV6, _END = 1, 2, 3, 4, 6, 7


def _message(kind: int, session: int, body: bytes = b"") -> bytes:
    return struct.pack("!BBHI", _VERSION, kind, session, 8 + len(body)) + body


@dataclass(frozen=True, slots=True)
class Origin:
    """Who may announce a prefix, and how much of it at once."""

    prefix: str
    longest: int
    asn: int

    def encoded(self) -> bytes:
        network: IPv4Network | IPv6Network = ip_network(self.prefix)
        kind = _IPV4 if network.version == 4 else _IPV6
        body = struct.pack("!BBBx", 1, network.prefixlen, self.longest)
        return _message(
            kind, 0, body + network.network_address.packed + struct.pack("!I", self.asn)
        )


@dataclass
class Validator:
    """Answers each router with all origins."""

    origins: Sequence[Origin]
    _ending: threading.Event = field(default_factory=threading.Event)

    @contextlib.contextmanager
    def serving(self, namespace: Namespace, address: str, port: int) -> Iterator["Validator"]:
        with namespace.entered():
            listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        with listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
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

    def _serve(self, listener: socket.socket) -> None:
        while not self._ending.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            with connection, contextlib.suppress(ConnectionError):
                connection.settimeout(_POLL)
                self._talk(connection)

    def _talk(self, connection: socket.socket) -> None:
        buffer = b""
        while not self._ending.is_set():
            try:
                chunk = connection.recv(4096)
            except TimeoutError:
                continue
            if not chunk:
                return
            buffer += chunk
            while len(buffer) >= 8 and len(buffer) >= (size := int.from_bytes(buffer[4:8])):
                if buffer[1] in {_SERIAL_QUERY, _RESET_QUERY}:
                    connection.sendall(self._answer())
                buffer = buffer[size:]

    def _answer(self) -> bytes:
        timers = struct.pack("!IIII", 5, 3600, 600, 7200)
        origins = b"".join(origin.encoded() for origin in self.origins)
        return _message(_RESPONSE, _SESSION) + origins + _message(_END, _SESSION, timers)
