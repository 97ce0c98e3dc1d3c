"""Values out of Kubernetes documents that anybody may have written: what has another type counts as absent."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = [
    "boolean",
    "integer",
    "items",
    "labels",
    "metadata",
    "section",
    "strings",
    "text",
    "time",
]

# Calico keeps the metadata that a user gave to an object of its first API here, as JSON (section 5 of its
# conversion: libcalico-go/lib/backend/k8s/resources/resources.go).
_METADATA = "projectcalico.org/metadata"
# No annotation of Kubernetes may be longer.
_LONGEST_JSON = 1 << 18


def section(document: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """A mapping inside a document; empty if there is none."""
    value: Any = document
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def text(document: Mapping[str, Any], name: str) -> str:
    """A text in a document; empty if there is none."""
    value = document.get(name)
    return value if isinstance(value, str) else ""


def integer(document: Mapping[str, Any], name: str) -> int:
    """A whole number in a document; 0 if there is none."""
    value = document.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def boolean(document: Mapping[str, Any], name: str) -> bool | None:
    """True or false, which the first API writes as text; None if it is neither."""
    value = document.get(name)
    return (
        {"true": True, "false": False}.get(value)
        if isinstance(value, str)
        else value
        if isinstance(value, bool)
        else None
    )


def strings(document: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """The texts in a list of a document."""
    value = document.get(name)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def items(document: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    """The mappings in a list of a document."""
    value = document.get(name)
    return (
        (item for item in value if isinstance(item, dict)) if isinstance(value, list) else iter(())
    )


def labels(values: Mapping[str, Any]) -> dict[str, str]:
    """Labels as texts, as Kubernetes' own reader makes them of YAML's ``yes`` and ``1``."""
    return {
        key: _label(value) for key, value in values.items() if isinstance(value, str | bool | int)
    }


def _label(value: str | bool | int) -> str:  # noqa: FBT001 - a value as YAML read it
    return str(value).lower() if isinstance(value, bool) else str(value)


def metadata(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """An object's metadata as Calico sees it: its own annotation, where there is one, holds the user's part."""
    own = section(document, "metadata")
    kept = text(section(own, "annotations"), _METADATA)
    user = from_json(kept) if kept and text(document, "apiVersion").startswith("crd.") else {}
    return {
        **own,
        **{
            name: user[name]
            for name in ("labels", "annotations", "creationTimestamp")
            if name in user
        },
    }


def from_json(value: str) -> dict[str, Any]:
    """A JSON map in an annotation; empty if it is none."""
    try:
        found = json.loads(value) if len(value) <= _LONGEST_JSON else None
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def time(value: Any) -> datetime | None:  # noqa: ANN401 - JSON
    """RFC 3339, or a time that a YAML reader has made; in UTC if no zone is given. None if it is neither."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value[:40])
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    try:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except (OverflowError, ValueError):
        return None


def latest(times: Iterable[datetime | None]) -> datetime | None:
    return max((moment for moment in times if moment is not None), default=None)
