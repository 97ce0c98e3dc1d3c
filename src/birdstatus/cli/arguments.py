"""What the commands have in common: help that is laid out alike, ``--version``, completion for shells.

The commands of the reporter use it too.
"""

from __future__ import annotations

import argparse
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import birdstatus

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "SHELLS",
    "HelpFormatter",
    "add_completion",
    "add_version",
    "checked",
    "completes_files",
    "print_completion",
]

SHELLS = ("bash", "fish", "zsh")

_COMPLETION_EXAMPLES = """\
examples:
  {program} completion bash > ~/.local/share/bash-completion/completions/{program}
  {program} completion zsh > ~/.zfunc/_{program}        and in ~/.zshrc: fpath+=~/.zfunc
  {program} completion fish > ~/.config/fish/completions/{program}.fish
"""


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Flags in one column, at most 100 columns wide; texts of several lines stay as they are written."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=34, width=100)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if "\n" in text:
            return super()._fill_text(text, width, indent)
        return textwrap.fill(text, width, initial_indent=indent, subsequent_indent=indent)


def checked(read: Callable[[str], Any]) -> Callable[[str], Any]:
    """A reader of a flag's value; what is wrong with it, its ``ValueError``, argparse shows after the value."""

    def read_checked(text: str) -> Any:  # noqa: ANN401 - what `read` gives
        try:
            return read(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{text!r}: {error}") from None

    return read_checked


def add_version(parser: argparse.ArgumentParser) -> None:
    """Give a command ``--version``."""
    parser.add_argument(
        "--version", action="version", version=f"{parser.prog} {birdstatus.__version__}"
    )


def completes_files(argument: argparse.Action) -> None:
    """Have shells complete this argument with names of files."""
    # As `shtab.FILE`: its table of what each shell calls to name files.
    argument.complete = {  # type: ignore[attr-defined]
        "bash": "_shtab_compgen_files",
        "zsh": "_files",
        "fish": "(__fish_complete_path (commandline -ct))",
    }


def add_completion(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], program: str
) -> argparse.ArgumentParser:
    """Give a command ``completion SHELL``, to be run by :func:`print_completion`."""
    command = commands.add_parser(
        "completion",
        help="print completion for a shell",
        description="Prints what makes a shell complete commands and flags.",
        epilog=_COMPLETION_EXAMPLES.format(program=program),
        formatter_class=HelpFormatter,
    )
    command.add_argument("shell", choices=SHELLS)
    return command


def print_completion(parser: argparse.ArgumentParser, shell: str) -> int:
    """Print the completion of a command for one of :data:`SHELLS`; the exit code."""
    import shtab  # noqa: PLC0415 - nothing else needs it

    sys.stdout.write(shtab.complete(parser, shell) + "\n")
    return 0
