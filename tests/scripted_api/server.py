"""The server: threads, sockets, TLS; the truth unless a script says otherwise."""

import contextlib
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

from scripted_api.answers import Answer, Http, says
from scripted_api.store import GROUP_VERSION, Document, Refused, Store, of_node

PLURAL = "caliconodestatuses"
_COLLECTION = f"/apis/{GROUP_VERSION}/{PLURAL}"


@dataclass(frozen=True)
class Request:
    """What was asked."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def kind(self) -> str:
        """``discover``, ``list``, ``watch``, ``get``, ``patch``, ``event`` or ``other``."""
        if self.path.startswith(_COLLECTION):
            if self.method == "PATCH":
                return "patch"
            if self.path != _COLLECTION:
                return "get"
            return "watch" if self.query.get("watch") == "true" else "list"
        if self.path.endswith("/events"):
            return "event"
        return "discover" if self.path.startswith("/apis/") else "other"


@dataclass
class Exchange:
    """One request and the connection that it came by."""

    server: "ScriptedApi"
    connection: socket.socket
    request: Request
    keep: bool = False

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def abort(self) -> None:
        self.connection.close()

    def truth(self) -> Http:
        """What a sound server answers, done."""
        return self.server.answer_truly(self.request)

    def wait_for_the_client_to_go(self) -> None:
        self.connection.settimeout(0.05)
        while not self.server.ending.is_set():
            with contextlib.suppress(TimeoutError):
                if not self.connection.recv(4096):
                    return


@dataclass
class ScriptedApi:
    """A server from ``with`` to the end of its block.

    ``script`` gets each request and gives an answer, or ``None`` for the truth. ``token`` is the one that is
    accepted. ``tls`` makes the context for a connection.
    """

    store: Store = field(default_factory=Store)
    script: Callable[[Request], Answer | None] = lambda _: None
    token: str | None = None
    tls: Callable[[], ssl.SSLContext] | None = None
    resources: tuple[str, ...] = (PLURAL, f"{PLURAL}/status")
    selectable: bool = True
    requests: list[Request] = field(default_factory=list)
    events: list[Document] = field(default_factory=list)
    ending: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.ending.set()
        with self.store.changed:
            self.store.changed.notify_all()
        self._listener.shutdown(socket.SHUT_RDWR)
        self.drop_connections()
        for thread in self._threads:
            thread.join()
        self._listener.close()

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def asked(self, kind: str) -> list[Request]:
        return [request for request in self.requests if request.kind == kind]

    def drop_connections(self) -> None:
        """End every connection that is open."""
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def next(self, kind: str, *answers: Answer) -> None:
        """The next requests of this kind are answered so, one each; then the truth again."""
        left = list(answers)

        def script(request: Request) -> Answer | None:
            return left.pop(0) if left and request.kind == kind else None

        self.script = script

    def always(self, answer: Answer, *kinds: str) -> None:
        """All requests, or all of these kinds, are answered so."""
        self.script = lambda request: answer if not kinds or request.kind in kinds else None

    def sound(self) -> None:
        """The truth from now on."""
        self.script = lambda _: None

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                with self._lock:
                    self._open.add(connection)
                thread = threading.Thread(target=self._serve, args=(connection,))
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        found = connection
        # What a client does to its connection is its own business.
        with contextlib.suppress(OSError):
            if self.tls is not None:
                found = self.tls().wrap_socket(connection, server_side=True)
                with self._lock:
                    self._open.add(found)
            with found.makefile("rb") as lines:
                while not self.ending.is_set():
                    request = _read_request(lines)
                    if request is None:
                        break
                    self.requests.append(request)
                    exchange = Exchange(self, found, request)
                    self._answer(exchange)
                    if not exchange.keep:
                        break
        with self._lock:
            self._open -= {connection, found}
        found.close()
        connection.close()

    def _answer(self, exchange: Exchange) -> None:
        request = exchange.request
        answer = self.script(request)
        if answer is not None:
            answer(exchange)
            return
        try:
            self._let_in(request)
            if request.kind == "watch":
                self._watch(exchange)
                return
            truth = self.answer_truly(request)
        except Refused as refused:
            truth = says(refused.status, refused.message)
        truth(exchange)

    def _let_in(self, request: Request) -> None:
        if self.token is None:
            return
        given = request.headers.get("authorization")
        if given is None:
            raise Refused(403, "Forbidden", 'User "system:anonymous" cannot do this')
        if given.partition(" ")[2] != self.token:
            raise Refused(401, "Unauthorized", "Unauthorized")

    def answer_truly(self, request: Request) -> Http:
        """Do what is asked; its answer."""
        name = request.path.removeprefix(_COLLECTION).strip("/").split("/")[0]
        match request.kind:
            case "discover":
                return self._discovery(request.path)
            case "list":
                return _json(self.store.listing(self._node_of(request)))
            case "get":
                return _json(self.store.get(name))
            case "patch":
                if self.store.has_status is not request.path.endswith("/status"):
                    raise Refused(
                        404, "NotFound", "the server could not find the requested resource"
                    )
                manager = request.query.get("fieldManager", "")
                found = self.store.patch_status(name, json.loads(request.body), manager)
                return _json({key: found[key] for key in ("kind", "apiVersion", "metadata")})
            case "event":
                self.events.append(json.loads(request.body))
                return _json({**json.loads(request.body)}, 201)
        raise Refused(404, "NotFound", "the server could not find the requested resource")

    def _discovery(self, path: str) -> Http:
        if path != f"/apis/{GROUP_VERSION}":
            raise Refused(404, "NotFound", "the server could not find the requested resource")
        resources = [{"name": name, "kind": "CalicoNodeStatus"} for name in self.resources]
        return _json(
            {"kind": "APIResourceList", "groupVersion": GROUP_VERSION, "resources": resources}
        )

    def _node_of(self, request: Request) -> str | None:
        selector = request.query.get("fieldSelector", "")
        if selector and not (self.selectable and selector.startswith("spec.node=")):
            raise Refused(400, "BadRequest", f"field label not supported: {selector.split('=')[0]}")
        return selector.partition("=")[2] or None

    def _watch(self, exchange: Exchange) -> None:
        """Chunks, one event each, and a bookmark two seconds before the end if anything happened."""
        request = exchange.request
        node = self._node_of(request)
        version = int(request.query["resourceVersion"])
        until = time.monotonic() + float(request.query.get("timeoutSeconds", "3600"))
        begun, bookmarked = self.store.version, False
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        exchange.send(head + b"Transfer-Encoding: chunked\r\n\r\n")
        while not self.ending.is_set() and time.monotonic() < until:
            try:
                happened = list(self.store.since(version, 0.05))
            except Refused as refused:
                body = json.loads(says(refused.status, refused.message).body)
                exchange.send(_chunk({"type": "ERROR", "object": body}))
                break
            for at, kind, document in happened:
                version = at
                if of_node(document, node):
                    exchange.send(_chunk({"type": kind, "object": document}))
            if not bookmarked and time.monotonic() > until - 2:
                bookmarked = True
                if version > begun:  # as the real one: of what happened since the watch began
                    exchange.send(_chunk(bookmark(version)))
        exchange.send(b"0\r\n\r\n")
        exchange.keep = True


def bookmark(version: int) -> Document:
    metadata = {"resourceVersion": str(version)}
    about = {"kind": "CalicoNodeStatus", "apiVersion": GROUP_VERSION, "metadata": metadata}
    return {"type": "BOOKMARK", "object": about}


def _chunk(event: Document) -> bytes:
    line = json.dumps(event).encode() + b"\n"
    return b"%x\r\n%b\r\n" % (len(line), line)


def _json(document: Document, status: int = 200) -> Http:
    return Http(status, json.dumps(document).encode())


def _read_request(lines: Any) -> Request | None:
    first = lines.readline().decode("latin-1").split()
    if len(first) != 3:
        return None
    headers: dict[str, str] = {}
    while (line := lines.readline().decode("latin-1").rstrip("\r\n")) != "":
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    body = lines.read(int(headers.get("content-length", "0")))
    parts = urlsplit(first[1])
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    return Request(first[0], unquote(parts.path), query, headers, body)
