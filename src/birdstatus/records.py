"""What BIRD said, whole and typed.

Named tuples, one class for each thing that BIRD describes. Texts are BIRD's own: times stay text
(:mod:`birdstatus.times` resolves them), and an empty string means that BIRD printed nothing there.
Counters are plain integers; durations are seconds.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, TypeAlias

__all__ = [
    "Aggregator",
    "AsPathSegment",
    "Attribute",
    "AttributeValue",
    "BgpSession",
    "ChangeCounts",
    "Community",
    "DaemonStatus",
    "ExtendedCommunity",
    "GracefulRestartRecovery",
    "LargeCommunity",
    "Limit",
    "NextHop",
    "Protocol",
    "ProtocolRecovery",
    "RouteChanges",
    "RouteCounts",
    "RouteEntry",
    "RouteLimit",
    "RouteType",
    "Timer",
    "document",
]


class GracefulRestartRecovery(NamedTuple):
    """The daemon restarted gracefully and still waits for its neighbours (reply code 0024).

    ``wait_timer`` is what remains of ``wait_limit``, in seconds.
    """

    waiting_protocols: int
    wait_timer: int
    wait_limit: int


class DaemonStatus(NamedTuple):
    """The answer to ``show status``.

    ``condition`` is the closing line, such as ``Daemon is up and running``; it is empty only where
    a lenient parse met a reply that stops before it.
    """

    version: str = ""
    router_id: str = ""
    server_time: str = ""
    last_reboot: str = ""
    last_reconfiguration: str = ""
    graceful_restart: GracefulRestartRecovery | None = None
    condition: str = ""


class Timer(NamedTuple):
    """A running timer: seconds left and, where BIRD says it, seconds it was started with."""

    remaining: int
    total: int | None


class RouteLimit(NamedTuple):
    """A BGP session's own import limit: routes it has, and how many it may have."""

    routes: int
    limit: int


class Limit(NamedTuple):
    """A route limit: its direction, its value, whether it was hit, and what happens then."""

    direction: Literal["receive", "import", "export"]
    value: int
    hit: bool
    action: str = ""


class RouteCounts(NamedTuple):
    """How many routes a protocol has; ``None`` where BIRD does not print that count."""

    imported: int
    exported: int
    filtered: int | None = None
    preferred: int | None = None


class ChangeCounts(NamedTuple):
    """One line of the route change table; ``None`` where BIRD prints ``---``."""

    received: int | None
    rejected: int | None
    filtered: int | None
    ignored: int | None
    accepted: int | None


class RouteChanges(NamedTuple):
    """The route change table of a protocol."""

    import_updates: ChangeCounts | None = None
    import_withdraws: ChangeCounts | None = None
    export_updates: ChangeCounts | None = None
    export_withdraws: ChangeCounts | None = None


class ProtocolRecovery(NamedTuple):
    """A protocol's part in the daemon's graceful restart (``GR recovery``)."""

    pending: bool
    waiting: bool


class BgpSession(NamedTuple):
    """What ``show protocols all`` says of a BGP session, from its ``BGP state`` line on.

    ``neighbor_interface`` is the zone of a link-local address, ``capabilities`` and ``session`` the
    words of those two lines in BIRD's order.
    """

    state: str
    neighbor_address: str = ""
    neighbor_interface: str = ""
    neighbor_as: int | None = None
    neighbor_id: str = ""
    graceful_restart_active: bool = False
    restart_timer: Timer | None = None
    stale_timer: Timer | None = None
    error_wait: Timer | None = None
    connect_delay: Timer | None = None
    capabilities: tuple[str, ...] = ()
    session: tuple[str, ...] = ()
    source_address: str = ""
    route_limit: RouteLimit | None = None
    hold_timer: Timer | None = None
    keepalive_timer: Timer | None = None
    last_error: str = ""


class Protocol(NamedTuple):
    """One protocol of ``show protocols``, with its details where ``all`` was asked for.

    ``type`` is BIRD's word (``BGP``, ``Kernel``, ``Static``, ...), ``state`` the protocol's own state
    (``up``, ``start``, ...), which is not the BGP state. ``info`` is the last column; for BGP it is
    also read into ``bgp_state`` and ``error``. ``unprintable_lines`` counts details that BIRD
    itself could not print (``<line overflow>``).
    """

    name: str
    type: str
    table: str
    state: str
    since: str = ""
    info: str = ""
    bgp_state: str = ""
    error: str = ""
    description: str = ""
    message: str = ""
    router_id: str = ""
    vrf: str = ""
    preference: int | None = None
    input_filter: str = ""
    output_filter: str = ""
    recovery: ProtocolRecovery | None = None
    limits: tuple[Limit, ...] = ()
    routes: RouteCounts | None = None
    changes: RouteChanges | None = None
    bgp: BgpSession | None = None
    unprintable_lines: int = 0


class NextHop(NamedTuple):
    """Where a route leads: gateway and interface, either of which may be absent; and its weight."""

    gateway: str = ""
    interface: str = ""
    weight: int | None = None


class RouteType(NamedTuple):
    """The ``Type`` line of ``show route all``: source, cast and scope."""

    source: str
    cast: str
    scope: str


class AsPathSegment(NamedTuple):
    """A part of an AS path (RFC 4271 4.3, RFC 5065 3): a sequence or a set, maybe confederated.

    A path is a tuple of these, nearest AS first.
    """

    kind: Literal["sequence", "set", "confed-sequence", "confed-set"]
    asns: tuple[int, ...]


class Community(NamedTuple):
    """A standard community (RFC 1997)."""

    asn: int
    value: int


class ExtendedCommunity(NamedTuple):
    """An extended community (RFC 4360), in BIRD's own words: ``rt``, ``ro``, ``generic``, ``unknown 0x..``."""

    kind: str
    key: str
    value: str


class Aggregator(NamedTuple):
    """Who formed an aggregate (RFC 4271 5.1.7)."""

    address: str
    asn: int


class LargeCommunity(NamedTuple):
    """A large community (RFC 8092)."""

    asn: int
    data1: int
    data2: int


AttributeValue: TypeAlias = (
    int
    | str
    | tuple[AsPathSegment, ...]
    | Aggregator
    | tuple[Community, ...]
    | tuple[ExtendedCommunity, ...]
    | tuple[LargeCommunity, ...]
    | tuple[str, ...]
)


class Attribute(NamedTuple):
    """An attribute of ``show route all``: its full name, BIRD's text, and that text as a value.

    ``truncated`` says that BIRD cut the text with `` ...``.
    """

    name: str
    text: str
    value: AttributeValue
    truncated: bool = False


class RouteEntry(NamedTuple):
    """One route of ``show route``: a network may have several, of which one is primary.

    ``kind`` is how BIRD says where it leads: ``via``, ``dev``, ``blackhole``, ``unreachable``,
    ``prohibited``, ``multipath`` or ``???``. ``received_from`` is printed only where it is not the
    gateway. ``primary`` is BIRD's ``*`` or ``!``, ``sync_error`` the ``!``: the best route,
    refused by the kernel. ``metric`` is a number, ``-`` (next hop does not resolve) or ``?``
    (IGP metric unknown).
    """

    prefix: str
    kind: str
    protocol: str
    next_hops: tuple[NextHop, ...] = ()
    time: str = ""
    received_from: str = ""
    primary: bool = False
    sync_error: bool = False
    preference: int = 0
    suppressed: bool = False
    stale: bool = False
    metric: int | Literal["-", "?"] | None = None
    origin_as: int | None = None
    origin: str = ""
    ospf_type: str = ""
    second_metric: int | None = None
    tag: str = ""
    source_router: str = ""
    type: RouteType | None = None
    attributes: tuple[Attribute, ...] = ()


def document(value: object) -> Any:  # noqa: ANN401 - JSON values of any shape
    """A record as JSON values: what BIRD printed, without the fields that it left empty."""
    if not isinstance(value, tuple | list):
        return value
    names: tuple[str, ...] | None = getattr(value, "_fields", None)
    if names is None:
        return [document(item) for item in value]
    defaults: dict[str, object] = getattr(value, "_field_defaults", {})
    return {
        name: document(item)
        for name, item in zip(names, value, strict=True)
        if name not in defaults or item != defaults[name]
    }
