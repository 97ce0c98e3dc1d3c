"""What is installed: accepted by a real API server, and true to the code that it installs."""

import json
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from birdstatus import node_status, parse_status
from controlplane import ControlPlane
from reporter.collection import SocketBird
from reporter.control_socket import Failure
from reporter.crd import custom_resource_definition
from reporter.demo import recorded_mesh, recording
from reporter.kube_api import ApiError
from reporter.metrics import Metrics
from reporter.settings import Settings
from reporter_process import DEPLOY

CHART = DEPLOY / "chart"
# When the demo's daemons were recorded, had they been two hours east of Greenwich.
_SAID = parse_status(recording(4)["show status"]).server_time
RECORDED_AT = datetime.fromisoformat(_SAID).replace(tzinfo=timezone(timedelta(hours=2)))


def test_the_kustomizations_are_accepted_by_the_api_server(controlplane: ControlPlane) -> None:
    # A server-side dry run needs the namespace that it would make.
    controlplane.kubectl("apply", "-f", str(DEPLOY / "rbac.yaml"))
    accepted = controlplane.kubectl("apply", "-k", str(DEPLOY), "--dry-run=server")
    assert "daemonset.apps/birdstatus-reporter created" in accepted
    definitions = str(CHART / "definitions")
    accepted = controlplane.kubectl("apply", "-k", definitions, "--dry-run=server")
    assert "caliconodestatuses.projectcalico.org" in accepted
    v1 = str(CHART / "definitions" / "v1.yaml")
    assert "caliconodestatuses.crd" in controlplane.kubectl("apply", "-f", v1, "--dry-run=server")


@pytest.mark.parametrize("version", ["v3", "v1"])
def test_the_definitions_are_those_of_the_models(version: str) -> None:
    stored = yaml.safe_load((CHART / "definitions" / f"{version}.yaml").read_text())
    assert stored == custom_resource_definition(version), (
        f"birdstatus-reporter crd --group {version} > deploy/chart/definitions/{version}.yaml"
    )


def test_the_chart_grants_what_the_kustomization_grants() -> None:
    def rules(path: Path) -> list[str]:
        blocks = re.findall(r"^rules:\n.*?(?=^---)", path.read_text(), re.MULTILINE | re.DOTALL)
        return [block.strip() for block in blocks]

    granted = rules(DEPLOY / "rbac.yaml")
    assert len(granted) == 2
    assert granted == rules(CHART / "templates" / "rbac.yaml")


def test_the_pod_may_do_nothing_that_it_does_not_need() -> None:
    pod = yaml.safe_load((DEPLOY / "daemonset.yaml").read_text())["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert all(mount["readOnly"] for mount in container["volumeMounts"])


@pytest.fixture(scope="module")
def exposition() -> str:
    """Everything that a reporter can show."""
    metrics = Metrics(Settings(node_name="n"), RECORDED_AT.timestamp)
    with recorded_mesh() as sockets:
        bird = SocketBird({4: (sockets[4],), 6: (sockets[6],)}, 5, 1 << 20)
        collection = bird.collect(["Routes"])
        lost = SocketBird({4: (sockets[4].parent / "none",), 6: (sockets[6],)}, 5, 1 << 20)
        assert isinstance(lost.collect([]).failures[4], Failure)
        metrics.collected(lost.collect([]))
    metrics.collected(collection)
    answers = collection.answers
    metrics.reported(node_status(answers[4].report, answers[6].report, ["Routes"]))
    metrics.objects(["a"])
    metrics.object_state("a", {"RIB": 3}, other_writer=True)
    with metrics.writing({"status": {}}):
        pass
    with pytest.raises(ApiError), metrics.writing({}):
        raise ApiError(409, "conflict")
    return metrics.exposition().decode()


def test_metrics_follow_the_conventions_of_prometheus(exposition: str) -> None:
    families = list(text_string_to_metric_families(exposition))
    assert len(families) > 15
    for family in families:
        if family.name.endswith("_created"):
            continue  # the client's own
        assert family.name.startswith("birdstatus_")
        assert family.documentation.endswith(".")
        assert family.samples, family.name
        if family.type == "counter":
            assert all(sample.name.endswith("_total") for sample in family.samples)
        if "duration" in family.name or "timestamp" in family.name:
            assert family.name.endswith("_seconds")
    assert 'birdstatus_sessions{family="6",state="Established",type="NodeMesh"} 2.0' in exposition
    assert 'birdstatus_routes{family="4",source="NodeMesh",type="FIB"} 3.0' in exposition
    assert 'birdstatus_collection_failures_total{family="4",reason="no_socket"} 1.0' in exposition
    assert "birdstatus_objects_with_another_writer 1.0" in exposition
    since = re.findall(
        r'birdstatus_session_since_timestamp_seconds{.*"10.0.0.2".*} (.*)', exposition
    )
    assert [0 <= RECORDED_AT.timestamp() - float(one) < 60 for one in since] == [True]


def test_series_of_peers_are_bounded_and_totals_are_not() -> None:
    metrics = Metrics(Settings(node_name="n", max_peer_series=1), lambda: 1.0)
    with recorded_mesh() as sockets:
        metrics.collected(SocketBird({4: (sockets[4],), 6: (sockets[6],)}, 5, 1 << 20).collect([]))
    shown = metrics.exposition().decode()
    assert shown.count("birdstatus_session_up{") == 2
    assert "birdstatus_sessions_without_series 6.0" in shown
    samples = [line for line in shown.splitlines() if line.startswith("birdstatus_sessions{")]
    assert sum(float(line.rpartition(" ")[2]) for line in samples) == 8


def _expressions(node: Any) -> list[str]:
    """Every `expr` in a document."""
    if isinstance(node, dict):
        own = [node["expr"]] if isinstance(node.get("expr"), str) else []
        return own + [found for value in node.values() for found in _expressions(value)]
    if isinstance(node, list):
        return [found for value in node for found in _expressions(value)]
    return []


def test_alerts_and_dashboard_ask_for_metrics_that_there_are(exposition: str) -> None:
    alerts = yaml.safe_load((CHART / "monitoring" / "alerts.yaml").read_text())
    dashboard = json.loads((CHART / "monitoring" / "dashboard.json").read_text())
    expressions = _expressions(alerts) + _expressions(dashboard)
    assert len(expressions) >= 18
    names = set(re.findall(r"^(birdstatus_\w+)", exposition, re.MULTILINE))
    for expression in expressions:
        promql_parser.parse(expression)
        assert set(re.findall(r"birdstatus_\w+", expression)) <= names, expression
