"""What each command does, once its arguments are known."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from birdstatus.fleet import PrefixError, expected_sessions, route
from birdstatus.printable import printable
from reporter.fleet import selection, text
from reporter.fleet.collect import RefusedError, collected
from reporter.fleet.connect import NoClusterError, connect
from reporter.fleet.files import NoInputError
from reporter.fleet.interrupts import Interrupts
from reporter.fleet.look import look_at_cluster, look_at_files
from reporter.kube.api import ApiError
from reporter.kube.cluster import Cluster

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from birdstatus.fleet import Check, Pair
    from reporter.fleet.look import Look
    from reporter.kube.client import KubeApi
    from reporter.redaction import Redactor


__all__ = ["UNKNOWN", "run", "say"]

WRONG_USAGE, UNKNOWN = 2, 3
# Seconds between two looks, or as long again as a look takes: a large cluster is not asked all the time.
_PAUSE = 2.0


def run(parsed: argparse.Namespace, environment: Mapping[str, str], redactor: Redactor) -> int:
    """Run a command; the exit code."""
    try:
        if parsed.filename:
            return _answer(parsed, look_at_files(parsed.filename))
        with connect(parsed, environment, redactor) as api:
            return _with_cluster(parsed, api)
    except (NoInputError, RefusedError, PrefixError) as error:
        say(str(error))
        return WRONG_USAGE
    except (NoClusterError, ApiError) as error:
        say(str(error))
        return UNKNOWN


def _with_cluster(parsed: argparse.Namespace, api: KubeApi) -> int:
    if parsed.command == "serve":
        return _serve(parsed, api)
    if parsed.command == "check" and parsed.watch:
        return _watch(parsed, api)
    if parsed.collect:
        return _collect(parsed, api)
    return _in_cluster(parsed, Cluster(api), time.sleep)


def say(line: str) -> None:
    """A line on standard error."""
    print(f"kubectl birdstatus: {line}", file=sys.stderr, flush=True)


def _serve(parsed: argparse.Namespace, api: KubeApi) -> int:
    from reporter.fleet.serve import serve  # noqa: PLC0415 - nothing else needs a server

    try:
        serve(
            api, address=parsed.listen, api_group=parsed.api_group or "", every=parsed.every,
            cluster=parsed.context or "", say=say,
        )  # fmt: skip
    except OSError as error:
        say(f"cannot listen: {error.strerror}; see --listen")
        return WRONG_USAGE
    return 0


def _collect(parsed: argparse.Namespace, api: KubeApi) -> int:
    """The command, while every node reports."""
    with Interrupts(lambda: say("removing what was created")) as interrupts:
        guarded = Cluster(interrupts.guard(api))
        with collected(
            Cluster(api),
            interrupts,
            guarded=guarded,
            api_group=parsed.api_group or "",
            seconds=parsed.collect_timeout,
            say=say,
            confirm=lambda count: parsed.yes or _confirm(count),
        ):
            return _in_cluster(parsed, guarded, interrupts.sleep)


def _confirm(count: int) -> bool:
    if not sys.stdin.isatty():
        say(f"this creates {count} objects, so it asks first: give --yes")
        return False
    print(
        f"Create {count} CalicoNodeStatus objects, and remove them at the end? [y/N] ",
        end="",
        file=sys.stderr,
        flush=True,
    )
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _in_cluster(
    parsed: argparse.Namespace, cluster: Cluster, sleep: Callable[[float], None]
) -> int:
    group = parsed.api_group or ""
    deadline = time.monotonic() + (getattr(parsed, "wait", None) or 0.0)
    previous = None
    while True:
        began = time.monotonic()
        look = look_at_cluster(cluster, api_group=group, previous=previous)
        pause = max(_PAUSE, time.monotonic() - began)
        if _restricted(parsed, look).exit_code == 0 or time.monotonic() + pause > deadline:
            return _answer(parsed, look)
        previous = look.inventory
        sleep(pause)


def _watch(parsed: argparse.Namespace, api: KubeApi) -> int:
    """Print the answer whenever it changes, until Ctrl-C."""
    from reporter.fleet.live import Live  # noqa: PLC0415

    shown = None
    code = UNKNOWN
    with Live(api, Cluster(api), api_group=parsed.api_group or "", every=_PAUSE) as live:
        try:
            for look in live.looks():
                answer = _restricted(parsed, look)
                if shown is not None and answer.document() == shown:
                    continue
                if shown is not None and parsed.output is None:
                    print()
                shown = answer.document()
                code = _answer(parsed, look)
        except KeyboardInterrupt:
            return code
    return code


def _restricted(parsed: argparse.Namespace, look: Look) -> Check:
    """The check, of the nodes that ``-l`` chooses."""
    if parsed.selector is None:
        return look.check
    return selection.of_nodes(look.check, set(selection.chosen_nodes(look, parsed.selector)))


def _answer(parsed: argparse.Namespace, look: Look) -> int:
    """Print what a command answers; the exit code."""
    code = _COMMANDS[parsed.command](parsed, look)
    sys.stdout.flush()
    return code


def _nodes(parsed: argparse.Namespace, look: Look) -> list[str]:
    return look.nodes if parsed.selector is None else selection.chosen_nodes(look, parsed.selector)


def _check(parsed: argparse.Namespace, look: Look) -> int:
    check = _restricted(parsed, look)
    if parsed.output in {None, "wide"}:
        wide = parsed.output == "wide"
        _lines(text.check_text(check, wide=wide, is_part=look.is_part))
    else:
        _document(look.document(check), parsed.output)
    return check.exit_code or (UNKNOWN if look.is_part else 0)


def _pairs(parsed: argparse.Namespace, look: Look, **more: Any) -> Iterator[Pair]:  # noqa: ANN401
    nodes = None if parsed.selector is None else set(_nodes(parsed, look))
    return selection.chosen_sessions(look.pairs(), nodes=nodes, **more)


def _sessions(parsed: argparse.Namespace, look: Look) -> int:
    pairs = _pairs(
        parsed, look, node=parsed.node, down=parsed.down, type=parsed.type, peer=parsed.peer
    )
    if parsed.output is None:
        _lines(text.sessions_text(pairs))
    else:
        _document([pair.document() for pair in pairs], parsed.output)
    return look.exit_code


def _matrix(parsed: argparse.Namespace, look: Look) -> int:
    nodes = _nodes(parsed, look)
    if parsed.output is None:
        _lines(text.matrix_text(_pairs(parsed, look), nodes))
    else:
        cells = text.matrix_cells(_pairs(parsed, look))
        rows = [[cells.get((node, other)) for other in nodes] for node in nodes]
        _document({"nodes": nodes, "cells": rows}, parsed.output)
    return look.exit_code


def _expected(parsed: argparse.Namespace, look: Look) -> int:
    nodes = None if parsed.selector is None else set(_nodes(parsed, look))
    wanted = [
        session
        for session in expected_sessions(look.inventory)
        if parsed.node in {None, session.node} and (nodes is None or session.node in nodes)
    ]
    if parsed.output is None:
        _lines(text.expected_text(wanted))
    else:
        _document([session._asdict() for session in wanted], parsed.output)
    return 0


def _route(parsed: argparse.Namespace, look: Look) -> int:
    answer = route(look.inventory, parsed.destination, now=look.at)
    if parsed.selector is not None:
        nodes = set(_nodes(parsed, look))
        answer = replace(answer, nodes=tuple(row for row in answer.nodes if row.node in nodes))
    if parsed.output is None:
        _lines(text.route_text(answer))
    else:
        _document(answer.document(), parsed.output)
    return answer.exit_code


def _page(parsed: argparse.Namespace, look: Look) -> int:
    from reporter.fleet.page import page  # noqa: PLC0415

    html = page(
        _restricted(parsed, look), _pairs(parsed, look), _nodes(parsed, look), look.at,
        cluster=parsed.context or "", is_part=look.is_part,
    )  # fmt: skip
    if str(parsed.file) == "-":
        sys.stdout.write(html)
        return look.exit_code
    try:
        parsed.file.write_text(html, encoding="utf-8")
    except OSError as error:
        say(f"{printable(str(parsed.file))}: {error.strerror}; give a file that can be written")
        return WRONG_USAGE
    return look.exit_code


_COMMANDS: dict[str, Callable[[argparse.Namespace, Look], int]] = {
    "check": _check,
    "sessions": _sessions,
    "matrix": _matrix,
    "route": _route,
    "expected": _expected,
    "page": _page,
}


def _lines(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)


def _document(value: Any, output: str) -> None:  # noqa: ANN401 - any JSON value
    if output == "json":
        print(json.dumps(value, indent=2))
    else:
        import yaml  # noqa: PLC0415

        dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
        print(yaml.dump(value, Dumper=dumper, sort_keys=False, allow_unicode=False), end="")
