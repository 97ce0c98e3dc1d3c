"""What one daemon was asked and answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from birdstatus.parse import Answer, Command

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from birdstatus.models import Route
    from birdstatus.records import DaemonStatus, Protocol, RouteEntry

__all__ = ["DaemonReport"]


@dataclass(frozen=True, slots=True)
class DaemonReport:
    """What one daemon was asked and answered; ``None`` where it was not asked or said nothing.

    ``status`` is its answer to ``show status``, ``protocols`` that to ``show protocols [all]``.
    ``routes`` are the parser's records, or what a :class:`~birdstatus.poll.RouteReader` has
    published of them already.
    ``failed`` says that something it was asked for could not be read whole.
    """

    status: DaemonStatus | None = None
    protocols: Sequence[Protocol] | None = None
    routes: Sequence[RouteEntry] | Sequence[Route] | None = None
    failed: bool = False

    @classmethod
    def of(cls, answers: Iterable[Answer]) -> DaemonReport:
        """What these answers of one daemon say together.

        Of several answers to `show status` or `show route` the last counts. Of a protocol in several
        answers the last does, with the details of an earlier one: `show protocols` and
        `show protocols all NAME` add up.
        """
        failed = False
        status: DaemonStatus | None = None
        protocols: dict[str, Protocol] | None = None
        routes: list[RouteEntry] | None = None
        for answer in answers:
            failed = failed or not answer.whole
            if answer.command is Command.STATUS:
                status = answer.status or status
            elif answer.command is Command.ROUTES:
                routes = answer.routes
            else:
                protocols = protocols or {}
                for protocol in answer.protocols:
                    protocols[protocol.name] = _added_up(protocols.get(protocol.name), protocol)
        found = None if protocols is None else list(protocols.values())
        return cls(status, found, routes, failed)


def _has_details(protocol: Protocol) -> bool:
    """Whether this is of `show protocols all`: 1.6 says its preference, later releases their channels."""
    return protocol.preference is not None or bool(
        protocol.channels or protocol.created or protocol.bgp
    )


def _added_up(earlier: Protocol | None, later: Protocol) -> Protocol:
    """What two answers say of one protocol: the later row, with the earlier details if it has none."""
    if earlier is None or _has_details(later):
        return later
    shown = ("table", "state", "since", "info", "bgp_state", "error")
    changed = {name: getattr(later, name) for name in shown}
    bgp = earlier.bgp
    if bgp is not None and later.bgp_state != earlier.bgp_state:
        bgp = bgp._replace(state=later.bgp_state or "Down")
    return earlier._replace(type=later.type, bgp=bgp, **changed)
