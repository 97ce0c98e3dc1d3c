"""``birdstatus diff``: what changed between two snapshots, of one node or of several."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

import yaml

from birdstatus.cli.inputs import InputError, inputs_of
from birdstatus.cli.output import escaped, write
from birdstatus.cli.parse import Reading, published, told
from birdstatus.cli.progress import Progress
from birdstatus.comparison import Comparison, compare, first_of_each
from birdstatus.models import Agent, CalicoNodeStatus, CalicoNodeStatusStatus, RouteStatus
from birdstatus.nodes import nodes_of, with_families
from birdstatus.printable import printable
from birdstatus.projection import bgp_status
from birdstatus.table import wrapped

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from birdstatus.comparison import Change
    from birdstatus.errors import ProjectionError

EXIT_SAME = 0
EXIT_CHANGED = 1
EXIT_UNREADABLE = 2

# Objects of more than this are no statuses: a cluster's API server does not hold them.
MAX_OBJECTS = 64 << 20

Snapshot = dict[str, CalicoNodeStatusStatus]


def run(options: argparse.Namespace) -> int:
    """Compare two snapshots and print what changed; the result is the exit code."""
    old, new = (_snapshot(path, options) for path in (options.old, options.new))
    if old is None or new is None:
        return EXIT_UNREADABLE
    found = dict(_compared(old, new))
    if options.output == "json":
        text = json.dumps(
            {name: comparison.document(options.most) for name, comparison in found.items()},
            indent=2,
        )
        code = write(escaped(text) + "\n")
    else:
        lines = [
            line
            for name, comparison in found.items()
            for line in _lines(name, comparison, options.most)
        ]
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        code = write("".join(f"{part}\n" for line in lines for part in wrapped(line, width)))
    return code or (EXIT_CHANGED if any(found.values()) else EXIT_SAME)


def _snapshot(path: str, options: argparse.Namespace) -> Snapshot | None:
    """The statuses in a file, by the name of the node; ``None`` if there is none to compare."""
    sources = Progress().watched(inputs_of([path]))
    first = next(sources, None)
    if first is not None and not first.is_member:
        try:
            chunks = first.chunks()
            head = next(chunks, b"")
            data = _read_on(head, chunks) if b"CalicoNodeStatus" in head else head
        except InputError as error:
            told(str(error))
            return None
        objects = _objects(data)
        if objects:
            return objects
        first = replace(first, chunks=lambda: chain((data,), chunks))
    reading = Reading()
    reading.read_all(chain(filter(None, (first,)), sources))
    nodes = nodes_of(with_families(reading.parts, options.family, told))
    if not nodes:
        told(f"{printable(path)}: nothing to compare")
        return None
    left_out: list[ProjectionError] = []
    statuses = [CalicoNodeStatusStatus.model_validate(published(node, left_out)) for node in nodes]
    if len(nodes) == 1:
        return {nodes[0].router_id: statuses[0]}
    return {
        node.router_id or node.sources[0]: status
        for node, status in zip(nodes, statuses, strict=True)
    }


def _read_on(data: bytes, chunks: Iterator[bytes]) -> bytes:
    """What a file of objects holds, as far as there may be so much of it."""
    while len(data) <= MAX_OBJECTS and (chunk := next(chunks, b"")):
        data += chunk
    return data


def _objects(data: bytes) -> Snapshot:
    """The statuses of ``CalicoNodeStatus`` objects in YAML or JSON; empty if this is something else."""
    found: Snapshot = {}
    if b"CalicoNodeStatus" not in data or len(data) > MAX_OBJECTS:
        return found
    try:
        for document in yaml.load_all(data, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            items = document.get("items", [document]) if isinstance(document, dict) else []
            for item in items:
                node = CalicoNodeStatus.model_validate(item)
                name = node.spec.node or str(node.metadata.get("name", ""))
                if node.status is not None:
                    found[name] = node.status
    except (ValueError, TypeError, yaml.YAMLError):
        return {}
    return found


def _compared(
    old: Mapping[str, CalicoNodeStatusStatus], new: Mapping[str, CalicoNodeStatusStatus]
) -> Iterator[tuple[str, Comparison]]:
    """The comparison of each node; one on each side is the same node, whatever it is called."""
    if len(old) == len(new) == 1:
        ((name, before),), ((_, after),) = old.items(), new.items()
        yield name, compare(before, after)
        return
    for name in dict.fromkeys([*old, *new]):
        if name in old and name in new:
            yield name, compare(old[name], new[name])
        else:
            told(f"{printable(name)}: only in the {'old' if name in old else 'new'} snapshot")
            nothing = _nothing_of(old.get(name) or new[name])
            yield name, compare(old.get(name, nothing), new.get(name, nothing))


def _nothing_of(status: CalicoNodeStatusStatus) -> CalicoNodeStatusStatus:
    """The same classes with nothing in them: all of a node that is in one snapshot alone has come or gone."""
    return CalicoNodeStatusStatus(
        agent=status.agent and Agent(),
        bgp=status.bgp and bgp_status((), ()),
        routes=status.routes and RouteStatus(),
    )


def _lines(name: str, comparison: Comparison, most: int) -> Iterator[str]:
    if name:
        yield printable(name)
    if not comparison:
        yield "  nothing changed"
    document = comparison.document(most)
    for what, changes in (
        ("daemons", comparison.daemons),
        ("sessions", comparison.sessions),
        ("routes", comparison.routes),
    ):
        if not changes:
            continue
        counts = ", ".join(
            f"{document[what][kind]} {kind}"
            for kind in ("changed", "flapped", "appeared", "vanished")
            if document[what][kind]
        )
        yield f"  {what}: {counts}"
        shown = first_of_each(changes, most) if what == "routes" else changes
        for change in shown:
            yield from _change(change)
        if len(shown) < len(changes):
            yield f"    and {len(changes) - len(shown)} more"
    for missing in comparison.not_compared:
        yield f"  {missing}: not compared, as one snapshot has none"


def _change(change: Change) -> Iterator[str]:
    subject = printable(change.subject)
    if "routes" in change.old or "routes" in change.new:
        for sign, side in (("-", change.old), ("+", change.new)):
            for route in side.get("routes", ()):
                words = [route.get("gateway"), route.get("interface"), route.get("type")]
                yield f"    {sign} {subject}  {printable('  '.join(filter(None, words)))}"
        return
    keys = [
        key
        for key in dict.fromkeys([*change.old, *change.new])
        if change.old.get(key) != change.new.get(key) and key != "peerIP"
    ]
    if change.kind in {"appeared", "vanished"}:
        fields = change.new or change.old
        said = ", ".join(f"{key} {fields[key]}" for key in fields if key != "peerIP")
    else:
        said = ", ".join(
            f"{key} {change.old.get(key, '(none)')} -> {change.new.get(key, '(none)')}"
            for key in keys
        )
    yield f"    {change.kind:<9} {subject}  {printable(said)}"
