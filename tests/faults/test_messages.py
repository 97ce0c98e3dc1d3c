"""What is said of an API server that does wrong, word by word: ``messages.txt`` beside this file."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from canaries import Canaries
from kept import is_as_kept
from reporter.kube.api import ApiError, Resource
from reporter.kube.client import KubeApi
from scripted_api import Answer, Http, ScriptedApi, breaks, html, raw, reset, says
from scripted_api.answers import document, silent, trickles

RESOURCE = Resource("projectcalico.org/v3", has_status=True)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

CALLS: dict[str, Callable[[KubeApi], Any]] = {
    "discover": lambda api: api.discover(),
    "list": lambda api: api.list_objects(RESOURCE, "spec.node=n").items,
    "get": lambda api: api.get(RESOURCE, "a"),
    "patch": lambda api: api.patch_status(RESOURCE, "a", b'{"status": {}}'),
    "event": lambda api: api.create_event("default", {"metadata": {}}),
    "watch": lambda api: [*api.watch(RESOURCE, "", "1", metadata_only=False, seconds=1)],
}
METADATA = {"name": "a", "uid": "u", "resourceVersion": "7"}
ANSWERS: dict[str, Answer] = {
    **{str(status): says(status) for status in (400, 401, 403, 404, 409, 410, 413, 422, 500, 503)},
    "429": says(429, Retry_After="17"),
    "429 at some date": says(429, Retry_After="Wed, 01 Jan 2098 00:00:00 GMT"),
    "503 for a negative time": says(503, Retry_After="-1"),
    "500 without a word": Http(500, b""),
    "599 of which nobody knows": Http(599, b"{}"),
    "a redirect": Http(307, b"", {"Location": "http://127.0.0.1:1/"}),
    "HTML": html(),
    "HTML, refused": html(502),
    "nothing in it": Http(200, b" "),
    "text": Http(200, b"ok", {"Content-Type": "text/plain; charset=utf-8"}),
    "an odd type": Http(200, b"ok", {"Content-Type": "<script>"}),
    "half of JSON": Http(200, b'{"type": "ADDED", "obj'),
    "null": document(None),
    "a list": document([]),
    "an empty object": document({}),
    "metadata null": document({"metadata": None, "items": [{"metadata": None}], "resources": None}),
    "a bad name": document({"metadata": {**METADATA, "name": "../x"}, "items": None}),
    "a bad version": document({"metadata": {**METADATA, "resourceVersion": 7}, "items": []}),
    "a bad uid": document({"metadata": {**METADATA, "uid": "\ud800"}, "items": [7]}),
    "a bad generation": document({"metadata": {**METADATA, "generation": True}, "items": [{}]}),
    "other resources": document({"resources": [None, {}, {"name": 7}, {"name": "other"}]}),
    "an event of no type": document({"type": "NEW", "object": {}}),
    "an event about nothing": document({"type": "ADDED"}),
    "an event about an odd object": document({"type": "ADDED", "object": {"metadata": {}}}),
    "a bookmark without a version": document({"type": "BOOKMARK", "object": {}}),
    "an error of the watch": document({"type": "ERROR", "object": {"code": 410, "message": "too old"}}),
    "an odd error of the watch": document({"type": "ERROR", "object": {"code": 7}}),
    "a reset": reset,
    "nothing": raw(b""),
    "half a head": breaks(HEAD, 20),
    "half a body": raw(HEAD + b"Content-Length: 900\r\n\r\n{"),
}  # fmt: skip
SLOW: dict[str, Answer] = {"silence": silent, "a byte at a time": trickles(HEAD)}


def _text(call: Callable[[KubeApi], Any], api: KubeApi, server: ScriptedApi) -> str:
    try:
        result = call(api)
    except ApiError as error:
        after = "" if error.retry_after is None else f", after {error.retry_after:g} s"
        text = f"{error.status} {error.reason}{after}: {error.message}"
    else:
        text = json.dumps(result, default=str)
    # What the system says of a connection that is gone depends on the moment.
    text = re.sub(r"\((?!HTTP|not answered)[^()]*(\([^()]*\))*[^()]*\)", "(...)", text)
    # Two clocks have the same deadline, and either may be first.
    return text.replace("not answered whole in", "not answered in").replace(
        str(server.port), "PORT"
    )


def test_what_is_said_of_each_answer(
    server: ScriptedApi, canaries: Canaries, pytestconfig: pytest.Config
) -> None:
    lines: list[str] = []
    for answers, seconds in ((ANSWERS, 60.0), (SLOW, 0.2)):
        for about, answer in answers.items():
            lines.append(f"== {about}")
            for kind, call in CALLS.items():
                server.always(answer)
                with canaries.api(server.url, timeout=seconds, watch_quiet=seconds) as api:
                    lines.append(f"{kind}: {_text(call, api, server)}")
    path = Path(__file__).parent / "messages.txt"
    assert is_as_kept(pytestconfig, path, "\n".join([*lines, ""]))


def test_what_is_asked(server: ScriptedApi, canaries: Canaries) -> None:
    """Method, path, query and the headers that matter, of each call."""
    server.store.put("a", "n")
    for number in range(3):
        server.store.put(f"b-{number}", "n")
    with canaries.api(server.url, timeout=60.0) as api:
        found = api.discover()
        assert found == RESOURCE
        listed = api.list_objects(RESOURCE, "spec.node=n", lambda item: item["metadata"])
        assert [item["name"] for item in listed.items] == ["a", "b-0", "b-1", "b-2"]
        assert api.list_objects(RESOURCE, "").resource_version == str(server.store.version)
        api.get(RESOURCE, "a")
        api.patch_status(RESOURCE, "a", b'{"status": {}}')
        api.patch_status(
            RESOURCE, "a", b'[{"op": "add", "path": "/status", "value": {}}]', is_json_patch=True
        )
        api.create_event("default", {"metadata": {}})
        for metadata_only, seconds in ((True, 1.0), (False, 1.0)):
            stream = api.watch(
                RESOURCE, "spec.node=n", "100", metadata_only=metadata_only, seconds=seconds
            )
            assert [event["type"] for event in stream][:2] == ["ADDED", "ADDED"]
            stream.close()
    asked = [
        (
            request.method, request.path, request.query, request.headers["accept"].partition(";")[2],
            request.headers["content-type"],
        )
        for request in server.requests
    ]  # fmt: skip
    objects = "/apis/projectcalico.org/v3/caliconodestatuses"
    partial = "as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"
    json_type, manager = "application/json", {"fieldManager": "birdstatus-reporter"}
    watch = {"watch": "true", "allowWatchBookmarks": "true", "resourceVersion": "100",
             "fieldSelector": "spec.node=n", "timeoutSeconds": "1"}  # fmt: skip
    assert asked == [
        ("GET", "/apis/crd.projectcalico.org/v1", {}, "", json_type),
        ("GET", "/apis/projectcalico.org/v3", {}, "", json_type),
        ("GET", objects, {"fieldSelector": "spec.node=n", "limit": "500"}, "", json_type),
        ("GET", objects, {"limit": "500"}, "", json_type),
        ("GET", f"{objects}/a", {}, "", json_type),
        ("PATCH", f"{objects}/a/status", manager, partial, "application/merge-patch+json"),
        ("PATCH", f"{objects}/a/status", manager, partial, "application/json-patch+json"),
        ("POST", "/api/v1/namespaces/default/events", {}, partial, json_type),
        ("GET", objects, watch, partial, json_type),
        ("GET", objects, watch, "", json_type),
    ]


def test_a_list_comes_in_parts_that_get_smaller_if_they_are_too_large(
    server: ScriptedApi, canaries: Canaries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reporter.kube.client.MAX_ANSWER", 1000)
    limits: list[tuple[str, str]] = []

    def page(exchange: Any) -> None:
        query = exchange.request.query
        limits.append((query["limit"], query.get("continue", "")))
        size, begin = int(query["limit"]), int(query.get("continue", "0"))
        items = [{"metadata": {**METADATA, "name": f"a-{number}"}} for number in range(begin, 20)][
            :size
        ]
        following = str(begin + size) if begin + size < 20 else ""
        document({"items": items, "metadata": {"resourceVersion": "9", "continue": following}})(
            exchange
        )

    server.always(page)
    with canaries.api(server.url, timeout=60.0) as api:
        found = api.list_objects(RESOURCE, "")
        assert [item["metadata"]["name"] for item in found.items] == [
            f"a-{number}" for number in range(20)
        ]
        assert limits == [("500", ""), ("62", ""), ("7", ""), ("7", "7"), ("7", "14")]
        monkeypatch.setattr("reporter.kube.client.MAX_ANSWER", 60)
        limits.clear()
        with pytest.raises(ApiError, match="larger than 0 MiB"):
            api.list_objects(RESOURCE, "")
        assert [limit for limit, _ in limits] == ["500", "62", "7", "1"]
