"""Faults to put into a healthy cluster, each with the one finding that names it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from clusters import NOW, Cluster, Member, calico, route, stamp

if TYPE_CHECKING:
    from collections.abc import Callable

    # Chooses one of some values.
    Draw = Callable[[list[Any]], Any]
    Fault = Callable[[Cluster, Draw], "Named"]

__all__ = ["FAULTS", "ROUTE_FAULTS", "Named"]


class Named(NamedTuple):
    """The finding that there must be.

    Attributes:
        nodes: the nodes that it names; empty if it names none.
        objects: the resources that it names, among others.
    """

    kind: str
    nodes: set[str]
    objects: frozenset[str] = frozenset()


def _pair(cluster: Cluster, draw: Draw) -> tuple[int, Member, Member]:
    family, member, other, _ = draw([link for link in cluster.links if isinstance(link[2], Member)])
    return family, member, other


def _down(cluster: Cluster, member: Member, state: str, *, but: str = "") -> None:
    """The peers of a member lose it."""
    for family in cluster.families:
        for other in cluster.members:
            if other is not member and other.name != but:
                for peer in cluster.peers(other.name, family):
                    if peer["peerIP"] == member.address(family):
                        peer["state"] = state


def cut_on_one_side(cluster: Cluster, draw: Draw) -> Named:
    family, member, other = _pair(cluster, draw)
    cluster.session(member, other, family)["state"] = "Idle"
    cluster.session(other, member, family)["state"] = "Active"
    return Named("down", {member.name})


def firewall(cluster: Cluster, draw: Draw) -> Named:
    family, member, other = _pair(cluster, draw)
    cluster.session(member, other, family)["state"] = "Active"
    cluster.session(other, member, family)["state"] = "Connect"
    nodes = {member.name, other.name}
    if cluster.shape == "mesh":
        # The end with the greater text connects; the other waits, if it shows a state in which it can.
        greater = max(member, other, key=lambda one: one.address(family))
        if greater is other:
            nodes = {greater.name}
    return Named("down", nodes)


def noticed_by_one(cluster: Cluster, draw: Draw) -> Named:
    family, member, other = _pair(cluster, draw)
    cluster.session(member, other, family)["state"] = "Connect"
    return Named("asymmetric", {member.name})


def not_configured_on_one_side(cluster: Cluster, draw: Draw) -> Named:
    family, member, other = _pair(cluster, draw)
    cluster.peers(member.name, family).remove(cluster.session(member, other, family))
    cluster.session(other, member, family)["state"] = "Active"
    return Named("one-sided", {member.name})


def dead_daemon(cluster: Cluster, draw: Draw) -> Named:
    member = draw(cluster.members)
    for family in cluster.families:
        cluster.status(member.name)["agent"][f"birdV{family}"] = {"state": "NotReady"}
        cluster.peers(member.name, family).clear()
    _down(cluster, member, "Connect")
    return Named("daemon-not-ready", {member.name})


def dead_node(cluster: Cluster, draw: Draw) -> Named:
    member = draw(cluster.members)
    cluster.document("Node", member.name)["status"]["conditions"][0]["status"] = "Unknown"
    cluster.status(member.name)["lastUpdated"] = stamp(NOW - timedelta(hours=3))
    _down(cluster, member, "Connect")
    return Named("node-down", {member.name})


def dead_reporter(cluster: Cluster, draw: Draw) -> Named:
    member = draw(cluster.members)
    cluster.status(member.name)["lastUpdated"] = stamp(NOW - timedelta(hours=3))
    return Named("stale-report", {member.name})


def no_report(cluster: Cluster, draw: Draw) -> Named:
    member = draw(cluster.members)
    cluster.remove("CalicoNodeStatus", member.name)
    return Named("no-report", {member.name})


def isolated_node(cluster: Cluster, draw: Draw) -> Named:
    member = draw([one for one in cluster.members if _links(cluster, one) > 1])
    _down(cluster, member, "Connect")
    for family in cluster.families:
        for peer in cluster.peers(member.name, family):
            peer["state"] = "Active"
    return Named("down", {member.name})


def _links(cluster: Cluster, member: Member) -> int:
    return sum(link[1] is member for link in cluster.links) // len(cluster.families)


def removed_node(cluster: Cluster, draw: Draw) -> Named:
    member = draw(cluster.members)
    for kind in ("Node", "CalicoNodeStatus"):
        cluster.remove(kind, member.name)
    for family in cluster.families:
        cluster.remove("BlockAffinity", f"{member.name}-v{family}")
    _down(cluster, member, "Connect")
    others = {link[1].name for link in cluster.links if link[2] is member}
    return Named("unexpected", others)


def not_applied(cluster: Cluster, draw: Draw) -> Named:
    """A node joined an hour ago, and one of the others has not heard of it."""
    _, member, joined = _pair(cluster, draw)
    cluster.document("Node", joined.name)["metadata"]["creationTimestamp"] = stamp(
        NOW - timedelta(hours=1)
    )
    for each in cluster.families:
        cluster.peers(member.name, each).remove(cluster.session(member, joined, each))
        cluster.session(joined, member, each)["state"] = "Active"
    return Named("not-applied", {member.name})


def unexpected_session(cluster: Cluster, draw: Draw) -> Named:
    member = draw(cluster.members)
    family = draw(list(cluster.families))
    address = "203.0.113.9" if family == 4 else "2001:db8::9"
    kind = draw(["NodePeer", "GlobalPeer"])
    row = {
        "peerIP": address,
        "type": kind,
        "state": draw(["Established", "Active"]),
        "since": "11:00:00",
    }
    cluster.peers(member.name, family).append(row)
    cluster.add(calico("BGPPeer", "elsewhere", {"nodeSelector": "!all()", "peerIP": "192.0.2.1"}))
    cluster.remove("BGPPeer", "elsewhere")
    return Named("unexpected", {member.name})


def selects_nothing(cluster: Cluster, draw: Draw) -> Named:
    spec = draw(
        [
            {"nodeSelector": "has(no-such-label)", "peerIP": "192.0.2.1", "asNumber": 64999},
            {"nodeSelector": "all()", "peerSelector": "reflector == 'nowhere'"},
            {"nodeSelector": "all() &&", "peerIP": "192.0.2.1", "asNumber": 64999},
            {"node": "no-such-node", "peerIP": "192.0.2.1", "asNumber": 64999},
            {"peerIP": "192.0.2.256", "asNumber": 64999},
            {"peerIP": "192.0.2.1", "asNumber": 64999, "reachableBy": "fd00::1"},
        ]
    )
    cluster.add(calico("BGPPeer", "broken", spec))
    return Named("config", set(), frozenset({"BGPPeer/broken"}))


def same_router_id(cluster: Cluster, draw: Draw) -> Named:
    family, member, other = _pair(cluster, draw)
    taken = cluster.status(other.name)["agent"][f"birdV{family}"]["routerID"]
    for each in cluster.families:
        cluster.status(member.name)["agent"][f"birdV{each}"]["routerID"] = taken
        cluster.session(member, other, each)["state"] = "Idle"
        cluster.session(other, member, each)["state"] = "Idle"
    return Named("duplicate-id", {member.name, other.name})


def own_as(cluster: Cluster, draw: Draw) -> Named:
    """One node of a mesh gets an AS of its own."""
    member = draw(cluster.members)
    cluster.document("Node", member.name)["metadata"]["annotations"][
        "projectcalico.org/ASNumber"
    ] = "65010"
    _down(cluster, member, "Idle")
    for family in cluster.families:
        for peer in cluster.peers(member.name, family):
            peer["state"] = "Idle"
    return Named("as-mismatch", {member.name})


def left_the_mesh(cluster: Cluster, draw: Draw) -> Named:
    """One node of a mesh becomes a reflector that nobody peers with."""
    member = draw(cluster.members)
    annotations = cluster.document("Node", member.name)["metadata"]["annotations"]
    annotations["projectcalico.org/RouteReflectorClusterID"] = "244.0.0.9"
    for family in cluster.families:
        for other in cluster.members:
            peers = cluster.peers(other.name, family)
            peers[:] = (
                []
                if other is member
                else [peer for peer in peers if peer["peerIP"] != member.address(family)]
            )
    return Named("config", {member.name})


def doubled(cluster: Cluster, draw: Draw) -> Named:
    """A BGPPeer between two nodes of a mesh."""
    family, member, other = _pair(cluster, draw)
    spec = {"node": member.name, "peerIP": other.address(family), "asNumber": 64512}
    cluster.add(calico("BGPPeer", "doubled", spec))
    for one, two in ((member, other), (other, member)):
        row = {
            "peerIP": two.address(family),
            "type": "NodePeer",
            "state": "Idle",
            "since": "11:00:00",
        }
        cluster.peers(one.name, family).append(row)
    return Named("duplicate", set(), frozenset({"BGPPeer/doubled", "BGPConfiguration/default"}))


def no_mesh(cluster: Cluster, draw: Draw) -> Named:
    cluster.document("BGPConfiguration", "default")["spec"]["nodeToNodeMeshEnabled"] = False
    if draw([True, False]):
        for member in cluster.members:
            for family in cluster.families:
                cluster.peers(member.name, family).clear()
    return Named("config", set(), frozenset({"BGPConfiguration/default"}))


def switch_lost(cluster: Cluster, draw: Draw) -> Named:
    family, member, switch, _ = draw(cluster.links)
    cluster.session(member, switch, family)["state"] = "Active"
    return Named("down", {member.name})


def switch_dead(cluster: Cluster, draw: Draw) -> Named:
    member = draw(cluster.members)
    rack = [other for other in cluster.members if other.rack == member.rack]
    for other in rack:
        for family in cluster.families:
            cluster.session(other, cluster.switch(family, other.rack), family)["state"] = "Connect"
    return Named("down", {member.name} if len(rack) == 1 else set())


# Faults of routes, in clusters whose statuses have them


def _row(cluster: Cluster, draw: Draw) -> tuple[int, Member, Member, list[dict[str, Any]]]:
    """A node, another one, and the former's rows of the latter's block."""
    family = draw(list(cluster.families))
    member, other = draw(
        [(one, two) for one in cluster.members for two in cluster.members if one is not two]
    )
    rows = cluster.routes(member.name, family)
    return family, member, other, [row for row in rows if row["destination"] == other.block(family)]


def route_filtered(cluster: Cluster, draw: Draw) -> Named:
    family, member, _, rows = _row(cluster, draw)
    for row in rows:
        cluster.routes(member.name, family).remove(row)
    return Named("route-missing", {member.name})


def no_routes_at_all(cluster: Cluster, draw: Draw) -> Named:
    family, member, _, _ = _row(cluster, draw)
    rows = cluster.routes(member.name, family)
    rows[:] = [row for row in rows if "peerIP" not in row["learnedFrom"]]
    return Named("route-missing", {member.name})


def wrong_gateway(cluster: Cluster, draw: Draw) -> Named:
    family, member, _, rows = _row(cluster, draw)
    for row in rows:
        row["gateway"] = cluster.switch(family, member.rack)
    return Named("wrong-next-hop", {member.name})


def next_hop_unresolved(cluster: Cluster, draw: Draw) -> Named:
    _, member, _, rows = _row(cluster, draw)
    for row in rows:
        row.update(gateway="N/A", interface="unreachable")
    return Named("unreachable", {member.name})


def claimed_twice(cluster: Cluster, draw: Draw) -> Named:
    """Another node originates a node's block."""
    family, member, _, rows = _row(cluster, draw)
    cluster.routes(member.name, family).append(
        route(rows[0]["destination"], "N/A", "blackhole", "Static")
    )
    return Named("block-conflict", {member.name})


def two_affinities(cluster: Cluster, draw: Draw) -> Named:
    family, member, other, _ = _row(cluster, draw)
    spec = {"cidr": other.block(family), "node": member.name, "state": "confirmed"}
    cluster.add(calico("BlockAffinity", "second", spec))
    return Named("block-conflict", {member.name, other.name}, frozenset({"BlockAffinity/second"}))


def released_block(cluster: Cluster, draw: Draw) -> Named:
    """A node still originates a block that is no longer its."""
    family = draw(list(cluster.families))
    member = draw(cluster.members)
    cluster.remove("BlockAffinity", f"{member.name}-v{family}")
    return Named("stale-route", {member.name})


def not_originated(cluster: Cluster, draw: Draw) -> Named:
    family = draw(list(cluster.families))
    member = draw(cluster.members)
    for other in cluster.members:
        rows = cluster.routes(other.name, family)
        rows[:] = [row for row in rows if row["destination"] != member.block(family)]
    return Named("not-exported", {member.name})


def borrowed_address(cluster: Cluster, draw: Draw) -> Named:
    """A node uses an address of another one's block, and tells nobody."""
    family, member, other, _ = _row(cluster, draw)
    block = other.block(family)
    spec = {
        "cidr": block,
        "affinity": f"host:{other.name}",
        "allocations": [None, 0, 1],
        "attributes": [{"secondary": {"node": other.name}}, {"secondary": {"node": member.name}}],
    }
    cluster.add(calico("IPAMBlock", "block", spec))
    lacking = [one for one in cluster.members if one is not member]
    return Named("borrowed-missing", {member.name} if len(lacking) > 1 else {lacking[0].name})


_EVERYWHERE = (dead_reporter, no_report, selects_nothing, unexpected_session)
_BETWEEN_NODES = (
    cut_on_one_side, firewall, noticed_by_one, not_configured_on_one_side, dead_daemon, dead_node,
    isolated_node, removed_node, not_applied, same_router_id,
)  # fmt: skip
FAULTS: dict[str, tuple[Fault, ...]] = {
    "mesh": (*_EVERYWHERE, *_BETWEEN_NODES, own_as, left_the_mesh, doubled, no_mesh),
    "reflectors": (*_EVERYWHERE, *_BETWEEN_NODES),
    "racks": (*_EVERYWHERE, switch_lost, switch_dead),
}
ROUTE_FAULTS = (
    route_filtered, no_routes_at_all, wrong_gateway, next_hop_unresolved, claimed_twice, two_affinities,
    released_block, not_originated, borrowed_address,
)  # fmt: skip
