"""The pytest plugin of the reporter's tests: `pytest_plugins = ["reporter_fixtures"]`."""

import contextlib
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from controlplane import ControlPlane
from reporter.bird.recorded import RecordedDaemon, recording
from reporter.kube.client import KubeApi
from reporter.settings import Settings
from reporter_cluster import Cluster, Running, Variant, clusters_with, service_account_api

_serial = itertools.count()


@pytest.fixture(scope="module")
def cluster(controlplane: ControlPlane) -> Iterator[Cluster]:
    """The definition as this package makes it: v3, with the subresource, selectable by node."""
    with clusters_with(controlplane, Variant()) as (only,):
        yield only


@pytest.fixture
def node() -> str:
    """A node's name that no other test has."""
    return f"node-{next(_serial)}"


@pytest.fixture
def daemons(tmp_path: Path) -> Iterator[dict[int, RecordedDaemon]]:
    with contextlib.ExitStack() as stack:
        yield {
            family: stack.enter_context(
                RecordedDaemon(tmp_path / f"bird{family}.ctl", recording(family))
            )
            for family in (4, 6)
        }


@pytest.fixture
def api(cluster: Cluster) -> Iterator[KubeApi]:
    with service_account_api(cluster) as found:
        yield found


@pytest.fixture
def start(node: str, daemons: dict[int, RecordedDaemon]) -> Iterator[Callable[..., Running]]:
    """Start a reporter for this test's node; it is stopped at the end."""
    with contextlib.ExitStack() as stack:

        def begin(api: Any, *, bird: Any = None, **settings: Any) -> Running:
            chosen = Settings(
                **{
                    "node_name": node,
                    "bird_socket": daemons[4].path,
                    "bird6_socket": daemons[6].path,
                    "bird_timeout": 2.0,
                    # Objects of other tests are in the same cluster.
                    "heartbeat": 0.0,
                    **settings,
                }
            )
            return stack.enter_context(Running(chosen, api, daemons, bird))

        yield begin
