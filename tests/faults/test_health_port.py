"""The port that strangers can reach."""

import contextlib
import errno
import logging
import os
import re
import resource
import socket
import struct
from collections.abc import Iterator
from http import HTTPStatus

import pytest

from reporter.agent.faults import Faults
from reporter.agent.health import HealthServer
from reporter.agent.metrics import Metrics
from reporter.http_port import MOST_CONNECTIONS, HttpPort, Page
from reporter.log_on_change import LogOnChange
from reporter.settings import Settings
from reporter_bench import Clock


class Port:
    """A port with pages that say where they were asked for, and what went wrong in making them."""

    def __init__(self, **options: object) -> None:
        self.faults: list[Exception] = []
        self.port = HttpPort(("127.0.0.1", 0), self._page, self.faults.append, **options)  # type: ignore[arg-type]
        self.port.start()

    def _page(self, path: str) -> Page:
        if path == "/fails":
            raise KeyError("a page")
        if path == "/large":
            return Page(HTTPStatus.OK, b"x" * (8 << 20))
        return Page(HTTPStatus.OK, f"page {path}\n".encode())

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port.port), 60)


@pytest.fixture
def port() -> Iterator[Port]:
    found = Port()
    yield found
    found.port.stop()


def _answer(connection: socket.socket) -> bytes:
    """All that comes, until the end or a reset."""
    data = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(65536):
            data += piece
    return data


def _ask(port: Port, request: bytes) -> bytes:
    with port.connect() as connection:
        with contextlib.suppress(OSError):
            connection.sendall(request)
        return _answer(connection)


GET = b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n"


def _is_well(port: Port) -> bool:
    return _ask(port, GET).endswith(b"\r\n\r\npage /a\n")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (GET, 200),
        (b"GET /a?b=c HTTP/1.0\r\n\r\n", 200),
        (b"GET /a HTTP/1.1\nHost: x\n\n", 200),
        (b"HEAD /a HTTP/1.1\r\n\r\n", 200),
        (b"POST /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nabcde", 405),
        (b"GET /a HTTP/2.0\r\n\r\n", 400),
        (b"GET /a\r\n\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"GET  /a HTTP/1.1\r\n\r\n", 400),
        (b"\r\n\r\n", 400),
        (b"\0" * 9000, 431),
        (b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\n\r\n", 400),
        (b"GET /a HTTP/1.1\r\n" + b"X: y\r\n" * 3000 + b"\r\n", 431),
        (b"GET /\xff\xfe%00\x1b HTTP/1.1\r\n\r\n", 200),
        (b"GET /fails HTTP/1.1\r\n\r\n", 500),
        (b"get /a HTTP/1.1\r\n\r\n", 400),
        (b"A" * 40 + b" /a HTTP/1.1\r\n\r\n", 400),
    ],
)
def test_any_request_has_an_answer(request_: bytes, status: int, port: Port) -> None:
    answer = _ask(port, request_)
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    head, _, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"Content-Length: (\d+)", head)
    assert length
    if not request_.startswith(b"HEAD"):
        assert len(body) == int(length[1])
    assert len(port.faults) == (status == 500)
    assert _is_well(port)


def test_a_request_may_come_a_byte_at_a_time(port: Port) -> None:
    with port.connect() as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in GET:
            connection.sendall(bytes([byte]))
        assert _answer(connection).endswith(b"page /a\n")


def test_a_client_that_says_more_than_it_should_still_reads_its_answer(port: Port) -> None:
    with port.connect() as connection:
        connection.sendall(b"POST /a HTTP/1.1\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100_000)
        assert b" 405 " in _answer(connection)


def test_two_thousand_idle_clients_and_a_probe(port: Port) -> None:
    """Of the clients, as many are kept as the port has room for: the descriptors stay few."""
    with contextlib.ExitStack() as stack:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft < 2500:
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
            stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        for number in range(2000):
            stack.enter_context(port.connect())
            if number % 500 == 499:
                assert _is_well(port)
        assert len(port.port._connections) <= MOST_CONNECTIONS


def test_clients_that_read_slowly_hold_up_nobody(port: Port) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(MOST_CONNECTIONS - 8):
            slow = stack.enter_context(port.connect())
            slow.sendall(b"GET /large HTTP/1.1\r\n\r\n")
        assert _is_well(port)


@pytest.mark.parametrize("after", [b"", b"GET /large", b"GET /large HTTP/1.1\r\n\r\n"])
def test_clients_that_reset(after: bytes, port: Port) -> None:
    for _ in range(200):
        with port.connect() as connection:
            connection.sendall(after)
            # Closed with a linger of no time: TCP says RST.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert _is_well(port)
    assert port.faults == []


def test_a_request_and_the_taking_of_an_answer_have_deadlines() -> None:
    clock = Clock()
    port = Port(clock=clock)
    try:
        with port.connect() as idle, port.connect() as slow:
            idle.sendall(b"GET /")
            slow.sendall(b"GET /large HTTP/1.1\r\n\r\n")
            assert _is_well(port)
            clock.seconds += 11
            assert _is_well(port)  # which also has the port look at its clock
            assert _answer(idle) == b""
            assert len(_answer(slow)) < 8 << 20
    finally:
        port.port.stop()


def test_without_descriptors_it_pauses_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """The connections wait in the queue of the kernel until there are descriptors again."""
    refusals = [0]

    class Listener(socket.socket):
        """A listener on a machine without a descriptor left for some time."""

        def accept(self) -> tuple[socket.socket, object]:
            refusals[0] += 1
            if refusals[0] < 5:
                raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
            return super().accept()

    def listener(address: tuple[str, int]) -> socket.socket:
        made = Listener()
        made.bind(address)
        made.listen()
        return made

    monkeypatch.setattr("reporter.http_port._listener", listener)
    port = Port()
    try:
        assert _is_well(port)
        assert refusals[0] >= 5
        assert port.faults == []
    finally:
        port.port.stop()


def test_its_bound_fits_the_limit_of_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (80, 80))
    port = Port()
    try:
        assert port.port._most == 10
        with contextlib.ExitStack() as stack:
            for _ in range(40):
                stack.enter_context(port.connect())
            assert _is_well(port)
            assert len(port.port._connections) <= 10
    finally:
        port.port.stop()


class Observed:
    """A reporter as the port sees it."""

    def __init__(self) -> None:
        self.metrics = Metrics(Settings(node_name="n"), lambda: 1.0)
        self.faults = Faults(LogOnChange(logging.getLogger("port")), self.metrics)
        self.not_ready_because = ""
        self.seconds_since_turn = 0.0


def test_readiness_says_why_and_health_is_the_loops_alone() -> None:
    observed, trouble = Observed(), [""]
    port = HealthServer(observed, ("127.0.0.1", 0), lambda: trouble[0])

    def page(path: str) -> tuple[int, str]:
        found = port._page_of(path)
        return found.status, found.body.decode()

    try:
        assert page("/readyz") == (200, "ok\n")
        trouble[0] = "no answer from https://10.96.0.1"
        assert page("/readyz") == (503, "no answer from https://10.96.0.1\n")
        assert page("/healthz") == (200, "ok\n")
        observed.not_ready_because = "CalicoNodeStatus not listed yet"
        assert page("/readyz")[1] == (
            "CalicoNodeStatus not listed yet: no answer from https://10.96.0.1\n"
        )
        trouble[0] = ""
        assert page("/readyz") == (503, "CalicoNodeStatus not listed yet\n")
        observed.seconds_since_turn = 121
        assert page("/healthz") == (503, "the loop is stuck for 121 s\n")
        assert page("/metrics")[0] == 200
        assert page("/")[0] == 404
    finally:
        port.start()
        port.stop()


def test_a_page_that_fails_is_counted_and_logged_once_until_one_is_made(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "port")
    observed, clock = Observed(), Clock()
    port = HealthServer(observed, ("127.0.0.1", 0), str, clock=clock)
    port.start()

    def ask(path: str) -> bytes:
        with socket.create_connection(("127.0.0.1", port.port), 60) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\n\r\n".encode())
            return _answer(connection)

    def faulty() -> bytes:
        raise KeyError("a fault")

    try:
        for number in (1, 2):
            clock.seconds += 2
            with monkeypatch.context() as patched:
                patched.setattr(observed.metrics, "exposition", faulty)
                for _ in range(3):
                    assert ask("/metrics").startswith(b"HTTP/1.1 500 ")
            text = ask("/metrics")
            assert f"birdstatus_internal_errors_total {3 * number}.0\n".encode() in text
            assert len(caplog.records) == 2 * number
    finally:
        port.stop()


def test_a_fault_in_its_own_thread_is_no_end_of_it(
    port: Port, monkeypatch: pytest.MonkeyPatch
) -> None:
    raised: list[None] = []

    def faulty() -> None:
        if not raised:
            raised.append(None)
            raise ZeroDivisionError

    with port.connect() as idle:
        monkeypatch.setattr(port.port, "_pass_time", faulty)
        with port.connect() as other:
            other.sendall(b"GET / HTTP/1.1\r\n\r\n")
            _answer(other)
        assert _answer(idle) == b""
    assert raised
    assert _is_well(port)
    assert [type(fault) for fault in port.faults] == [ZeroDivisionError]
    port.faults.clear()


def test_scrapes_within_a_second_are_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, observed, made = Clock(), Observed(), [0]

    def exposition() -> bytes:
        made[0] += 1
        return b"text"

    monkeypatch.setattr(observed.metrics, "exposition", exposition)
    port = HealthServer(observed, ("127.0.0.1", 0), str, clock=clock)
    port.start()
    try:
        for _ in range(50):
            assert port._page_of("/metrics").body == b"text"
        assert made[0] == 1
        clock.seconds += 1.5
        port._page_of("/metrics")
        assert made[0] == 2
    finally:
        port.stop()
