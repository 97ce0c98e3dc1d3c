"""The scenarios, each a function that builds a situation, states its truth and records it.

The docstring says what the recording shows; it goes into `truth.json`. Modules register themselves
on import, under the names that `python -m tests.lab.record` takes.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass

from ..daemon import FAMILIES, Family
from ..recording import Scene


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scene with its name, and the families in which it can be played."""

    name: str
    scene: Scene
    families: tuple[Family, ...]

    @property
    def shows(self) -> str:
        return " ".join(inspect.cleandoc(self.scene.__doc__ or "").split())


SCENARIOS: dict[str, Scenario] = {}


def scenario(name: str, *, families: tuple[Family, ...] = FAMILIES) -> Callable[[Scene], Scene]:
    """Register the decorated scene."""

    def register(scene: Scene) -> Scene:
        assert name not in SCENARIOS, name
        SCENARIOS[name] = Scenario(name, scene, families)
        return scene

    return register


def load() -> dict[str, Scenario]:
    """All scenarios, in the order of their modules."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return SCENARIOS
