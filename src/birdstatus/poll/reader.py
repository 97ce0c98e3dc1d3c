"""A reader that remembers the last replies of a daemon."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, deque
from functools import cache, partial
from itertools import chain, compress, starmap, zip_longest
from operator import itemgetter, ne
from typing import TYPE_CHECKING, NamedTuple

from birdstatus.framing import decoded
from birdstatus.ordering import Place, network_of, prefix_orders
from birdstatus.parse import parse_routes
from birdstatus.parse.gc_pause import no_garbage_collection
from birdstatus.parse.route_rows import route_block_of
from birdstatus.poll.networks import ByColumn, ByLine, Placed, Unreadable
from birdstatus.poll.shown import Section, Shown, shown_in
from birdstatus.poll.times import differ_in_times_only
from birdstatus.projection import routes
from birdstatus.projection.routes import TABLES
from birdstatus.projection.sources import Sources

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from birdstatus.errors import BirdParseError, ProjectionError
    from birdstatus.models import Route
    from birdstatus.records import Protocol

__all__ = ["RouteReader"]

# A reply of more bytes than this has a thousand routes or more.
LARGE = 1 << 17

# If more than this share of the networks changed, a full read is as cheap.
MOST_CHANGED = 0.25
# This many networks are read by line again at each change; with more, a full read is as cheap.
MOST_BY_LINE = 1000

# An idle daemon's replies are two texts in turn: it shows every time as one of two seconds (see
# :func:`birdstatus.times.is_same_time`), all of them together.
PHASES = 2

_FIRST, _FINAL = b"1007-", b"0000 \n"


class _Reading(NamedTuple):
    """What a whole reply showed, and what was wrong with it.

    ``by_line`` has the places of the routes of each network that was read by line, by the line in which
    it begins.
    """

    published: tuple[Route, ...] = ()
    problems: Sequence[BirdParseError] = ()
    left_out: Sequence[ProjectionError] = ()
    by_line: Mapping[int, Sequence[Place]] = {}


class RouteReader:
    """Replies of one daemon to ``show route`` in, published routes out.

    Holds what the last reply showed and forgets what it no longer shows. Not for use by two
    threads at once. The cost, in scans of the reply by a simple pattern: 3 for the first reply, 1 if
    few networks changed, 0.3 if only times did, next to nothing if nothing did.
    """

    def __init__(self) -> None:
        self._known: list[tuple[str, str, str]] = []
        self._start(())

    def _start(self, protocols: Sequence[Protocol]) -> None:
        self._protocols = protocols
        self._sources = Sources(protocols)
        self._by_column: ByColumn | None = None
        self._last = _Reading()
        # What showed just these routes.
        self._replies: deque[bytes] = deque(maxlen=PHASES)
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
        known = [
            (protocol.name, protocol.type, protocol.bgp.neighbor_address if protocol.bgp else "")
            for protocol in protocols
        ]
        if known != self._known:
            self._start(protocols)
            self._known = known
        if reply not in self._replies:
            with no_garbage_collection(many=len(reply) > LARGE):
                try:
                    self._take_in(reply)
                except Unreadable:
                    self._start(protocols)
                    return routes(parse_routes(reply, diagnostics), protocols, left_out)
        if diagnostics is not None:
            diagnostics += self._last.problems
        elif self._last.problems:
            raise self._last.problems[0].with_traceback(None)
        if left_out is not None:
            left_out += self._last.left_out
        return self._last.published

    def _take_in(self, reply: bytes) -> None:
        """Publish what a reply shows.

        Raises:
            Unreadable: it is none for this.
        """
        is_whole = reply.startswith(_FIRST) and reply.endswith(b"\n" + _FINAL)
        if (not is_whole and reply != _FINAL) or b"\r" in reply:
            raise Unreadable
        # The time of a row that is wrong is part of what is said of it.
        can_be_same = self._replies and not self._last.by_line
        if not can_be_same or not differ_in_times_only(self._replies[-1], reply):
            text = decoded(reply[: -len(_FINAL)])
            self._last = self._read_changes(text) or self._read_all(text)
            self._replies.clear()
            self._sources.forget()
        self._replies.append(reply)

    def _read_all(self, text: str) -> _Reading:
        """Every network of a text.

        Raises:
            Unreadable: the whole reply must be read by line.
        """
        by_column = self._by_column = ByColumn(route_block_of(text), self._sources)
        by_line = ByLine(self._protocols)
        odd: dict[int, Sequence[Place]] = {}
        published: list[Route] = []
        places: list[Place] = []
        for section in _sections(text, by_column):
            for part in by_column.read(section):
                if isinstance(part, Section):
                    placed = by_line.read(part)
                    odd[part.line] = placed.places
                else:
                    placed = part
                published += placed.routes
                places += placed.places
        # The sort asks for a key for each route in turn.
        published.sort(key=partial(next, iter(places)))
        self._is_unique = False
        return _Reading(tuple(published), by_line.problems, by_line.left_out, odd)

    def _read_changes(self, text: str) -> _Reading | None:
        """What is published, with other routes for every network that this text shows otherwise.

        ``None`` if too much has changed, or what changed must be seen as a whole.
        """
        by_column = self._by_column
        if not self._replies or by_column is None or len(self._last.by_line) > MOST_BY_LINE:
            return None
        last = shown_in(decoded(self._replies[-1][: -len(_FINAL)]), by_column.lines)
        shown = shown_in(text, by_column.lines)
        if last is None or shown is None or last.tables != shown.tables:
            return None
        changes = _changes(last, shown) or _changes(last.without_times(), shown.without_times())
        if changes is None or not TABLES.issuperset(shown.tables):
            return None
        if changes.is_in_other_order and not self._each_is_shown_once(len(changes.before)):
            return None
        try:
            return self._with_changes(changes, last, shown, by_column)
        except Unreadable:
            return None

    def _with_changes(
        self, changes: _Changes, last: Shown, shown: Shown, by_column: ByColumn
    ) -> _Reading | None:
        """What is published, with these changes; ``None`` if a prefix is shown twice.

        Raises:
            Unreadable: they must be seen with the whole reply around them.
        """
        lines = self._last.by_line
        odd = {
            text
            for text, network in zip(changes.before, last.split() if lines else (), strict=False)
            if network.line in lines
        }
        left, _ = by_column.read_networks([one for one in changes.gone if one not in odd])
        came = [one for one in changes.came if one not in odd]
        joined, odd_of_these = by_column.read_networks(came)
        odd.update(odd_of_these)
        by_line = ByLine(self._protocols)
        read_by_line = {
            network.line: by_line.read(network)
            for text, network in zip(changes.after, shown.split() if odd else (), strict=False)
            if text in odd
        }
        parts = [joined, *(placed for placed in read_by_line.values() if placed.places)]
        places = [*left.places, *chain.from_iterable(lines.values())]
        by_prefix = _by_prefix(parts)
        if len(by_prefix) < len(came) - len(odd_of_these) + len(parts) - 1:
            return None
        published = self._replaced(by_prefix, Counter(map(network_of, places)))
        if published is None:
            return None
        return _Reading(
            published,
            by_line.problems,
            by_line.left_out,
            {line: placed.places for line, placed in read_by_line.items()},
        )

    def _replaced(
        self, shown: Mapping[Place, list[Route]], counts: Mapping[Place, int]
    ) -> tuple[Route, ...] | None:
        """What is published, with these routes for networks that have so many there, by their places.

        ``None`` if they have not.
        """
        published = self._last.published

        @cache
        def place_at(index: int) -> Place:
            return prefix_orders((published[index].destination or "",))[0]

        result: list[Route] = []
        done = 0
        for place in sorted(shown.keys() | counts.keys()):
            start = end = bisect_left(range(len(published)), place, key=place_at)
            while end < len(published) and place_at(end) == place:
                end += 1
            if end - start != counts.get(place, 0):
                return None
            result += published[done:start]
            result += shown.get(place, ())
            done = end
        return (*result, *published[done:])

    def _each_is_shown_once(self, count: int) -> bool:
        """Whether no prefix is shown twice in what was read: else the order of rows counts.

        BIRD never does that. What is found once stays so, as changes are checked.
        """
        if not self._is_unique:
            without_routes = sum(not places for places in self._last.by_line.values())
            destinations = {route.destination or "" for route in self._last.published}
            prefixes = set(prefix_orders(list(destinations)))
            self._is_unique = len(prefixes) == count - without_routes
        return self._is_unique


class _Changes(NamedTuple):
    """The networks of two replies, those that are gone, and those that came.

    Those that stayed may stand ``is_in_other_order``.
    """

    before: list[str]
    after: list[str]
    gone: list[str]
    came: list[str]
    is_in_other_order: bool


def _changes(last: Shown, shown: Shown) -> _Changes | None:
    """What differs between two replies; ``None`` if it is too much, or shown twice."""
    before, after = last.networks, shown.networks
    # Most stand where they stood.
    moved = list(starmap(ne, zip_longest(before, after)))
    were, are = list(compress(before, moved)), list(compress(after, moved))
    known, now = set(were), set(are)
    gone = [network for network in were if network not in now]
    came = [network for network in are if network not in known]
    if len(gone) + len(came) > len(moved) * MOST_CHANGED or len(now) < len(are):
        return None
    stayed = [network for network in were if network in now]
    is_in_other_order = stayed != [network for network in are if network in known]
    return _Changes(before, after, gone, came, is_in_other_order)


def _by_prefix(parts: Sequence[Placed]) -> dict[Place, list[Route]]:
    """The routes of each prefix, by its place, those that are used before the others."""
    pairs = chain.from_iterable(zip(part.places, part.routes, strict=True) for part in parts)
    found: dict[Place, list[Route]] = {}
    for place, route in sorted(pairs, key=itemgetter(0)):
        found.setdefault(network_of(place), []).append(route)
    return found


def _sections(text: str, by_column: ByColumn) -> Sequence[Section]:
    """The sections of a text.

    Raises:
        Unreadable: something stands above a table's first network.
    """
    shown = shown_in(text, by_column.lines)
    if shown is None:
        raise Unreadable
    return shown.sections
