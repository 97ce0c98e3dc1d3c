"""Values of texts of which many are the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

__all__ = ["MOST_REMEMBERED", "Remembered"]

KeyT = TypeVar("KeyT", bound="Hashable")
ValueT = TypeVar("ValueT")

# This many values of a kind are remembered: some 2 MB.
MOST_REMEMBERED = 8192


class Remembered(dict[KeyT, ValueT]):
    """The value of each key, made by a function when it is first asked for.

    Whoever reads a text holds these for as long as it takes: nothing of a text, which a peer may
    have written, stays behind. When there are too many, all are forgotten.
    """

    def __init__(self, make: Callable[[KeyT], ValueT]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: KeyT) -> ValueT:
        value = self._make(key)
        if len(self) >= MOST_REMEMBERED:
            self.clear()
        self[key] = value
        return value
