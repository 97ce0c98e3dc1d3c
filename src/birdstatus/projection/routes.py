"""Routes as Calico publishes them, from their records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from birdstatus.errors import ProjectionError
from birdstatus.models import LearnedFrom, Route
from birdstatus.ordering import route_orders
from birdstatus.printable import printable
from birdstatus.projection.sources import Sources

if TYPE_CHECKING:
    from collections.abc import Iterable

    from birdstatus.ordering import Place
    from birdstatus.records import Protocol, RouteEntry

__all__ = ["NOWHERE", "NO_GATEWAY", "RECURSIVE", "TABLES", "UNICAST", "routes"]

NO_GATEWAY = "N/A"

UNICAST = "unicast"
RECURSIVE = "recursive"

# Kinds of routes without a next hop, and what is published for them. The next hop of a recursive one is
# not resolved, so that it leads nowhere yet.
NOWHERE = {
    "blackhole": "blackhole",
    "unreachable": "unreachable",
    "prohibited": "prohibited",
    RECURSIVE: "unreachable",
}
# Kinds of routes that have next hops.
_SOMEWHERE = frozenset({"via", "dev", "multipath", UNICAST})

# BIRD 2 and 3 name the table of each family; 1.6 has a single one, and a text may have no heading.
TABLES = frozenset({"", "master4", "master6"})


def routes(
    entries: Iterable[RouteEntry],
    protocols: Iterable[Protocol] = (),
    diagnostics: list[ProjectionError] | None = None,
) -> tuple[Route, ...]:
    """Every route, one entry for each next hop; by address, FIB before RIB, then as BIRD gave them.

    ``protocols`` says of what type each source is and which neighbour it talks to. A source that is
    not among them is judged by its name and by what BIRD prints of BGP routes alone. Rows of other
    tables than ``master4`` and ``master6``, where tables are named, and rows that are no IP prefix are
    passed over: they are no routes of the node.
    """
    sources = Sources(protocols)
    ordered: list[tuple[Place, Route]] = []
    for entry in entries:
        if entry.network_type or entry.table not in TABLES:
            continue
        (source,) = sources.of([(entry.protocol, entry.origin)])
        try:
            (order,) = route_orders((entry.prefix,), (_is_forwarding(entry),))
            ordered.extend((order, route) for route in _project_route(entry, source))
        except ProjectionError as error:
            if diagnostics is not None:
                diagnostics.append(error)
    ordered.sort(key=lambda pair: pair[0])
    return tuple(route for _, route in ordered)


def _is_forwarding(entry: RouteEntry) -> bool:
    # A route that the kernel refused is the best one, but nothing is forwarded by it.
    return entry.primary and not entry.sync_error


def _project_route(entry: RouteEntry, learned_from: LearnedFrom | None) -> list[Route]:
    if entry.kind in _SOMEWHERE:
        ways = [(hop.gateway or NO_GATEWAY, hop.interface) for hop in entry.next_hops]
        if not ways:
            raise ProjectionError(f"the route to {entry.prefix} has no next hop", entry)
    elif entry.kind in NOWHERE:
        ways = [(NO_GATEWAY, NOWHERE[entry.kind])]
    else:
        raise ProjectionError(f"BIRD does not say where {entry.prefix} leads", entry)
    return [
        Route(
            type="FIB" if _is_forwarding(entry) else "RIB",
            destination=entry.prefix,
            gateway=gateway,
            interface=printable(interface),
            learnedFrom=learned_from,
        )
        for gateway, interface in ways
    ]
