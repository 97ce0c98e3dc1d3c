"""Keeping up with the API server: list, then watch in turns, each layer for one kind of failure.

===========  ==================================================================================
layer        failure it is for
===========  ==================================================================================
``run``      no list to be had, or a version that is too old (410 in both its forms): list anew
``_turns``   a watch that ended, broke off or went quiet: go on from the last version
``_stream``  one connection: its events, and when they came
===========  ==================================================================================

**How often.** Whatever fails, ends early or is too old grows one back-off, from half a second to 15 s, and
only a turn that lasted resets it: a list that succeeded does not. A round makes at most five requests, so
that an API server which ends every watch at once gets at most 60 requests in the first minute, and less than
one a second from then on. :meth:`Watcher.relist` does not shorten a wait, :meth:`Watcher.retry` seldom does.

**How late.** A proxy may hold back what a watch says until a buffer is full or the response is over. So the
first turn is a short one, a trial. If the last that came did so before the end, as events do, and the bookmark
that an API server sends two seconds before it if anything happened (k8s.io/apiserver,
``cacheWatcher.nextBookmarkTime``), later turns are as long as the server likes. If it came with the end, all
turns stay short, and an edit is seen within :data:`TRIAL` seconds. If the end does not come either, only
listing helps: every half minute at the least. If nothing comes, as where nothing happens, the trials grow to
:data:`LONGEST_TRIAL`. A long turn that goes quiet is over after ``--watch-quiet``, and the next is a trial.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from reporter.kube.api import PLURAL, ApiError, Listing, Resource
from reporter.kube.resource import NodeStatusObject
from reporter.retry import Backoff, TokenBucket

if TYPE_CHECKING:
    from collections.abc import Callable

    from reporter.kube.api import Document, NodeStatusApi, Stream
    from reporter.log_on_change import LogOnChange

__all__ = ["Change", "Edited", "Gone", "Listed", "Seen", "Touched", "Watcher", "objects_of"]

# The length of a first turn in seconds, and of one of a series in which nothing comes. No multiple of a usual
# period: an own write would else come with the end again and again.
TRIAL = 11.0
LONGEST_TRIAL = 30.0
# What comes so long before the end of a turn was not held back.
_BEFORE_END = 1.0
# A turn that was to last, and did so for this time, was no failure.
_LASTED = 30.0
# So many turns in a row without a sign are told: nothing is seen but by listing.
_QUIET_IN_A_ROW = 5
# With short turns, the definition is looked at so often: a change of it ends a long turn.
_DISCOVER = 60.0


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
class Edited:
    """An object, maybe another node's, of which only this is known: that it asks for something else now."""

    name: str


@dataclass(frozen=True, slots=True)
class Gone:
    """An object that is no more, or no longer this node's."""

    name: str


Change = Listed | Seen | Touched | Edited | Gone


def objects_of(
    api: NodeStatusApi, resource: Resource, node_name: str, *, by_name: bool = False
) -> tuple[Listing, str, tuple[NodeStatusObject, ...]]:
    """The objects of a node, by field selector where the resource knows it; the selector used.

    ``by_name``: there is one, and it is named like its node. Every resource knows that selector, and the API
    server finds the watches of a name without asking all (``Cacher``, ``namespacedName``).

    Raises:
        ApiError: they cannot be had.
    """
    selector = f"metadata.name={node_name}" if by_name else f"spec.node={node_name}"

    def keep(document: Document) -> Document:
        # Of what is reported for another node its version is all that is ever asked for.
        spec = document.get("spec")
        is_ours = isinstance(spec, dict) and spec.get("node") == node_name
        return document if is_ours else {"metadata": _identity(document)}

    try:
        listing = api.list_objects(resource, selector, keep)
    except ApiError as error:
        # "field label not supported": the definition has no selectableFields.
        if error.status != HTTPStatus.BAD_REQUEST:
            raise
        selector = ""
        listing = api.list_objects(resource, selector, keep)
    found = (NodeStatusObject.from_document(item) for item in listing.items)
    return listing, selector, tuple(one for one in found if one.node == node_name)


def _identity(document: Document) -> Document:
    """The metadata by which an object is known again."""
    metadata = document["metadata"]
    return {name: metadata[name] for name in ("name", "uid", "generation") if name in metadata}


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
        wait: Callable[[threading.Event, float], object] = threading.Event.wait,
        by_name: bool = False,
        spread: Callable[[], float] = lambda: 0.0,
    ) -> None:
        """``clock`` is monotonic seconds; ``wait`` waits so long for an event, or until it is set.

        ``by_name`` is as in :func:`objects_of`. ``spread`` says over how many seconds the watches of all
        reporters come back after an end that they may have in common.
        """
        self._api = api
        self._node_name = node_name
        self._tell = tell
        self._troubles = troubles
        self._clock = clock
        self._wait = wait
        self._random = random
        self._by_name = by_name
        self._spread = spread
        self._backoff = Backoff(random)
        self._failures = 0
        # A failure that comes and goes is logged a few times, then as one that stays.
        self._recoveries = TokenBucket(clock, burst=3, seconds_each=60.0)
        self._retries = TokenBucket(clock, burst=2, seconds_each=15.0)
        self._version = ""
        self._generations: dict[str, tuple[str, int]] = {}
        self._trial: float | None = TRIAL
        self._discovered = clock()
        self._stopping = False
        self._relist = threading.Event()
        self._wake = threading.Event()
        self._stream_lock = threading.Lock()
        self._open: Stream | None = None

    def stop(self) -> None:
        """End :meth:`run`, also where it waits for the API server."""
        self._stopping = True
        self._wake.set()
        self.relist()

    def relist(self) -> None:
        """List anew, as soon as the back-off allows: what is known may be wrong."""
        self._relist.set()
        with self._stream_lock:
            if self._open is not None:
                self._open.close()

    def retry(self) -> None:
        """The API server answers others: do not wait any longer, unless this was said just before."""
        if self._retries.take():
            self._wake.set()

    def run(self) -> None:
        """List and watch for ever."""
        while not self._stopping:
            self._relist.clear()
            try:
                resource = self._discover()
                listing, selector, objects = objects_of(
                    self._api, resource, self._node_name, by_name=self._by_name
                )
                self._tell(Listed(resource, objects))
                self._recover()
                self._version = listing.resource_version
                # Without a selector every node's reports come by. Where generations move with the
                # spec alone, metadata is enough to know what to read.
                metadata_only = not selector and resource.has_status
                self._generations = {
                    item["metadata"]["name"]: _generation(item) for item in listing.items
                }
                self._turns(resource, selector, metadata_only=metadata_only)
            except ApiError as error:
                self._failed(error.reason, error.message, error.retry_after)

    def _discover(self) -> Resource:
        found = self._api.discover()
        self._discovered = self._clock()
        return found

    def _turns(self, resource: Resource, selector: str, *, metadata_only: bool) -> None:
        """Watch from the last version on, until only a new list helps."""
        while not (self._relist.is_set() or self._stopping):
            begun, planned = self._clock(), self._trial
            try:
                self._stream(resource, selector, metadata_only=metadata_only)
                if self._is_whole(self._clock() - begun, planned):
                    continue
                # A watch also ends if the definition changes: /status may have come or gone.
                if self._relist.is_set() or self._discover() != resource:
                    return
            except ApiError as error:
                if self._is_useless(error, self._clock() - begun):
                    return

    def _is_whole(self, lasted: float, planned: float | None) -> bool:
        """Whether a turn that ended is simply followed by the next; else wait, if it ended early."""
        if lasted >= (_LASTED if planned is None else planned - _BEFORE_END):
            self._succeed()
            return planned is not None and self._clock() - self._discovered < _DISCOVER
        # A single one, as when the API server is restarted, is no news.
        text = f"a watch of {PLURAL} ended after {lasted:.0f} s, again and again"
        self._failed("ended_early", text, is_news=self._failures > 1)
        return False

    def _is_useless(self, error: ApiError, lasted: float) -> bool:
        """Whether after this end of a turn only a new list helps; wait, if it was a failure.

        Raises:
            ApiError: that one, if there is nothing to be watched.
        """
        self._trial = TRIAL
        if lasted >= _LASTED:
            self._succeed()
        if error.status == HTTPStatus.GONE:
            # After a long turn it is no failure: what was known is too old by now.
            if lasted < _LASTED:
                self._failed(error.reason, error.message)
            return True
        if not _is_passing(error):
            raise error
        # A connection that has died without a word is no news if the next one holds.
        is_quiet = error.reason == "quiet"
        is_news = not is_quiet or self._failures > _QUIET_IN_A_ROW
        self._failed(error.reason, error.message, error.retry_after, is_news=is_news)
        # The end of a trial was due: who holds that back as well lets nothing through but lists.
        return is_quiet and lasted < _LASTED

    def _stream(self, resource: Resource, selector: str, *, metadata_only: bool) -> None:
        """One watch until it ends, and from when its last sign came, how long the next is to be."""
        begun, planned = self._clock(), self._trial
        stream = self._api.watch(
            resource, selector, self._version, metadata_only=metadata_only, seconds=planned
        )
        with self._stream_lock:
            self._open = stream
            if self._relist.is_set() or self._stopping:
                stream.close()
        bookmark_at = event_at = None
        try:
            for event in stream:
                kind, document = event["type"], event["object"]
                now = self._clock()
                if now - begun >= _LASTED:
                    self._succeed()
                if kind == "BOOKMARK":
                    bookmark_at = now
                else:
                    event_at = now
                    self._tell(self._change(kind, document, metadata_only=metadata_only))
                self._version = document["metadata"]["resourceVersion"]
        finally:
            with self._stream_lock:
                self._open = None
            stream.close()
        ended = self._clock()
        last_at = event_at if bookmark_at is None else bookmark_at
        if last_at is None:
            whole = planned is not None and ended - begun >= planned - _BEFORE_END
            self._trial = min(2 * planned, LONGEST_TRIAL) if planned and whole else TRIAL
        else:
            self._trial = None if ended - last_at >= _BEFORE_END else TRIAL

    def _change(self, kind: object, document: Document, *, metadata_only: bool) -> Change:
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
            self._generations[name] = generation
            return Edited(name)
        found = NodeStatusObject.from_document(document)
        return Seen(found) if found.node == self._node_name else Gone(name)

    def _recover(self) -> None:
        """The API server lists: well again, unless it only seems so again and again."""
        if self._failures and self._recoveries.take():
            self._clear()

    def _succeed(self) -> None:
        self._backoff.succeed()
        self._failures = 0
        self._clear()

    def _clear(self) -> None:
        self._troubles.clear("watch", "the API server lists CalicoNodeStatus again")

    def _failed(
        self, reason: str, text: str, retry_after: float | None = None, *, is_news: bool = True
    ) -> None:
        """Wait as the back-off says. Other requests are as likely to fail as this one."""
        if self._stopping:
            return
        self._failures += 1
        if is_news:
            self._troubles.fail("watch", reason, text)
        # An API server that went away did so for all at once.
        spread = self._random() * self._spread() if self._failures == 1 else 0.0
        self._wait(self._wake, self._backoff.fail(retry_after) + spread)
        self._wake.clear()
