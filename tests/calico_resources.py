"""Calico's resources in a real API server: definitions that take any field, and the objects of the lab."""

from collections.abc import Iterable
from typing import Any

import yaml

from controlplane import ControlPlane
from reporter_process import wait_for

GROUPS = {"v3": "projectcalico.org", "v1": "crd.projectcalico.org"}
KINDS = {
    "BGPConfiguration": "bgpconfigurations",
    "BGPFilter": "bgpfilters",
    "BGPPeer": "bgppeers",
    "BlockAffinity": "blockaffinities",
    "ClusterInformation": "clusterinformations",
    "IPAMBlock": "ipamblocks",
    "IPPool": "ippools",
}


def define(plane: ControlPlane, version: str = "v3") -> None:
    """Install the definitions, and wait until all of them are served."""
    group = GROUPS[version]
    plane.kubectl("apply", "-f", "-", input=yaml.safe_dump_all(_definitions(group, version)))
    names = [f"{plural}.{group}" for plural in KINDS.values()]
    plane.kubectl(
        "wait", "--for=condition=Established", "--timeout=50s", "customresourcedefinitions", *names
    )
    wanted = ",".join(names)

    def served() -> str:
        return plane.kubectl("get", wanted, check=False)

    wait_for(lambda: served().startswith("No resources found"), 20, served)


def undefine(plane: ControlPlane, version: str = "v3") -> None:
    """Remove the definitions, and with them their objects."""
    names = [f"{plural}.{GROUPS[version]}" for plural in KINDS.values()]
    plane.kubectl("delete", "--ignore-not-found", "customresourcedefinitions", *names)


def _definitions(group: str, version: str) -> Iterable[dict[str, Any]]:
    any_field = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    for kind, plural in KINDS.items():
        yield {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": f"{plural}.{group}"},
            "spec": {
                "group": group,
                "scope": "Cluster",
                "names": {"kind": kind, "plural": plural, "singular": kind.lower()},
                "versions": [
                    {
                        "name": version,
                        "served": True,
                        "storage": True,
                        "schema": {"openAPIV3Schema": any_field},
                    }
                ],
            },
        }


def document(kind: str, name: str, version: str = "v3", **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": f"{GROUPS[version]}/{version}",
        "kind": kind,
        "metadata": {"name": name},
        "spec": spec,
    }


def node(name: str, address: str, **annotations: str) -> dict[str, Any]:
    """A core Node with Calico's annotations."""
    own = {"IPv4Address": f"{address}/24", **annotations}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": {"kubernetes.io/hostname": name},
            "annotations": {f"projectcalico.org/{key}": value for key, value in own.items()},
        },
    }
