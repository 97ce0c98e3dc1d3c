"""The manners of every command: help with examples and defaults, a version, completion for shells."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from birdstatus.cli import main as birdstatus
from birdstatus.cli.arguments import SHELLS
from reporter.cli import main as reporter
from reporter.fleet.cli import COMMANDS
from reporter.fleet.cli import main as fleet
from reporter.fleet.completion import candidates

if TYPE_CHECKING:
    from collections.abc import Callable

    Main = Callable[[list[str]], int]

BIN = Path(sys.executable).parent
PARTS: list[tuple[str, Main, list[str]]] = [
    ("birdstatus", birdstatus, ["", "parse", "diff", "completion"]),
    ("birdstatus-reporter", reporter, ["", "run", "once", "show", "demo", "crd", "completion"]),
    ("kubectl birdstatus", fleet, ["", *COMMANDS]),
]
HELPS = [
    pytest.param(program, main, [part] if part else [], id=f"{program} {part}".strip())
    for program, main, parts in PARTS
    for part in parts
]
# Flags that need no default: switches, and those that give help or the version.
_FLAG = re.compile(r"^  (?:-\w[^-]*, )?(--[a-z0-9-]+)(.*(?:\n {20,}.*)*)", re.MULTILINE)


def _help(main: Main, words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        main([*words, "--help"])
    assert ended.value.code == 0
    return capsys.readouterr().out


@pytest.mark.parametrize(("program", "main", "words"), HELPS)
def test_help_has_examples_of_this_command(
    program: str, main: Main, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    shown = _help(main, words, capsys)
    assert "\nexamples:\n" in shown
    examples = shown.partition("\nexamples:\n")[2]
    assert " ".join([program, *words]) in examples or (words == ["check"] and program in examples)
    assert max(map(len, shown.splitlines())) <= 112


@pytest.mark.parametrize(("program", "main", "words"), HELPS)
def test_help_tells_the_default_of_each_flag_that_takes_a_value(
    program: str, main: Main, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    del program
    shown = _help(main, words, capsys).partition("\nexamples:\n")[0]
    for flag, text in _FLAG.findall(shown):
        takes_value = re.match(r" (?:[A-Z{]|\[[A-Z])", text)
        if takes_value and "may be repeated" not in text and flag not in _NO_DEFAULT:
            assert "default" in text, flag


# These choose among what is shown, or add to it: without them nothing is left out.
_NO_DEFAULT = {"--node", "--type", "--peer", "--selector", "--wait"}


@pytest.mark.parametrize("program", ["birdstatus", "birdstatus-reporter", "kubectl-birdstatus"])
def test_version(program: str) -> None:
    done = subprocess.run([BIN / program, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"{program.replace('kubectl-', 'kubectl ')} {version('birdstatus')}\n"


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("main", [birdstatus, reporter])
def test_completion_names_the_commands(
    main: Main, shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    for _, known, parts in PARTS:
        if known is main:
            assert all(part in script for part in parts)


def test_bash_completes_with_it(tmp_path: Path) -> None:
    script = subprocess.run(
        [BIN / "birdstatus", "completion", "bash"], capture_output=True, check=True
    )
    path = tmp_path / "completion"
    path.write_bytes(script.stdout)
    program = (
        f"source {path}; COMP_WORDS=(birdstatus parse --re); COMP_CWORD=2; "
        "_shtab_birdstatus; printf '%s\\n' \"${COMPREPLY[@]}\""
    )
    done = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "--records\n"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([""], (sorted(COMMANDS), 4)),
        (["se"], (["serve", "sessions"], 4)),
        (["sessions", "--ty"], (["--type"], 4)),
        (["sessions", "--type", "Node"], (["NodeMesh", "NodePeer"], 4)),
        (["-f", "b"], ([], 0)),
        (["page", "c"], ([], 0)),
        (["route", "10"], ([], 4)),
        (["nothing", ""], ([], 4)),
        (["--context", "x", "ma"], (["matrix"], 4)),
    ],
)
def test_kubectl_completes_with_it(words: list[str], expected: tuple[list[str], int]) -> None:
    assert candidates(words) == expected


def test_kubectl_finds_the_completion() -> None:
    done = subprocess.run(
        [BIN / "kubectl_complete-birdstatus", "exp"], capture_output=True, text=True, check=True
    )
    assert done.stdout == "expected\n:4\n"
