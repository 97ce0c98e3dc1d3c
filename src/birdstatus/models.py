"""What Calico publishes: ``CalicoNodeStatus`` and its parts, with the specification's own names.

Frozen; unknown fields and unknown enum values are refused. An absent value is ``None`` or an empty
tuple, and is left out of what each model's ``document`` gives, as Kubernetes does
(``omitempty``). The custom resource definitions are made from these classes.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    PlainSerializer,
    WithJsonSchema,
)

__all__ = [
    "Agent",
    "BGPDaemonStatus",
    "BGPPeer",
    "BGPStatus",
    "CalicoNodeStatus",
    "CalicoNodeStatusSpec",
    "CalicoNodeStatusStatus",
    "LearnedFrom",
    "Route",
    "RouteStatus",
]

DaemonState = Literal["Ready", "NotReady"]
PeerType = Literal["NodeMesh", "NodePeer", "GlobalPeer"]
SessionState = Literal[
    "Idle", "Connect", "Active", "OpenSent", "OpenConfirm", "Established", "Close"
]
RouteUse = Literal["FIB", "RIB"]
SourceType = Literal["Kernel", "Static", "Direct", "NodeMesh", "BGPPeer"]
StatusClass = Literal["Agent", "BGP", "Routes"]

MAX_UPDATE_PERIOD = 86400


def _in_utc(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def _rfc3339(time: datetime) -> str:
    return time.isoformat(timespec="seconds").replace("+00:00", "Z")


# metav1.Time: RFC 3339 in whole seconds.
Timestamp = Annotated[
    datetime,
    AfterValidator(_in_utc),
    PlainSerializer(_rfc3339, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


def _is_absent(value: object) -> bool:
    return value is None or value == ()


def _optional(description: str, default: Any = None) -> Any:  # noqa: ANN401 - as pydantic's Field
    return Field(default, description=description, exclude_if=_is_absent)


class _Model(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")

    def document(self) -> dict[str, Any]:
        """This as JSON values, with the specification's names and without what is absent."""
        return self.model_dump(mode="json")


class BGPDaemonStatus(_Model):
    """Status of one BIRD daemon."""

    state: DaemonState | None = _optional("State of the BGP daemon.")
    version: str | None = _optional("Version of the BGP daemon.")
    routerID: str | None = _optional("Router ID used by the BGP daemon.")
    lastBootTime: str | None = _optional("Last boot time of the BGP daemon, in its local time.")
    lastReconfigurationTime: str | None = _optional(
        "Last reconfiguration time of the BGP daemon, in its local time."
    )


class Agent(_Model):
    """Status of the BIRD daemons of a node."""

    birdV4: BGPDaemonStatus | None = _optional("The IPv4 daemon.")
    birdV6: BGPDaemonStatus | None = _optional("The IPv6 daemon.")


class BGPPeer(_Model):
    """Status of one BGP session."""

    peerIP: str | None = _optional("IP address of the peer.")
    type: PeerType | None = _optional("How the peer is configured: node mesh, per node, global.")
    state: SessionState | None = _optional("State of the BGP session.")
    since: str | None = _optional("When the session's state last changed, in BIRD's words.")


class BGPStatus(_Model):
    """Status of the BGP sessions of a node."""

    numberEstablishedV4: int = Field(description="Number of established IPv4 sessions.")
    numberNotEstablishedV4: int = Field(description="Number of other IPv4 sessions.")
    numberEstablishedV6: int = Field(description="Number of established IPv6 sessions.")
    numberNotEstablishedV6: int = Field(description="Number of other IPv6 sessions.")
    peersV4: tuple[BGPPeer, ...] = _optional("IPv4 BGP peers.", ())
    peersV6: tuple[BGPPeer, ...] = _optional("IPv6 BGP peers.", ())


class LearnedFrom(_Model):
    """Where a route comes from."""

    sourceType: SourceType | None = _optional("Kind of source of the route.")
    peerIP: str | None = _optional("The router that sent the route, for NodeMesh and BGPPeer.")


class Route(_Model):
    """One route, or one of the next hops of a multipath route."""

    type: RouteUse | None = _optional("FIB where the route is used for forwarding, else RIB.")
    destination: str | None = _optional("Destination prefix.")
    gateway: str | None = _optional("Gateway address, or N/A.")
    interface: str | None = _optional("Network interface, or blackhole, unreachable or prohibited.")
    learnedFrom: LearnedFrom | None = _optional("Where the route comes from.")


class RouteStatus(_Model):
    """Status of the routes of a node."""

    routesV4: tuple[Route, ...] = _optional("IPv4 routes.", ())
    routesV6: tuple[Route, ...] = _optional("IPv6 routes.", ())


class CalicoNodeStatusSpec(_Model):
    """What an operator asks of a node."""

    classes: tuple[StatusClass, ...] = _optional("Classes of information to report.", ())
    node: str | None = _optional("Name of the node.")
    updatePeriodSeconds: int | None = Field(
        None, ge=0, le=MAX_UPDATE_PERIOD, exclude_if=_is_absent,
        description="Seconds between two updates; 0: report once.",
    )  # fmt: skip


class CalicoNodeStatusStatus(_Model):
    """What the node says."""

    lastUpdated: Timestamp | None = _optional("When this status was last written, in UTC.")
    agent: Agent | None = _optional("Status of the BIRD daemons.")
    bgp: BGPStatus | None = _optional("Status of the BGP sessions.")
    routes: RouteStatus | None = _optional("Routes known to the BIRD daemons.")


class CalicoNodeStatus(_Model):
    """The resource: in ``spec`` what is asked of a node, in ``status`` what it says.

    ``apiVersion`` and ``kind`` name its type; ``metadata`` is Kubernetes' own and kept as it is.
    """

    apiVersion: Literal["projectcalico.org/v3", "crd.projectcalico.org/v1"] = "projectcalico.org/v3"
    kind: Literal["CalicoNodeStatus"] = "CalicoNodeStatus"
    metadata: dict[str, JsonValue] = Field(default_factory=dict)
    spec: CalicoNodeStatusSpec = CalicoNodeStatusSpec()
    status: CalicoNodeStatusStatus | None = Field(None, exclude_if=_is_absent)
