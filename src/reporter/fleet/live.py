"""The newest look at a cluster, kept current by one watch of its statuses.

Everything is listed at first and every ten minutes, what is no status every minute; in between the watch
brings each status that changed. Documents are held compressed, a twentieth of their size, and read anew for
each look: of a mesh of 1,000 nodes they take 4 MB, with all its routes 14 MB.
"""

from __future__ import annotations

import json
import threading
import time
import zlib
from datetime import datetime, timedelta
from http import HTTPStatus
from random import random
from typing import TYPE_CHECKING, Any, Protocol, Self

from reporter.fleet.gather import STATUS, objects_of_cluster, sources
from reporter.fleet.look import judge, utc_now
from reporter.kube.api import ApiError, Resource
from reporter.retry import Backoff

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from birdstatus.fleet import NotLookedAt
    from reporter.fleet.gather import Source
    from reporter.fleet.look import Look
    from reporter.kube.api import Document, Stream
    from reporter.kube.cluster import Cluster

__all__ = ["Live", "WatchingCalls"]

# Seconds after which what is no status is listed anew, and everything.
RESOURCES_EVERY = 60.0
EVERYTHING_EVERY = 600.0
# A look rests for so many times as long as it took: a large cluster may cost a quarter of a core.
_REST = 3.0
# A second reading of sessions tells a flap only if it is not of the same moment.
_APART = timedelta(minutes=1)


class WatchingCalls(Protocol):
    """What this needs of a client, such as :class:`reporter.kube.client.KubeApi`."""

    def call(self, method: str, path: str, what: str, **options: Any) -> Document:  # noqa: ANN401
        """One call; raises :class:`ApiError`."""

    def watch(
        self,
        resource: Resource,
        field_selector: str,
        resource_version: str,
        *,
        metadata_only: bool,
    ) -> Stream:
        """What changes from that version on."""


class Live:
    """Looks at a cluster from ``with`` to the end of its block, in two threads of its own.

    One lists and watches, the other looks. ``_lock`` guards what both use.
    """

    def __init__(  # noqa: PLR0913 - everything it uses is an argument
        self,
        calls: WatchingCalls,
        cluster: Cluster,
        *,
        api_group: str,
        every: float,
        made: Callable[[Look], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        """``every``: a look is at most so many seconds older than what has changed, if looks are quick.

        ``made`` hears of each look, in the thread that looks; ``now`` is the time in UTC.
        """
        self._calls = calls
        self._cluster = cluster
        self._api_group = api_group
        self._every = every
        self._made = made
        self._clock = clock
        self._now = now
        self._heard_at = now()
        self._lock = threading.Condition()
        self._held: dict[tuple[str, str], bytes] = {}
        self._notes: list[NotLookedAt] = []
        self._sources: list[Source] = []
        self._resources_at = 0.0
        self._is_changed = False
        self._stopping = threading.Event()
        self._stream: Stream | None = None
        self._look: Look | None = None
        self.trouble = ""
        """What is wrong with the API, in one line; empty if nothing is."""
        self.failures = 0
        """How often the API failed."""
        self.seconds = 0.0
        """How long the newest look took."""
        self._threads = [
            threading.Thread(target=self._keep, name="listing", daemon=True),
            threading.Thread(target=self._look_again, name="looking", daemon=True),
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        with self._lock:
            if self._stream is not None:
                self._stream.close()
            self._lock.notify_all()
        for thread in self._threads:
            thread.join(5.0)

    @property
    def look(self) -> Look | None:
        """The newest look; None before the first."""
        return self._look

    @property
    def is_alive(self) -> bool:
        """Both threads are at work."""
        return all(thread.is_alive() for thread in self._threads)

    def looks(self) -> Iterator[Look]:
        """Each look as it comes, until the block ends; what comes meanwhile is skipped."""
        seen: Look | None = None
        while not self._stopping.is_set():
            with self._lock:
                if self._look is seen:
                    # A bounded wait, so that Ctrl-C is heard.
                    self._lock.wait(0.5)
                look = self._look
            if look is not None and look is not seen:
                seen = look
                yield look

    # The thread that lists and watches

    def _keep(self) -> None:
        backoff = Backoff(random)
        while not self._stopping.is_set():
            try:
                self._list_and_watch(backoff)
            except ApiError as error:
                # 410: the API server has forgotten the version of the list, which is no failure of it.
                if error.status != HTTPStatus.GONE:
                    self._failed(error)
                self._stopping.wait(backoff.fail(error.retry_after))

    def _failed(self, error: ApiError) -> None:
        if not self._stopping.is_set():
            self.failures += 1
            self.trouble = error.message

    def _list_and_watch(self, backoff: Backoff) -> None:
        """List everything, and watch the statuses from there on until it is time to list anew.

        Raises:
            ApiError: any call failed.
        """
        notes: list[NotLookedAt] = []
        found = sources(self._cluster, api_group=self._api_group, note=notes.append)
        versions: dict[str, str] = {}
        held = self._listed(found, notes, versions)
        with self._lock:
            self._sources = found
            self._resources_at = self._clock()
            self._heard_at = self._now()
            self._held, self._notes = held, notes
            self._change()
        self.trouble = ""
        until = self._clock() + EVERYTHING_EVERY
        resource, version = _watched(found, versions)
        if resource is None:
            # Calico is not installed yet, or a role is missing.
            self._stopping.wait(RESOURCES_EVERY)
            return
        while self._clock() < until and not self._stopping.is_set():
            version = self._watch(resource, version, until)
            backoff.succeed()
            # A watch that ends at once must not become a busy loop.
            self._stopping.wait(1.0)

    def _listed(
        self, found: list[Source], notes: list[NotLookedAt], versions: dict[str, str]
    ) -> dict[tuple[str, str], bytes]:
        return {
            _key(document): _packed(document)
            for document in objects_of_cluster(
                self._cluster, found, notes.append, listed=versions.__setitem__
            )
        }

    def _watch(self, resource: Resource, version: str, until: float) -> str:
        """One watch to its end; the version from which to go on."""
        stream = self._calls.watch(resource, "", version, metadata_only=False)
        with self._lock:
            self._stream = stream
            if self._stopping.is_set():
                stream.close()
        try:
            for event in stream:
                document = event["object"]
                version = str(document["metadata"]["resourceVersion"])
                self._heard_at = self._now()
                if event["type"] != "BOOKMARK":
                    self._take(document, is_gone=event["type"] == "DELETED")
                if self._clock() >= until:
                    break
        finally:
            with self._lock:
                self._stream = None
            stream.close()
        return version

    def _take(self, document: Document, *, is_gone: bool) -> None:
        key = (STATUS, str(document["metadata"]["name"]))
        body = b"" if is_gone else _packed({"kind": STATUS, **document})
        with self._lock:
            if is_gone:
                self._held.pop(key, None)
            else:
                self._held[key] = body
            self._change()

    def _change(self) -> None:
        self._is_changed = True
        self._lock.notify_all()

    # The thread that looks

    def _look_again(self) -> None:
        previous: Look | None = None
        while not self._stopping.is_set():
            with self._lock:
                self._lock.wait_for(
                    lambda: self._is_changed or self._stopping.is_set(), RESOURCES_EVERY
                )
            if self._stopping.is_set() or not self._sources:
                continue
            try:
                self._list_resources()
            except ApiError as error:
                self._failed(error)
            with self._lock:
                bodies, notes = list(self._held.values()), list(self._notes)
                self._is_changed = False
            began = self._clock()
            before = None if previous is None else previous.inventory
            # While the API is silent time stands still: it is not the nodes' fault that nothing is heard.
            look = judge(map(_unpacked, bodies), notes, self._heard_at, before)
            self._made(look)
            self.seconds = self._clock() - began
            with self._lock:
                self._look = look
                self._lock.notify_all()
            if previous is None or (look.at and previous.at and look.at - previous.at >= _APART):
                previous = look
            self._stopping.wait(max(self._every, _REST * self.seconds))

    def _list_resources(self) -> None:
        """List what is no status, if it is time to."""
        if self._clock() - self._resources_at < RESOURCES_EVERY:
            return
        notes: list[NotLookedAt] = []
        others = [source for source in self._sources if source.kind != STATUS]
        fresh = self._listed(others, notes, {})
        with self._lock:
            kept = {key: body for key, body in self._held.items() if key[0].startswith(STATUS)}
            self._held = kept | fresh
            kinds = {source.kind for source in others}
            self._notes = [note for note in self._notes if note.what not in kinds] + notes
            self._resources_at = self._clock()
            self._heard_at = self._now()
        self.trouble = ""


def _watched(found: list[Source], versions: dict[str, str]) -> tuple[Resource | None, str]:
    """Where the statuses were listed, and the version of that list."""
    for source in found:
        for group_version in source.group_versions:
            version = versions.get(source.path(group_version), "")
            if source.kind == STATUS and version:
                return Resource(group_version, has_status=False), version
    return None, ""


def _key(document: Document) -> tuple[str, str]:
    return str(document["kind"]), str(document.get("metadata", {}).get("name", ""))


def _packed(document: Document) -> bytes:
    return zlib.compress(json.dumps(document, separators=(",", ":")).encode(), 1)


def _unpacked(body: bytes) -> Document:
    document: Document = json.loads(zlib.decompress(body))
    return document
