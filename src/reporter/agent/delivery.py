"""Delivering one status: a report in hand is written, whoever else edits the object meanwhile.

A write holds what changed: a JSON patch of the rows, or a merge patch where that is smaller or the other is
refused. It names the version of the object that it was made for, so that a write to an object which was moved
to another node is refused. When that refuses a write because somebody changed a label, the object is read and
the same report is sent again. If somebody changes it faster than it can be read and written, the write names
the object and its node instead, and the API server tests these.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from reporter.kube.api import ApiError
from reporter.kube.resource import NodeStatusObject
from reporter.status.patch import (
    guarded_body,
    merge_body,
    merge_patch,
    steady_times,
    write_body,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from reporter.kube.api import NodeStatusApi, Resource

__all__ = ["Delivered", "Order", "deliver", "read"]

Document = dict[str, Any]

# After so many conflicts in a row the write no longer names a version: it is guarded by the object's identity.
GUARDED_AFTER = 3
# Refusals of a JSON patch as such, by the API server or by a proxy before it: the other kind may do.
_NOT_TAKEN = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNSUPPORTED_MEDIA_TYPE})
# So many tries, and it is starved.
MOST_TRIES = 8


@dataclass(frozen=True, slots=True)
class Order:
    """A status to be written, for an object as it was known.

    ``own`` are statuses that this reporter has written, as far as it knows or fears. ``takes_json_patch`` is
    whether the API server is known to refuse no JSON patch of this object.
    """

    resource: Resource
    object: NodeStatusObject
    status: Document
    own: tuple[Document, ...] = ()
    takes_json_patch: bool = True


@dataclass(slots=True)
class Delivered:
    """What came of an order.

    ``object`` is the object as it is known now, ``None`` if it is gone; if it asks for something else by now,
    nothing was written. ``status`` is what was sent last. ``other_writer`` is who else wrote the status
    meanwhile. If the last try was guarded, the object may have another spec by now. ``error`` is why it was not
    written: a conflict, if others changed the object before each try. ``takes_json_patch`` is no more if the
    API server refused a JSON patch for what it is.
    """

    object: NodeStatusObject | None
    status: Document
    error: ApiError | None = None
    other_writer: str = ""
    conflicts: int = 0
    bytes_written: int = 0
    is_guarded: bool = False
    is_json_patch: bool = False
    takes_json_patch: bool = True

    @property
    def is_written(self) -> bool:
        """Whether the object now has the status."""
        return self.error is None and self.object is not None and self.object.status == self.status


def read(api: NodeStatusApi, resource: Resource, name: str) -> NodeStatusObject | None:
    """An object as it is now; ``None`` if there is none.

    Raises:
        ApiError: it cannot be read.
    """
    try:
        return NodeStatusObject.from_document(api.get(resource, name))
    except ApiError as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return None
        raise


def deliver(
    api: NodeStatusApi, order: Order, *, seconds: float, clock: Callable[[], float]
) -> Delivered:
    """Write a status. Blocks; tries again after conflicts for ``seconds`` at most, and never otherwise."""
    deadline = clock() + seconds
    known = order.object
    done = Delivered(known, order.status, takes_json_patch=order.takes_json_patch)
    while True:
        done.status = steady_times(known.status, order.status)
        if not merge_patch(known.status, done.status):
            return done
        try:
            _send(api, order.resource, known, done)
        except ApiError as error:
            found = _refused(api, order, known, done, error, is_late=clock() >= deadline)
        else:
            return done
        if found is None:
            return done
        known = found


def _refused(  # noqa: PLR0913 - all that is known of a refused try
    api: NodeStatusApi,
    order: Order,
    known: NodeStatusObject,
    done: Delivered,
    refusal: ApiError,
    *,
    is_late: bool,
) -> NodeStatusObject | None:
    """The object that the next try is for; ``None`` if there is none, and why is noted."""
    is_rows = done.is_json_patch and not done.is_guarded
    if is_rows and refusal.status in _NOT_TAKEN:
        done.takes_json_patch = False
        return known
    # A guarded write is refused as invalid if the object is another one by now.
    is_invalid = refusal.status == HTTPStatus.UNPROCESSABLE_ENTITY
    is_conflict = refusal.status == HTTPStatus.CONFLICT or (done.is_guarded and is_invalid)
    done.conflicts += is_conflict
    is_over = done.conflicts >= MOST_TRIES or (is_conflict and is_late)
    if is_over or not (is_conflict or (is_rows and is_invalid)):
        done.error = refusal
        return None
    try:
        found = read(api, order.resource, known.name)
    except ApiError as error:
        done.error = error
        return None
    if not is_conflict:
        if found is not None and found.resource_version == known.resource_version:
            # The test of the version held: it is refused for what it is, and a merge patch may do.
            done.takes_json_patch = False
            return known
        done.conflicts += 1
    done.object = found
    if found is None or found.asks != known.asks:
        return None
    if found.status not in (known.status, done.status, *order.own):
        done.other_writer = found.other_writer or done.other_writer
    return found


def _send(api: NodeStatusApi, resource: Resource, known: NodeStatusObject, done: Delivered) -> None:
    """Make one try; notes the object after it."""
    done.is_guarded = done.conflicts >= GUARDED_AFTER
    version = known.resource_version
    if done.is_guarded:
        body = guarded_body(known.uid, known.node, done.status)
    elif done.takes_json_patch:
        body = write_body(version, known.status, done.status)
    else:
        body = merge_body(version, merge_patch(known.status, done.status))
    done.is_json_patch = body.is_json_patch
    answer = api.patch_status(resource, known.name, body.data, is_json_patch=body.is_json_patch)
    version = str((answer.get("metadata") or {}).get("resourceVersion", ""))
    done.object = known.written(done.status, version)
    done.bytes_written = len(body.data)
