"""A cluster's BGP as a user sees it: real daemons, a real API server, Calico's resources, four reporters.

The four nodes are right first. Then one thing after the other goes wrong, is found as one cause, and is
mended. Nothing waits for a time: each step looks until it sees what it must, or fails with what it sees.
"""

import http.client
import json
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

import calico_resources as resources
from birdstatus.fleet import route
from controlplane import ControlPlane, find
from lab import calico_reporter
from lab.cluster import (
    NODES,
    ROUTER,
    ROUTER_AS,
    ROUTER_PORT,
    Cluster,
    address,
    block,
    external,
    four_nodes,
    mesh,
    peer,
    reflected,
)
from reporter.fleet import selection
from reporter.fleet.look import Look, look_at_cluster
from reporter.fleet.text import check_text, sessions_text
from reporter.kube import cluster as kube
from reporter_cluster import Cluster as Objects
from reporter_cluster import service_account_api
from reporter_process import COMMAND, DEPLOY, NAMESPACE, ReporterProcess, wait_for

pytest_plugins = ["reporter_fixtures"]
pytestmark = pytest.mark.real_bird

MESH = mesh(*NODES)
ROUTER_PEER = f"{ROUTER}:{ROUTER_PORT}"
FIRST, SECOND, THIRD, FOURTH = NODES
# Seconds. A node is given a minute to take what it is told, before it is said that it did not; all else is
# found in some.
PATIENCE = 100.0


@dataclass
class Fleet:
    """The lab and the API server together."""

    lab: Cluster
    plane: ControlPlane
    objects: Objects
    api: kube.Cluster
    reporters: dict[str, ReporterProcess]

    def look(self) -> Look:
        return look_at_cluster(self.api)

    def apply(self, *documents: dict[str, Any]) -> None:
        self.plane.kubectl("apply", "-f", "-", input=yaml.safe_dump_all(documents))

    def delete(self, *documents: dict[str, Any]) -> None:
        self.plane.kubectl("delete", "-f", "-", input=yaml.safe_dump_all(documents))

    def until(self, wanted: list[tuple[str, tuple[str, ...]]]) -> Look:
        """Look until the findings are these kinds about these nodes, and no other."""
        seen: list[Look] = []

        def found() -> list[tuple[str, tuple[str, ...]]]:
            seen.append(self.look())
            return [(finding.kind, finding.nodes) for finding in seen[-1].check.findings]

        wait_for(
            lambda: found() == wanted,
            PATIENCE,
            lambda: _shown(seen[-1]),
        )
        return seen[-1]

    def until_right(self) -> None:
        self.until([])


def _shown(look: Look) -> str:
    """What was found, and every session that is not up."""
    lines = [
        *check_text(look.check, wide=True),
        *sessions_text(selection.chosen_sessions(look.pairs(), down=True)),
    ]
    return "\n".join(lines)


@pytest.fixture(scope="module")
def lab(lab_machine: None) -> Iterator[Cluster]:
    del lab_machine  # only asked for so that it comes first
    with four_nodes(MESH) as running:
        yield running


@pytest.fixture(scope="module")
def fleet(
    cluster: Objects, lab: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Fleet]:
    plane = cluster.plane
    plane.kubectl("delete", "caliconodestatuses", "--all")  # of tests before
    resources.define(plane)
    plane.kubectl("apply", "-f", str(DEPLOY / "fleet.yaml"))
    folder = tmp_path_factory.mktemp("fleet")
    with ExitStack() as stack:
        stack.callback(resources.undefine, plane)
        reader = stack.enter_context(service_account_api(cluster, name="birdstatus-fleet"))
        running = Fleet(lab, plane, cluster, kube.Cluster(reader), {})
        nodes = [resources.node(node, address(node)) for node in NODES]
        running.apply(
            *nodes,
            resources.document("IPPool", "pods", cidr="10.244.0.0/16", blockSize=26),
            *(
                resources.document(
                    "BlockAffinity", f"{node}-block", node=node, cidr=block(node), state="confirmed"
                )
                for node in NODES
            ),
        )
        stack.callback(running.delete, *nodes)
        for node in NODES:
            cluster.create(node, node)
            stack.callback(cluster.delete, node)
            process = ReporterProcess(
                kubeconfig=cluster.kubeconfig,
                node=node,
                bird=lab.daemons[node].socket,
                bird6=folder / "none",
                log=folder / f"{node}.log",
            )
            running.reporters[node] = stack.enter_context(process)
        yield running


def _break_and_mend(
    fleet: Fleet,
    spoil: Callable[[], object],
    mend: Callable[[], object],
    kind: str,
    nodes: tuple[str, ...],
) -> Look:
    try:
        spoil()
        look = fleet.until([(kind, nodes)])
    finally:
        mend()
    fleet.until_right()
    return look


def _kubectl(fleet: Fleet, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """`kubectl birdstatus ...`, as kubectl finds it on the path, with the role of deploy/."""
    kubectl = find().kubectl
    kubeconfig = fleet.plane.kubeconfig_for("birdstatus-fleet", NAMESPACE)
    path = f"{COMMAND.parent}:{kubectl.parent}:/usr/bin:/bin"
    return subprocess.run(
        [str(kubectl), "birdstatus", *arguments],
        env={"KUBECONFIG": str(kubeconfig), "HOME": str(kubeconfig.parent), "PATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_kubectl_has_it_as_a_command_of_its_own(fleet: Fleet, tmp_path: Path) -> None:
    fleet.until_right()
    waited = _kubectl(fleet, "--wait", "1m", "-o", "json", "--context=test")
    assert (waited.returncode, waited.stderr) == (0, "")
    document = json.loads(waited.stdout)
    assert document["summary"]["ok"] is True
    assert document["summary"]["sessionsUp"] == 12
    assert document["findings"] == []
    matrix = _kubectl(fleet, "matrix")
    assert [line.split(None, 1)[1] for line in matrix.stdout.splitlines()[-4:]] == [
        "\\ . . .", ". \\ . .", ". . \\ .", ". . . \\",
    ]  # fmt: skip
    expected = json.loads(_kubectl(fleet, "expected", "--node", FIRST, "-o", "json").stdout)
    assert [session["name"] for session in expected] == [
        "Mesh_10_0_0_2", "Mesh_10_0_0_3", "Mesh_10_0_0_4",
    ]  # fmt: skip
    assert all(session["passive"] for session in expected)
    route = _kubectl(fleet, "route", block(SECOND).replace(".64/26", ".70"))
    assert route.returncode == 0
    assert "no node is known to be cut off" in route.stdout
    page = _kubectl(fleet, "page", str(tmp_path / "page.html"))
    assert page.returncode == 0
    assert FOURTH in (tmp_path / "page.html").read_text()
    wrong = _kubectl(fleet, "check", "--context=none")
    assert wrong.returncode == 3
    assert "no context none" in wrong.stderr
    # What kubectl prints of the same cluster, looked at without it.
    kinds = "nodes,caliconodestatuses,bgppeers,bgpconfigurations,ippools,blockaffinities"
    (tmp_path / "all.yaml").write_text(fleet.plane.kubectl("get", kinds, "-o", "yaml"))
    assert _kubectl(fleet, "check", "-f", str(tmp_path / "all.yaml")).returncode == 0


def test_one_watch_keeps_the_page_current(fleet: Fleet, tmp_path: Path) -> None:
    fleet.until_right()
    kubeconfig = fleet.plane.kubeconfig_for("birdstatus-fleet", NAMESPACE)
    command = [str(COMMAND), "fleet", "serve", f"--kubeconfig={kubeconfig}", "--every=100ms"]
    log = tmp_path / "serve.log"
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [*command, "--listen=127.0.0.1:0"], stdin=subprocess.DEVNULL, stderr=stderr
        )
    try:
        wait_for(lambda: "serving on port" in log.read_text(), PATIENCE, log.read_text)
        port = int(log.read_text().rpartition(" ")[2])
        pages = Pages(port)
        wait_for(lambda: pages.get("/readyz")[0] == 200, PATIENCE, log.read_text)
        assert pages.get("/healthz") == (200, "ok\n")
        assert json.loads(pages.get("/fleet.json")[1])["findings"] == []
        assert "<!doctype html>" in pages.get("/")[1]
        up = 'birdstatus_fleet_sessions{node="node-1",type="NodeMesh",verdict="up"} 3.0'
        assert up in pages.get("/metrics")[1]
        assert pages.get("/other")[0] == 404

        def kinds() -> list[str]:
            found = json.loads(pages.get("/fleet.json")[1])["findings"]
            return [finding["kind"] for finding in found]

        fleet.lab.daemons[THIRD].kill()
        try:
            wait_for(lambda: kinds() == ["daemon-not-ready"], PATIENCE, lambda: str(kinds()))
        finally:
            fleet.lab.daemons[THIRD].start()
        wait_for(lambda: kinds() == [], PATIENCE, lambda: pages.get("/fleet.json")[1])
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()


class Pages:
    """What is served on a port of this machine."""

    def __init__(self, port: int) -> None:
        self._port = port

    def get(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()


def test_a_rolling_restart_shows_no_error_that_is_not_true(fleet: Fleet) -> None:
    """Every BIRD ends, by a crash or in order, and comes back with graceful restart; looked at all the time."""
    fleet.until_right()
    looks = [fleet.look()]

    def kinds() -> set[str]:
        looks.append(look_at_cluster(fleet.api, previous=looks[-1].inventory))
        return {finding.kind for finding in looks[-1].check.findings}

    for node in NODES:
        daemon = fleet.lab.daemons[node]
        begun = len(looks)
        (daemon.kill if node in {FIRST, SECOND} else daemon.stop)()
        wait_for(lambda: "daemon-not-ready" in kinds(), PATIENCE, lambda: _shown(looks[-1]))
        daemon.start(recover=True)
        wait_for(lambda: kinds() == set(), PATIENCE, lambda: _shown(looks[-1]))
        errors = {
            (finding.kind, finding.nodes)
            for look in looks[begun:]
            for finding in look.check.findings
            if finding.severity == "error"
        }
        assert errors <= {("daemon-not-ready", (node,))}


def test_one_fault_is_one_finding(fleet: Fleet) -> None:
    """Ten faults, one at a time: each is one finding, the right one, and none is left when it is mended."""
    lab, objects = fleet.lab, fleet.objects
    fleet.until_right()

    # A session cut on one side: its own node is at fault, not the one that waits for it.
    cut = _break_and_mend(
        fleet,
        lambda: lab.daemons[FIRST].ask("disable Mesh_10_0_0_2"),
        lambda: lab.daemons[FIRST].ask("enable Mesh_10_0_0_2"),
        "down",
        (FIRST,),
    )
    (finding,) = cut.check.findings
    assert [pair.nodes for pair in finding.pairs] == [(FIRST, SECOND)]
    _a_pod_is_reached_by_all_but_one(cut)

    # A peer with the wrong AS.
    tor = resources.document(
        "BGPPeer", "tor", node=FIRST, peerIP=ROUTER_PEER, asNumber=ROUTER_AS + 1
    )

    def peer_wrongly() -> None:
        fleet.apply(tor)
        lab.configure(FIRST, (*MESH[FIRST], external("NodePeer", ROUTER_AS + 1)))

    def peer_no_more() -> None:
        fleet.delete(tor)
        lab.configure(FIRST, MESH[FIRST])

    _break_and_mend(fleet, peer_wrongly, peer_no_more, "down", (FIRST,))

    # A password on one side: it is the node that opens the connection that finds out.
    secret = ('password "x"',)
    locked = tuple(
        peer(SECOND, other, "NodeMesh", *(secret if other == THIRD else ()))
        for other in NODES
        if other != SECOND
    )
    _break_and_mend(
        fleet,
        lambda: lab.configure(SECOND, locked),
        lambda: lab.configure(SECOND, MESH[SECOND]),
        "down",
        (THIRD,),
    )

    # A dead BIRD.
    _break_and_mend(
        fleet, lab.daemons[THIRD].kill, lab.daemons[THIRD].start, "daemon-not-ready", (THIRD,)
    )

    # A removed node whose sessions remain.
    gone = resources.node(FOURTH, address(FOURTH))
    _break_and_mend(
        fleet,
        lambda: fleet.delete(gone),
        lambda: fleet.apply(gone),
        "unexpected",
        (FIRST, SECOND, THIRD),
    )

    # A BGPPeer that selects nothing.
    nothing = resources.document(
        "BGPPeer", "nothing", nodeSelector="rack == 'none'", peerIP="10.9.9.9", asNumber=65000
    )
    _break_and_mend(
        fleet, lambda: fleet.apply(nothing), lambda: fleet.delete(nothing), "config", ()
    )

    # A node whose configuration was not taken.
    everywhere = resources.document("BGPPeer", "everywhere", peerIP=ROUTER_PEER, asNumber=ROUTER_AS)

    def configure_all_but_the_third() -> None:
        fleet.apply(everywhere)
        for node in (FIRST, SECOND, FOURTH):
            lab.configure(node, (*MESH[node], external("GlobalPeer")))

    def configure_none() -> None:
        fleet.delete(everywhere)
        lab.configure_all(MESH)

    _break_and_mend(fleet, configure_all_but_the_third, configure_none, "not-applied", (THIRD,))

    # A route to a block that is filtered where it comes from.
    _break_and_mend(
        fleet,
        lambda: lab.configure(THIRD, MESH[THIRD], announces=False),
        lambda: lab.configure(THIRD, MESH[THIRD]),
        "not-exported",
        (THIRD,),
    )

    # Two reflectors, and one client cut off from both.
    _two_reflectors(fleet)

    # A dead reporter.
    fleet.reporters[SECOND].end()
    objects.patch_status(SECOND, {"lastUpdated": "2026-01-01T00:00:00Z"}, "birdstatus-reporter")
    fleet.until([("stale-report", (SECOND,))])


def _two_reflectors(fleet: Fleet) -> None:
    """The mesh is replaced by two reflectors; the last node's sessions to them are cut; all is put back."""
    lab = fleet.lab
    cluster_id = "10.0.0.100"
    no_mesh = resources.document("BGPConfiguration", "default", nodeToNodeMeshEnabled=False)
    peering = resources.document(
        "BGPPeer", "reflectors", nodeSelector="all()", peerSelector="has(reflector)"
    )
    reflectors = [
        resources.node(node, address(node), RouteReflectorClusterID=cluster_id)
        for node in (FIRST, SECOND)
    ]
    for document in reflectors:
        document["metadata"]["labels"]["reflector"] = "yes"
    fleet.apply(no_mesh, peering, *reflectors)
    lab.configure_all(reflected((FIRST, SECOND), cluster_id))
    fleet.until_right()
    _break_and_mend(
        fleet,
        lambda: lab.daemons[FOURTH].ask('disable "Node_*"'),
        lambda: lab.daemons[FOURTH].ask('enable "Node_*"'),
        "down",
        (FOURTH,),
    )
    fleet.delete(no_mesh, peering)
    for node in (FIRST, SECOND):
        annotation = "projectcalico.org/RouteReflectorClusterID-"
        fleet.plane.kubectl("annotate", "node", node, annotation)
    lab.configure_all(MESH)
    fleet.until_right()


def _a_pod_is_reached_by_all_but_one(look: Look) -> None:
    """The way to a pod of the second node, while its session with the first is cut."""
    pod = block(SECOND).replace(".64/26", ".70")
    answer = route(look.inventory, pod, now=look.at)
    assert (answer.owner, answer.block) == (SECOND, block(SECOND))
    assert answer.cannot == (FIRST,)
    rows = {row.node: row for row in answer.nodes}
    assert [row.verdict for row in answer.nodes] == ["missing", "local", "ok", "ok"]
    assert "node-2" in rows[FIRST].why
    assert (rows[THIRD].gateway, rows[THIRD].learned_from) == (
        address(SECOND),
        f"NodeMesh {address(SECOND)}",
    )


def test_what_calicos_own_reporter_writes_is_enough(fleet: Fleet) -> None:
    """No reporter of this project at all: Calico's fills the objects, and rarely touches them."""
    for process in fleet.reporters.values():
        process.end()
    for node in NODES:
        fleet.objects.delete(node)
        fleet.objects.create(node, node)

    def report() -> None:
        for node in NODES:
            filled = calico_reporter.status(fleet.lab.daemons[node], "2026-01-01T00:00:00Z")
            fleet.objects.patch_status(node, filled, "calico-node")

    def until(wanted: list[tuple[str, tuple[str, ...]]]) -> None:
        def found() -> list[tuple[str, tuple[str, ...]]]:
            report()
            findings = fleet.look().check.findings
            return [(finding.kind, finding.nodes) for finding in findings]

        wait_for(lambda: found() == wanted, PATIENCE, lambda: _shown(fleet.look()))

    until([])
    # It shows a session that was switched off as one that waits: so it is the other end that is named.
    fleet.lab.daemons[FIRST].ask("disable Mesh_10_0_0_2")
    until([("down", (SECOND,))])
    fleet.lab.daemons[FIRST].ask("enable Mesh_10_0_0_2")
    until([])
