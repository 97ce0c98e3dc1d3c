"""What is read out of documents that anybody may have written."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from clusters import NOW, Cluster, calico
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from birdstatus.fleet import expected_sessions, findings, inventory, route
from birdstatus.fleet.addresses import endpoint, network, with_mask
from birdstatus.fleet.documents import time
from birdstatus.fleet.inventory import KINDS, NotLookedAt
from birdstatus.fleet.resources import as_number

NODE = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "a"}}


@pytest.mark.parametrize(
    ("text", "host", "address", "port"),
    [
        ("10.1.1.1", "10.1.1.1", "10.1.1.1", 0),
        ("10.1.1.1:1179", "10.1.1.1", "10.1.1.1", 1179),
        ("10.1.1.1:0", "10.1.1.1", "10.1.1.1", 0),
        ("fd00:0::1", "fd00:0::1", "fd00::1", 0),
        ("[fd00::1]:1179", "fd00::1", "fd00::1", 1179),
        ("::ffff:10.0.0.1", "::ffff:10.0.0.1", "10.0.0.1", 0),
    ],
)
def test_endpoints(text: str, host: str, address: str, port: int) -> None:
    assert endpoint(text) == (host, address, port)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "10.1.1.256",
        "10.1.1.1:x",
        "10.1.1.1:65536",
        "[fd00::1]",
        "[fd00::1]:",
        "fe80::1%eth0",
        "1" * 99,
    ],
)
def test_what_is_no_endpoint(text: str) -> None:
    assert endpoint(text) is None


def test_networks() -> None:
    assert str(network("10.0.0.1/24")) == "10.0.0.0/24"
    assert network("10.0.0.1/33") is None
    assert network("fe80::1%eth0/64") is None
    assert with_mask("10.0.0.1") == ("10.0.0.1", network("10.0.0.1/32"))
    assert with_mask("nonsense") is None


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (64512, 64512), ("64512", 64512), ("1.10", 65546), (0, 0), (True, None), (-1, None), (1 << 32, None),
        ("1.65536", None), ("x", None), ("1.x", None), (None, None), (1.5, None), ("1" * 99, None),
    ],
)  # fmt: skip
def test_as_numbers(value: object, number: int | None) -> None:
    assert as_number(value) == number


def test_times() -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert time("2026-03-01T12:00:00Z") == noon
    assert time("2026-03-01 12:00:00") == noon
    assert time(datetime(2026, 3, 1, 12)) == noon  # noqa: DTZ001 - as a YAML reader makes it
    assert time("0001-01-01T00:00:00+23:59") is None
    assert time("soon") is None
    assert time(5) is None


def test_identity_of_a_node() -> None:
    annotations = {
        "projectcalico.org/IPv4Address": "10.0.0.1/24",
        "projectcalico.org/IPv6Address": "10.0.0.1/24",
        "projectcalico.org/ASNumber": "1.10",
        "projectcalico.org/RouteReflectorClusterID": "fd00::1",
        "projectcalico.org/labels": json.dumps({"mine": "yes", "both": "calico", "bad": [1]}),
    }
    document = {
        **NODE,
        "metadata": {
            "name": "a",
            "annotations": annotations,
            "labels": {"both": True, "n": 1, "no": None},
        },
        "spec": {"podCIDRs": ["10.1.0.0/24", "x", 5]},
        "status": {"conditions": [{"type": "Ready", "status": "False"}]},
    }
    node = inventory([document]).nodes["a"]
    assert (node.v4.address, str(node.v4.subnet), node.v6.address) == (
        "10.0.0.1",
        "10.0.0.0/24",
        "",
    )
    assert node.as_number == 65546
    assert node.cluster_id == ""
    assert node.labels == {"mine": "yes", "both": "true", "n": "1"}
    assert [str(cidr) for cidr in node.pod_cidrs] == ["10.1.0.0/24"]
    assert node.is_ready is False
    assert node.invalid == (
        "projectcalico.org/IPv6Address",
        "projectcalico.org/RouteReflectorClusterID",
    )
    (finding,) = findings([document, {**NODE, "kind": "NodeList", "items": []}]).findings[:1]
    assert finding.kind == "config"
    assert "IPv6Address" in finding.evidence[0]


@pytest.mark.parametrize("labels", ["{", "[]", "5", "[" * 100_000, "x" * (1 << 19)])
def test_labels_that_are_no_map_count_as_absent(labels: str) -> None:
    annotations = {"projectcalico.org/labels": labels}
    document = {**NODE, "metadata": {"name": "a", "annotations": annotations}}
    assert inventory([document]).nodes["a"].labels == {}


def test_first_api_keeps_the_users_metadata_in_an_annotation() -> None:
    kept = {"creationTimestamp": "2026-02-01T00:00:00Z", "labels": {"a": "b"}}
    document = calico("BGPPeer", "peer", {"peerIP": "10.0.0.9", "asNumber": 65000})
    document["metadata"] = {
        "name": "peer",
        "annotations": {"projectcalico.org/metadata": json.dumps(kept)},
        "managedFields": [{"time": "2026-02-03T00:00:00Z"}, "nonsense", {"time": 5}],
    }
    assert inventory([document]).peerings["peer"].changed == datetime(2026, 2, 3, tzinfo=UTC)
    del document["metadata"]["managedFields"]
    assert inventory([document]).peerings["peer"].changed == datetime(2026, 2, 1, tzinfo=UTC)


def test_booleans_that_the_first_api_writes_as_text() -> None:
    blocks = [
        calico(
            "BlockAffinity",
            name,
            {"cidr": cidr, "node": "a", "state": state, "deleted": deleted, "type": kind},
        )
        for name, cidr, state, deleted, kind in (
            ("kept", "10.0.0.0/26", "confirmed", "false", "host"),
            ("deleted", "10.0.1.0/26", "confirmed", "true", ""),
            ("pending", "10.0.2.0/26", "pending", False, ""),
            ("leaving", "10.0.3.0/26", "pendingDeletion", False, ""),
            ("virtual", "10.0.4.0/26", "confirmed", False, "virtual"),
            ("unreadable", "10.0.5.0/99", "confirmed", False, ""),
        )
    ]
    assert [(str(block.cidr), block.is_confirmed) for block in inventory(blocks).blocks] == [
        ("10.0.0.0/26", True),
        ("10.0.3.0/26", False),
    ]


def test_lists_typed_lists_and_what_is_none_of_ours() -> None:
    text: Any = "text"
    found = inventory(
        [
            {
                "apiVersion": "v1",
                "kind": "List",
                "items": [NODE, {"kind": "Pod", "apiVersion": "v1"}, 5],
            },
            {
                "apiVersion": "projectcalico.org/v3",
                "kind": "BGPPeerList",
                "items": [{"metadata": {"name": "peer"}, "spec": {"peerIP": "10.0.0.9"}}],
            },
            {"apiVersion": "projectcalico.org/v3", "kind": "BGPFilterList", "items": []},
            {"apiVersion": "projectcalico.org/v3", "kind": "IPPoolList"},
            {"apiVersion": "v1", "kind": "Node", "metadata": {}},
            {"apiVersion": "apps/v1", "kind": "Node", "metadata": {"name": "of another group"}},
            calico("IPPool", "pool", {"cidr": "nonsense"}),
            calico("CalicoNodeStatus", "nobody's", {}),
            calico("ClusterInformation", "default", {"calicoVersion": "v3.31.2"}),
            calico("BGPFilter", "filter", {}),
            text,
        ],
        not_looked_at=[NotLookedAt("BlockAffinity", "forbidden")],
    )
    assert list(found.nodes) == ["a"]
    assert list(found.peerings) == ["peer"]
    assert found.calico == (3, 31)
    assert {"Node", "BGPPeer", "BGPFilter", "IPPool"} <= found.given
    said = dict(found.not_looked_at)
    assert said["BlockAffinity"] == "forbidden"
    assert said["BGPConfiguration"] == "none was given"
    assert "IPPool/pool" in said
    assert "CalicoNodeStatus/nobody's" in said
    assert "a Node without a name" in said


def test_configurations_of_other_names_and_blocks_of_no_node() -> None:
    found = inventory(
        [
            calico("BGPConfiguration", "node.a", {"listenPort": 1179}),
            calico("BGPConfiguration", "node.b", {}),
            calico("BGPConfiguration", "other", {"listenPort": 5}),
            calico(
                "IPAMBlock", "block", {"cidr": "10.0.0.0/26", "affinity": "virtual:load-balancer"}
            ),
        ]
    )
    assert found.node_ports == {"a": 1179}
    assert (found.port("a"), found.port("b")) == (1179, 0)
    assert found.owners == ()


def test_what_cannot_be_read_is_counted_after_the_first() -> None:
    texts: list[Any] = ["text"] * 30
    found = inventory(texts)
    assert found.not_looked_at[-1] == ("10 more documents", "they cannot be read")


def test_lists_that_are_too_deep_are_said() -> None:
    document: dict[str, Any] = NODE
    for _ in range(10):
        document = {"apiVersion": "v1", "kind": "List", "items": [document]}
    found = inventory([document])
    assert found.nodes == {}
    assert any("too deep" in notice.what for notice in found.not_looked_at)


def test_unknown_version_of_calico() -> None:
    assert (
        inventory([calico("ClusterInformation", "default", {"calicoVersion": "master"})]).calico
        is None
    )


def test_several_objects_about_one_node_complete_each_other() -> None:
    agent = {"birdV4": {"state": "Ready", "routerID": "10.0.0.1"}}
    old = calico("CalicoNodeStatus", "old", {"node": "a", "updatePeriodSeconds": 10})
    old["status"] = {
        "lastUpdated": "2026-03-01T00:00:00Z",
        "agent": agent,
        "bgp": {"peersV4": [{}]},
    }
    new = calico("CalicoNodeStatus", "new", {"node": "a", "updatePeriodSeconds": -1})
    new["status"] = {"lastUpdated": "2026-03-02T00:00:00Z", "bgp": {"peersV4": [{}, {}]}}
    for documents in ([old, new], [new, old]):
        status = inventory(documents).statuses["a"]
        assert status.name == "new"
        assert status.period is None
        assert status.daemons is not None
        assert status.sessions is not None
        assert len(status.sessions[4].rows) == 2
        assert status.routes is None


def test_rows_without_all_fields_or_of_other_types() -> None:
    document = calico("CalicoNodeStatus", "a", {"node": "a"})
    document["status"] = {
        "lastUpdated": "2026-03-01T00:00:00Z",
        "bgp": {
            "peersV4": [
                {"peerIP": "10.0.0.2", "state": "Established"},
                5,
                {"peerIP": [], "state": {}},
            ],
            "peersV6": "nonsense",
        },
        "routes": {
            "routesV4": [
                {
                    "destination": "10.0.0.0/26",
                    "type": "FIB",
                    "learnedFrom": {"sourceType": "Static"},
                },
                {"destination": "0.0.0.0/0", "gateway": "10.0.0.254", "learnedFrom": "nonsense"},
                None,
                {"learnedFrom": {"sourceType": [], "peerIP": 5}},
            ]
        },
    }
    found = inventory([document])
    status = found.statuses["a"]
    assert status.sessions is not None
    assert status.routes is not None
    assert [found.tables.sessions[number] for number in status.sessions[4].rows] == [
        ("10.0.0.2", "", "Established"),
        ("", "", ""),
    ]
    assert list(status.sessions[6].rows) == []
    rows = [found.tables.routes[number] for number in status.routes[4]]
    assert [str(row.destination) for row in rows] == ["10.0.0.0/26", "0.0.0.0/0", "None"]
    assert rows[0].source == "Static"
    assert rows[0].is_fib


@pytest.mark.parametrize(
    ("manager", "writer"),
    [("birdstatus-reporter", "own"), ("calico-node", "calico"), ("kubectl", "")],
)
def test_who_wrote_a_status(manager: str, writer: str) -> None:
    document = calico("CalicoNodeStatus", "a", {"node": "a"}, status={"bgp": {}})
    document["metadata"]["managedFields"] = [
        {"manager": "someone", "time": "2026-01-01T00:00:00Z", "fieldsV1": {"f:status": {}}},
        {"manager": manager, "time": "2026-02-01T00:00:00Z", "fieldsV1": {"f:status": {}}},
        {"manager": "editor", "time": "2026-03-01T00:00:00Z", "fieldsV1": {"f:spec": {}}},
    ]
    assert inventory([document]).statuses["a"].writer == writer


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=8), children, max_size=3)
    ),
    max_leaves=8,
)


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    entries = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return [path, *(deeper for key, inner in entries for deeper in _paths(inner, (*path, key)))]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), st.sampled_from(["mesh", "reflectors", "racks"]))
def test_documents_in_which_anything_was_replaced_by_anything_are_never_fatal(
    data: st.DataObject, shape: str
) -> None:
    documents = list(Cluster(3, shape, (4, 6), with_routes=True).fill())
    paths = [path for path in _paths(documents) if path]
    for _ in range(data.draw(st.integers(1, 3))):
        *parents, last = paths[data.draw(st.integers(0, len(paths) - 1))]
        holder: Any = documents
        for step in parents:
            holder = holder[step] if _has(holder, step) else None
        if _has(holder, last):
            holder[last] = data.draw(JSON)
    found = inventory(documents)
    check = findings(found, now=NOW)
    assert check.exit_code in {0, 1, 3}
    json.dumps(check.document(), allow_nan=False)
    expected_sessions(found)
    route(found, "10.64.1.1", now=NOW)


def _has(holder: Any, step: Any) -> bool:
    return (isinstance(holder, dict) and step in holder) or (
        isinstance(holder, list) and isinstance(step, int) and step < len(holder)
    )


def test_kinds_name_their_groups() -> None:
    assert KINDS["Node"][0] == ""
    assert all(
        "crd.projectcalico.org" in groups for kind, groups in KINDS.items() if kind != "Node"
    )
