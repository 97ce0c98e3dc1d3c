"""What is wrong with a cluster, cause by cause: configuration, nodes, sessions, routes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from birdstatus.fleet import documents
from birdstatus.fleet.answer import RouteAnswer, answer
from birdstatus.fleet.case import Case
from birdstatus.fleet.configuration import check_configuration
from birdstatus.fleet.expected import Expectation
from birdstatus.fleet.flapping import check_flapping
from birdstatus.fleet.groups import check_sessions
from birdstatus.fleet.inventory import Inventory, NotLookedAt, inventory
from birdstatus.fleet.nodes import check_nodes
from birdstatus.fleet.pairs import Observed
from birdstatus.fleet.reports import Reports, with_nodes
from birdstatus.fleet.routes import Routes
from birdstatus.fleet.verdicts import Check, Summary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

from birdstatus.fleet.verdicts import Finding, Pair

__all__ = ["findings", "route", "sessions"]


def findings(
    objects: Inventory | Iterable[Mapping[str, Any]],
    *,
    now: datetime | None = None,
    previous: Inventory | None = None,
) -> Check:
    """What is wrong with a cluster's BGP.

    Args:
        objects: an inventory, or the documents for one; statuses alone are enough.
        now: against which the age of reports and objects is judged; None: it is not.
        previous: what an earlier look at the same cluster gave; with it, sessions that went down and came
            back in between are found.

    Returns:
        The findings in the order of their causes. Each failing session is in one finding at most; a cluster
        that is right has none.
    """
    case = _case(objects, now)
    routes = Routes.of(case, frozenset(case.pairs))
    routes.look()
    found = [*check_configuration(case), *check_nodes(case), *check_sessions(case)]
    found.extend(routes.findings())
    if previous is not None:
        found.extend(check_flapping(case, previous))
    notices = case.inventory.not_looked_at
    if case.reports.are_old:
        notices = (*notices, NotLookedAt("the age of the reports", "most of them are old"))
    return Check(_summary(case, routes, found), tuple(found), notices)


def route(
    objects: Inventory | Iterable[Mapping[str, Any]], text: str, *, now: datetime | None = None
) -> RouteAnswer:
    """Who owns an address or prefix, and the row of each node that covers it: who cannot get there, and why.

    Raises:
        PrefixError: the text is neither an address nor a prefix.
    """
    return answer(_case(objects, now), text)


def sessions(
    objects: Inventory | Iterable[Mapping[str, Any]], *, now: datetime | None = None
) -> Iterator[Pair]:
    """Every session of every node that is wanted or listed, both of its ends in one row, by family and node."""
    observed = _case(objects, now).observed
    return map(observed.pair, observed.all_keys())


def _case(objects: Inventory | Iterable[Mapping[str, Any]], now: datetime | None) -> Case:
    given = objects if isinstance(objects, Inventory) else inventory(objects)
    found = with_nodes(given)
    reports = Reports.of(found, documents.time(now))
    expectation = Expectation(found)
    return Case.of(expectation, reports, Observed.of(expectation, reports))


def _summary(case: Case, routes: Routes, found: list[Finding]) -> Summary:
    counts = case.observed.counts
    severities = [finding.severity for finding in found]
    knows = "Node" in case.inventory.given and (
        case.observed.judges_mesh or case.observed.judges_peerings
    )
    return Summary(
        nodes_total=len(case.inventory.nodes),
        nodes_reporting=sum(word == "fresh" for word in case.reports.words.values()),
        sessions_expected=counts.expected if knows else None,
        sessions_up=counts.up,
        sessions_down=counts.down,
        sessions_unknown=counts.unknown,
        blocks_expected=sum(not target.is_borrowed for target in routes.targets.all),
        errors=severities.count("error"),
        warnings=severities.count("warning"),
        unknown=severities.count("unknown"),
    )
