"""Which nodes there are, which of them report, and whether a report is too old to count."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from birdstatus.fleet.resources import FAMILIES, ByFamily, Configuration, Family, Node
from birdstatus.heartbeat import seconds_between_heartbeats

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from birdstatus.fleet.inventory import Inventory
    from birdstatus.fleet.statuses import NodeStatus

__all__ = ["GRACE", "Reports", "with_nodes"]

# Calico's graceful restart time: what is younger may still be on its way.
GRACE = timedelta(seconds=120)
# A report counts as old after so many periods, and what clocks may differ by.
_PERIODS = 3
_SLACK = timedelta(seconds=10)
# What a status has as JSON, and each of its rows, in bytes; rather more than less.
_BYTES, _SESSION_BYTES, _ROUTE_BYTES = 700, 120, 220

Word = Literal["fresh", "stale", "none"]


def with_nodes(found: Inventory) -> Inventory:
    """The inventory, with the nodes that its statuses tell of if no Node was given.

    A node's address is its router ID, as Calico makes it, if another node lists that address as a peer;
    else, in a mesh, the only address that all others list and it does not.
    """
    if found.nodes:
        return found
    listed: dict[Family, dict[str, set[str]]] = {family: {} for family in FAMILIES}
    for name, status in found.statuses.items():
        for family, sessions in (status.sessions or {}).items():
            listed[family][name] = {found.tables.sessions[row].address for row in sessions.rows}
    own = {family: _own_addresses(found.statuses, listed[family], family) for family in FAMILIES}
    nodes = {
        name: Node(name, ByFamily(own[4].get(name, "")), ByFamily(own[6].get(name, "")))
        for name in found.statuses
    }
    return replace(found, nodes=nodes, default=Configuration("default", mesh=False), peerings={})


def _own_addresses(
    statuses: Mapping[str, NodeStatus], listed: Mapping[str, set[str]], family: Family
) -> dict[str, str]:
    known = set[str]().union(*listed.values()) - {""}
    router_ids = {
        name: daemon.router_id
        for name, status in statuses.items()
        if (daemon := (status.daemons or {}).get(family)) is not None
    }
    own: dict[str, str] = {}
    for name in statuses:
        missing = known - listed[name] if listed.get(name) else set[str]()
        router_id = router_ids.get(name, "")
        if router_id in known and router_id not in listed.get(name, ()):
            own[name] = router_id
        elif len(missing) == 1:
            own[name] = missing.pop()
    times = Counter(own.values())
    return {name: address for name, address in own.items() if times[address] == 1}


@dataclass(frozen=True, slots=True)
class Reports:
    """The statuses of the nodes of an inventory, each ``fresh``, ``stale`` or ``none``.

    Attributes:
        are_old: most of the reports are too old to count, as in an archive: the age of none is judged.
    """

    inventory: Inventory
    now: datetime | None
    words: dict[str, Word]
    are_old: bool

    @classmethod
    def of(cls, found: Inventory, now: datetime | None) -> Reports:
        """Judge the reports of an inventory.

        This project's reporters move ``lastUpdated`` as :mod:`birdstatus.heartbeat` says.
        Calico's own moves it only with a change, so the age of its reports says nothing: an old report is
        stale if it is known to be this project's, or if most of the others are fresh.
        """
        old = {
            name
            for name, status in found.statuses.items()
            if now is not None and status.updated is not None and status.period != 0
            if now - status.updated > _limit(status, len(found.statuses))
        }
        judged = [name for name, status in found.statuses.items() if status.writer != "calico"]
        most_are_fresh = 2 * len(old.intersection(judged)) <= len(judged)
        words: dict[str, Word] = {}
        for name in found.nodes:
            status = found.statuses.get(name)
            if status is None:
                words[name] = "none"
            else:
                is_stale = name in old and (
                    status.writer == "own" or (status.writer != "calico" and most_are_fresh)
                )
                words[name] = "stale" if is_stale else "fresh"
        return cls(found, now, words, are_old=not most_are_fresh and "stale" not in words.values())

    def status(self, node: str) -> NodeStatus | None:
        """A node's report, if it counts."""
        return self.inventory.statuses.get(node) if self.words.get(node) == "fresh" else None

    def is_not_ready(self, node: str, family: Family) -> bool:
        """The node says that its BIRD does not answer."""
        status = self.status(node)
        daemon = status.daemons.get(family) if status is not None and status.daemons else None
        return daemon is not None and not daemon.is_ready

    def has_sessions(self, node: str) -> bool:
        """The node says which sessions it has.

        Calico's own reporter empties both families if the BIRD of one does not answer: that says nothing.
        """
        status = self.status(node)
        if status is None or status.sessions is None:
            return False
        ready = {daemon.is_ready for daemon in (status.daemons or {}).values()}
        if len(ready) < 2 or status.writer == "own":
            return True
        return any(sessions.rows for sessions in status.sessions.values())


def _limit(status: NodeStatus, reports: int) -> timedelta:
    """How old a report may be; where it would be much to write, reporters move the time seldom."""
    sessions = sum(len(found.rows) for found in (status.sessions or {}).values())
    routes = sum(len(found) for found in (status.routes or {}).values())
    size = _BYTES + _SESSION_BYTES * sessions + _ROUTE_BYTES * routes
    seconds = seconds_between_heartbeats(reports, size, status.period or 1)
    return _PERIODS * timedelta(seconds=seconds) + _SLACK
