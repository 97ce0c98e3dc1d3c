"""A node's status for a person: what BIRD says now, as tables that fit a terminal.

Every text of BIRD's is made printable first and handed to rich as text, never as markup: a peer chooses
part of it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from birdstatus import CalicoNodeStatusStatus, node_status
from birdstatus.errors import printable
from birdstatus.projection import daemon_status, peer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from birdstatus import BGPDaemonStatus
    from birdstatus.models import StatusClass
    from birdstatus.records import Protocol
    from reporter.bird.control_socket import Family
    from reporter.bird.snapshot import Snapshot

__all__ = ["View"]

_WELL = "green"
_BAD = "bold red"
# What Calico's configuration says of every session.
_CALICOS_DESCRIPTION = "Connection to BGP peer"


@dataclass(frozen=True, slots=True)
class View:
    """What is shown of one snapshot, for these classes."""

    snapshot: Snapshot
    classes: Sequence[StatusClass]

    @property
    def is_well(self) -> bool:
        """Whether every daemon is ready and every session established."""
        answers = self.snapshot.answers.values()
        return all(
            daemon_status(answer.report).state == "Ready"
            and all(peer(one).state == "Established" for one in _sessions(answer.report.protocols))
            for answer in answers
        )

    @property
    def status(self) -> CalicoNodeStatusStatus:
        """The status as it would be published."""
        answers = self.snapshot.answers
        return node_status(answers[4].report, answers[6].report, self.classes)

    def document(self) -> dict[str, Any]:
        """The status as published, with what the resource has no room for beside it."""
        sessions = {
            f"sessionsV{family}": [
                {name: value for name, value in _details(one).items() if value not in {"", None}}
                for one in _sessions(answer.report.protocols)
            ]
            for family, answer in self.snapshot.answers.items()
        }
        failures = {
            f"failureV{family}": failure.text for family, failure in self.snapshot.failures.items()
        }
        details = {**(sessions if "BGP" in self.classes else {}), **failures}
        return {**self.status.model_dump(mode="json"), "details": details}

    def table(self) -> RenderableType:
        """The status as tables."""
        return Group(*self._parts())

    def _parts(self) -> Iterator[RenderableType]:
        status = self.status
        for family, answer in self.snapshot.answers.items():
            said = daemon_status(answer.report)
            yield _heading(family, said, answer.report.status)
            if answer.failure:
                yield Text(f"  {answer.failure.text}", style="red")
            if answer.left_out:
                yield Text(
                    f"  {len(answer.left_out)} rows cannot be read, the first: "
                    f"{answer.left_out[0].summary}",
                    style="yellow",
                )
            if "BGP" in self.classes and answer.report.protocols is not None:
                yield _session_table(answer.report.protocols)
            if status.routes is not None:
                routes = status.routes.routesV4 if family == 4 else status.routes.routesV6
                yield _route_table(routes)
            yield Text()


def _sessions(protocols: Sequence[Protocol] | None) -> list[Protocol]:
    return [one for one in protocols or () if one.type == "BGP"]


def _heading(family: Family, said: BGPDaemonStatus, status: Any) -> Text:  # noqa: ANN401
    ready = said.state == "Ready"
    line = Text.assemble(
        (f"IPv{family}", "bold"), "  ", (said.state or "", _WELL if ready else _BAD)
    )
    for name, value in (
        ("BIRD", said.version),
        ("router ID", said.routerID),
        ("since", said.lastBootTime),
    ):
        if value:
            line.append(f"  {name} ", "dim")
            line.append(printable(value))
    if status is not None and status.condition and not status.condition.endswith("up and running"):
        line.append(f"  {printable(status.condition)}", "yellow")
    if status is not None and status.graceful_restart is not None:
        line.append("  graceful restart in progress", "yellow")
    return line


def _details(protocol: Protocol) -> dict[str, Any]:
    """A session as shown: the published fields, and more."""
    shown = peer(protocol)
    bgp, routes = protocol.bgp, protocol.routes
    return {
        "name": printable(protocol.name),
        "peerIP": printable(shown.peerIP or ""),
        "as": bgp.neighbor_as if bgp else None,
        "type": shown.type or "",
        "state": shown.state or "",
        "since": printable(shown.since or ""),
        "imported": routes.imported if routes else None,
        "exported": routes.exported if routes else None,
        "lastError": printable((bgp.last_error if bgp else "") or protocol.error),
        "message": printable(protocol.message),
        "description": printable(protocol.description),
    }


def _session_table(protocols: Sequence[Protocol]) -> RenderableType:
    sessions = [_details(one) for one in _sessions(protocols)]
    if not sessions:
        return Text("  no BGP sessions", style="dim")
    table = Table(box=None, pad_edge=False, padding=(0, 1), show_edge=False)
    table.add_column("  peer", overflow="fold", no_wrap=True)
    table.add_column("AS", overflow="fold", justify="right")
    table.add_column("type", overflow="fold")
    table.add_column("state", overflow="fold", no_wrap=True)
    table.add_column("since", overflow="fold")
    table.add_column("in", justify="right", overflow="fold")
    table.add_column("out", justify="right", overflow="fold")
    table.add_column("notes", overflow="fold")
    for one in sessions:
        established = one["state"] == "Established"
        notes = [one["lastError"], one["message"], one["description"]]
        table.add_row(
            Text(f"  {one['peerIP'] or one['name']}"),
            _number(one["as"]),
            Text(one["type"] or one["name"]),
            Text(one["state"], style=_WELL if established else _BAD),
            Text(one["since"]),
            _number(one["imported"]),
            _number(one["exported"]),
            Text(
                ", ".join(text for text in notes if text and text != _CALICOS_DESCRIPTION),
                style="" if established else "yellow",
            ),
        )
    return table


def _number(value: int | None) -> Text:
    return Text("" if value is None else str(value))


def _route_table(routes: Sequence[Any]) -> RenderableType:
    counts = Counter(route.type for route in routes)
    total = Text(f"  routes: {counts['FIB']} FIB, {counts['RIB']} RIB", style="dim")
    if not routes:
        return total
    table = Table(box=None, pad_edge=False, padding=(0, 1), show_edge=False)
    table.add_column("  destination", overflow="fold", no_wrap=True)
    for name in ("gateway", "interface", "learned from", "type"):
        table.add_column(name, overflow="fold")
    for route in routes:
        source = route.learnedFrom
        learned = f"{source.sourceType or ''} {source.peerIP or ''}".strip() if source else ""
        cells = (f"  {route.destination}", route.gateway, route.interface, learned, route.type)
        table.add_row(*(Text(printable(cell or "")) for cell in cells))
    return Group(total, table)
