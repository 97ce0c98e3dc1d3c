"""A control plane with the objects of all nodes, the processes of the nodes, and a watch of all objects."""

# ruff: noqa: ANN401 - commands and what answers them

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Self

import yaml

from controlplane import ControlPlane
from fleet.nodes import node_name, work
from fleet.played import MARK
from fleet.servers import Spent, spent
from reporter.kube.api import ApiError, Resource
from reporter.kube.client import KubeApi
from reporter.kube.crd import custom_resource_definition
from reporter.kube.credentials import CredentialSource
from reporter.redaction import Redactor
from reporter_process import DEPLOY, NAMESPACE, SERVICE_ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fleet.played import Shape

__all__ = ["Cluster", "Fleet", "Observer"]

RESOURCE = Resource("projectcalico.org/v3", has_status=True)
# Nodes in one process: each has three threads.
MOST_IN_A_PROCESS = 500
_SPAWN = multiprocessing.get_context("spawn")


class Cluster:
    """The two servers, from ``with`` to the end of its block."""

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            self.plane = stack.enter_context(ControlPlane())
            self.plane.kubectl("apply", "-f", str(DEPLOY / "rbac.yaml"))
            definition = custom_resource_definition("v3", status_subresource=True)
            self.plane.kubectl("apply", "-f", "-", input=yaml.safe_dump(definition))
            self.admin = KubeApi(
                CredentialSource(self.plane.kubeconfig_admin, Redactor()), timeout=60
            )
            stack.callback(self.admin.close)
            self.kubeconfig = self.plane.kubeconfig_for(SERVICE_ACCOUNT, NAMESPACE)
            wait_for(self._is_served, 60)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _is_served(self) -> bool:
        try:
            self.create("probe", "nowhere")
            self.admin.call("DELETE", f"{RESOURCE.path}/probe", "delete")
        except ApiError:
            return False
        return True

    def create(self, name: str, node: str) -> None:
        body = {
            "apiVersion": RESOURCE.group_version,
            "kind": "CalicoNodeStatus",
            "metadata": {"name": name},
            "spec": {
                "node": node,
                "classes": ["Agent", "BGP", "Routes"],
                "updatePeriodSeconds": 10,
            },
        }
        self.admin.call("POST", RESOURCE.path, "create", body=json.dumps(body).encode())

    def fill(self, count: int) -> None:
        """As many objects as there are nodes, and no other."""
        self.admin.call("DELETE", RESOURCE.path, "delete")
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda at: self.create(node_name(at), node_name(at)), range(count)))

    def over(self, seconds: float) -> Spent:
        """What the servers spend in so many seconds."""
        before = spent(self.plane)
        time.sleep(seconds)
        return spent(self.plane, is_end=True).since(before)

    @contextlib.contextmanager
    def beside(self, target: Callable[..., None], *arguments: Any) -> Iterator[None]:
        """A process that does what it is compared with."""
        ours, theirs = _SPAWN.Pipe()
        process = _SPAWN.Process(
            target=target, args=(theirs, self.kubeconfig_of_admin, *arguments), daemon=True
        )
        process.start()
        theirs.close()
        try:
            ours.recv()
            yield
            ours.send("end")
            ours.recv()
            process.join(120)
        finally:
            process.kill()
            process.join()

    @property
    def kubeconfig_of_admin(self) -> object:
        return self.plane.kubeconfig_admin


class Fleet:
    """The processes of all nodes; they are ended at the end of the block."""

    def __init__(
        self, cluster: Cluster, count: int, shape: Shape, heartbeat: float | None, objects: str
    ) -> None:
        self.count = count
        per_process = min(MOST_IN_A_PROCESS, -(-count // (os.cpu_count() or 1)))
        self._pipes = []
        self._processes = []
        for begin in range(0, count, per_process):
            numbers = range(begin, min(begin + per_process, count))
            ours, theirs = _SPAWN.Pipe()
            arguments = (theirs, numbers, shape, cluster.kubeconfig, heartbeat, objects)
            process = _SPAWN.Process(target=work, args=arguments, daemon=True)
            process.start()
            # So that the end of the process is the end of the pipe.
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.kill()
            process.join()

    def tell(self, *command: Any) -> list[Any]:
        """A command to all processes, and what each of them answers."""
        for pipe in self._pipes:
            pipe.send(command)
        return [pipe.recv() for pipe in self._pipes]

    def lose(self, serial: int, *, lost: bool) -> list[Any]:
        """A session of every node goes down, or comes back; when it did, by node."""
        return self.tell("lose", serial, lost)

    def settle(self, seconds: float) -> float:
        """Wait until all objects have their status; how long that took."""
        begun = time.monotonic()
        wait_for(lambda: sum(self.tell("ready")) == self.count, seconds)
        return time.monotonic() - begun

    def traffic(self) -> tuple[dict[str, int], int, int]:
        """Requests by kind, bytes sent and received, of all nodes since they began."""
        kinds: dict[str, int] = {}
        sent = received = 0
        for requests, out, back in self.tell("traffic"):
            sent += out
            received += back
            for kind, number in requests.items():
                kinds[kind] = kinds.get(kind, 0) + number
        return kinds, sent, received


class Observer:
    """A watch of all objects, as an administrator may have one: when each change was seen."""

    def __init__(self, cluster: Cluster) -> None:
        self._api = cluster.admin
        self.seen: dict[tuple[str, str], float] = {}

    def __enter__(self) -> Self:
        version = self._api.list_objects(RESOURCE, "", lambda one: {"metadata": one["metadata"]})
        self._stream = self._api.watch(
            RESOURCE, "", version.resource_version, metadata_only=False, seconds=3600
        )
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()
        self._thread.join(30)

    def _read(self) -> None:
        with contextlib.suppress(ApiError):
            for event in self._stream:
                now = time.monotonic()
                document = event["object"]
                name = document["metadata"].get("name", "")
                for word in _words(document.get("status") or {}):
                    self.seen.setdefault((name, word), now)


def _words(status: dict[str, Any]) -> Iterator[str]:
    """The changes that a status shows."""
    for route in (status.get("routes") or {}).get("routesV4", ()):
        if str(route.get("gateway", "")).startswith(MARK):
            yield route["gateway"]
    states = [peer.get("state") for peer in (status.get("bgp") or {}).get("peersV4", ())]
    yield f"{states.count('Active')} active"


def wait_for(true: Callable[[], bool], seconds: float) -> None:
    """Poll.

    Raises:
        TimeoutError: it did not come true in time.
    """
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not so after {seconds:g} s")
        time.sleep(0.5)
