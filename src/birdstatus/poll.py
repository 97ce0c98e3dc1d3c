"""``show route`` of one daemon, read again and again: what was read before is not read again.

For whoever polls a large table. The rows go from the columns of
:mod:`~birdstatus.parse.route_blocks` to published routes without records between. A later reply is
compared with the last, and only what differs is read. The result is always what
:func:`~birdstatus.parse.parse_routes` and :func:`~birdstatus.projection.routes` give for the same
reply: what the columns do not know goes there.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, deque
from functools import cache, partial
from itertools import compress, starmap, zip_longest
from operator import ne
from typing import TYPE_CHECKING, NamedTuple

from birdstatus.errors import BirdParseError, ProjectionError
from birdstatus.framing import decoded
from birdstatus.ordering import Place, network_of, prefix_orders, route_orders
from birdstatus.parse import Command, parse_routes
from birdstatus.parse.by_line import LineReader
from birdstatus.parse.dialect import BIRD1_ROUTES
from birdstatus.parse.gc_pause import no_garbage_collection
from birdstatus.parse.route_blocks import (
    ByLine,
    RouteColumns,
    Rows,
    network_boundary,
    networks_in,
)
from birdstatus.projection import ROW_FIELDS, RowProjector, has_place, routes
from birdstatus.records import RouteEntry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from birdstatus.models import Route
    from birdstatus.parse.route_blocks import Row
    from birdstatus.records import Protocol

__all__ = ["RouteReader"]

# A reply of more bytes than this has a thousand routes or more.
LARGE = 1 << 17

# This much is worked on together: what is made of it stays in the processor's cache.
PIECE = 1 << 16

# If more than this share of the networks changed, a full read is as cheap.
MOST_CHANGED = 0.25

# An idle daemon shows every time as one of two seconds (see :func:`birdstatus.times.is_same_time`),
# all of them together: its replies are two texts in turn.
PHASES = 2

_HEADINGS = (b"1007-Table ", b"\n Table ")
_FIRST, _FINAL = b"1007-", b"0000 \n"

# A time where a row has its time: before ``]`` and what can follow that, or before ``from``. An
# interface may have such a name too, but ``[`` follows it; an address may follow ``from``.
_TIME = re.compile(r" (?<!from )[0-9][-0-9:.]*+(?: [0-9][-0-9:.]*+)?+(?=\] [*!(IE]| from )")


class _Read(NamedTuple):
    """Routes with their places."""

    published: list[Route]
    places: list[Place]


class _Reading(NamedTuple):
    """What a whole reply showed, and what was wrong with it."""

    published: tuple[Route, ...] = ()
    problems: tuple[BirdParseError, ...] = ()
    left_out: tuple[ProjectionError, ...] = ()
    is_plain: bool = True


class RouteReader:
    """Replies of one daemon to ``show route`` in, published routes out.

    Holds what the last reply showed and forgets what it no longer shows. Not for use by two
    threads at once. The cost, in scans of the reply by a simple pattern: 3 for the first reply, 1 if
    few networks changed, 0.3 if only times did, next to nothing if nothing did.
    """

    def __init__(self) -> None:
        self._columns = RouteColumns(BIRD1_ROUTES, ROW_FIELDS)
        self._sources: list[tuple[str, str, str]] = []
        self._start(())

    def _start(self, protocols: Sequence[Protocol]) -> None:
        self._protocols = protocols
        self._projector = RowProjector(protocols)
        self._last = _Reading()
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
            (protocol.name, protocol.type, protocol.bgp.neighbor_address if protocol.bgp else "")
            for protocol in protocols
        ]
        if sources != self._sources:
            self._start(protocols)
            self._sources = sources
        if reply not in self._replies:
            with no_garbage_collection(many=len(reply) > LARGE):
                if not self._take_in(reply):
                    self._start(protocols)
                    return routes(parse_routes(reply, diagnostics), protocols, left_out)
        if diagnostics is not None:
            diagnostics += self._last.problems
        elif self._last.problems:
            raise self._last.problems[0].with_traceback(None)
        if left_out is not None:
            left_out += self._last.left_out
        return self._last.published

    def _take_in(self, reply: bytes) -> bool:
        """Publish what a reply shows, if it is one for this."""
        text = _without_times(reply)
        if text is None:
            return False
        if text != self._text or not self._last.is_plain:
            reading = self._read_changes(text)
            if reading is None:
                reading = self._read_all(text, reply)
                self._is_unique = False
            if reading is None:
                return False
            self._last = reading
            self._text = text
            self._replies.clear()
            self._projector.forget()
        self._replies.append(reply)
        return True

    def _read_all(self, text: str, reply: bytes) -> _Reading | None:
        """Every network of a text; ``None`` if the whole reply must be read by line."""
        problems: list[BirdParseError] = []
        left_out: list[ProjectionError] = []
        by_line = LineReader((Command.ROUTES,), problems)
        lines: list[bytes] = []
        published: list[Route] = []
        places: list[Place] = []
        number = 1
        for piece in _pieces(text):
            networks = networks_in(piece, self._columns.find(piece))
            if networks is None:
                return None
            for part in networks:
                read = None if isinstance(part, ByLine) else self._read_rows(part.rows)
                if read is None:
                    lines = lines or reply.split(b"\n")
                    first, count = number, piece.count("\n")
                    if isinstance(part, ByLine):
                        first, count = number + part.lines_above, part.text.count("\n")
                    elif len(networks) > 1:
                        return None
                    part_of_reply = decoded(b"\n".join(lines[first - 1 : first - 1 + count]))
                    entries = by_line.read_networks(part_of_reply + "\n", first)
                    found = [one for _, one in entries if isinstance(one, RouteEntry)]
                    read = self._placed(list(routes(found, self._protocols, left_out)))
                published += read.published
                places += read.places
            number += piece.count("\n")
        # The sort asks for a key for each route in turn.
        published.sort(key=partial(next, iter(places)))
        return _Reading(tuple(published), tuple(problems), tuple(left_out), is_plain=not lines)

    def _read_rows(self, rows: Sequence[Row]) -> _Read | None:
        """The routes of rows; ``None`` if one of them must be read by line."""
        column = self._columns.of(rows)
        if not has_place(column):
            return None
        try:
            return self._placed(self._projector.routes(column))
        except ProjectionError:
            return None

    @staticmethod
    def _placed(published: list[Route]) -> _Read:
        """Published routes with their places.

        Raises:
            ProjectionError: a destination is no prefix.
        """
        destinations = [route.destination or "" for route in published]
        return _Read(
            published, route_orders(destinations, [route.type == "FIB" for route in published])
        )

    def _read_changes(self, text: str) -> _Reading | None:
        """What is published, with other routes for every network that this text shows otherwise.

        ``None`` if too much has changed, or what changed must be seen as a whole.
        """
        if not self._text or not self._last.is_plain:
            return None
        boundary = network_boundary(text)
        before, after = boundary.split(self._text), boundary.split(text)
        count = len(before)
        # Most stand where they stood.
        moved = list(starmap(ne, zip_longest(before, after)))
        before, after = list(compress(before, moved)), list(compress(after, moved))
        known, shown = set(before), set(after)
        gone = [network for network in before if network not in shown]
        came = [network for network in after if network not in known]
        if len(gone) + len(came) > len(moved) * MOST_CHANGED or len(shown) < len(after):
            return None
        if len(came) < len(after) and not self._each_is_shown_once(count):
            return None
        left, joined = self._read_networks(gone), self._read_networks(came)
        if left is None or joined is None:
            return None
        counts = Counter(map(network_of, left.places))
        changes: dict[Place, list[Route]] = {}
        for place, route in sorted(zip(joined.places, joined.published, strict=True), key=_place):
            changes.setdefault(network_of(place), []).append(route)
        if len(changes) < len(came):
            return None
        changes |= {place: [] for place in counts if place not in changes}
        published = self._replaced(changes, counts)
        return None if published is None else _Reading(published)

    def _read_networks(self, networks: Sequence[str]) -> _Read | None:
        if not networks:
            return _Read([], [])
        text = "\n".join(networks) + "\n"
        match networks_in(text, self._columns.find(text)):
            case [Rows(rows)]:
                return self._read_rows(rows)
        return None

    def _replaced(
        self, changes: dict[Place, list[Route]], counts: Mapping[Place, int]
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
        for place in sorted(changes):
            start = end = bisect_left(range(len(published)), place, key=place_at)
            while end < len(published) and place_at(end) == place:
                end += 1
            if end - start != counts.get(place, 0):
                return None
            result += published[done:start]
            result += changes[place]
            done = end
        return (*result, *published[done:])

    def _each_is_shown_once(self, count: int) -> bool:
        """Whether no network is shown twice in what was read: else the order of rows counts.

        BIRD never does that. What is found once stays so, as changes are checked.
        """
        if not self._is_unique:
            destinations = {route.destination or "" for route in self._last.published}
            self._is_unique = len(set(prefix_orders(list(destinations)))) == count
        return self._is_unique


def _place(pair: tuple[Place, Route]) -> Place:
    return pair[0]


def _without_times(reply: bytes) -> str | None:
    """A reply's rows, without the times in them and without the line feed after the last.

    ``None`` if it is no whole reply with rows.
    """
    if reply == _FINAL:
        return ""
    if not (reply.startswith(_FIRST) and reply.endswith(b"\n" + _FINAL)) or b"\r" in reply:
        return None
    if any(heading in reply for heading in _HEADINGS):
        # What stands below the heading of a table may not be for publishing.
        return None
    end = len(reply) - len(_FINAL) - 1
    start = 0
    pieces: list[str] = []
    while start < end:
        cut = reply.find(b"\n", start + PIECE, end)
        following = end if cut < 0 else cut + 1
        pieces.append(_TIME.sub(" ", decoded(reply[start:following])))
        start = following
    return "".join(pieces)


def _pieces(text: str) -> Iterator[str]:
    """A text in pieces of whole networks, each with its last line feed."""
    boundary = network_boundary(text)
    start = 0
    while start < len(text):
        cut = boundary.search(text, start + PIECE)
        end = cut.start() if cut else len(text)
        yield text[start:end] + "\n"
        start = end + 1
