"""The pytest plugin: the fixture ``server``."""

from collections.abc import Iterator

import pytest

from scripted_api.server import ScriptedApi


@pytest.fixture
def server() -> Iterator[ScriptedApi]:
    """A scripted API server that is sound until the test says otherwise."""
    with ScriptedApi() as found:
        yield found
