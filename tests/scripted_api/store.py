"""The objects of a scripted API server, and what a watch tells of them."""

import copy
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from json_patch import TestFailed, patched

Document = dict[str, Any]
GROUP_VERSION = "projectcalico.org/v3"


class Refused(Exception):  # noqa: N818 - reads as what happened
    """The request is refused: HTTP status, reason and message."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status, self.reason, self.message = status, reason, message


@dataclass
class Store:
    """Objects by name, with versions that grow by one, and a history of what happened."""

    has_status: bool = True
    version: int = 100
    compacted: int = 0
    objects: dict[str, Document] = field(default_factory=dict)
    history: list[tuple[int, str, Document]] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def put(self, name: str, node: str, **spec: Any) -> Document:
        asked = {"node": node, "classes": ["Agent"], "updatePeriodSeconds": 1, **spec}
        metadata = {"name": name, "uid": f"uid-of-{name}", "generation": 1}
        document = {"apiVersion": GROUP_VERSION, "kind": "CalicoNodeStatus"}
        return self._happen("ADDED", {**document, "metadata": metadata, "spec": asked})

    def edit(self, name: str, **spec: Any) -> Document:
        with self.changed:
            found = copy.deepcopy(self.objects[name])
        found["spec"].update(spec)
        found["metadata"]["generation"] += 1
        return self._happen("MODIFIED", found)

    def delete(self, name: str) -> None:
        self._happen("DELETED", self.objects[name])

    def compact(self) -> None:
        """Forget all that has happened: as etcd does after five minutes."""
        with self.changed:
            self.compacted = self.version
            self.history.clear()
            self.changed.notify_all()

    def get(self, name: str) -> Document:
        with self.changed:
            if name not in self.objects:
                message = f'caliconodestatuses.projectcalico.org "{name}" not found'
                raise Refused(404, "NotFound", message)
            return copy.deepcopy(self.objects[name])

    def patch_status(self, name: str, patch: Document | list[Document], manager: str) -> Document:
        """A merge patch (RFC 7386), or a list of operations (RFC 6902) that tests and sets the status."""
        with self.changed:
            found = self.get(name)
            if isinstance(patch, list):
                try:
                    status = patched(found, patch)["status"]
                except TestFailed:
                    message = "the server rejected our request due to an error in our request"
                    raise Refused(422, "Invalid", message) from None
                patch, found["status"] = {"status": status}, None
            version = patch.get("metadata", {}).get("resourceVersion")
            if version is not None and version != found["metadata"]["resourceVersion"]:
                message = (
                    f'Operation cannot be fulfilled on caliconodestatuses.projectcalico.org "{name}": '
                    "the object has been modified; please apply your changes to the latest version "
                    "and try again"
                )
                raise Refused(409, "Conflict", message)
            found["status"] = merged(found.get("status") or {}, patch.get("status") or {})
            managed = {"manager": manager, "operation": "Update", "fieldsV1": {"f:status": {}}}
            managed["time"] = f"2026-01-01T00:00:{self.version % 60:02}Z"
            found["metadata"]["managedFields"] = [managed]
            return self._happen("MODIFIED", found)

    def listing(self, node: str | None) -> Document:
        with self.changed:
            items = [copy.deepcopy(one) for one in self.objects.values() if of_node(one, node)]
            version = str(self.version)
        metadata = {"resourceVersion": version}
        kind = {"apiVersion": GROUP_VERSION, "kind": "CalicoNodeStatusList"}
        return {**kind, "metadata": metadata, "items": items}

    def since(self, version: int, seconds: float) -> Iterator[tuple[int, str, Document]]:
        """What happened after a version; waits for more, once, for so long."""
        with self.changed:
            if version < self.compacted:
                raise Refused(410, "Expired", f"too old resource version: {version}")
            if not any(at > version for at, *_ in self.history):
                self.changed.wait(seconds)
            found = [copy.deepcopy(entry) for entry in self.history if entry[0] > version]
        yield from found

    def _happen(self, kind: str, document: Document) -> Document:
        with self.changed:
            self.version += 1
            document["metadata"]["resourceVersion"] = str(self.version)
            name = document["metadata"]["name"]
            if kind == "DELETED":
                del self.objects[name]
            else:
                self.objects[name] = document
            self.history.append((self.version, kind, copy.deepcopy(document)))
            self.changed.notify_all()
            return copy.deepcopy(document)


def of_node(document: Document, node: str | None) -> bool:
    return node is None or document["spec"].get("node") == node


def merged(old: Any, patch: Any) -> Any:
    """RFC 7396, section 2."""
    if not isinstance(patch, dict):
        return patch
    result = dict(old) if isinstance(old, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result
