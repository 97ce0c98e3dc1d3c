"""``show route`` of one daemon, read again and again: what was read before is not read again.

For whoever polls a large table. A first reading finds the networks of a reply with one pattern and
reads each kind of row once; a later one reads only the networks whose bytes are new. The result is
always what :func:`~birdstatus.parse.parse_routes` and :func:`~birdstatus.projection.routes` give for
the same reply: what is new, and every reply with something odd in it, goes to them.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from birdstatus.bulk import no_garbage_collection
from birdstatus.errors import BirdParseError, ProjectionError
from birdstatus.grammar.lexis import PREFIX, pattern_of
from birdstatus.parse import parse_routes
from birdstatus.projection import prefix_order, routes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from birdstatus.models import Route
    from birdstatus.records import Protocol

__all__ = ["RouteReader"]

_FINAL = "0000 \n"

# Kinds of rows (all but the prefix) that are remembered, beyond two for each network.
MAX_ROWS = 1000


class _Network(NamedTuple):
    """What the lines of one network gave: its place among all, its text, and its routes in order."""

    order: int
    block: str
    routes: tuple[Route, ...]


class RouteReader:
    """Replies of one daemon to ``show route`` in, published routes out.

    Holds what the last reply showed and forgets what it no longer shows. Not for use by two
    threads at once.
    """

    def __init__(self) -> None:
        self._sources: list[tuple[str, str, str]] = []
        self._forget()

    def _forget(self) -> None:
        self._reply = b""
        self._published: tuple[Route, ...] = ()
        self._orders: dict[str, int] = {}
        self._networks: dict[int, _Network] = {}
        self._positions: dict[int, int] = {}
        self._rows: dict[str, tuple[Route, ...]] = {}

    def read(
        self,
        reply: bytes,
        protocols: Sequence[Protocol] = (),
        diagnostics: list[BirdParseError] | None = None,
        left_out: list[ProjectionError] | None = None,
    ) -> tuple[Route, ...]:
        """The published routes of a whole reply, as the control socket sent it.

        ``diagnostics`` is that of :func:`~birdstatus.parse.parse_routes`, ``protocols`` and
        ``left_out`` those of :func:`~birdstatus.projection.routes`.

        Raises:
            BirdParseError: without ``diagnostics``: the reply is not that answer, whole.
        """
        sources = [
            (one.name, one.type, one.bgp.neighbor_address if one.bgp else "") for one in protocols
        ]
        if sources != self._sources:
            self._forget()
            self._sources = sources
        if reply and reply == self._reply:
            return self._published
        with no_garbage_collection():
            if not self._read_changes(reply, protocols):
                self._forget()
                return routes(parse_routes(reply, diagnostics), protocols, left_out)
        self._reply = reply
        return self._published

    def _read_changes(self, reply: bytes, protocols: Sequence[Protocol]) -> bool:
        """Take in a reply; false where it has something in it that the whole grammar must see."""
        blocks = _blocks(reply)
        if blocks is None:
            return False
        seen = set(blocks)
        try:
            read = self._read_networks(seen - self._orders.keys(), protocols)
        except (BirdParseError, ProjectionError):
            return False
        replaced = [one for one in read if one.order in self._networks]
        for one in replaced:
            del self._orders[self._networks[one.order].block]
        self._orders |= {one.block: one.order for one in read}
        gone = self._orders.keys() - seen if len(self._orders) != len(seen) else set()
        added = len(read) - len(replaced)
        steady = (
            not gone
            and not added
            and len(self._published) == len(self._networks)
            and all(
                len(one.routes) == len(self._networks[one.order].routes) == 1 for one in replaced
            )
        )
        self._networks |= {one.order: one for one in read}
        for block in gone:
            del self._networks[self._orders.pop(block)]
        if steady:
            self._publish_replaced(replaced)
        else:
            self._publish_all()
        # BIRD shows a network once. Where a text does not, the order of its routes is not ours to find.
        return len(blocks) == len(seen) == len(self._networks)

    def _publish_replaced(self, replaced: list[_Network]) -> None:
        """The same networks with a route each: every new one takes the place of its old one."""
        if not self._positions:
            # Each network has one route: both lists have one order.
            self._positions = {order: at for at, order in enumerate(sorted(self._networks))}
        published = list(self._published)
        for one in replaced:
            published[self._positions[one.order]] = one.routes[0]
        self._published = tuple(published)

    def _publish_all(self) -> None:
        ordered = [self._networks[order] for order in sorted(self._networks)]
        self._published = tuple([route for one in ordered for route in one.routes])
        self._positions = {}

    def _read_networks(
        self, blocks: Iterable[str], protocols: Sequence[Protocol]
    ) -> list[_Network]:
        """Networks not seen before: each kind of row is read once, for whatever prefix.

        Raises:
            BirdParseError: a line is not what BIRD prints.
            ProjectionError: a route has no place in the models, or a network comes twice.
        """
        split = [(block, *_without_mark(block).partition(" ")) for block in blocks]
        orders = [prefix_order(prefix) for _, prefix, _, _ in split]
        if len(set(orders)) != len(orders):
            raise ProjectionError("a network is shown twice", split)
        unread = {rest: block for block, _, _, rest in split if rest not in self._rows}
        self._rows |= zip(unread, _read_rows(unread.values(), protocols), strict=True)
        rows = self._rows
        networks = [
            _Network(order, block, tuple([one.to(prefix) for one in rows[rest]]))
            for order, (block, prefix, _, rest) in zip(orders, split, strict=True)
        ]
        if len(rows) > 2 * len(self._orders) + MAX_ROWS:
            # Times and gateways change: what only earlier replies had is forgotten.
            self._rows = {rest: rows[rest] for _, _, _, rest in split}
        return networks


def _read_rows(blocks: Iterable[str], protocols: Sequence[Protocol]) -> Iterator[tuple[Route, ...]]:
    """The routes of each network, by the grammar."""
    entries = parse_routes("".join(f"1007-{_without_mark(block)}\n" for block in blocks) + _FINAL)
    for _, of_network in groupby(entries, key=attrgetter("prefix")):
        left_out: list[ProjectionError] = []
        published = routes(of_network, protocols, left_out)
        if left_out:
            raise left_out[0]
        yield published


def _blocks(reply: bytes) -> list[str] | None:
    """The reply's networks: the row that shows the prefix, and the lines that belong to it.

    ``None`` where the reply has anything else in it.
    """
    if not reply.isascii() or not reply.endswith(_FINAL.encode()):
        return None
    text = reply.decode("ascii")
    blocks = _network_pattern().findall(text)
    # Every character is in a network, is the line feed behind one, or is of the final line.
    covered = sum(map(len, blocks)) + len(blocks) + len(_FINAL)
    return blocks if covered == len(text) else None


@cache
def _network_pattern() -> re.Pattern[str]:
    further = r"\n(?:[0-9]{4}-| )[ \t][^\n]*"
    return re.compile(f"^(?:1007-| ){pattern_of(PREFIX)} [^\n]*(?:{further})*$", re.MULTILINE)


def _without_mark(block: str) -> str:
    return block[1:] if block[0] == " " else block[5:]
