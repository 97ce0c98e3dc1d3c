"""``show route`` of one daemon, read again and again: what was read before is not read again.

For whoever polls a large table. Networks are alike but for their prefix and the times of their
routes, so one of each kind is read, by the grammar. A later reply is compared with the last, and
only what differs is looked at. The result is always what
:func:`~birdstatus.parse.parse_routes` and :func:`~birdstatus.projection.routes` give for the same
reply: every reply with something odd in it goes to them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, deque
from functools import cache, partial
from itertools import chain, compress, repeat, starmap, zip_longest
from operator import ne
from typing import TYPE_CHECKING

from birdstatus.errors import BirdParseError, ProjectionError
from birdstatus.ordering import prefix_order, prefix_orders
from birdstatus.parse import parse_routes
from birdstatus.parse.gc_pause import no_garbage_collection
from birdstatus.projection import copies, routes
from birdstatus.route_kinds import RouteKinds
from birdstatus.route_text import OddReplyError, networks_in, rows_in, without_times

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from birdstatus.models import Route
    from birdstatus.records import Protocol
    from birdstatus.route_text import Network

__all__ = ["RouteReader"]

# A reply of more bytes than this has a thousand routes or more.
LARGE = 1 << 17

# Where more than this part of the networks is another, reading all of them is no more work.
MOST_CHANGED = 0.25

# An idle daemon shows every time as one of two seconds (see :func:`birdstatus.times.is_same_time`),
# all of them together: its replies are two texts in turn.
PHASES = 2


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
        self._is_unique = False

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
        with no_garbage_collection(many=len(reply) > LARGE):
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
        published: list[Route] = []
        places: list[float] = []
        for networks in networks_in(text):
            found, where = self._read_networks(networks)
            published += found
            places += where
        self._is_unique = False
        # The sort asks for a key for each route in turn.
        published.sort(key=partial(next, iter(places)))
        return tuple(published)

    def _read_networks(self, networks: list[Network]) -> tuple[list[Route], list[float]]:
        """The routes of networks, and the place of each route in what is published."""
        prefixes = [prefix for prefix, _ in networks]
        places = prefix_orders(prefixes)
        kinds = self._kinds.routes_of(networks)
        templates = list(chain.from_iterable(kinds))
        if len(templates) > len(networks):
            counts = list(map(len, kinds))
            prefixes = list(chain.from_iterable(map(repeat, prefixes, counts)))
            places = list(chain.from_iterable(map(repeat, places, counts)))
        for index, route in enumerate(templates):
            if route.type != "FIB":
                # Between two networks there is room for it.
                places[index] += 1
        return copies(templates, destination=prefixes), places

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
        if len(shown) < len(after) or (len(came) < len(after) and not self._each_is_shown_once()):
            raise OddReplyError
        left = list(chain.from_iterable(networks_in("\n".join(gone))))
        joined = list(chain.from_iterable(networks_in("\n".join(came))))
        counts: Counter[float] = Counter()
        for order, kind in zip(_orders(left), self._kinds.routes_of(left), strict=True):
            counts[order] += len(kind)
        changes: dict[float, list[Route]] = {}
        for route, place in zip(*self._read_networks(joined), strict=True):
            changes.setdefault(place - place % 2, []).append(route)
        if len(changes) < len(joined):
            raise OddReplyError
        changes |= {order: [] for order in counts if order not in changes}
        return self._replace(changes, counts)

    def _replace(
        self, changes: dict[float, list[Route]], counts: Mapping[float, int]
    ) -> tuple[Route, ...]:
        """What is published, with these routes for networks that have so many there, by their order.

        Raises:
            OddReplyError: they have not.
        """
        published = self._published

        @cache
        def order_at(index: int) -> float:
            return prefix_order(published[index].destination or "")

        result: list[Route] = []
        done = 0
        for order in sorted(changes):
            start = end = bisect_left(range(len(published)), order, key=order_at)
            while end < len(published) and order_at(end) == order:
                end += 1
            if end - start != counts.get(order, 0):
                raise OddReplyError
            result += published[done:start]
            result += changes[order]
            done = end
        return (*result, *published[done:])

    def _each_is_shown_once(self) -> bool:
        """Whether no network is shown twice in what was read: else the order of rows counts.

        BIRD never does that. What is found once stays so, as changes are checked.
        """
        if not self._is_unique:
            networks = list(chain.from_iterable(networks_in(self._text)))
            self._is_unique = len(set(_orders(networks))) == len(networks)
        return self._is_unique


def _orders(networks: Iterable[Network]) -> list[float]:
    return prefix_orders([prefix for prefix, _ in networks])
