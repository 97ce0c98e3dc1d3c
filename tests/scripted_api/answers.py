"""What a scripted API server can say instead of the truth."""

import json
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scripted_api.server import Exchange

# Does with the connection what it likes; the connection is closed when it returns.
Answer = Callable[["Exchange"], None]


@dataclass(frozen=True)
class Http:
    """A whole response."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    def __call__(self, exchange: "Exchange") -> None:
        headers = {"Content-Type": "application/json", "Content-Length": str(len(self.body))}
        lines = [f"HTTP/1.1 {self.status} Said"]
        lines += [f"{name}: {value}" for name, value in (headers | self.headers).items()]
        exchange.send("\r\n".join([*lines, "", ""]).encode() + self.body)
        exchange.keep = True


def says(status: int, message: str = "as the test says", **headers: str) -> Http:
    """A ``Status``, as the API server refuses with."""
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": status}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Http(status, json.dumps(body | {"message": message}).encode(), named)


def document(value: Any, status: int = 200) -> Http:
    """Any JSON value."""
    return Http(status, json.dumps(value).encode())


def html(status: int = 200) -> Http:
    """The page of a proxy."""
    page = b"<!DOCTYPE html><html><body><h1>Please log in</h1></body></html>"
    return Http(status, page, {"Content-Type": "text/html"})


def raw(data: bytes) -> Answer:
    """Bytes, and the end."""
    return lambda exchange: exchange.send(data)


def reset(exchange: "Exchange") -> None:
    """A connection that is reset before anything is answered."""
    # Closed with bytes unsent: TCP says RST.
    exchange.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    exchange.abort()


def breaks(answer: bytes, at: int) -> Answer:
    """Part of an answer, and the end."""
    return raw(answer[:at])


def trickles(data: bytes, seconds: float = 0.05) -> Answer:
    """A byte at a time, for ever from the last one on; until the client or the test goes away."""

    def answer(exchange: "Exchange") -> None:
        for byte in data:
            exchange.send(bytes([byte]))
            if exchange.server.ending.wait(seconds):
                return
        while not exchange.server.ending.wait(seconds):
            exchange.send(b" ")

    return answer


def silent(exchange: "Exchange") -> None:
    """Nothing, until the client goes away or the test ends."""
    exchange.wait_for_the_client_to_go()


def applied_then(answer: Answer) -> Answer:
    """Do what is asked, and then answer so."""

    def answer_after(exchange: "Exchange") -> None:
        exchange.truth()
        answer(exchange)

    return answer_after
