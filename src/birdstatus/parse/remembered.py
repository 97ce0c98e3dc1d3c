"""Values of texts of which many are the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

__all__ = ["Remembered"]

KeyT = TypeVar("KeyT", bound="Hashable")
ValueT = TypeVar("ValueT")

# This many values of a kind are remembered: some 2 MB.
MOST_REMEMBERED = 8192


class Remembered(Generic[KeyT, ValueT]):
    """The value of each key; those that are new are made together, by a function of many keys.

    Whoever reads a text holds these for as long as it takes: nothing of a text, which a peer may
    have written, stays behind. When there are too many, all are forgotten.
    """

    def __init__(self, make: Callable[[Sequence[KeyT]], Iterable[ValueT]]) -> None:
        self._make = make
        self._known: dict[KeyT, ValueT] = {}

    def __getitem__(self, key: KeyT) -> ValueT:
        """The value of a single key."""
        known = self._known
        return known[key] if key in known else next(self.of((key,)))

    def of(self, keys: Sequence[KeyT]) -> Iterator[ValueT]:
        """The value of each of these keys."""
        known = self._known
        new = list(set(keys).difference(known))
        if len(known) + len(new) > MOST_REMEMBERED:
            known = self._known = {}
            new = list(set(keys))
        if new:
            known.update(zip(new, self._make(new), strict=True))
        return map(known.__getitem__, keys)
