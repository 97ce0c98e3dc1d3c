"""Completion of ``kubectl birdstatus``: what kubectl asks of a program named ``kubectl_complete-birdstatus``.

kubectl hands over the words behind ``birdstatus``, the last of them as far as it is typed, and reads one
candidate a line, then a line with a directive (cobra's ``ShellCompDirective``: spf13/cobra, completions.go).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from reporter.fleet.cli import COMMANDS, command_place, parsers

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Sequence

__all__ = ["candidates", "main"]

_FILES_TOO, _NO_FILES = 0, 4


def candidates(words: Sequence[str]) -> tuple[list[str], int]:
    """What may stand in place of the last word, and cobra's directive."""
    *before, typed = words or [""]
    place = command_place(before)
    parser = parsers()[1].get(before[place] if place is not None else COMMANDS[0])
    if parser is None:
        return [], _NO_FILES
    flags = {name: action for action in parser._actions for name in action.option_strings}  # noqa: SLF001
    flag = flags.get(before[-1]) if before else None
    found: Iterable[str]
    directive = _NO_FILES
    if flag is not None and flag.nargs != 0:
        found = map(str, flag.choices or ())
        directive = _files(flag)
    elif typed.startswith("-"):
        found = [name for name in flags if name.startswith("--")]
    elif place is None:
        found = COMMANDS
    else:
        found = ()
        positional = (action for action in parser._actions if not action.option_strings)  # noqa: SLF001
        directive = _files(next(positional, None))
    return sorted(name for name in found if name.startswith(typed)), directive


def _files(action: argparse.Action | None) -> int:
    return _FILES_TOO if hasattr(action, "complete") else _NO_FILES


def main() -> int:
    """Print what kubectl asks for; the exit code."""
    found, directive = candidates(sys.argv[1:])
    sys.stdout.write("".join(f"{name}\n" for name in [*found, f":{directive}"]))
    return 0
