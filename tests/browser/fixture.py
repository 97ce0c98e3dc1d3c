"""The pytest plugin: the fixture `browser`, and the marker of every test that uses it."""

import os
from collections.abc import Iterator

import pytest

from browser.chromium import Chromium, lacking


@pytest.hookimpl(tryfirst=True)  # before pytest chooses by `-m`
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.real_browser)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """One browser for the whole run, each page in it on its own."""
    reason = lacking()
    if reason and os.environ.get("CI") == "true":
        pytest.fail(reason)  # a skip there would go unseen
    if reason:
        pytest.skip(reason)
    with Chromium(tmp_path_factory.mktemp("browser")) as running:
        yield running
