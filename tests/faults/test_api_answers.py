"""Answers of any shape: each is our own error with a reason, in bounded time and memory."""

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from canaries import TOKEN, Canaries
from reporter.kube import answers
from reporter.kube.api import ApiError, Document, Resource
from reporter.kube.client import KubeApi
from scripted_api import Answer, Http, ScriptedApi, breaks, html, raw, reset, says
from scripted_api.answers import document

RESOURCE = Resource("projectcalico.org/v3", has_status=True)

CALLS: dict[str, Callable[[KubeApi], Any]] = {
    "discover": lambda api: api.discover(),
    "list": lambda api: api.list_objects(RESOURCE, ""),
    "watch": lambda api: list(api.watch(RESOURCE, "", "5", metadata_only=False, seconds=1)),
    "count": lambda api: api.count_objects(RESOURCE),
    "get": lambda api: api.get(RESOURCE, "a"),
    "patch": lambda api: api.patch_status(RESOURCE, "a", b'{"status":{}}'),
    "event": lambda api: api.create_event("default", {}),
}

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
DEEP = b"[" * 200_000
WHOLE = b'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{"metadata": {}}    '

# What no call can use: its reason.
ANSWERS: dict[str, tuple[Answer, set[str]]] = {
    "HTML with 200": (html(), {"malformed"}),
    "HTML with 503": (html(503), {"503"}),
    "nothing with 200": (Http(200, b""), {"malformed"}),
    "null": (document(None), {"malformed"}),
    "a number": (document(7), {"malformed"}),
    "a list": (document([]), {"malformed"}),
    "text": (document("ok"), {"malformed"}),
    "half of JSON": (Http(200, b'{"items": [{"meta'), {"malformed"}),
    "not UTF-8": (Http(200, b'{"a": "\xff\xfe"}'), {"malformed"}),
    "nested without end": (Http(200, DEEP), {"malformed"}),
    "compressed rubbish": (Http(200, b"\x1f\x8brubbish", {"Content-Encoding": "gzip"}),
                           {"unreachable", "malformed"}),
    "204": (raw(b"HTTP/1.1 204 No Content\r\n\r\n"), {"malformed"}),
    "a redirect": (Http(302, b"", {"Location": "http://127.0.0.1:1/"}), {"302"}),
    "a redirect to a file": (Http(307, b"", {"Location": "file:///etc/passwd"}), {"307"}),
    "no HTTP": (raw(b"\x15\x03\x03\x00\x02\x02\x28"), {"unreachable"}),
    "SSH": (raw(b"SSH-2.0-OpenSSH_9.2\r\n"), {"unreachable"}),
    "a header without end": (raw(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000), {"unreachable"}),
    "headers without end": (raw(b"HTTP/1.1 200 OK\r\n" + b"X: a\r\n" * 500), {"unreachable"}),
    "an absurd status": (raw(b"HTTP/1.1 99999 Hm\r\n\r\n"), {"unreachable"}),
    "an absurd length": (raw(HEAD + b"Content-Length: -5\r\n\r\n{}"), {"unreachable", "malformed"}),
    "an absurd chunk": (raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}"),
                        {"unreachable", "malformed"}),
    "a reset": (reset, {"unreachable"}),
    "an end at once": (raw(b""), {"unreachable"}),
    "cut in the status line": (breaks(WHOLE, 7), {"unreachable"}),
    "cut in the headers": (breaks(WHOLE, 30), {"unreachable", "malformed"}),
    "cut in the body": (breaks(WHOLE, 50), {"unreachable", "malformed"}),
}  # fmt: skip


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_that_is_none_is_an_error_of_ours(
    call: str, answer: str, server: ScriptedApi, canaries: Canaries
) -> None:
    said, reasons = ANSWERS[answer]
    server.always(said)
    with canaries.api(server.url) as api:
        error = _error_of(lambda: CALLS[call](api))
        if error is None:
            # A watch may just end: it is begun again, and no oftener than the back-off allows. Of an Event
            # nothing is wanted back.
            assert call in {"watch", "event"}
        else:
            assert error.reason in reasons
            assert error.message.isprintable()
            assert len(error.message) <= 500
        server.sound()
        # The server may be closing the connection that the client has kept: that costs one more call.
        _error_of(lambda: api.list_objects(RESOURCE, ""))
        assert api.list_objects(RESOURCE, "").items == []


def _error_of(work: Callable[[], Any]) -> ApiError | None:
    try:
        work()
    except ApiError as error:
        return error
    return None


OBJECT: Document = {
    "metadata": {"name": "a", "uid": "u", "resourceVersion": "7"}, "spec": {}, "status": {}
}  # fmt: skip


def _with(**metadata: Any) -> Document:
    return {**OBJECT, "metadata": {**OBJECT["metadata"], **metadata}}


ODD_OBJECTS: dict[str, Any] = {
    "empty": {},
    "no metadata": {"spec": {}},
    "metadata null": {"metadata": None},
    "metadata a list": {"metadata": [1]},
    "metadata text": {"metadata": "x"},
    "name missing": _with(name=None),
    "name a number": _with(name=5),
    "name a path": _with(name="../../../api/v1/secrets"),
    "name a query": _with(name="a?b"),
    "name over long": _with(name="a" * 300),
    "uid null": _with(uid=None),
    "uid half a pair": _with(uid="\ud800"),
    "version a number": _with(resourceVersion=7),
    "version empty": _with(resourceVersion=""),
    "generation text": _with(generation="1"),
    "generation true": _with(generation=True),
}


@pytest.mark.parametrize("odd", ODD_OBJECTS)
def test_an_object_of_another_shape_is_refused_wherever_it_comes(
    odd: str, server: ScriptedApi, canaries: Canaries
) -> None:
    found = ODD_OBJECTS[odd]
    listing = {"metadata": {"resourceVersion": "9"}, "items": [OBJECT, found]}
    line = {"type": "MODIFIED", "object": found}
    said = {"get": found, "patch": found, "list": listing, "watch": line}
    server.script = lambda request: document(said[request.kind])
    with canaries.api(server.url) as api:
        for call in said:
            with pytest.raises(ApiError) as refused:
                CALLS[call](api)
            assert refused.value.reason == "malformed", call


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("list", {"items": None, "metadata": {"resourceVersion": "1"}}),
        ("list", {"metadata": {"resourceVersion": "1"}}),
        ("list", {"items": {}, "metadata": {"resourceVersion": "1"}}),
        ("list", {"items": [None], "metadata": {"resourceVersion": "1"}}),
        ("list", {"items": [5], "metadata": {"resourceVersion": "1"}}),
        ("list", {"items": []}),
        ("list", {"items": [], "metadata": None}),
        ("list", {"items": [], "metadata": {"resourceVersion": 5}}),
        ("discover", {"resources": None}),
        ("discover", {"resources": {}}),
        ("discover", {}),
        ("watch", {}),
        ("watch", {"type": "ADDED"}),
        ("watch", {"type": "ADDED", "object": None}),
        ("watch", {"type": 5, "object": OBJECT}),
        ("watch", {"type": "RENAMED", "object": OBJECT}),
        ("watch", {"type": "BOOKMARK", "object": {}}),
        ("watch", {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": 5}}}),
        ("watch", {"type": "ERROR"}),
        ("watch", {"type": "ERROR", "object": None}),
        ("watch", {"type": "ERROR", "object": {"code": "410"}}),
        ("watch", {"type": "ERROR", "object": {"code": 1e300, "message": {}}}),
        ("watch", None),
        ("watch", 7),
        ("watch", "text"),
        ("watch", []),
    ],
)
def test_lists_discoveries_and_events_of_another_shape(
    call: str, said: Any, server: ScriptedApi, canaries: Canaries
) -> None:
    server.always(document(said), call)
    with canaries.api(server.url) as api, pytest.raises(ApiError) as refused:
        CALLS[call](api)
    assert refused.value.reason == "malformed"
    assert refused.value.status == 0


def test_discoveries_with_odd_entries_are_read_for_the_others(
    server: ScriptedApi, canaries: Canaries
) -> None:
    odd = {"resources": [None, 5, {}, {"name": 7}, {"name": "caliconodestatuses"}]}
    server.always(document(odd), "discover")
    with canaries.api(server.url, api_group="projectcalico.org/v3") as api:
        assert api.discover() == Resource("projectcalico.org/v3", has_status=False)


@pytest.mark.parametrize("code", [400, 403, 410, 429, 500])
def test_an_error_within_a_watch_has_the_servers_status(
    code: int, server: ScriptedApi, canaries: Canaries
) -> None:
    server.always(document({"type": "ERROR", "object": {"code": code, "message": "no"}}), "watch")
    with canaries.api(server.url) as api, pytest.raises(ApiError) as refused:
        CALLS["watch"](api)
    assert refused.value.status == code


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7), ("0", 0), ("1.5", 1.5), ("1e12", 300), ("inf", 300), ("99999999999999999999", 300),
        ("-5", None), ("nan", None), ("-inf", None), ("soon", None), ("", None), ("7;x", None),
        ("Fri, 31 Dec 1999 23:59:59 GMT", None), ("Fri, 31 Dec 9999 23:59:59 GMT", 300),
        ("Fri, 31 Dec 99999 23:59:59 GMT", None),
    ],
)  # fmt: skip
def test_what_a_server_may_ask_for_with_retry_after(
    header: str, seconds: float | None, server: ScriptedApi, canaries: Canaries
) -> None:
    server.always(says(429, "slow down", Retry_After=header))
    with canaries.api(server.url) as api, pytest.raises(ApiError) as refused:
        api.discover()
    assert refused.value.status == 429
    assert refused.value.retry_after == seconds


@pytest.mark.parametrize("compressed", [False, True])
def test_a_body_without_end_is_given_up(
    compressed: bool,  # noqa: FBT001
    server: ScriptedApi,
    canaries: Canaries,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("reporter.kube.client.MAX_ANSWER", 1 << 20)
    body = b'{"items": "' + b"a" * (8 << 20) + b'"}'
    headers = {}
    if compressed:
        body, headers = gzip.compress(body), {"Content-Encoding": "gzip"}
    server.always(Http(200, body, headers))
    with canaries.api(server.url) as api, pytest.raises(ApiError) as refused:
        api.get(RESOURCE, "a")
    assert refused.value.reason == "malformed"
    assert "larger than 1 MiB" in refused.value.message


def test_a_list_that_is_too_large_is_asked_for_in_parts(
    server: ScriptedApi, canaries: Canaries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reporter.kube.client.MAX_ANSWER", 1 << 16)
    items = [{**OBJECT, "metadata": {"name": f"a{n}", "uid": "u", "resourceVersion": "7"},
              "status": "x" * 1000} for n in range(200)]  # fmt: skip

    def parts(request: Any) -> Answer:
        begin = int(request.query.get("continue", 0))
        end = begin + int(request.query["limit"])
        more = {"continue": str(end)} if end < len(items) else {}
        return document({"items": items[begin:end], "metadata": {"resourceVersion": "9", **more}})

    server.script = parts
    with canaries.api(server.url) as api:
        found = api.list_objects(RESOURCE, "")
    assert [item["metadata"]["name"] for item in found.items] == [f"a{n}" for n in range(200)]
    assert found.resource_version == "9"
    assert len(server.requests) < 40


def test_a_line_of_a_watch_without_end_is_given_up(
    server: ScriptedApi, canaries: Canaries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reporter.kube.stream.MAX_LINE", 1 << 20)
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    server.always(raw(head + b'{"type": "ADDED", "object": "' + b"a" * (4 << 20)), "watch")
    with canaries.api(server.url) as api, pytest.raises(ApiError) as refused:
        CALLS["watch"](api)
    assert refused.value.message.endswith("a line of more than 1 MiB")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 429, 500, 503, 200])
def test_a_server_that_echoes_the_request_does_not_spread_the_token(
    status: int, server: ScriptedApi, canaries: Canaries
) -> None:
    def echo(request: Any) -> Answer:
        words = f"you sent {json.dumps(request.headers)}"
        assert TOKEN in words
        return says(status, words)

    server.script = echo
    with canaries.api(server.url) as api:
        errors = [_error_of(lambda call=call: call(api)) for call in CALLS.values()]  # type: ignore[misc]
    # Where it says 200, recording an Event is content with it.
    assert len(list(filter(None, errors))) >= len(CALLS) - 1


@pytest.mark.parametrize("words", ["\x1b[31mred\n\nSet-Cookie: x", "a" * 100_000, "\ud800", ""])
def test_a_servers_words_are_made_safe(words: str, server: ScriptedApi, canaries: Canaries) -> None:
    server.always(says(500, words))
    with canaries.api(server.url) as api, pytest.raises(ApiError) as refused:
        api.discover()
    assert refused.value.message.isprintable()
    assert len(refused.value.message) <= 500


@pytest.mark.parametrize(
    ("metadata", "count"),
    [
        ({}, 1),
        ({"remainingItemCount": 41, "continue": "x"}, 42),
        ({"remainingItemCount": 0}, 1),
        # More, but nobody says how many.
        ({"continue": "x"}, answers.UNTOLD),
        ({"continue": "x", "remainingItemCount": True}, answers.UNTOLD),
        ({"continue": "x", "remainingItemCount": -7}, answers.UNTOLD),
        ({"continue": 5, "remainingItemCount": "many"}, 1),
    ],
)
def test_objects_are_counted_from_a_list_of_one(
    metadata: Document, count: int, server: ScriptedApi, canaries: Canaries
) -> None:
    server.always(document({"metadata": {"resourceVersion": "7", **metadata}, "items": [OBJECT]}))
    with canaries.api(server.url) as api:
        assert api.count_objects(RESOURCE) == count
    (asked,) = server.requests
    assert asked.query == {"limit": "1"}


def test_no_object_is_counted_as_none(server: ScriptedApi, canaries: Canaries) -> None:
    """As kube-apiserver says it where metadata alone is asked for."""
    server.always(document({"metadata": {"resourceVersion": "7"}, "items": None}))
    with canaries.api(server.url) as api:
        assert api.count_objects(RESOURCE) == 0
