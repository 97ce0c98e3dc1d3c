"""A small cluster in which something is wrong, for a first look at ``kubectl birdstatus`` without a cluster.

Four nodes in a full mesh. The BIRD of node-d was killed; node-c has another AS number than the rest.
"""

from __future__ import annotations

from typing import Any

__all__ = ["demo_cluster"]

_UPDATED = "2026-11-25T09:30:00Z"
_NODES = {
    "node-a": "10.0.0.1",
    "node-b": "10.0.0.2",
    "node-c": "10.0.0.3",
    "node-d": "10.0.0.4",
}
_KILLED, _OTHER_AS = "node-d", "node-c"


def demo_cluster() -> dict[str, Any]:
    """The cluster's objects, as one ``kubectl get -o json`` of all their kinds prints them."""
    items = [
        _calico("BGPConfiguration", "default", nodeToNodeMeshEnabled=True, asNumber=64512),
        _calico("IPPool", "default-pool", cidr="10.244.0.0/16", blockSize=26),
    ]
    for number, (name, address) in enumerate(_NODES.items()):
        block = f"10.244.{number}.0/26"
        items += [
            _node(name, address),
            _calico(
                "BlockAffinity",
                f"{name}-10-244-{number}-0-26",
                node=name,
                cidr=block,
                state="confirmed",
            ),
            _status(name, number),
        ]
    return {"apiVersion": "v1", "kind": "List", "items": items}


def _calico(kind: str, name: str, **spec: object) -> dict[str, Any]:
    return {
        "apiVersion": "projectcalico.org/v3",
        "kind": kind,
        "metadata": {"name": name},
        "spec": spec,
    }


def _node(name: str, address: str) -> dict[str, Any]:
    annotations = {"projectcalico.org/IPv4Address": f"{address}/24"}
    if name == _OTHER_AS:
        annotations["projectcalico.org/ASNumber"] = "64513"
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "annotations": annotations},
    }


def _status(name: str, number: int) -> dict[str, Any]:
    status: dict[str, Any]
    if name == _KILLED:
        status = {"agent": {"birdV4": {"state": "NotReady"}}}
    else:
        peers = [
            {
                "peerIP": address,
                "type": "NodeMesh",
                "state": _state(name, other),
                "since": "09:23:22",
            }
            for other, address in _NODES.items()
            if other != name
        ]
        up = [other for other in _NODES if other != name and _state(name, other) == "Established"]
        daemon = {
            "state": "Ready", "version": "v0.3.3+birdv1.6.8", "routerID": _NODES[name],
            "lastBootTime": "2026-11-24 18:02:11", "lastReconfigurationTime": "2026-11-25 09:23:20",
        }  # fmt: skip
        counts = {
            "numberEstablishedV4": len(up),
            "numberNotEstablishedV4": len(peers) - len(up),
            "numberEstablishedV6": 0,
            "numberNotEstablishedV6": 0,
        }
        own = {
            "type": "FIB", "destination": f"10.244.{number}.0/26", "gateway": "N/A",
            "interface": "blackhole", "learnedFrom": {"sourceType": "Static"},
        }  # fmt: skip
        status = {
            "agent": {"birdV4": daemon},
            "bgp": {**counts, "peersV4": peers},
            "routes": {"routesV4": [own, *(_route(other) for other in up)]},
        }
    asked = {"node": name, "classes": ["Agent", "BGP", "Routes"], "updatePeriodSeconds": 10}
    resource = _calico("CalicoNodeStatus", name, **asked)
    return {**resource, "status": {**status, "lastUpdated": _UPDATED}}


def _state(node: str, other: str) -> str:
    """A session as one of its ends publishes it: both ends of a mesh dial."""
    if _KILLED in {node, other}:
        return "Active"
    return "Idle" if _OTHER_AS in {node, other} else "Established"


def _route(owner: str) -> dict[str, Any]:
    number = list(_NODES).index(owner)
    return {
        "type": "FIB", "destination": f"10.244.{number}.0/26", "gateway": _NODES[owner],
        "interface": "eth0", "learnedFrom": {"sourceType": "NodeMesh", "peerIP": _NODES[owner]},
    }  # fmt: skip
