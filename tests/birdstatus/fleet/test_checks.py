"""Single checks: what makes them speak, and what keeps them silent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from clusters import BOOTED, NOW, Cluster, Document, calico, stamp

from birdstatus.fleet import Check, NotLookedAt, findings, inventory, sessions
from birdstatus.fleet.flapping import _is_later


def kinds(check: Check) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(finding.kind, finding.severity, finding.nodes) for finding in check.findings]


def check(cluster: Cluster, **options: Any) -> Check:
    return findings(inventory(cluster, complete=("BGPPeer",)), now=NOW, **options)


def mesh(size: int = 3, **options: Any) -> Cluster:
    return Cluster(size, "mesh", **options).fill()


def peer(cluster: Cluster, name: str, **spec: Any) -> None:
    cluster.add(calico("BGPPeer", name, spec))


# Reports


def test_nothing_at_all_is_right_and_says_what_it_rests_on() -> None:
    found = findings([])
    assert found.exit_code == 0
    assert {notice.what for notice in found.not_looked_at} >= {"Node", "CalicoNodeStatus"}


def test_statuses_that_nobody_filled_are_no_report() -> None:
    cluster = mesh()
    for member in cluster.members[1:]:
        cluster.document("CalicoNodeStatus", member.name)["status"] = {}
    assert kinds(check(cluster)) == [("no-report", "unknown", ("node-0002", "node-0003"))]
    cluster.remove("CalicoNodeStatus", "node-0003")
    found = check(cluster)
    assert kinds(found) == [("no-report", "unknown", ("node-0002", "node-0003"))]
    assert found.exit_code == 3
    assert found.findings[0].objects == ("CalicoNodeStatus/node-0002",)
    assert len(found.findings[0].evidence) == 2


def test_old_reports_of_calicos_own_reporter_and_of_an_archive_count() -> None:
    cluster = mesh(5)
    writes = [
        {"manager": "calico-node", "time": "2026-01-01T00:00:00Z", "fieldsV1": {"f:status": {}}}
    ]
    cluster.document("CalicoNodeStatus", "node-0001")["metadata"]["managedFields"] = writes
    cluster.status("node-0001")["lastUpdated"] = stamp(NOW - timedelta(days=9))
    assert check(cluster).exit_code == 0
    for member in cluster.members:
        cluster.status(member.name)["lastUpdated"] = stamp(NOW - timedelta(days=9))
    assert check(cluster).exit_code == 0
    assert "the age of the reports" in dict(check(cluster).not_looked_at)


def test_an_old_report_of_this_projects_reporter_is_stale_by_itself() -> None:
    cluster = mesh()
    writes = [
        {
            "manager": "birdstatus-reporter",
            "time": "2026-01-01T00:00:00Z",
            "fieldsV1": {"f:status": {}},
        }
    ]
    for member in cluster.members:
        cluster.document("CalicoNodeStatus", member.name)["metadata"]["managedFields"] = writes
        cluster.status(member.name)["lastUpdated"] = stamp(NOW - timedelta(days=9))
    assert kinds(check(cluster)) == [
        ("stale-report", "unknown", ("node-0001", "node-0002", "node-0003"))
    ]
    assert check(cluster).summary.sessions_unknown == 6


def test_a_report_that_is_written_once_is_never_old() -> None:
    cluster = mesh()
    cluster.document("CalicoNodeStatus", "node-0001")["spec"]["updatePeriodSeconds"] = 0
    cluster.status("node-0001")["lastUpdated"] = stamp(NOW - timedelta(days=9))
    assert check(cluster).exit_code == 0


def test_a_status_of_a_node_that_is_not_there_is_passed_over() -> None:
    cluster = mesh()
    cluster.add(
        calico("CalicoNodeStatus", "gone", {"node": "gone"}, status={"bgp": {"peersV4": [{}]}})
    )
    assert check(cluster).exit_code == 0


def test_both_families_emptied_for_the_death_of_one_daemon_say_nothing() -> None:
    """As Calico's own reporter does if bird6 does not answer."""
    cluster = mesh(families=(4, 6))
    status = cluster.status("node-0001")
    status["agent"]["birdV6"] = {"state": "NotReady"}
    status["bgp"]["peersV4"] = status["bgp"]["peersV6"] = []
    found = check(cluster)
    assert kinds(found) == [("daemon-not-ready", "warning", ("node-0001",))]
    assert "Most of its peers" in found.findings[0].evidence[0]


def test_a_report_of_this_project_is_believed_family_by_family() -> None:
    cluster = mesh()
    writes = [
        {
            "manager": "birdstatus-reporter",
            "time": "2026-01-01T00:00:00Z",
            "fieldsV1": {"f:status": {}},
        }
    ]
    cluster.document("CalicoNodeStatus", "node-0001")["metadata"]["managedFields"] = writes
    cluster.status("node-0001")["agent"]["birdV6"] = {"state": "NotReady"}
    cluster.peers("node-0001", 4).clear()
    assert kinds(check(cluster)) == [("one-sided", "error", ("node-0001",))]


def test_a_daemon_without_work_may_be_dead() -> None:
    cluster = mesh()
    cluster.status("node-0001")["agent"]["birdV6"] = {"state": "NotReady"}
    assert check(cluster).exit_code == 0
    statuses = [document for document in cluster if document["kind"] == "CalicoNodeStatus"]
    assert findings(statuses, now=NOW).exit_code == 0


@pytest.mark.parametrize("family", [4, 6])
def test_daemons_that_are_away_nearly_everywhere_are_one_finding(family: int) -> None:
    cluster = mesh(6, families=(4, 6))
    for member in cluster.members[1:]:
        cluster.status(member.name)["agent"][f"birdV{family}"] = {"state": "NotReady"}
        cluster.peers(member.name, family).clear()
    for peer_ in cluster.peers("node-0001", family):
        peer_["state"] = "Connect"
    found = check(cluster)
    names = tuple(member.name for member in cluster.members[1:])
    assert kinds(found) == [("daemon-not-ready", "error", names)]
    assert "CALICO_NETWORKING_BACKEND" in found.findings[0].hint
    assert len(found.findings[0].pairs) == 15


def test_two_dead_daemons_are_two_findings() -> None:
    cluster = mesh(3)
    for member in cluster.members[1:]:
        cluster.status(member.name)["agent"]["birdV4"] = {"state": "NotReady"}
        cluster.peers(member.name, 4).clear()
    for peer_ in cluster.peers("node-0001", 4):
        peer_["state"] = "Connect"
    assert kinds(check(cluster)) == [
        ("daemon-not-ready", "error", ("node-0002",)),
        ("daemon-not-ready", "error", ("node-0003",)),
    ]


def test_a_node_that_never_came_up_has_no_address() -> None:
    cluster = mesh(4)
    cluster.document("Node", "node-0002")["metadata"]["annotations"].clear()
    cluster.status("node-0002")["agent"] = {"birdV4": {"state": "NotReady"}}
    cluster.peers("node-0002", 4).clear()
    for member in cluster.members:
        if member.name != "node-0002":
            cluster.peers(member.name, 4).remove(cluster.session(member, cluster.members[1], 4))
    found = check(cluster)
    assert kinds(found) == [("daemon-not-ready", "error", ("node-0002",))]
    assert "no address" in found.findings[0].evidence[0]


def _readdressed(cluster: Cluster) -> None:
    annotations = cluster.document("Node", "node-0003")["metadata"]["annotations"]
    annotations["projectcalico.org/IPv4Address"] = "172.16.9.9/16"
    for member in cluster.members:
        for peer_ in cluster.peers(member.name, 4):
            if member.name == "node-0003":
                peer_["state"] = "Active"
            elif peer_["peerIP"] == cluster.members[2].v4:
                peer_["state"] = "Connect"


def test_nodes_that_dial_the_address_that_another_had_before() -> None:
    cluster = mesh(5)
    _readdressed(cluster)
    found = check(cluster)
    others = ("node-0001", "node-0002", "node-0004", "node-0005")
    assert kinds(found) == [("not-applied", "error", others)]
    (finding,) = found.findings
    assert len(finding.pairs) == 8
    assert finding.objects == ("Node/node-0003",)
    assert "dial 172.16.0.4" in finding.evidence[0]


def test_an_address_that_nobody_can_have_had_is_said_apart() -> None:
    """Another node dials it too, which has its session to the one that moved."""
    cluster = mesh(5)
    _readdressed(cluster)
    cluster.session(cluster.members[0], cluster.members[2], 4)["peerIP"] = "172.16.9.9"
    row = {"peerIP": "172.16.0.4", "type": "NodeMesh", "state": "Connect", "since": "2026-01-02"}
    cluster.peers("node-0001", 4).append(row)
    assert {kind for kind, *_ in kinds(check(cluster))} >= {"unexpected"}


def test_a_deleted_node_is_a_warning_at_most() -> None:
    cluster = mesh()
    cluster.document("Node", "node-0003")["metadata"]["deletionTimestamp"] = stamp(NOW)
    cluster.remove("CalicoNodeStatus", "node-0003")
    assert check(cluster).exit_code == 0
    for name in ("node-0001", "node-0002"):
        cluster.session(cluster.members[int(name[-1]) - 1], cluster.members[2], 4)["state"] = (
            "Connect"
        )
    assert kinds(check(cluster)) == [("node-down", "warning", ("node-0003",))]


def test_a_cluster_without_bgp_reports_nothing_and_is_right() -> None:
    cluster = mesh()
    for member in cluster.members:
        cluster.document("Node", member.name)["metadata"]["annotations"].clear()
        cluster.status(member.name).pop("bgp")
        cluster.status(member.name)["agent"] = {"birdV4": {"state": "NotReady"}}
    found = check(cluster)
    assert found.exit_code == 0
    assert found.summary.sessions_expected == 0


def test_a_silent_node_that_some_have_lost_is_not_held_to_be_down() -> None:
    cluster = mesh(5)
    cluster.remove("CalicoNodeStatus", "node-0005")
    for member in cluster.members[:2]:
        cluster.session(member, cluster.members[4], 4)["state"] = "Connect"
    assert [kind for kind, *_ in kinds(check(cluster))] == ["no-report", "down"]


# Statuses alone


def statuses(cluster: Cluster) -> list[Document]:
    return [document for document in cluster if document["kind"] == "CalicoNodeStatus"]


def test_statuses_alone_show_what_one_end_has_lost() -> None:
    cluster = mesh()
    first, second, _ = cluster.members
    cluster.session(first, second, 4)["state"] = "Idle"
    found = findings(statuses(cluster), now=NOW)
    assert kinds(found) == [("asymmetric", "error", ("node-0001",))]
    assert (found.summary.sessions_up, found.summary.sessions_down) == (5, 1)
    cluster = mesh(4)
    first, second, _, _ = cluster.members
    cluster.peers(first.name, 4).remove(cluster.session(first, second, 4))
    assert kinds(findings(statuses(cluster), now=NOW)) == [("one-sided", "error", ("node-0001",))]


def test_statuses_alone_show_a_dead_daemon() -> None:
    cluster = mesh()
    cluster.status("node-0002")["agent"]["birdV4"] = {"state": "NotReady", "routerID": "172.16.0.3"}
    cluster.peers("node-0002", 4).clear()
    for member in (cluster.members[0], cluster.members[2]):
        cluster.session(member, cluster.members[1], 4)["state"] = "Connect"
    assert kinds(findings(statuses(cluster), now=NOW)) == [
        ("daemon-not-ready", "error", ("node-0002",))
    ]


def test_sessions_of_bgp_peers_are_not_judged_if_no_bgp_peer_was_given() -> None:
    cluster = Cluster(4, "reflectors").fill()
    cluster.remove("BGPPeer", "reflectors")
    assert findings(inventory(cluster), now=NOW).exit_code == 0
    first, second, *_ = cluster.members
    cluster.session(first, second, 4)["state"] = "Active"
    assert kinds(findings(inventory(cluster), now=NOW)) == [("asymmetric", "error", ("node-0001",))]


# Configuration


def test_a_mesh_of_old_calico_takes_the_default_as() -> None:
    cluster = mesh()
    cluster.document("Node", "node-0001")["metadata"]["annotations"][
        "projectcalico.org/ASNumber"
    ] = "65010"
    for member in cluster.members[1:]:
        cluster.session(member, cluster.members[0], 4)["state"] = "Idle"
        cluster.session(cluster.members[0], member, 4)["state"] = "Idle"
    assert kinds(check(cluster)) == [("as-mismatch", "error", ("node-0001",))]
    cluster.add(calico("ClusterInformation", "default", {"calicoVersion": "v3.31.0"}))
    assert kinds(check(cluster)) == [("down", "error", ("node-0001",))]


def explicit(**spec: Any) -> Cluster:
    """Three nodes without a mesh; the first peers with the second by one BGPPeer, the others by another."""
    cluster = mesh()
    cluster.document("BGPConfiguration", "default")["spec"]["nodeToNodeMeshEnabled"] = False
    first, second, third = cluster.members
    peer(cluster, "first", node=first.name, peerIP=second.v4, **spec)
    peer(cluster, "rest", nodeSelector="all()", peerSelector=f"rack == 'r{third.rack}'")
    for member in cluster.members:
        for row in cluster.peers(member.name, 4):
            row["type"] = "NodePeer"
    return cluster


def test_bgp_peers_between_nodes_that_agree_are_right() -> None:
    assert check(explicit(asNumber=64512)).exit_code == 0


def test_a_bgp_peer_with_the_wrong_as() -> None:
    cluster = explicit(asNumber=65099)
    first, second, _ = cluster.members
    cluster.session(first, second, 4)["state"] = "Idle"
    cluster.peers(second.name, 4).remove(cluster.session(second, first, 4))
    found = check(cluster)
    assert kinds(found) == [("as-mismatch", "error", ("node-0001",))]
    assert found.findings[0].objects == ("BGPPeer/first",)


def test_two_bgp_peers_that_disagree_on_the_as() -> None:
    cluster = explicit(asNumber=64512)
    first, second, _ = cluster.members
    peer(cluster, "first", node=first.name, peerIP=second.v4, asNumber=64512, localASNumber=65001)
    for one, two in ((first, second), (second, first)):
        cluster.session(one, two, 4)["state"] = "Idle"
    assert kinds(check(cluster)) == [("as-mismatch", "error", ("node-0001", "node-0002"))]


def test_a_session_that_only_one_node_is_to_have() -> None:
    cluster = explicit(asNumber=64512, reversePeering="Manual")
    first, second, _ = cluster.members
    cluster.session(first, second, 4)["state"] = "Active"
    cluster.peers(second.name, 4).remove(cluster.session(second, first, 4))
    found = check(cluster)
    assert kinds(found) == [("one-sided", "error", ("node-0002",))]
    assert found.findings[0].objects == ("BGPPeer/first",)


def test_two_bgp_peers_for_one_session_with_other_settings() -> None:
    cluster = Cluster(3, "racks").fill()
    peer(cluster, "also", nodeSelector="all()", peerIP=cluster.switch(4, 1), asNumber=64901)
    found = check(cluster)
    assert {finding.kind for finding in found.findings} >= {"config"}
    assert ("config", "warning", ()) in kinds(found)


def test_a_broken_bgp_peer_explains_the_sessions_that_it_left_behind() -> None:
    cluster = Cluster(3, "racks").fill()
    for rack in {member.rack for member in cluster.members}:
        cluster.document("BGPPeer", f"switch-{rack}-v4")["spec"]["nodeSelector"] = "rack ="
    found = check(cluster)
    assert {finding.kind for finding in found.findings} == {"config"}
    assert sum(len(finding.pairs) for finding in found.findings) == 3


def test_workloads_may_have_any_number_of_sessions() -> None:
    cluster = mesh()
    peer(cluster, "pods", localWorkloadSelector="app == 'router'", asNumber=65000)
    cluster.peers("node-0001", 4).append(
        {"peerIP": "10.64.1.9", "state": "Established", "since": "11:00:00"}
    )
    assert check(cluster).exit_code == 0
    cluster.peers("node-0001", 4)[-1]["state"] = "Active"
    assert kinds(check(cluster)) == [("down", "error", ("node-0001",))]


def test_no_mesh_but_workloads_is_meant() -> None:
    cluster = mesh()
    cluster.document("BGPConfiguration", "default")["spec"]["nodeToNodeMeshEnabled"] = False
    peer(cluster, "pods", localWorkloadSelector="app == 'router'", asNumber=65000)
    for member in cluster.members:
        cluster.peers(member.name, 4).clear()
    assert check(cluster).exit_code == 0


def test_two_bgp_peers_with_the_wrong_as_for_one_session_are_one_finding() -> None:
    cluster = explicit(asNumber=65099)
    first, second, _ = cluster.members
    peer(cluster, "back", node=second.name, peerIP=first.v4, asNumber=65098)
    for one, two in ((first, second), (second, first)):
        cluster.session(one, two, 4)["state"] = "Idle"
    assert [kind for kind, *_ in kinds(check(cluster))] == ["as-mismatch"]


def test_an_external_peer_beside_the_mesh_is_no_duplicate() -> None:
    cluster = mesh()
    peer(cluster, "external", node="node-0001", peerIP="192.0.2.1", asNumber=64999)
    row = {"peerIP": "192.0.2.1", "type": "NodePeer", "state": "Established", "since": "11:00:00"}
    cluster.peers("node-0001", 4).append(row)
    assert check(cluster).exit_code == 0


def test_a_node_that_no_bgp_peer_selects() -> None:
    cluster = Cluster(4, "reflectors").fill()
    cluster.document("BGPPeer", "reflectors")["spec"]["nodeSelector"] = "rack in {'r1', 'r2', 'r3'}"
    cluster.peers("node-0004", 4).clear()
    for reflector in cluster.members[:3]:
        cluster.peers(reflector.name, 4).remove(cluster.session(reflector, cluster.members[3], 4))
    found = check(cluster)
    assert kinds(found) == [("config", "error", ("node-0004",))]
    assert "cluster ID" not in found.findings[0].evidence[0]


def test_two_nodes_with_one_address() -> None:
    cluster = mesh()
    annotations = cluster.document("Node", "node-0002")["metadata"]["annotations"]
    annotations["projectcalico.org/IPv4Address"] = "172.16.0.2/16"
    assert ("duplicate-id", "error", ("node-0001", "node-0002")) in kinds(check(cluster))


# What is passing, and what is not


def test_an_address_of_two_nodes_spoils_the_sessions_of_both() -> None:
    """As if both had taken the address of a bridge that every machine has."""
    cluster = mesh(6)
    pair = cluster.members[1:3]
    for member in pair:
        annotations = cluster.document("Node", member.name)["metadata"]["annotations"]
        annotations["projectcalico.org/IPv4Address"] = "172.17.0.1/16"
    taken = {member.v4 for member in pair}
    row = {"peerIP": "172.17.0.1", "type": "NodeMesh", "state": "Connect", "since": "2026-01-02"}
    for member in cluster.members:
        peers = cluster.peers(member.name, 4)
        peers[:] = [peer_ for peer_ in peers if peer_["peerIP"] not in taken]
        if member in pair:
            for peer_ in peers:
                peer_["state"] = "Active"
        else:
            peers.append(dict(row))
    found = check(cluster)
    assert kinds(found) == [("duplicate-id", "error", ("node-0002", "node-0003"))]
    assert len(found.findings[0].pairs) == 8


def test_a_session_that_fell_a_moment_ago_is_a_warning() -> None:
    cluster = mesh()
    first, second, _ = cluster.members
    for one, two in ((first, second), (second, first)):
        cluster.session(one, two, 4).update(state="Connect", since="11:59:30")
    assert kinds(check(cluster)) == [("down", "warning", ("node-0001", "node-0002"))]
    for one, two in ((first, second), (second, first)):
        cluster.session(one, two, 4).update(state="Connect", since="23:59:30")
    assert kinds(check(cluster)) == [("down", "error", ("node-0001", "node-0002"))]


def test_a_rolling_restart_is_no_error() -> None:
    """BIRD of each node starts anew, one after the other; its peers see it come back in their own time."""
    for member in range(5):
        cluster = mesh(5)
        restarted = cluster.members[member]
        booted = (NOW - timedelta(seconds=20)).strftime("%Y-%m-%d %H:%M:%S")
        cluster.status(restarted.name)["agent"]["birdV4"].update(lastBootTime=booted)
        for other in cluster.members:
            if other is not restarted:
                cluster.session(restarted, other, 4).update(state="Connect", since="11:59:40")
        assert all(finding.severity != "error" for finding in check(cluster).findings)


def test_what_was_asked_for_a_moment_ago_need_not_be_there() -> None:
    cluster = mesh()
    cluster.document("Node", "node-0003")["metadata"]["creationTimestamp"] = stamp(
        NOW - timedelta(seconds=20)
    )
    for member in cluster.members[:2]:
        cluster.peers(member.name, 4).remove(cluster.session(member, cluster.members[2], 4))
    assert check(cluster).exit_code == 0
    cluster.peers("node-0003", 4).clear()
    assert check(cluster).exit_code == 0
    configured = (NOW - timedelta(seconds=10)).strftime("%Y-%m-%d %H:%M:%S")
    for member in cluster.members:
        cluster.status(member.name)["agent"]["birdV4"]["lastReconfigurationTime"] = configured
    assert [kind for kind, *_ in kinds(check(cluster))] == ["missing"]


def test_a_node_that_has_not_heard_of_a_young_one_need_not_have() -> None:
    cluster = mesh()
    cluster.document("Node", "node-0001")["metadata"]["creationTimestamp"] = stamp(
        NOW - timedelta(seconds=20)
    )
    cluster.peers("node-0003", 4).remove(cluster.session(cluster.members[2], cluster.members[0], 4))
    assert check(cluster).exit_code == 0


def test_the_mesh_was_turned_off_and_one_node_has_not_heard_of_it() -> None:
    cluster = Cluster(4, "reflectors").fill()
    default = cluster.document("BGPConfiguration", "default")["metadata"]
    default["creationTimestamp"] = stamp(NOW - timedelta(hours=1))
    row = {
        "peerIP": cluster.members[0].v4,
        "type": "NodeMesh",
        "state": "Active",
        "since": "11:00:00",
    }
    cluster.peers("node-0004", 4)[:] = [row]
    for reflector in cluster.members[:3]:
        cluster.peers(reflector.name, 4).remove(cluster.session(reflector, cluster.members[3], 4))
    found = check(cluster)
    assert all(finding.nodes == ("node-0004",) for finding in found.findings)


def test_times_of_another_zone_prove_nothing() -> None:
    cluster = mesh(4)
    first, second, *_ = cluster.members
    cluster.document("Node", second.name)["metadata"]["creationTimestamp"] = stamp(
        NOW - timedelta(hours=1)
    )
    cluster.status(first.name)["agent"]["birdV4"]["lastReconfigurationTime"] = "2026-03-01 17:00:00"
    cluster.peers(first.name, 4).remove(cluster.session(first, second, 4))
    cluster.session(second, first, 4)["state"] = "Active"
    assert kinds(check(cluster)) == [("one-sided", "error", ("node-0001",))]
    cluster.status(first.name)["agent"].clear()
    assert kinds(check(cluster)) == [("one-sided", "error", ("node-0001",))]


def test_a_session_that_nobody_lists_is_missing() -> None:
    cluster = mesh(4)
    first, second, *_ = cluster.members
    cluster.peers(first.name, 4).remove(cluster.session(first, second, 4))
    cluster.peers(second.name, 4).remove(cluster.session(second, first, 4))
    assert kinds(check(cluster)) == [("missing", "error", ("node-0001", "node-0002"))]


def test_two_nodes_that_have_not_heard_of_each_other_are_named_once() -> None:
    cluster = mesh(4)
    first, second, *_ = cluster.members
    for one, two in ((first, second), (second, first)):
        created = stamp(NOW - timedelta(hours=1))
        cluster.document("Node", one.name)["metadata"]["creationTimestamp"] = created
        cluster.peers(one.name, 4).remove(cluster.session(one, two, 4))
    assert [kind for kind, *_ in kinds(check(cluster))] == ["not-applied"]


def test_some_of_the_nodes_of_a_rack_have_lost_their_switch() -> None:
    cluster = Cluster(4, "racks", racks=1).fill()
    for member in cluster.members[:2]:
        cluster.session(member, cluster.switch(4, 0), 4)["state"] = "Active"
    assert kinds(check(cluster)) == [
        ("down", "error", ("node-0001",)),
        ("down", "error", ("node-0002",)),
    ]


def test_a_switch_that_all_nodes_of_a_rack_have_lost_is_one_finding() -> None:
    cluster = Cluster(4, "racks", (4, 6), racks=1).fill()
    for member in cluster.members:
        for family in (4, 6):
            cluster.session(member, cluster.switch(family, 0), family)["state"] = "Active"
    found = check(cluster)
    assert kinds(found) == [("down", "error", ())]
    assert set(found.findings[0].objects) == {"BGPPeer/switch-0-v4", "BGPPeer/switch-0-v6"}


def test_a_cluster_cut_in_two_is_one_finding() -> None:
    cluster = mesh(6)
    for one in cluster.members[:3]:
        for two in cluster.members[3:]:
            for near, far in ((one, two), (two, one)):
                cluster.session(near, far, 4)["state"] = "Connect"
    found = check(cluster)
    assert len(found.findings) == 1
    assert len(found.findings[0].pairs) == 9
    assert found.findings[0].evidence[-1] == "And 4 more sessions."


# Flapping


def test_a_session_that_came_back_between_two_looks_flaps() -> None:
    cluster = mesh()
    before = inventory(cluster)
    first, second, third = cluster.members
    cluster.session(first, second, 4)["since"] = "11:58:00"
    assert kinds(check(cluster, previous=before)) == [
        ("flapping", "warning", ("node-0001", "node-0002"))
    ]
    cluster.session(first, third, 4)["since"] = "11:58:00"
    assert kinds(check(cluster, previous=before)) == [("flapping", "warning", ("node-0001",))]
    cluster.status(first.name)["agent"]["birdV4"]["lastBootTime"] = "2026-03-01 11:57:50"
    assert check(cluster, previous=before).exit_code == 0
    cluster.status(first.name)["agent"]["birdV4"]["lastBootTime"] = BOOTED
    for member in (second, third):
        cluster.status(member.name)["agent"]["birdV4"]["lastBootTime"] = "2026-03-01 11:57:50"
    assert check(cluster, previous=before).exit_code == 0


def test_a_node_that_was_not_there_before_does_not_flap() -> None:
    cluster = mesh()
    before = inventory(
        [document for document in cluster if document["metadata"]["name"] != "node-0001"]
    )
    assert check(cluster, previous=before).exit_code == 0


@pytest.mark.parametrize(
    ("old", "new", "flapped"),
    [
        ("09:00:00", "09:00:00", False),
        ("09:00:00", "09:00:01", False),
        ("23:59:59", "00:00:00", False),
        ("09:00:00", "09:05:00", True),
        ("09:00:00.123", "09:00:00.124", False),
        ("09:00:00", "2026-03-01", False),
        ("2026-03-01", "09:00:00", True),
        ("2026-03-01", "2026-03-02", True),
        ("2026-03-01 09:00:00", "2026-03-01 09:00:01", False),
        ("", "09:00:00", False),
        ("2026-03-01", "", False),
    ],
)
def test_what_a_changed_time_says(old: str, new: str, flapped: bool) -> None:  # noqa: FBT001 - from a table
    assert _is_later(old, new) is flapped


# All sessions


def test_every_session_once_with_both_of_its_ends() -> None:
    cluster = mesh()
    cluster.peers("node-0003", 4).append(
        {"peerIP": "192.0.2.1", "type": "GlobalPeer", "state": "Established", "since": "11:00:00"}
    )
    peer(cluster, "external", node="node-0001", peerIP="192.0.2.7", asNumber=64999)
    cluster.remove("CalicoNodeStatus", "node-0002")
    rows = list(sessions(cluster, now=NOW))
    assert [(row.nodes, row.verdict) for row in rows] == [
        (("node-0001", "node-0002"), "up"),
        (("node-0001", "node-0003"), "up"),
        (("node-0001",), "missing"),
        (("node-0002", "node-0003"), "up"),
        (("node-0003",), "unexpected"),
    ]
    assert rows[0].b.words == "no report"
    assert rows[2].b.words == "not a node of this cluster"
    assert rows[0].connects == "node-0002"
    assert rows[0].document()["sides"][0]["words"] == "Established since 2026-01-02"


def test_what_the_caller_could_not_get_is_said() -> None:
    notice = NotLookedAt("BlockAffinity", "forbidden")
    found = findings(inventory(mesh(), not_looked_at=[notice]), now=NOW)
    assert notice.document() in found.document()["notLookedAt"]


def test_sessions_of_which_nobody_says_anything_are_unknown() -> None:
    cluster = mesh()
    for member in cluster.members:
        cluster.remove("CalicoNodeStatus", member.name)
    assert [row.verdict for row in sessions(cluster, now=NOW)] == ["unknown"] * 3
