"""Findings of clusters whose state is known: none if it is right, one for one fault."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar

import pytest
from cluster_faults import FAULTS, ROUTE_FAULTS
from clusters import NOW, Cluster
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from birdstatus.fleet import Check, findings, inventory

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cluster_faults import Fault, Named

T = TypeVar("T")

SHAPES = ("mesh", "reflectors", "racks")
FAMILIES = ((4,), (6,), (4, 6))
# `make faults` puts in a thousand.
EXAMPLES = int(os.environ.get("FAULTS", "60"))


def check(cluster: Cluster) -> Check:
    return findings(inventory(cluster, complete=("BGPPeer",)), now=NOW)


@pytest.mark.parametrize("size", [3, 20])
@pytest.mark.parametrize("families", FAMILIES, ids=str)
@pytest.mark.parametrize("shape", SHAPES)
def test_healthy_clusters_have_no_findings(
    shape: str, families: tuple[int, ...], size: int
) -> None:
    cluster = Cluster(size, shape, families, with_routes=True).fill()
    found = check(cluster)
    assert found.findings == ()
    assert found.exit_code == 0
    assert found.summary.sessions_up == found.summary.sessions_expected == len(cluster.links)


@pytest.mark.parametrize("families", FAMILIES, ids=str)
@pytest.mark.parametrize("shape", SHAPES)
def test_healthy_statuses_alone_have_no_findings(shape: str, families: tuple[int, ...]) -> None:
    cluster = Cluster(7, shape, families).fill()
    found = findings(
        [document for document in cluster if document["kind"] == "CalicoNodeStatus"], now=NOW
    )
    assert found.findings == ()
    assert found.summary.sessions_expected is None
    assert found.summary.sessions_up == len(cluster.links)


def assert_named(cluster: Cluster, named: Named) -> None:
    found = check(cluster)
    assert [(finding.kind, set(finding.nodes)) for finding in found.findings] == [
        (named.kind, named.nodes)
    ]
    assert named.objects <= set(found.findings[0].objects)
    assert found.exit_code == (3 if found.findings[0].severity == "unknown" else 1)


@pytest.mark.parametrize("choice", range(6))
@pytest.mark.parametrize(
    ("shape", "fault"),
    [
        (shape, fault)
        for shape in SHAPES
        for fault in FAULTS[shape] + (() if shape == "racks" else ROUTE_FAULTS)
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_each_fault_is_one_finding_that_names_it(shape: str, fault: Fault, choice: int) -> None:
    cluster = Cluster(4, shape, (4, 6), with_routes=True).fill()
    assert_named(cluster, fault(cluster, lambda choices: choices[choice % len(choices)]))


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.data(),
    st.sampled_from(SHAPES),
    st.sampled_from(FAMILIES),
    st.sampled_from((3, 4, 7, 12)),
    st.booleans(),
)
def test_one_fault_is_one_finding_that_names_it(
    data: st.DataObject,
    shape: str,
    families: tuple[int, ...],
    size: int,
    with_routes: bool,  # noqa: FBT001 - drawn
) -> None:
    def choose(choices: Sequence[T]) -> T:
        return choices[data.draw(st.integers(0, len(choices) - 1))]

    cluster = Cluster(size, shape, families, with_routes=with_routes).fill()
    faults = FAULTS[shape] + (ROUTE_FAULTS if with_routes and shape != "racks" else ())
    fault = choose(faults)
    note(fault.__name__)
    assert_named(cluster, fault(cluster, choose))
