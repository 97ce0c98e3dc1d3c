"""What to write: a status that fits, as a merge patch of what changed. Pure functions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any

from birdstatus.times import is_same_time

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Fitted", "fit", "heartbeat_is_due", "merge_patch", "steady_times"]

Document = dict[str, Any]


def merge_patch(old: Document, new: Document) -> Document:
    """The RFC 7386 merge patch from ``old`` to ``new``; empty where they are equal.

    Lists are replaced whole, as their type ``atomic`` in the resource wants it.
    """
    patch: Document = {}
    for key in old.keys() | new.keys():
        if key not in new:
            patch[key] = None
        elif key not in old:
            patch[key] = new[key]
        elif old[key] != new[key]:
            both = isinstance(old[key], dict) and isinstance(new[key], dict)
            patch[key] = merge_patch(old[key], new[key]) if both else new[key]
    return patch


def steady_times(old: Document, new: Document) -> Document:
    """The new status, with the old text of every time that BIRD only shows a second off.

    Otherwise a mesh in which nothing happens would be written again and again.
    """
    steady = dict(new)
    for part in ("agent", "bgp"):
        before, now = old.get(part), new.get(part)
        if isinstance(before, dict) and isinstance(now, dict):
            steady[part] = {
                name: _steady_part(before.get(name), value) for name, value in now.items()
            }
    return steady


def _steady_part(before: Any, now: Any) -> Any:  # noqa: ANN401 - JSON values
    """A daemon's status, or a list of peers each known by its address: the old, if only a time moved."""
    if isinstance(before, list) and isinstance(now, list):
        known = {peer.get("peerIP"): peer for peer in before}
        return [_steady_part(known.get(peer.get("peerIP")), peer) for peer in now]
    if not isinstance(before, dict) or not isinstance(now, dict):
        return now
    same = before.keys() == now.keys() and all(
        is_same_time(before[name], value) if name in _TIMES else before[name] == value
        for name, value in now.items()
    )
    return before if same else now


_TIMES = frozenset({"lastBootTime", "lastReconfigurationTime", "since"})


def heartbeat_is_due(last_updated: object, now: datetime, heartbeat: float) -> bool:
    """Whether ``lastUpdated`` must move though nothing else did; ``heartbeat`` is in seconds."""
    if not heartbeat:
        return True
    try:
        last = datetime.fromisoformat(str(last_updated))
        return (now - last).total_seconds() >= heartbeat
    except (ValueError, TypeError):
        return True


@dataclass(frozen=True, slots=True)
class Fitted:
    """A status that fits, and how many rows of each kind had to stay out."""

    status: Document
    left_out: dict[str, int]


def fit(status: Document, max_bytes: int) -> Fitted:
    """Keep a status under a size as JSON: peers first, then FIB routes, then RIB routes.

    Of each kind the two families get their rows in turn. The counters of sessions stay exact.
    """
    if _size(status) <= max_bytes:
        return Fitted(status, {})
    bgp, routes = status.get("bgp", {}), status.get("routes", {})
    lists = {
        name: part[name]
        for part, names in ((bgp, ("peersV4", "peersV6")), (routes, ("routesV4", "routesV6")))
        for name in names
        if name in part
    }
    bare = {
        key: {name: value for name, value in part.items() if name not in lists}
        if key in {"bgp", "routes"}
        else part
        for key, part in status.items()
    }
    # `"routesV4": [], ` and a comma after each row.
    left = max_bytes - _size(bare) - 20 * len(lists)
    kept: dict[str, list[int]] = {name: [] for name in lists}
    left_out: dict[str, int] = {}
    for kind, name, index in _in_order_of_worth(lists):
        size = _size(lists[name][index]) + 2
        # What does not fit ends it, so that what is kept is the best part of the order.
        left = left - size if size <= left else -1
        if left >= 0:
            kept[name].append(index)
        else:
            left_out[kind] = left_out.get(kind, 0) + 1
    for name, indexes in kept.items():
        part = "bgp" if name.startswith("peers") else "routes"
        if indexes:
            bare[part][name] = [lists[name][index] for index in sorted(indexes)]
    return Fitted(bare, left_out)


def _in_order_of_worth(lists: Document) -> Iterable[tuple[str, str, int]]:
    def rows(kind: str, name: str) -> list[tuple[str, str, int]]:
        return [
            (kind, name, index)
            for index, row in enumerate(lists.get(name, ()))
            if kind == "peers" or row.get("type") == kind
        ]

    for kind, names in (
        ("peers", ("peersV4", "peersV6")),
        ("FIB", ("routesV4", "routesV6")),
        ("RIB", ("routesV4", "routesV6")),
    ):
        pairs = zip_longest(*(rows(kind, name) for name in names))
        yield from (row for row in chain.from_iterable(pairs) if row is not None)


def _size(value: object) -> int:
    # As the client sends it.
    return len(json.dumps(value))
