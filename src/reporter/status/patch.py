"""What to write: what changed, as a merge patch or a JSON patch. Pure functions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from birdstatus.times import is_same_time
from reporter.status.json_patch import json_patch

__all__ = [
    "Body", "guarded_body", "merge_body", "merge_patch", "seconds_between", "steady_times",
    "write_body",
]  # fmt: skip

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


@dataclass(frozen=True, slots=True)
class Body:
    """The body of a write, and by which of the two kinds of patches it is to be understood."""

    data: bytes
    is_json_patch: bool = False


def write_body(resource_version: str, old: Document, new: Document) -> Body:
    """The smallest body that leads from the old status to the new one, for an object of this version.

    A merge patch replaces a list whole; an RFC 6902 patch names the rows that changed, by their places in
    the list of that version. A write to an object that changed meanwhile is refused: a merge patch with
    409, the other with 422, for a test in it fails.
    """
    merge = merge_body(resource_version, merge_patch(old, new))
    if not old or not _has_rows(old, new):
        return merge
    test = {"op": "test", "path": "/metadata/resourceVersion", "value": resource_version}
    operations = json.dumps([test, *json_patch(old, new, "/status")]).encode()
    return Body(operations, is_json_patch=True) if len(operations) < len(merge.data) else merge


def merge_body(resource_version: str, patch: Document) -> Body:
    """The body of a merge patch."""
    document = {"metadata": {"resourceVersion": resource_version}, "status": patch}
    return Body(json.dumps(document).encode())


def _has_rows(old: Document, new: Document) -> bool:
    """Whether a list changed that both statuses have."""
    return any(
        isinstance(value, list) and value != before.get(name)
        for part, before in old.items()
        if isinstance(before, dict) and isinstance(new.get(part), dict)
        for name, value in new[part].items()
        if isinstance(before.get(name), list)
    )


def guarded_body(uid: str, node: str, status: Document) -> Body:
    """The body of a write to whatever version the object has, if it still is this object and of this node.

    An RFC 6902 patch: the API server tests and applies it on the object as it is at that moment.
    """
    operations = [
        {"op": "test", "path": "/metadata/uid", "value": uid},
        {"op": "test", "path": "/spec/node", "value": node},
        {"op": "add", "path": "/status", "value": status},
    ]
    return Body(json.dumps(operations).encode(), is_json_patch=True)


def seconds_between(last_updated: object, now: datetime) -> float | None:
    """How long ago a ``lastUpdated`` was; ``None`` if it is none, or from the future."""
    try:
        seconds = (now - datetime.fromisoformat(str(last_updated))).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return seconds if seconds >= 0 else None
