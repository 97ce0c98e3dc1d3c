"""A node for a person: its daemons, its sessions with what is wrong first, and its routes."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from birdstatus.printable import printable
from birdstatus.projection import daemon_status, peer, published_routes
from birdstatus.table import GAP, Column, table_lines, wrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from birdstatus.models import Route
    from birdstatus.projection import DaemonReport, Family
    from birdstatus.records import Protocol

__all__ = [
    "ESTABLISHED",
    "daemon_lines",
    "route_lines",
    "session_details",
    "session_lines",
    "sessions_of",
]

ESTABLISHED = "Established"
# What Calico's configuration says of every session.
_CALICOS_DESCRIPTION = "Connection to BGP peer"
_INDENT = "  "
# The state of a protocol that nobody has enabled (`proto_state_name` in BIRD's nest/proto.c).
_DOWN = "down"

_SESSION_COLUMNS = (
    Column("peer"),
    Column("AS", is_number=True),
    Column("type"),
    Column("state", is_painted=True),
    Column("since"),
    Column("in", is_number=True),
    Column("out", is_number=True),
    Column("notes"),
)
_ROUTE_COLUMNS = (
    Column("destination"),
    Column("gateway"),
    Column("interface"),
    Column("learned from"),
    Column("type"),
)


def session_details(protocol: Protocol) -> dict[str, Any]:
    """A session as it is shown: the published fields, and more; texts are BIRD's own, made safe.

    ``isDisabled``: the protocol is down, as it is if the configuration or somebody with ``birdc disable``
    wants it so, or if a route limit whose action is ``disable`` was hit.
    """
    shown = peer(protocol)
    bgp = protocol.bgp
    # BIRD 2 and 3 count by channel.
    by_channel = [protocol.routes, *(channel.routes for channel in protocol.channels)]
    counts = [one for one in by_channel if one is not None]
    return {
        "name": printable(protocol.name),
        "peerIP": printable(shown.peerIP or ""),
        "as": bgp.neighbor_as if bgp else None,
        "type": shown.type or "",
        "state": shown.state or "",
        "since": printable(shown.since or ""),
        "isDisabled": protocol.state == _DOWN,
        "imported": sum(one.imported for one in counts) if counts else None,
        "exported": sum(one.exported for one in counts) if counts else None,
        "lastError": printable((bgp.last_error if bgp else "") or protocol.error),
        "message": printable(protocol.message),
        "description": printable(protocol.description),
    }


def sessions_of(protocols: Iterable[Protocol] | None) -> list[Protocol]:
    """The BGP sessions among protocols, those that are not established first."""
    found = [protocol for protocol in protocols or () if protocol.type == "BGP"]
    return sorted(found, key=lambda protocol: peer(protocol).state == ESTABLISHED)


def daemon_lines(  # noqa: PLR0913 - how it is shown is the caller's to say
    family: Family,
    report: DaemonReport,
    *,
    width: int | None = None,
    down: bool = False,
    notes: Iterable[str] = (),
    paint: Callable[[str], str] | None = None,
) -> list[str]:
    """What one daemon said: its status, its sessions, its routes; with ``down`` only what is not well.

    ``notes`` are lines of safe text to stand below the status, such as why the daemon could not be read.
    ``paint`` may put a state in colour: see :func:`~birdstatus.table.table_lines`.
    """
    notes = list(notes)
    heading = list(_status_lines(family, report, down=down and not notes))
    lines = [line for text in heading for line in wrapped(text, width)]
    if paint:
        lines[:1] = [_painted(line, paint) for line in lines[:1]]
    lines += [line for note in notes for line in wrapped(f"{_INDENT}{note}", width)]
    if report.protocols is not None:
        lines += session_lines(report.protocols, width=width, down=down, paint=paint)
    if report.routes is not None and not down:
        lines += route_lines(published_routes(report), width=width)
    return lines


def _painted(heading: str, paint: Callable[[str], str]) -> str:
    """The heading of a daemon, whose second word is its state."""
    family, gap, rest = heading.partition(GAP)
    state, *others = rest.split(GAP, 1)
    return GAP.join([family, paint(state) if state else state, *others]) if gap else heading


def _status_lines(family: Family, report: DaemonReport, *, down: bool) -> Iterator[str]:
    said, status = daemon_status(report), report.status
    if status is None:
        if not down:
            yield f"IPv{family}{GAP}{said.state}" if report.failed else f"IPv{family}"
        return
    if down and said.state == "Ready":
        return
    parts = [f"IPv{family}", said.state or ""]
    parts += [
        f"{name} {printable(value)}"
        for name, value in (
            ("BIRD", said.version),
            ("router ID", said.routerID),
            ("since", said.lastBootTime),
        )
        if value
    ]
    if not status.condition.endswith("up and running"):
        parts.append(printable(status.condition) or "no condition")
    if status.graceful_restart is not None:
        parts.append("graceful restart in progress")
    yield GAP.join(parts)


def session_lines(
    protocols: Iterable[Protocol],
    *,
    width: int | None = None,
    down: bool = False,
    paint: Callable[[str], str] | None = None,
) -> list[str]:
    """The sessions as a table, what is wrong first; with ``down`` nothing else."""
    rows = []
    for details in map(session_details, sessions_of(protocols)):
        if down and details["state"] == ESTABLISHED:
            continue
        notes = [
            "disabled in BIRD" if details["isDisabled"] else "",
            details["lastError"],
            details["message"],
            details["description"],
        ]
        rows.append(
            [
                details["peerIP"] or details["name"],
                _number(details["as"]),
                details["type"] or details["name"],
                details["state"],
                details["since"],
                _number(details["imported"]),
                _number(details["exported"]),
                ", ".join(note for note in notes if note and note != _CALICOS_DESCRIPTION),
            ]
        )
    if not rows:
        return [] if down else [f"{_INDENT}no BGP sessions"]
    return _indented(_SESSION_COLUMNS, rows, width, paint)


def route_lines(found: Sequence[Route], *, width: int | None = None) -> list[str]:
    """The routes as a table below their counts."""
    counts = Counter(route.type for route in found)
    total = f"{_INDENT}routes: {counts['FIB']} FIB, {counts['RIB']} RIB"
    if not found:
        return [total]
    rows = []
    for route in found:
        source = route.learnedFrom
        learned = f"{source.sourceType or ''} {source.peerIP or ''}".strip() if source else ""
        cells = (route.destination, route.gateway, route.interface, learned, route.type)
        rows.append([cell or "" for cell in cells])
    return [total, *_indented(_ROUTE_COLUMNS, rows, width)]


def _indented(
    columns: Sequence[Column],
    rows: Iterable[Sequence[str]],
    width: int | None,
    paint: Callable[[str], str] | None = None,
) -> list[str]:
    room = None if width is None else width - len(_INDENT)
    return [_INDENT + line for line in table_lines(columns, rows, room, paint)]


def _number(value: int | None) -> str:
    return "" if value is None else str(value)
