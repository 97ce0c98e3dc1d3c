"""`make soak`: the agent as it is installed, with a period of one second and churn of everything.

Recorded daemons whose tables change every second, and that restart, garble and go away; a real API server that
is frozen and restarted; objects that are created, edited, written to by others and deleted; scrapes, and
clients of the metrics port that say nothing. Exit 0 if memory and descriptors stayed flat, no period was missed
beyond the faults and there was no fault of its own; 1 if not. A period that was missed is the fault's during
which it was; of ``api_frozen`` and ``api_restarted`` also for five seconds after, for the watch and the writes
come back within their longest wait. A busy machine excuses as well: a small write of another client that takes
over 0.4 s (``api_slow``), and a thread that is 0.2 s late (``machine_busy``). The result says how many periods
each excuses. It is printed, and written as JSON to the file that is named.
"""

import argparse
import contextlib
import dataclasses
import itertools
import json
import os
import random
import signal
import socket
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from kubernetes import client, watch
from urllib3.exceptions import HTTPError

from controlplane import ControlPlane
from controlplane.assets import AssetsMissing, find
from reporter.bird.recorded import RecordedDaemon, recording
from reporter_cluster import PLURAL, Cluster, Variant, clusters_with
from reporter_process import ReporterProcess, wait_for
from soak.measure import Periods, Sample, Ticker, sample, slope

NODE, STEADY = "soak", "steady"
# Bounds. A minute of a Python process that works is never without a page more or less.
MOST_MEMORY = 256.0  # KiB a minute, over ten minutes or more
MOST_MEMORY_SHORT = 12288.0  # KiB a minute, over less: the allocator still settles
MOST_DESCRIPTORS = 0.2  # a minute
# An API server that takes longer for a small write than this, in seconds, excuses a gap.
SLOW_API = 0.4
ROUTES = 200


def table(number: int) -> bytes:
    """A table of which a hundredth changes every time."""
    rows = (
        f"1007-10.{i // 250}.{i % 250}.0/24     "
        f"via 10.0.0.{2 + (i + number * (i % 50 == 0)) % 9} on eth0 "
        f"[Mesh_10_0_0_2 19:44:41] * (100/0) [i]\n"
        for i in range(ROUTES)
    )
    return "".join(rows).encode() + b"0000 \n"


class Churn:
    """Everything that happens to the reporter. Each fault says for how long it excuses a gap."""

    def __init__(self, cluster: Cluster, daemons: dict[int, RecordedDaemon], port: int) -> None:
        self.cluster = cluster
        self.daemons = daemons
        self.port = port
        self.begun_at = time.time()
        self.recent: list[str] = []
        self.looks = 0
        self.periods = Periods()
        self.counts: dict[str, int] = {}
        self.begun: list[tuple[float, str]] = []
        self.random = random.Random(1)
        self.idle: list[socket.socket] = []
        self.serial = itertools.count()

    def every_second(self) -> None:
        self.looks = self.daemons[4].connections
        number = next(self.serial)
        self.daemons[4].replies["show route"] = table(number)
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as answer:
            assert answer.read()
        self.idle.append(socket.create_connection(("127.0.0.1", self.port), timeout=5))
        while len(self.idle) > 5:
            self.idle.pop(0).close()
        classes = self.random.sample(["Agent", "BGP", "Routes"], 2)
        before = time.time()
        self.recent.append(self.cluster.create(NODE, updatePeriodSeconds=2, classes=classes))
        after = time.time()
        if after - before > SLOW_API:
            # The machine is busy: a write of the reporter's takes as long.
            self.counts["api_slow"] = self.counts.get("api_slow", 0) + 1
            self.periods.excuse(before - 1, after + 1, "api_slow")
        while len(self.recent) > 5:
            self.cluster.delete(self.recent.pop(0))

    def faults(self) -> list[Callable[[], None]]:
        return [
            self.bird6_away, self.bird6_garbled, self.socket_a_folder, self.labels, self.specs,
            self.another_writer, self.api_frozen, self.api_restarted,
        ]  # fmt: skip

    def run(self, fault: Callable[[], None]) -> None:
        name = fault.__name__
        self.counts[name] = self.counts.get(name, 0) + 1
        begun = time.time()
        self.begun.append((begun, name))
        fault()
        if name.startswith("api"):
            # The watch and the writes come back within their longest wait.
            self.periods.excuse(begun, time.time() + 5, name)

    def bird6_away(self) -> None:
        self.daemons[6].__exit__(None, None, None)
        time.sleep(3)
        self._bird6_anew()

    def _bird6_anew(self) -> None:
        self.daemons[6] = RecordedDaemon(self.daemons[6].path, recording(6))
        self.daemons[6].__enter__()

    def bird6_garbled(self) -> None:
        replies = dict(self.daemons[6].replies)
        self.daemons[6].replies["show protocols all"] = b"1002-\x1b[31mred\n" * 50 + b"0000 \n"
        time.sleep(2)
        self.daemons[6].replies = replies

    def socket_a_folder(self) -> None:
        self.daemons[6].__exit__(None, None, None)
        self.daemons[6].path.mkdir()
        time.sleep(2)
        self.daemons[6].path.rmdir()
        self._bird6_anew()

    def labels(self) -> None:
        for number in range(40):
            self.cluster.patch(STEADY, metadata={"labels": {"number": str(number)}})
            time.sleep(0.05)

    def specs(self) -> None:
        name = self.cluster.create(NODE)
        for number in range(50):
            self.cluster.patch(name, spec={"classes": [("Agent", "BGP")[number % 2]]})
        self.cluster.delete(name)

    def another_writer(self) -> None:
        theirs = {"agent": {"birdV4": {"state": "NotReady"}}}
        self.cluster.patch_status(STEADY, theirs, "calico-node")
        time.sleep(1)

    def api_frozen(self) -> None:
        pids = self.cluster.plane.process_ids
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            time.sleep(4)
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def api_restarted(self) -> None:
        self.cluster.plane.stop_apiserver()
        try:
            time.sleep(2)
        finally:
            self.cluster.plane.start_apiserver()


def follow(cluster: Cluster, periods: Periods, done: threading.Event) -> None:
    """Keep what the steady object's `lastUpdated` is, by a watch of its own."""
    api = client.CustomObjectsApi(cluster.objects.api_client)
    while not done.is_set():
        with contextlib.suppress(client.ApiException, HTTPError, OSError):
            events = watch.Watch().stream(  # type: ignore[no-untyped-call]
                api.list_cluster_custom_object, cluster.variant.group, cluster.variant.version, PLURAL,
                field_selector=f"metadata.name={STEADY}", timeout_seconds=20,
            )  # fmt: skip
            for event in events:
                if done.is_set():
                    return
                updated = (event["object"].get("status") or {}).get("lastUpdated")
                if updated:
                    periods.see(datetime.fromisoformat(updated).timestamp())
        done.wait(0.2)


def soak(seconds: float, folder: Path) -> dict[str, Any]:
    with contextlib.ExitStack() as stack:
        plane = stack.enter_context(ControlPlane(find()))
        (cluster,) = stack.enter_context(clusters_with(plane, Variant()))
        daemons = {
            family: RecordedDaemon(folder / f"bird{family}.ctl", recording(family))
            for family in (4, 6)
        }
        for daemon in daemons.values():
            daemon.__enter__()
        stack.callback(_end, daemons)
        cluster.create(NODE, STEADY)
        process = stack.enter_context(
            ReporterProcess(
                "--api-timeout=4", kubeconfig=cluster.kubeconfig, node=NODE,
                bird=daemons[4].path, bird6=daemons[6].path, log=folder / "log",
            )
        )  # fmt: skip
        wait_for(lambda: cluster.status(STEADY), 30, lambda: process.log)
        churn = Churn(cluster, daemons, process.port)
        done = threading.Event()
        follower = threading.Thread(target=follow, args=(cluster, churn.periods, done))
        ticker = Ticker(churn.periods)
        ticker.start()
        stack.callback(ticker.stop)
        follower.start()
        stack.callback(follower.join)
        stack.callback(done.set)
        samples = _measure(process, churn, seconds)
        return _result(process, churn, samples, seconds)


def _end(daemons: dict[int, RecordedDaemon]) -> None:
    # A fault may have put another one in a daemon's place.
    for daemon in daemons.values():
        daemon.__exit__(None, None, None)


def _measure(process: ReporterProcess, churn: Churn, seconds: float) -> list[Sample]:
    samples: list[Sample] = []
    begun = time.monotonic()
    faults = itertools.cycle(churn.faults())
    # Twelve seconds of ordinary churn between two faults, less if there is little time for all.
    pause = max(min(12.0, seconds / 10 - 4), 2.0)
    next_fault = begun + pause
    while time.monotonic() - begun < seconds:
        samples.append(sample(process.pid, begun))
        with contextlib.suppress(client.ApiException, HTTPError):
            churn.every_second()
        if time.monotonic() >= next_fault:
            with contextlib.suppress(client.ApiException, HTTPError):
                churn.run(next(faults))
            next_fault = time.monotonic() + pause
        time.sleep(max(0.0, 1 - (time.monotonic() - begun) % 1))
    return samples


def _result(
    process: ReporterProcess, churn: Churn, samples: list[Sample], seconds: float
) -> dict[str, Any]:
    # The first quarter warms up: caches fill, lanes get their threads.
    steady = [one for one in samples if one.seconds > seconds / 4]
    lines = process.log.splitlines()
    missed, begun = churn.periods.missed(1.0), churn.begun_at
    by_cause = Counter[str]()
    for one in missed:
        by_cause[one.why] += one.count
    code = process.end()
    return {
        "seconds": round(samples[-1].seconds),
        "faults": churn.counts,
        "statuses": len(churn.periods.seen),
        "looks": churn.looks,
        # Those that no fault excuses: these are the reporter's.
        "missed_periods": by_cause.pop("", 0),
        "missed_in_faults": by_cause,
        "missed_at": [(round(one.at - begun, 1), one.count, one.why) for one in missed],
        "faults_at": [(round(at - begun, 1), name) for at, name in churn.begun],
        "memory_kib": [steady[0].memory, steady[-1].memory],
        "memory_kib_a_minute": round(slope(steady, "memory"), 1),
        "descriptors": [steady[0].descriptors, steady[-1].descriptors],
        "descriptors_a_minute": round(slope(steady, "descriptors"), 3),
        "threads": [steady[0].threads, steady[-1].threads],
        "log_lines": len(lines),
        "faults_of_its_own": sum("a fault in the reporter itself" in line for line in lines),
        "exit_code": code,
        "samples": [dataclasses.astuple(one) for one in samples[:: max(len(samples) // 60, 1)]],
    }


def _is_well(result: dict[str, Any]) -> bool:
    most_memory = MOST_MEMORY if result["seconds"] >= 600 else MOST_MEMORY_SHORT
    return bool(
        result["memory_kib_a_minute"] <= most_memory
        and abs(result["descriptors_a_minute"]) <= max(MOST_DESCRIPTORS, 120 / result["seconds"])
        and result["missed_periods"] == 0
        and result["faults_of_its_own"] == 0
        and result["exit_code"] == 0
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=1800)
    parser.add_argument("--json", type=Path)
    parsed = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="birdstatus-soak-") as folder:
            result = soak(parsed.seconds, Path(folder))
    except AssetsMissing as missing:
        print(f"soak: {missing}", file=sys.stderr)  # noqa: T201
        return 2
    if parsed.json:
        parsed.json.write_text(json.dumps(result, indent=1))
    del result["samples"], result["faults_at"], result["missed_at"]
    print(json.dumps(result, indent=2))  # noqa: T201
    return 0 if _is_well(result) else 1


sys.exit(main())
