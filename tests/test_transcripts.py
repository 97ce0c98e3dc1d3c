"""What the README and the first pages show is typed as it stands, in an empty folder, and prints that."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reporter.bird.recorded import recorded_mesh

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
PAGES = [
    ROOT / "README.md",
    ROOT / "docs" / "getting-started.md",
    *sorted((ROOT / "docs" / "guides").glob("*.md")),
]
BIN = Path(sys.executable).parent
MESH = ROOT / "tests" / "fixtures" / "1.6.8" / "mesh-v4"

BLOCK = re.compile(
    r"^(?P<not_run><!-- not run: [^\n]+ -->\n\n)?```console\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
# What differs from one day to the next.
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@dataclass
class Step:
    """A command, and the lines that the page shows below it; ``...`` stands for any lines."""

    line: int
    command: str
    shown: list[str] = field(default_factory=list)


def steps(page: str) -> Iterator[Step]:
    for block in BLOCK.finditer(page):
        if block["not_run"]:
            continue
        step: Step | None = None
        is_open = False
        for number, line in enumerate(
            block["text"].splitlines(), page[: block.start("text")].count("\n") + 1
        ):
            if line.startswith("$ "):
                if step:
                    yield step
                step = Step(number, line[2:])
                is_open = "<<'END'" in line or line.endswith("\\")
            elif step and is_open:
                step.command += "\n" + line.removeprefix("> ").removeprefix(">")
                is_open = line.endswith("\\") or ("<<'END'" in step.command and line != "> END")
            elif step:
                step.shown.append(line)
        if step:
            yield step


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A host with this project's commands, a BIRD for each family, and as much of kubectl as runs plug-ins."""
    programs = tmp_path / "programs"
    programs.mkdir()
    stand_ins = {
        "kubectl": f'[ "$1" = birdstatus ] && shift && exec {BIN}/kubectl-birdstatus "$@"',
        "pip": "exit 0",  # it is installed already
        "jq": "cat",
        "birdc": f"exec {BIN}/python -c 'import sys; from reporter.bird.recorded import recording;"
        ' sys.stdout.buffer.write(recording(4)[" ".join(sys.argv[1:])])\' "$@"',
    }
    for name, text in stand_ins.items():
        path = programs / name
        path.write_text(f"#!/bin/bash\n{text}\n")
        path.chmod(0o755)
    with recorded_mesh() as sockets:
        yield {
            "PATH": f"{programs}:{BIN}:{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "BIRD_SOCKET": str(sockets[4]),
            "BIRD6_SOCKET": str(sockets[6]),
        }


def _bring(folder: Path) -> None:
    """What somebody who reads a guide has: the texts of two days, and a bundle."""
    for name in ("ticket.txt", "yesterday.txt", "today.txt"):
        (folder / name).write_bytes((MESH / "birdc_show_protocols_all.txt").read_bytes())
    with tarfile.open(folder / "bundle.tar.gz", "w:gz") as bundle:
        bundle.add(MESH / "birdc_show_protocols_all.txt", "node-a/bird/protocols.txt")
        bundle.add(ROOT / "README.md", "node-a/README.md")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_what_a_page_shows_is_what_is_printed(
    page: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    if page.parent.name == "guides":
        _bring(folder)
    found = list(steps(page.read_text(encoding="utf-8")))
    for step in found:
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", step.command],
            cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        where = f"{page.name}:{step.line}: {step.command}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr, where
        assert done.returncode in {0, 1}, where
        if step.shown:
            pattern = "".join(
                r"(?:.*\n)*" if line == "..." else re.escape(TIME.sub("TIME", line)) + r"\n"
                for line in step.shown
            )
            assert re.fullmatch(pattern, TIME.sub("TIME", done.stdout)), where


def test_the_pages_have_commands() -> None:
    commands = " ".join(
        step.command for page in PAGES for step in steps(page.read_text(encoding="utf-8"))
    )
    for program in (
        "birdstatus parse",
        "birdstatus diff",
        "birdstatus-reporter show",
        "kubectl birdstatus",
    ):
        assert program in commands
