"""The collector of garbage is as it was, and what was made in bulk counts as old."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest

from birdstatus.parse.gc_pause import no_garbage_collection

if TYPE_CHECKING:
    from collections.abc import Iterator


class Value:
    pass


@pytest.fixture(autouse=True)
def collector() -> Iterator[None]:
    yield
    gc.unfreeze()
    gc.enable()


def is_old(value: object) -> bool:
    return any(value is one for one in gc.get_objects(generation=2))


@pytest.mark.parametrize("many", [True, False])
@pytest.mark.parametrize("was_enabled", [True, False])
def test_paused_and_given_back(*, many: bool, was_enabled: bool) -> None:
    (gc.enable if was_enabled else gc.disable)()
    with no_garbage_collection(many=many):
        assert not gc.isenabled()
    assert gc.isenabled() == was_enabled


def test_many_values_are_old_at_once() -> None:
    gc.enable()
    gc.collect()
    with no_garbage_collection(many=True):
        value = Value()
    assert is_old(value)
    assert gc.get_freeze_count() == 0


def test_garbage_that_was_there_does_not_become_old() -> None:
    gc.enable()
    gc.collect()
    cycle = Value()
    cycle.itself = cycle  # type: ignore[attr-defined]
    number = id(cycle)
    del cycle
    with no_garbage_collection(many=True):
        pass
    assert all(id(one) != number for one in gc.get_objects() if isinstance(one, Value))


def test_what_somebody_has_frozen_stays_so() -> None:
    gc.enable()
    gc.collect()
    gc.freeze()
    frozen = gc.get_freeze_count()
    with no_garbage_collection(many=True):
        Value()
    assert gc.get_freeze_count() == frozen
