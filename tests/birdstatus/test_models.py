"""The published models: the specification's names and values, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel, ValidationError

from birdstatus import (
    BGPPeer,
    BGPStatus,
    CalicoNodeStatus,
    CalicoNodeStatusSpec,
    CalicoNodeStatusStatus,
    LearnedFrom,
    Route,
    RouteStatus,
)
from birdstatus.models import BGPDaemonStatus

SAMPLE = Path(__file__).parent.parent / "fixtures" / "caliconodestatus-sample.yaml"


def test_the_specification_s_sample_comes_back_unchanged() -> None:
    document = yaml.safe_load(SAMPLE.read_text())
    assert CalicoNodeStatus.model_validate(document).document() == document


def test_absent_is_left_out() -> None:
    status = CalicoNodeStatus(status=CalicoNodeStatusStatus(routes=RouteStatus()))
    assert status.document()["status"] == {"routes": {}}
    assert "status" not in CalicoNodeStatus().document()
    counts = {
        f"number{kind}{family}": 0
        for family in ("V4", "V6")
        for kind in ("Established", "NotEstablished")
    }
    assert BGPStatus(**counts).model_dump() == counts


def test_an_empty_list_is_an_absent_one() -> None:
    assert RouteStatus.model_validate({"routesV4": []}).model_dump() == {}


@pytest.mark.parametrize(
    ("time", "shown"),
    [
        (datetime(2021, 10, 18, 13, 22, 3, tzinfo=UTC), "2021-10-18T13:22:03Z"),
        (
            datetime(2021, 10, 18, 15, 22, 3, 999, timezone(timedelta(hours=2))),
            "2021-10-18T13:22:03Z",
        ),
        (datetime(2021, 10, 18, 13, 22, 3), "2021-10-18T13:22:03Z"),  # noqa: DTZ001 - naive is UTC
    ],
)
def test_times_are_rfc_3339_in_utc(time: datetime, shown: str) -> None:
    assert CalicoNodeStatusStatus(lastUpdated=time).model_dump(mode="json") == {
        "lastUpdated": shown
    }


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (BGPDaemonStatus, {"state": "Starting"}),
        (BGPPeer, {"state": "Passive"}),
        (BGPPeer, {"type": "LocalWorkload"}),
        (BGPPeer, {"peerAS": 64512}),
        (Route, {"type": "FDB"}),
        (Route, {"destination": None, "metric": 1}),
        (LearnedFrom, {"sourceType": "OSPF"}),
        (BGPStatus, {"numberEstablishedV4": 1}),
        (CalicoNodeStatusSpec, {"classes": ["Agent", "BFD"]}),
        (CalicoNodeStatusSpec, {"updatePeriodSeconds": -1}),
        (CalicoNodeStatusSpec, {"updatePeriodSeconds": 86401}),
        (CalicoNodeStatusSpec, {"interval": 1}),
        (CalicoNodeStatusStatus, {"conditions": []}),
        (CalicoNodeStatus, {"kind": "Node"}),
        (CalicoNodeStatus, {"apiVersion": "v1"}),
    ],
)
def test_unknown_fields_and_values_are_refused(
    model: type[BaseModel], values: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError):
        model.model_validate(values)


def test_models_are_values() -> None:
    assert hash(Route(destination="10.0.0.0/8")) == hash(Route(destination="10.0.0.0/8"))
