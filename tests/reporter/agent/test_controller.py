"""The agent against the real API server, with the role of deploy/ and recorded daemons."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from reporter.bird.recorded import RecordedDaemon
from reporter.kube.client import KubeApi
from reporter_cluster import Cluster, Running, service_account_api, settle, until

pytest_plugins = ["reporter_fixtures"]

Start = Callable[..., Running]


def _without_time(status: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in status.items() if key != "lastUpdated"}


def test_classes_take_effect_at_once_and_a_dropped_one_is_cleared(
    cluster: Cluster, api: KubeApi, node: str, start: Start
) -> None:
    name = cluster.create(node, updatePeriodSeconds=86400)
    start(api)
    until(lambda: cluster.status(name).keys() == {"agent", "bgp", "routes", "lastUpdated"})
    cluster.patch(name, spec={"classes": ["BGP"]})
    until(lambda: cluster.status(name).keys() == {"bgp", "lastUpdated"})
    cluster.patch(name, spec={"classes": ["Agent", "Routes"]})
    until(lambda: cluster.status(name).keys() == {"agent", "routes", "lastUpdated"})


def test_the_period_takes_effect_at_once(
    cluster: Cluster, api: KubeApi, node: str, start: Start, daemons: dict[int, RecordedDaemon]
) -> None:
    name = cluster.create(node, updatePeriodSeconds=86400)
    start(api)
    until(lambda: cluster.status(name))
    cluster.patch(name, spec={"updatePeriodSeconds": 1})
    before = daemons[4].connections
    until(lambda: daemons[4].connections >= before + 2)
    cluster.patch(name, spec={"updatePeriodSeconds": 0})
    until(lambda: cluster.read(name)["metadata"]["generation"] >= 3)
    settle(0.2)
    before = daemons[4].connections
    settle(1.2)
    assert daemons[4].connections == before


def test_an_object_that_moves_away_is_left_alone_and_one_that_moves_here_is_served(
    cluster: Cluster, api: KubeApi, node: str, start: Start
) -> None:
    name = cluster.create(node)
    start(api)
    until(lambda: cluster.status(name))
    cluster.patch(name, spec={"node": "another"})
    settle(0.2)
    after = cluster.read(name)["metadata"]["resourceVersion"]
    settle(1.5)
    assert cluster.read(name)["metadata"]["resourceVersion"] == after
    cluster.patch(name, spec={"node": node}, status=None)
    moved = cluster.status(name).get("lastUpdated")
    until(lambda: cluster.status(name).get("lastUpdated") != moved)


def test_delete_and_recreate(cluster: Cluster, api: KubeApi, node: str, start: Start) -> None:
    name = cluster.create(node, updatePeriodSeconds=86400)
    running = start(api)
    until(lambda: cluster.status(name))
    for _ in range(3):
        cluster.delete(name)
        cluster.create(node, name, updatePeriodSeconds=86400)
    until(lambda: cluster.status(name))
    cluster.delete(name)
    until(lambda: running.metric("birdstatus_objects") == 0)


@pytest.mark.parametrize("period", [None, -1, 86401])
def test_a_period_that_is_missing_or_out_of_range_gets_no_report_but_an_event(
    cluster: Cluster, api: KubeApi, node: str, start: Start, period: int | None
) -> None:
    name = cluster.create(node, updatePeriodSeconds=period)
    start(api)
    until(lambda: cluster.events(name))
    ((kind, reason, message),) = cluster.events(name)
    assert (kind, reason) == ("Warning", "InvalidSpec")
    assert message.startswith("spec.updatePeriodSeconds")
    assert cluster.status(name) == {}
    cluster.patch(name, spec={"updatePeriodSeconds": 1})
    until(lambda: cluster.status(name))


def test_period_0_is_reported_once_and_that_is_retried_until_it_succeeds(
    cluster: Cluster, api: KubeApi, node: str, start: Start, daemons: dict[int, RecordedDaemon]
) -> None:
    """W16: BIRD is not up yet when the object comes."""
    replies, daemons[4].replies = daemons[4].replies, {}
    name = cluster.create(node, updatePeriodSeconds=0)
    start(api)
    until(lambda: cluster.status(name))
    assert cluster.status(name)["agent"]["birdV4"] == {"state": "NotReady"}
    daemons[4].replies = replies
    until(lambda: cluster.status(name)["agent"]["birdV4"]["state"] == "Ready")
    before = daemons[4].connections
    settle(1.5)
    assert daemons[4].connections == before


def test_ipv6_gone_costs_ipv4_nothing_and_its_return_is_seen(
    cluster: Cluster, api: KubeApi, node: str, start: Start, daemons: dict[int, RecordedDaemon]
) -> None:
    """W1, W2; and Events for the change, not for every period."""
    name = cluster.create(node)
    start(api)
    until(lambda: cluster.status(name))
    whole = _without_time(cluster.status(name))
    daemons[6].__exit__(None, None, None)
    until(lambda: cluster.status(name)["agent"]["birdV6"] == {"state": "NotReady"})
    settle(1.2)
    status = cluster.status(name)
    assert status["agent"]["birdV4"] == whole["agent"]["birdV4"]
    assert status["bgp"]["peersV4"] == whole["bgp"]["peersV4"]
    assert "peersV6" not in status["bgp"]
    assert status["bgp"]["numberEstablishedV6"] == 0
    assert status["routes"] == {"routesV4": whole["routes"]["routesV4"]}
    with RecordedDaemon(daemons[6].path, daemons[6].replies):
        until(lambda: _without_time(cluster.status(name)) == whole)
        until(lambda: len(cluster.events(name)) == 2, lambda: cluster.events(name))
    told = cluster.events(name)
    assert [(kind, reason) for kind, reason, _ in told] == [
        ("Warning", "BirdUnreachable"),
        ("Normal", "BirdUnreachableResolved"),
    ]
    assert str(daemons[6].path) in told[0][2]


def test_an_ipv4_only_node_writes_nothing_but_heartbeats(
    cluster: Cluster, api: KubeApi, node: str, start: Start, daemons: dict[int, RecordedDaemon]
) -> None:
    """W11: bird6 is up and has no peers and no routes, as in every IPv4-only cluster."""
    daemons[6].replies["show protocols all"] = (
        b"2002-name     proto    table    state  since       info\n0000 \n"
    )
    daemons[6].replies["show route"] = b"0000 \n"
    quiet = cluster.create(node)
    running = start(api, heartbeat=float("inf"))
    until(lambda: cluster.status(quiet))
    assert cluster.status(quiet)["agent"]["birdV6"]["state"] == "Ready"
    version = cluster.read(quiet)["metadata"]["resourceVersion"]
    writes = running.metric("birdstatus_status_writes_total")
    settle(2.1)
    assert cluster.read(quiet)["metadata"]["resourceVersion"] == version
    assert running.metric("birdstatus_status_writes_total") == writes


def test_heartbeat_every_period_moves_nothing_but_the_time(
    cluster: Cluster, api: KubeApi, node: str, start: Start
) -> None:
    name = cluster.create(node)
    sent: list[dict[str, Any]] = []

    original = api.patch_status

    def patch_status(resource: Any, patched: str, patch: bytes, **kind: bool) -> dict[str, Any]:
        written = original(resource, patched, patch, **kind)
        sent.append(json.loads(patch))
        return written

    api.patch_status = patch_status  # type: ignore[method-assign,assignment]
    start(api)
    until(lambda: len(sent) >= 3)
    assert sent[0]["status"].keys() == {"agent", "bgp", "routes", "lastUpdated"}
    for patch in sent[1:]:
        assert patch["status"].keys() == {"lastUpdated"}
        assert patch["metadata"].keys() == {"resourceVersion"}
    assert cluster.status(name)["lastUpdated"] == sent[-1]["status"]["lastUpdated"]


def test_a_change_does_not_wait_for_a_long_heartbeat(
    cluster: Cluster, api: KubeApi, node: str, start: Start, daemons: dict[int, RecordedDaemon]
) -> None:
    name = cluster.create(node)
    start(api, heartbeat=3600.0)
    until(lambda: cluster.status(name))
    # A change is written at once all the same.
    daemons[4].replies["show route"] = b"0000 \n"
    until(lambda: "routesV4" not in cluster.status(name)["routes"])


def test_a_status_is_cut_to_its_size_with_fib_first(
    cluster: Cluster, api: KubeApi, node: str, start: Start, daemons: dict[int, RecordedDaemon]
) -> None:
    rows = "".join(
        f"1007-10.{i // 250}.{i % 250}.0/24 via 10.0.0.2 on eth0 [Mesh_10_0_0_2 19:44:41]"
        f"{' *' if i % 10 == 0 else ''} (100/0) [i]\n"
        for i in range(500)
    )
    daemons[4].replies["show route"] = rows.encode() + b"0000 \n"
    name = cluster.create(node)
    running = start(api, max_status_bytes=16384)
    until(lambda: cluster.status(name))
    status = cluster.status(name)
    routes = status["routes"]["routesV4"]
    assert sum(route["type"] == "FIB" for route in routes) == 50
    assert 0 < sum(route["type"] == "RIB" for route in routes) < 450
    assert status["bgp"]["numberEstablishedV4"] == 4
    assert len(status["routes"]["routesV6"]) == 11
    until(lambda: cluster.events(name))
    settle(1.5)
    ((kind, reason, message),) = cluster.events(name)
    assert (kind, reason) == ("Warning", "Truncated")
    assert message.startswith("over 16384 bytes, left out: ")
    assert running.metric('birdstatus_truncated_rows{kind="RIB"}') == 500 - len(routes)


def test_rows_that_cannot_be_read_are_told_and_harmless(
    cluster: Cluster, api: KubeApi, node: str, start: Start, daemons: dict[int, RecordedDaemon]
) -> None:
    route = daemons[4].replies["show route"]
    daemons[4].replies["show route"] = b"1007-\x1b[31mnonsense\n" + route
    name = cluster.create(node)
    start(api)
    until(lambda: cluster.events(name))
    settle(1.5)
    ((kind, reason, message),) = cluster.events(name)
    assert (kind, reason) == ("Warning", "RowsLeftOut")
    assert "\x1b" not in message
    assert len(cluster.status(name)["routes"]["routesV4"]) == 11


def test_another_writer_is_told_and_not_fought(
    cluster: Cluster, api: KubeApi, node: str, start: Start
) -> None:
    name = cluster.create(node)
    running = start(api)
    until(lambda: cluster.status(name))
    for count in range(10):
        theirs = {"agent": {"birdV4": {"state": "NotReady", "version": str(count)}}}
        cluster.patch_status(name, theirs, "calico-node")
        settle(0.25)
    until(lambda: cluster.events(name))
    ((kind, reason, message),) = cluster.events(name)
    assert (kind, reason) == ("Warning", "AnotherWriter")
    assert message.startswith("calico-node writes this status too")
    assert running.metric("birdstatus_objects_with_another_writer") == 1
    until(lambda: cluster.status(name)["agent"]["birdV4"]["version"] == "1.6.8")


def test_calicos_own_annotation_is_left_as_it_is(
    cluster: Cluster, api: KubeApi, node: str, start: Start
) -> None:
    name = cluster.create(node)
    kept = {"projectcalico.org/metadata": '{"generation":2,"labels":{"a":"b"}}', "x": "y"}
    cluster.patch(name, metadata={"annotations": kept, "labels": {"l": "m"}})
    start(api)
    until(lambda: cluster.status(name))
    metadata = cluster.read(name)["metadata"]
    assert metadata["annotations"] == kept
    assert metadata["labels"] == {"l": "m"}


def test_the_status_subresource_that_comes_and_goes_is_followed(
    cluster: Cluster, api: KubeApi, node: str, start: Start
) -> None:
    """As when Calico is upgraded under a running reporter."""
    name = cluster.create(node)
    running = start(api)
    until(lambda: cluster.status(name))
    for has_status in (False, True):
        cluster.redefine(has_status=has_status)
        settle(0.5)
        before = cluster.status(name)["lastUpdated"]
        until(lambda: cluster.status(name)["lastUpdated"] > before, lambda: running.log)  # noqa: B023


def test_a_quiet_watch_is_begun_anew(cluster: Cluster, node: str, start: Start) -> None:
    with service_account_api(cluster, watch_quiet=0.3) as api:
        running = start(api)
        settle(1.5)
        name = cluster.create(node)
        until(lambda: cluster.status(name), lambda: running.log)
        running.reporter.stop()
        running.thread.join(5)
    assert running.log == []


def test_an_api_server_that_restarts(
    cluster: Cluster, api: KubeApi, node: str, start: Start
) -> None:
    """Last in this module: what was known to others of the API server is stale afterwards."""
    name = cluster.create(node)
    running = start(api)
    until(lambda: cluster.status(name))
    before = cluster.status(name)["lastUpdated"]
    cluster.plane.stop_apiserver()
    try:
        settle(2.5)
    finally:
        cluster.plane.start_apiserver()
    until(lambda: cluster.status(name)["lastUpdated"] > before, lambda: running.log)
    cluster.patch(name, spec={"classes": ["Agent"]})
    until(lambda: cluster.status(name).keys() == {"agent", "lastUpdated"}, lambda: running.log)
    assert len(running.log) < 10
