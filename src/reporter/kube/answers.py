"""Bytes of the API server, checked: everything past this module has the shape that it is used as.

Proxies answer with pages of HTML, load balancers stop in the middle of a line, and an API server that is
ill says ``items: null``. Each of these is an :class:`~reporter.kube.api.ApiError` of the reason ``malformed``.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from reporter.kube.api import ApiError, Document, Listing

if TYPE_CHECKING:
    from datetime import datetime

__all__ = [
    "MOST_SECONDS_AFTER",
    "UNTOLD",
    "checked_object",
    "count",
    "event",
    "json_object",
    "listing",
    "refusal",
    "resource_names",
    "retry_after",
]

# Longer than any pause that an API server means: it is asked again after this at the latest.
MOST_SECONDS_AFTER = 300.0
# As many objects as are assumed if there are more than one, and the API server does not say how many.
UNTOLD = 1000
# https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names
_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?")
_EVENTS = frozenset({"ADDED", "MODIFIED", "DELETED"})


def _malformed(what: str, why: str) -> ApiError:
    return ApiError(0, f"cannot {what}: {why}", reason="malformed")


def json_object(data: bytes, what: str, content_type: str = "") -> Document:
    """An answer's body, or a line of a watch.

    Raises:
        ApiError: it is no JSON object; ``what`` says what was done.
    """
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        kind = content_type.partition(";")[0].strip().lower()
        found = (
            f"{kind}" if re.fullmatch(r"[\w.+-]{1,40}/[\w.+-]{1,60}", kind) else "something else"
        )
        if not data.strip():
            found = "nothing"
        elif kind.endswith("json"):
            found = "JSON that is not whole"
        raise _malformed(what, f"the answer is {found}, where a JSON object is due") from None
    if not isinstance(document, dict):
        raise _malformed(what, "the answer is JSON, but no object")
    return document


def checked_object(document: Document, what: str) -> Document:
    """An object with sound metadata; its ``spec`` and ``status`` may be anything.

    Raises:
        ApiError: name, UID or version are missing, or are not what they are in Kubernetes.
    """
    metadata = document.get("metadata")
    if not isinstance(metadata, dict):
        raise _malformed(what, "an object without metadata")
    name = metadata.get("name")
    # A name becomes part of a path.
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise _malformed(what, "an object whose name is none")
    for field in ("uid", "resourceVersion"):
        if not _is_text(metadata.get(field)):
            raise _malformed(what, f"an object whose {field} is none")
    generation = metadata.get("generation", 0)
    if not isinstance(generation, int) or isinstance(generation, bool):
        raise _malformed(what, "an object whose generation is no number")
    return document


def listing(document: Document, what: str) -> Listing:
    """A list of objects.

    Raises:
        ApiError: it has no items or no version, or an item is no sound object.
    """
    items, metadata = document.get("items"), document.get("metadata")
    if not isinstance(items, list):
        raise _malformed(what, "a list without items")
    version = metadata.get("resourceVersion") if isinstance(metadata, dict) else None
    if not _is_text(version):
        raise _malformed(what, "a list without a version")
    for item in items:
        if not isinstance(item, dict):
            raise _malformed(what, "a list of something other than objects")
        checked_object(item, what)
    return Listing(items, str(version))


def continue_token(document: Document) -> str:
    """From where a list that came in part goes on; empty at its end."""
    metadata = document.get("metadata")
    found = metadata.get("continue") if isinstance(metadata, dict) else None
    return found if isinstance(found, str) else ""


def count(document: Document, what: str) -> int:
    """How many objects there are, from a list of the first.

    Raises:
        ApiError: it is no list.
    """
    if document.get("items", ()) is None:
        # Of none the API server makes a list of metadata with `items: null`.
        document = {**document, "items": []}
    shown = len(listing(document, what).items)
    remaining = document["metadata"].get("remainingItemCount")
    if isinstance(remaining, int) and not isinstance(remaining, bool) and remaining >= 0:
        return shown + remaining
    return UNTOLD if continue_token(document) else shown


def resource_names(document: Document, what: str) -> frozenset[str]:
    """The names in an ``APIResourceList``.

    Raises:
        ApiError: it is none.
    """
    resources = document.get("resources")
    if not isinstance(resources, list):
        raise _malformed(what, "a discovery without resources")
    return frozenset(
        item["name"]
        for item in resources
        if isinstance(item, dict) and isinstance(item.get("name"), str)
    )


@dataclass(frozen=True, slots=True)
class _Status:
    code: int
    message: str


def _status(document: object) -> _Status:
    """A ``Status`` object, of which every field may be missing or something else."""
    fields = document if isinstance(document, dict) else {}
    code, message = fields.get("code"), fields.get("message")
    if not isinstance(code, int) or isinstance(code, bool) or not 400 <= code < 600:
        code = 0
    return _Status(code, message if isinstance(message, str) else "")


def event(line: bytes, what: str) -> Document:
    """A line of a watch: ``{"type": ..., "object": ...}``, of a type that it may be of.

    Raises:
        ApiError: it is none, or it is the server's own error, with its status.
    """
    document = json_object(line, what, "application/json")
    kind, about = document.get("type"), document.get("object")
    if kind == "ERROR":
        status = _status(about)
        text = f"cannot {what}: it ended: {status.message or 'no reason given'}"
        raise ApiError(status.code, text, reason="malformed")
    if not isinstance(about, dict):
        raise _malformed(what, "an event without an object")
    if kind in _EVENTS:
        checked_object(about, what)
    elif kind == "BOOKMARK":
        metadata = about.get("metadata")
        if not isinstance(metadata, dict) or not _is_text(metadata.get("resourceVersion")):
            raise _malformed(what, "a bookmark without a version")
    else:
        raise _malformed(what, "an event of no known type")
    return document


def refusal(data: bytes) -> str:
    """The server's own words of a refusal, empty without any. They are a stranger's text."""
    try:
        return _status(json.loads(data)).message
    except (ValueError, RecursionError):
        return ""


def retry_after(text: str, now: datetime) -> float | None:
    """Seconds of a ``Retry-After`` (RFC 9110, section 10.2.3), at most :data:`MOST_SECONDS_AFTER`.

    ``now`` is in UTC, for the form that is a date.
    """
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(text) - now).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return None
    if math.isnan(seconds) or seconds < 0:
        return None
    return min(seconds, MOST_SECONDS_AFTER)


def _is_text(value: Any) -> bool:  # noqa: ANN401 - anything that JSON can be
    """Whether it is a text that can be written again: JSON can hold half of a surrogate pair."""
    if not isinstance(value, str) or not value:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
