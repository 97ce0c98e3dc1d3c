"""The pytest plugin of the lab: `pytest_plugins = ["lab.fixture"]`.

`mesh_lab` is one converged mesh for the whole session. A test that kills a daemon starts it again
and waits with `mesh_lab.wait_converged()`.
"""

import os
from collections.abc import Iterator

import pytest

from .mesh import Mesh, mesh
from .releases import Release, in_ci, lacking_releases, newest
from .requirements import lacking


@pytest.hookimpl(tryfirst=True)  # before pytest chooses by `-m`
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if {"mesh_lab", "lab_machine", "bird2", "bird3"} & set(getattr(item, "fixturenames", ())):
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


def _newest(major: int) -> Release:
    """Skips where there are not the releases that CI must have; fails there."""
    found = newest(major)
    reason = lacking_releases() or (None if found else f"no BIRD {major}: run `make birds`")
    if reason and in_ci():
        pytest.fail(f"CI must run the tests with BIRD 2 and 3: {reason}")
    if found is None or reason:
        pytest.skip(f"{reason}")
    return found


@pytest.fixture(scope="session")
def bird2(lab_machine: None) -> Release:
    """The newest BIRD 2 that is unpacked."""
    del lab_machine
    return _newest(2)


@pytest.fixture(scope="session")
def bird3(lab_machine: None) -> Release:
    """The newest BIRD 3 that is unpacked."""
    del lab_machine
    return _newest(3)
