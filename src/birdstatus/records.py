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
    "Capability",
    "ChangeCounts",
    "Channel",
    "Community",
    "DaemonStatus",
    "Detail",
    "ExtendedCommunity",
    "GracefulRestartRecovery",
    "LargeCommunity",
    "Limit",
    "NamedCounts",
    "NextHop",
    "Protocol",
    "ProtocolRecovery",
    "RouteChanges",
    "RouteCounts",
    "RouteEntry",
    "RouteIdentifiers",
    "RouteLimit",
    "RouteType",
    "TableCount",
    "Timer",
    "document",
]


class GracefulRestartRecovery(NamedTuple):
    """The daemon restarted gracefully and still waits for its neighbours (reply code 0024).

    ``wait_timer`` is what remains of ``wait_limit``, in seconds. BIRD 1.6 counts the protocols that it
    waits for, later releases their channels: the other count is ``None``.
    """

    waiting_protocols: int | None
    wait_timer: int | float
    wait_limit: int
    waiting_channels: int | None = None


class DaemonStatus(NamedTuple):
    """The answer to ``show status``.

    ``condition`` is the closing line, such as ``Daemon is up and running``; it is empty only where
    a lenient parse met a reply that stops before it. ``hostname`` is printed by BIRD 2.0.8 and later.
    """

    version: str = ""
    router_id: str = ""
    server_time: str = ""
    last_reboot: str = ""
    last_reconfiguration: str = ""
    graceful_restart: GracefulRestartRecovery | None = None
    condition: str = ""
    hostname: str = ""


class Timer(NamedTuple):
    """A running timer: seconds left and, where BIRD says it, seconds it was started with.

    BIRD 1.6 prints whole seconds, an ``int``; later releases milliseconds, a ``float``.
    """

    remaining: int | float
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


# The route change table of a channel: for each line of it, such as `import_updates`, its counts by the
# names that the heading gives its columns (`received`, `RX limit`, ...); None where BIRD prints `---`.
NamedCounts: TypeAlias = "dict[str, dict[str, int | None]]"


class Detail(NamedTuple):
    """A labelled line that has no field of its own: its label, and the text after the colon."""

    name: str
    text: str = ""


class Capability(NamedTuple):
    """A BGP capability (RFC 5492) by BIRD's name for it, known to this library or not.

    ``text`` is what follows on its own line (``Role: customer``), ``details`` are the lines below it.
    """

    name: str
    text: str = ""
    details: tuple[Detail, ...] = ()


class Channel(NamedTuple):
    """What BIRD 2 and 3 say of a protocol's channel: the routes of one kind, to and from one table.

    ``name`` is BIRD's word (``ipv4``, ``ipv6-mpls``, ``roa4``, ...; ``main`` of a pipe). ``state`` is the
    channel's own state, ``import_state``, ``export_state`` and ``alternative_export_state`` (``AltExp
    state``) are BIRD 3's and a pipe's. A pipe's import and export filters are its input and output
    filters. ``next_hops`` is the address that the session announces and, of IPv6, its link-local one.
    """

    name: str
    state: str = ""
    table: str = ""
    preference: int | None = None
    input_filter: str = ""
    output_filter: str = ""
    recovery: ProtocolRecovery | None = None
    limits: tuple[Limit, ...] = ()
    routes: RouteCounts | None = None
    changes: NamedCounts | None = None
    next_hops: tuple[str, ...] = ()
    import_state: str = ""
    export_state: str = ""
    alternative_export_state: str = ""
    peer_table: str = ""
    igp_ipv4_table: str = ""
    igp_ipv6_table: str = ""
    base_table: str = ""
    neighbor_recovery: str = ""
    stale_timer: Timer | None = None
    pending_attribute_sets: int | None = None
    pending_prefixes: int | None = None


class BgpSession(NamedTuple):
    """What ``show protocols all`` says of a BGP session, from its ``BGP state`` line on.

    ``neighbor_interface`` is the zone of a link-local address, ``capabilities`` and ``session`` the
    words of those two lines in BIRD's order. From ``neighbor_range`` on (of a session that BIRD made for
    whoever calls from there, instead of an address), the fields are those of BIRD 2 and 3, which say
    of both sides what each is capable of.
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
    neighbor_range: str = ""
    neighbor_port: int | None = None
    onlink: bool = False
    local_as: int | None = None
    local_capabilities: tuple[Capability, ...] = ()
    neighbor_capabilities: tuple[Capability, ...] = ()
    send_hold_timer: Timer | None = None
    tx_pending: int | None = None
    tcp_ao: tuple[Capability, ...] = ()


class Protocol(NamedTuple):
    """One protocol of ``show protocols``, with its details where ``all`` was asked for.

    ``type`` is BIRD's word (``BGP``, ``Kernel``, ``Static``, ...), ``state`` the protocol's own state
    (``up``, ``start``, ...), which is not the BGP state. ``info`` is the last column; for BGP it is
    also read into ``bgp_state`` and ``error``. ``unprintable_lines`` counts details that BIRD
    itself could not print (``<line overflow>``).

    BIRD 1.6 says of the protocol what later releases say of each of its ``channels``: preference, filters,
    recovery, limits, routes and changes. ``details`` are labelled lines of RPKI, BMP and the like.
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
    created: str = ""
    last_autorestart: str = ""
    channels: tuple[Channel, ...] = ()
    details: tuple[Detail, ...] = ()


class NextHop(NamedTuple):
    """Where a route leads: gateway and interface, either of which may be absent; and its weight.

    ``mpls`` are the labels to be pushed, outermost first; ``onlink`` says that the gateway is on the link
    though no address says so. Of a ``recursive`` route of BIRD 3, ``table`` is where the gateway will be
    looked up, and ``link_local`` a second address of it.
    """

    gateway: str = ""
    interface: str = ""
    weight: int | None = None
    mpls: tuple[int, ...] = ()
    onlink: bool = False
    table: str = ""
    link_local: str = ""


class RouteType(NamedTuple):
    """The ``Type`` line of ``show route all``: source, cast (1.6 alone) and scope."""

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


class RouteIdentifiers(NamedTuple):
    """BIRD 3's own numbers of a route (``Internal route handling values``)."""

    private_id: int
    global_id: int
    stale_cycle: int
    id: int


class TableCount(NamedTuple):
    """How many routes a table of BIRD 2 or 3 has, and how many of them were shown (``stats``, ``count``)."""

    table: str
    shown: int
    routes: int
    networks: int


class RouteEntry(NamedTuple):
    """One route of ``show route``: a network may have several, of which one is primary.

    ``kind`` is how BIRD says where it leads: ``via``, ``dev``, ``blackhole``, ``unreachable``,
    ``prohibited``, ``multipath`` or ``???``. ``received_from`` is printed only where it is not the
    gateway. ``primary`` is BIRD's ``*`` or ``!``, ``sync_error`` the ``!``: the best route,
    refused by the kernel. ``metric`` is a number, ``-`` (next hop does not resolve) or ``?``
    (IGP metric unknown).

    Of BIRD 2 and 3, ``kind`` is ``unicast``, ``blackhole``, ``unreachable``, ``prohibited`` or ``recursive``,
    and of rows that are no IP prefixes perhaps empty, ``unknown`` or ``invalid``. ``table`` is the table
    under whose heading the row stands, empty without one. ``network_type`` is set for a row whose
    ``prefix`` is no IP prefix: ``roa``, ``flow``, ``vpn``, ``sadr``, ``evpn``, ``ethernet``, ``neighbor``,
    ``number`` (an MPLS label, an AS of ASPA) or ``no_destination``. ``mpls_label`` is the route's own label.
    ``bridge_source`` says who made an entry of a bridge: ``B`` for BIRD, ``L`` (local), ``S`` (static), ``D``
    (learned), ``?``.
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
    table: str = ""
    network_type: str = ""
    mpls_label: int | None = None
    identifiers: RouteIdentifiers | None = None
    bridge_source: str = ""


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
