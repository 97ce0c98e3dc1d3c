"""The control plane that other tests rely on is a real one, and leaves nothing behind."""

import contextlib
import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from controlplane import AssetsMissing, ControlPlane, KubectlFailed, ServerFailed, find
from controlplane.assets import pinned_version

_TESTS = Path(__file__).parent
_SUBRESOURCES: dict[str, dict[str, object]] = {"plain": {}, "split": {"status": {}}}


def _status_of(plane: ControlPlane, token: str, path: str) -> int:
    """The HTTP status of a GET with a bearer token."""
    tls = ssl.create_default_context(cafile=plane.ca_file)
    connection = http.client.HTTPSConnection(urlsplit(plane.url).netloc, timeout=30, context=tls)
    with contextlib.closing(connection):
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        return connection.getresponse().status


def _eventually(condition: Callable[[], bool], seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _runs(pid: int) -> bool:
    """Does the process run? One that ended and waits for its parent to look does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def _children_of(pid: int) -> set[int]:
    return {
        int(child)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for child in (task / "children").read_text().split()
    }


@pytest.mark.skipif("KUBEBUILDER_ASSETS" in os.environ, reason="those may be of any version")
def test_the_server_is_the_pinned_kubernetes(controlplane: ControlPlane) -> None:
    versions = json.loads(controlplane.kubectl("version", "-o", "json"))
    assert versions["serverVersion"]["gitVersion"] == pinned_version()
    assert versions["clientVersion"]["gitVersion"] == pinned_version()
    numbers = [versions["serverVersion"][part] for part in ("major", "minor")]
    assert numbers == pinned_version().removeprefix("v").split(".")[:2]


def test_a_service_account_may_do_what_a_role_allows(controlplane: ControlPlane) -> None:
    kubectl = controlplane.kubectl
    kubectl("create", "serviceaccount", "reader")
    try:
        token = controlplane.token_for("reader")
        assert _status_of(controlplane, "no-such-token", "/api/v1/nodes") == 401
        assert _status_of(controlplane, token, "/api/v1/nodes") == 403

        kubectl("create", "clusterrole", "reader", "--verb=list", "--resource=nodes")
        kubectl(
            "create", "clusterrolebinding", "reader",
            "--clusterrole=reader", "--serviceaccount=default:reader",
        )  # fmt: skip
        # The authorizer reads roles from a watch, a moment behind the write.
        assert _eventually(lambda: _status_of(controlplane, token, "/api/v1/nodes") == 200)
        assert _status_of(controlplane, token, "/api/v1/secrets") == 403
    finally:
        kubectl("delete", "--ignore-not-found", "clusterrolebinding/reader", "clusterrole/reader")
        kubectl("delete", "serviceaccount", "reader")


def test_a_kubeconfig_of_a_service_account_is_that_service_account(
    controlplane: ControlPlane,
) -> None:
    controlplane.kubectl("create", "namespace", "apart")
    controlplane.kubectl("create", "serviceaccount", "someone", "--namespace=apart")
    kubeconfig = controlplane.kubeconfig_for("someone", "apart")
    user = controlplane.kubectl(
        f"--kubeconfig={kubeconfig}", "auth", "whoami", "-o", "jsonpath={.status.userInfo.username}"
    )
    assert user == "system:serviceaccount:apart:someone"
    refused = controlplane.kubectl(f"--kubeconfig={kubeconfig}", "get", "nodes", check=False)
    assert "Forbidden" in refused


def _crd(name: str, subresources: dict[str, object]) -> dict[str, object]:
    """A cluster-scoped kind with the fields `spec` and `status`."""
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    schema = {"type": "object", "properties": {"spec": anything, "status": anything}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{name}s.example.com"},
        "spec": {
            "group": "example.com",
            "names": {"kind": name.capitalize(), "plural": f"{name}s"},
            "scope": "Cluster",
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": schema},
                    "subresources": subresources,
                }
            ],
        },
    }


@pytest.fixture(scope="module")
def example_kinds(controlplane: ControlPlane) -> Iterator[None]:
    """`plains.example.com` without a status subresource, `splits.example.com` with one."""
    for name, subresources in _SUBRESOURCES.items():
        controlplane.kubectl("create", "-f", "-", input=json.dumps(_crd(name, subresources)))
        controlplane.kubectl(
            "wait", "--for=condition=Established", f"crd/{name}s.example.com", "--timeout=60s"
        )
    yield
    controlplane.kubectl(
        "delete", "--wait=false", "crd", *(f"{name}s.example.com" for name in _SUBRESOURCES)
    )


@pytest.mark.parametrize(
    ("name", "where", "written"),
    [
        ("plain", [], True),
        ("split", ["--subresource=status"], True),
        ("split", [], False),
    ],
)
@pytest.mark.usefixtures("example_kinds")
def test_a_status_is_written_where_its_kind_has_it(
    controlplane: ControlPlane, name: str, where: list[str], *, written: bool
) -> None:
    instance = {
        "apiVersion": "example.com/v1",
        "kind": name.capitalize(),
        "metadata": {"name": "one"},
        "spec": {},
    }
    controlplane.kubectl("create", "-f", "-", input=json.dumps(instance))
    try:
        controlplane.kubectl(
            "patch", f"{name}s.example.com", "one", "--type=merge", *where,
            "--patch", json.dumps({"status": {"said": "yes"}}),
        )  # fmt: skip
        found = json.loads(controlplane.kubectl("get", f"{name}s.example.com", "one", "-o", "json"))
        assert found.get("status") == ({"said": "yes"} if written else None)
    finally:
        controlplane.kubectl("delete", f"{name}s.example.com", "one")


@pytest.mark.usefixtures("example_kinds")
def test_discovery_tells_which_kind_has_the_subresource(controlplane: ControlPlane) -> None:
    found = json.loads(controlplane.kubectl("get", "--raw", "/apis/example.com/v1"))
    names = {resource["name"] for resource in found["resources"]}
    assert names == {"plains", "splits", "splits/status"}


def test_a_failed_command_is_an_exception_that_says_why(controlplane: ControlPlane) -> None:
    with pytest.raises(KubectlFailed, match=r'get nodes nobody: .*nodes "nobody" not found'):
        controlplane.kubectl("get", "nodes", "nobody")


def test_an_outage_refuses_connections_and_loses_nothing(
    controlplane: ControlPlane, tmp_path: Path
) -> None:
    controlplane.kubectl("create", "configmap", "kept", "--from-literal=answer=42")
    url = urlsplit(controlplane.url)
    watch = subprocess.Popen(
        [str(find().kubectl), "get", "configmaps", "--watch"],
        env={"KUBECONFIG": str(controlplane.kubeconfig_admin), "HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
    )
    try:
        assert watch.stdout is not None
        watch.stdout.readline()  # the watch is open, and must not hold the server up

        controlplane.stop_apiserver()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((url.hostname, url.port), timeout=60).close()
        assert "refused" in controlplane.kubectl("get", "configmaps", check=False)
        # The port is still reserved: nobody else gets it.
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind((url.hostname, url.port))
    finally:
        controlplane.start_apiserver()
        watch.kill()
        watch.communicate()
    answer = controlplane.kubectl("get", "configmap", "kept", "-o", "jsonpath={.data.answer}")
    assert answer == "42"
    controlplane.kubectl("delete", "configmap", "kept")


@pytest.mark.usefixtures("controlplane")  # which skips, or fails in CI, where binaries are missing
def test_nothing_is_left_after_an_interrupt() -> None:
    before = _children_of(os.getpid())
    with pytest.raises(KeyboardInterrupt), ControlPlane() as plane:  # noqa: PT012
        pids = plane.process_ids
        folder = plane.ca_file.parent
        assert len(pids) == 2
        assert all(map(_runs, pids))
        raise KeyboardInterrupt
    assert not any(map(_runs, pids))
    assert not folder.exists()
    assert _children_of(os.getpid()) == before


@pytest.mark.usefixtures("controlplane")
def test_servers_end_with_a_killed_test_run(tmp_path: Path) -> None:
    program = (
        "import time; from controlplane import ControlPlane\n"
        "with ControlPlane() as plane: print(*plane.process_ids, flush=True); time.sleep(600)"
    )
    run = subprocess.Popen(
        [sys.executable, "-c", program],
        # A killed program cannot remove its files: they go where pytest removes them.
        env={**os.environ, "PYTHONPATH": str(_TESTS), "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert run.stdout is not None
        pids = [int(pid) for pid in run.stdout.readline().split()]
        assert len(pids) == 2
        assert all(map(_runs, pids))
    finally:
        run.send_signal(signal.SIGKILL)
        run.communicate()
    assert _eventually(lambda: not any(map(_runs, pids)))


@pytest.mark.usefixtures("controlplane")
def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    binaries = find()
    for name in ("etcd", "kubectl"):
        (tmp_path / name).symlink_to(binaries.folder / name)
    (tmp_path / "kube-apiserver").write_text("#!/bin/sh\necho its last words; exit 3\n")
    (tmp_path / "kube-apiserver").chmod(0o755)
    before = _children_of(os.getpid())
    broken = find({"KUBEBUILDER_ASSETS": str(tmp_path)})
    with pytest.raises(ServerFailed, match=r"(?s)ended with status 3.*its last words"):
        ControlPlane(broken).__enter__()
    assert _children_of(os.getpid()) == before


def test_missing_binaries_are_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "etcd").touch(mode=0o755)
    with pytest.raises(AssetsMissing, match=r"no kube-apiserver, kubectl in .*`make controlplane`"):
        find({"KUBEBUILDER_ASSETS": str(tmp_path)})


@pytest.mark.parametrize(("ci", "outcome"), [("", "1 skipped"), ("true", "1 error")])
def test_missing_binaries_skip_a_test_but_fail_it_in_ci(
    tmp_path: Path, ci: str, outcome: str
) -> None:
    (tmp_path / "test_it.py").write_text("def test_it(controlplane): pass")
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = real_apiserver: it")
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "controlplane.fixture",
            "-m",
            "real_apiserver",
            "-rs",
        ],
        cwd=tmp_path,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(_TESTS),
            "KUBEBUILDER_ASSETS": str(tmp_path),
            "CI": ci,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome in run.stdout
    assert "make controlplane" in run.stdout
