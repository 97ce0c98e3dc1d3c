"""``show route`` of one daemon, read again and again: what was read before is not read again.

For whoever polls a large table. Networks are alike but for their prefix and the times of their
routes, so one of each kind is read, by the grammar. A later reply is compared with the last, and
only what differs is looked at. The result is always what
:func:`~birdstatus.parse.parse_routes` and :func:`~birdstatus.projection.routes` give for the same
reply: every reply with something odd in it goes to them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from functools import cache
from itertools import chain, compress, islice, repeat, starmap, zip_longest
from operator import eq, itemgetter, ne
from typing import TYPE_CHECKING, TypeVar

from birdstatus.bulk import no_garbage_collection
from birdstatus.errors import BirdParseError, ProjectionError
from birdstatus.models import Route
from birdstatus.parse import parse_routes
from birdstatus.projection import prefix_order, prefix_orders, routes
from birdstatus.route_kinds import RouteKinds
from birdstatus.route_text import OddReplyError, networks_in, rows_in, without_times

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from birdstatus.records import Protocol

__all__ = ["RouteReader"]

# So many are made together: they stay in the processor's cache.
BATCH = 4096

# Where more than this part of the networks is another, reading all of them is no more work.
MOST_CHANGED = 0.25

# An idle daemon shows every time as one of two seconds (see :func:`birdstatus.times.is_same_time`),
# all of them together: its replies are two texts in turn.
PHASES = 2

T = TypeVar("T")


class RouteReader:
    """Replies of one daemon to ``show route`` in, published routes out.

    Holds what the last reply showed and forgets what it no longer shows. Not for use by two
    threads at once.
    """

    def __init__(self) -> None:
        self._sources: list[tuple[str, str, str]] = []
        self._start(())

    def _start(self, protocols: Sequence[Protocol]) -> None:
        self._kinds = RouteKinds(protocols)
        self._published: tuple[Route, ...] = ()
        # What showed just these routes: replies, and what they are without their times.
        self._replies: deque[bytes] = deque(maxlen=PHASES)
        self._text = ""

    def read(
        self,
        reply: bytes,
        protocols: Sequence[Protocol] = (),
        diagnostics: list[BirdParseError] | None = None,
        left_out: list[ProjectionError] | None = None,
    ) -> tuple[Route, ...]:
        """The published routes of a whole reply, as the control socket sent it.

        While they are the same, this is the same object. ``diagnostics`` is that of
        :func:`~birdstatus.parse.parse_routes`, ``protocols`` and ``left_out`` those of
        :func:`~birdstatus.projection.routes`.

        Raises:
            BirdParseError: without ``diagnostics``: the reply is not that answer, whole.
        """
        sources = [
            (one.name, one.type, one.bgp.neighbor_address if one.bgp else "") for one in protocols
        ]
        if sources != self._sources:
            self._start(protocols)
            self._sources = sources
        if reply in self._replies:
            return self._published
        with no_garbage_collection():
            try:
                self._take_in(reply)
            except (BirdParseError, ProjectionError, OddReplyError):
                self._start(protocols)
                return routes(parse_routes(reply, diagnostics), protocols, left_out)
        return self._published

    def _take_in(self, reply: bytes) -> None:
        """Publish what a reply shows.

        Raises:
            BirdParseError: a line is not what BIRD prints.
            ProjectionError: a route has no place in the models.
            OddReplyError: the reply is not for this module.
        """
        text = without_times(reply)
        if text != self._text:
            changed = self._read_changes(text) if self._text else None
            self._published = self._read_all(text) if changed is None else changed
            self._text = text
            self._replies.clear()
            self._kinds.forget()
        self._replies.append(reply)

    def _read_all(self, text: str) -> tuple[Route, ...]:
        prefixes, networks = self._in_order(text)
        published: list[Route] = []
        for start in range(0, len(networks), BATCH):
            batch = slice(start, start + BATCH)
            templates = list(chain.from_iterable(networks[batch]))
            destinations = map(repeat, prefixes[batch], map(len, networks[batch]))
            published += Route.copies(templates, chain.from_iterable(destinations))
        return tuple(published)

    def _in_order(self, text: str) -> tuple[list[str], list[tuple[Route, ...]]]:
        """The prefix of every network, and its routes but for their destination."""
        orders: list[int] = []
        prefixes: list[str] = []
        networks: list[tuple[Route, ...]] = []
        for found in networks_in(text):
            shown = list(map(itemgetter(0), found))
            new = prefix_orders(shown)
            # What is in order by chunks is sorted with long strides through memory, not with jumps.
            ranked = sorted(range(len(new)), key=new.__getitem__)
            orders += _picked(new, ranked)
            prefixes += _picked(shown, ranked)
            networks += _picked(self._kinds.routes_of(found), ranked)
        ranked = sorted(range(len(orders)), key=orders.__getitem__)
        orders = _picked(orders, ranked)
        if any(map(eq, orders, islice(orders, 1, None))):
            # BIRD shows a network once. Where a text does not, the order of its routes is not ours to find.
            raise OddReplyError
        return _picked(prefixes, ranked), _picked(networks, ranked)

    def _read_changes(self, text: str) -> tuple[Route, ...] | None:
        """What is published, with other routes for every network that this text shows otherwise.

        ``None`` where too much has changed.
        """
        before, after = rows_in(self._text), rows_in(text)
        # Most stand where they stood.
        moved = list(starmap(ne, zip_longest(before, after)))
        before, after = list(compress(before, moved)), list(compress(after, moved))
        known, shown = set(before), set(after)
        gone = [row for row in before if row not in shown]
        came = [row for row in after if row not in known]
        if len(gone) + len(came) > len(moved) * MOST_CHANGED:
            return None
        if len(shown) < len(after):
            raise OddReplyError
        left = [network for found in networks_in("\n".join(gone)) for network in found]
        joined = [network for found in networks_in("\n".join(came)) for network in found]
        old = prefix_orders([prefix for prefix, _ in left])
        new = prefix_orders([prefix for prefix, _ in joined])
        if len(set(new)) < len(new):
            raise OddReplyError
        changes: dict[int, list[Route]] = {order: [] for order in old}
        kinds = self._kinds.routes_of(joined)
        for order, (prefix, _), templates in zip(new, joined, kinds, strict=True):
            changes[order] = Route.copies(templates, [prefix] * len(templates))
        return self._replace(changes, set(old))

    def _replace(self, changes: dict[int, list[Route]], known: set[int]) -> tuple[Route, ...]:
        """What is published, with these routes for the networks in these places of the order."""
        published = self._published

        @cache
        def order_at(index: int) -> int:
            return prefix_order(published[index].destination or "")

        result: list[Route] = []
        done = 0
        for order in sorted(changes):
            start = end = bisect_left(range(len(published)), order, key=order_at)
            while end < len(published) and order_at(end) == order:
                end += 1
            if end > start and order not in known:
                # The network is there already.
                raise OddReplyError
            result += published[done:start]
            result += changes[order]
            done = end
        return (*result, *published[done:])


def _picked(column: Sequence[T], indexes: Iterable[int]) -> list[T]:
    return [column[index] for index in indexes]
