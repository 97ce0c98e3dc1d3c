"""A ``CalicoNodeStatus`` of the API server as the reporter sees it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from birdstatus import CalicoNodeStatusSpec
from birdstatus.errors import printable
from reporter.kube.field_managers import last_other_writer

__all__ = ["NodeStatusObject", "mapping"]


@dataclass(frozen=True, slots=True)
class NodeStatusObject:
    """What an object asks for, and what its status is now.

    ``spec`` is ``None`` where nothing can be reported for it, and ``invalid`` then says why.
    ``other_writer`` is the field manager besides this one that wrote the status last.
    """

    api_version: str
    name: str
    uid: str
    resource_version: str
    node: str
    spec: CalicoNodeStatusSpec | None
    invalid: str
    status: dict[str, Any]
    other_writer: str

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> NodeStatusObject:
        """Read an object; a spec that cannot be served is noted, not raised."""
        metadata = mapping(document.get("metadata"))
        asked = mapping(document.get("spec"))
        spec, invalid = _read_spec(asked)
        return cls(
            api_version=str(document.get("apiVersion", "")),
            name=str(metadata.get("name", "")),
            uid=str(metadata.get("uid", "")),
            resource_version=str(metadata.get("resourceVersion", "")),
            node=str(asked.get("node", "")),
            spec=spec,
            invalid=invalid,
            status=mapping(document.get("status")),
            other_writer=last_other_writer(metadata),
        )

    def written(self, status: dict[str, Any], resource_version: str) -> NodeStatusObject:
        """The object after an own write."""
        return replace(self, status=status, resource_version=resource_version)

    @property
    def asks(self) -> tuple[object, ...]:
        """What makes it a new task where it changes. Generation would not do: without the status
        subresource it moves on every write.
        """  # noqa: D205
        return (self.uid, self.node, self.spec, self.invalid)


def mapping(value: object) -> dict[str, Any]:
    """The value, if it is an object; an empty one for ``null`` and whatever else stands there."""
    return value if isinstance(value, dict) else {}


def _read_spec(asked: dict[str, Any]) -> tuple[CalicoNodeStatusSpec | None, str]:
    known = {name: asked[name] for name in CalicoNodeStatusSpec.model_fields if name in asked}
    try:
        spec = CalicoNodeStatusSpec.model_validate(known)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        return None, f"spec.{place}: {printable(first['msg'])}"
    if spec.updatePeriodSeconds is None:
        return None, "spec.updatePeriodSeconds is missing: give 1 to 86400, or 0 for one report"
    if not spec.classes:
        return None, "spec.classes is empty: give one or more of Agent, BGP, Routes"
    return spec, ""
