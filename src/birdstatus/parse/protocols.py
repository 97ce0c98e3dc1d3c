"""``show protocols [all]``: a row, then the details that belong to it, as one record."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from birdstatus.grammar.bird1 import protocols
from birdstatus.grammar.patterns import Expectation, Fields
from birdstatus.parse.assembler import Assembler, merge, number
from birdstatus.parse.dialect import Command, scanners_for
from birdstatus.records import (
    BgpSession,
    ChangeCounts,
    Limit,
    Protocol,
    ProtocolRecovery,
    RouteChanges,
    RouteCounts,
    RouteLimit,
    Timer,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from birdstatus.framing import Line
    from birdstatus.grammar.patterns import Scanner

__all__ = ["ProtocolAssembler", "change_counts", "route_counts", "timer"]

# A set looks for the same object; a tuple would compare pyparsing elements by all they hold.
_ROWS = frozenset(protocols.ROWS)

_DIRECTIONS: dict[str, Literal["receive", "import", "export"]] = {
    "Receive": "receive",
    "Import": "import",
    "Export": "export",
}


class ProtocolAssembler(Assembler[Protocol]):
    """``show protocols [all]``: a row, then the details that belong to it."""

    SCANNERS: ClassVar[Mapping[int | None, Scanner]] = scanners_for(Command.PROTOCOLS)

    def __init__(self) -> None:
        self._start(None)

    def _start(self, row: Fields | None) -> None:
        self._row = row
        self._details: Fields = {}
        self._limits: list[Limit] = []
        self._changes: dict[str, ChangeCounts] = {}
        self._timers: dict[str, Timer] = {}
        self._route_limit: RouteLimit | None = None
        self._unprintable = 0

    def add(self, line: Line) -> Protocol | None:
        production, fields = self.scan(line)
        if production in _ROWS:
            whole = self.end()
            self._start(fields)
            return whole
        if production is protocols.HEADING or production is protocols.BLANK_LINE:
            return None
        if self._row is None:
            raise Expectation("a protocol row above its details")
        if production is protocols.LIMIT_LINE:
            self._add_limit(fields)
        elif production is protocols.ACTION_LINE:
            self._add_action(fields)
        elif production is protocols.CHANGES_LINE:
            change = protocols.CHANGES[fields["change"]]
            merge(self._changes, {change: change_counts(fields["counts"])}, production)
        elif production is protocols.TIMER_LINE:
            name = protocols.TIMERS[fields["timer"]]
            merge(self._timers, {name: timer(fields["remaining"], fields["total"])}, production)
        elif production is protocols.ROUTE_LIMIT_LINE:
            self._route_limit = RouteLimit(int(fields["count"]), int(fields["limit"]))
        elif production is protocols.UNPRINTABLE_LINE:
            self._unprintable += 1
        else:
            merge(self._details, {str(production): line.text, **fields}, production)
        return None

    def _add_limit(self, fields: Fields) -> None:
        direction = _DIRECTIONS[fields["direction"]]
        if any(limit.direction == direction for limit in self._limits):
            raise Expectation(f"only one {direction} limit")
        self._limits.append(Limit(direction, int(fields["value"]), hit="hit" in fields))

    def _add_action(self, fields: Fields) -> None:
        if not self._limits or self._limits[-1].action:
            raise Expectation("a limit above its action")
        last = self._limits[-1]
        self._limits[-1] = Limit(last.direction, last.value, last.hit, fields["action"])

    def skip(self, line: Line) -> Protocol | None:
        if line.text[:1] == " ":
            return None
        # What stood here may have been a row: the details below would be somebody else's.
        whole = self.end()
        self._start(None)
        return whole

    def end(self) -> Protocol | None:
        row, details = self._row, self._details
        if row is None:
            return None
        bgp_state, error = row.get("bgp_state", ""), row.get("error", "")
        protocol = Protocol(
            name=row["name"],
            type=row["type"],
            table=row["table"],
            state=row["state"],
            since=row.get("since", "").strip(),
            info=row.get("info") or f"{bgp_state} {error}".strip(),
            bgp_state=bgp_state,
            error=error,
            description=details.get("description", ""),
            message=details.get("message", ""),
            router_id=details.get("router_id", ""),
            vrf=details.get("vrf", ""),
            preference=number(details.get("preference")),
            input_filter=details.get("input_filter", ""),
            output_filter=details.get("output_filter", ""),
            recovery=_recovery(details),
            limits=tuple(self._limits),
            routes=route_counts(details),
            changes=RouteChanges(**self._changes) if self._changes else None,
            bgp=_bgp_session(details, self._timers, self._route_limit),
            unprintable_lines=self._unprintable,
        )
        self._start(None)
        return protocol


def _recovery(details: Fields) -> ProtocolRecovery | None:
    if str(protocols.RECOVERY_LINE) not in details:
        return None
    return ProtocolRecovery(pending="pending" in details, waiting="waiting" in details)


def timer(remaining: str, total: str) -> Timer:
    """A timer, as its line shows it."""
    return Timer(int(remaining), None if total == "-" else int(total))


def change_counts(counts: str) -> ChangeCounts:
    """A line of the route change table, from its five counts."""
    return ChangeCounts._make(None if one == "---" else int(one) for one in counts.split())


def route_counts(details: Fields) -> RouteCounts | None:
    """The route counts, where there are any."""
    if "imported" not in details:
        return None
    return RouteCounts(
        imported=int(details["imported"]),
        exported=int(details["exported"]),
        filtered=number(details.get("filtered")),
        preferred=number(details.get("preferred")),
    )


def _bgp_session(
    details: Fields, timers: dict[str, Timer], route_limit: RouteLimit | None
) -> BgpSession | None:
    if "session_state" not in details and "neighbor_address" not in details:
        return None
    return BgpSession(
        state=details.get("session_state", ""),
        neighbor_address=details.get("neighbor_address", ""),
        neighbor_interface=details.get("neighbor_interface", ""),
        neighbor_as=number(details.get("neighbor_as")),
        neighbor_id=details.get("neighbor_id", ""),
        graceful_restart_active=str(protocols.GRACEFUL_RESTART_LINE) in details,
        capabilities=tuple(details.get("capabilities", "").split()),
        session=tuple(details.get("session", "").split()),
        source_address=details.get("source_address", ""),
        route_limit=route_limit,
        last_error=details.get("last_error", ""),
        **timers,
    )
