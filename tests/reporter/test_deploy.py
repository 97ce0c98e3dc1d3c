"""What is installed: accepted by a real API server, and true to the code that it installs."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from birdstatus import __version__
from controlplane import ControlPlane
from controlplane.assets import AssetsMissing, Tools, find_tools
from reporter.agent.metrics import Metrics
from reporter.bird.recorded import recorded_mesh
from reporter.bird.snapshot import SocketBird
from reporter.kube.crd import custom_resource_definition
from reporter.settings import Settings
from reporter_process import DEPLOY, NAMESPACE, SERVICE_ACCOUNT, wait_for
from shown_metrics import RECORDED_AT, answered, everything_shown

CHART = DEPLOY / "chart"


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


@pytest.fixture(scope="module")
def tools() -> Tools:
    """Helm and promlint."""
    try:
        return find_tools()
    except AssetsMissing as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(str(missing))  # a skip there would go unseen
        pytest.skip(str(missing))


class Helm:
    """Helm with our chart. These commands ask no cluster."""

    def __init__(self, tools: Tools, home: Path) -> None:
        self._tools = tools
        self._home = home

    def run(self, *arguments: str, **values: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self._tools.helm), *arguments, str(CHART), "--values=-"],
            input=json.dumps(values),
            env={"HOME": str(self._home)},  # nobody's settings
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=60,
        )

    def release(self, command: str, *arguments: str) -> int:
        """What Helm does with the release `birdstatus`; its exit code."""
        return subprocess.run(
            [str(self._tools.helm), command, "birdstatus", *arguments],
            env={"HOME": str(self._home)},
            capture_output=True,
            check=False,
            timeout=60,
        ).returncode

    def template(self, *arguments: str, **values: Any) -> str:
        done = self.run("template", "reporter", *arguments, **values)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def helm(tools: Tools, tmp_path: Path) -> Helm:
    return Helm(tools, tmp_path)


_TERMS = {"nodeSelectorTerms": [{"matchExpressions": [{"key": "bgp", "operator": "Exists"}]}]}
# Every value of the chart, each other than its default.
EVERYTHING: dict[str, Any] = {
    "image": {
        "repository": "elsewhere/reporter",
        "tag": "9",
        "digest": f"sha256:{'0' * 64}",
        "pullPolicy": "Always",
    },
    "commonLabels": {"team": "network"},
    "commonAnnotations": {"note": "a"},
    "podLabels": {"zone": "b"},
    "podAnnotations": {"scrape": "no"},
    "extraEnv": [{"name": "TZ", "value": "UTC"}],
    "maxUnavailable": 1,
    "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": _TERMS}},
    "networkPolicy": {"enabled": True, "from": [{"namespaceSelector": {}}]},
    "imagePullSecrets": [{"name": "pull"}],
    "args": ["--heartbeat=300"],
    "socketFolder": "/run/calico",
    "runAsUser": 0,
    "runAsGroup": 1,
    "priorityClassName": "",
    "nodeSelector": {"kubernetes.io/arch": "arm64"},
    "tolerations": [{"key": "a", "operator": "Equal", "value": "b", "effect": "NoExecute"}],
    "resources": {"requests": {"memory": "1Gi"}, "limits": None},
    "fleet": {
        "enabled": True,
        "args": ["--listen=:9000", "--every=30s"],
        "podLabels": {"zone": "b"},
        "podAnnotations": {"scrape": "no"},
        "extraEnv": [{"name": "TZ", "value": "UTC"}],
        "priorityClassName": "system-cluster-critical",
        "nodeSelector": {"kubernetes.io/arch": "arm64"},
        "tolerations": [{"operator": "Exists"}],
        "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": _TERMS}},
        "topologySpreadConstraints": [
            {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"}
        ],
        "resources": {"requests": {"memory": "1Gi"}, "limits": None},
    },
    "definition": "v3",
    "podMonitor": True,
    "prometheusRule": True,
    "dashboard": True,
}
OPTIONS = [{}, EVERYTHING, EVERYTHING | {"definition": "v1"}, {"fleet": {"enabled": False}}]
# How many objects each of them makes.
OBJECTS = [11, 17, 17, 6]


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


_TEXT = {"type": "string"}
_TEXTS = {"type": "object", "additionalProperties": _TEXT}
_RELABELING = _object(sourceLabels=_list(_TEXT), targetLabel=_TEXT)
_RULE = _object(alert=_TEXT, expr=_TEXT, labels=_TEXTS, annotations=_TEXTS, **{"for": _TEXT})
# The Prometheus operator's kinds, as far as the chart uses them: what is not here is refused.
OPERATOR = {
    "PodMonitor": _object(
        selector=_object(matchLabels=_TEXTS),
        podMetricsEndpoints=_list(_object(port=_TEXT, relabelings=_list(_RELABELING))),
    ),
    "PrometheusRule": _object(groups=_list(_object(name=_TEXT, rules=_list(_RULE)))),
}


@pytest.fixture
def prometheus_operator(controlplane: ControlPlane) -> Iterator[None]:
    """The kinds of the Prometheus operator, in the cluster for the length of a test."""
    version = {"name": "v1", "served": True, "storage": True}
    definitions = [
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": f"{kind.lower()}s.monitoring.coreos.com"},
            "spec": {
                "group": "monitoring.coreos.com",
                "scope": "Namespaced",
                "names": {"kind": kind, "plural": f"{kind.lower()}s"},
                "versions": [version | {"schema": {"openAPIV3Schema": _object(spec=spec)}}],
            },
        }
        for kind, spec in OPERATOR.items()
    ]
    documents = yaml.safe_dump_all(definitions)
    controlplane.kubectl("apply", "-f", "-", input=documents)

    def served() -> str:
        return controlplane.kubectl("get", "podmonitors,prometheusrules", check=False)

    wait_for(lambda: served().startswith("No resources found"), 20, served)
    yield
    controlplane.kubectl("delete", "-f", "-", input=documents)


@pytest.mark.parametrize("values", OPTIONS, ids=["default", "everything", "v1", "no fleet"])
def test_the_chart_is_linted_without_a_word(helm: Helm, values: dict[str, Any]) -> None:
    done = helm.run("lint", "--strict", "--quiet", **values)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


@pytest.mark.usefixtures("prometheus_operator")
def test_the_chart_is_accepted_by_the_api_server(controlplane: ControlPlane, helm: Helm) -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    assert set(EVERYTHING) == set(values)
    assert set(EVERYTHING["fleet"]) == set(values["fleet"])
    for options, count in zip(OPTIONS, OBJECTS, strict=True):
        rendered = helm.template(**options)
        accepted = controlplane.kubectl("apply", "-f", "-", "--dry-run=server", input=rendered)
        documents = [one for one in yaml.safe_load_all(rendered) if one]
        assert len(accepted.splitlines()) == len(documents) == count


def test_the_chart_knows_two_definitions(helm: Helm) -> None:
    done = helm.run("template", definition="v2")
    assert done.returncode != 0
    assert "'/definition': value must be one of" in done.stderr


@pytest.mark.parametrize(
    "values",
    [
        {"imagee": {}},
        {"fleet": {"enabled": "yes"}},
        {"socketFolder": "run"},
        {"image": {"digest": "9"}},
    ],
    ids=["unknown", "type", "relative", "digest"],
)
def test_the_chart_refuses_what_its_schema_does_not_know(
    helm: Helm, values: dict[str, Any]
) -> None:
    done = helm.run("template", **values)
    assert done.returncode != 0
    assert "values don't meet the specifications of the schema" in done.stderr


def test_every_value_reaches_an_object(helm: Helm) -> None:
    """Each of them is somewhere in what is installed, or there is an object more for it."""
    rendered = helm.template("--api-versions=monitoring.coreos.com/v1", **EVERYTHING)
    for text in (
        f"elsewhere/reporter@sha256:{'0' * 64}", "team: network", "note: a", "zone: b", "scrape:",
        "name: TZ", "maxUnavailable: 1", "key: bgp", "namespaceSelector: {}", "name: pull",
        "--heartbeat=300", "path: /run/calico", "--every=30s", "system-cluster-critical",
        "whenUnsatisfiable: ScheduleAnyway", "kubernetes.io/arch: arm64",
    ):  # fmt: skip
        assert text in rendered, text


def test_the_readme_of_the_chart_is_that_of_its_values() -> None:
    command = [sys.executable, str(CHART / "make_readme.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_versions_agree() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    (image,) = yaml.safe_load((DEPLOY / "kustomization.yaml").read_text())["images"]
    labelled = re.search(r'image\.version="(.+)"', (DEPLOY / "Dockerfile").read_text())
    assert labelled
    versions = {chart["version"], chart["appVersion"], image["newTag"], labelled[1]}
    assert versions == {__version__}


def test_install_upgrade_back_and_removal(controlplane: ControlPlane, helm: Helm) -> None:
    """As docs/upgrade.md has it, on the real API server."""
    where = ["--namespace=release", f"--kubeconfig={controlplane.kubeconfig_admin}"]
    in_namespace = ("-n", "release", "get", "daemonset,deployment", "-o", "name")

    def rule() -> str:
        command = ("get", "daemonset", "birdstatus-reporter", "-o", "jsonpath={..image}")
        return controlplane.kubectl("-n", "release", *command)

    # Those of another test would be in the way: Helm takes over no object.
    for kinds, folder in (("clusterrole,clusterrolebinding", ""), ("role,rolebinding", "default")):
        ours = ("delete", kinds, "birdstatus-reporter", "--ignore-not-found")
        controlplane.kubectl(*ours, *(["-n", folder] if folder else []))
    installed = helm.run(
        "install", "birdstatus", "--create-namespace", *where, podLabels={"a": "b"}
    )
    assert installed.returncode == 0, installed.stderr
    assert "is in no registry" in installed.stdout
    assert rule() == f"birdstatus-reporter:{__version__}"
    upgraded = helm.run(
        "upgrade", "birdstatus", "--reset-then-reuse-values", *where, image={"tag": "9.9"}
    )
    assert upgraded.returncode == 0, upgraded.stderr
    assert rule() == "birdstatus-reporter:9.9"
    assert helm.release("rollback", *where) == 0
    assert rule() == f"birdstatus-reporter:{__version__}"
    assert helm.release("uninstall", *where) == 0
    assert controlplane.kubectl(*in_namespace) == ""
    assert "birdstatus" not in controlplane.kubectl("get", "clusterrole", "-o", "name")
    controlplane.kubectl("delete", "namespace", "release", "--wait=false")
    controlplane.kubectl("apply", "-f", str(DEPLOY / "rbac.yaml"))


def test_the_chart_installs_what_the_kustomization_installs(
    controlplane: ControlPlane, helm: Helm
) -> None:
    def by_name(documents: str) -> dict[tuple[str, str], Any]:
        found = (one for one in yaml.safe_load_all(documents) if one)
        return {(one["kind"], one["metadata"]["name"]): one for one in found}

    chart = by_name(helm.template(f"--namespace={NAMESPACE}"))
    for document in chart.values():
        _without_helms(document["metadata"]["labels"])
        pods = document.get("spec", {}).get("template")
        if pods:
            _without_helms(pods["metadata"]["labels"])
    kustomization = by_name(controlplane.kubectl("kustomize", str(DEPLOY)))
    del kustomization["Namespace", NAMESPACE]  # Helm has --create-namespace
    for name in (("DaemonSet", SERVICE_ACCOUNT), ("Deployment", "birdstatus-fleet")):
        pod = chart[name]["spec"]["template"]["spec"]
        assert pod["containers"][0].pop("imagePullPolicy") == "IfNotPresent"  # the API's default
    assert chart == kustomization


def _without_helms(labels: dict[str, str]) -> None:
    """Kustomize has no releases."""
    for name in ("helm.sh/chart", "app.kubernetes.io/instance", "app.kubernetes.io/managed-by"):
        del labels[name]


@pytest.mark.parametrize("file", ["daemonset.yaml", "fleet.yaml"])
def test_the_pod_may_do_nothing_that_it_does_not_need(file: str) -> None:
    documents = yaml.safe_load_all((DEPLOY / file).read_text())
    (workload,) = (one for one in documents if one["kind"] in {"DaemonSet", "Deployment"})
    pod = workload["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert all(mount["readOnly"] for mount in container.get("volumeMounts", ()))


@pytest.fixture(scope="module")
def exposition() -> str:
    return everything_shown()


def test_no_series_of_the_fleet_is_about_a_pair(exposition: str) -> None:
    series = [line for line in exposition.splitlines() if line.startswith("birdstatus_fleet_")]
    labels = {name for line in series for name in re.findall(r'(\w+)="', line)}
    assert labels == {"node", "type", "verdict", "kind", "severity"}
    assert 'birdstatus_fleet_sessions{node="a",type="NodeMesh",verdict="down"} 1.0' in series
    assert "birdstatus_fleet_ok 0.0" in series


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


def test_promlint_finds_nothing_in_the_metrics(tools: Tools, exposition: str) -> None:
    def lint(text: str) -> tuple[int, str]:
        done = subprocess.run(
            [str(tools.promlint)],
            input=text,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            check=False,
            timeout=60,
        )
        return done.returncode, done.stdout

    assert lint(exposition) == (0, "")
    # It does look: a counter is named for what it is.
    code, problem = lint("# HELP a_b A.\n# TYPE a_b counter\na_b 1\n")
    assert (code, problem.startswith("a_b: ")) == (1, True)


def test_series_of_peers_are_bounded_and_totals_are_not() -> None:
    metrics = Metrics(Settings(node_name="n", max_peer_series=1), lambda: 1.0)
    with recorded_mesh() as sockets:
        bird = SocketBird({4: (sockets[4],), 6: (sockets[6],)}, 5, 1 << 20)
        answered(metrics, bird.collect([]))
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
    fleet = json.loads((CHART / "monitoring" / "fleet-dashboard.json").read_text())
    expressions = _expressions(alerts) + _expressions(dashboard) + _expressions(fleet)
    assert len(expressions) >= 34
    names = set(re.findall(r"^(birdstatus_\w+)", exposition, re.MULTILINE))
    for expression in expressions:
        promql_parser.parse(expression)
        assert set(re.findall(r"birdstatus_\w+", expression)) <= names, expression
