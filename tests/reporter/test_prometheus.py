"""A real Prometheus loads the alerts, scrapes what a reporter shows, and finds data for each dashboard."""

import json
import os
import re
import shutil
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml

from controlplane.port import ReservedPort
from reporter_process import DEPLOY, wait_for
from shown_metrics import everything_shown

MONITORING = DEPLOY / "chart" / "monitoring"
RULES = MONITORING / "alerts.yaml"


def _binary(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail(f"{name} is missing: apt-get install prometheus")
        pytest.skip(f"{name} is not here: apt-get install prometheus")
    return found


# For each alert: series that make it fire after so many minutes, and series that do not. Values are in the
# notation of promtool: `1+0x40` is 1 and then 40 times the same.
SESSION = 'birdstatus_session_up{node="a",family="4",name="x",peer="10.0.0.2",type="%s"}'
IMPORTED = (
    'birdstatus_session_imported_routes{node="a",family="4",name="x",peer="10.0.0.2",type="%s"}'
)
FLEET = 'birdstatus_fleet_sessions{node="a",type="%s",verdict="%s"}'
READ = 'birdstatus_last_collection_timestamp_seconds{node="a",family="4"}'
READY = 'birdstatus_daemon_ready{node="a",family="4"}'
ERRORS = 'birdstatus_status_write_errors_total{node="a",code="%s"}'
CASES: dict[str, tuple[int, dict[str, str], dict[str, str]]] = {
    "BirdNotReady": (6, {READY: "0+0x60", READ: "1+60x60"}, {READY: "0+0x60"}),
    "BgpMeshSessionDown": (11, {SESSION % "NodeMesh": "0+0x60"}, {SESSION % "GlobalPeer": "0+0x60"}),
    "BgpExternalSessionDown": (6, {SESSION % "GlobalPeer": "0+0x60"}, {SESSION % "NodeMesh": "0+0x60"}),
    "BgpSessionWithoutRoutes": (
        31,
        {SESSION % "GlobalPeer": "1+0x60", IMPORTED % "GlobalPeer": "0+0x60"},
        {SESSION % "GlobalPeer": "0+0x60", IMPORTED % "GlobalPeer": "0+0x60"},
    ),
    "BirdNotRead": (12, {READ: "0+0x60"}, {READ: "0+60x60"}),
    "NodeStatusNotWritten": (31, {ERRORS % "500": "0+2x60"}, {ERRORS % "409": "0+2x60"}),
    "NodeStatusTwoWriters": (
        16,
        {'birdstatus_objects_with_another_writer{node="a"}': "1+0x60"},
        {'birdstatus_objects_with_another_writer{node="a"}': "0+0x60"},
    ),
    "NodeStatusTruncated": (
        16,
        {'birdstatus_truncated_rows{node="a",kind="RIB"}': "3+0x60"},
        {'birdstatus_truncated_rows{node="a",kind="RIB"}': "0+0x60"},
    ),
    "FleetMeshSessionsDown": (
        11,
        {FLEET % ("NodeMesh", "down"): "1+0x60"},
        {FLEET % ("NodeMesh", "unknown"): "1+0x60"},
    ),
    "FleetExternalSessionsDown": (
        6,
        {FLEET % ("GlobalPeer", "down"): "1+0x60"},
        {FLEET % ("GlobalPeer", "up"): "1+0x60"},
    ),
    "FleetFindings": (
        11,
        {'birdstatus_fleet_findings{kind="config",severity="error"}': "1+0x60"},
        {'birdstatus_fleet_findings{kind="config",severity="warning"}': "1+0x60"},
    ),
    "FleetNodesSilent": (
        16,
        {"birdstatus_fleet_nodes": "3+0x60", "birdstatus_fleet_nodes_reporting": "2+0x60"},
        {"birdstatus_fleet_nodes": "3+0x60", "birdstatus_fleet_nodes_reporting": "3+0x60"},
    ),
    "FleetNotLookedAt": (
        17,
        {"birdstatus_fleet_last_look_timestamp_seconds": "0+0x60"},
        {"birdstatus_fleet_last_look_timestamp_seconds": "0+60x60"},
    ),
}  # fmt: skip


def _rules() -> dict[str, dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def test_every_alert_has_a_case() -> None:
    assert CASES.keys() == _rules().keys()


@pytest.mark.parametrize("alert", CASES)
def test_an_alert_fires_when_it_should_and_not_before(alert: str, tmp_path: Path) -> None:
    promtool = _binary("promtool")
    minutes, wrong, right = CASES[alert]

    def is_firing(series: dict[str, str], minute: int) -> bool:
        """Whether promtool finds that alert then: it fails, as no alert is expected."""
        test = {
            "rule_files": [str(RULES)],
            "evaluation_interval": "1m",
            "tests": [
                {
                    "interval": "1m",
                    "input_series": [{"series": name, "values": values} for name, values in series.items()],
                    "alert_rule_test": [{"eval_time": f"{minute}m", "alertname": alert, "exp_alerts": []}],
                }
            ],
        }  # fmt: skip
        path = tmp_path / "test.yaml"
        path.write_text(yaml.safe_dump(test))
        done = subprocess.run(
            [promtool, "test", "rules", str(path)],
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        said = done.stdout + done.stderr
        assert done.returncode == 0 or f"alertname: {alert}" in said, said
        return done.returncode != 0

    assert is_firing(wrong, minutes)
    # What has just begun is no alarm yet.
    assert not is_firing(wrong, 1)
    assert not is_firing(right, 60)


def _in_trouble(exposition: str) -> str:
    """The same of a node and a cluster with a session that is down: some panels show nothing else."""
    found = re.sub(
        r"^(birdstatus_session_up{.*}) 1.0$", r"\1 0.0", exposition, count=1, flags=re.MULTILINE
    )
    for name, was, becomes in (
        ("birdstatus_sessions", 'state="Established"', 'state="Active"'),
        ("birdstatus_fleet_sessions", 'type="NodeMesh"', 'type="GlobalPeer"'),
    ):
        row = next(
            line for line in found.splitlines() if line.startswith(f"{name}{{") and was in line
        )
        found = found.replace(row, f"{row}\n{row.replace(was, becomes)}", 1)
    return found


class _Exposition(BaseHTTPRequestHandler):
    text = b""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.end_headers()
        self.wfile.write(self.text)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def prometheus(tmp_path: Path) -> Iterator[str]:
    """A Prometheus that scrapes all that a reporter and the fleet show; its URL."""
    binary = _binary("prometheus")
    handler = type("Handler", (_Exposition,), {"text": _in_trouble(everything_shown()).encode()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(RULES)],
        "scrape_configs": [
            {
                "job_name": "birdstatus",
                "static_configs": [
                    {"targets": [f"127.0.0.1:{server.server_address[1]}"], "labels": {"node": "a"}}
                ],
                "honor_labels": True,
            }
        ],
    }
    path = tmp_path / "prometheus.yaml"
    path.write_text(yaml.safe_dump(config))
    with ReservedPort() as port, (tmp_path / "log").open("wb") as log:
        address = f"127.0.0.1:{port.number}"
    command = [binary, f"--config.file={path}", f"--web.listen-address={address}"]
    command.append(f"--storage.tsdb.path={tmp_path / 'data'}")
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        yield f"http://{address}"
    finally:
        process.kill()
        process.wait()
        server.shutdown()
        server.server_close()


def _ask(url: str, path: str, **query: str) -> Any:
    try:
        with urllib.request.urlopen(
            f"{url}{path}?{urllib.parse.urlencode(query)}", timeout=30
        ) as found:
            return json.loads(found.read())["data"]
    except OSError:
        return None


def test_dashboards_find_data_and_rules_are_evaluated(prometheus: str) -> None:
    def scraped() -> int:
        found = _ask(prometheus, "/api/v1/query", query="count_over_time(birdstatus_objects[1m])")
        return int(found["result"][0]["value"][1]) if found and found["result"] else 0

    wait_for(lambda: scraped() >= 3, 60, lambda: "nothing was scraped")
    groups = _ask(prometheus, "/api/v1/rules")["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert {rule["name"] for rule in rules} == CASES.keys()
    wait_for(
        lambda: all(
            rule["health"] == "ok"
            for group in _ask(prometheus, "/api/v1/rules")["groups"]
            for rule in group["rules"]
        ),
        60,
        lambda: "not every rule is evaluated",
    )
    queries = [
        target["expr"]
        for name in ("dashboard.json", "fleet-dashboard.json")
        for panel in json.loads((MONITORING / name).read_text())["panels"]
        for target in panel.get("targets", ())
    ]
    assert len(queries) >= 20
    for query in queries:
        asked = query.replace("$node", ".*").replace("$__rate_interval", "1m")
        found = _ask(prometheus, "/api/v1/query", query=asked)
        assert found is not None, query
        assert found["result"], query
        assert not re.search(r"\$\w", asked), query
