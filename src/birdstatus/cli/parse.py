"""``birdstatus parse``: what a ``CalicoNodeStatus`` would show of pieces of BIRD output."""

from __future__ import annotations

import re
import shutil
import sys
from contextlib import ExitStack, closing
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from birdstatus.cli.inputs import Input, InputError, failed, inputs_of
from birdstatus.cli.large import FORMS as LARGE_FORMS
from birdstatus.cli.large import Kept, PublishedRoutes
from birdstatus.cli.output import FORMATS, write
from birdstatus.cli.progress import Progress
from birdstatus.cli.streaming import record_lines
from birdstatus.nodes import FAMILIES, Node, Part, nodes_of, with_families
from birdstatus.parse import Command, parse_answers
from birdstatus.projection import node_status
from birdstatus.records import document
from birdstatus.view import daemon_lines

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from birdstatus.cli.large import Form
    from birdstatus.cli.output import Output
    from birdstatus.errors import BirdParseError, ProjectionError
    from birdstatus.models import StatusClass
    from birdstatus.projection import Family

EXIT_OK = 0
EXIT_UNREADABLE = 1

SHOWN_PROBLEMS = 20

# Words that BIRD output has, and most files of a bundle have not; looked for in so many pieces of a file.
_LIKELY = re.compile(
    rb"BIRD |Router ID is |[Nn]ame +[Pp]roto +|[12]00[0-9]-|(?:via|dev|blackhole|unreachable|unicast)[^\n]* \["
    rb"|B\x00I\x00R\x00D|\x00B\x00I\x00R\x00D"
)
_LOOK_FOR = 16

_CLASSES: dict[Command, StatusClass] = {
    Command.STATUS: "Agent",
    Command.PROTOCOLS: "BGP",
    Command.ROUTES: "Routes",
}


def told(text: str) -> None:
    """Say something on standard error."""
    sys.stderr.write(f"birdstatus: {text}\n")


def run(options: argparse.Namespace) -> int:
    """Read the files and print what they say; the result is the exit code."""
    if options.output == "jsonl" and options.records:
        return _streamed(options)
    with ExitStack() as files:
        return _whole(options, files)


def _whole(options: argparse.Namespace, files: ExitStack) -> int:
    """The same for all that is printed at the end; ``files`` are those to be closed."""
    sources = Progress().watched(inputs_of(options.files))
    if options.output in LARGE_FORMS and not options.records and len(options.files) < 2:
        code, sources = _large(sources, LARGE_FORMS[options.output], files)
        if code is not None:
            return code
    reading = Reading()
    reading.read_all(sources)
    parts = with_families(reading.parts, options.family, told)
    if options.records:
        families: dict[int, set[Family | None]] = {}
        for part in parts:
            families.setdefault(id(part.answer), set()).add(part.family)
        output: Output | str = [
            _record(part, families.get(id(part.answer), set())) for part in reading.parts
        ]
    elif options.output == "table":
        output = _tables(parts, options)
    else:
        output = _published(parts, options, reading)
    if output or reading.sound:
        code = write(output if isinstance(output, str) else FORMATS[options.output](output))
        if code:
            return code
    return EXIT_OK if reading.sound else EXIT_UNREADABLE


def _streamed(options: argparse.Namespace) -> int:
    """Each record as soon as it is read, one line each; the result is the exit code."""
    sound = True
    sources = inputs_of(options.files)
    # What goes to a terminal line by line is a sign of life itself.
    for source in sources if sys.stdout.isatty() else Progress().watched(sources):
        problems: list[BirdParseError] = []
        try:
            for line in record_lines(source.chunks(), problems):
                code = write(line, flush=False)
                if code:
                    return code
        except InputError as error:
            told(str(error))
            sound = False
        _tell(source.name, problems)
        sound = sound and not problems
    return write("") or (EXIT_OK if sound else EXIT_UNREADABLE)


def _large(
    sources: Iterator[Input], form: Form, files: ExitStack
) -> tuple[int | None, Iterator[Input]]:
    """Print the routes of a single large input: the exit code, or ``None`` and what is still to be read."""
    first = next(sources, None)
    if first is None or first.is_member:
        return None, chain(filter(None, (first,)), sources)
    try:
        kept = files.enter_context(closing(Kept(first.chunks())))
        code = _write_large(first.name, kept, form) if kept.is_large() else None
    except InputError as error:
        return None, iter((failed(first.name, error),))
    except OSError as error:
        told(f"{first.name}: {error.strerror}: so large a table is sorted in temporary files")
        return EXIT_UNREADABLE, sources
    return code, iter((Input(first.name, lambda: iter(kept)),))


def _write_large(name: str, chunks: Iterable[bytes], form: Form) -> int | None:
    """Print the routes of a large text; ``None`` if it is not a single answer of them."""
    left_out: list[ProjectionError] = []
    problems: list[BirdParseError] = []
    with closing(PublishedRoutes(form, left_out)) as found:
        if not found.read(chunks, problems):
            return None
        code = next(filter(None, (write(text, flush=False) for text in found.texts())), 0)
    _tell(name, problems)
    for error in left_out:
        told(f"left out: {error}")
    return code or write("") or (EXIT_UNREADABLE if problems or left_out else EXIT_OK)


def _tables(parts: Iterable[Part], options: argparse.Namespace) -> str:
    """Every node as tables, below a heading if there are several."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    lines: list[str] = []
    nodes = nodes_of(list(parts), merge=options.merge, split=options.split)
    for node in nodes:
        counting = Node(node.used(told))
        if len(nodes) > 1:
            files = ", ".join(counting.sources)
            lines.append(f"{node.router_id or 'a node'} ({files})")
        for family in FAMILIES:
            report = counting.whole_report(family)
            if report is not None:
                lines += daemon_lines(family, report, width=width, down=options.down)
    return "".join(f"{line}\n" for line in lines)


class Reading:
    """What was read of all inputs; ``sound`` while nothing was wrong with it."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.sound: bool = True

    def read_all(self, sources: Iterable[Input]) -> None:
        """Read inputs; of a bundle's files those that are no BIRD output are passed over and counted."""
        passed = 0
        for source in sources:
            passed += not self.read(source)
        if passed:
            files = "file" if passed == 1 else "files"
            told(f"{passed} {files} passed over: no BIRD output")
        if self.sound and not self.parts:
            told("nothing was found that is BIRD output")
            self.sound = False

    def read(self, source: Input) -> bool:
        """Read one input; whether it is BIRD output as far as anybody expects that of it."""
        problems: list[BirdParseError] = []
        try:
            chunks = source.chunks()
            if source.is_member:
                head = list(islice(chunks, _LOOK_FOR))
                if not any(map(_LIKELY.search, head)):
                    return False
                chunks = chain(head, chunks)
            answers = parse_answers(chunks, problems)
        except InputError as error:
            told(str(error))
            self.sound = False
            return True
        if source.is_member and not any(answer.records for answer in answers):
            return False
        self.parts += [Part(source.name, answer) for answer in answers]
        _tell(source.name, problems if answers else problems[:1])
        self.sound = self.sound and not problems
        if not answers and not problems:
            told(
                f"{source.name}: BIRD's greeting, and no answer to any of the three commands after it"
            )
            self.sound = False
        return True


def _tell(name: str, problems: list[BirdParseError]) -> None:
    for problem in problems[:SHOWN_PROBLEMS]:
        sys.stderr.write(f"{name}:{problem.line}:{problem.column}: {problem.summary}\n")
    if len(problems) > SHOWN_PROBLEMS:
        sys.stderr.write(f"{name}: {len(problems) - SHOWN_PROBLEMS} more problems\n")


def _record(part: Part, families: set[Family | None]) -> dict[str, Any]:
    return {
        "command": part.answer.command.value,
        # An answer of both families names none.
        "family": next(iter(families)) if len(families) == 1 else None,
        "records": document(part.answer.records),
    }


def _published(parts: Iterable[Part], options: argparse.Namespace, reading: Reading) -> Output:
    left_out: list[ProjectionError] = []
    nodes = nodes_of(list(parts), merge=options.merge, split=options.split)
    statuses = [published(node, left_out) for node in nodes]
    for error in left_out:
        told(f"left out: {error}")
    if left_out or (nodes and not any(statuses)):
        reading.sound = False
    if len(nodes) < 2:
        return statuses[0] if statuses else {}
    return [
        {"node": node.router_id, "sources": _sources(node), **status}
        for node, status in zip(nodes, statuses, strict=True)
    ]


def published(node: Node, left_out: list[ProjectionError]) -> dict[str, Any]:
    """The classes of a node's status of which there are answers; what does not count is told."""
    used = node.used(told)
    counting = Node(used)
    output: dict[str, Any] = {}
    for command, name in _CLASSES.items():
        if command not in counting.commands():
            # A daemon of which nobody brought this answer is left out, not shown as silent.
            continue
        v4, v6 = (counting.report(family, command) for family in (4, 6))
        output |= node_status(v4, v6, (name,), left_out).model_dump(mode="json")
    return output


def _sources(node: Node) -> list[dict[str, Any]]:
    return [
        {
            "file": part.source,
            "line": part.answer.begun.line,
            "command": part.answer.command.value,
            "family": part.family,
        }
        for part in node.used()
    ]
