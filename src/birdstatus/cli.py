"""``birdstatus parse``: what a ``CalicoNodeStatus`` would show of a piece of BIRD output."""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

from birdstatus.errors import BirdParseError, ProjectionError, printable
from birdstatus.parse import Answer, Command, parse_answers
from birdstatus.projection import DaemonReport, Family, family_of, node_status
from birdstatus.records import document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from birdstatus.models import StatusClass

# Published parts by name, or with --records one object for each answer.
Output: TypeAlias = "dict[str, Any] | list[dict[str, Any]]"

EXIT_OK = 0
EXIT_UNREADABLE = 1
EXIT_BROKEN_PIPE = 141  # 128 and SIGPIPE, as a shell tells it

STANDARD_INPUT = "-"
SHOWN_PROBLEMS = 20
CHUNK = 1 << 16

_CLASSES: dict[Command, StatusClass] = {
    Command.STATUS: "Agent",
    Command.PROTOCOLS: "BGP",
    Command.ROUTES: "Routes",
}


@dataclass(slots=True)
class _FoundAnswer:
    """An answer, the file it stands in, and the family it belongs to as far as that is known."""

    source: str
    answer: Answer
    family: Family | None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    options = _parser().parse_args(arguments)
    found: list[_FoundAnswer] = []
    sound = True
    for source in options.files or [STANDARD_INPUT]:
        name = "<standard input>" if source == STANDARD_INPUT else printable(source)
        problems: list[BirdParseError] = []
        try:
            answers = parse_answers(_chunks(source), problems)
        except OSError as error:
            sys.stderr.write(f"birdstatus: cannot read {name}: {error.strerror}\n")
            sound = False
            continue
        found.extend(_FoundAnswer(name, answer, family_of(answer.records)) for answer in answers)
        _tell(name, problems if any(answer.records for answer in answers) else problems[:1])
        sound = sound and not problems
    _settle_families(found, options.family)
    left_out: list[ProjectionError] = []
    output = _records(found) if options.records else _published(found, left_out)
    for one in left_out:
        sys.stderr.write(f"birdstatus: left out: {one}\n")
    if output or sound:
        try:
            sys.stdout.write(_FORMATS[options.output](output))
            sys.stdout.flush()
        except BrokenPipeError:
            # `birdstatus parse ... | head` ends quietly, like any filter. What is still buffered has
            # nowhere to go, and Python would say so at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return EXIT_BROKEN_PIPE
    return EXIT_OK if sound and not left_out else EXIT_UNREADABLE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="birdstatus", description="Reads what BIRD 1.6 prints, as a CalicoNodeStatus shows it."
    )
    parser.add_argument("--version", action="version", version=version("birdstatus"))
    parse = parser.add_subparsers(metavar="COMMAND", required=True).add_parser(
        "parse",
        help="read BIRD output and print agent, bgp and routes",
        description="Reads the output of `show status`, `show protocols [all]` and `show route [all]`: "
        "socket bytes, `birdc -v` or plain `birdc`, several answers in one file. Of several answers "
        "about one thing the last counts. Exit code 1, and FILE:LINE:COLUMN, where something could "
        "not be read; what could be read is printed all the same.",
    )
    parse.add_argument(
        "-o", "--output", choices=sorted(_FORMATS), default="yaml", help="default: yaml"
    )
    parse.add_argument(
        "--family", type=int, choices=(4, 6), help="of answers that do not tell their family"
    )
    parse.add_argument(
        "--records", action="store_true", help="print all that BIRD said, not what Calico shows"
    )
    parse.add_argument("files", metavar="FILE", nargs="*", help="- or none: standard input")
    return parser


def _chunks(source: str) -> Iterator[bytes]:
    if source == STANDARD_INPUT:
        yield from _read(sys.stdin.buffer)
    else:
        with open(source, "rb") as file:  # noqa: PTH123 - a path is all that Path would add
            yield from _read(file)


def _read(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk


def _tell(name: str, problems: list[BirdParseError]) -> None:
    for problem in problems[:SHOWN_PROBLEMS]:
        sys.stderr.write(f"{name}:{problem.line}:{problem.column}: {problem.summary}\n")
    if len(problems) > SHOWN_PROBLEMS:
        sys.stderr.write(f"{name}: {len(problems) - SHOWN_PROBLEMS} more problems\n")


def _settle_families(found: list[_FoundAnswer], default: Family | None) -> None:
    """Give every answer a family: `show status` tells none, but what stands beside it does."""
    unknown = [one for one in found if one.family is None]
    for one in unknown:
        beside = {other.family for other in found if other.source == one.source}
        anywhere = {other.family for other in found}
        for known in (beside - {None}, anywhere - {None}):
            if len(known) == 1 and default is None:
                one.family = known.pop()
                break
        else:
            one.family = default or 4
            if default is None:
                sys.stderr.write(
                    f"birdstatus: {one.source}: nothing in the answer to "
                    f"`{one.answer.command.value}` tells IPv4 from IPv6; taken as IPv4 "
                    "(--family 6 says otherwise)\n"
                )


def _records(found: Iterable[_FoundAnswer]) -> list[dict[str, Any]]:
    return [
        {
            "command": one.answer.command.value,
            "family": one.family,
            "records": document(one.answer.records),
        }
        for one in found
    ]


def _published(found: Iterable[_FoundAnswer], left_out: list[ProjectionError]) -> dict[str, Any]:
    answers: dict[Family, list[Answer]] = {4: [], 6: []}
    for one in found:
        answers[one.family or 4].append(one.answer)
    output: dict[str, Any] = {}
    for command, name in _CLASSES.items():
        # A daemon of which nobody brought this answer is left out, not shown as silent.
        v4, v6 = (
            DaemonReport.of(of_family)
            if any(answer.command is command for answer in of_family)
            else None
            for of_family in answers.values()
        )
        if v4 or v6:
            output |= node_status(v4, v6, (name,), left_out).model_dump(mode="json")
    return output


def as_yaml(output: Output) -> str:
    """As YAML in plain ASCII: whatever is not printable is escaped."""
    import yaml  # noqa: PLC0415 - whoever asks for JSON need not load it

    return yaml.safe_dump(output, sort_keys=False, width=110)


def as_json(output: Output) -> str:
    """As JSON in plain ASCII."""
    # JSON escapes what YAML does, but for the delete character.
    return json.dumps(output, indent=2).replace("\x7f", "\\u007f") + "\n"


def as_table(output: Output) -> str:
    """The same as aligned columns, one table for each list, safe for a terminal."""
    return "\n".join(_table(title, rows) for title, rows in _tables(output) if rows)


def _tables(output: Output) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    if isinstance(output, list):
        for answer in output:
            yield f"{answer['command']} (IPv{answer['family']})", answer["records"]
    else:
        for name, values in output.items():
            lists = {key: value for key, value in values.items() if isinstance(value, list)}
            single = {key: value for key, value in values.items() if key not in lists}
            if all(isinstance(value, dict) for value in single.values()):
                yield name, [{"daemon": key, **value} for key, value in single.items()]
            else:
                yield name, [single]
            yield from lists.items()


def _table(title: str, rows: list[dict[str, Any]]) -> str:
    rows = [dict(_flat(row)) for row in rows]
    columns = list(dict.fromkeys(key for row in rows for key in row))
    lines = [columns, *([_cell(row.get(column)) for column in columns] for row in rows)]
    widths = [max(len(line[index]) for line in lines) for index in range(len(columns))]
    body = (
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
    return "\n".join([title.upper(), *(f"  {line}" for line in body), ""])


def _flat(row: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """A nested object of plain values as columns of its own."""
    for key, value in row.items():
        if isinstance(value, dict) and not any(isinstance(v, dict | list) for v in value.values()):
            yield from value.items()
        else:
            yield key, value


def _cell(value: object) -> str:
    if value is None or isinstance(value, str | int):
        return printable("" if value is None else str(value))
    return printable(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


_FORMATS: dict[str, Callable[[Output], str]] = {
    "yaml": as_yaml,
    "json": as_json,
    "table": as_table,
}
