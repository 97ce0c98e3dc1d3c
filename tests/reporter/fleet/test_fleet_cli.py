"""The command: what its flags mean, what it prints, and how it ends."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from pictures import HOSTILE, REVERSED, names
from pictures import pairs as mesh_pairs

import calico_resources as resources
from reporter import cli as reporter_cli
from reporter.fleet import cli
from reporter.fleet.durations import duration
from reporter.fleet.label_selector import label_selector
from reporter.fleet.text import matrix_text


def _status(node: str, *peers: tuple[str, str]) -> dict[str, Any]:
    rows = [
        {"peerIP": peer, "type": "NodeMesh", "state": state, "since": "10:00:00"}
        for peer, state in peers
    ]
    up = sum(state == "Established" for _, state in peers)
    counts = {"numberEstablishedV4": up, "numberNotEstablishedV4": len(peers) - up}
    return {
        "apiVersion": "projectcalico.org/v3",
        "kind": "CalicoNodeStatus",
        "metadata": {"name": node},
        "spec": {"node": node, "classes": ["Agent", "BGP"], "updatePeriodSeconds": 10},
        "status": {
            "agent": {"birdV4": {"state": "Ready"}},
            "bgp": {**counts, "numberEstablishedV6": 0, "numberNotEstablishedV6": 0, "peersV4": rows},
            "lastUpdated": "2026-11-25T16:00:00Z",
        },
    }  # fmt: skip


def _cluster(state: str = "Established") -> list[dict[str, Any]]:
    """Three nodes in a mesh, of which the first two say this of their session."""
    up = "Established"
    one, two, three = "10.0.0.1", "10.0.0.2", "10.0.0.3"
    documents = [
        resources.node("n1", one), resources.node("n2", two), resources.node("n3", three),
        _status("n1", (two, state), (three, up)),
        _status("n2", (one, state), (three, up)),
        _status("n3", (one, up), (two, up)),
    ]  # fmt: skip
    documents[0]["metadata"]["labels"]["rack"] = "7"
    return documents


def _write(folder: Path, documents: list[dict[str, Any]]) -> str:
    path = folder / "cluster.json"
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": documents}))
    return str(path)


def test_the_exit_code_is_the_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["-f", _write(tmp_path, _cluster())]) == 0
    assert capsys.readouterr().out.startswith(
        "OK: nothing is wrong: 6 of 6 sessions up, 3 of 3 nodes"
    )
    assert cli.main(["-f", _write(tmp_path, _cluster("Active"))]) == 1
    assert "n1" in capsys.readouterr().out
    assert cli.main(["-f", _write(tmp_path, _cluster()[:-1])]) == 3
    assert "part is unknown" in capsys.readouterr().out
    assert cli.main(["-f", str(tmp_path / "none")]) == 2
    assert "No such file" in capsys.readouterr().err
    # Nothing at all was looked at.
    assert cli.main(["-f", _write(tmp_path, [])]) == 3
    # What is there is right, and there may have been more.
    path = Path(_write(tmp_path, _cluster()))
    path.write_text(path.read_text()[:-2])
    assert cli.main(["-f", str(path)]) == 3
    assert "cut off" in capsys.readouterr().out


USAGE = (
    (["sessions", "--type", "Mesh"], "invalid choice"),
    (["--wait", "soon", "check"], "must be a time such as 30s"),
    (["-l", "=x"], "no label selector"),
    (["-f", "x", "--context=y"], "give one of them"),
    (["-f", "x", "--collect"], "give one of them"),
    (["-f", "x", "-w"], "give one of them"),
    (["serve", "-f", "x"], "use page"),
    (["-w", "--wait=1m"], "never ends"),
    (["serve", "--collect"], "that stay"),
    (["serve", "--listen=80"], "HOST:PORT"),
    (["nonsense"], "invalid choice"),
)


@pytest.mark.parametrize(("words", "said"), USAGE, ids=[" ".join(words) for words, _ in USAGE])
def test_wrong_usage_is_two(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(words)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_an_address_that_is_none_is_wrong_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["route", "10.0.0", "-f", _write(tmp_path, _cluster())]) == 2
    assert "neither an address nor a prefix" in capsys.readouterr().err


def test_the_command_stands_anywhere() -> None:
    for words in (
        ["sessions", "-o", "json"], ["-o", "json", "sessions"], ["-ojson", "sessions"],
        ["--output=json", "sessions"],
    ):  # fmt: skip
        parsed = cli.parse(words)
        assert (parsed.command, parsed.output) == ("sessions", "json")
    assert cli.parse(["--context", "sessions"]).command == "check"
    assert cli.parse([]).command == "check"
    assert cli.parse(["-w"]).watch is True
    assert cli.parse(["--wait", "2m"]).wait == 120


def test_help_names_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--help"], ["check", "--help"], ["serve", "-h"]):
        with pytest.raises(SystemExit) as ended:
            cli.main(words)
        assert ended.value.code == 0
        assert cli.EXIT_CODES in capsys.readouterr().out


def test_it_is_a_command_of_the_reporter_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert reporter_cli.main(["fleet", "-f", _write(tmp_path, _cluster())]) == 0
    assert capsys.readouterr().out.startswith("OK: ")


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_every_answer_has_a_form_for_machines(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = _write(tmp_path, _cluster("Active"))

    def answer(*words: str) -> Any:
        cli.main([*words, "-o", form, "-f", path])
        printed = capsys.readouterr().out
        return json.loads(printed) if form == "json" else yaml.safe_load(printed)

    check = answer("check")
    assert check["summary"]["ok"] is False
    assert (check["summary"]["nodesTotal"], check["summary"]["sessionsUp"]) == (3, 4)
    (finding,) = check["findings"]
    assert finding["kind"] == "down"
    assert {side["node"] for side in finding["pairs"][0]["sides"]} == {"n1", "n2"}
    assert {notice["what"] for notice in check["notLookedAt"]} >= {"BGPPeer", "IPPool"}
    assert [pair["verdict"] for pair in answer("sessions")] == ["down", "up", "up"]
    assert answer("matrix") == {
        "nodes": ["n1", "n2", "n3"],
        "cells": [[None, "down", "up"], ["down", None, "up"], ["up", "up", None]],
    }
    expected = answer("expected", "--node", "n2")
    assert [(session["name"], session["passive"]) for session in expected] == [
        ("Mesh_10_0_0_1", False), ("Mesh_10_0_0_3", True),
    ]  # fmt: skip
    assert answer("route", "10.0.0.1")["nodes"][0]["node"] == "n1"


def test_sessions_are_chosen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = _write(tmp_path, _cluster("Active"))

    def rows(*words: str) -> list[list[str]]:
        cli.main(["sessions", "-f", path, *words])
        return [line.split()[:2] for line in capsys.readouterr().out.splitlines()[1:]]

    assert rows() == [["n1", "n2"], ["n1", "n3"], ["n2", "n3"]]
    assert rows("--down") == [["n1", "n2"]]
    assert rows("--node", "n2") == [["n2", "n1"], ["n2", "n3"]]
    assert rows("--node", "n2", "--peer", "10.0.0.3") == [["n2", "n3"]]
    assert rows("--peer", "n1") == [["n1", "n2"], ["n1", "n3"]]
    assert rows("--type", "GlobalPeer") == []
    assert rows("-l", "rack=7") == [["n1", "n2"], ["n1", "n3"]]
    # The answer of nodes that have no part in what is wrong.
    assert cli.main(["-f", path, "-l", "rack!=7,kubernetes.io/hostname=n3"]) == 0


def test_files_need_no_client(tmp_path: Path) -> None:
    program = "import sys; from reporter.fleet.cli import main; code = main(sys.argv[1:]); "
    program += "sys.exit(code or any(name.partition('.')[0] in "
    program += "{'kubernetes', 'urllib3', 'prometheus_client', 'rich'} for name in sys.modules))"
    words = ["-f", _write(tmp_path, _cluster())]
    done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_nothing_of_a_peer_reaches_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    documents = _cluster("Active")
    documents += [
        resources.node(name, f"10.0.0.{place}") for place, name in enumerate((HOSTILE, REVERSED), 8)
    ]
    documents += [_status(REVERSED, ("10.0.0.1", "\x1b[2J"))]
    path = _write(tmp_path, documents)
    for words in (
        ["check", "-o", "wide"],
        ["sessions"],
        ["matrix"],
        ["expected"],
        ["route", "10.0.0.8"],
    ):
        cli.main([*words, "-f", path])
        printed = capsys.readouterr().out
        assert all(line.isprintable() for line in printed.splitlines())
        assert "evil" in printed.replace("\n", "") or words == ["matrix"]


def test_the_page_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = _write(tmp_path, _cluster())
    assert cli.main(["page", "-", "-f", path]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("<!doctype html>")
    assert cli.main(["page", str(tmp_path / "page.html"), "-f", path]) == 0
    assert (tmp_path / "page.html").read_text() == printed
    assert cli.main(["page", str(tmp_path), "-f", path]) == 2
    assert "give a file that can be written" in capsys.readouterr().err


def test_a_large_matrix_shows_what_is_wrong() -> None:
    nodes = names(60)
    lines = list(matrix_text(mesh_pairs(nodes, faults=True), nodes))
    assert lines[0] == "0 nodes with nothing wrong left out"
    rows = [line.split()[0] for line in lines if line.startswith("node-")]
    assert rows == ["node-01", "node-03", "node-04", "node-05"]
    assert list(matrix_text(mesh_pairs(nodes, faults=False), nodes)) == [
        "60 nodes with nothing wrong left out"
    ]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30", 30), ("2m", 120), ("1h30m", 5400), ("500ms", 0.5), ("0", 0), ("1.5s", 1.5)],
)
def test_times_are_kubectls(text: str, seconds: float) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "m", "-1s", "1d", "2m30", "\u0661s", "9" * 400 + "h"])
def test_other_times_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        duration(text)


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("", True),
        ("rack=7", True),
        ("rack==7,zone", True),
        ("rack!=7", False),
        ("spare!=x,!spare", True),
        ("!zone", False),
        ("rack in (6, 7)", True),
        ("rack notin (6,7)", False),
        ("spare notin (x)", True),
        ("node.kubernetes.io/kind = ", True),
    ],
)
def test_labels_are_chosen_as_kubectl_does(text: str, matches: bool) -> None:  # noqa: FBT001
    labels = {"rack": "7", "zone": "a", "node.kubernetes.io/kind": ""}
    assert label_selector(text)(labels) is matches


@pytest.mark.parametrize("text", ["=", "a in", "a=b,", "a b", "a=b=c", "a in (b"])
def test_other_selectors_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"selector|comma"):
        label_selector(text)
