"""The words of a check: every verdict, kind and severity that there is; the page on the fleet explains each."""

from __future__ import annotations

from typing import Literal

__all__ = ["Kind", "PairVerdict", "RouteVerdict", "Severity", "SideVerdict"]

SideVerdict = Literal["up", "down", "waiting", "absent", "not-ready", "unknown", "external"]
PairVerdict = Literal[
    "up", "down", "asymmetric", "one-sided", "missing", "unexpected", "duplicate", "unknown"
]
Severity = Literal["error", "warning", "unknown"]
Kind = Literal[
    "config", "node-down", "daemon-not-ready", "no-report", "stale-report", "not-applied", "as-mismatch",
    "duplicate-id", "down", "asymmetric", "one-sided", "missing", "unexpected", "duplicate", "flapping",
    "route-missing", "wrong-next-hop", "unreachable", "block-conflict", "stale-route", "not-exported",
    "borrowed-missing",
]  # fmt: skip
RouteVerdict = Literal[
    "local", "ok", "missing", "wrong-next-hop", "unreachable", "conflict", "elsewhere", "unknown"
]
