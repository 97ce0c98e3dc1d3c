"""A cluster's collections as an API server gives them, page by page, over plain HTTP; nothing ever changes."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from subprocess import DEVNULL, PIPE, Popen
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, urlsplit

from measuring import cpu_seconds, environment, peak

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["ClusterStandIn"]

GROUP = "crd.projectcalico.org/v1"
Document = dict[str, Any]


class ClusterStandIn:
    """Serves documents from ``with`` to the end of its block."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._collections: dict[str, list[Document]] = {}
        for document in documents:
            path = (
                f"/{'api' if document['apiVersion'] == 'v1' else 'apis'}/{document['apiVersion']}"
            )
            self._collections.setdefault(f"{path}/{_plural(document['kind'])}", []).append(document)
        self._ending = threading.Event()
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                stand_in.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        url = urlsplit(request.path)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        if "watch" in query:
            request.send_response(200)
            request.send_header("Content-Type", "application/json")
            request.send_header("Connection", "close")
            request.end_headers()
            self._ending.wait()
            return
        if url.path == f"/apis/{GROUP}":
            paths = [path for path in self._collections if path.startswith(url.path)]
            document: Document = {
                "resources": [{"name": path.rpartition("/")[2]} for path in paths]
            }
        elif url.path in self._collections:
            document = self._page(self._collections[url.path], query)
        else:
            document = {}
        body = json.dumps(document).encode()
        request.send_response(200 if document else 404)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def _page(self, documents: list[Document], query: dict[str, str]) -> Document:
        begin, size = int(query.get("continue", 0)), int(query["limit"])
        more = str(begin + size) if begin + size < len(documents) else ""
        return {
            "apiVersion": documents[0]["apiVersion"],
            "kind": f"{documents[0]['kind']}List",
            "metadata": {"resourceVersion": "7", "continue": more},
            "items": documents[begin : begin + size],
        }

    def serve(self, command: Path, folder: Path) -> tuple[float, float]:
        """Run ``serve`` until it has its first page: seconds of CPU and the most memory in MB till then."""
        kubeconfig = folder / "kubeconfig"
        kubeconfig.write_text(json.dumps(self._kubeconfig()))
        arguments = ["serve", f"--kubeconfig={kubeconfig}", "--listen=127.0.0.1:0"]
        with Popen(
            [command, *arguments], stdin=DEVNULL, stderr=PIPE, text=True, env=environment()
        ) as process:
            assert process.stderr is not None
            port = int(process.stderr.readline().rpartition(" ")[2])
            while not _is_ready(port):
                self._ending.wait(0.2)
            taken = cpu_seconds(process.pid), peak(process.pid)
            process.terminate()
        return taken

    def _kubeconfig(self) -> Document:
        url = f"http://127.0.0.1:{self._server.server_address[1]}"
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "it", "cluster": {"server": url}}],
            "users": [{"name": "it", "user": {"token": "none"}}],
            "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
            "current-context": "it",
        }


def _plural(kind: str) -> str:
    return {"BlockAffinity": "blockaffinities", "CalicoNodeStatus": "caliconodestatuses"}.get(
        kind, f"{kind.lower()}s"
    )


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=60):
            return True
    except urllib.error.HTTPError:
        return False
