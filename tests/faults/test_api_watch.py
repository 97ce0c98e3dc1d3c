"""What stands between the reporter and the API server may do to a watch what it likes."""

import json
import threading
from collections.abc import Iterator

import pytest

from canaries import Canaries
from reporter.kube.api import ApiError, Document, Resource
from scripted_api import Answer, ScriptedApi, trickles
from scripted_api.server import Exchange, bookmark

RESOURCE = Resource("projectcalico.org/v3", has_status=True)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def _event(version: int) -> Document:
    metadata = {"name": "a", "uid": "u", "resourceVersion": str(version)}
    return {"type": "MODIFIED", "object": {"metadata": metadata, "spec": {"x": "é" * version}}}


def _line(event: Document) -> bytes:
    return json.dumps(event, ensure_ascii=False).encode() + b"\n"


def _chunks(data: bytes, size: int) -> bytes:
    pieces = [data[begin : begin + size] for begin in range(0, len(data), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)


@pytest.fixture
def seen() -> threading.Event:
    return threading.Event()


def _holds_open(first: bytes, seen: threading.Event) -> Answer:
    """Say this, and end only when it was seen: who waits for more before it looks never sees it."""

    def answer(exchange: Exchange) -> None:
        exchange.send(first)
        while not (seen.wait(0.05) or exchange.server.ending.is_set()):
            pass

    return answer


@pytest.mark.parametrize("framing", ["chunks", "one chunk", "bytes", "none", "a length"])
def test_an_event_is_seen_when_it_comes_however_it_is_framed(
    framing: str, server: ScriptedApi, canaries: Canaries, seen: threading.Event
) -> None:
    """The end of the response comes only after the event was seen, or never does."""
    line = _line(_event(7))
    first = {
        "chunks": HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + _chunks(line, 10),
        "one chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + _chunks(line, len(line)),
        "bytes": HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + _chunks(line, 1),
        # A proxy that speaks HTTP/1.0 to us: RFC 9112, section 6.3, the end of the connection is the end.
        "none": HEAD + b"Connection: close\r\n\r\n" + line,
        "a length": HEAD + b"Content-Length: 99999999\r\n\r\n" + line,
    }[framing]
    server.always(_holds_open(first, seen), "watch")
    with canaries.api(server.url) as api:
        stream = api.watch(RESOURCE, "", "5", metadata_only=False)
        for event in stream:
            assert event == _event(7)
            seen.set()
            stream.close()
    assert seen.is_set()


def test_events_arrive_whole_however_they_are_cut(server: ScriptedApi, canaries: Canaries) -> None:
    events = [_event(version) for version in range(1, 30)] + [bookmark(40)]
    data = b"\n".join(map(_line, events))  # with empty lines between

    def cut(size: int) -> Answer:
        body = HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + _chunks(data, size) + b"0\r\n\r\n"
        return lambda exchange: exchange.send(body)

    for size in (1, 2, 3, 7, 100, 65536):
        server.always(cut(size), "watch")
        with canaries.api(server.url) as api:
            assert list(api.watch(RESOURCE, "", "5", metadata_only=False)) == events


def test_a_last_line_without_its_line_feed_counts(server: ScriptedApi, canaries: Canaries) -> None:
    body = HEAD + b"\r\n" + _line(_event(1)) + _line(_event(2)).rstrip()
    server.always(lambda exchange: exchange.send(body), "watch")
    with canaries.api(server.url) as api:
        assert list(api.watch(RESOURCE, "", "5", metadata_only=False)) == [_event(1), _event(2)]


@pytest.mark.parametrize("tail", [b'{"type": "MOD', b"\xff\xfe", b"}{", b"<html>"])
def test_what_came_before_half_a_line_is_kept(
    tail: bytes, server: ScriptedApi, canaries: Canaries
) -> None:
    server.always(lambda exchange: exchange.send(HEAD + b"\r\n" + _line(_event(1)) + tail), "watch")
    with canaries.api(server.url) as api:
        stream = iter(api.watch(RESOURCE, "", "5", metadata_only=False))
        assert next(stream) == _event(1)
        with pytest.raises(ApiError) as broken:
            next(stream)
        assert broken.value.reason == "malformed"


@pytest.mark.parametrize(
    "trickle",
    [
        trickles(HEAD + b'\r\n{"type": "'),
        trickles(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5"),
        trickles(HEAD + b"\r\n\n\n\n\n"),
    ],
    ids=["within a line", "within a chunk's length", "empty lines"],
)
def test_bytes_that_are_no_event_do_not_keep_a_watch_alive(
    trickle: Answer, server: ScriptedApi, canaries: Canaries
) -> None:
    server.always(trickle, "watch")
    with canaries.api(server.url, watch_quiet=0.4) as api:
        stream = api.watch(RESOURCE, "", "5", metadata_only=False)
        with pytest.raises(ApiError) as failed:
            list(stream)
    assert failed.value.reason == "quiet"


def test_events_keep_a_watch_alive_for_longer_than_its_silence(
    server: ScriptedApi, canaries: Canaries
) -> None:
    def often(exchange: Exchange) -> None:
        exchange.send(HEAD + b"\r\n")
        for version in range(1, 9):
            exchange.server.ending.wait(0.2)
            exchange.send(_line(_event(version)))

    server.always(often, "watch")
    with canaries.api(server.url, watch_quiet=1.2) as api:
        assert len(list(api.watch(RESOURCE, "", "5", metadata_only=False))) == 8


def test_a_stream_that_is_closed_from_elsewhere_ends_in_peace(
    server: ScriptedApi, canaries: Canaries, seen: threading.Event
) -> None:
    server.store.put("a", "n")

    def closed_after_one(stream: object) -> Iterator[Document]:
        for event in stream:  # type: ignore[attr-defined]
            threading.Timer(0.05, stream.close).start()  # type: ignore[attr-defined]
            yield event

    with canaries.api(server.url) as api:
        stream = api.watch(RESOURCE, "", "100", metadata_only=False)
        assert len(list(closed_after_one(stream))) == 1
    assert not seen.is_set()
