"""A reporter in this process, between recorded daemons and the real API server."""

import contextlib
import itertools
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import yaml
from kubernetes import client, config

from controlplane import ControlPlane
from reporter.agent.controller import Reporter
from reporter.bird.recorded import RecordedDaemon
from reporter.bird.snapshot import SocketBird
from reporter.kube.client import KubeApi
from reporter.kube.crd import GROUP_VERSIONS, custom_resource_definition
from reporter.kube.credentials import CredentialSource
from reporter.redaction import Redactor
from reporter.settings import Settings
from reporter_process import DEPLOY, NAMESPACE, SERVICE_ACCOUNT, wait_for

PLURAL = "caliconodestatuses"
_serial = itertools.count()


@dataclass(frozen=True)
class Variant:
    """One of the definitions that are in the field."""

    version: str = "v3"
    has_status: bool = True
    selectable: bool = True

    @property
    def group(self) -> str:
        return GROUP_VERSIONS[self.version]

    @property
    def group_version(self) -> str:
        return f"{self.group}/{self.version}"

    def definition(self) -> dict[str, Any]:
        document = custom_resource_definition(self.version, status_subresource=self.has_status)
        (version,) = document["spec"]["versions"]
        if not self.selectable:
            del version["selectableFields"]
        # Calico's own has no bounds: what is out of range comes as far as the reporter.
        period = version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
        period["updatePeriodSeconds"] = {"type": "integer", "format": "int32"}
        return document


@dataclass
class Cluster:
    """The control plane with a definition and the role of deploy/."""

    plane: ControlPlane
    variant: Variant
    objects: client.CustomObjectsApi
    core: client.CoreV1Api
    kubeconfig: Path

    def create(self, node: str, name: str = "", **spec: Any) -> str:
        name = name or f"status-{next(_serial)}"
        asked = {"node": node, "classes": ["Agent", "BGP", "Routes"], "updatePeriodSeconds": 1}
        body = {
            "apiVersion": self.variant.group_version,
            "kind": "CalicoNodeStatus",
            "metadata": {"name": name},
            "spec": {key: value for key, value in {**asked, **spec}.items() if value is not None},
        }
        self.objects.create_cluster_custom_object(*self._where, body)
        return name

    def read(self, name: str) -> dict[str, Any]:
        document = self.objects.get_cluster_custom_object(*self._where, name)
        assert isinstance(document, dict)
        return document

    def status(self, name: str) -> dict[str, Any]:
        status: dict[str, Any] = self.read(name).get("status", {})
        return status

    def patch(self, name: str, **body: Any) -> None:
        self.objects.patch_cluster_custom_object(
            *self._where, name, body, _content_type="application/merge-patch+json"
        )

    def patch_status(self, name: str, status: dict[str, Any] | None, manager: str) -> None:
        patch = (
            self.objects.patch_cluster_custom_object_status
            if self.variant.has_status
            else self.objects.patch_cluster_custom_object
        )
        patch(
            *self._where, name, {"status": status}, field_manager=manager,
            _content_type="application/merge-patch+json",
        )  # fmt: skip

    def redefine(self, *, has_status: bool) -> None:
        """Another version of the definition, as an upgrade brings it."""
        definition = replace(self.variant, has_status=has_status).definition()
        self.plane.kubectl("apply", "-f", "-", input=yaml.safe_dump(definition))

    def set_role(self, role: dict[str, Any]) -> None:
        """Replace a Role or ClusterRole, and wait until the API server goes by it."""
        metadata = role["metadata"]
        api = client.RbacAuthorizationV1Api(self.objects.api_client)
        if role["kind"] == "Role":
            api.replace_namespaced_role(metadata["name"], metadata["namespace"], role)  # type: ignore[arg-type]
        else:
            api.replace_cluster_role(metadata["name"], role)  # type: ignore[arg-type]
        time.sleep(0.15)

    def delete(self, name: str) -> None:
        with contextlib.suppress(client.ApiException):
            self.objects.delete_cluster_custom_object(*self._where, name)

    def events(self, name: str) -> list[tuple[str, str, str]]:
        """Type, reason and message of the Events on an object, oldest first."""
        found = self.core.list_namespaced_event(
            "default", field_selector=f"involvedObject.name={name}"
        ).items
        found.sort(key=lambda event: int(event.metadata.resource_version or 0))
        return [(str(one.type), str(one.reason), str(one.message)) for one in found]

    @property
    def _where(self) -> tuple[str, str, str]:
        return self.variant.group, self.variant.version, PLURAL


class _Memory(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.levelname} {record.getMessage()}")


@dataclass
class Running:
    """A reporter at work in this process."""

    settings: Settings
    api: Any
    daemons: dict[int, RecordedDaemon]
    bird: Any = None
    memory: _Memory = field(default_factory=_Memory)

    def __enter__(self) -> Self:
        log = logging.getLogger(f"test.{self.settings.node_name}")
        log.setLevel(logging.INFO)
        log.addHandler(self.memory)
        self.reporter = Reporter(
            self.settings, self.api, self.bird or SocketBird.from_settings(self.settings), log
        )
        self.thread = threading.Thread(target=self.reporter.run)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.reporter.stop()
        self.thread.join(10)
        assert not self.thread.is_alive()

    @property
    def log(self) -> list[str]:
        return self.memory.lines

    def metric(self, sample: str) -> float:
        """The value of a sample such as `birdstatus_routes{family="4",...}`; 0 without it."""
        for line in self.reporter.metrics.exposition().decode().splitlines():
            if line.startswith(f"{sample} "):
                return float(line.rpartition(" ")[2])
        return 0.0


@contextlib.contextmanager
def clusters_with(plane: ControlPlane, *variants: Variant) -> Iterator[list[Cluster]]:
    """The definitions are there and served.

    v3 stays, for setting it up takes the API server seconds and the next test most likely wants
    it; v1 goes, for it would be preferred.
    """
    definitions = yaml.safe_dump_all(variant.definition() for variant in variants)
    plane.kubectl("apply", "-f", str(DEPLOY / "rbac.yaml"))
    plane.kubectl("apply", "-f", "-", input=definitions)
    admin = config.new_client_from_config(str(plane.kubeconfig_admin))  # type: ignore[no-untyped-call]
    objects = client.CustomObjectsApi(admin)
    core = client.CoreV1Api(admin)
    kubeconfig = plane.kubeconfig_for(SERVICE_ACCOUNT, NAMESPACE)
    clusters = [Cluster(plane, variant, objects, core, kubeconfig) for variant in variants]
    wait_for(lambda: all(map(_is_served, clusters)), 20, lambda: f"{variants} are not served")
    yield clusters
    for variant in variants:
        if variant.version == "v1":
            plane.kubectl("delete", "-f", "-", input=yaml.safe_dump(variant.definition()))
    admin.close()


def _is_served(cluster: Cluster) -> bool:
    """A new definition can be listed a while before it can be written to."""
    try:
        cluster.delete(cluster.create("no-node"))
    except client.ApiException:
        return False
    return True


def service_account_api(cluster: Cluster, name: str = SERVICE_ACCOUNT, **options: Any) -> KubeApi:
    """The API as a ServiceAccount of deploy/ may use it, the reporter's own if no other is named."""
    kubeconfig = cluster.plane.kubeconfig_for(name, NAMESPACE)
    return KubeApi(CredentialSource(kubeconfig, Redactor()), **options)


def until(true: Callable[[], object], what: object = "", seconds: float = 30) -> float:
    """Poll; the seconds it took."""
    return wait_for(true, seconds, lambda: str(what() if callable(what) else what))


def settle(seconds: float) -> None:
    """Let so much real time pass, in which nothing may happen."""
    time.sleep(seconds)
