"""--collect: reports for the length of a command, and nothing left of it, wherever it is interrupted."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import calico_resources as resources
from controlplane import ControlPlane
from reporter.fleet import cli, run
from reporter.fleet.collect import MAX_UNASKED, plan_for
from reporter.kube.api import ApiError
from reporter.kube.client import KubeApi
from reporter_cluster import PLURAL, Cluster
from reporter_process import DEPLOY

pytest_plugins = ["reporter_fixtures"]

NODES = ("north", "south")


@pytest.fixture(scope="module")
def nodes(cluster: Cluster) -> Iterator[None]:
    plane = cluster.plane
    plane.kubectl("delete", PLURAL, "--all")  # of tests before
    documents = [resources.node(node, f"10.0.0.{place}") for place, node in enumerate(NODES, 1)]
    text = yaml.safe_dump_all(documents)
    plane.kubectl("apply", "-f", "-", input=text)
    yield
    plane.kubectl("delete", "-f", "-", input=text)


@pytest.fixture(scope="module")
def kubeconfig(cluster: Cluster, nodes: None) -> Path:
    """Somebody who has the roles that the documentation names, and no other."""
    del nodes  # only asked for so that it comes first
    plane = cluster.plane
    for name in ("fleet.yaml", "collect-role.yaml"):
        plane.kubectl("apply", "-f", str(DEPLOY / name))
    binding = ("clusterrolebinding", "collect", "--clusterrole=birdstatus-collect")
    account = "--serviceaccount=birdstatus:birdstatus-fleet"
    made = plane.kubectl("create", *binding, account, "--dry-run=client", "-o", "yaml")
    plane.kubectl("apply", "-f", "-", input=made)
    return plane.kubeconfig_for("birdstatus-fleet", "birdstatus")


def _objects(plane: ControlPlane) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(plane.kubectl("get", PLURAL, "-o", "yaml"))[
        "items"
    ]
    return found


class Filler:
    """Calls of a client, beside which a reporter fills each object as soon as it is there."""

    def __init__(self, cluster: Cluster, call: Any) -> None:
        self._cluster = cluster
        self._call = call
        self.seen: list[dict[str, Any]] = []
        self.calls = 0

    def __call__(self, api: KubeApi, method: str, *arguments: Any, **options: Any) -> Any:
        self.calls += 1
        answer = self._call(api, method, *arguments, **options)
        if method == "POST":
            self.seen.append(answer)
            name = answer["metadata"]["name"]
            peers = {
                f"number{word}EstablishedV{family}": 0 for word in ("", "Not") for family in (4, 6)
            }
            status = {"bgp": peers, "lastUpdated": "2026-01-01T00:00:00Z"}
            self._cluster.patch_status(name, status, "somebody")
        return answer


@pytest.fixture
def filler(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Filler:
    made = Filler(cluster, KubeApi.call)

    def call(api: KubeApi, method: str, *arguments: Any, **options: Any) -> Any:
        return made(api, method, *arguments, **options)

    monkeypatch.setattr(KubeApi, "call", call)
    return made


def test_each_node_without_a_report_is_asked_for_the_command_alone(
    cluster: Cluster, kubeconfig: Path, filler: Filler, capsys: pytest.CaptureFixture[str]
) -> None:
    others = cluster.create("south", "somebodys")
    try:
        code = cli.main(["--collect", f"--kubeconfig={kubeconfig}", "-o", "json"])
        assert code in {1, 3}
        (made,) = filler.seen
        assert made["spec"] == {
            "node": "north", "classes": ["Agent", "BGP", "Routes"], "updatePeriodSeconds": 10,
        }  # fmt: skip
        (owner,) = made["metadata"]["ownerReferences"]
        assert (owner["kind"], owner["name"]) == ("Node", "north")
        assert made["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "kubectl-birdstatus"
        assert '"nodesReporting": 1' in capsys.readouterr().out
        assert [item["metadata"]["name"] for item in _objects(cluster.plane)] == [others]
    finally:
        cluster.delete(others)


def test_interrupted_anywhere_it_leaves_nothing(
    cluster: Cluster,
    kubeconfig: Path,
    filler: Filler,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A real SIGINT, before or after each call of the command in turn, also while it removes its objects."""
    plain = KubeApi.call
    before = signal.getsignal(signal.SIGINT)
    cli.main(["--collect", f"--kubeconfig={kubeconfig}"])
    calls = filler.calls
    assert len(filler.seen) == len(NODES)
    assert calls >= 10
    places = sorted({round(place * (calls - 1) / 11) for place in range(12)})
    assert len(places) >= 10
    interrupted = 0
    for place in places:
        number = 0

        def call(api: KubeApi, *arguments: Any, _place: int = place, **options: Any) -> Any:
            nonlocal number
            number += 1
            is_place = number == _place + 1
            if is_place and _place % 2:
                os.kill(os.getpid(), signal.SIGINT)
            answer = plain(api, *arguments, **options)
            if is_place and not _place % 2:
                os.kill(os.getpid(), signal.SIGINT)
            return answer

        monkeypatch.setattr(KubeApi, "call", call)
        code = cli.main(["--collect", f"--kubeconfig={kubeconfig}"])
        interrupted += code == 130
        assert _objects(cluster.plane) == [], f"interrupted at call {place}"
        assert signal.getsignal(signal.SIGINT) is before
    assert interrupted >= len(places) // 2
    assert "could not be removed" not in capsys.readouterr().err


def test_a_creation_whose_answer_is_lost_is_removed_too(
    cluster: Cluster,
    kubeconfig: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    plain = KubeApi.call
    monkeypatch.setattr("reporter.fleet.collect._LATE", 0.01)

    def call(api: KubeApi, method: str, *arguments: Any, **options: Any) -> Any:
        answer = plain(api, method, *arguments, **options)
        if method == "POST":
            raise ApiError(0, "no answer")
        return answer

    monkeypatch.setattr(KubeApi, "call", call)
    assert cli.main(["--collect", f"--kubeconfig={kubeconfig}"]) == run.UNKNOWN
    assert _objects(cluster.plane) == []
    assert "no answer" in capsys.readouterr().err


def test_a_report_that_does_not_come_is_said(
    cluster: Cluster, kubeconfig: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--collect", "--collect-timeout=0", f"--kubeconfig={kubeconfig}"]
    assert cli.main(words) == run.UNKNOWN
    assert "no report came from north, south" in capsys.readouterr().err
    assert _objects(cluster.plane) == []


def test_what_cannot_be_removed_is_said(
    cluster: Cluster,
    kubeconfig: Path,
    filler: Filler,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    del filler
    monkeypatch.setattr("reporter.fleet.collect._LATE", 0.01)
    plain = KubeApi.call

    def call(api: KubeApi, method: str, *arguments: Any, **options: Any) -> Any:
        if method == "DELETE":
            raise ApiError(500, "no")
        return plain(api, method, *arguments, **options)

    monkeypatch.setattr(KubeApi, "call", call)
    cli.main(["--collect", f"--kubeconfig={kubeconfig}"])
    said = capsys.readouterr().err
    left = {item["metadata"]["name"] for item in _objects(cluster.plane)}
    assert len(left) == len(NODES)
    assert "2 objects could not be removed" in said
    # The line ends with the command that removes them.
    command = said.strip().splitlines()[-1].partition("kubectl delete ")[2]
    cluster.plane.kubectl("delete", *command.split())
    assert _objects(cluster.plane) == []


def test_many_nodes_are_asked_about_first() -> None:
    assert run._confirm(MAX_UNASKED + 1) is False  # nobody is at a terminal here


def test_the_larger_the_cluster_the_less_is_asked_of_each_node() -> None:
    assert plan_for(4) == (("Agent", "BGP", "Routes"), 10)
    assert plan_for(60) == (("Agent", "BGP", "Routes"), 60)
    assert plan_for(1000) == (("Agent", "BGP"), 0)
