"""The lab itself: what it says is true is what real daemons print, and it leaves nothing behind."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lab import FAMILIES, Control, CutShortError, Daemon, Family, Mesh, Namespace, wait_until
from lab.control import PATIENCE
from lab.namespace import names, remove_stale

pytest_plugins = ["lab.fixture"]
pytestmark = pytest.mark.real_bird


@pytest.fixture(params=FAMILIES, ids=lambda family: f"v{family}")
def family(request: pytest.FixtureRequest) -> Family:
    chosen: Family = request.param
    return chosen


def test_sessions_are_those_of_the_truth(mesh_lab: Mesh, family: Family) -> None:
    mesh_lab.wait_converged()
    for node in mesh_lab.nodes.values():
        known = node.truths[family]
        protocols = node.daemons[family].ask("show protocols all").decode()
        assert protocols.count(" BGP      master") == len(known.peers)
        assert protocols.count("BGP state:          Established\n") == len(known.peers)
        for peer in known.peers:
            assert f"{peer.name} BGP      master   up " in protocols
            assert f"     Neighbor address: {peer.address}\n" in protocols
            assert f"     Neighbor AS:      {peer.asn}\n" in protocols
        assert f"Router ID is {known.router_id}\n".encode() in node.daemons[family].ask(
            "show status"
        )


def test_routes_are_those_of_the_truth(mesh_lab: Mesh, family: Family) -> None:
    mesh_lab.wait_converged()
    for node in mesh_lab.nodes.values():
        known = node.truths[family]
        rows = [
            line.removeprefix("1007-").strip()
            for line in node.daemons[family].ask("show route").decode().splitlines()[:-1]
        ]
        words = {row.split()[0]: " ".join(row.split()[1:]) for row in rows}
        assert len(rows) == len(words)
        assert set(words) == known.destinations
        for block in known.remote_blocks:
            via = f"via {block.gateway} on {block.interface} [{block.learned_from} "
            assert words[block.destination].startswith(via)
        for pod in known.pods:
            assert words[pod.destination].startswith(f"dev {pod.interface} [kernel1 ")
        for own in known.direct:
            assert words[own.destination].startswith(f"dev {own.interface} [direct1 ")
        for destination in known.blocks:
            assert words[destination].startswith("blackhole [static1 ")
        via = f"via {known.default_gateway} on {known.default_interface} [kernel1 "
        assert words[known.default_destination].startswith(via)
        assert all("] * (" in row for row in rows)


def test_three_forms_of_one_reply(mesh_lab: Mesh, family: Family) -> None:
    daemon = mesh_lab["a"].daemons[family]
    mesh_lab.wait_converged()
    raw = daemon.ask("show protocols")
    coded = daemon.birdc("show protocols", "-v")
    # The client prints no `0000`, not even with `-v` (client/client.c).
    whole = raw.removesuffix(b"0000 \n")
    assert coded == b"0001 BIRD 1.6.8 ready.\n" + whole.replace(b"\n ", b"\n     ")
    plain = daemon.birdc("show protocols")
    assert plain.startswith(b"BIRD 1.6.8 ready.\nname     proto ")
    assert b"1002-" not in plain


def test_several_commands_on_one_connection(mesh_lab: Mesh, family: Family) -> None:
    with Control(mesh_lab["a"].daemons[family].socket) as control:
        assert control.greeting == b"0001 BIRD 1.6.8 ready.\n"
        assert control.ask("restrict") == b"0016 Access restricted\n"
        assert control.ask("show route").endswith(b"\n0000 \n")
        assert control.ask("configure") == b"8007 Access denied\n"


@pytest.mark.parametrize("recover", [False, True])
def test_a_killed_daemon_is_missed_and_comes_back(
    mesh_lab: Mesh, family: Family, *, recover: bool
) -> None:
    mesh_lab.wait_converged()
    node, watcher = mesh_lab["b"], mesh_lab["a"].daemons[family]
    name = next(p.name for p in mesh_lab["a"].truths[family].peers if p.type == "NodeMesh")
    before = node.daemons[family].pid
    assert before is not None
    node.kill(family)
    try:
        assert node.daemons[family].pid is None
        assert not Path(f"/proc/{before}").exists()
        with pytest.raises(ConnectionRefusedError):
            node.daemons[family].ask("show status")

        def missed() -> bool:
            return f"{name} BGP      master   start " in watcher.ask("show protocols").decode()

        wait_until(missed, "a sees that b is gone")
    finally:
        node.start(family, recover=recover)
    mesh_lab.wait_converged()
    assert node.daemons[family].pid not in (None, before)


def test_a_stopped_daemon_takes_its_socket_with_it(mesh_lab: Mesh, family: Family) -> None:
    daemon = mesh_lab["c"].daemons[family]
    daemon.stop()
    try:
        with pytest.raises(FileNotFoundError):
            daemon.ask("show status")
    finally:
        daemon.start()
    mesh_lab.wait_converged()


def test_a_reply_that_is_cut_is_told_from_a_whole_one(mesh_lab: Mesh, family: Family) -> None:
    daemon = mesh_lab["c"].daemons[family]
    with Control(daemon.socket) as control:
        daemon.kill()
        try:
            with pytest.raises((CutShortError, BrokenPipeError)):
                control.ask("show status")
        finally:
            daemon.start()
    mesh_lab.wait_converged()


@pytest.mark.usefixtures("lab_machine")
def test_a_bad_configuration_is_told_in_the_daemons_words(tmp_path: Path, family: Family) -> None:
    with (
        Namespace.create("bad") as namespace,
        pytest.raises(RuntimeError, match="syntax error"),
        Daemon(namespace, family, tmp_path, "bad", "nonsense;"),
    ):
        pass


_ONE_DAEMON = """
import os, sys, tempfile
from pathlib import Path
from lab import Daemon, Namespace

with Namespace.create("n") as namespace, tempfile.TemporaryDirectory() as folder:
    with Daemon(namespace, 4, Path(folder), "d", "router id 1.1.1.1;\\nprotocol device {}\\n") as d:
        print(d.pid, namespace.name, flush=True)
        sys.stdin.readline()
"""


def _start_elsewhere() -> tuple["subprocess.Popen[str]", int, str]:
    process = subprocess.Popen(
        [sys.executable, "-c", _ONE_DAEMON],
        cwd=Path(__file__).parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    pid, namespace = process.stdout.readline().split()
    return process, int(pid), namespace


def _gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.usefixtures("lab_machine")
def test_nothing_is_left_of_a_lab_that_ends() -> None:
    process, daemon, namespace = _start_elsewhere()
    with process:
        assert not _gone(daemon)
        assert namespace in names()
        process.communicate("\n", timeout=PATIENCE)
    assert process.returncode == 0
    assert _gone(daemon)
    assert namespace not in names()


@pytest.mark.usefixtures("lab_machine")
def test_nothing_is_left_of_a_lab_that_is_killed() -> None:
    process, daemon, namespace = _start_elsewhere()
    with process:
        process.kill()
    wait_until(lambda: _gone(daemon), "the daemon ends with its lab")
    remove_stale()
    assert namespace not in names()
