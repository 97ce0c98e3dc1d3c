"""The recordings under ``tests/fixtures``: each ``NAME.raw`` beside ``NAME.json``, what we read in it.

Anyone adds a case with those two files; ``pytest --write-expected`` writes the second, to be
reviewed like code. ``truth.json`` is what the lab knew before any text was read.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from birdstatus import BirdParseError, Command, DaemonReport, node_status, parse_answers
from birdstatus.projection import family_of, serves_both_families, split_families
from birdstatus.records import document

if TYPE_CHECKING:
    from birdstatus.models import StatusClass

FIXTURES = Path(__file__).parent.parent / "fixtures"


@dataclass(frozen=True, slots=True)
class Recording:
    """One recorded conversation: socket bytes, and where their expected reading stands."""

    path: Path

    def __str__(self) -> str:
        return f"{self.path.parent.name}/{self.path.stem}"

    @property
    def raw(self) -> bytes:
        return self.path.read_bytes()

    @property
    def expected(self) -> Path:
        return self.path.with_suffix(".json")

    def printed(self, form: str) -> Path:
        """The same command's output as ``birdc`` or ``birdc_v`` printed it at nearly that time."""
        return self.path.with_name(f"{form}_{self.path.stem}.txt")


RECORDINGS = [Recording(path) for path in sorted(FIXTURES.glob("*/*/*.raw"))]
SCENARIOS = sorted(path.parent for path in FIXTURES.glob("*/*/truth.json"))


def reading(data: str | bytes) -> dict[str, Any]:
    """All that the library makes of a text: records, what would be published, what it could not read."""
    problems: list[BirdParseError] = []
    answers = parse_answers(data, problems)
    commands = {answer.command for answer in answers}
    family = next(filter(None, (family_of(answer.records) for answer in answers)), 4)
    report = DaemonReport.of(answers)
    v4: DaemonReport | None
    v6: DaemonReport | None
    if any(serves_both_families(answer.records) for answer in answers):
        v4, v6 = split_families(report)
    else:
        v4, v6 = (report, None) if family == 4 else (None, report)
    published = node_status(
        v4,
        v6,
        [name for name, command in CLASSES.items() if command in commands],
    )
    return {
        "answers": [
            {
                "command": answer.command.value,
                "whole": answer.whole,
                "records": document(answer.records),
            }
            for answer in answers
        ],
        "published": published.model_dump(mode="json"),
        "problems": [f"{one.line}:{one.column}: {one.summary}" for one in problems],
    }


CLASSES: dict[StatusClass, Command] = {
    "Agent": Command.STATUS,
    "BGP": Command.PROTOCOLS,
    "Routes": Command.ROUTES,
}


def as_json(read: dict[str, Any]) -> str:
    """A reading as JSON with a line for each record, so that a difference shows which."""

    def listed(values: list[Any]) -> str:
        lines = ",\n".join(json.dumps(value) for value in values)
        return f"[\n{lines}\n]" if values else "[]"

    records = {
        f"{number} {answer['command']}{'' if answer['whole'] else ' (cut)'}": answer["records"]
        for number, answer in enumerate(read["answers"], start=1)
    }
    published = {
        f"{name} {field}": value if isinstance(value, list) else [value]
        for name, part in read["published"].items()
        for field, value in part.items()
    }
    parts = {**records, **published, "problems": read["problems"]}
    body = ",\n".join(f"{json.dumps(name)}: {listed(values)}" for name, values in parts.items())
    return f"{{\n{body}\n}}\n"


def as_birdc(raw: bytes, *, verbose: bool) -> bytes:
    """What ``birdc`` (with ``-v``: verbose) prints for these socket bytes, by client/client.c.

    Reply codes and the mark of a continuation go; with ``-v`` they stay, the mark as five blanks. The
    final ``0000`` is never shown, asynchronous lines begin with ``>>> ``.
    """
    lines = [b"0001 BIRD 1.6.8 ready." if verbose else b"BIRD 1.6.8 ready."]
    for line in raw.removesuffix(b"\n").split(b"\n"):
        if line.startswith(b"+"):
            lines.append(b">>> " + line[1:])
        elif line.startswith(b" "):
            lines.append(b"     " + line[1:] if verbose else line[1:])
        elif re.match(rb"[0-9]{4}[- ]", line):
            if not line.startswith(b"0000 "):
                lines.append(line if verbose else line[5:])
        else:
            lines.append(line)
    return b"\n".join(lines) + b"\n"
