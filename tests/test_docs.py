"""The pages under ``docs`` say what the code does: their examples run, and what is made is up to date."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from birdstatus import BirdParseError, Command, DaemonReport, node_status, parse_answers
from birdstatus.heartbeat import seconds_between_heartbeats
from birdstatus.parse import MAX_DIAGNOSTICS
from birdstatus.projection import family_of

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = [*sorted(DOCS.rglob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
RECORDINGS = ROOT / "tests" / "fixtures" / "1.6.8"

PYTHON = re.compile(r"^```python\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
# An example of calico-differences.md: a text, with the recordings that it is cut from, and what is
# published for it.
EXAMPLE = re.compile(
    r"^~~~text (?P<sources>[^\n]+)\n(?P<text>.*?)^~~~\n\n~~~json\n(?P<json>.*?)^~~~$",
    re.MULTILINE | re.DOTALL,
)
FENCED = re.compile(r"^(```|~~~).*?^\1$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
CLASSES: dict[Command, Any] = {
    Command.STATUS: "Agent",
    Command.PROTOCOLS: "BGP",
    Command.ROUTES: "Routes",
}

# What differs each time a scenario is recorded.
MOVING = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{2}:[0-9]{2}:[0-9]{2}|[0-9]+/[0-9]+$")


def examples() -> list[Any]:
    page = (DOCS / "calico-differences.md").read_text(encoding="utf-8")
    found = [
        pytest.param(match["sources"].split(), match["text"], match["json"], id=match["sources"])
        for match in EXAMPLE.finditer(page)
    ]
    assert len(found) == page.count("\n~~~text") == page.count("\n~~~json")
    return found


def python_blocks() -> list[Any]:
    found = []
    for path in PAGES:
        page = path.read_text(encoding="utf-8")
        for match in PYTHON.finditer(page):
            line = page[: match.start()].count("\n") + 2
            found.append(pytest.param(path, line, match["code"], id=f"{path.name}:{line}"))
    return found


def test_made_pages_are_up_to_date() -> None:
    """Else: ``make docs``, and look at what changed."""
    done = subprocess.run(
        [sys.executable, DOCS / "make_grammar.py", "--check"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(("path", "line", "code"), python_blocks())
def test_python_examples_run(path: Path, line: int, code: str) -> None:
    padded = "\n" * (line - 1) + code
    exec(compile(padded, str(path), "exec"), {"__name__": "example"})


@pytest.mark.parametrize(("sources", "text", "expected"), examples())
def test_differences_from_calico_are_what_the_library_answers(
    sources: list[str], text: str, expected: str
) -> None:
    assert published(text) == json.loads(expected)
    recorded = {
        steady(line)
        for source in sources
        for line in (RECORDINGS / source)
        .read_bytes()
        .decode("utf-8", "backslashreplace")
        .split("\n")
    }
    assert {steady(line) for line in text.removesuffix("\n").split("\n")} <= recorded


def published(text: str) -> dict[str, Any]:
    problems: list[BirdParseError] = []
    answers = parse_answers(text, problems)
    family = next(filter(None, (family_of(answer.records) for answer in answers)), 4)
    report = DaemonReport.of(answers)
    status = node_status(
        report if family == 4 else None,
        report if family == 6 else None,
        [CLASSES[answer.command] for answer in answers],
    )
    document: dict[str, Any] = status.model_dump(mode="json")
    if problems:
        document["problems"] = [f"{one.line}:{one.column}: {one.summary}" for one in problems]
    return document


def steady(line: str) -> str:
    """A line of a reply without what differs from recording to recording, and without its code."""
    return MOVING.sub("T", re.sub(r"\A(?:[0-9]{4}[- ]| )", "", line).rstrip())


def test_pages_link_to_what_exists() -> None:
    for path in PAGES:
        page = FENCED.sub("code", path.read_text(encoding="utf-8"))
        for target in re.findall(r"\]\(([^)]+)\)", page):
            if target.startswith("https://"):
                continue
            name, _, anchor = target.partition("#")
            linked = path if not name else path.parent / name
            assert linked.exists(), f"{path.name}: {target}"
            if anchor:
                text = linked.read_text(encoding="utf-8")
                headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
                anchors = {
                    re.sub(r"[^a-z0-9 -]", "", one.lower()).replace(" ", "-") for one in headings
                }
                assert anchor in anchors or f'<a id="{anchor}"></a>' in text, (
                    f"{path.name}: {target}"
                )


def test_library_page_names_the_limit_of_diagnostics() -> None:
    page = (DOCS / "library.md").read_text(encoding="utf-8")
    assert f"`birdstatus.parse.MAX_DIAGNOSTICS` ({MAX_DIAGNOSTICS})" in page


def test_the_table_of_heartbeats_is_the_rule() -> None:
    text = (DOCS / "operations.md").read_text()
    rows = re.findall(
        r"^\| ([\d,]+) \| (\d+ \w+) \| (\d+ \w+) \| (\d+ \w+) \|$", text, re.MULTILINE
    )
    assert len(rows) >= 8
    for objects, *cells in rows:
        number = int(objects.replace(",", ""))
        assert cells == [
            _time(seconds_between_heartbeats(number, size, 10)) for size in (10**4, 10**5, 10**6)
        ]


def _time(seconds: int) -> str:
    for unit, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds} s"
