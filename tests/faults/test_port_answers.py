"""The port's answers, byte by byte, and its bounds."""

import contextlib
import socket
from http import HTTPStatus
from pathlib import Path

import pytest

from kept import is_as_kept
from reporter.http_port import MAX_HEAD, MOST_CONNECTIONS, SECONDS, HttpPort, Page
from reporter_bench import Clock

REQUESTS: dict[str, bytes] = {
    "a page": b"GET /page HTTP/1.1\r\nHost: x\r\n\r\n",
    "a page, HTTP/1.0": b"GET /page HTTP/1.0\n\n",
    "its head": b"HEAD /page HTTP/1.1\r\n\r\n",
    "a query": b"GET /page?a=b?c HTTP/1.1\r\n\r\n",
    "no page": b"GET /none HTTP/1.1\r\n\r\n",
    "a page that fails": b"GET /fails HTTP/1.1\r\n\r\n",
    "the head of a page that fails": b"HEAD /fails HTTP/1.1\r\n\r\n",
    "another method": b"POST /page HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
    "no method": b"get /page HTTP/1.1\r\n\r\n",
    "a long method": b"X" * 17 + b" / HTTP/1.1\r\n\r\n",
    "another version": b"GET / HTTP/2.0\r\n\r\n",
    "HTTP/0.9": b"GET /\r\n\r\n",
    "two blanks": b"GET  / HTTP/1.1\r\n\r\n",
    "the longest path": b"GET /" + b"x" * 4095 + b" HTTP/1.1\r\n\r\n",
    "a longer path": b"GET /" + b"x" * 4096 + b" HTTP/1.1\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "an empty line": b"\r\n\r\n",
}


class Port:
    """A port whose thread is not started: the test turns it."""

    def __init__(self, clock: Clock) -> None:
        self.faults: list[Exception] = []
        self.port = HttpPort(("127.0.0.1", 0), self._page, self.faults.append, clock=clock)

    def _page(self, path: str) -> Page:
        if path == "/fails":
            raise KeyError("a page")
        if path != "/page":
            return Page(HTTPStatus.NOT_FOUND, f"no {path[:20]}\n".encode())
        return Page(HTTPStatus.OK, b"a page\n", "text/html")

    def connect(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port.port), 60)
        # What is sent is there at once, and not when what was sent before is acknowledged.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.turn()
        return connection

    def turn(self) -> None:
        """What there is to be done now, and no waiting for more."""
        self.port._wake.send(b"x")
        self.port._turn()
        self.port._woken.recv(100)

    @property
    def open(self) -> int:
        return len(self.port._connections)

    def ask(self, request: bytes) -> bytes:
        with self.connect() as connection:
            connection.sendall(request)
            self.turn()
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
        self.turn()
        return answer

    def close(self) -> None:
        self.port.start()
        self.port.stop()


def test_each_answer(pytestconfig: pytest.Config) -> None:
    port = Port(Clock())
    with contextlib.closing(port):
        texts = [
            f"== {about}\n{port.ask(request).decode('latin-1')}"
            for about, request in REQUESTS.items()
        ]
        assert port.open == 0
        assert [repr(fault) for fault in port.faults] == ["KeyError('a page')"] * 2
    text = "\n".join(texts).replace("\r\n", "\\r\n")
    assert is_as_kept(pytestconfig, Path(__file__).parent / "port.txt", text)


def test_the_longest_head_without_an_end() -> None:
    start = b"GET /page HTTP/1.1\r\nX: "
    port = Port(Clock())
    with contextlib.closing(port), port.connect() as connection:
        connection.sendall(start + b"x" * (MAX_HEAD - len(start)))
        port.turn()
        connection.settimeout(0)
        with pytest.raises(BlockingIOError):
            connection.recv(1)
        connection.settimeout(60)
        connection.sendall(b"x")
        port.turn()
        assert connection.recv(65536).startswith(
            b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
        )


def test_a_request_and_its_answer_have_ten_seconds_each() -> None:
    clock = Clock()
    port = Port(clock)
    with contextlib.closing(port), port.connect() as connection:
        connection.sendall(b"GET /pa")
        clock.seconds += SECONDS - 0.1
        port.turn()
        assert port.open == 1
        clock.seconds += 0.11
        port.turn()
        assert port.open == 0
        assert connection.recv(100) == b""


def test_a_client_that_goes_on_sending_is_heard_for_a_second_and_a_quarter_mebibyte() -> None:
    clock = Clock()
    port = Port(clock)
    with contextlib.closing(port):
        for end in ("time", "bytes"):
            with port.connect() as connection:
                connection.sendall(b"GET /page HTTP/1.1\r\n\r\n")
                port.turn()
                assert connection.recv(12) == b"HTTP/1.1 200"
                if end == "time":
                    clock.seconds += 0.9
                    connection.sendall(b"more")
                    port.turn()
                    assert port.open == 1
                    clock.seconds += 0.11
                    port.turn()
                else:
                    for _ in range(16):
                        assert port.open == 1
                        connection.sendall(b"x" * (1 << 14))
                        _turn_often(port)
                    assert port.open == 1
                    connection.sendall(b"x")
                    _turn_often(port)
                assert port.open == 0


def _turn_often(port: Port) -> None:
    """What is sent at once may come in parts."""
    for _ in range(20):
        port.turn()


def test_so_many_connections_and_no_more() -> None:
    """The oldest that has not asked makes room, and whoever asks is answered among them."""
    clock = Clock()
    port = Port(clock)
    with contextlib.closing(port), contextlib.ExitStack() as stack:
        clients = [stack.enter_context(port.connect()) for _ in range(MOST_CONNECTIONS)]
        assert port.open == MOST_CONNECTIONS == 64
        stack.enter_context(port.connect())
        assert port.open == MOST_CONNECTIONS
        assert clients[0].recv(1) == b""
        assert b"a page\n" in port.ask(b"GET /page HTTP/1.1\r\n\r\n")
        assert clients[1].recv(1) == b""
        clients[2].settimeout(0)
        with pytest.raises(BlockingIOError):
            clients[2].recv(1)
