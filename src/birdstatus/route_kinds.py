"""Networks that are alike but for their prefix: one of each kind is read.

For :class:`~birdstatus.poll.RouteReader`. A large table has many networks and few kinds of
them: as many as gateways, or as gateways and origins.
"""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from birdstatus.framing import MAX_LINE
from birdstatus.grammar.bird1.routes import ROW
from birdstatus.grammar.patterns import pattern
from birdstatus.parse import parse_routes
from birdstatus.projection import routes
from birdstatus.route_text import OddReplyError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from birdstatus.errors import ProjectionError
    from birdstatus.models import Route
    from birdstatus.records import Protocol
    from birdstatus.route_text import Network

__all__ = ["RouteKinds"]

# So many are remembered.
MAX_KINDS = 10_000

# What of a row reaches a published route, but for its prefix.
_PUBLISHED = (
    "gateway", "gateway_interface", "interface", "kind", "protocol", "flag", "origin",
)  # fmt: skip


class RouteKinds:
    """The routes of each kind of network, to the destination of one of that kind.

    ``protocols`` are those of :func:`~birdstatus.projection.routes`.
    """

    def __init__(self, protocols: Sequence[Protocol]) -> None:
        self._protocols = protocols
        # By all that is shown, and by what of it is published.
        self._known: dict[str, tuple[Route, ...]] = {}
        self._by_content: dict[tuple[str | None, ...], tuple[Route, ...]] = {}

    def routes_of(self, networks: Collection[Network]) -> list[tuple[Route, ...]]:
        """The routes of each network.

        Raises:
            BirdParseError: a line is not what BIRD prints.
            ProjectionError: a route has no place in the models.
            OddReplyError: the whole grammar must see them.
        """
        try:
            return [self._known[kind] for _, kind in networks]
        except KeyError:
            self._learn({kind: prefix for prefix, kind in networks if kind not in self._known})
        return [self._known[kind] for _, kind in networks]

    def forget(self) -> None:
        """Keep what is held under a bound. For when no more networks of a reply are to come."""
        if len(self._known) > MAX_KINDS:
            self._known.clear()
            self._by_content.clear()

    def _learn(self, unread: dict[str, str]) -> None:
        rows = {kind: f"{prefix} {kind}" for kind, prefix in unread.items()}
        # Where a time was taken out, four characters at least are left of twelve.
        if max(map(len, "\n".join(rows.values()).split("\n"))) > MAX_LINE // 4:
            raise OddReplyError
        contents = {kind: _content(row) for kind, row in rows.items()}
        samples = {
            content: kind for kind, content in contents.items() if content not in self._by_content
        }
        read = self._read([rows[kind] for kind in samples.values()])
        self._by_content |= zip(samples, read, strict=True)
        self._known |= {kind: self._by_content[content] for kind, content in contents.items()}

    def _read(self, rows: Sequence[str]) -> list[tuple[Route, ...]]:
        """The routes of networks, by the grammar."""
        reply = "".join(f"1007-{row}\n" for row in rows) + "0000 \n"
        left_out: list[ProjectionError] = []
        published = routes(parse_routes(reply), self._protocols, left_out)
        if left_out:
            raise left_out[0]
        read = [tuple(group) for _, group in groupby(published, key=attrgetter("destination"))]
        if len(read) != len(rows):
            # Two kinds of one network: it is shown twice.
            raise OddReplyError
        by_prefix = {group[0].destination: group for group in read}
        return [by_prefix[row.partition(" ")[0]] for row in rows]


def _content(row: str) -> tuple[str | None, ...]:
    """What of a network is published; of several lines, all that is shown."""
    match = pattern(ROW).match(row)
    return match.group(*_PUBLISHED) if match else (row,)
