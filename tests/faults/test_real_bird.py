"""The agent beside real BIRD daemons and the real API server, while one of the daemons fails."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest

from lab import FAMILIES, Mesh
from reporter.kube.client import KubeApi
from reporter_cluster import Cluster, Running, until

pytest_plugins = ["reporter_fixtures"]

NODE = "c"
MINUTES = 120.0


@contextmanager
def _stopped(mesh: Mesh) -> Iterator[None]:
    pid = mesh[NODE].daemons[6].pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@contextmanager
def _killed(mesh: Mesh) -> Iterator[None]:
    mesh[NODE].kill(6)
    try:
        yield
    finally:
        mesh[NODE].start(6)


@contextmanager
def _socket_removed(mesh: Mesh) -> Iterator[None]:
    path = mesh[NODE].daemons[6].socket
    kept = path.with_suffix(".kept")
    path.rename(kept)
    try:
        yield
    finally:
        kept.rename(path)


@contextmanager
def _a_folder_in_its_place(mesh: Mesh) -> Iterator[None]:
    with _socket_removed(mesh):
        path = mesh[NODE].daemons[6].socket
        path.mkdir()
        try:
            yield
        finally:
            path.rmdir()


FAULTS: dict[str, Callable[[Mesh], Any]] = {
    "stopped": _stopped,
    "killed": _killed,
    "socket removed": _socket_removed,
    "a folder in place of its socket": _a_folder_in_its_place,
}


@pytest.mark.timeout(600)
def test_a_daemon_that_fails_costs_the_other_nothing(
    mesh_lab: Mesh, cluster: Cluster, api: KubeApi, node: str, start: Callable[..., Running]
) -> None:
    """Each fault lasts until IPv4 has been reported for seven seconds more, and ends."""
    mesh_lab.wait_converged()
    name = cluster.create(node)
    sockets = {family: mesh_lab[NODE].daemons[family].socket for family in FAMILIES}
    running = start(api, bird_socket=sockets[4], bird6_socket=sockets[6])

    def agent(family: int) -> Any:
        return cluster.status(name).get("agent", {}).get(f"birdV{family}", {})

    def updated() -> float:
        return datetime.fromisoformat(cluster.status(name)["lastUpdated"]).timestamp()

    until(lambda: agent(6).get("state") == "Ready", lambda: running.log, MINUTES)
    for fault, failing in FAULTS.items():
        with failing(mesh_lab):
            until(lambda: agent(6) == {"state": "NotReady"}, fault, MINUTES)
            since = updated()
            until(lambda: updated() >= since + 7, fault, MINUTES)  # noqa: B023
            status = cluster.status(name)
            assert status["agent"]["birdV4"]["state"] == "Ready", fault
            assert status["bgp"]["numberEstablishedV4"] == len(mesh_lab[NODE].truths[4].peers), (
                fault
            )
            assert status["bgp"]["numberEstablishedV6"] == 0, fault
            assert status["routes"].keys() == {"routesV4"}, fault
        until(lambda: agent(6).get("state") == "Ready", fault, MINUTES)
    assert running.metric("birdstatus_internal_errors_total") == 0
