"""Any collection of the cluster, in pages, and the writes to ``CalicoNodeStatus`` that a person asks for."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from reporter.kube.api import PLURAL, ApiError
from reporter.kube.field_managers import FIELD_MANAGER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reporter.kube.api import Document

__all__ = ["Calls", "Cluster", "Page"]

# How often a list is begun anew whose version the API server has forgotten meanwhile (410).
_TRIES = 3


class Calls(Protocol):
    """What this needs of a client, such as :class:`reporter.kube.client.KubeApi`."""

    def call(self, method: str, path: str, what: str, **options: Any) -> Document:  # noqa: ANN401
        """One call; raises :class:`ApiError`."""


class Page(NamedTuple):
    """Some objects of a collection, and the version of the list that they are from."""

    items: list[Document]
    resource_version: str


class Cluster:
    """Lists of a cluster, read in pages so that no list is ever held whole."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def resources(self, group_version: str) -> frozenset[str]:
        """The plurals that a group has; none where the API server does not know the group.

        Raises:
            ApiError: it did not say.
        """
        try:
            answer = self._calls.call("GET", f"/apis/{group_version}", f"ask for {group_version}")
        except ApiError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return frozenset()
            raise
        resources = answer.get("resources")
        return frozenset(
            str(resource.get("name"))
            for resource in (resources if isinstance(resources, list) else ())
            if isinstance(resource, dict)
        )

    def pages(self, path: str, *, page: int, label_selector: str = "") -> Iterator[Page]:
        """A collection, page by page; ``path`` is such as ``/api/v1/nodes``.

        ``page`` objects are asked for at a time; the API server may send more. If it forgets the version
        of the list meanwhile (410), the list is begun anew, and what came already does not come again.

        Raises:
            ApiError: a page was refused or did not arrive.
        """
        what = f"list {path.rpartition('/')[2]}"
        seen: set[str] = set()
        token, tries = "", 0
        while True:
            query = [("limit", str(page))]
            query += [("labelSelector", label_selector)] if label_selector else []
            query += [("continue", token)] if token else []
            try:
                answer = self._calls.call("GET", path, what, query=query)
            except ApiError as error:
                if error.reason == "malformed" and page > 1:
                    page = max(1, page // 8)  # an answer that is too large, most likely
                    continue
                tries += 1
                if error.status != HTTPStatus.GONE or not token or tries == _TRIES:
                    raise
                token = ""
                continue
            metadata = answer.get("metadata") or {}
            # The API server names the kind once for a list, not in each item.
            head = {
                "apiVersion": answer.get("apiVersion", ""),
                "kind": str(answer.get("kind", "")).removesuffix("List"),
            }
            items = [{**head, **item} for item in answer.get("items") or ()]
            names = [str(item["metadata"]["name"]) for item in items]
            fresh = [item for name, item in zip(names, items, strict=True) if name not in seen]
            seen.update(names)
            yield Page(fresh, str(metadata.get("resourceVersion", "")))
            token = metadata.get("continue", "")
            if not token:
                return

    def create_status(self, group_version: str, body: Document) -> None:
        """Create a ``CalicoNodeStatus``.

        Raises:
            ApiError: it was refused, or it is not known whether it was done (status 0).
        """
        self._calls.call(
            "POST",
            f"/apis/{group_version}/{PLURAL}",
            f"create {PLURAL} {body['metadata']['name']}",
            query=[("fieldManager", FIELD_MANAGER)],
            body=json.dumps(body).encode(),
        )

    def delete_status(self, group_version: str, name: str) -> bool:
        """Delete a ``CalicoNodeStatus``; whether it was there.

        Raises:
            ApiError: it was refused, or it is not known whether it was done.
        """
        path = f"/apis/{group_version}/{PLURAL}/{name}"
        try:
            self._calls.call("DELETE", path, f"delete {PLURAL} {name}")
        except ApiError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return False
            raise
        return True
