"""What the cost is compared with: plain writers as the specification's reporter, and the kubelets' Leases."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reporter.kube.client import KubeApi
from reporter.kube.credentials import CredentialSource
from reporter.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from pathlib import Path

    from reporter.kube.api import Resource

__all__ = ["LEASES", "be_leases", "be_plain_writers"]

PERIOD = 10.0
LEASES = "/apis/coordination.k8s.io/v1/namespaces/default/leases"


def be_plain_writers(
    pipe: Connection, kubeconfig: Path, resource: Resource, names: list[str]
) -> None:
    """Each reads its object whole and puts it back with a new time, and watches the objects of all."""
    ending = threading.Event()

    def write(name: str, at: float) -> None:
        api = KubeApi(CredentialSource(kubeconfig, Redactor()), timeout=30)
        listing = api.list_objects(resource, "")
        version = listing.resource_version
        stream = api.watch(resource, "", version, metadata_only=False, seconds=3600)
        watch = threading.Thread(target=lambda: [None for _ in stream], daemon=True)
        watch.start()
        while not ending.wait(PERIOD - (time.monotonic() - at) % PERIOD):
            document = api.get(resource, name)
            document.setdefault("status", {})["lastUpdated"] = _now()
            path = f"{resource.path}/{name}" + ("/status" if resource.has_status else "")
            api.call("PUT", path, "write", body=json.dumps(document).encode())
        stream.close()
        api.close()

    _until_told(
        pipe, ending, [lambda i=i, n=n: write(n, i * PERIOD / len(names)) for i, n in enumerate(names)]
    )  # fmt: skip


def be_leases(pipe: Connection, kubeconfig: Path, count: int) -> None:
    """The Leases of so many kubelets, each put back every ten seconds, over a few connections."""
    ending = threading.Event()
    threads = 16
    api = KubeApi(CredentialSource(kubeconfig, Redactor()), timeout=30)

    def make(number: int) -> dict[str, object]:
        body = {
            "metadata": {"name": f"lease-{number}"},
            "spec": {"holderIdentity": "x", "leaseDurationSeconds": 40},
        }
        return api.call("POST", LEASES, "create", body=json.dumps(body).encode())

    # The first one reads the credentials.
    leases = [make(0)]
    with ThreadPoolExecutor(threads) as pool:
        leases += pool.map(make, range(1, count))

    def renew(first: int) -> None:
        own = leases[first::threads]
        turn = 0
        begun = time.monotonic() + first / threads * PERIOD / max(len(own), 1)
        while not ending.wait(max(0.0, begun + turn * PERIOD / len(own) - time.monotonic())):
            lease = own[turn % len(own)]
            spec = lease["spec"]
            assert isinstance(spec, dict)
            spec["renewTime"] = (
                datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
            )
            metadata = lease["metadata"]
            assert isinstance(metadata, dict)
            path = f"{LEASES}/{metadata['name']}"
            own[turn % len(own)] = api.call("PUT", path, "renew", body=json.dumps(lease).encode())
            turn += 1

    _until_told(
        pipe, ending, [lambda i=i: renew(i) for i in range(threads) if leases[i::threads]]
    )  # fmt: skip
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda i: api.call("DELETE", f"{LEASES}/lease-{i}", "delete"), range(count)))
    pipe.send("removed")


def _until_told(pipe: Connection, ending: threading.Event, work: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=one, daemon=True) for one in work]
    for thread in threads:
        thread.start()
    pipe.send("begun")
    pipe.recv()
    ending.set()
    for thread in threads:
        thread.join(60)
    pipe.send("ended")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
