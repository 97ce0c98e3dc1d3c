"""The scripted API server answers as the real one does: the same exchange with both, the same outcome."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from canaries import TOKEN, Canaries
from controlplane import ControlPlane
from reporter.kube.api import ApiError, Document, Resource
from reporter.kube.client import KubeApi
from reporter.kube.credentials import CredentialSource
from reporter.redaction import Redactor
from reporter_cluster import Cluster
from scripted_api import ScriptedApi

pytest_plugins = ["reporter_fixtures"]

RESOURCE = Resource("projectcalico.org/v3", has_status=True)


class Side:
    """One of the two: a client of it, and what a test does behind the client's back."""

    api: KubeApi
    stranger: KubeApi
    create: Callable[[str], object]
    edit: Callable[[str], object]
    delete: Callable[[str], object]


def _real(cluster: Cluster, canaries: Canaries) -> Side:
    side = Side()
    side.api = KubeApi(CredentialSource(cluster.plane.kubeconfig_admin, Redactor()))
    kubeconfig = json.loads(cluster.kubeconfig.read_text())
    kubeconfig["users"][0]["user"] = {"token": TOKEN}
    path = canaries.folder / "stranger"
    path.write_text(json.dumps(kubeconfig))
    side.stranger = KubeApi(CredentialSource(path, canaries.redactor))
    side.create = lambda name: cluster.create("exchange", name)
    side.edit = lambda name: cluster.patch(name, spec={"updatePeriodSeconds": 7})
    side.delete = cluster.delete
    return side


def _scripted(server: ScriptedApi, canaries: Canaries) -> Side:
    side = Side()
    server.token = "the right one"
    path = canaries.kubeconfig(server.url, {"token": "the-right-one"})
    server.token = "the-right-one"
    side.api = KubeApi(canaries.source(path))
    side.api.discover()
    side.stranger = canaries.api(server.url)
    side.create = lambda name: server.store.put(name, "exchange")
    side.edit = lambda name: server.store.edit(name, updatePeriodSeconds=7)
    side.delete = server.store.delete
    return side


def _shape(value: Any) -> Any:
    """The keys and types of a document."""
    if isinstance(value, dict):
        return {key: _shape(item) for key, item in value.items()}
    return type(value).__name__


def _try(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except ApiError as error:
        return error.status, error.reason


def _metadata(document: Document) -> Any:
    known = ("name", "uid", "resourceVersion", "generation")
    return _shape({key: document["metadata"][key] for key in known})


def _exchange(side: Side) -> Iterator[tuple[str, Any]]:
    """All that the reporter asks, and what came of it, without what differs from run to run."""
    api, selector = side.api, "spec.node=exchange"
    yield "discovery", api.discover()
    yield "nothing listed", len(api.list_objects(RESOURCE, selector).items)
    yield "absent", _try(lambda: api.get(RESOURCE, "absent"))
    yield "absent to write", _try(lambda: api.patch_status(RESOURCE, "absent", b"{}"))
    side.create("one")
    listing = api.list_objects(RESOURCE, selector)
    yield "listed", [(item["metadata"]["name"], _metadata(item)) for item in listing.items]
    yield "another's", len(api.list_objects(RESOURCE, "spec.node=another").items)
    yield "an odd selector", _try(lambda: api.list_objects(RESOURCE, "spec.nope=1"))[0]
    version = listing.items[0]["metadata"]["resourceVersion"]
    body = {
        "metadata": {"resourceVersion": version},
        "status": {"lastUpdated": "2026-01-01T00:00:00Z"},
    }
    written = api.patch_status(RESOURCE, "one", json.dumps(body).encode())
    yield "written", (_metadata(written), "spec" in written, "status" in written)
    yield "a conflict", _try(lambda: api.patch_status(RESOURCE, "one", json.dumps(body).encode()))
    found = api.get(RESOURCE, "one")
    yield "kept", found["status"]
    managed = [
        entry["manager"]
        for entry in found["metadata"]["managedFields"]
        if "f:status" in entry["fieldsV1"]
    ]
    yield "its writer", managed
    side.edit("one")
    yield "generations", api.get(RESOURCE, "one")["metadata"]["generation"]
    side.delete("one")
    stream = api.watch(RESOURCE, selector, listing.resource_version, metadata_only=False, seconds=6)
    events = []
    for event in stream:
        events.append(event)
        if event["type"] == "DELETED" and len(events) == 3:
            side.create("two")
    # How many bookmarks there are is up to the server's clock; that the last event is one is not.
    news = [event for event in events if event["type"] != "BOOKMARK"]
    yield "watched", [(event["type"], event["object"]["metadata"]["name"]) for event in news]
    yield "last", events[-1]["type"]
    yield "bookmark", _shape(events[-1]["object"]["metadata"]["resourceVersion"])
    side.delete("two")
    yield "a wrong token", _try(side.stranger.discover)
    yield "again", _try(side.stranger.discover)


@pytest.mark.usefixtures("controlplane")
def test_the_same_exchange_with_the_real_one(
    controlplane: ControlPlane, cluster: Cluster, server: ScriptedApi, canaries: Canaries
) -> None:
    assert controlplane is cluster.plane
    server.store.put("elsewhere", "other")
    real, scripted = _real(cluster, canaries), _scripted(server, canaries)
    try:
        expected = dict(_exchange(real))
        assert expected["watched"] == [
            ("MODIFIED", "one"), ("MODIFIED", "one"), ("DELETED", "one"), ("ADDED", "two"),
        ]  # fmt: skip
        assert expected["last"] == "BOOKMARK"
        assert dict(_exchange(scripted)) == expected
    finally:
        for side in (real, scripted):
            side.api.close()
            side.stranger.close()
