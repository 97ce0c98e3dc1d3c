"""Keeping up with the API server: list, watch, stream, each for one kind of failure.

===========  ==================================================================================
layer        failure it is for
===========  ==================================================================================
``run``      no list to be had, or a version that is too old (410 in both its forms): list anew
``_resume``  a watch that ended, broke off or went quiet: go on from the last version
``_stream``  one connection: events, bookmarks, and errors that come as events
===========  ==================================================================================
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from reporter.kube.api import ApiError, Listing, Resource
from reporter.kube.resource import NodeStatusObject
from reporter.retry import Backoff

if TYPE_CHECKING:
    from collections.abc import Callable

    from reporter.kube.api import Document, NodeStatusApi, Stream
    from reporter.log_on_change import LogOnChange

__all__ = ["Change", "Gone", "Listed", "Seen", "Touched", "Watcher", "objects_of"]

# A watch that lasted so long, in seconds, was no failure.
_LASTED = 5.0


@dataclass(frozen=True, slots=True)
class Listed:
    """All objects of this node, and where they are."""

    resource: Resource
    objects: tuple[NodeStatusObject, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """An object as it is now, maybe another node's by now."""

    object: NodeStatusObject


@dataclass(frozen=True, slots=True)
class Touched:
    """An object of which only this is known: that it has another version now."""

    name: str
    resource_version: str


@dataclass(frozen=True, slots=True)
class Gone:
    """An object that is no more, or no longer this node's."""

    name: str


Change = Listed | Seen | Touched | Gone


def objects_of(
    api: NodeStatusApi, resource: Resource, node_name: str
) -> tuple[Listing, str, tuple[NodeStatusObject, ...]]:
    """The objects of a node, by field selector where the resource knows it; the selector used.

    Raises:
        ApiError: they cannot be had.
    """
    selector = f"spec.node={node_name}"
    try:
        listing = api.list_objects(resource, selector)
    except ApiError as error:
        # "field label not supported": the definition has no selectableFields.
        if error.status != HTTPStatus.BAD_REQUEST:
            raise
        selector = ""
        listing = api.list_objects(resource, selector)
    found = (NodeStatusObject.from_document(item) for item in listing.items)
    return listing, selector, tuple(one for one in found if one.node == node_name)


def _generation(document: Document) -> tuple[str, int]:
    """Identity and spec version of an object."""
    metadata = document["metadata"]
    return metadata["uid"], metadata.get("generation", 0)


def _is_passing(error: ApiError) -> bool:
    """Whether the API server only has trouble: a new list would add to it."""
    return error.status in {0, HTTPStatus.TOO_MANY_REQUESTS} or error.status >= 500


class Watcher:
    """Tells of every change of a node's objects, from :meth:`run` on until :meth:`stop`."""

    def __init__(  # noqa: PLR0913 - everything it uses is an argument
        self,
        api: NodeStatusApi,
        node_name: str,
        tell: Callable[[Change], None],
        troubles: LogOnChange,
        *,
        clock: Callable[[], float],
        random: Callable[[], float],
    ) -> None:
        self._api = api
        self._node_name = node_name
        self._tell = tell
        self._troubles = troubles
        self._clock = clock
        self._backoff = Backoff(random)
        self._version = ""
        self._generations: dict[str, tuple[str, int]] = {}
        self._stopping = False
        self._relist = False
        self._wake = threading.Event()
        self._stream_lock = threading.Lock()
        self._open: Stream | None = None

    def stop(self) -> None:
        """End :meth:`run`, also where it waits for the API server."""
        self._stopping = True
        self.relist()

    def relist(self) -> None:
        """List anew now: what is known may be wrong."""
        self._relist = True
        self._wake.set()
        with self._stream_lock:
            if self._open is not None:
                self._open.close()

    def retry(self) -> None:
        """The API server answers others: do not wait any longer."""
        self._wake.set()

    def run(self) -> None:
        """List and watch for ever."""
        while not self._stopping:
            self._relist = False
            try:
                resource = self._api.discover()
                listing, selector, objects = objects_of(self._api, resource, self._node_name)
                self._tell(Listed(resource, objects))
                self._is_well()
                self._version = listing.resource_version
                # Without a selector every node's reports come by. Where generations move with the
                # spec alone, metadata is enough to know what to read.
                metadata_only = not selector and resource.has_status
                self._generations = {
                    item["metadata"]["name"]: _generation(item) for item in listing.items
                }
                self._resume(resource, selector, metadata_only=metadata_only)
            except ApiError as error:
                self._failed(error)

    def _resume(self, resource: Resource, selector: str, *, metadata_only: bool) -> None:
        """Watch from the last version on, until only a new list helps."""
        while not (self._relist or self._stopping):
            begun = self._clock()
            try:
                self._stream(resource, selector, metadata_only=metadata_only)
                if self._clock() - begun < _LASTED:
                    self._wake.wait(self._backoff.fail())
                    self._wake.clear()
                # A watch also ends where the definition changed: /status may have come or gone.
                if self._api.discover() != resource:
                    return
            except ApiError as error:
                if error.status == HTTPStatus.GONE:
                    return
                if not _is_passing(error):
                    raise
                self._failed(error)

    def _stream(self, resource: Resource, selector: str, *, metadata_only: bool) -> None:
        """One watch until it ends."""
        stream = self._api.watch(resource, selector, self._version, metadata_only=metadata_only)
        with self._stream_lock:
            self._open = stream
            if self._relist or self._stopping:
                stream.close()
        try:
            for event in stream:
                document = event.get("object", {})
                kind = event.get("type")
                if kind == "ERROR":
                    code = int(document.get("code") or 0)
                    raise ApiError(code, f"the watch ended: {document.get('message', '')}")
                if kind != "BOOKMARK":
                    change = self._change(resource, kind, document, metadata_only=metadata_only)
                    if change is not None:
                        self._tell(change)
                self._version = document["metadata"]["resourceVersion"]
                self._is_well()
        finally:
            with self._stream_lock:
                self._open = None
            stream.close()

    def _change(
        self, resource: Resource, kind: object, document: Document, *, metadata_only: bool
    ) -> Change | None:
        """What an event means for this node."""
        metadata = document["metadata"]
        name = metadata["name"]
        if kind == "DELETED":
            self._generations.pop(name, None)
            return Gone(name)
        if metadata_only:
            generation = _generation(document)
            if self._generations.get(name) == generation:
                return Touched(name, metadata["resourceVersion"])
            try:
                document = self._api.get(resource, name)
            except ApiError as error:
                if error.status == HTTPStatus.NOT_FOUND:
                    return None  # its deletion is the next event
                raise
            self._generations[name] = generation
        one = NodeStatusObject.from_document(document)
        return Seen(one) if one.node == self._node_name else Gone(name)

    def _is_well(self) -> None:
        self._backoff.succeed()
        self._troubles.clear("watch", "the API server lists CalicoNodeStatus again")

    def _failed(self, error: ApiError) -> None:
        if self._stopping:
            return
        self._troubles.fail("watch", error.reason, error.message)
        self._wake.wait(self._backoff.fail(error.retry_after))
        self._wake.clear()
