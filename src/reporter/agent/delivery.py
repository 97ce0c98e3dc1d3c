"""Delivering one status: a report in hand is written, whoever else edits the object meanwhile.

Every write names the version of the object that it was made for, so that a write to an object which was moved
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
from reporter.status.patch import guarded_body, merge_patch, steady_times, write_body

if TYPE_CHECKING:
    from collections.abc import Callable

    from reporter.kube.api import NodeStatusApi, Resource

__all__ = ["Delivered", "Order", "deliver", "read"]

Document = dict[str, Any]

# After so many conflicts in a row the write no longer names a version: it is guarded by the object's identity.
GUARDED_AFTER = 3
# So many tries, and it is starved.
MOST_TRIES = 8


@dataclass(frozen=True, slots=True)
class Order:
    """A status to be written, for an object as it was known.

    ``own`` are statuses that this reporter has written, as far as it knows or fears.
    """

    resource: Resource
    object: NodeStatusObject
    status: Document
    own: tuple[Document, ...] = ()


@dataclass(slots=True)
class Delivered:
    """What came of an order.

    ``object`` is the object as it is known now, ``None`` if it is gone; if it asks for something else by now,
    nothing was written. ``status`` is what was sent last. ``other_writer`` is who else wrote the status
    meanwhile. If the last try was guarded, the object may have another spec by now. ``error`` is why it was not
    written: a conflict, if others changed the object before each try.
    """

    object: NodeStatusObject | None
    status: Document
    error: ApiError | None = None
    other_writer: str = ""
    conflicts: int = 0
    bytes_written: int = 0
    is_guarded: bool = False

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
    done = Delivered(known, order.status)
    while True:
        done.status = steady_times(known.status, order.status)
        if not merge_patch(known.status, done.status):
            return done
        try:
            _send(api, order.resource, known, done)
        except ApiError as error:
            # A guarded write is refused as invalid if the object is another one by now.
            refusal = HTTPStatus.UNPROCESSABLE_ENTITY if done.is_guarded else HTTPStatus.CONFLICT
            is_passing = error.status in {HTTPStatus.CONFLICT, refusal}
            done.conflicts += is_passing
            if not is_passing or done.conflicts >= MOST_TRIES or clock() >= deadline:
                done.error = error
                return done
        else:
            return done
        try:
            found = read(api, order.resource, known.name)
        except ApiError as error:
            done.error = error
            return done
        done.object = found
        if found is None or found.asks != known.asks:
            return done
        if found.status not in (known.status, done.status, *order.own):
            done.other_writer = found.other_writer or done.other_writer
        known = found


def _send(api: NodeStatusApi, resource: Resource, known: NodeStatusObject, done: Delivered) -> None:
    """Make one try; notes the object after it."""
    done.is_guarded = done.conflicts >= GUARDED_AFTER
    if done.is_guarded:
        body = guarded_body(known.uid, known.node, done.status)
        answer = api.replace_status(resource, known.name, body)
    else:
        body = write_body(known.resource_version, merge_patch(known.status, done.status))
        answer = api.patch_status(resource, known.name, body)
    version = str((answer.get("metadata") or {}).get("resourceVersion", ""))
    done.object = known.written(done.status, version)
    done.bytes_written = len(body)
