"""The pytest plugin: the fixture `controlplane`, and the marker of every test that uses it."""

import os
from collections.abc import Iterator

import pytest

from controlplane.assets import AssetsMissing, find
from controlplane.server import ControlPlane


# First, so that `-m real_apiserver` and `-m "not real_apiserver"` see the marker.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests, so that none can forget it."""
    for item in items:
        if isinstance(item, pytest.Function) and "controlplane" in item.fixturenames:
            item.add_marker(pytest.mark.real_apiserver)


@pytest.fixture(scope="session")
def controlplane() -> Iterator[ControlPlane]:
    """One control plane for the whole run. Who stops its API server starts it again."""
    try:
        binaries = find()
    except AssetsMissing as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(str(missing))  # a skip there would go unseen
        pytest.skip(str(missing))
    with ControlPlane(binaries) as plane:
        yield plane
