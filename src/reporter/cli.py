"""The command ``birdstatus-reporter``."""

from __future__ import annotations

import argparse
import os
import queue
import signal
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import ValidationError

from birdstatus import CalicoNodeStatus
from birdstatus.cli.arguments import (
    HelpFormatter,
    add_completion,
    add_version,
    checked,
    completes_files,
    print_completion,
)
from birdstatus.errors import printable
from reporter.bird.recorded import RELEASES, recorded_mesh
from reporter.bird.snapshot import FAMILIES, SocketBird
from reporter.fleet.cli import main as fleet_main
from reporter.fleet.demo import demo_cluster
from reporter.kube.api import ApiError, NoCredentialsError
from reporter.kube.crd import GROUP_VERSIONS, custom_resource_definition
from reporter.kube.resource import NodeStatusObject
from reporter.kube.watch import objects_of
from reporter.logs import FAULT, log_lines
from reporter.output import print_documents
from reporter.redaction import Redactor
from reporter.settings import NAMED_AFTER_NODE, Settings, add_flags, seconds, settings_from
from reporter.show import EXIT_CODES, show, show_once
from reporter.status.build import build_status
from reporter.status.patch import merge_body, merge_patch

if TYPE_CHECKING:
    import logging
    from collections.abc import Sequence

    from birdstatus import CalicoNodeStatusSpec
    from reporter.kube.client import KubeApi

__all__ = ["main", "make_parser"]

PROGRAM = "birdstatus-reporter"
# After a signal the loop has so long, in seconds, to end what it is doing.
_GRACE = 1.5
# What ends it in order.
_ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class _Refused(Exception):  # noqa: N818 - ends the command with a line on standard error
    """The command cannot do what it was asked; one line says why and what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code.

    0: done. 1: it could not be done, one line on standard error says why. 2: wrong usage.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    if words[:1] == ["fleet"]:
        # A command of its own, which kubectl finds by another name: its flags are kubectl's.
        return fleet_main(words[1:])
    parser = make_parser()
    parsed = parser.parse_args(words)
    try:
        settings = settings_from(parsed, os.environ)
    except ValueError as error:
        parser.error(str(error))
    # What reads credentials teaches it what to hide; nothing else has to know.
    parsed.redactor = redactor = Redactor()
    try:
        with log_lines(settings.log_format, redactor) as parsed.log:
            return int(parsed.run(settings, parsed))
    except _Refused as refused:
        _warn(str(refused))
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:
        # Who read the output has seen enough; keep Python from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:  # noqa: BLE001 - a traceback could show a secret
        _warn(f"{FAULT}: {redactor.describe(error)}")
        return 1


_EXAMPLES = """\
examples:
  birdstatus-reporter show                 this node, for a person
  birdstatus-reporter run --node-name "$(hostname)"
  birdstatus-reporter COMMAND --help       its flags, and more examples
"""
_RUN_EXAMPLES = """\
examples:
  birdstatus-reporter run --node-name node-a
  birdstatus-reporter run --node-name node-a --bird-socket /run/bird/bird.ctl --listen off
  birdstatus-reporter run --log-format json --heartbeat change
"""
_ONCE_EXAMPLES = """\
examples:
  birdstatus-reporter once --node-name node-a            write every object of this node, once
  birdstatus-reporter once -f status.yaml --dry-run      no cluster: print what would be written
  kubectl get caliconodestatus NAME -o yaml | birdstatus-reporter once -f - --dry-run -o json

exit codes:
  0  reported, though a daemon may be NotReady: that is a report
  1  neither daemon could be read, or the object could not be written
  2  wrong usage
"""
_SHOW_EXAMPLES = f"""\
examples:
  birdstatus-reporter show                         daemons and sessions, what is wrong first
  birdstatus-reporter show --down --family 4       only what is not well, of IPv4
  birdstatus-reporter show --class Routes          the routes
  birdstatus-reporter show --watch                 refreshed in place
  birdstatus-reporter show -o json | jq '.bgp.numberNotEstablishedV4'

{EXIT_CODES}"""
_DEMO_EXAMPLES = """\
examples:
  birdstatus-reporter demo              the object of a node in a recorded mesh of three
  birdstatus-reporter demo -o table     the same, as `show` shows it
  birdstatus-reporter demo --cluster | kubectl birdstatus -f -
"""
_CRD_EXAMPLES = """\
examples:
  birdstatus-reporter crd | kubectl apply -f -
  birdstatus-reporter crd --group v1 --no-status-subresource > definition.yaml
"""


def make_parser() -> argparse.ArgumentParser:
    """The parser of the whole command."""
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description="Report what this node's BIRD daemons say as CalicoNodeStatus.",
        epilog=_EXAMPLES,
        formatter_class=HelpFormatter,
    )
    add_version(parser)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(
        name: str, about: str, epilog: str, description: str = ""
    ) -> argparse.ArgumentParser:
        return commands.add_parser(
            name,
            help=about,
            description=description or f"{about[0].upper()}{about[1:]}.",
            epilog=epilog,
            formatter_class=HelpFormatter,
        )

    run = command("run", "the agent: serve this node's objects until it is stopped", _RUN_EXAMPLES)
    add_flags(run, "node", "api", "bird", "report", "run")
    run.set_defaults(run=_run)

    once = command("once", "one report, then exit", _ONCE_EXAMPLES)
    file = once.add_argument(
        "-f", "--file", type=Path, metavar="FILE",
        help="a CalicoNodeStatus to report for; - is standard input (default: all of this node)",
    )  # fmt: skip
    completes_files(file)
    once.add_argument(
        "--dry-run", action="store_true", help="write nothing; with -f no cluster is needed"
    )
    _add_output(once)
    add_flags(once, "node", "api", "bird", "report")
    once.set_defaults(run=_once)

    shown = command("show", "this node's status for a person, straight from BIRD", _SHOW_EXAMPLES)
    shown.add_argument(
        "-o", "--output", choices=("table", "yaml", "json"), default="table",
        help="form of the result (default: table)",
    )  # fmt: skip
    shown.add_argument(
        "--class", dest="classes", action="append", choices=("Agent", "BGP", "Routes"),
        help="what to show, may be repeated (default: Agent and BGP)",
    )  # fmt: skip
    shown.add_argument("--down", action="store_true", help="table: only what is not well")
    shown.add_argument("--family", type=int, choices=FAMILIES, help="only this one (default: both)")
    shown.add_argument(
        "--watch", type=checked(seconds), nargs="?", const=2.0, metavar="SECONDS",
        help="table: refresh in place, every 2 seconds if no other is given (default: show once)",
    )  # fmt: skip
    add_flags(shown, "node", "bird")
    shown.set_defaults(run=show)

    demo = command(
        "demo", "report a recorded mesh, with no BIRD, no cluster and no root", _DEMO_EXAMPLES
    )
    demo.add_argument(
        "-o", "--output", choices=("yaml", "json", "table"), default="yaml",
        help="form of the result; table: as `show` shows it (default: yaml)",
    )  # fmt: skip
    demo.add_argument(
        "--bird", type=int, choices=RELEASES, default=RELEASES[0], metavar="RELEASE",
        help="the BIRD of the mesh: 1, or 3, one daemon for both families (default: 1)",
    )  # fmt: skip
    demo.add_argument(
        "--cluster", action="store_true",
        help="print the objects of a small cluster in which something is wrong, for kubectl birdstatus -f -",
    )  # fmt: skip
    demo.set_defaults(run=_demo)

    commands.add_parser(
        "fleet", help="what is wrong with the cluster's BGP; also: kubectl birdstatus"
    )

    crd = command(
        "crd",
        "print the CustomResourceDefinition, for clusters without Calico's own",
        _CRD_EXAMPLES,
    )
    crd.add_argument(
        "--group", choices=sorted(GROUP_VERSIONS), default="v3",
        help="projectcalico.org/v3, or crd.projectcalico.org/v1 (default: v3)",
    )  # fmt: skip
    crd.add_argument(
        "--no-status-subresource", action="store_true", help="as in Calico up to v3.32"
    )
    crd.set_defaults(run=_crd)

    completion = add_completion(commands, PROGRAM)
    completion.set_defaults(run=lambda _, parsed: print_completion(parser, parsed.shell))
    return parser


def _add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-o", "--output", choices=("yaml", "json"), default="yaml",
        help="form of the result (default: yaml)",
    )  # fmt: skip


def _run(settings: Settings, parsed: argparse.Namespace) -> int:
    # The signal that ended it, or None from a loop that ended by itself. Unlike a lock or an event,
    # this queue may be put into by a signal's handler at any moment of waiting for it.
    ended: queue.SimpleQueue[int | None] = queue.SimpleQueue()

    def stop(number: int, _: object) -> None:
        # A second signal finds the default action, and ends the process at once.
        signal.signal(number, signal.SIG_DFL)
        ended.put(number)

    # First of all: as the first process of a container it would not get them without a handler.
    for number in _ENDING:
        # `nohup` has it ignored, and that stays.
        if signal.getsignal(number) != signal.SIG_IGN or number != signal.SIGHUP:
            signal.signal(number, stop)
    # Only here is the whole agent needed; the other commands start faster without.
    from reporter.agent.controller import Reporter  # noqa: PLC0415
    from reporter.agent.health import HealthServer  # noqa: PLC0415

    _need_node_name(settings)
    log: logging.Logger = parsed.log
    api = _connect(settings, parsed.redactor)
    reporter = Reporter(settings, api, SocketBird.from_settings(settings), log)

    def work() -> None:
        try:
            reporter.run()
        except Exception:
            log.exception(FAULT)
        finally:
            ended.put(None)

    loop = threading.Thread(target=work, name="loop", daemon=True)
    server = None
    if settings.listen is not None:
        try:
            server = HealthServer(
                reporter,
                settings.listen,
                trouble=lambda: api.trouble,
            )
        except OSError as error:
            host, port = settings.listen
            raise _Refused(
                f"cannot listen on {host}:{port}: {os.strerror(error.errno or 0)}; see --listen"
            ) from None
        server.start()
        log.info("metrics and health on port %d", server.port)
    log.info("reporting for node %s", printable(settings.node_name))
    loop.start()
    by_signal = ended.get() is not None
    reporter.stop()
    loop.join(_GRACE)
    if server is not None:
        server.stop()
    log.info("ended" if by_signal else "the loop ended by itself")
    return 0 if by_signal else 1


def _once(settings: Settings, parsed: argparse.Namespace) -> int:
    bird = SocketBird.from_settings(settings)
    if parsed.file is not None and parsed.dry_run:
        _report([_read_object(parsed.file)], bird, settings, parsed.output)
        return 0
    if parsed.file is None:
        _need_node_name(settings)
    _once_in_cluster(settings, parsed, bird)
    return 0


def _once_in_cluster(settings: Settings, parsed: argparse.Namespace, bird: SocketBird) -> None:
    with _connect(settings, parsed.redactor) as api:
        try:
            resource = api.discover()
            if parsed.file is not None:
                asked = _read_object(parsed.file)
                name = str(asked.get("metadata", {}).get("name", ""))
                if not name:
                    raise _Refused("metadata.name is missing: which object is to be written?")
                documents = [{**api.get(resource, name), "spec": asked.get("spec", {})}]
            else:
                by_name = settings.objects == NAMED_AFTER_NODE
                listing, _, objects = objects_of(api, resource, settings.node_name, by_name=by_name)
                names = {one.name for one in objects}
                documents = [one for one in listing.items if one["metadata"]["name"] in names]
                if not documents:
                    raise _Refused(
                        f"no CalicoNodeStatus has spec.node {printable(settings.node_name)}; "
                        "create one, or name a file with -f and --dry-run"
                    )
            reported = _report(documents, bird, settings, parsed.output)
            if parsed.dry_run:
                return
            before = {one["metadata"]["name"]: one.get("status") or {} for one in documents}
            for one in reported:
                name, version = one["metadata"]["name"], one["metadata"]["resourceVersion"]
                patch = merge_patch(before[name], one["status"])
                api.patch_status(resource, name, merge_body(version, patch).data)
        except ApiError as error:
            raise _Refused(error.message) from None


def _demo(settings: Settings, parsed: argparse.Namespace) -> int:
    if parsed.cluster:
        print_documents([demo_cluster()], "json")
        return 0
    with recorded_mesh(parsed.bird) as sockets:
        bird = SocketBird(
            {4: (sockets[4],), 6: (sockets[6],)}, settings.bird_timeout, settings.max_reply_bytes
        )
        if parsed.output == "table":
            return show_once(bird, "node-a")
        sample = {
            "apiVersion": "projectcalico.org/v3",
            "kind": "CalicoNodeStatus",
            "metadata": {"name": "demo"},
            "spec": {
                "classes": ["Agent", "BGP", "Routes"],
                "node": "node-a",
                "updatePeriodSeconds": 10,
            },
        }
        _report([sample], bird, settings, parsed.output)
    return 0


def _crd(_: Settings, parsed: argparse.Namespace) -> int:
    definition = custom_resource_definition(
        parsed.group, status_subresource=not parsed.no_status_subresource
    )
    print(yaml.safe_dump(definition, sort_keys=False), end="")
    return 0


def _report(
    documents: list[dict[str, Any]], bird: SocketBird, settings: Settings, output: str
) -> list[dict[str, Any]]:
    """Print and return the objects with their statuses of now; problems go to standard error."""
    asked: list[tuple[dict[str, Any], CalicoNodeStatusSpec]] = []
    invalid: list[str] = []
    for document in documents:
        one = NodeStatusObject.from_document(document)
        if one.spec is None:
            invalid.append(f"{printable(one.name) or 'the object'}: {one.invalid}")
        else:
            asked.append((document, one.spec))
    if not asked:
        raise _Refused("; ".join(invalid))
    for text in invalid:
        _warn(text)
    # Not newer than what it is written over.
    time = datetime.now(UTC)
    snapshot = bird.collect({name for _, spec in asked for name in spec.classes})
    for family, failure in snapshot.failures.items():
        _warn(f"IPv{family}: {failure.text}")
    reported: list[dict[str, Any]] = []
    for document, spec in asked:
        report = build_status(snapshot, spec.classes, time, settings.max_status_bytes)
        for row in report.rows_left_out:
            _warn(f"left out: {row}")
        for kind, count in report.truncated.items():
            _warn(f"left out: {count} {kind}, over {settings.max_status_bytes} bytes")
        reported.append({**document, "status": report.status})
    print_documents(reported, output)
    if len(snapshot.failures) == len(snapshot.answers):
        raise _Refused("neither daemon could be read")
    return reported


def _warn(text: str) -> None:
    print(f"{PROGRAM}: {text}", file=sys.stderr)


def _read_object(path: Path) -> dict[str, Any]:
    """A CalicoNodeStatus from a YAML or JSON file."""
    name = "standard input" if str(path) == "-" else printable(str(path))
    try:
        text = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        document = yaml.safe_load(text)
    except OSError as error:
        raise _Refused(f"{name}: {error.strerror}; give a file that can be read") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        where = getattr(error, "problem_mark", None)
        place = f":{where.line + 1}:{where.column + 1}" if where else ""
        problem = printable(str(getattr(error, "problem", None) or error))
        raise _Refused(f"{name}{place}: not YAML: {problem}") from None
    if not isinstance(document, dict) or document.get("kind") != "CalicoNodeStatus":
        raise _Refused(f"{name}: not one CalicoNodeStatus; see the sample in the documentation")
    # What a cluster adds is not ours to judge; what is asked is.
    document.pop("status", None)
    try:
        CalicoNodeStatus.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise _Refused(f"{name}: {printable(field)}: {printable(first['msg'])}") from None
    return document


def _need_node_name(settings: Settings) -> None:
    if not settings.node_name:
        raise _Refused("which node is this? Give --node-name, or set NODENAME")


def _connect(settings: Settings, redactor: Redactor) -> KubeApi:
    from reporter.kube.client import KubeApi  # noqa: PLC0415
    from reporter.kube.credentials import CredentialSource  # noqa: PLC0415

    try:
        source = CredentialSource(
            settings.kubeconfig, redactor, plugin_seconds=settings.api_timeout
        )
    except NoCredentialsError as error:
        raise _Refused(
            f"no credentials for the Kubernetes API: {error}; run in a pod, or give --kubeconfig"
        ) from None
    return KubeApi(
        source,
        api_group=settings.api_group,
        timeout=settings.api_timeout,
        watch_quiet=settings.watch_quiet,
    )
