"""Findings of clusters whose state is known: none if it is right, one for one fault."""

from __future__ import annotations

import os
from typing import Any

import pytest
from cluster_faults import FAULTS
from clusters import NOW, Cluster
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from birdstatus.fleet import Check, findings, inventory

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
    cluster = Cluster(size, shape, families).fill()
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


@st.composite
def broken_clusters(draw: st.DrawFn) -> tuple[str, Cluster, Any]:
    shape = draw(st.sampled_from(SHAPES))
    families = draw(st.sampled_from(FAMILIES))
    cluster = Cluster(draw(st.sampled_from((3, 4, 7, 12))), shape, families).fill()
    fault = draw(st.sampled_from(FAULTS[shape]))
    return fault.__name__, cluster, fault(cluster, lambda choices: draw(st.sampled_from(choices)))


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(broken_clusters())
def test_one_fault_is_one_finding_that_names_it(broken: tuple[str, Cluster, Any]) -> None:
    _, cluster, named = broken
    found = check(cluster)
    assert [(finding.kind, set(finding.nodes)) for finding in found.findings] == [
        (named.kind, named.nodes)
    ]
    assert named.objects <= set(found.findings[0].objects)
    assert found.exit_code == (3 if found.findings[0].severity == "unknown" else 1)
