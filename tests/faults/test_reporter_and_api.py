"""A whole reporter, threads and sockets, before an API server that does wrong, and then right again."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from canaries import TOKEN, Canaries
from reporter.bird.recorded import RecordedDaemon, recording
from reporter.bird.snapshot import FAMILIES, SocketBird
from reporter.settings import Settings
from reporter_cluster import Running, until
from scripted_api import Answer, Http, Request, ScriptedApi, applied_then, html, raw, reset, says
from scripted_api.answers import document, silent, trickles

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

FAULTS: dict[str, Answer] = {
    **{str(status): says(status) for status in (400, 401, 403, 404, 409, 410, 413, 422, 500, 502, 503)},
    "429": says(429, Retry_After="1"),
    "429 for ever": says(429, Retry_After="1e12"),
    "HTML": html(),
    "null": document(None),
    "half a line": Http(200, b'{"type": "ADDED", "obj'),
    "a reset": reset,
    "applied, then a reset": applied_then(reset),
    "applied, then half an answer": applied_then(raw(HEAD + b"Content-Length: 900\r\n\r\n{")),
    "applied, then HTML": applied_then(html()),
    "silence": silent,
    "a byte at a time": trickles(HEAD),
    "nothing at all": raw(b""),
    "a redirect": Http(302, b"", {"Location": "http://127.0.0.1:1/"}),
}  # fmt: skip
# Each is met by every request, and by the writes alone; these by the watch alone. A write may be applied
# before its answer is lost. A pause that is asked for is kept to: not to be waited for here.
OF_ALL = ("401", "403", "404", "410", "503", "429", "HTML", "a reset", "silence", "nothing at all")
OF_THE_WATCH = ("410", "429", "HTML", "half a line", "a reset", "silence", "a byte at a time")
CASES = [
    *((fault, "patch") for fault in FAULTS if fault != "429 for ever"),
    *((fault, "all") for fault in OF_ALL),
    *((fault, "watch") for fault in OF_THE_WATCH),
]


@pytest.fixture
def running(server: ScriptedApi, canaries: Canaries, tmp_path: Path) -> Iterator[Running]:
    """A reporter of two objects that has reported."""
    for name in ("a", "b"):
        server.store.put(name, "n")
    server.token = TOKEN
    with contextlib.ExitStack() as stack:
        daemons = {
            family: stack.enter_context(
                RecordedDaemon(tmp_path / f"bird{family}.ctl", recording(family))
            )
            for family in FAMILIES
        }
        settings = Settings(node_name="n", api_timeout=0.5, bird_timeout=30.0)
        bird = SocketBird(
            {family: (daemon.path,) for family, daemon in daemons.items()}, 30, 1 << 24
        )
        api = stack.enter_context(canaries.api(server.url, timeout=0.5))
        found = stack.enter_context(Running(settings, api, {}, bird))
        until(lambda: _states(server) == {"a": "Ready", "b": "Ready"}, lambda: found.log, 60)
        until(lambda: server.asked("watch"), "no watch", 60)
        yield found


def _states(server: ScriptedApi) -> dict[str, Any]:
    with server.store.changed:
        return {
            name: found.get("status", {}).get("agent", {}).get("birdV4", {}).get("state")
            for name, found in server.store.objects.items()
        }


def _faulty(answer: Answer, kind: str, count: list[int]) -> Callable[[Request], Answer | None]:
    def script(request: Request) -> Answer | None:
        if kind not in {"all", request.kind}:
            return None
        count[0] += 1
        return answer

    return script


@pytest.mark.parametrize(("fault", "kind"), CASES)
def test_it_lives_and_comes_back(
    fault: str, kind: str, running: Running, server: ScriptedApi
) -> None:
    met = [0]
    server.script = _faulty(FAULTS[fault], kind, met)
    if kind != "patch":
        server.drop_connections()
    until(lambda: met[0] >= 3, lambda: (met, running.log), 60)
    assert running.thread.is_alive()
    server.store.edit("a", classes=["BGP"])
    server.sound()
    # What a sound API server says is served: the new class of one, and the other's next heartbeat.
    before = server.store.get("b")["status"]["lastUpdated"]
    until(lambda: _is_served(server, before), lambda: (running.log, server.store.objects), 60)
    assert running.metric("birdstatus_internal_errors_total") == 0
    # A condition is told when it begins and when it ends, not at each try.
    assert len(running.log) < 30


def _is_served(server: ScriptedApi, before: str) -> bool:
    status = server.store.get("a").get("status", {})
    moved = server.store.get("b")["status"]["lastUpdated"] != before
    return "bgp" in status and "agent" not in status and moved


def _classes(server: ScriptedApi) -> set[str]:
    return set(server.store.get("a").get("status", {})) - {"lastUpdated"}


def test_the_definition_is_removed_and_comes_back_with_another_shape(
    running: Running, server: ScriptedApi
) -> None:
    gone = says(404, "the server could not find the requested resource")
    server.always(gone)
    server.drop_connections()
    until(lambda: len(server.asked("discover")) > 3, lambda: running.log, 60)
    server.store.has_status = False
    server.resources = ("caliconodestatuses",)
    server.selectable = False
    server.sound()
    server.store.edit("a", classes=["BGP"])
    before = server.store.get("b")["status"]["lastUpdated"]
    until(lambda: _is_served(server, before), lambda: running.log, 60)
    assert not server.asked("patch")[-1].path.endswith("/status")


def test_a_compaction_is_listed_anew(running: Running, server: ScriptedApi) -> None:
    """What the watcher last knew is forgotten while it is away."""
    lists = len(server.asked("list"))
    server.always(reset, "watch")
    server.drop_connections()
    server.store.edit("a", classes=["BGP"])
    server.store.edit("a", classes=["BGP"], updatePeriodSeconds=2)
    server.store.compact()
    server.sound()
    until(lambda: len(server.asked("list")) > lists, lambda: running.log, 60)
    before = server.store.get("b")["status"]["lastUpdated"]
    until(lambda: _is_served(server, before), lambda: running.log, 60)


def test_a_token_is_rotated_under_it(
    running: Running, server: ScriptedApi, canaries: Canaries
) -> None:
    server.token = "canary-successor-of-the-token"
    until(lambda: any("401" in line for line in running.log), lambda: running.log, 60)
    canaries.kubeconfig(server.url, {"token": server.token})
    server.store.edit("a", classes=["BGP"])
    before = server.store.get("b")["status"]["lastUpdated"]
    until(lambda: _is_served(server, before), lambda: running.log, 60)


def test_a_proxy_that_holds_the_watch_back_costs_a_trial(
    running: Running, server: ScriptedApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of a response comes at its end, as from a proxy with a large buffer."""
    monkeypatch.setattr("reporter.kube.watch.TRIAL", 2.0)
    monkeypatch.setattr("reporter.kube.watch.LONGEST_TRIAL", 2.0)

    def held(exchange: Any) -> None:
        sent, exchange.connection = exchange.connection, Buffer()
        exchange.server._watch(exchange)
        sent.sendall(exchange.connection.data)
        exchange.keep = False

    class Buffer:
        """A connection that keeps what is sent."""

        data = b""

        def sendall(self, data: bytes) -> None:
            self.data += data

    server.always(held, "watch")
    server.drop_connections()
    begun = len(server.asked("watch"))
    until(lambda: len(server.asked("watch")) > begun + 1, lambda: running.log, 60)
    for classes in (["BGP"], ["Agent"], ["BGP"]):
        server.store.edit("a", classes=classes)
        until(lambda: _classes(server) == {classes[0].lower()}, lambda: running.log, 60)  # noqa: B023
    assert all(request.query.get("timeoutSeconds") for request in server.asked("watch")[begun:])
