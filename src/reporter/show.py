"""``birdstatus-reporter show``: this node for a person, straight from BIRD, as tables that fit a terminal.

How a daemon looks is the library's: :mod:`birdstatus.view` makes every text of BIRD's safe to show, for
a peer chooses part of it. Here is what only a live look has: which node, when, what could not be read.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from platform import node as host_name
from typing import TYPE_CHECKING, Any

from birdstatus import CalicoNodeStatusStatus, node_status
from birdstatus.printable import printable
from birdstatus.projection import daemon_status, peers
from birdstatus.table import wrapped
from birdstatus.view import ESTABLISHED, daemon_lines, session_details, sessions_of
from reporter.bird.snapshot import FAMILIES, SocketBird
from reporter.output import print_documents

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence

    from birdstatus.models import StatusClass
    from birdstatus.projection import Family
    from reporter.bird.snapshot import FamilyAnswer, Snapshot
    from reporter.settings import Settings

__all__ = ["EXIT_CODES", "NOT_READ", "NOT_WELL", "WELL", "View", "show", "show_once"]

WELL, NOT_WELL, NOT_READ = 0, 1, 3
EXIT_CODES = """\
exit codes:
  0  every daemon is ready and every session established
  1  a daemon is not ready, or a session is not established
  2  wrong usage
  3  nothing wrong was seen, but a daemon could not be read: no socket, no permission
"""

# Failures of the daemon itself. After any other nothing is known of it.
_OF_THE_DAEMON = frozenset({"refused", "timeout", "cut_off", "bird_error"})
_GREEN, _RED = "\x1b[32m", "\x1b[1;31m"
_PLAIN = "\x1b[0m"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_TO_THE_END = "\x1b[J"


@dataclass(frozen=True, slots=True)
class View:
    """What is shown of one snapshot: these classes of these families, seen on a node at a time."""

    snapshot: Snapshot
    classes: Sequence[StatusClass]
    families: Sequence[Family]
    node: str
    time: datetime

    @property
    def exit_code(self) -> int:
        """As :data:`EXIT_CODES` says."""
        answers = self._answers.values()
        failures = [answer.failure.reason for answer in answers if answer.failure]
        if not _OF_THE_DAEMON.isdisjoint(failures) or not all(map(_seems_well, answers)):
            return NOT_WELL
        return NOT_READ if failures or not answers else WELL

    @property
    def status(self) -> CalicoNodeStatusStatus:
        """The status as it would be published."""
        answers = self._answers
        v4, v6 = (answers[family].report if family in answers else None for family in FAMILIES)
        return node_status(v4, v6, self.classes)

    def document(self) -> dict[str, Any]:
        """The status as published, with what the resource has no room for beside it."""
        details: dict[str, Any] = {"node": self.node, "lookedAt": _rfc3339(self.time)}
        for family, answer in self._answers.items():
            if "BGP" in self.classes:
                sessions = map(session_details, sessions_of(answer.report.protocols))
                details[f"sessionsV{family}"] = [
                    {name: value for name, value in session.items() if value not in {"", None}}
                    for session in sessions
                ]
            if answer.failure:
                details[f"failureV{family}"] = answer.failure.text
        return {**self.status.model_dump(mode="json"), "details": details}

    def lines(
        self,
        width: int | None = None,
        *,
        down: bool = False,
        paint: Callable[[str], str] | None = None,
    ) -> list[str]:
        """The status as lines of text; with ``down`` only what is not well."""
        lines = [f"{printable(self.node)}  {_rfc3339(self.time)}"]
        lines += wrapped(self._totals(), width)
        for family, answer in self._answers.items():
            report = answer.report
            found = daemon_lines(
                family,
                report if "BGP" in self.classes else replace(report, protocols=None),
                width=width,
                down=down,
                notes=_notes(family, answer),
                paint=paint,
            )
            lines += ["", *found] if found else []
        if down and len(lines) < 3:
            lines.append("nothing is down")
        return lines

    @property
    def _answers(self) -> dict[Family, FamilyAnswer]:
        return {
            family: answer
            for family, answer in self.snapshot.answers.items()
            if family in self.families
        }

    def _totals(self) -> str:
        parts = []
        for family, answer in self._answers.items():
            if answer.report.protocols is None:
                parts.append(f"IPv{family} sessions unknown")
                continue
            found = peers(answer.report.protocols)
            established = sum(peer.state == ESTABLISHED for peer in found)
            parts.append(f"IPv{family} {established} of {len(found)} sessions established")
        return ", ".join(parts) or "no daemon of this family"


def _seems_well(answer: FamilyAnswer) -> bool:
    """Whether nothing is wrong with what could be read."""
    found = peers(answer.report.protocols or ())
    is_ready = answer.failure is not None or daemon_status(answer.report).state == "Ready"
    return is_ready and all(peer.state == ESTABLISHED for peer in found)


def _notes(family: Family, answer: FamilyAnswer) -> Iterator[str]:
    if answer.failure:
        yield answer.failure.text
        if answer.failure.reason == "no_socket":
            other: Family = 6 if family == 4 else 4
            yield f"if this node has no IPv{family} daemon: --family {other}"
    if answer.left_out:
        yield (
            f"{len(answer.left_out)} rows cannot be read, the first: {answer.left_out[0].summary}"
        )


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def show(settings: Settings, parsed: argparse.Namespace) -> int:
    """Run the command; the exit code."""
    bird = SocketBird.from_settings(settings)
    classes = parsed.classes or ["Agent", "BGP"]
    families = FAMILIES if parsed.family is None else (parsed.family,)
    node = settings.node_name or host_name()

    def look() -> View:
        return View(bird.collect(classes), classes, families, node, datetime.now(UTC))

    view = look()
    if parsed.output != "table":
        print_documents([view.document()], parsed.output)
        return view.exit_code

    def draw(view: View) -> list[str]:
        return view.lines(_width(), down=parsed.down, paint=_paint())

    lines = draw(view)
    if parsed.watch is None:
        _write(lines)
        return view.exit_code
    try:
        drawn = _redraw(lines, 0)
        while True:
            time.sleep(parsed.watch)
            view = look()
            drawn = _redraw(draw(view), drawn)
    except KeyboardInterrupt:
        return view.exit_code


def show_once(bird: SocketBird, node: str) -> int:
    """Show daemons, sessions and routes of both families; the exit code."""
    classes: tuple[StatusClass, ...] = ("Agent", "BGP", "Routes")
    view = View(bird.collect(classes), classes, FAMILIES, node, datetime.now(UTC))
    _write(view.lines(_width(), paint=_paint()))
    return view.exit_code


def _width() -> int | None:
    """The width of the terminal; None for a pipe, in which no line is broken."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def _paint() -> Callable[[str], str] | None:
    return _in_colour if sys.stdout.isatty() and not os.environ.get("NO_COLOR") else None


def _write(lines: Sequence[str]) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))


def _in_colour(cell: str) -> str:
    colour = _GREEN if cell.rstrip() in {"Ready", ESTABLISHED} else _RED
    return f"{colour}{cell}{_PLAIN}"


def _redraw(lines: list[str], drawn: int) -> int:
    """Draw over what was drawn, as much as the terminal holds; how many of its lines that takes."""
    columns, rows = shutil.get_terminal_size()
    shown: list[str] = []
    height = 0
    for line in lines:
        needed = max(1, -(-len(_COLOUR.sub("", line)) // columns))
        # The last line is for the cursor, the one above says that there is more.
        if height + needed > rows - 2:
            shown.append("... more below: make the terminal higher, or give --down")
            height += 1
            break
        shown.append(line)
        height += needed
    up = f"\x1b[{drawn}A\r" if drawn else ""
    sys.stdout.write(f"{up}{_TO_THE_END}" + "".join(f"{line}\n" for line in shown))
    sys.stdout.flush()
    return height
