"""The command ``birdstatus``: the one part of the library that opens files and prints."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from birdstatus.cli import diff, parse
from birdstatus.cli.arguments import (
    HelpFormatter,
    add_completion,
    add_version,
    completes_files,
    print_completion,
)
from birdstatus.cli.output import FORMATS

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main", "make_parser"]

EXIT_INTERRUPTED = 130  # 128 and SIGINT, as a shell tells it

_EXAMPLES = """\
examples:
  birdc show protocols all | birdstatus parse -o table     the sessions of this host
  birdstatus parse --help                                  its flags, and more examples
"""
_PARSE_EXAMPLES = """\
examples:
  birdstatus parse ticket.txt                   what a CalicoNodeStatus would show of a paste
  kubectl exec -n calico-system POD -c calico-node -- birdcl -s /var/run/calico/bird.ctl show protocols all |
    birdstatus parse -o table --down            the sessions that are not established
  birdstatus parse node-a.txt node-b.txt        two nodes: one status each
  birdstatus parse -o table bundle.tar.gz       every node of a support bundle
  birdstatus parse --records -o jsonl routes.txt.gz    what BIRD said, a line for each record
"""
_DIFF_EXAMPLES = """\
examples:
  birdstatus diff before.txt after.txt          sessions and routes that changed
  birdstatus diff -o json monday.tar.gz tuesday.tar.gz
  kubectl get caliconodestatus NAME -o yaml | birdstatus diff before.yaml -
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    options = make_parser().parse_args(arguments)
    try:
        code: int = options.run(options)
    except KeyboardInterrupt:
        sys.stderr.write("\n")
        return EXIT_INTERRUPTED
    return code


def make_parser() -> argparse.ArgumentParser:
    """The parser of the whole command."""
    parser = argparse.ArgumentParser(
        prog="birdstatus",
        description="Reads what BIRD prints, as a CalicoNodeStatus shows it.",
        epilog=_EXAMPLES,
        formatter_class=HelpFormatter,
    )
    add_version(parser)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_parse(commands)
    _add_diff(commands)
    completion = add_completion(commands, parser.prog)
    completion.set_defaults(run=lambda options: print_completion(parser, options.shell))
    return parser


def _add_parse(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "parse",
        help="read BIRD output and print agent, bgp and routes",
        description="Reads the output of `show status`, `show protocols [all]` and `show route [all]`: "
        "socket bytes, `birdc -v` or plain `birdc`, as it came or as people paste it, several answers "
        "in one file, compressed files, directories and tar archives. Answers that contradict each "
        "other are several nodes', with one status each. Of several answers about one thing in a file "
        "the last counts. Exit code 1, and FILE:LINE:COLUMN, where something could not be read; what "
        "could be read is printed all the same.",
        epilog=_PARSE_EXAMPLES,
        formatter_class=HelpFormatter,
    )
    command.add_argument(
        "-o",
        "--output",
        choices=sorted(FORMATS),
        default="yaml",
        help="form of the result (default: yaml)",
    )
    _add_family(command)
    command.add_argument(
        "--records", action="store_true", help="print all that BIRD said, not what Calico shows"
    )
    command.add_argument("--down", action="store_true", help="table: only what is not well")
    nodes = command.add_mutually_exclusive_group()
    nodes.add_argument("--merge", action="store_true", help="all answers are one node's")
    nodes.add_argument("--split", action="store_true", help="each file is a node of its own")
    files = command.add_argument(
        "files",
        metavar="FILE",
        nargs="*",
        help="a file, directory or archive; - or none: standard input",
    )
    completes_files(files)
    command.set_defaults(run=parse.run)


def _add_family(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--family",
        type=int,
        choices=(4, 6),
        help="of answers that do not tell their family (default: IPv4, or as others of the node tell)",
    )


def _add_diff(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "diff",
        help="what changed between two snapshots",
        description="Compares two snapshots of a node or of several: BIRD output in any form that "
        "`parse` reads, or CalicoNodeStatus objects in YAML or JSON. Exit code 0: the same; 1: something "
        "changed; 2: a snapshot cannot be read.",
        epilog=_DIFF_EXAMPLES,
        formatter_class=HelpFormatter,
    )
    command.add_argument(
        "-o",
        "--output",
        choices=("json", "text"),
        default="text",
        help="form of the result (default: text)",
    )
    command.add_argument(
        "--most",
        type=int,
        default=20,
        metavar="N",
        help="show this many routes of each kind (default: 20)",
    )
    _add_family(command)
    old = command.add_argument(
        "old", metavar="OLD", help="the earlier snapshot; - is standard input"
    )
    new = command.add_argument("new", metavar="NEW", help="the later one")
    completes_files(old)
    completes_files(new)
    command.set_defaults(run=diff.run, merge=False, split=False)
