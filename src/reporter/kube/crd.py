"""The custom resource definitions, made from the models that the reporter writes.

For clusters without Calico's own, such as a test's. Structural schemas as Kubernetes wants them:
no references, no titles, no defaults, nothing nullable but times.
"""

from __future__ import annotations

from typing import Any

from birdstatus import CalicoNodeStatusSpec, CalicoNodeStatusStatus

__all__ = ["GROUP_VERSIONS", "custom_resource_definition"]

GROUP_VERSIONS = {"v3": "projectcalico.org", "v1": "crd.projectcalico.org"}

Schema = dict[str, Any]

# JSON schema's words that a structural schema does not know or does not need.
_LEFT_OUT = frozenset({"$defs", "title", "default", "additionalProperties", "exclude_if"})

_COLUMNS = (
    ("Node", "string", ".spec.node"),
    ("IPv4", "string", ".status.agent.birdV4.state"),
    ("IPv6", "string", ".status.agent.birdV6.state"),
    ("Established-V4", "integer", ".status.bgp.numberEstablishedV4"),
    ("Not-Established-V4", "integer", ".status.bgp.numberNotEstablishedV4"),
    ("Established-V6", "integer", ".status.bgp.numberEstablishedV6"),
    ("Not-Established-V6", "integer", ".status.bgp.numberNotEstablishedV6"),
    ("Updated", "date", ".status.lastUpdated"),
)


def custom_resource_definition(version: str, *, status_subresource: bool = True) -> Schema:
    """The definition for ``v3`` or ``v1``, as a document for ``kubectl apply``."""
    group = GROUP_VERSIONS[version]
    spec = _structural(CalicoNodeStatusSpec.model_json_schema())
    # Of unique names, as Calico has it: a server-side apply merges them.
    spec["properties"]["classes"]["x-kubernetes-list-type"] = "set"
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"caliconodestatuses.{group}"},
        "spec": {
            "group": group,
            "names": {
                "kind": "CalicoNodeStatus",
                "listKind": "CalicoNodeStatusList",
                "plural": "caliconodestatuses",
                "singular": "caliconodestatus",
            },
            "scope": "Cluster",
            "versions": [
                {
                    "name": version,
                    "served": True,
                    "storage": True,
                    "schema": {
                        "openAPIV3Schema": {
                            "type": "object",
                            "description": "What a node's BIRD daemons say of themselves.",
                            "properties": {
                                "apiVersion": {"type": "string"},
                                "kind": {"type": "string"},
                                "metadata": {"type": "object"},
                                "spec": spec,
                                "status": _structural(CalicoNodeStatusStatus.model_json_schema()),
                            },
                        }
                    },
                    **({"subresources": {"status": {}}} if status_subresource else {}),
                    # A reporter watches its own node's objects only.
                    "selectableFields": [{"jsonPath": ".spec.node"}],
                    "additionalPrinterColumns": [
                        {"name": name, "type": kind, "jsonPath": path}
                        for name, kind, path in _COLUMNS
                    ],
                }
            ],
        },
    }


def _structural(schema: Schema) -> Schema:
    return _converted(schema, schema.get("$defs", {}))


def _converted(schema: Schema, definitions: Schema) -> Schema:
    schema = dict(schema)
    reference = schema.pop("$ref", None)
    if reference is not None:
        target = definitions[reference.rpartition("/")[2]]
        schema = {**target, **schema}
    branches = schema.pop("anyOf", None)
    if branches is not None:
        # pydantic's "or null": an absent value is left out, never written as null.
        (real,) = (branch for branch in branches if branch != {"type": "null"})
        return _converted({**real, **schema}, definitions)
    result: Schema = {}
    for key, value in schema.items():
        if key == "properties":
            result[key] = {name: _converted(one, definitions) for name, one in value.items()}
        elif key == "items":
            result[key] = _converted(value, definitions)
            result["x-kubernetes-list-type"] = "atomic"
        elif key not in _LEFT_OUT:
            result[key] = value
    if result.get("type") == "integer":
        result["format"] = "int32"
    if result.get("format") == "date-time":
        result["nullable"] = True
    return result
