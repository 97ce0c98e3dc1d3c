"""The reporter as a process before the real kube-apiserver and etcd, which are frozen, killed and changed."""

import contextlib
import json
import os
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from kubernetes import client

from controlplane import ControlPlane
from reporter.bird.recorded import RecordedDaemon, recording
from reporter_cluster import Cluster, until
from reporter_process import NAMESPACE, SERVICE_ACCOUNT, ReporterProcess

pytest_plugins = ["reporter_fixtures"]

MINUTE = 60.0


@pytest.fixture
def process(cluster: Cluster, node: str, tmp_path: Path) -> Iterator[ReporterProcess]:
    """A reporter of this node; its kubeconfig is a copy that a test may change."""
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_bytes(cluster.plane.kubeconfig_for(SERVICE_ACCOUNT, NAMESPACE).read_bytes())
    with (
        RecordedDaemon(tmp_path / "4.ctl", recording(4)) as v4,
        RecordedDaemon(tmp_path / "6.ctl", recording(6)) as v6,
        ReporterProcess(
            "--api-timeout=2", "--log-format=json",
            kubeconfig=kubeconfig, node=node, bird=v4.path, bird6=v6.path, log=tmp_path / "log",
        ) as found,
    ):  # fmt: skip
        yield found
        # Nothing but structured lines, whatever happened.
        for line in found.log.splitlines():
            assert json.loads(line)["level"] in {"info", "warning"}, line
        assert found.end() == 0


def _page(process: ReporterProcess, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{process.port}{path}", timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def _updated(cluster: Cluster, name: str) -> str:
    return str(cluster.status(name).get("lastUpdated", ""))


@contextlib.contextmanager
def _stopped(process_id: int) -> Iterator[None]:
    os.kill(process_id, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process_id, signal.SIGCONT)


def test_a_frozen_api_server_and_15_objects(
    cluster: Cluster, node: str, process: ReporterProcess
) -> None:
    names = [cluster.create(node) for _ in range(15)]
    until(lambda: all(_updated(cluster, name) for name in names), lambda: process.log, MINUTE)
    assert _page(process, "/readyz") == (200, "ok\n")
    _, apiserver = cluster.plane.process_ids
    with _stopped(apiserver):
        until(lambda: _page(process, "/readyz")[0] == 503, lambda: process.log, MINUTE)
        assert "no answer from https://127.0.0.1:" in _page(process, "/readyz")[1]
        for _ in range(10):
            assert _page(process, "/healthz") == (200, "ok\n")
    before = {name: _updated(cluster, name) for name in names}
    until(
        lambda: all(_updated(cluster, name) > before[name] for name in names),
        lambda: process.log,
        MINUTE,
    )
    until(lambda: _page(process, "/readyz")[0] == 200, lambda: process.log, MINUTE)


def test_a_frozen_etcd(cluster: Cluster, node: str, process: ReporterProcess) -> None:
    name = cluster.create(node)
    until(lambda: _updated(cluster, name), lambda: process.log, MINUTE)
    etcd = cluster.plane.process_ids[0]
    with _stopped(etcd):
        until(lambda: _page(process, "/readyz")[0] == 503, lambda: process.log, MINUTE)
        assert _page(process, "/healthz") == (200, "ok\n")
    before = _updated(cluster, name)
    until(lambda: _updated(cluster, name) > before, lambda: process.log, MINUTE)


def test_an_api_server_that_is_restarted(
    cluster: Cluster, node: str, process: ReporterProcess
) -> None:
    name = cluster.create(node)
    until(lambda: _updated(cluster, name), lambda: process.log, MINUTE)
    try:
        cluster.plane.stop_apiserver()
        until(lambda: _page(process, "/readyz")[0] == 503, lambda: process.log, MINUTE)
        assert "Connection refused" in _page(process, "/readyz")[1]
    finally:
        cluster.plane.start_apiserver()
    cluster.patch(name, spec={"classes": ["BGP"]})
    until(lambda: "agent" not in cluster.status(name), lambda: process.log, MINUTE)
    until(lambda: _page(process, "/readyz")[0] == 200, lambda: process.log, MINUTE)


def test_a_token_that_is_rotated_and_a_kubeconfig_that_is_half_written(
    controlplane: ControlPlane,
    cluster: Cluster,
    node: str,
    process: ReporterProcess,
    tmp_path: Path,
) -> None:
    name = cluster.create(node)
    until(lambda: _updated(cluster, name), lambda: process.log, MINUTE)
    path = tmp_path / "kubeconfig"
    whole = path.read_bytes()
    # A ServiceAccount that is made anew has another UID: the tokens of the former are refused.
    role = ("serviceaccount", SERVICE_ACCOUNT, f"--namespace={NAMESPACE}")
    controlplane.kubectl("delete", *role)
    path.write_bytes(whole[: len(whole) // 2])
    until(lambda: "HTTP 401" in process.log, lambda: process.log, MINUTE)
    controlplane.kubectl("create", *role)
    path.write_bytes(controlplane.kubeconfig_for(SERVICE_ACCOUNT, NAMESPACE).read_bytes())
    before = _updated(cluster, name)
    until(lambda: _updated(cluster, name) > before, lambda: process.log, MINUTE)
    token = json.loads(whole)["users"][0]["user"]["token"]
    assert token not in process.log


def test_the_definition_is_removed_and_comes_back(
    cluster: Cluster, node: str, process: ReporterProcess
) -> None:
    name = cluster.create(node)
    until(lambda: _updated(cluster, name), lambda: process.log, MINUTE)
    cluster.plane.kubectl("delete", "crd", f"caliconodestatuses.{cluster.variant.group}")
    until(
        lambda: "the API server has no caliconodestatuses" in process.log,
        lambda: process.log,
        MINUTE,
    )
    cluster.redefine(has_status=True)
    until(lambda: _created(cluster, node, name), lambda: process.log, MINUTE)
    until(lambda: _updated(cluster, name), lambda: process.log, MINUTE)


def _created(cluster: Cluster, node: str, name: str) -> bool:
    """Whether there is one; a definition that has just come back is served a while later."""
    with contextlib.suppress(client.ApiException):
        cluster.create(node, name)
    with contextlib.suppress(client.ApiException):
        return bool(cluster.read(name))
    return False
