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
from typing import TYPE_CHECKING, TypeAlias

from birdstatus.bulk import no_garbage_collection
from birdstatus.errors import BirdParseError, ProjectionError
from birdstatus.grammar.lexis import PREFIX, pattern_of
from birdstatus.grammar.routes import ROW
from birdstatus.parse import parse_routes
from birdstatus.projection import prefix_order, routes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from birdstatus.models import Route
    from birdstatus.records import Protocol

__all__ = ["RouteReader"]

_FINAL = "0000 \n"

# So many kinds of rows are remembered.
MAX_KINDS = 10_000


# What of a row reaches a published route, but for the prefix: its kind. Its time does not.
_KIND = (
    "gateway", "gateway_interface", "interface", "kind", "protocol", "flag", "origin",
)  # fmt: skip

# A network's lines, and its routes in order.
_Network: TypeAlias = "tuple[str, tuple[Route, ...]]"


class _OddReplyError(Exception):
    """A reply that is not for this module."""


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
        self._kinds: dict[tuple[str, ...], tuple[Route, ...]] = {}

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
            # In the reply's order, which is that of the memory that they lie in.
            new = [block for block in blocks if block not in self._orders]
            read = self._read_networks(new, protocols)
        except (BirdParseError, ProjectionError, _OddReplyError):
            return False
        replaced = self._networks.keys() & read.keys() if self._networks else set()
        for order in replaced:
            del self._orders[self._networks[order][0]]
        self._orders |= {block: order for order, (block, _) in read.items()}
        gone = self._orders.keys() - seen if len(self._orders) != len(seen) else set()
        # The same networks with one route each: then every new one takes the place of an old one.
        steady = (
            not gone
            and len(replaced) == len(read)
            and len(self._published) == len(self._networks)
            and all(len(routes) == 1 for _, routes in read.values())
        )
        self._networks |= read
        for block in gone:
            del self._networks[self._orders.pop(block)]
        if steady:
            self._publish_replaced(read)
        else:
            self._publish_all()
        # BIRD shows a network once. Where a text does not, the order of its routes is not ours to find.
        return len(blocks) == len(seen) == len(self._networks)

    def _publish_replaced(self, read: dict[int, _Network]) -> None:
        if not self._positions:
            self._positions = {order: at for at, order in enumerate(sorted(self._networks))}
        published = list(self._published)
        for order, (_, (route,)) in read.items():
            published[self._positions[order]] = route
        self._published = tuple(published)

    def _publish_all(self) -> None:
        networks = self._networks
        self._published = tuple(
            [route for order in sorted(networks) for route in networks[order][1]]
        )
        self._positions = {}

    def _read_networks(
        self, blocks: Collection[str], protocols: Sequence[Protocol]
    ) -> dict[int, _Network]:
        """Networks not seen before, by their order: each kind of row is read once.

        Raises:
            BirdParseError: a line is not what BIRD prints.
            ProjectionError: a route has no place in the models.
            _OddReplyError: a line is no row, or a network comes twice.
        """
        several = [block for block in blocks if "\n" in block]
        rows = _row_pattern().findall("\n".join(_single(blocks) if several else blocks))
        if len(rows) + len(several) != len(blocks):
            raise _OddReplyError
        # A network of several lines is of its own kind.
        rows += [(block, _without_mark(block).partition(" ")[0], block) for block in several]
        kinds = self._kinds
        read: dict[int, _Network] = {}
        unread: dict[tuple[str, ...], str] = {}
        found: dict[int, tuple[str, ...]] = {}
        for row in rows:
            found[prefix_order(row[1])] = row
            if row[2:] not in kinds:
                unread[row[2:]] = _without_mark(row[0])
        if len(found) != len(blocks):
            raise _OddReplyError
        kinds |= zip(unread, _read_rows(unread.values(), protocols), strict=True)
        # In their final order: what is published together then lies together in memory.
        for order in sorted(found):
            row = found[order]
            read[order] = row[0], tuple([route.to(row[1]) for route in kinds[row[2:]]])
        if len(kinds) > MAX_KINDS:
            self._kinds = {}
        return read


def _read_rows(
    texts: Collection[str], protocols: Sequence[Protocol]
) -> Iterator[tuple[Route, ...]]:
    """The routes of each network, by the grammar."""
    if not texts:
        return
    entries = parse_routes("".join(f"1007-{text}\n" for text in texts) + _FINAL)
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


@cache
def _row_pattern() -> re.Pattern[str]:
    """One row: all of it, its prefix, and its kind. It ends with its line."""
    row = pattern_of(ROW, names=("prefix", *_KIND)).replace(r"\Z", "$")
    return re.compile(f"^((?:1007-| ){row})", re.MULTILINE)


def _single(blocks: Collection[str]) -> Iterator[str]:
    return (block for block in blocks if "\n" not in block)


def _without_mark(block: str) -> str:
    return block[1:] if block[0] == " " else block[5:]
