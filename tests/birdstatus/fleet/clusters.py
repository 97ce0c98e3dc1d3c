"""Clusters whose state is known, as the documents that ``kubectl get -o json`` would give.

What the nodes report is made from how each cluster is built, not from what the library expects.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CREATED = "2026-01-01T00:00:00Z"
BOOTED = "2026-01-02 00:00:00"
SINCE = "2026-01-02"

Document = dict[str, Any]


def stamp(time: datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")


@dataclass
class Member:
    """A node as it was built."""

    number: int
    rack: int
    v4: str = ""
    v6: str = ""
    as_number: int | None = None
    is_reflector: bool = False

    @property
    def name(self) -> str:
        return f"node-{self.number:04}"

    def address(self, family: int) -> str:
        return self.v4 if family == 4 else self.v6

    def block(self, family: int) -> str:
        high, low = divmod(self.number, 256)
        return f"10.{64 + high}.{low}.0/26" if family == 4 else f"fd10:0:{self.number:x}::/122"


def calico(kind: str, name: str, spec: Document, **status: Any) -> Document:
    return {
        "apiVersion": "crd.projectcalico.org/v1",
        "kind": kind,
        "metadata": {"name": name, "creationTimestamp": CREATED},
        "spec": spec,
        **status,
    }


@dataclass(repr=False)
class Cluster:
    """Members, the sessions between them, and the documents of both.

    Attributes:
        links: sessions as (family, member, other member or external address, type).
    """

    size: int
    shape: str = "mesh"
    families: tuple[int, ...] = (4,)
    with_routes: bool = False
    racks: int = 4
    members: list[Member] = field(default_factory=list)
    links: list[tuple[int, Member, Member | str, str]] = field(default_factory=list)
    documents: dict[tuple[str, str], Document] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for number in range(1, self.size + 1):
            high, low = divmod(number, 250)
            rack = number % self.racks
            self.members.append(
                Member(
                    number,
                    rack,
                    v4=f"172.16.{high}.{low + 1}" if 4 in self.families else "",
                    v6=f"fd00::{number:x}" if 6 in self.families else "",
                    as_number=65000 + rack if self.shape == "racks" else None,
                    is_reflector=self.shape == "reflectors" and number <= min(3, self.size - 1),
                )
            )
        self._link()
        self._resources()
        for member in self.members:
            self._status(member)

    def __repr__(self) -> str:
        return (
            f"Cluster({self.size}, {self.shape!r}, {self.families}, with_routes={self.with_routes})"
        )

    # How it is built

    def _link(self) -> None:
        for family in self.families:
            for member in self.members:
                if self.shape == "racks":
                    self.links.append(
                        (family, member, self.switch(family, member.rack), "NodePeer")
                    )
                for other in self.members:
                    if other is member:
                        continue
                    if self.shape == "mesh":
                        self.links.append((family, member, other, "NodeMesh"))
                    elif self.shape == "reflectors" and (member.is_reflector or other.is_reflector):
                        self.links.append((family, member, other, "NodePeer"))

    def switch(self, family: int, rack: int) -> str:
        return f"192.168.{rack}.1" if family == 4 else f"fd99::{rack + 1:x}"

    def add(self, document: Document) -> None:
        self.documents[document["kind"], document["metadata"]["name"]] = document

    def _resources(self) -> None:
        self.add(
            calico("BGPConfiguration", "default", {"nodeToNodeMeshEnabled": self.shape == "mesh"})
        )
        for member in self.members:
            self._node(member)
        for family in self.families:
            cidr = "10.0.0.0/8" if family == 4 else "fd10::/16"
            self.add(calico("IPPool", f"pool-v{family}", {"cidr": cidr, "ipipMode": "Never"}))
        if self.shape == "reflectors":
            everyone = {"nodeSelector": "all()", "peerSelector": "has(reflector)"}
            self.add(calico("BGPPeer", "reflectors", everyone))
        if self.shape == "racks":
            for rack in {member.rack for member in self.members}:
                for family in self.families:
                    spec = {
                        "nodeSelector": f"rack == 'r{rack}'",
                        "peerIP": self.switch(family, rack),
                        "asNumber": 64900,
                    }
                    self.add(calico("BGPPeer", f"switch-{rack}-v{family}", spec))

    def _node(self, member: Member) -> None:
        values = {
            "IPv4Address": f"{member.v4}/16" if member.v4 else "",
            "IPv6Address": f"{member.v6}/64" if member.v6 else "",
            "ASNumber": str(member.as_number or ""),
            "RouteReflectorClusterID": "244.0.0.1" if member.is_reflector else "",
        }
        labels = {
            "rack": f"r{member.rack}",
            **({"reflector": "yes"} if member.is_reflector else {}),
        }
        self.add(
            {
                "apiVersion": "v1",
                "kind": "Node",
                "metadata": {
                    "name": member.name,
                    "creationTimestamp": CREATED,
                    "annotations": {
                        f"projectcalico.org/{name}": value
                        for name, value in values.items()
                        if value
                    },
                    "labels": labels,
                },
                "status": {"conditions": [{"type": "Ready", "status": "True"}]},
            }
        )
        for family in self.families:
            spec = {"cidr": member.block(family), "node": member.name, "state": "confirmed"}
            self.add(calico("BlockAffinity", f"{member.name}-v{family}", spec))

    def _status(self, member: Member) -> None:
        counters: Document = {
            f"number{word}V{family}": 0
            for word in ("Established", "NotEstablished")
            for family in (4, 6)
        }
        status: Document = {
            "lastUpdated": stamp(NOW - timedelta(seconds=5)),
            "agent": {
                f"birdV{family}": {
                    "state": "Ready",
                    "version": "v0.3.3+birdv1.6.8",
                    "routerID": member.v4 or f"1.0.0.{member.number}",
                    "lastBootTime": BOOTED,
                    "lastReconfigurationTime": BOOTED,
                }
                for family in self.families
            },
            "bgp": counters,
        }
        self.add(
            calico(
                "CalicoNodeStatus",
                member.name,
                {"node": member.name, "classes": ["Agent", "BGP"], "updatePeriodSeconds": 10},
                status=status,
            )
        )

    def fill(self) -> Cluster:
        """Give each node's status its sessions and routes."""
        by_member: dict[tuple[str, int], list[Document]] = {}
        for family, member, other, kind in self.links:
            by_member.setdefault((member.name, family), []).append(
                {
                    "peerIP": other if isinstance(other, str) else other.address(family),
                    "type": kind,
                    "state": "Established",
                    "since": SINCE,
                }
            )
        for (name, family), peers in by_member.items():
            self.status(name)["bgp"][f"peersV{family}"] = peers
        if self.with_routes:
            for member in self.members:
                self._routes(member)
        return self

    def _routes(self, member: Member) -> None:
        routes = self.status(member.name).setdefault("routes", {})
        for family in self.families:
            rows = [
                route(
                    "0.0.0.0/0" if family == 4 else "::/0",
                    self.switch(family, member.rack),
                    "eth0",
                    "Kernel",
                ),
                route("172.16.0.0/16" if family == 4 else "fd00::/64", "N/A", "eth0", "Direct"),
                route(member.block(family), "N/A", "blackhole", "Static"),
            ]
            kind = "NodeMesh" if self.shape == "mesh" else "BGPPeer"
            rows += [
                route(
                    other.block(family), other.address(family), "eth0", kind, sender.address(family),
                    is_fib=sender is self.senders(member, other)[0],
                )
                for other in self.members
                if other is not member and self.shape != "racks"
                for sender in self.senders(member, other)
            ]  # fmt: skip
            routes[f"routesV{family}"] = rows

    def senders(self, member: Member, other: Member) -> list[Member]:
        """From whom a node has the routes of another one."""
        if self.shape == "mesh" or other.is_reflector or member.is_reflector:
            return [other]
        return [reflector for reflector in self.members if reflector.is_reflector]

    # What a test changes

    def document(self, kind: str, name: str) -> Document:
        return self.documents[kind, name]

    def status(self, name: str) -> Document:
        status: Document = self.documents["CalicoNodeStatus", name]["status"]
        return status

    def peers(self, name: str, family: int) -> list[Document]:
        peers: list[Document] = self.status(name)["bgp"][f"peersV{family}"]
        return peers

    def session(self, member: Member, other: Member | str, family: int) -> Document:
        address = other if isinstance(other, str) else other.address(family)
        return next(peer for peer in self.peers(member.name, family) if peer["peerIP"] == address)

    def routes(self, name: str, family: int) -> list[Document]:
        routes: list[Document] = self.status(name)["routes"][f"routesV{family}"]
        return routes

    def remove(self, kind: str, name: str) -> None:
        del self.documents[kind, name]

    def copy(self) -> Cluster:
        return copy.deepcopy(self)

    def __iter__(self) -> Any:
        return iter(self.documents.values())


def route(
    destination: str,
    gateway: str,
    interface: str,
    source: str,
    peer: str = "",
    *,
    is_fib: bool = True,
) -> Document:
    learned = {"sourceType": source, **({"peerIP": peer} if peer else {})}
    return {
        "type": "FIB" if is_fib else "RIB",
        "destination": destination,
        "gateway": gateway,
        "interface": interface,
        "learnedFrom": learned,
    }
