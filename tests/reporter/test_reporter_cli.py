"""The commands as people call them: what is printed, and which exit code."""

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from birdstatus import CalicoNodeStatus
from reporter.bird.recorded import recorded_mesh
from reporter.cli import main
from reporter.fleet.cli import main as fleet_main
from reporter_process import COMMAND

SAMPLE = """\
apiVersion: projectcalico.org/v3
kind: CalicoNodeStatus
metadata: {name: sample}
spec: {classes: [Agent, BGP, Routes], node: my-kadm-node-0, updatePeriodSeconds: 10}
"""


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    path = tmp_path / "sample.yaml"
    path.write_text(SAMPLE)
    return path


def _one_line(capsys: pytest.CaptureFixture[str]) -> str:
    streams = capsys.readouterr()
    assert streams.out == ""
    assert streams.err.startswith("birdstatus-reporter: ")
    assert streams.err.count("\n") == 1, streams.err
    return streams.err


def test_demo_reports_both_families(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo"]) == 0
    streams = capsys.readouterr()
    assert streams.err == ""
    shown = CalicoNodeStatus.model_validate(yaml.safe_load(streams.out))
    assert shown.status
    assert shown.status.agent
    assert shown.status.agent.birdV6
    assert shown.status.agent.birdV6.state == "Ready"
    assert shown.status.bgp
    assert (shown.status.bgp.numberEstablishedV4, shown.status.bgp.numberEstablishedV6) == (4, 4)
    assert shown.status.routes
    assert (len(shown.status.routes.routesV4), len(shown.status.routes.routesV6)) == (11, 11)


def test_demo_as_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "-o", "table"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("node-a  ")
    assert shown.count("  routes: 11 FIB, 0 RIB") == 2


def test_demo_of_a_cluster_has_two_causes(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["demo", "--cluster"]) == 0
    path = tmp_path / "cluster.json"
    path.write_text(capsys.readouterr().out)
    for item in json.loads(path.read_text())["items"]:
        if item["kind"] == "CalicoNodeStatus":
            CalicoNodeStatus.model_validate(item)
    assert fleet_main(["-f", str(path), "-o", "json"]) == 1
    found = json.loads(capsys.readouterr().out)["findings"]
    assert {finding["kind"]: finding["nodes"] for finding in found} == {
        "as-mismatch": ["node-c"],
        "daemon-not-ready": ["node-d"],
    }


def test_demo_as_it_is_installed() -> None:
    done = subprocess.run([COMMAND, "demo", "-o", "json"], capture_output=True, check=True)
    assert json.loads(done.stdout)["status"]["agent"]["birdV4"]["state"] == "Ready"


def test_once_keeps_what_it_was_given(sample: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with recorded_mesh() as sockets:
        arguments = ["--bird-socket", str(sockets[4]), "--bird6-socket", str(sockets[6])]
        assert main(["once", "-f", str(sample), "--dry-run", "-o", "json", *arguments]) == 0
    shown = json.loads(capsys.readouterr().out)
    given = yaml.safe_load(SAMPLE)
    assert {key: shown[key] for key in given} == given
    assert list(shown["status"]) == ["agent", "bgp", "lastUpdated", "routes"]


@pytest.mark.parametrize("classes", [["Agent"], ["BGP"], ["Routes"], ["Routes", "Agent"]])
def test_only_the_classes_asked_for(
    classes: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = yaml.safe_load(SAMPLE)
    document["spec"]["classes"] = classes
    path = tmp_path / "some.yaml"
    path.write_text(yaml.safe_dump(document))
    with recorded_mesh() as sockets:
        arguments = ["--bird-socket", str(sockets[4]), "--bird6-socket", str(sockets[6])]
        assert main(["once", "-f", str(path), "--dry-run", *arguments]) == 0
    status = yaml.safe_load(capsys.readouterr().out)["status"]
    assert status.keys() - {"lastUpdated"} == {name.lower() for name in classes}


def test_one_family_without_a_daemon_is_a_report(
    sample: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with recorded_mesh() as sockets:
        arguments = ["--bird-socket", str(sockets[4]), "--bird6-socket", str(tmp_path / "none")]
        assert main(["once", "-f", str(sample), "--dry-run", *arguments]) == 0
    streams = capsys.readouterr()
    assert "IPv6:" in streams.err
    assert yaml.safe_load(streams.out)["status"]["agent"]["birdV6"] == {"state": "NotReady"}


def test_neither_daemon(sample: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--bird-socket", str(tmp_path / "x"), "--bird6-socket", str(tmp_path / "y")]
    assert main(["once", "-f", str(sample), "--dry-run", *arguments]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1] == "birdstatus-reporter: neither daemon could be read"
    assert str(tmp_path / "x") in lines[0]
    assert str(tmp_path / "y") in lines[1]


BAD_FILES = {
    "{": ":1:2: not YAML",
    "\x00": "not YAML",
    "- a\n- b\n": "not one CalicoNodeStatus",
    "kind: Pod\n": "not one CalicoNodeStatus",
    SAMPLE.replace("BGP", "OSPF"): "spec.classes.1: Input should be 'Agent', 'BGP' or 'Routes'",
    SAMPLE.replace(": 10}", ": 86401}"): "spec.updatePeriodSeconds: Input should be less than",
    SAMPLE.replace(": 10}", ": -1}"): "spec.updatePeriodSeconds: Input should be greater than",
    SAMPLE.replace(", updatePeriodSeconds: 10", ""): "spec.updatePeriodSeconds is missing",
    SAMPLE.replace("[Agent, BGP, Routes]", "[]"): "spec.classes is empty",
}


@pytest.mark.parametrize("text", BAD_FILES)
def test_a_bad_file_is_told_in_one_line(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    assert main(["once", "-f", str(path), "--dry-run"]) == 1
    assert BAD_FILES[text] in _one_line(capsys)


def test_a_missing_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["once", "-f", str(tmp_path / "none"), "--dry-run"]) == 1
    assert "No such file" in _one_line(capsys)


def _kubeconfig(tmp_path: Path, server: str) -> str:
    path = tmp_path / "kubeconfig"
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    path.write_text(json.dumps(document))
    return str(path)


def test_a_refused_api(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kubeconfig = _kubeconfig(tmp_path, "http://127.0.0.1:1")
    assert main(["once", "--node-name", "n", "--kubeconfig", kubeconfig]) == 1
    line = _one_line(capsys)
    assert "no answer from http://127.0.0.1:1" in line
    assert "Connection refused" in line


def test_no_credentials(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["once", "--node-name", "n", "--kubeconfig", str(tmp_path / "none")]) == 1
    assert "give --kubeconfig" in _one_line(capsys)


@pytest.mark.parametrize("command", ["run", "once"])
def test_no_node_name(
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("NODENAME", raising=False)
    assert main([command, "--kubeconfig", _kubeconfig(tmp_path, "http://127.0.0.1:1")]) == 1
    assert "set NODENAME" in _one_line(capsys)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["once", "--bird-timeout", "0"],
        ["once", "--bird-timeout", "x"],
        ["run", "--heartbeat", "sometimes"],
        ["run", "--listen", "9098"],
        ["run", "--max-status-bytes", "1"],
        ["run", "--api-group", "v9"],
        ["crd", "--group", "v2"],
    ],
)
def test_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: birdstatus-reporter" in capsys.readouterr().err


def test_a_wrong_environment_is_wrong_usage(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CALICO_API_GROUP", "v9")
    with pytest.raises(SystemExit) as ended:
        main(["run"])
    assert ended.value.code == 2
    assert "CALICO_API_GROUP=v9: must be one of" in capsys.readouterr().err


def test_a_reader_that_stops_reading_is_no_traceback() -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f"{COMMAND} demo | head -1"], capture_output=True, check=True, text=True
    )
    assert done.stderr == ""


@pytest.mark.parametrize("group", ["v3", "v1"])
@pytest.mark.parametrize("flags", [[], ["--no-status-subresource"]])
def test_crd(group: str, flags: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["crd", "--group", group, *flags]) == 0
    definition = yaml.safe_load(capsys.readouterr().out)
    (version,) = definition["spec"]["versions"]
    assert version["name"] == group
    assert ("subresources" in version) == (not flags)
    assert version["selectableFields"] == [{"jsonPath": ".spec.node"}]
