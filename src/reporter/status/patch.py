"""What to write: a merge patch of what changed. Pure functions."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from birdstatus.times import is_same_time

__all__ = ["guarded_body", "merge_patch", "seconds_between", "steady_times", "write_body"]

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
        # What is in the object may have been written by anybody, in any shape.
        known = {str(peer.get("peerIP")): peer for peer in before if isinstance(peer, dict)}
        return [_steady_part(known.get(str(peer.get("peerIP"))), peer) for peer in now]
    if not isinstance(before, dict) or not isinstance(now, dict):
        return now
    same = before.keys() == now.keys() and all(
        is_same_time(str(before[name]), value) if name in _TIMES else before[name] == value
        for name, value in now.items()
    )
    return before if same else now


_TIMES = frozenset({"lastBootTime", "lastReconfigurationTime", "since"})


def write_body(resource_version: str, patch: Document) -> bytes:
    """The body of a write. With the version, a write to an object that changed meanwhile is refused."""
    return json.dumps({"metadata": {"resourceVersion": resource_version}, "status": patch}).encode()


def guarded_body(uid: str, node: str, status: Document) -> bytes:
    """The body of a write to whatever version the object has, if it still is this object and of this node.

    An RFC 6902 patch: the API server tests and applies it on the object as it is at that moment.
    """
    return json.dumps(
        [
            {"op": "test", "path": "/metadata/uid", "value": uid},
            {"op": "test", "path": "/spec/node", "value": node},
            {"op": "add", "path": "/status", "value": status},
        ]
    ).encode()


def seconds_between(last_updated: object, now: datetime) -> float | None:
    """How long ago a ``lastUpdated`` was; ``None`` if it is none, or from the future."""
    try:
        seconds = (now - datetime.fromisoformat(str(last_updated))).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return seconds if seconds >= 0 else None
