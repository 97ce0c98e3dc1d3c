"""How results are written: YAML, JSON, and a table for a terminal."""

from __future__ import annotations

import json
import os
import re
import sys
from functools import lru_cache
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any, TypeAlias

from birdstatus.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["FORMATS", "Output", "escaped", "write", "yaml_lines", "yaml_scalar"]

# Published parts by name; one object for each node, or with --records for each answer.
Output: TypeAlias = "dict[str, Any] | list[dict[str, Any]]"

_PREFIX = re.compile("[0-9a-f]+[.:][0-9a-f.:]*/[0-9]{1,3}")

EXIT_BROKEN_PIPE = 141  # 128 and SIGPIPE, as a shell tells it


def write(text: str, *, flush: bool = True) -> int:
    """Print a text; the result is 0, or the exit code if its reader has gone."""
    try:
        sys.stdout.write(text)
        if flush:
            sys.stdout.flush()
    except BrokenPipeError:
        # `birdstatus parse ... | head` ends quietly, like any filter. What is still buffered has
        # nowhere to go, and Python would say so at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_BROKEN_PIPE
    return 0


def as_yaml(output: Output) -> str:
    """As YAML in plain ASCII: whatever is not printable is escaped.

    Laid out as PyYAML does, in a tenth of its time: most texts of a status are short and alike.
    """
    if not output:
        return "[]\n" if isinstance(output, list) else "{}\n"
    return "".join(f"{line}\n" for line in yaml_lines(output))


def yaml_lines(value: dict[str, Any] | list[Any]) -> Iterator[str]:
    """An object or a list, of which neither is empty, as lines of YAML."""
    if isinstance(value, dict):
        for key, member in value.items():
            if not member or not isinstance(member, dict | list):
                yield f"{yaml_scalar(key)}: {_yaml_inline(member)}"
                continue
            yield f"{yaml_scalar(key)}:"
            indent = "" if isinstance(member, list) else "  "
            yield from (f"{indent}{line}" for line in yaml_lines(member))
        return
    for member in value:
        if not member or not isinstance(member, dict | list):
            yield f"- {_yaml_inline(member)}"
            continue
        marks = chain(("- ",), repeat("  "))
        yield from (f"{mark}{line}" for mark, line in zip(marks, yaml_lines(member), strict=False))


def _yaml_inline(value: object) -> str:
    return yaml_scalar(value) if isinstance(value, str) else json.dumps(value)


def yaml_scalar(text: str) -> str:
    """A text as it stands in YAML: in quotes where it needs them."""
    # Most texts are prefixes, each another: none of them looks like a number or a time.
    return text if _PREFIX.fullmatch(text) else _yaml_quoted(text)


@lru_cache(1 << 13)
def _yaml_quoted(text: str) -> str:
    import yaml  # noqa: PLC0415 - whoever asks for JSON need not load it

    # The dumper in C is several times as fast; every platform's package of PyYAML has it but a few.
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    dumped: str = yaml.dump(text, Dumper=dumper, width=1 << 20)
    shown = dumped.removesuffix("\n").removesuffix("\n...")
    # A text of several lines depends on where it stands, but for what JSON has in common with YAML.
    return escaped(json.dumps(text)) if "\n" in shown else shown


def as_json(output: Output) -> str:
    """As JSON in plain ASCII."""
    return escaped(json.dumps(output, indent=2)) + "\n"


def escaped(text: str) -> str:
    """JSON without anything that a terminal acts on: JSON itself escapes all but the delete character."""
    return text.replace("\x7f", "\\u007f")


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


def as_jsonl(output: Output) -> str:
    """As JSON, each node or answer on a line of its own."""
    documents = output if isinstance(output, list) else [output]
    return "".join(escaped(json.dumps(document)) + "\n" for document in documents)


FORMATS: dict[str, Callable[[Output], str]] = {
    "yaml": as_yaml,
    "json": as_json,
    "jsonl": as_jsonl,
    "table": as_table,
}
