"""What a cluster's API gives: both groups, in pages, and what is not there or not allowed is said."""

from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest

from birdstatus.fleet import NotLookedAt
from birdstatus.fleet.inventory import KINDS
from reporter.fleet.gather import objects_of_cluster, sources
from reporter.fleet.look import look_at_cluster
from reporter.kube.api import ApiError
from reporter.kube.cluster import Cluster

V1, V3 = "crd.projectcalico.org/v1", "projectcalico.org/v3"
PLURALS = {
    "BGPConfiguration": "bgpconfigurations", "BGPPeer": "bgppeers", "IPPool": "ippools",
    "BlockAffinity": "blockaffinities", "IPAMBlock": "ipamblocks", "BGPFilter": "bgpfilters",
    "ClusterInformation": "clusterinformations", "CalicoNodeStatus": "caliconodestatuses",
}  # fmt: skip


class Server:
    """An API server in memory: collections by path, and what is wrong with some of them."""

    def __init__(self, *groups: str) -> None:
        self.collections: dict[str, list[dict[str, Any]]] = {"/api/v1/nodes": []}
        for group in groups:
            self.collections |= {f"/apis/{group}/{plural}": [] for plural in PLURALS.values()}
        self.failures: dict[str, list[ApiError]] = {}
        self.asked: list[str] = []

    def put(self, path: str, *names: str) -> None:
        self.collections[path] += [{"metadata": {"name": name}, "spec": {}} for name in names]

    def call(self, method: str, path: str, what: str, **options: Any) -> dict[str, Any]:
        assert (method, what.split(maxsplit=1)[0] in {"list", "ask"}) == ("GET", True)
        query = {
            key: values[0] for key, values in parse_qs(urlencode(options.get("query", []))).items()
        }
        self.asked.append(f"{path} {query.get('limit', '')} {query.get('continue', '')}".strip())
        if self.failures.get(path):
            raise self.failures[path].pop(0)
        if path in self.collections:
            begin, size = int(query.get("continue", 0)), int(query["limit"])
            items = self.collections[path]
            more = str(begin + size) if begin + size < len(items) else ""
            kinds = {plural: kind for kind, plural in PLURALS.items()} | {"nodes": "Node"}
            head = path.removeprefix("/apis/").removeprefix("/api/").rpartition("/")[0]
            return {
                "apiVersion": head,
                "kind": f"{kinds[path.rpartition('/')[2]]}List",
                "metadata": {"resourceVersion": "7", "continue": more},
                "items": items[begin : begin + size],
            }
        found = [one for one in self.collections if one.startswith(f"{path}/")]
        if not found:
            raise ApiError(404, "not found")
        return {"resources": [{"name": one.rpartition("/")[2]} for one in found]}


def _gather(server: Server, **options: Any) -> tuple[list[dict[str, Any]], list[NotLookedAt]]:
    notes: list[NotLookedAt] = []
    cluster = Cluster(server)
    found = sources(cluster, note=notes.append, **options)
    return list(objects_of_cluster(cluster, found, notes.append)), notes


def test_every_kind_that_the_library_reads_is_asked_for() -> None:
    assert set(PLURALS) | {"Node"} == set(KINDS)
    objects, notes = _gather(Server(V1))
    assert {one["kind"] for one in objects} == {f"{kind}List" for kind in KINDS}
    assert notes == []


def test_the_first_api_is_the_truth_where_both_are() -> None:
    server = Server(V1, V3)
    server.put(f"/apis/{V1}/bgppeers", "a")
    server.put(f"/apis/{V3}/bgppeers", "a")
    objects, _ = _gather(server)
    assert [one["apiVersion"] for one in objects if one["kind"] == "BGPPeer"] == [V1]
    objects, _ = _gather(server, api_group=V3)
    assert [one["apiVersion"] for one in objects if one["kind"] == "BGPPeer"] == [V3]


def test_what_may_be_read_in_one_group_alone_is_read_there() -> None:
    server = Server(V1, V3)
    server.put(f"/apis/{V3}/bgppeers", "a")
    server.failures[f"/apis/{V1}/bgppeers"] = [ApiError(403, "no")]
    objects, notes = _gather(server)
    assert [one["apiVersion"] for one in objects if one["kind"] == "BGPPeer"] == [V3]
    assert notes == []


def test_what_is_not_there_or_not_allowed_is_said_and_left_out() -> None:
    server = Server(V3)
    del server.collections[f"/apis/{V3}/ipamblocks"]
    server.failures["/api/v1/nodes"] = [ApiError(403, "no")]
    objects, notes = _gather(server)
    assert dict(notes) == {
        "IPAMBlock": f"the API server has none in {V1} or {V3}",
        "Node": "these credentials may not list them",
    }
    assert "NodeList" not in {one["kind"] for one in objects}
    look = look_at_cluster(Cluster(server))
    assert "IPAMBlock" in {notice.what for notice in look.check.not_looked_at}


def test_anything_else_that_goes_wrong_is_no_answer() -> None:
    server = Server(V3)
    server.failures[f"/apis/{V3}/bgppeers"] = [ApiError(500, "no")]
    with pytest.raises(ApiError):
        _gather(server)


def test_a_list_is_read_in_pages() -> None:
    server = Server(V3)
    server.put(f"/apis/{V3}/caliconodestatuses", *(f"n{number}" for number in range(45)))
    objects, _ = _gather(server)
    names = [one["metadata"]["name"] for one in objects if one["kind"] == "CalicoNodeStatus"]
    assert names == [f"n{number}" for number in range(45)]
    pages = [line.partition(" ")[2] for line in server.asked if "/caliconodestatuses" in line]
    assert pages == ["20", "20 20", "20 40"]


def test_a_version_that_is_forgotten_begins_the_list_anew() -> None:
    server = Server(V3)
    path = f"/apis/{V3}/bgppeers"
    server.put(path, *"abcde")
    cluster = Cluster(server)
    pages = cluster.pages(path, page=2)
    first = next(pages)
    server.failures[path] = [ApiError(410, "gone")]
    server.collections[path].insert(0, {"metadata": {"name": "new"}})
    names = [item["metadata"]["name"] for page in (first, *pages) for item in page.items]
    assert sorted(names) == ["a", "b", "c", "d", "e", "new"]
    server.failures[path] = [ApiError(410, "gone")]
    with pytest.raises(ApiError):
        list(cluster.pages(path, page=2))  # a first page cannot be too old


def test_an_answer_that_is_too_large_is_asked_for_in_smaller_parts() -> None:
    server = Server(V3)
    path = f"/apis/{V3}/bgppeers"
    server.put(path, "a", "b")
    server.failures[path] = [ApiError(0, "too large", reason="malformed")]
    (page,) = Cluster(server).pages(path, page=20)
    assert (len(page.items), page.resource_version) == (2, "7")
    assert server.asked == [f"{path} 20", f"{path} 2"]
    server.failures[path] = [ApiError(0, "rubbish", reason="malformed")] * 9
    with pytest.raises(ApiError):
        list(Cluster(server).pages(path, page=20))
