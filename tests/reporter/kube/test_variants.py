"""Every definition of CalicoNodeStatus in the field, each with exactly the role of deploy/.

v3 and v1, with and without the status subresource, with and without a field to select by.
"""

import copy
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml

from controlplane import ControlPlane
from reporter.agent.delivery import Order, deliver
from reporter.kube.api import ApiError, Document, Resource
from reporter.kube.client import KubeApi
from reporter.kube.credentials import CredentialSource
from reporter.kube.resource import NodeStatusObject
from reporter.redaction import Redactor
from reporter_cluster import (
    Cluster,
    Running,
    Variant,
    clusters_with,
    service_account_api,
    settle,
    until,
)
from reporter_process import DEPLOY, NAMESPACE, SERVICE_ACCOUNT

pytest_plugins = ["reporter_fixtures"]

PLURAL = "caliconodestatuses"
Start = Callable[..., Running]

VARIANTS = {
    "status": {"v3": Variant("v3"), "v1": Variant("v1")},
    "no-status": {"v3": Variant("v3", has_status=False), "v1": Variant("v1", has_status=False)},
    # As Calico itself has them: nothing to select by.
    "calico": {
        "v3": Variant("v3", selectable=False),
        "v1": Variant("v1", has_status=False, selectable=False),
    },
}


@pytest.fixture(scope="module", params=VARIANTS)
def installed(controlplane: ControlPlane, request: pytest.FixtureRequest) -> Iterator[Any]:
    variants = VARIANTS[request.param]
    with clusters_with(controlplane, *variants.values()) as clusters:
        yield dict(zip(variants, clusters, strict=True))


@pytest.fixture(params=["v3", "v1"])
def cluster(installed: dict[str, Cluster], request: pytest.FixtureRequest) -> Cluster:
    return installed[request.param]


@pytest.fixture
def api(cluster: Cluster) -> Iterator[KubeApi]:
    with service_account_api(cluster, api_group=cluster.variant.group_version) as found:
        yield found


def test_where_both_groups_are_v1_is_taken(installed: dict[str, Cluster]) -> None:
    """v3 is only a facade there; one that is named is taken whatever there is."""
    with service_account_api(installed["v3"]) as api:
        assert api.discover().group_version == "crd.projectcalico.org/v1"


def test_it_is_found_reported_and_followed(
    cluster: Cluster, api: KubeApi, node: str, start: Start
) -> None:
    variant = cluster.variant
    assert api.discover() == Resource(variant.group_version, variant.has_status)
    mine, other = cluster.create(node), cluster.create("another-node")
    running = start(api)
    until(lambda: cluster.status(mine), lambda: running.log)
    cluster.patch(mine, spec={"classes": ["Agent"], "updatePeriodSeconds": 86400})
    until(lambda: cluster.status(mine).keys() == {"agent", "lastUpdated"}, lambda: running.log)
    # From and to another node.
    cluster.patch(mine, spec={"node": "another-node"})
    cluster.patch(other, spec={"node": node})
    until(lambda: cluster.status(other), lambda: running.log)
    # Somebody else's write is put right in the next period.
    cluster.patch_status(other, {"agent": {"birdV4": {"state": "NotReady"}}}, "calico-node")
    until(lambda: cluster.status(other)["agent"]["birdV4"]["state"] == "Ready")
    cluster.delete(other)
    until(lambda: running.metric("birdstatus_objects") == 0)
    assert running.log == []


class Watched(KubeApi):
    """The API, with a note of what was forbidden; the first write meets a conflict."""

    forbidden: set[str]
    conflicts: int

    def patch_status(
        self, resource: Resource, name: str, patch: bytes, *, is_json_patch: bool = False
    ) -> Document:
        if self.conflicts:
            self.conflicts -= 1
            raise ApiError(409, "a conflict, so that the object is read")
        return super().patch_status(resource, name, patch, is_json_patch=is_json_patch)

    def _send(self, method: str, *arguments: Any, **options: Any) -> Any:
        try:
            return super()._send(method, *arguments, **options)
        except ApiError as error:
            if error.status == 403:
                self.forbidden.add(error.message)
            raise


def _roles() -> list[dict[str, Any]]:
    documents = yaml.safe_load_all((DEPLOY / "rbac.yaml").read_text())
    return [one for one in documents if one["kind"] in {"ClusterRole", "Role"}]


def _permissions(group: str, *, has_status: bool) -> Iterator[tuple[dict[str, Any], str, str]]:
    """Every role without one permission that matters to this definition, and which one it was."""
    unused = f"{PLURAL}" if has_status else f"{PLURAL}/status"
    for role in _roles():
        for index, rule in enumerate(role["rules"]):
            for verb in rule["verbs"]:
                if rule["resources"] == [unused] and verb == "patch":
                    continue
                less = copy.deepcopy(role)
                kept = less["rules"][index]
                kept["verbs"].remove(verb)
                others = [one for one in rule["apiGroups"] if one != group]
                if others and others != rule["apiGroups"]:
                    less["rules"].append({**rule, "apiGroups": others})
                if not kept["verbs"]:
                    less["rules"].remove(kept)
                yield less, verb, rule["resources"][0]


def test_the_role_is_enough_and_no_more(cluster: Cluster, node: str, start: Start) -> None:
    """With it nothing is forbidden; without any one permission of it something is."""
    variant = cluster.variant
    name = cluster.create(node)
    cluster.create(node, updatePeriodSeconds=None)  # an Event will say that this is invalid
    assert _forbidden(cluster, name, start) == ""
    # Calico's variants make no other call; of the rest, two show all permissions of a group and two
    # how the other kind of definition is written.
    wanted: set[str] = set()
    if variant.selectable:
        wanted = {"patch"}
        if variant.has_status == (variant.version == "v3"):
            wanted = {"get", "list", "watch", "patch", "create"}
    try:
        for role, verb, resource in _permissions(variant.group, has_status=variant.has_status):
            if verb in wanted:
                cluster.set_role(role)
                told = _forbidden(cluster, name, start)
                assert f'cannot {verb} resource "{resource}"' in told, (verb, resource, told)
                _restore(cluster)
    finally:
        _restore(cluster)


def _restore(cluster: Cluster) -> None:
    for role in _roles():
        cluster.set_role(role)


def _forbidden(cluster: Cluster, name: str, start: Start) -> str:
    """Run a reporter until it has reported or could not; what was forbidden to it."""
    cluster.patch_status(name, None, "test")
    group = cluster.variant.group_version
    api = Watched(CredentialSource(cluster.kubeconfig, Redactor()), api_group=group)
    api.forbidden, api.conflicts = set(), 1
    with api:
        running = start(api)
        until(lambda: cluster.status(name) or api.forbidden, lambda: running.log)
        settle(0.1)
        running.reporter.stop()
        running.thread.join(5)
    return "; ".join(api.forbidden)


def test_objects_are_counted_with_what_the_role_allows(
    cluster: Cluster, api: KubeApi, node: str
) -> None:
    resource = api.discover()
    before = api.count_objects(resource)
    names = [cluster.create(node) for _ in range(3)]
    assert api.count_objects(resource) == before + 3
    for name in names:
        cluster.delete(name)


class Weighed(KubeApi):
    """The API, with the bytes of each write: of its request and of its answer, headers included."""

    writes: list[tuple[int, int, str]]

    def _send(self, method: str, path: str, *arguments: Any, **options: Any) -> Any:
        response = super()._send(method, path, *arguments, **options)
        if method == "PATCH":
            token = 1500  # of a ServiceAccount, the largest of the request's headers
            sent = len(path) + len(options["body"]) + token
            received = sum(len(name) + len(value) + 4 for name, value in response.headers.items())
            received += int(response.headers["Content-Length"])
            self.writes.append((sent, received, options["content_type"]))
        return response


@pytest.mark.parametrize("edits", [0, 1])
def test_one_route_of_five_thousand_costs_what_changed(
    cluster: Cluster, node: str, edits: int
) -> None:
    """Also if somebody edits the object before it is written."""
    table = [
        {"destination": f"10.{i // 250}.{i % 250}.0/24", "gateway": "10.0.0.2", "interface": "eth0",
         "learnedFrom": {"peerIP": "10.0.0.2", "sourceType": "NodeMesh"}, "type": "FIB"}
        for i in range(5000)
    ]  # fmt: skip
    name = cluster.create(node)
    kubeconfig = cluster.plane.kubeconfig_for(SERVICE_ACCOUNT, NAMESPACE)
    credentials = CredentialSource(kubeconfig, Redactor())
    with Weighed(credentials, api_group=cluster.variant.group_version, timeout=60) as api:
        api.writes = []
        resource = api.discover()
        first = Order(
            resource,
            NodeStatusObject.from_document(cluster.read(name)),
            {"routes": {"routesV4": table}},
        )
        known = deliver(api, first, seconds=60, clock=time.monotonic).object
        assert known is not None
        if edits:
            cluster.patch(name, metadata={"labels": {"edited": "1"}})
        changed = [*table[:100], *table[101:2500], {**table[2500], "gateway": "N/A"}, *table[2501:]]
        wanted = {"routes": {"routesV4": changed}, "lastUpdated": "2026-01-01T00:00:00Z"}
        done = deliver(api, Order(resource, known, wanted), seconds=60, clock=time.monotonic)
        assert done.is_written
        assert done.conflicts == edits
        assert len(api.writes) == 2
        sent, received, kind = api.writes[-1]
        assert kind == "application/json-patch+json"
        assert sent <= 4096
        assert received <= 4096
    assert cluster.status(name) == wanted
    cluster.delete(name)


def test_rows_are_not_written_into_another_list(cluster: Cluster, api: KubeApi, node: str) -> None:
    """The object changed meanwhile: a test in the patch fails, and the next try is made for what is there."""
    name = cluster.create(node)
    resource = api.discover()
    peers = [{"peerIP": f"10.0.0.{i}", "state": "Idle"} for i in range(1, 40)]
    counts = dict.fromkeys(
        [f"number{word}V{family}" for word in ("Established", "NotEstablished") for family in "46"],
        0,
    )
    cluster.patch_status(name, {"bgp": {**counts, "peersV4": peers}}, "test")
    known = NodeStatusObject.from_document(cluster.read(name))
    cluster.patch_status(name, {"bgp": {"peersV4": peers[5:]}}, "calico-node")
    wanted = {
        "bgp": {**counts, "peersV4": [*peers[:20], {**peers[20], "state": "Active"}, *peers[21:]]}
    }
    order = Order(resource, known, wanted)
    done = deliver(api, order, seconds=30, clock=time.monotonic)
    assert done.error is None
    assert done.conflicts == 1
    assert cluster.status(name) == wanted
    assert done.takes_json_patch
    # What the definition refuses is told by the merge patch, and not tried for ever.
    bad = {"bgp": {**counts, "peersV4": [{**peers[0], "state": "Asleep"}, *peers[1:]]}}
    done = deliver(api, Order(resource, NodeStatusObject.from_document(cluster.read(name)), bad),
                   seconds=30, clock=time.monotonic)  # fmt: skip
    assert done.error is not None
    assert done.error.status == 422
    assert not done.takes_json_patch
    cluster.delete(name)
