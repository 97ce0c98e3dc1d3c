"""Routes: what a node must learn, by which gateway, and who owns an address."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from clusters import NOW, Cluster, calico, route
from pydantic import TypeAdapter

from birdstatus.fleet import Check, PrefixError, RouteAnswer, findings, inventory
from birdstatus.fleet import route as ask
from birdstatus.fleet.schema import CheckDocument, RouteDocument, json_schema


def check(cluster: Cluster) -> Check:
    return findings(inventory(cluster, complete=("BGPPeer",)), now=NOW)


def kinds(cluster: Cluster) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(finding.kind, finding.severity, finding.nodes) for finding in check(cluster).findings]


def look(cluster: Cluster, text: str) -> RouteAnswer:
    return ask(inventory(cluster, complete=("BGPPeer",)), text, now=NOW)


def mesh(size: int = 4) -> Cluster:
    return Cluster(size, "mesh", with_routes=True).fill()


def drop(cluster: Cluster, name: str, destination: str) -> None:
    rows = cluster.routes(name, 4)
    rows[:] = [row for row in rows if row["destination"] != destination]


# Which routes should be there


def test_blocks_of_a_pool_that_is_not_exported_stay_at_home() -> None:
    cluster = mesh()
    cluster.document("IPPool", "pool-v4")["spec"]["disableBGPExport"] = True
    for member in cluster.members:
        rows = cluster.routes(member.name, 4)
        rows[:] = [row for row in rows if "peerIP" not in row["learnedFrom"]]
    assert kinds(cluster) == []
    answer = look(cluster, "10.64.2.1")
    assert answer.owner == "node-0002"
    assert [row.verdict for row in answer.nodes] == ["elsewhere", "local", "elsewhere", "elsewhere"]
    assert answer.exit_code == 0


def test_blocks_outside_of_all_pools_are_not_expected() -> None:
    cluster = mesh()
    cluster.document("IPPool", "pool-v4")["spec"]["cidr"] = "10.200.0.0/16"
    drop(cluster, "node-0001", "10.64.2.0/26")
    assert kinds(cluster) == []


def test_without_pools_every_block_is_expected() -> None:
    cluster = mesh()
    cluster.remove("IPPool", "pool-v4")
    drop(cluster, "node-0001", "10.64.2.0/26")
    assert kinds(cluster) == [("route-missing", "error", ("node-0001",))]


def test_pod_cidrs_are_the_blocks_without_calicos_ipam() -> None:
    cluster = mesh()
    for member in cluster.members:
        cluster.remove("BlockAffinity", f"{member.name}-v4")
        cluster.document("Node", member.name)["spec"] = {"podCIDRs": [member.block(4)]}
    assert check(cluster).summary.blocks_expected == 4
    assert kinds(cluster) == []
    drop(cluster, "node-0001", "10.64.2.0/26")
    assert kinds(cluster) == [("route-missing", "error", ("node-0001",))]


def test_a_block_of_a_node_that_has_no_session_with_another_is_not_expected_there() -> None:
    cluster = mesh()
    first, second, *_ = cluster.members
    for one, two in ((first, second), (second, first)):
        cluster.session(one, two, 4)["state"] = "Connect"
        drop(cluster, one.name, two.block(4))
    assert [kind for kind, *_ in kinds(cluster)] == ["down"]


def test_routes_of_a_node_whose_report_is_not_whole_are_not_judged() -> None:
    cluster = mesh()
    status = cluster.status("node-0001")
    status["agent"]["birdV6"] = {"state": "NotReady"}
    status["bgp"]["peersV4"] = []
    status["routes"] = {}
    assert [kind for kind, *_ in kinds(cluster)] == ["no-report"]


def test_a_node_that_has_just_started_may_still_lack_routes() -> None:
    cluster = mesh()
    booted = (NOW - timedelta(seconds=20)).strftime("%Y-%m-%d %H:%M:%S")
    cluster.status("node-0001")["agent"]["birdV4"]["lastBootTime"] = booted
    drop(cluster, "node-0001", "10.64.2.0/26")
    assert kinds(cluster) == [("route-missing", "warning", ("node-0001",))]
    cluster.status("node-0001").pop("lastUpdated")
    assert kinds(cluster) == [("route-missing", "error", ("node-0001",))]


def test_many_missing_routes_are_counted() -> None:
    cluster = mesh(9)
    for member in cluster.members[1:]:
        drop(cluster, "node-0001", member.block(4))
    (finding,) = check(cluster).findings
    assert finding.evidence[-1] == "And 3 more routes."


SERVICES = {"serviceClusterIPs": "10.96.0.0/12", "serviceLoadBalancerIPs": "10.200.0.0/24"}


@pytest.mark.parametrize("how", ["BGPConfiguration", "IPPool"])
def test_service_addresses_are_nobodys_blocks(how: str) -> None:
    """Every node originates them, and has them of all others."""
    cluster = mesh()
    for field, cidr in SERVICES.items():
        if how == "BGPConfiguration":
            cluster.document(how, "default")["spec"][field] = [{"cidr": cidr}, {"cidr": "none"}]
        else:
            cluster.document(how, "pool-v4")["spec"]["cidr"] = "10.64.0.0/11"
            cluster.add(calico(how, field.lower(), {"cidr": cidr, "allowedUses": ["LoadBalancer"]}))
        for member in cluster.members:
            rows = cluster.routes(member.name, 4)
            rows.append(route(cidr, "N/A", "blackhole", "Static"))
            rows += [
                route(cidr, other.v4, "eth0", "NodeMesh", other.v4, is_fib=False)
                for other in cluster.members
                if other is not member
            ]
    assert kinds(cluster) == []


def test_calicos_own_reporter_writes_the_port_of_a_session_into_the_address() -> None:
    cluster = Cluster(5, "reflectors", (4, 6), with_routes=True).fill()
    cluster.document("BGPConfiguration", "default")["spec"]["listenPort"] = 1179
    for member in cluster.members:
        for family, port in ((4, ".port.1179"), (6, ":port:1179")):
            for row in cluster.routes(member.name, family):
                if "peerIP" in row["learnedFrom"]:
                    row["learnedFrom"]["peerIP"] += port
    assert kinds(cluster) == []
    drop(cluster, "node-0004", "10.64.5.0/26")
    assert kinds(cluster) == [("route-missing", "error", ("node-0004",))]


def test_a_released_block_that_others_still_hold() -> None:
    cluster = mesh()
    stranger = route(
        "10.99.0.0/26", cluster.members[1].v4, "eth0", "NodeMesh", cluster.members[1].v4
    )
    cluster.routes("node-0001", 4).append(stranger)
    assert kinds(cluster) == [("stale-route", "warning", ("node-0001",))]
    stranger["destination"] = "10.64.2.7/32"  # a borrowed address is no block
    assert kinds(cluster) == []


def test_a_reflector_whose_filter_hides_a_route_is_not_judged() -> None:
    cluster = Cluster(5, "reflectors", with_routes=True).fill()
    cluster.document("BGPPeer", "reflectors")["spec"]["filters"] = ["some"]
    drop(cluster, "node-0005", "10.64.4.0/26")
    assert kinds(cluster) == []


def two_levels() -> Cluster:
    """Clients of two reflectors with a cluster ID each, which peer with each other."""
    cluster = mesh(4)
    cluster.document("BGPConfiguration", "default")["spec"]["nodeToNodeMeshEnabled"] = False
    first, second, left, right = cluster.members
    for reflector, cluster_id in ((first, "244.0.0.1"), (second, "244.0.0.2")):
        node = cluster.document("Node", reflector.name)["metadata"]
        node["annotations"]["projectcalico.org/RouteReflectorClusterID"] = cluster_id
    links = [(first, second), (first, left), (second, right)]
    for one, two in links:
        spec = {"node": one.name, "peerIP": two.v4, "asNumber": 64512}
        cluster.add(calico("BGPPeer", f"{one.name}-{two.name}", spec))
    for member in cluster.members:
        peers = {one for link in links for one in (link[1].v4, link[0].v4) if member in link} - {
            member.v4
        }
        rows = [row for row in cluster.peers(member.name, 4) if row["peerIP"] in peers]
        for row in rows:
            row["type"] = "NodePeer"
        cluster.peers(member.name, 4)[:] = rows
        for row in cluster.routes(member.name, 4):
            if "peerIP" in row["learnedFrom"] and row["learnedFrom"]["peerIP"] not in peers:
                row["learnedFrom"]["peerIP"] = min(peers)
    return cluster


def test_routes_go_through_two_reflectors() -> None:
    cluster = two_levels()
    assert kinds(cluster) == []
    left, right = cluster.members[2:]
    drop(cluster, right.name, left.block(4))
    assert kinds(cluster) == [("route-missing", "error", ("node-0004",))]
    assert look(cluster, "10.64.3.1").cannot == ("node-0004",)


def test_a_route_does_not_meet_one_cluster_id_twice() -> None:
    cluster = two_levels()
    annotations = cluster.document("Node", "node-0002")["metadata"]["annotations"]
    annotations["projectcalico.org/RouteReflectorClusterID"] = "244.0.0.1"
    drop(cluster, "node-0004", "10.64.3.0/26")
    drop(cluster, "node-0003", "10.64.4.0/26")
    assert kinds(cluster) == []
    answer = look(cluster, "10.64.3.1")
    assert answer.nodes[3].verdict == "elsewhere"
    assert answer.exit_code == 0


def test_a_reflector_that_puts_itself_there_keeps_no_next_hop() -> None:
    cluster = Cluster(5, "reflectors", with_routes=True).fill()
    cluster.document("BGPPeer", "reflectors")["spec"]["nextHopMode"] = "Self"
    for row in cluster.routes("node-0005", 4):
        if row["destination"] == "10.64.4.0/26":
            row["gateway"] = row["learnedFrom"]["peerIP"]
    assert kinds(cluster) == []
    assert look(cluster, "10.64.4.1").cannot == ()


# Gateways out of the node's own subnet


def racks() -> Cluster:
    """A mesh whose nodes are in subnets of their own; the way to the others is a router in each."""
    cluster = mesh(4)
    for member in cluster.members:
        annotations = cluster.document("Node", member.name)["metadata"]["annotations"]
        annotations["projectcalico.org/IPv4Address"] = f"{member.v4}/32"
        rows = cluster.routes(member.name, 4)
        rows[:] = [row for row in rows if row["learnedFrom"]["sourceType"] != "Direct"]
        for row in rows:
            if "peerIP" in row["learnedFrom"]:
                row["gateway"] = cluster.switch(4, member.rack)
    return cluster


def test_the_way_out_of_the_subnet_is_the_nodes_own_route() -> None:
    cluster = racks()
    assert kinds(cluster) == []
    row = next(
        row for row in cluster.routes("node-0001", 4) if row["destination"] == "10.64.2.0/26"
    )
    row["gateway"] = "192.168.77.1"
    assert kinds(cluster) == [("wrong-next-hop", "error", ("node-0001",))]
    answer = look(cluster, "10.64.2.1")
    assert answer.cannot == ("node-0001",)
    assert "192.168.77.1" in answer.nodes[0].why
    more = route("172.16.0.3/32", "192.168.77.1", "eth1", "Kernel")
    cluster.routes("node-0001", 4).append(more)
    assert kinds(cluster) == []
    cluster.routes("node-0001", 4)[:] = [row]
    drop(cluster, "node-0001", "0.0.0.0/0")
    assert "wrong-next-hop" not in [kind for kind, *_ in kinds(cluster)]


def test_a_direct_route_to_the_owner_needs_no_gateway() -> None:
    cluster = racks()
    cluster.routes("node-0001", 4).append(route("172.16.0.0/16", "N/A", "eth0", "Direct"))
    for row in cluster.routes("node-0001", 4):
        for member in cluster.members:
            if row["destination"] == member.block(4) and "peerIP" in row["learnedFrom"]:
                row["gateway"] = member.v4
    assert kinds(cluster) == []


def test_the_longest_way_to_the_owner_counts_whatever_the_order() -> None:
    cluster = racks()
    rows = cluster.routes("node-0001", 4)
    way = next(row for row in rows if row["destination"] == "0.0.0.0/0")["gateway"]
    rows.append(route("172.16.0.0/12", way, "eth0", "Kernel"))
    rows.append(route("172.16.0.0/16", way, "eth0", "Kernel"))
    rows.append(route("172.0.0.0/8", "192.168.77.1", "eth1", "Kernel"))
    rows.append({"type": "FIB", "destination": "nonsense"})
    assert kinds(cluster) == []


def test_several_reflectors_and_nodes_in_subnets_of_their_own() -> None:
    cluster = Cluster(6, "reflectors", with_routes=True).fill()
    for member in cluster.members:
        annotations = cluster.document("Node", member.name)["metadata"]["annotations"]
        annotations["projectcalico.org/IPv4Address"] = member.v4
    assert kinds(cluster) == []


def test_routes_that_remain_of_a_removed_node_are_not_said_apart() -> None:
    cluster = Cluster(6, "reflectors", with_routes=True).fill()
    for kind in ("Node", "CalicoNodeStatus"):
        cluster.remove(kind, "node-0006")
    cluster.remove("BlockAffinity", "node-0006-v4")
    for reflector in cluster.members[:3]:
        cluster.session(reflector, cluster.members[5], 4)["state"] = "Connect"
    assert [kind for kind, *_ in kinds(cluster)] == ["unexpected"]


def test_a_session_of_one_direction_brings_nothing_that_is_expected() -> None:
    cluster = two_levels()
    cluster.document("BGPPeer", "node-0001-node-0003")["spec"]["reversePeering"] = "Manual"
    cluster.remove("CalicoNodeStatus", "node-0003")
    for member in cluster.members:
        if member.name != "node-0003":
            drop(cluster, member.name, "10.64.3.0/26")
    assert [kind for kind, *_ in kinds(cluster)] == ["config", "no-report"]


# Who owns an address


def test_the_node_with_its_session_cut_is_the_one_that_cannot_get_there() -> None:
    cluster = mesh()
    first, second, *_ = cluster.members
    for one, two in ((first, second), (second, first)):
        cluster.session(one, two, 4)["state"] = "Active"
        drop(cluster, one.name, two.block(4))
    answer = look(cluster, "10.64.2.1")
    assert (answer.owner, answer.block, answer.source) == (
        "node-0002",
        "10.64.2.0/26",
        "BlockAffinity/node-0002-v4",
    )
    assert answer.cannot == ("node-0001",)
    assert answer.exit_code == 1
    assert "node-0002 says Active" in answer.nodes[0].why
    TypeAdapter(RouteDocument).validate_python(answer.document(), strict=True)


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({"interface": "unreachable", "gateway": "N/A"}, "unreachable"),
        ({"interface": "blackhole", "gateway": "N/A"}, "conflict"),
        ({"gateway": "172.16.0.99"}, "wrong-next-hop"),
        ({"learnedFrom": {"sourceType": "Kernel"}}, "ok"),
    ],
)
def test_what_a_row_says(change: dict[str, Any], verdict: str) -> None:
    cluster = mesh()
    row = next(
        row for row in cluster.routes("node-0001", 4) if row["destination"] == "10.64.2.0/26"
    )
    row.update(change)
    answer = look(cluster, "10.64.2.0/28")
    assert answer.nodes[0].verdict == verdict
    assert answer.prefix == "10.64.2.0/28"


def test_sessions_that_stand_without_the_route() -> None:
    cluster = mesh()
    drop(cluster, "node-0001", "10.64.2.0/26")
    answer = look(cluster, "10.64.2.1")
    assert answer.nodes[0].why == "the sessions that lead to node-0002 stand, but it has no route"


def test_a_node_without_routes_is_unknown() -> None:
    cluster = mesh()
    cluster.status("node-0001").pop("routes")
    answer = look(cluster, "10.64.2.1")
    assert answer.nodes[0].verdict == "unknown"
    assert answer.exit_code == 3
    cluster.status("node-0003")["routes"] = {"routesV4": []}
    assert look(cluster, "10.64.2.1").nodes[2].verdict == "missing"


def test_a_node_without_the_family() -> None:
    cluster = Cluster(3, "mesh", (4, 6), with_routes=True).fill()
    cluster.document("Node", "node-0001")["metadata"]["annotations"].pop(
        "projectcalico.org/IPv6Address"
    )
    answer = look(cluster, "fd10:0:2::1")
    assert answer.nodes[0].verdict in {"elsewhere", "ok"}
    rows = cluster.routes("node-0001", 6)
    rows[:] = []
    assert look(cluster, "fd10:0:2::1").nodes[0].verdict == "elsewhere"


def test_an_owner_that_only_its_own_routes_name() -> None:
    cluster = mesh()
    for member in cluster.members:
        cluster.remove("BlockAffinity", f"{member.name}-v4")
    answer = look(cluster, "10.64.2.1")
    assert (answer.owner, answer.source) == ("node-0002", "routes of node-0002")
    assert [row.verdict for row in answer.nodes] == ["ok", "local", "ok", "ok"]


def test_a_borrowed_address_belongs_to_the_node_that_uses_it() -> None:
    cluster = mesh()
    spec = {
        "cidr": "10.64.2.0/26",
        "affinity": "host:node-0002",
        "allocations": [0],
        "attributes": [{"secondary": {"node": "node-0001"}}],
    }
    cluster.add(calico("IPAMBlock", "block", spec))
    assert [address.address for address in inventory(cluster).borrowed] == ["10.64.2.0"]
    assert look(cluster, "10.64.2.0").owner == "node-0001"
    assert look(cluster, "10.64.2.1").owner == "node-0002"


def test_an_address_that_nobody_owns() -> None:
    answer = look(mesh(), " 8.8.8.8 ")
    assert answer.prefix == "8.8.8.8"
    assert {row.verdict for row in answer.nodes} == {"elsewhere"}
    assert answer.exit_code == 3


@pytest.mark.parametrize("text", ["", "node-1", "10.0.0.0/33", "\x1b[2J"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(PrefixError) as caught:
        look(mesh(3), text)
    assert str(caught.value).isprintable()


# The shape of the documents


def test_a_check_has_the_shape_that_its_schema_says() -> None:
    cluster = mesh()
    cluster.session(cluster.members[0], cluster.members[1], 4)["state"] = "Idle"
    drop(cluster, "node-0003", "10.64.2.0/26")
    document = check(cluster).document()
    TypeAdapter(CheckDocument).validate_python(document, strict=True)
    assert document["summary"]["ok"] is False
    schema = json_schema()
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert set(schema["required"]) == {"version", "summary", "findings", "notLookedAt"}
    assert json_schema(RouteDocument)["title"] == "RouteDocument"
