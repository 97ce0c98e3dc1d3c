"""From a live mesh to a CalicoNodeStatus in a real API server, as a user sees it.

The reporter is its installed command with the ServiceAccount and the role of `deploy/`; the object is
the specification's sample, applied and read with kubectl.
"""

import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from controlplane import ControlPlane
from lab import FAMILIES, Daemon, Family, Mesh
from lab.calico_dual import node as one_daemon
from lab.mesh import mesh, of_one_daemon
from lab.releases import Release
from lab.truth import NodeTruth
from reporter_process import COMMAND, DEPLOY, NAMESPACE, SERVICE_ACCOUNT, ReporterProcess, wait_for

NODE = "mesh-node-a"
NAME = "my-caliconodestatus-1"
# The specification's sample; the node's name is ours.
SAMPLE = f"""\
apiVersion: projectcalico.org/v3
kind: CalicoNodeStatus
metadata:
  name: {NAME}
spec:
  classes:
  - Agent
  - BGP
  - Routes
  node: {NODE}
  updatePeriodSeconds: 1
"""


@pytest.fixture
def cluster(controlplane: ControlPlane) -> ControlPlane:
    definition = subprocess.run([COMMAND, "crd"], stdout=subprocess.PIPE, check=True, text=True)
    controlplane.kubectl("apply", "-f", "-", input=definition.stdout)
    controlplane.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")
    controlplane.kubectl("apply", "-f", str(DEPLOY / "rbac.yaml"))
    return controlplane


@contextmanager
def _running(cluster: ControlPlane, mesh: Mesh, log: Path) -> Iterator[ReporterProcess]:
    sockets = {family: mesh["a"].daemons[family].socket for family in FAMILIES}
    with ReporterProcess(
        kubeconfig=cluster.kubeconfig_for(SERVICE_ACCOUNT, NAMESPACE),
        node=NODE,
        bird=sockets[4],
        bird6=sockets[6],
        log=log,
    ) as process:
        yield process


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError as error:
        error.close()
        return False


def _read(cluster: ControlPlane) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(
        cluster.kubectl("get", "caliconodestatus", NAME, "-o", "yaml")
    )
    return document


def _status(cluster: ControlPlane) -> dict[str, Any]:
    status: dict[str, Any] = _read(cluster).get("status", {})
    return status


def test_a_live_mesh_is_reported(
    cluster: ControlPlane,
    mesh_lab: Mesh,
    tmp_path: Path,
    record_testsuite_property: Any,
    capsys: pytest.CaptureFixture[str],
) -> None:
    mesh_lab.wait_converged()
    with _running(cluster, mesh_lab, tmp_path / "log") as process:
        ready = f"http://127.0.0.1:{process.port}/readyz"
        wait_for(lambda: _answers(ready), 60, lambda: process.log)
        cluster.kubectl("apply", "-f", "-", input=SAMPLE)
        seconds = wait_for(lambda: _status(cluster), 60, lambda: process.log)
        record_testsuite_property("seconds_from_apply_to_status", round(seconds, 3))
        with capsys.disabled():
            print(f"\nfrom the end of kubectl apply to a filled status: {seconds:.2f} s")  # noqa: T201

        document = _read(cluster)
        assert document["spec"]["node"] == NODE
        for family in FAMILIES:
            _is_true(document["status"], mesh_lab, family)

        _a_killed_daemon_is_seen(cluster, mesh_lab, process)
        code = process.end()
        assert code == 0
        assert "Traceback" not in process.log
    cluster.kubectl("delete", "caliconodestatus", NAME)


def _is_true(status: dict[str, Any], mesh: Mesh, family: Family) -> None:
    """The status shows what the lab's construction says of node `a`, and nothing else."""
    _shows(status, mesh["a"].truths[family], "1.6.8")


def _shows(status: dict[str, Any], known: NodeTruth, version: str) -> None:
    family = known.family
    agent = status["agent"][f"birdV{family}"]
    assert agent["state"] == "Ready"
    assert agent["version"] == version
    assert agent["routerID"] == known.router_id
    assert agent["lastBootTime"]
    assert agent["lastReconfigurationTime"]
    bgp = status["bgp"]
    assert bgp[f"numberEstablishedV{family}"] == len(known.peers)
    assert bgp[f"numberNotEstablishedV{family}"] == 0
    peers = {(p["peerIP"], p["type"], p["state"]) for p in bgp[f"peersV{family}"]}
    assert peers == {(peer.address, peer.type, "Established") for peer in known.peers}
    assert all(peer["since"] for peer in bgp[f"peersV{family}"])

    rows = {row["destination"]: row for row in status["routes"][f"routesV{family}"]}
    assert len(rows) == len(status["routes"][f"routesV{family}"])
    assert rows.keys() == known.destinations
    assert {row["type"] for row in rows.values()} == {"FIB"}

    def way(destination: str) -> tuple[str, str, dict[str, str]]:
        row = rows[destination]
        return row["gateway"], row["interface"], row["learnedFrom"]

    for block in known.remote_blocks:
        source = "NodeMesh" if block.peer_type == "NodeMesh" else "BGPPeer"
        learned = {"sourceType": source, "peerIP": block.peer_address}
        assert way(block.destination) == (block.gateway, block.interface, learned)
    for pod in known.pods:
        assert way(pod.destination) == ("N/A", pod.interface, {"sourceType": "Kernel"})
    for own in known.direct:
        assert way(own.destination) == ("N/A", own.interface, {"sourceType": "Direct"})
    for static in known.statics:
        assert way(static.destination) == ("N/A", static.interface, {"sourceType": "Static"})
    for block_destination in known.blocks:
        assert way(block_destination) == ("N/A", "blackhole", {"sourceType": "Static"})
    gateway = (known.default_gateway, known.default_interface, {"sourceType": "Kernel"})
    assert way(known.default_destination) == gateway


def _a_killed_daemon_is_seen(cluster: ControlPlane, mesh: Mesh, process: ReporterProcess) -> None:
    """Another node's BIRD dies: its session is down in the status; it starts, and is up again.

    Its routes stay meanwhile: Calico configures graceful restart (RFC 4724).
    """
    peers = len(mesh["a"].truths[4].peers)
    address = mesh["b"].truths[4].address

    def shown() -> tuple[int, int, bool]:
        bgp = _status(cluster)["bgp"]
        (session,) = (peer for peer in bgp["peersV4"] if peer["peerIP"] == address)
        is_up = session["state"] == "Established"
        return bgp["numberEstablishedV4"], bgp["numberNotEstablishedV4"], is_up

    mesh["b"].kill(4)
    try:
        wait_for(lambda: shown() == (peers - 1, 1, False), 60, lambda: f"{shown()} {process.log}")
        # The other family's daemons have lost nothing.
        assert _status(cluster)["bgp"]["numberEstablishedV6"] == len(mesh["a"].truths[6].peers)
    finally:
        mesh["b"].start(4)
    mesh.wait_converged()
    wait_for(lambda: shown() == (peers, 0, True), 60, lambda: f"{shown()} {process.log}")
    for family in FAMILIES:
        _is_true(_status(cluster), mesh, family)


def _is_shown(shows: Callable[[], None]) -> bool:
    """Whether a status has come to show it."""
    try:
        shows()
    except (AssertionError, KeyError, ValueError):
        return False
    return True


def test_a_mesh_of_nodes_with_one_daemon(
    cluster: ControlPlane, bird3: Release, tmp_path: Path
) -> None:
    """In the manner of Calico's draft for BIRD 3; a neighbour's daemon dies, and one family's sessions."""
    with mesh(release=bird3) as nodes, _running(cluster, nodes, tmp_path / "log") as process:
        node, other = nodes["a"], nodes["b"]
        peers = len(node.truths[4].peers)
        cluster.kubectl("apply", "-f", "-", input=SAMPLE)

        def is_whole() -> None:
            for family in FAMILIES:
                _shows(_status(cluster), node.truths[family], bird3.version)

        wait_for(lambda: _is_shown(is_whole), 60, lambda: f"{_status(cluster)} {process.log}")
        status = _status(cluster)
        assert status["agent"]["birdV4"] == status["agent"]["birdV6"]

        def numbers() -> list[int]:
            bgp = _status(cluster)["bgp"]
            return [bgp[f"number{kind}V{family}"] for family in FAMILIES
                    for kind in ("Established", "NotEstablished")]  # fmt: skip

        other.kill()
        down = [peers - 1, 1, peers - 1, 1]
        wait_for(lambda: numbers() == down, 60, lambda: f"{numbers()} {process.log}")
        other.start()
        wait_for(lambda: _is_shown(is_whole), 60, lambda: f"{_status(cluster)} {process.log}")

        names = [peer.name for peer in node.truths[4].peers]
        for name in names:
            node.daemons[4].ask(f"disable {name}")
        down = [0, peers, peers, 0]
        wait_for(lambda: numbers() == down, 60, lambda: f"{numbers()} {process.log}")
        assert {one["state"] for one in _status(cluster)["bgp"]["peersV4"]} == {"Idle"}
        for name in names:
            node.daemons[4].ask(f"enable {name}")
        wait_for(lambda: _is_shown(is_whole), 60, lambda: f"{_status(cluster)} {process.log}")

        node.kill()
        states = ["NotReady", "NotReady"]
        wait_for(lambda: _states(cluster) == states, 60, lambda: process.log)
        node.start()
        wait_for(lambda: _is_shown(is_whole), 60, lambda: f"{_status(cluster)} {process.log}")
        assert process.end() == 0
        assert "Traceback" not in process.log
    cluster.kubectl("delete", "caliconodestatus", NAME)


def _states(cluster: ControlPlane) -> list[str]:
    agent = _status(cluster)["agent"]
    return [agent[f"birdV{family}"]["state"] for family in FAMILIES]


def test_a_node_that_is_upgraded_and_taken_back(
    cluster: ControlPlane, mesh_lab: Mesh, bird3: Release, tmp_path: Path
) -> None:
    """From two daemons of BIRD 1.6 to one of BIRD 3 and back, under one reporter and beside old neighbours."""
    mesh_lab.wait_converged()
    node = mesh_lab["a"]
    truths = {family: of_one_daemon(node.truths[family]) for family in FAMILIES}
    socket = node.daemons[4].socket
    new = Daemon(node.namespace, 4, socket.parent, socket.stem, one_daemon(truths), bird3)
    old = node.daemons[4].configuration
    with _running(cluster, mesh_lab, tmp_path / "log") as process:
        cluster.kubectl("apply", "-f", "-", input=SAMPLE)

        def is_old() -> None:
            for family in FAMILIES:
                _is_true(_status(cluster), mesh_lab, family)

        def is_new() -> None:
            for family in FAMILIES:
                _shows(_status(cluster), truths[family], bird3.version)

        def told() -> str:
            return f"{_status(cluster)} {process.log} {new.log}"

        wait_for(lambda: _is_shown(is_old), 60, told)
        assert _changes(cluster) == []
        for daemon in node.daemons.values():
            daemon.stop()
        try:
            with new:
                assert not node.daemons[6].socket.exists()
                wait_for(lambda: _is_shown(is_new), 60, told)
                wait_for(lambda: len(_changes(cluster)) == 1, 60, told)
        finally:
            node.daemons[4].configure(old)
            node.start()
        mesh_lab.wait_converged()
        wait_for(lambda: _is_shown(is_old), 60, told)
        wait_for(lambda: len(_changes(cluster)) == 2, 60, told)
        assert sorted(_changes(cluster)) == [
            "the node has a daemon for each family now: BIRD 1.6.8",
            f"the node has one daemon for both families now: BIRD {bird3.version}",
        ]
        assert process.end() == 0
        assert "Traceback" not in process.log
    cluster.kubectl("delete", "caliconodestatus", NAME)


def _changes(cluster: ControlPlane) -> list[str]:
    """What Events say of a change of daemons."""
    found = yaml.safe_load(cluster.kubectl("get", "events", "-n", "default", "-o", "yaml"))
    return [one["message"] for one in found["items"] if one["reason"] == "BirdChanged"]


def test_once_with_a_live_bird_and_no_cluster(mesh_lab: Mesh, tmp_path: Path) -> None:
    mesh_lab.wait_converged()
    (tmp_path / "sample.yaml").write_text(SAMPLE)
    node = mesh_lab["a"]
    command = [str(COMMAND), "once", "-f", str(tmp_path / "sample.yaml"), "--dry-run"]
    command += ["-o", "yaml", f"--bird-socket={node.daemons[4].socket}"]
    command += [f"--bird6-socket={node.daemons[6].socket}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    document = yaml.safe_load(done.stdout)
    assert document["metadata"] == {"name": NAME}
    assert list(document["status"]) == ["agent", "bgp", "lastUpdated", "routes"]
    for family in FAMILIES:
        _is_true(document["status"], mesh_lab, family)
