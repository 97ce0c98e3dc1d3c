"""Building many values at once."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["no_garbage_collection"]


@contextmanager
def no_garbage_collection(*, many: bool = False) -> Iterator[None]:
    """Pause the search for garbage while values are made that all are kept.

    Without this the collector looks through all of them again and again: it takes more time than
    making them. None of our values refers to itself, so nothing is missed. ``many`` values count as
    old afterwards: else the next search would begin with looking through them.
    """
    was_enabled = gc.isenabled()
    if was_enabled and many:
        # What is garbage now must not become old too.
        gc.collect(1)
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            # To freeze and unfreeze is to make old at once; but not what somebody else has frozen.
            if many and not gc.get_freeze_count():
                gc.freeze()
                gc.unfreeze()
            gc.enable()
