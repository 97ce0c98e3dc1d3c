"""The agent as a process: signals, health, and what it says when it cannot work."""

import contextlib
import json
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from kubernetes import client

from reporter.bird.recorded import RecordedDaemon, recording
from reporter.kube.credentials import CredentialSource
from reporter.redaction import Redactor
from reporter_cluster import Cluster, until
from reporter_process import COMMAND, ReporterProcess, wait_for

pytest_plugins = ["reporter_fixtures"]


@pytest.fixture
def silent(tmp_path: Path) -> Iterator[Path]:
    """A daemon that takes connections and says nothing."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "silent.ctl"))
        listener.listen()
        yield tmp_path / "silent.ctl"


def _get(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def _kubeconfig(tmp_path: Path, port: int) -> Path:
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    path = tmp_path / "kubeconfig"
    path.write_text(json.dumps(document))
    return path


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_though_everything_hangs(
    number: signal.Signals, cluster: Cluster, node: str, silent: Path, tmp_path: Path
) -> None:
    """In the middle of a collection that would last its whole timeout."""
    name = cluster.create(node)
    with ReporterProcess(
        "--bird-timeout=60",
        kubeconfig=cluster.kubeconfig,
        node=node,
        bird=silent,
        bird6=silent,
        log=tmp_path / "log",
    ) as process:
        until(lambda: _get(process.port, "/readyz")[0] == 200, lambda: process.log)
        assert process.end(number) == 0, process.log
        assert "Traceback" not in process.log
    assert cluster.status(name) == {}


def test_without_an_api_server_it_is_healthy_but_not_ready_and_waits(
    silent: Path, tmp_path: Path
) -> None:
    with socket.socket() as deaf:  # takes connections, never answers
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        with ReporterProcess(
            "--api-timeout=60",
            kubeconfig=_kubeconfig(tmp_path, deaf.getsockname()[1]),
            node="n",
            bird=silent,
            bird6=silent,
            log=tmp_path / "log",
        ) as process:
            assert _get(process.port, "/healthz") == (200, "ok\n")
            assert _get(process.port, "/readyz")[0] == 503
            assert _get(process.port, "/nothing")[0] == 404
            assert "birdstatus_objects 0.0" in _get(process.port, "/metrics")[1]
            assert process.end() == 0


def test_a_refused_api_is_one_line_and_tried_again(tmp_path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with ReporterProcess(
            "--log-format=json",
            kubeconfig=_kubeconfig(tmp_path, nobody.getsockname()[1]),
            node="n",
            bird=tmp_path / "none",
            bird6=tmp_path / "none",
            log=tmp_path / "log",
        ) as process:
            wait_for(lambda: "Connection refused" in process.log, 60, lambda: process.log)
            with contextlib.suppress(TimeoutError):
                wait_for(lambda: process.log.count("refused") > 1, 1.5, str)
            lines = [json.loads(line) for line in process.log.splitlines()]
            process.end(signal.SIGINT)
    warnings = sorted(line["reason"] for line in lines if line["level"] == "warning")
    assert warnings == ["no_socket", "no_socket", "unreachable"]


def test_a_proxy_of_the_environment_stays_over_the_calls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    configuration = CredentialSource(_kubeconfig(tmp_path, 1), Redactor()).load().configuration
    with client.ApiClient(configuration) as api:
        assert api.rest_client.pool_manager.proxy.host == "proxy.example"
        api.param_serialize("GET", "/", auth_settings=["BearerToken"])
        assert api.configuration.proxy == "http://proxy.example:3128"


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        kubeconfig = str(_kubeconfig(tmp_path, 1))
        command = [str(COMMAND), "run", "--node-name=n", f"--listen=127.0.0.1:{port}"]
        done = subprocess.run(
            [*command, "--kubeconfig", kubeconfig], capture_output=True, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr == (
        f"birdstatus-reporter: cannot listen on 127.0.0.1:{port}: "
        "Address already in use; see --listen\n"
    )


def test_once_writes_this_nodes_objects(cluster: Cluster, node: str, tmp_path: Path) -> None:
    name, other = cluster.create(node), cluster.create("elsewhere")
    with (
        RecordedDaemon(tmp_path / "4.ctl", recording(4)) as v4,
        RecordedDaemon(tmp_path / "6.ctl", recording(6)) as v6,
    ):
        command = [str(COMMAND), "once", f"--kubeconfig={cluster.kubeconfig}"]
        command += [f"--node-name={node}", f"--bird-socket={v4.path}", f"--bird6-socket={v6.path}"]
        dry = subprocess.run([*command, "--dry-run"], capture_output=True, text=True, check=True)
        assert cluster.status(name) == {}
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert f"name: {name}\n" in dry.stdout
    assert f"name: {name}\n" in done.stdout
    assert cluster.status(name)["bgp"]["numberEstablishedV4"] == 4
    assert cluster.status(other) == {}
