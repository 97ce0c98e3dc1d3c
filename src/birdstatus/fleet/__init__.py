"""What is wrong with a cluster's BGP, from its nodes' statuses and its resources.

::

    documents -> inventory -> expected sessions -> verdicts of pairs -> findings by cause -> document (JSON)

Pure: documents in, typed values out. Every input is optional but the statuses.
"""

from birdstatus.fleet.answer import NodeRoute, PrefixError, RouteAnswer
from birdstatus.fleet.expected import ExpectedSession, expected_sessions
from birdstatus.fleet.findings import findings, route, sessions
from birdstatus.fleet.inventory import Inventory, NotLookedAt, inventory
from birdstatus.fleet.verdicts import Check, Finding, Pair, Side, Summary

__all__ = [
    "Check",
    "ExpectedSession",
    "Finding",
    "Inventory",
    "NodeRoute",
    "NotLookedAt",
    "Pair",
    "PrefixError",
    "RouteAnswer",
    "Side",
    "Summary",
    "expected_sessions",
    "findings",
    "inventory",
    "route",
    "sessions",
]
