"""``show protocols [all]``: a row, then the details that belong to it, as one record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from birdstatus.grammar.bird1 import protocols
from birdstatus.grammar.bird2 import protocols as bird2
from birdstatus.grammar.patterns import Expectation, Fields
from birdstatus.parse.assembler import Assembler, merge, number
from birdstatus.parse.channels import (
    OF_CHANNELS,
    ChannelLines,
    ListLines,
    add_action,
    add_limit,
)
from birdstatus.parse.counts import change_counts, recovery, route_counts, timer
from birdstatus.parse.dialect import Command, scanners_for
from birdstatus.records import BgpSession, Detail, Protocol, RouteChanges, RouteLimit

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyparsing as pp

    from birdstatus.framing import Line
    from birdstatus.grammar.patterns import Scanner
    from birdstatus.records import Capability, ChangeCounts, Channel, Limit, Timer

__all__ = ["ProtocolAssembler"]

# A set looks for the same object; a tuple would compare pyparsing elements by all they hold.
_ROWS = frozenset({*protocols.ROWS, *bird2.ROWS})
_SEPARATORS = frozenset({protocols.HEADING, protocols.BLANK_LINE, bird2.HEADING})
_TIMERS = frozenset({protocols.TIMER_LINE, bird2.TIMER_LINE})
_ITEMS = frozenset({bird2.ITEM_LINE, bird2.ITEM_DETAIL_LINE})
_DETAILS = frozenset({bird2.DETAIL_LINE, bird2.ABSENT_CHANNEL_LINE})

_TIMER_FIELDS = bird2.TIMERS | protocols.OLD_TIMERS

_LAST_ERROR = "Last error"

# BIRD 3's labels are four wider than those of the lines that a description and a message stand in.
_WIDER = "    "


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
        self._channel: ChannelLines | None = None
        self._channels: list[Channel] = []
        self._lists = ListLines()
        self._named: list[Detail] = []

    def add(self, line: Line) -> Protocol | None:
        production, fields = self.scan(line)
        if production in _ROWS:
            whole = self.end()
            self._start(fields)
            return whole
        if production in _SEPARATORS:
            return None
        if self._row is None:
            raise Expectation("a protocol row above its details")
        if self._lists.are_begun and production is bird2.CHANNEL_CHANGES_LINE:
            # A number alone, as the index of a key: the table of changes has a heading of its own.
            production = bird2.ITEM_LINE
            fields = {"item": fields["change"], "item_text": fields["counts"]}
        if production not in _ITEMS:
            self._lists.close()
        if self._channel is None or not self._channel.add(production, fields):
            self._add_detail(production, fields, line)
        return None

    def _add_detail(self, production: pp.ParserElement, fields: Fields, line: Line) -> None:
        if production is protocols.LIMIT_LINE:
            add_limit(self._limits, fields)
        elif production is protocols.ACTION_LINE:
            add_action(self._limits, fields)
        elif production is protocols.CHANGES_LINE:
            change = protocols.CHANGES[fields["change"]]
            merge(self._changes, {change: change_counts(fields["counts"])}, production)
        elif production in _TIMERS:
            name = _TIMER_FIELDS[fields["timer"]]
            merge(self._timers, {name: timer(fields["remaining"], fields["total"])}, production)
        elif production is protocols.ROUTE_LIMIT_LINE:
            self._route_limit = RouteLimit(int(fields["count"]), int(fields["limit"]))
        elif production is protocols.UNPRINTABLE_LINE:
            self._unprintable += 1
        elif production in OF_CHANNELS:
            raise Expectation("a channel above its details")
        elif not self._add_to_lists(production, fields):
            merge(self._details, {str(production): line.text, **fields}, production)

    def _add_to_lists(self, production: pp.ParserElement, fields: Fields) -> bool:
        """Use a line of what a protocol of BIRD 2 and 3 has several of; say whether it was one."""
        if production is bird2.CHANNEL_LINE:
            self._end_channel()
            self._channel = ChannelLines(fields["channel"])
        elif production is bird2.BLOCK_LINE:
            self._lists.begin(production, fields["block"])
        elif production in _ITEMS:
            self._lists.add(production, fields)
        elif production in _DETAILS:
            detail = Detail(fields["detail"], fields.get("detail_text", "").strip())
            if (
                self._row is not None
                and self._row["type"] == protocols.BGP
                and detail.name == _LAST_ERROR
            ):
                # A session's own, with two of its four blanks lost: only BMP has such a line there.
                merge(self._details, {"last_error": detail.text}, production)
            else:
                self._named.append(detail)
        else:
            return False
        return True

    def _end_channel(self) -> None:
        if self._channel is not None:
            self._channels.append(self._channel.end())
            self._channel = None

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
        self._end_channel()
        bgp_state, error = row.get("bgp_state", ""), row.get("error", "")
        wider = _WIDER if "created" in details else ""
        protocol = Protocol(
            name=row["name"],
            type=row["type"],
            table=row["table"],
            state=row["state"],
            since=row.get("since", "").strip(),
            info=row.get("info") or f"{bgp_state} {error}".strip(),
            bgp_state=bgp_state,
            error=error,
            description=details.get("description", "").removeprefix(wider),
            message=details.get("message", "").removeprefix(wider),
            router_id=details.get("router_id", ""),
            vrf=details.get("vrf", ""),
            preference=number(details.get("preference")),
            input_filter=details.get("input_filter", ""),
            output_filter=details.get("output_filter", ""),
            recovery=recovery(details) if str(protocols.RECOVERY_LINE) in details else None,
            limits=tuple(self._limits),
            routes=route_counts(details),
            changes=RouteChanges(**self._changes) if self._changes else None,
            bgp=_bgp_session(details, self._timers, self._route_limit, self._lists.end()),
            unprintable_lines=self._unprintable,
            created=details.get("created", "").strip(),
            last_autorestart=details.get("last_autorestart", "").strip(),
            channels=tuple(self._channels),
            details=tuple(self._named),
        )
        self._start(None)
        return protocol


def _bgp_session(
    details: Fields,
    timers: dict[str, Timer],
    route_limit: RouteLimit | None,
    lists: dict[str, tuple[Capability, ...]],
) -> BgpSession | None:
    if details.keys().isdisjoint({"session_state", "neighbor_address", "neighbor_range"}):
        return None
    more: dict[str, Any] = {**timers, **lists}
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
        neighbor_range=details.get("neighbor_range", ""),
        neighbor_port=number(details.get("neighbor_port")),
        onlink="onlink" in details,
        local_as=number(details.get("local_as")),
        tx_pending=number(details.get("tx_pending")),
        **more,
    )
