"""The pytest plugin of the lab: `pytest_plugins = ["lab.fixture"]`.

`mesh_lab` is one converged mesh for the whole session. A test that kills a daemon starts it again
and waits with `mesh_lab.wait_converged()`.
"""

import os
from collections.abc import Iterator

import pytest

from .mesh import Mesh, mesh
from .requirements import lacking


@pytest.hookimpl(tryfirst=True)  # before pytest chooses by `-m`
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if {"mesh_lab", "lab_machine"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.real_bird)


@pytest.fixture(scope="session")
def lab_machine() -> None:
    """Skips where the lab cannot run, except in CI, where that would hide a broken machine."""
    reason = lacking()
    if reason and os.environ.get("CI") == "true":
        pytest.fail(f"CI must run the tests with real daemons: {reason}")
    if reason:
        pytest.skip(reason)


@pytest.fixture(scope="session")
def mesh_lab(lab_machine: None) -> Iterator[Mesh]:
    del lab_machine  # only asked for so that it comes first
    with mesh() as running:
        yield running
