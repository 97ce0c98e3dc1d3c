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
from ..recording import DualScene, Scene
from ..releases import Release


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scene with its name, and the families in which it can be played."""

    name: str
    scene: Scene
    families: tuple[Family, ...]

    @property
    def shows(self) -> str:
        return " ".join(inspect.cleandoc(self.scene.__doc__ or "").split())


@dataclass(frozen=True, slots=True)
class DualScenario:
    """A scene of a daemon that serves both families, and which releases can play it."""

    name: str
    scene: DualScene
    since: tuple[tuple[int, ...], ...]

    def plays(self, release: Release) -> bool:
        """Whether that release has what the scene needs: BIRD 2 and 3 go on side by side."""
        first = [number for number in self.since if number[0] <= release.number[0]]
        return bool(first) and release.number >= max(first)

    @property
    def shows(self) -> str:
        return " ".join(inspect.cleandoc(self.scene.__doc__ or "").split())


SCENARIOS: dict[str, Scenario] = {}
DUAL_SCENARIOS: dict[str, DualScenario] = {}


def scenario(name: str, *, families: tuple[Family, ...] = FAMILIES) -> Callable[[Scene], Scene]:
    """Register the decorated scene."""

    def register(scene: Scene) -> Scene:
        assert name not in SCENARIOS, name
        SCENARIOS[name] = Scenario(name, scene, families)
        return scene

    return register


def dual(name: str, *since: tuple[int, ...]) -> Callable[[DualScene], DualScene]:
    """Register the decorated scene of one daemon for both families; `since` are the first releases that
    play it, of each major version.
    """

    def register(scene: DualScene) -> DualScene:
        assert name not in DUAL_SCENARIOS, name
        DUAL_SCENARIOS[name] = DualScenario(name, scene, since or ((2,),))
        return scene

    return register


def load() -> dict[str, Scenario]:
    """All scenarios of BIRD 1.6, in the order of their modules."""
    _import_all()
    return SCENARIOS


def load_dual() -> dict[str, DualScenario]:
    """All scenarios of BIRD 2 and 3."""
    _import_all()
    return DUAL_SCENARIOS


def _import_all() -> None:
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
