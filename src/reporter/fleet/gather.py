"""The cluster's objects from its API: what there is, what may be read, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from birdstatus.fleet import NotLookedAt
from birdstatus.fleet.inventory import KINDS
from reporter.kube.api import PLURAL, ApiError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reporter.kube.api import Document
    from reporter.kube.cluster import Cluster

__all__ = ["Source", "objects_of_cluster", "sources"]

# The order is Calico's own: its first API is the truth wherever it is there (libcalico-go k8s/discovery.go).
CALICO_GROUPS = ("crd.projectcalico.org/v1", "projectcalico.org/v3")
_IRREGULAR = {"BlockAffinity": "blockaffinities", "CalicoNodeStatus": PLURAL}
STATUS = "CalicoNodeStatus"
# A status may be of 1 MiB, a Node with its list of images of some 20 KiB.
_PAGE = {STATUS: 20, "Node": 250}
_PAGE_OF_OTHERS = 500
_UNREADABLE = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}
_UNREADABLE |= {HTTPStatus.METHOD_NOT_ALLOWED}


@dataclass(frozen=True, slots=True)
class Source:
    """Where objects of a kind can be read: group versions in the order in which they are tried."""

    kind: str
    group_versions: tuple[str, ...]

    @property
    def plural(self) -> str:
        return _IRREGULAR.get(self.kind, f"{self.kind.lower()}s")

    def path(self, group_version: str) -> str:
        root = "/api" if group_version == "v1" else "/apis"
        return f"{root}/{group_version}/{self.plural}"


def sources(
    cluster: Cluster, *, api_group: str = "", note: Callable[[NotLookedAt], None]
) -> list[Source]:
    """Every kind that this cluster has; what it has not is handed to ``note``.

    Raises:
        ApiError: the API server did not say what it has.
    """
    groups = (api_group,) if api_group else CALICO_GROUPS
    served = {group: cluster.resources(group) for group in groups}
    found = [Source("Node", ("v1",))]
    for kind in KINDS:
        if kind == "Node":
            continue
        plural = Source(kind, ()).plural
        having = tuple(group for group in groups if plural in served[group])
        if having:
            found.append(Source(kind, having))
        else:
            note(NotLookedAt(kind, f"the API server has none in {' or '.join(groups)}"))
    return found


def objects_of_cluster(
    cluster: Cluster,
    found: list[Source],
    note: Callable[[NotLookedAt], None],
    *,
    listed: Callable[[str, str], None] | None = None,
) -> Iterator[Document]:
    """All objects of these sources; what may not be read is handed to ``note``.

    A kind that was read whole ends with an empty list of that kind, so that none is known to be none.
    ``listed`` hears the path and the version of each list, from which a watch can go on.

    Raises:
        ApiError: anything went wrong but what a role or a definition is the reason for.
    """
    for source in found:
        refused: ApiError | None = None
        for group_version in source.group_versions:
            try:
                yield from _objects(cluster, source, group_version, listed)
            except ApiError as error:
                if error.status not in _UNREADABLE:
                    raise
                refused = error
            else:
                refused = None
                break
        if refused is not None:
            note(NotLookedAt(source.kind, _why(refused)))


def _objects(
    cluster: Cluster,
    source: Source,
    group_version: str,
    listed: Callable[[str, str], None] | None,
) -> Iterator[Document]:
    path = source.path(group_version)
    version = ""
    pages = cluster.pages(path, page=_PAGE.get(source.kind, _PAGE_OF_OTHERS))
    for page in pages:
        version = version or page.resource_version
        yield from page.items
    if listed is not None:
        listed(path, version)
    yield {"apiVersion": group_version, "kind": f"{source.kind}List", "items": []}


def _why(error: ApiError) -> str:
    if error.status == HTTPStatus.FORBIDDEN:
        return "these credentials may not list them"
    if error.status == HTTPStatus.UNAUTHORIZED:
        return "the API server does not accept these credentials"
    return "the API server has none"
