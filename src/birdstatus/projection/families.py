"""Which family a record is of, where one daemon serves both."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from birdstatus.models import Route
from birdstatus.projection.names import BGP, peer_address
from birdstatus.projection.routes import RECURSIVE, UNICAST
from birdstatus.records import DaemonStatus, Protocol, RouteEntry, TableCount

if TYPE_CHECKING:
    from collections.abc import Iterable

    from birdstatus.projection.report import DaemonReport

__all__ = [
    "Family",
    "family_of",
    "prefix_family",
    "serves_both_families",
    "session_family",
    "split_families",
]

Family = Literal[4, 6]

_NO_TABLE = "---"
# The release in a version such as `1.6.8`, `3.3.2` or `v0.3.3+birdv1.6.8`.
_MAJOR_VERSION = re.compile(r"(?:^|birdv?)([0-9]{1,4})\.[0-9.]*(?:[^0-9.].*)?$")
_FIRST_WITH_BOTH = 2


def serves_both_families(
    records: Iterable[DaemonStatus | Protocol | RouteEntry | TableCount],
) -> bool:
    """Whether these are of a daemon that serves both families, as BIRD 2 and 3 do: as what it printed tells.

    That is its version, channels or a table of one family, a table's heading, or what such a row alone says.
    """
    return any(map(_serves_both, records))


def _serves_both(record: DaemonStatus | Protocol | RouteEntry | TableCount) -> bool:
    match record:
        case DaemonStatus():
            version = _MAJOR_VERSION.search(record.version)
            return bool(record.hostname) or (
                version is not None and int(version[1]) >= _FIRST_WITH_BOTH
            )
        case Protocol():
            return bool(record.channels or record.created) or record.table in {
                "master4",
                "master6",
                _NO_TABLE,
            }
        case RouteEntry():
            return bool(record.table or record.network_type) or record.kind in {UNICAST, RECURSIVE}
    return True


def split_families(report: DaemonReport) -> tuple[DaemonReport, DaemonReport]:
    """What one daemon that serves both families says of IPv4, and of IPv6.

    Both have its status. A session belongs to the family of its neighbour's address, or of the range of
    a dynamic one; one that shows neither to that of its only channel, else to IPv4.
    """
    return _of_family(report, 4), _of_family(report, 6)


def _of_family(report: DaemonReport, family: Family) -> DaemonReport:
    protocols, routes_of = report.protocols, report.routes
    if protocols is not None:
        # Other protocols say whom a route was learned from.
        protocols = [one for one in protocols if one.type != BGP or session_family(one) == family]
    if routes_of is not None:
        entries = [one for one in routes_of if isinstance(one, RouteEntry)]
        published = [one for one in routes_of if isinstance(one, Route)]
        routes_of = [one for one in entries if prefix_family(one.prefix) == family] or [
            one for one in published if prefix_family(one.destination or "") == family
        ]
    return replace(report, protocols=protocols, routes=routes_of)


def session_family(protocol: Protocol) -> Family:
    """The family that a session of a daemon with both belongs to."""
    known = peer_address(protocol) or (protocol.bgp.neighbor_range if protocol.bgp else "")
    if known:
        return prefix_family(known)
    return 6 if protocol.channels and all("6" in one.name for one in protocol.channels) else 4


def prefix_family(prefix: str) -> Family:
    """The family of an address or a prefix, as BIRD prints them."""
    return 6 if ":" in prefix else 4


def family_of(
    records: Iterable[DaemonStatus | Protocol | RouteEntry | TableCount],
) -> Family | None:
    """Whose answer this is, as its addresses tell; ``show status`` tells nothing."""
    for record in records:
        match record:
            case RouteEntry(network_type=""):
                address = record.prefix
            case Protocol(type="BGP"):
                address = peer_address(record)
            case _:
                continue
        if address:
            return prefix_family(address)
    return None
