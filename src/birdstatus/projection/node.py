"""The published status of a node, from what its daemons say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from birdstatus.grammar.bird1.status import SHUTDOWN
from birdstatus.models import (
    Agent,
    BGPDaemonStatus,
    BGPPeer,
    CalicoNodeStatusStatus,
    Route,
    RouteStatus,
    StatusClass,
)
from birdstatus.printable import printable
from birdstatus.projection.peers import bgp_status, peers
from birdstatus.projection.routes import routes
from birdstatus.records import RouteEntry

if TYPE_CHECKING:
    from collections.abc import Collection

    from birdstatus.errors import ProjectionError
    from birdstatus.projection.report import DaemonReport

__all__ = ["daemon_status", "node_status", "published_routes"]


def node_status(
    v4: DaemonReport | None,
    v6: DaemonReport | None,
    classes: Collection[StatusClass],
    diagnostics: list[ProjectionError] | None = None,
) -> CalicoNodeStatusStatus:
    """The published status of a node, without its time: the classes asked for, from both daemons.

    A family that is ``None`` was not looked at: its daemon is left out.
    """
    return CalicoNodeStatusStatus(
        agent=Agent(
            birdV4=None if v4 is None else daemon_status(v4),
            birdV6=None if v6 is None else daemon_status(v6),
        )
        if "Agent" in classes
        else None,
        bgp=bgp_status(_peers_of(v4), _peers_of(v6)) if "BGP" in classes else None,
        routes=RouteStatus(
            routesV4=published_routes(v4, diagnostics), routesV6=published_routes(v6, diagnostics)
        )
        if "Routes" in classes
        else None,
    )


def _peers_of(report: DaemonReport | None) -> tuple[BGPPeer, ...]:
    return peers(report.protocols or ()) if report else ()


def published_routes(
    report: DaemonReport | None, diagnostics: list[ProjectionError] | None = None
) -> tuple[Route, ...]:
    """The published routes of a daemon, as :func:`routes` gives them; what a reader has made of them stays."""
    if report is None or not report.routes:
        return ()
    published = tuple(one for one in report.routes if isinstance(one, Route))
    entries = (one for one in report.routes if isinstance(one, RouteEntry))
    return published or routes(entries, report.protocols or (), diagnostics)


def daemon_status(report: DaemonReport) -> BGPDaemonStatus:
    """The published status of a daemon.

    ``Ready`` takes an answer that is whole and does not say that BIRD is shutting down:
    reconfiguring and graceful restart are ready.
    """
    status = report.status
    if status is None:
        return BGPDaemonStatus(state="NotReady")
    ready = not report.failed and status.condition not in {"", SHUTDOWN}
    return BGPDaemonStatus(
        state="Ready" if ready else "NotReady",
        version=printable(status.version) or None,
        routerID=printable(status.router_id) or None,
        lastBootTime=printable(status.last_reboot) or None,
        lastReconfigurationTime=printable(status.last_reconfiguration) or None,
    )
