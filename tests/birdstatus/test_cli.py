"""``birdstatus parse``: what it prints, where it prints it, and its exit codes."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml
from recordings import FIXTURES

from birdstatus.cli import main

MESH_V4, MESH_V6 = (FIXTURES / "1.6.8" / f"mesh-v{family}" for family in (4, 6))
SHUTDOWN_MESSAGES = FIXTURES / "1.6.8" / "shutdown-messages-v4" / "show_protocols_all.raw"


class Result:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Any:
    def runner(*arguments: object) -> Result:
        capfd.readouterr()
        try:
            code = main(["parse", *map(str, arguments)])
        except SystemExit as stopped:
            code = int(stopped.code or 0)
        return Result(code, *capfd.readouterr())

    return runner


@pytest.mark.parametrize("prefix", ["", "birdc_", "birdc_v_"])
@pytest.mark.parametrize(("mesh", "family"), [(MESH_V4, "V4"), (MESH_V6, "V6")])
def test_a_node_from_its_three_answers(run: Any, prefix: str, mesh: Path, family: str) -> None:
    suffix = "txt" if prefix else "raw"
    names = ("show_status", "show_protocols_all", "show_route")
    result = run("-o", "json", *(mesh / f"{prefix}{name}.{suffix}" for name in names))
    assert (result.code, result.err) == (0, "")
    truth = json.loads((mesh / "truth.json").read_text())
    assert list(result.json) == ["agent", "bgp", "routes"]
    assert list(result.json["agent"]) == [f"bird{family}"]
    assert len(result.json["bgp"][f"peers{family}"]) == len(truth["peers"])
    assert len(result.json["routes"][f"routes{family}"]) == len(truth["routes"])
    mesh_routes = [
        r for r in result.json["routes"][f"routes{family}"] if r["learnedFrom"].get("peerIP")
    ]
    assert mesh_routes


def test_yaml_is_the_default_and_says_the_same(run: Any) -> None:
    path = MESH_V4 / "show_protocols_all.raw"
    assert yaml.safe_load(run(path).out) == run("-o", "json", path).json


def test_both_families_in_one_call(run: Any) -> None:
    result = run("-o", "json", *(mesh / "show_protocols_all.raw" for mesh in (MESH_V4, MESH_V6)))
    assert {"peersV4", "peersV6"} <= set(result.json["bgp"])


def test_a_family_that_nothing_tells(run: Any) -> None:
    path = MESH_V6 / "show_status.raw"
    taken = run("-o", "json", path)
    assert list(taken.json["agent"]) == ["birdV4"]
    assert "--family 6 says otherwise" in taken.err
    told = run("-o", "json", "--family", "6", path)
    assert list(told.json["agent"]) == ["birdV6"]
    assert (told.code, told.err) == (0, "")


def test_records(run: Any) -> None:
    result = run("--records", "-o", "json", MESH_V4 / "show_route_all.raw")
    (answer,) = result.json
    assert (answer["command"], answer["family"]) == ("show route", 4)
    assert answer["records"][0]["attributes"]


@pytest.mark.parametrize("arguments", [[], ["-"]])
def test_standard_input(run: Any, monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    text = io.BytesIO((MESH_V4 / "show_status.raw").read_bytes())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(text))
    result = run("-o", "json", *arguments)
    assert result.json["agent"]["birdV4"]["state"] == "Ready"


def test_the_installed_command() -> None:
    command = Path(sys.executable).with_name("birdstatus")
    done = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"birdstatus {version('birdstatus')}\n"


def test_a_reader_that_goes_away(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    readable, writable = os.pipe()
    os.close(readable)
    with os.fdopen(writable, "w") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        result = run(MESH_V4 / "show_status.raw", "--family", "4")
    assert (result.code, result.err) == (141, "")


def test_text_that_is_not_bird_s(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "passwd"
    path.write_text("root:x:0:0\nbin:x:1:1\n")
    result = run(path)
    assert (result.code, result.out) == (1, "")
    assert result.err == (
        f"{path}:1:1: expected output of `show status` or `show protocols` or `show route`, "
        "found 'root:x:0:0'\n"
    )


def test_a_bad_row_costs_only_itself(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "routes"
    rows = b"".join(b" 10.%d.0.0/16 via x\n" % number for number in range(30))
    path.write_bytes(b"1007-10.0.0.0/8 dev eth0 [k 1] * (10)\n" + rows + b"0000 \n")
    result = run("-o", "json", path)
    assert result.code == 1
    assert len(result.json["routes"]["routesV4"]) == 1
    lines = result.err.splitlines()
    assert lines[0] == f"{path}:2:18: expected an IP address, found 'x'"
    assert (len(lines), lines[-1]) == (21, f"{path}: 10 more problems")


def test_what_has_no_place_is_told(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "routes"
    path.write_text("10.0.0.0/8 ??? [k 1] * (10)\n")
    result = run(path)
    assert result.code == 1
    assert "left out: BIRD does not say where 10.0.0.0/8 leads" in result.err


def test_a_file_that_is_not_there(run: Any, tmp_path: Path) -> None:
    result = run(tmp_path / "x\x1b[2J", MESH_V4 / "show_protocols_all.raw")
    assert result.code == 1
    assert (
        result.err == f"birdstatus: cannot read {tmp_path}/x\\x1b[2J: No such file or directory\n"
    )
    assert "peersV4" in result.out


@pytest.mark.parametrize("arguments", [["-o", "xml"], ["--family", "5"], ["--nosuch"]])
def test_wrong_usage(run: Any, arguments: list[str]) -> None:
    result = run(*arguments)
    assert (result.code, result.out) == (2, "")
    assert "usage: birdstatus" in result.err


@pytest.mark.parametrize("output", ["table", "json", "yaml"])
def test_nothing_reaches_a_terminal_raw(run: Any, tmp_path: Path, output: str) -> None:
    path = tmp_path / "protocols"
    text = SHUTDOWN_MESSAGES.read_bytes().replace(
        b"  Preference:", b"  Description:    \x1b]0;\x07\x9b\x7f\xe2\x80\xae\n   Preference:", 1
    )
    path.write_bytes(text)
    result = run("--records", "-o", output, path)
    assert all(char.isprintable() or char == "\n" for char in result.out)
    assert "1006-  BGP state:          Established" in result.out
    assert "Passive" in result.out


def test_tables(run: Any) -> None:
    result = run("-o", "table", *MESH_V4.glob("show_*.raw"))
    (title,) = [line for line in result.out.splitlines() if line and not line.startswith(" ")]
    assert title.startswith("IPv4  Ready  BIRD 1.6.8  router ID 10.0.0.1")
    assert "10.0.0.2  " in result.out
    assert "routes: " in result.out
    down = run("-o", "table", "--down", *MESH_V4.glob("show_*.raw"))
    assert (down.code, down.out) == (0, "")


def test_an_empty_answer(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.write_bytes(b"8003 No protocols match\n")
    result = run("-o", "json", "--family", "4", path)
    assert result.code == 0
    assert result.json["bgp"]["numberNotEstablishedV4"] == 0
