"""As much of a Kubernetes API server as the reporter asks for, in this process, over plain HTTP."""

from __future__ import annotations

import json
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar, Self

import yaml

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

__all__ = ["ApiStandIn"]

GROUP_VERSION = "projectcalico.org/v3"
PLURAL = "caliconodestatuses"
Document = dict[str, Any]


class ApiStandIn:
    """Serves objects of one node, takes merge patches of their status, and tells its watchers."""

    def __init__(self, node: str, names: list[str]) -> None:
        self.patches = 0
        self.bytes_written = 0
        self._version = 1
        self._lock = threading.Lock()
        self._watchers: list[queue.SimpleQueue[bytes | None]] = []
        self._objects = {name: self._new(node, name) for name in names}
        handler = type("Handler", (_Handler,), {"api": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True

    def _new(self, node: str, name: str) -> Document:
        return {
            "apiVersion": GROUP_VERSION,
            "kind": "CalicoNodeStatus",
            "metadata": {
                "name": name,
                "uid": f"uid-{name}",
                "resourceVersion": "1",
                "generation": 1,
            },
            "spec": {"node": node, "classes": ["Agent", "BGP", "Routes"], "updatePeriodSeconds": 1},
        }

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for watcher in self._watchers:
            watcher.put(None)
        self._server.shutdown()
        self._server.server_close()

    def write_kubeconfig(self, path: Path) -> None:
        port = self._server.server_address[1]
        path.write_text(
            yaml.safe_dump(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "current-context": "x",
                    "clusters": [{"name": "x", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
                    "users": [{"name": "x", "user": {"token": "x"}}],
                    "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
                }
            )
        )

    def listing(self) -> Document:
        with self._lock:
            items = list(self._objects.values())
            return {"metadata": {"resourceVersion": str(self._version)}, "items": items}

    def read(self, name: str) -> Document:
        return self._objects[name]

    def patch(self, name: str, patch: Document, size: int) -> Document:
        """Merge, and tell the watchers; the answer is metadata alone."""
        with self._lock:
            self._version += 1
            old = self._objects[name]
            metadata = {**old["metadata"], "resourceVersion": str(self._version)}
            status = _merged(old.get("status", {}), patch.get("status", {}))
            self._objects[name] = {**old, "metadata": metadata, "status": status}
            self.patches += 1
            self.bytes_written += size
            event = {"type": "MODIFIED", "object": self._objects[name]}
            line = json.dumps(event, separators=(",", ":")).encode() + b"\n"
            for watcher in self._watchers:
                watcher.put(line)
        return {"kind": "PartialObjectMetadata", "metadata": metadata}

    def watch(self) -> queue.SimpleQueue[bytes | None]:
        watcher: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._watchers.append(watcher)
        return watcher


def _merged(old: Any, patch: Any) -> Any:  # noqa: ANN401 - any JSON value
    """RFC 7386."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(old) if isinstance(old, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = _merged(merged.get(key), value)
    return merged


class _Handler(BaseHTTPRequestHandler):
    api: ClassVar[ApiStandIn]
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if path == f"/apis/{GROUP_VERSION}":
            names = (PLURAL, f"{PLURAL}/status")
            self._answer({"resources": [{"name": name} for name in names]})
        elif path == f"/apis/{GROUP_VERSION}/{PLURAL}" and "watch=true" in query:
            self._stream()
        elif path == f"/apis/{GROUP_VERSION}/{PLURAL}":
            self._answer(self.api.listing())
        elif path.startswith(f"/apis/{GROUP_VERSION}/{PLURAL}/"):
            self._answer(self.api.read(path.rpartition("/")[2]))
        else:
            self._answer({"kind": "Status", "message": "not here"}, 404)

    def do_PATCH(self) -> None:
        path = self.path.partition("?")[0]
        size = int(self.headers["Content-Length"])
        body = json.loads(self.rfile.read(size))
        if isinstance(body, list):
            self._answer({"kind": "Status", "message": "merge patches only"}, 415)
            return
        self._answer(self.api.patch(path.split("/")[-2], body, size))

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer({"metadata": {}}, 201)

    def _answer(self, document: Document, code: int = 200) -> None:
        body = json.dumps(document).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self) -> None:
        watcher = self.api.watch()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while (line := watcher.get()) is not None:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
            self.wfile.flush()
