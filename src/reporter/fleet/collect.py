"""Reports for the length of a command: a ``CalicoNodeStatus`` for each node that has none, removed at the end.

Nothing of it may stay behind, whatever ends the command. So signals only set a flag while the objects are
there; an object's name is known before it is created, so that one whose creation was not answered is removed
too; and at last all that carries the label of this run is looked for.
"""

from __future__ import annotations

import secrets
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from birdstatus.printable import printable
from reporter.fleet.gather import STATUS, sources
from reporter.kube.api import PLURAL, ApiError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reporter.fleet.gather import Source
    from reporter.fleet.interrupts import Interrupts
    from reporter.kube.api import Document
    from reporter.kube.cluster import Cluster

__all__ = ["LABELS", "Collection", "Plan", "RefusedError", "collected", "plan_for"]

LABELS = {"app.kubernetes.io/managed-by": "kubectl-birdstatus"}
_RUN = "birdstatus/run"
# More nodes than this are asked about first.
MAX_UNASKED = 50
_MAX_ROUTES = 100
_PAGE = 100
_POLL = 1.0
_TRIES = 5
# An answer that was lost may be of a creation that the API server still has before it.
_LATE = 2.0
_MAX_NAMED = 10


class RefusedError(Exception):
    """The objects are not to be created; the text says why."""


class Plan(NamedTuple):
    """What each object of a run asks for."""

    classes: tuple[str, ...]
    period: int


def plan_for(nodes: int) -> Plan:
    """Classes and period for as many objects, so that all together they write once a second at most.

    Of more than a hundred nodes each reports once, and without routes, which are most of a report.
    """
    if nodes > _MAX_ROUTES:
        return Plan(("Agent", "BGP"), 0)
    return Plan(("Agent", "BGP", "Routes"), max(10, nodes))


@dataclass(slots=True)
class Collection:
    """The objects of one run.

    ``names`` are those that may be there, by node; ``is_certain`` is False if a creation was not answered.
    """

    cluster: Cluster
    group_version: str
    run: str = field(default_factory=lambda: secrets.token_hex(4))
    names: dict[str, str] = field(default_factory=dict)
    is_certain: bool = True

    @property
    def path(self) -> str:
        return f"/apis/{self.group_version}/{PLURAL}"

    def create(self, node: Document, plan: Plan) -> None:
        """Create the object of a node, owned by it, so that it goes with it.

        Raises:
            ApiError: it was refused, or nobody knows.
        """
        metadata = node["metadata"]
        name = f"birdstatus-{self.run}-{len(self.names)}"
        body = {
            "apiVersion": self.group_version,
            "kind": STATUS,
            "metadata": {
                "name": name,
                "labels": {**LABELS, _RUN: self.run},
                "ownerReferences": [
                    {
                        "apiVersion": "v1",
                        "kind": "Node",
                        "name": metadata["name"],
                        "uid": metadata["uid"],
                    }
                ],
            },
            "spec": {
                "node": metadata["name"],
                "classes": list(plan.classes),
                "updatePeriodSeconds": plan.period,
            },
        }
        self.names[metadata["name"]] = name
        try:
            self.cluster.create_status(self.group_version, body)
        except ApiError as error:
            if error.status:
                del self.names[metadata["name"]]
            else:
                self.is_certain = False
            raise

    def own(self, cluster: Cluster) -> Iterator[Document]:
        """The objects of this run that are there."""
        for page in cluster.pages(self.path, page=_PAGE, label_selector=f"{_RUN}={self.run}"):
            yield from page.items

    def remove(self, cluster: Cluster, pause: Callable[[float], None]) -> list[str]:
        """Remove them all; the names of those that could not be removed."""
        left = set(self.names.values())
        for number in range(_TRIES):
            if number or not self.is_certain:
                pause(_LATE)
            left = {name for name in left if not _is_gone(cluster, self.group_version, name)}
            try:
                left.update(str(item["metadata"]["name"]) for item in self.own(cluster))
            except ApiError:
                continue
            if not left:
                break
        return sorted(left)


def _is_gone(cluster: Cluster, group_version: str, name: str) -> bool:
    try:
        cluster.delete_status(group_version, name)
    except ApiError:
        return False
    return True


@contextmanager
def collected(  # noqa: PLR0913 - everything it uses is an argument
    cluster: Cluster,
    interrupts: Interrupts,
    *,
    api_group: str,
    seconds: float,
    say: Callable[[str], None],
    confirm: Callable[[int], bool],
    guarded: Cluster,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[None]:
    """Reports of all nodes, while the block runs.

    ``guarded`` is the same cluster, but its calls end with ``KeyboardInterrupt`` once a signal came;
    what removes the objects uses ``cluster``. ``seconds`` is how long the objects may take to be filled;
    ``confirm`` is asked before more than 50 are created.

    Raises:
        ApiError: an object could not be created, or the API server did not answer.
        RefusedError: ``confirm`` said no, or the cluster has no CalicoNodeStatus.
        KeyboardInterrupt: a signal came.
    """
    source = _statuses(guarded, api_group)
    nodes = _without_status(guarded, source)
    if len(nodes) > MAX_UNASKED and not confirm(len(nodes)):
        raise RefusedError("nothing was created")
    collection = Collection(guarded, source.group_versions[0])
    try:
        plan = plan_for(len(nodes))
        for node in nodes:
            collection.create(node, plan)
        if nodes:
            say(f"asked {len(nodes)} nodes for a report each, {', '.join(plan.classes)}")
            _wait(collection, guarded, interrupts, seconds, say, clock=clock)
        yield
    finally:
        left = collection.remove(cluster, time.sleep)
        if left:
            shown = printable(" ".join(left[:_MAX_NAMED]))
            say(
                f"{len(left)} objects could not be removed ({shown}): kubectl delete "
                f"{PLURAL}.{collection.group_version.partition('/')[0]} -l {_RUN}={collection.run}"
            )


def _statuses(cluster: Cluster, api_group: str) -> Source:
    for source in sources(cluster, api_group=api_group, note=lambda _: None):
        if source.kind == STATUS:
            return source
    raise RefusedError(f"this cluster has no {PLURAL}: is Calico installed?")


def _without_status(cluster: Cluster, source: Source) -> list[Document]:
    """The nodes that nobody reports for, as far as Calico runs on them."""
    having = {
        (item.get("spec") or {}).get("node")
        for page in cluster.pages(source.path(source.group_versions[0]), page=20)
        for item in page.items
    }
    nodes = [
        {"metadata": {name: item["metadata"].get(name) for name in ("name", "uid", "annotations")}}
        for page in cluster.pages("/api/v1/nodes", page=250)
        for item in page.items
        if item["metadata"]["name"] not in having
    ]
    # Without its own datastore in the Kubernetes API, Calico annotates no node.
    return [node for node in nodes if _is_calico(node)] or nodes


def _is_calico(node: Document) -> bool:
    annotations = node["metadata"]["annotations"] or {}
    return any(f"projectcalico.org/IPv{family}Address" in annotations for family in (4, 6))


def _wait(  # noqa: PLR0913 - as above
    collection: Collection,
    cluster: Cluster,
    interrupts: Interrupts,
    seconds: float,
    say: Callable[[str], None],
    *,
    clock: Callable[[], float],
) -> None:
    """Until all are filled, or the time is over."""
    deadline = clock() + seconds
    while True:
        filled = {
            item["spec"]["node"]
            for item in collection.own(cluster)
            if (item.get("status") or {}).get("lastUpdated")
        }
        missing = sorted(collection.names.keys() - filled)
        if not missing:
            return
        if clock() >= deadline:
            shown = printable(", ".join(missing[:_MAX_NAMED]))
            more = f" and {len(missing) - _MAX_NAMED} more" if len(missing) > _MAX_NAMED else ""
            say(f"no report came from {shown}{more}")
            return
        interrupts.sleep(min(_POLL, max(0.0, deadline - clock())))
