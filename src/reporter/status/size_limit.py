"""Keeping a status under a size: what it has room for is made into JSON, and nothing else.

Peers come first, then FIB routes, then RIB routes; of each kind the two families get their rows in
turn. The counters of sessions stay exact.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from itertools import chain, zip_longest
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from birdstatus.models import BGPPeer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from birdstatus import CalicoNodeStatusStatus
    from birdstatus.models import Route

__all__ = ["Fitted", "SizeLimiter"]

Document = dict[str, Any]

_PEERS = ("peersV4", "peersV6")
_ROUTES = ("routesV4", "routesV6")
_WORTH = (("peers", _PEERS), ("FIB", _ROUTES), ("RIB", _ROUTES))
_PART_OF = {**dict.fromkeys(_PEERS, "bgp"), **dict.fromkeys(_ROUTES, "routes")}
_LISTS = {"bgp": set(_PEERS), "routes": set(_ROUTES)}

# At most what a list takes beside its rows: `"routesV4": [], `.
_LIST_BYTES = 20
# What stands between two rows: `, `.
_BETWEEN_BYTES = 2


@dataclass(frozen=True, slots=True)
class Fitted:
    """A status that fits, as JSON values of so many bytes, and how many rows of each kind had to stay out."""

    status: Document
    size: int
    left_out: dict[str, int]


class SizeLimiter:
    """Fits one status after another.

    Holds the rows of the last one: a list that is equal the next time is not made into JSON again.
    Not for use by two threads at once.
    """

    def __init__(self) -> None:
        self._lists: dict[str, _List] = {}

    def fit(self, status: CalicoNodeStatusStatus, max_bytes: int) -> Fitted:
        """The status, whole or with only what is worth most, in at most ``max_bytes`` of JSON."""
        document = status.model_dump(mode="json", exclude=_LISTS)
        lists = self._lists_of(status)
        room = max_bytes - _size(document) - _LIST_BYTES * len(lists)
        for name in lists:
            document[_PART_OF[name]][name] = []
        without_rows = _size(document)
        room_for_all = max_bytes - without_rows + _BETWEEN_BYTES * len(lists)
        kept = _kept(_in_order_of_worth(lists), room, room_for_all)
        left_out = Counter(dict.fromkeys((kind for kind, _ in _WORTH), 0))
        for one in lists.values():
            left_out.update(one.counts)
        left_out.subtract(row.kind for row in kept)
        for row in sorted(kept, key=attrgetter("place")):
            document[_PART_OF[row.name]][row.name].append(row.document)
        for name in lists:
            if not document[_PART_OF[name]][name]:
                del document[_PART_OF[name]][name]
        size = without_rows + sum(row.size for row in kept)
        return Fitted(document, size, {kind: count for kind, count in left_out.items() if count})

    def _lists_of(self, status: CalicoNodeStatusStatus) -> dict[str, _List]:
        """The lists that are not empty, by name, with what was made of them already."""
        lists: dict[str, _List] = {}
        for name, part in _PART_OF.items():
            models = getattr(getattr(status, part), name, ())
            known = self._lists.get(name)
            if models:
                # Rows that are the same objects are not compared: a table is as quick as its length.
                same = known is not None and known.models == models
                lists[name] = known if known and same else _List(name, models)
        self._lists |= lists
        return lists


class _Row(NamedTuple):
    """A row as JSON values; ``size`` is that of its JSON with what parts it from the next."""

    kind: str
    name: str
    place: int
    size: int
    document: Document


class _List:
    """A list of a status. Its rows are made into JSON in turn, as many as are asked for, and kept."""

    def __init__(self, name: str, models: tuple[BGPPeer | Route, ...]) -> None:
        self.models = models
        self.counts = Counter(map(_kind, models))
        self._name = name
        self._made: dict[str, list[_Row]] = {kind: [] for kind in self.counts}
        self._to_make = {kind: self._make(kind) for kind in self.counts}

    def rows(self, kind: str) -> Iterator[_Row]:
        """The rows of one kind."""
        made = self._made.get(kind, [])
        yield from made
        for row in self._to_make.get(kind, ()):
            made.append(row)
            yield row

    def _make(self, kind: str) -> Iterator[_Row]:
        for place, model in enumerate(self.models):
            if _kind(model) == kind:
                document = model.model_dump(mode="json")
                yield _Row(kind, self._name, place, _size(document) + _BETWEEN_BYTES, document)


def _kind(row: BGPPeer | Route) -> str:
    return "peers" if isinstance(row, BGPPeer) else row.type or "RIB"


def _in_order_of_worth(lists: dict[str, _List]) -> Iterator[_Row]:
    for kind, names in _WORTH:
        families = (lists[name].rows(kind) for name in names if name in lists)
        yield from (row for row in chain.from_iterable(zip_longest(*families)) if row is not None)


def _kept(rows: Iterable[_Row], room: int, room_for_all: int) -> list[_Row]:
    """All rows where there is room for all, else as many of the first as there is room for."""
    seen: list[_Row] = []
    fitting = used = 0
    for row in rows:
        used += row.size
        if used > room_for_all:
            return seen[:fitting]
        seen.append(row)
        # What does not fit ends it, so that what is kept is the best part of the order.
        if used <= room:
            fitting = len(seen)
    return seen


def _size(value: object) -> int:
    # As it is sent.
    return len(json.dumps(value))
