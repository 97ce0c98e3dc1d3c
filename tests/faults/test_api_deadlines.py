"""One deadline for a call, whatever the other side does with the time.

The servers here go on until the test ends: a call that did not end by itself would have the test time out.
"""

import socket
import threading
from collections.abc import Callable

import pytest

from canaries import Canaries
from reporter.kube.api import ApiError, Resource
from reporter.kube.client import KubeApi
from reporter.kube.deadline import MOST_LEFT, Calls, DeadlineError
from scripted_api import Answer, ScriptedApi, trickles
from scripted_api.answers import silent

RESOURCE = Resource("projectcalico.org/v3", has_status=True)
HEAD = b"HTTP/1.1 200 OK\r\n"

SLOW: dict[str, Answer] = {
    "says nothing": silent,
    "a byte at a time from the first": trickles(HEAD),
    "headers without end": trickles(HEAD + b"X: "),
    "a body of a known length": trickles(HEAD + b"Content-Length: 999999\r\n\r\n{"),
    "a body without a length": trickles(HEAD + b"\r\n{"),
    "chunks": trickles(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n \r\n"),
    "a chunk's length without end": trickles(HEAD + b"Transfer-Encoding: chunked\r\n\r\n"),
    "a refusal": trickles(b"HTTP/1.1 500 No\r\n\r\n{"),
    "continue": trickles(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000, 0.001),
}
CALLS: dict[str, Callable[[KubeApi], object]] = {
    "discover": lambda api: api.discover(),
    "patch": lambda api: api.patch_status(RESOURCE, "a", b"{}"),
    "watch": lambda api: list(api.watch(RESOURCE, "", "5", metadata_only=False)),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("slow", SLOW)
def test_a_call_ends_at_its_deadline(
    slow: str, call: str, server: ScriptedApi, canaries: Canaries
) -> None:
    server.always(SLOW[slow])
    with canaries.api(server.url, timeout=0.2, watch_quiet=0.2) as api:
        with pytest.raises(ApiError) as failed:
            CALLS[call](api)
        assert failed.value.reason in {"timeout", "quiet"}
        assert failed.value.status == 0
        server.sound()
        api.list_objects(RESOURCE, "")


def test_its_connection_is_ended_and_its_thread_with_it(
    server: ScriptedApi, canaries: Canaries
) -> None:
    """The client goes, though the server would go on for ever: this test's server waits for that."""
    gone = threading.Event()

    def answer(exchange: object) -> None:
        trickles(HEAD + b"\r\n{")(exchange)  # type: ignore[arg-type]

    def noticing(exchange: object) -> None:
        try:
            answer(exchange)
        except OSError:
            gone.set()
            raise

    server.always(noticing)
    with canaries.api(server.url, timeout=0.3) as api:
        for _ in range(MOST_LEFT + 4):
            with pytest.raises(ApiError, match="not answered"):
                api.get(RESOURCE, "a")
        assert gone.wait(30)
        server.sound()
        api.list_objects(RESOURCE, "")


def test_a_server_that_takes_no_connection_out_of_its_queue(canaries: Canaries) -> None:
    """As a kube-apiserver that is stopped, with the queue of its port full."""
    with socket.socket() as listener, socket.socket() as first, socket.socket() as second:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for other in (first, second):
            other.settimeout(0.1)
            other.connect_ex(listener.getsockname())
        with (
            canaries.api(f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=0.3) as api,
            pytest.raises(ApiError) as failed,
        ):
            api.discover()
    assert failed.value.reason == "timeout"


def test_a_tls_handshake_that_is_never_answered(canaries: Canaries) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        with (
            canaries.api(f"https://127.0.0.1:{listener.getsockname()[1]}", timeout=0.3) as api,
            pytest.raises(ApiError) as failed,
        ):
            api.discover()
    assert failed.value.reason == "timeout"


def test_a_name_whose_look_up_hangs(canaries: Canaries, monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def hang(*_: object, **__: object) -> list[object]:
        over.wait()
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr("urllib3.util.connection.socket.getaddrinfo", hang)
    try:
        with canaries.api("http://api.example:6443", timeout=0.3) as api:
            with pytest.raises(ApiError) as failed:
                api.discover()
            assert failed.value.reason == "timeout"
    finally:
        over.set()


def test_calls_that_hang_are_bounded_and_the_others_go_on() -> None:
    calls, over = Calls(), threading.Event()
    try:
        for _ in range(MOST_LEFT):
            with pytest.raises(DeadlineError, match="not answered whole"):
                calls.within(0.01, over.wait)
        before = threading.active_count()
        for _ in range(20):
            with pytest.raises(DeadlineError, match="earlier calls still hang"):
                calls.within(0.01, over.wait)
        assert threading.active_count() <= before
    finally:
        over.set()
    for thread in threading.enumerate():
        if thread.name == "api-call":
            thread.join()
    assert calls.within(30, lambda: 7) == 7


def test_without_a_thread_to_be_had_a_call_fails_and_the_next_may_not(
    server: ScriptedApi, canaries: Canaries, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with canaries.api(server.url) as api:
        with monkeypatch.context() as patched:
            patched.setattr("reporter.kube.deadline.threading.Thread.start", refuse)
            with pytest.raises(ApiError, match="no thread"):
                api.list_objects(RESOURCE, "")
        assert api.list_objects(RESOURCE, "").items == []


def test_what_a_call_raises_is_raised_where_it_is_waited_for() -> None:
    def fail() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        Calls().within(30, fail)
