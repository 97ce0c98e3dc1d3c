"""The command ``kubectl birdstatus``, which is also ``birdstatus-reporter fleet``."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from birdstatus.cli.arguments import HelpFormatter, add_version, checked, completes_files
from reporter.fleet.durations import duration
from reporter.fleet.label_selector import label_selector
from reporter.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["COMMANDS", "EXIT_CODES", "command_place", "main", "parse", "parsers"]

PROGRAM = "kubectl birdstatus"
EXIT_CODES = """\
exit codes:
  0  right
  1  something is wrong: a finding of severity error or warning
  2  wrong usage, or a file that cannot be read
  3  nothing wrong was found, but part of the cluster is unknown, or it could not be looked at
"""
_DESCRIPTION = """\
What is wrong with the BGP of this cluster: which sessions are down, which side says so, why, and which
node cannot reach which pods. It reads what a reporter wrote into CalicoNodeStatus objects, Calico's own
or this package's; without any, --collect has them filled for the length of the command.
"""
_EXAMPLES = {
    "check": """\
  kubectl birdstatus                            what is wrong, by cause
  kubectl birdstatus --collect                  without any reporter in the cluster
  kubectl birdstatus check --wait 2m            after a change: wait until all is right
  kubectl birdstatus -f bundle.tar.gz -o json   from files
""",
    "sessions": """\
  kubectl birdstatus sessions --down            both ends of every session that is not up
  kubectl birdstatus sessions --node node-a --type NodeMesh
""",
    "matrix": """\
  kubectl birdstatus matrix                     of many nodes only where something is wrong
  kubectl birdstatus matrix -l rack=7
""",
    "route": """\
  kubectl birdstatus route 10.244.1.7           who owns it, and who cannot get there
  kubectl birdstatus route 10.244.1.0/26 -o json
""",
    "expected": """\
  kubectl birdstatus expected --node node-a     what Calico's resources ask of it
""",
    "page": """\
  kubectl birdstatus page cluster.html          for a ticket: it loads nothing
""",
    "serve": """\
  kubectl birdstatus serve                      http://127.0.0.1:9099/
  kubectl birdstatus serve --listen :9099 --every 30s
""",
}
_TYPES = ("NodeMesh", "NodePeer", "GlobalPeer")


def _address(text: str) -> tuple[str, int]:
    host, separator, port = text.rpartition(":")
    if not separator or not (port.isascii() and port.isdigit()) or int(port) > 65535:
        raise ValueError("must be HOST:PORT or :PORT")
    return host.strip("[]"), int(port)


def _common() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    source = common.add_argument_group("where to look")
    files = source.add_argument(
        "-f", "--filename", type=Path, action="append", metavar="FILE",
        help="look at objects in a file, a folder or an archive instead of a cluster, as kubectl get -o json "
        "or -o yaml prints them; - is standard input; may be repeated",
    )  # fmt: skip
    completes_files(files)
    kubeconfig = source.add_argument(
        "--kubeconfig",
        metavar="FILE",
        help="kubeconfig file (default: ~/.kube/config, else the pod's ServiceAccount) [env: KUBECONFIG]",
    )
    completes_files(kubeconfig)
    source.add_argument(
        "--context", metavar="NAME", help="context of the kubeconfig (default: its current one)"
    )
    source.add_argument(
        "--request-timeout", type=checked(duration), default=30.0, metavar="TIME",
        help="how long one request may take, such as 10s or 1m; 0 means no limit (default: 30s)",
    )  # fmt: skip
    source.add_argument(
        "--api-group", choices=("projectcalico.org/v3", "crd.projectcalico.org/v1"),
        help="only this group of Calico's resources (default: both, discovered) [env: CALICO_API_GROUP]",
    )  # fmt: skip
    source.add_argument(
        "-l", "--selector", type=checked(label_selector), metavar="SELECTOR",
        help="only nodes with these labels, such as rack=7,!spare",
    )  # fmt: skip
    source.add_argument(
        "--collect", action="store_true",
        help="create a CalicoNodeStatus for each node that has none, wait until they are filled, and remove "
        "them at the end",
    )  # fmt: skip
    source.add_argument(
        "--collect-timeout", type=checked(duration), default=60.0, metavar="TIME",
        help="how long to wait for them (default: 1m)",
    )  # fmt: skip
    source.add_argument(
        "-y", "--yes", action="store_true", help="do not ask before --collect on many nodes"
    )
    return common


def parsers() -> tuple[argparse.ArgumentParser, dict[str, argparse.ArgumentParser]]:
    """The parser of the whole command, and that of each of :data:`COMMANDS`."""
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        usage=f"{PROGRAM} [COMMAND] [FLAGS]",
        description=_DESCRIPTION,
        epilog=f"examples:\n{_EXAMPLES['check']}{_EXAMPLES['sessions']}{_EXAMPLES['route']}\n{EXIT_CODES}",
        formatter_class=HelpFormatter,
    )
    add_version(parser)
    common = _common()
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command", prog=PROGRAM)

    made: dict[str, argparse.ArgumentParser] = {}

    def command(name: str, about: str) -> argparse.ArgumentParser:
        made[name] = commands.add_parser(
            name, help=about, description=f"{about[0].upper()}{about[1:]}.",
            epilog=f"examples:\n{_EXAMPLES[name]}\n{EXIT_CODES}",
            parents=[common], formatter_class=HelpFormatter,
        )  # fmt: skip
        return made[name]

    check = command("check", "what is wrong, by cause (the default)")
    _add_output(check, "wide", "json", "yaml")
    check.add_argument(
        "-w", "--watch", action="store_true", help="go on, and print the answer whenever it changes"
    )
    check.add_argument(
        "--wait", type=checked(duration), metavar="TIME",
        help="look again until all is right, for so long at most, such as 2m",
    )  # fmt: skip

    sessions = command("sessions", "every session of every node, both sides in one row")
    _add_output(sessions, "json", "yaml")
    sessions.add_argument("--node", metavar="NAME", help="only those of this node")
    sessions.add_argument("--down", action="store_true", help="only those that are not up")
    sessions.add_argument("--type", choices=_TYPES, help="only those of this type")
    sessions.add_argument("--peer", metavar="NAME|ADDRESS", help="only those with this peer")

    matrix = command("matrix", "nodes by nodes, one sign for each pair")
    _add_output(matrix, "json", "yaml")

    route = command("route", "who owns an address, and which node cannot get there, and why")
    _add_output(route, "json", "yaml")
    route.add_argument("destination", metavar="ADDRESS|PREFIX")

    expected = command("expected", "the sessions that should be")
    _add_output(expected, "json", "yaml")
    expected.add_argument("--node", metavar="NAME", help="only those of this node")

    page = command("page", "write the answer as one HTML file that loads nothing")
    file = page.add_argument("file", type=Path, metavar="FILE", help="- is standard output")
    completes_files(file)

    serve = command("serve", "serve the page, /fleet.json, /healthz and /metrics, kept current")
    serve.add_argument(
        "--listen", default=("127.0.0.1", 9099), type=checked(_address), metavar="HOST:PORT",
        help="where to serve (default: 127.0.0.1:9099; :9099 is every address)",
    )  # fmt: skip
    serve.add_argument(
        "--every", type=checked(duration), default=10.0, metavar="TIME",
        help="the answer is at most so old while statuses change (default: 10s)",
    )  # fmt: skip
    return parser, made


def _add_output(parser: argparse.ArgumentParser, *choices: str) -> None:
    parser.add_argument(
        "-o", "--output", choices=choices, help="form of the result (default: text for people)"
    )


COMMANDS = ("check", "sessions", "matrix", "route", "expected", "page", "serve")


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The arguments; the command may stand anywhere among the flags, and is ``check`` if there is none.

    Raises:
        SystemExit: wrong usage (2), or help (0).
    """
    parser, _ = parsers()
    words = list(arguments)
    place = command_place(words)
    if place is not None:
        words.insert(0, words.pop(place))
    elif not {"-h", "--help", "--version"} & set(words):
        words.insert(0, "check")
    parsed = parser.parse_args(words)
    problem = _conflict(parsed)
    if problem:
        parser.error(problem)
    return parsed


# Flags that no value follows.
_SWITCHES = {"-w", "--watch", "--down", "--collect", "-y", "--yes", "-h", "--help", "--version"}


def command_place(words: Sequence[str]) -> int | None:
    """Where the first word stands that is neither a flag nor a flag's value: the command."""
    is_value = False
    for place, word in enumerate(words):
        if is_value:
            is_value = False
        elif word.startswith("-") and word != "-":
            # Both `--flag value` and `--flag=value`; of a short flag also `-fvalue`.
            has_value = "=" in word if word.startswith("--") else len(word) > 2
            is_value = not has_value and word not in _SWITCHES
        else:
            return place
    return None


def _conflict(parsed: argparse.Namespace) -> str:
    """What cannot be asked together; empty if all can."""
    if parsed.filename:
        for name in ("context", "kubeconfig", "collect", "watch", "wait"):
            if getattr(parsed, name, None):
                return f"--{name} is about a cluster, --filename is not: give one of them"
        if parsed.command == "serve":
            return "serve keeps a cluster current; with --filename use page"
    if getattr(parsed, "watch", False) and getattr(parsed, "wait", None) is not None:
        return "--watch never ends, --wait does: give one of them"
    if parsed.collect and (parsed.command == "serve" or getattr(parsed, "watch", False)):
        return "what goes on for ever needs CalicoNodeStatus objects that stay, not --collect"
    return ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code, as :data:`EXIT_CODES` says."""
    parsed = parse(sys.argv[1:] if arguments is None else arguments)
    # What follows loads the library, and, if there is no --filename, the official client.
    from reporter.fleet.run import UNKNOWN, run, say  # noqa: PLC0415

    redactor = Redactor()
    try:
        return run(parsed, os.environ, redactor)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:
        # Who read the output has seen enough; keep Python from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except Exception as error:  # noqa: BLE001 - a traceback could show a secret
        say(f"a fault in this program itself; please report it: {redactor.describe(error)}")
        return UNKNOWN
