"""What BIRD said, whole and typed.

Named tuples, one class for each thing that BIRD describes; each field is described beside it. Texts are
BIRD's own: times stay text (:mod:`birdstatus.times` resolves them), and an empty string means that BIRD
printed nothing there. Counters are plain integers; durations are seconds.
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

    waiting_protocols: int | None  #: how many protocols BIRD 1.6 waits for
    wait_timer: int | float  #: seconds left
    wait_limit: int  #: seconds that it waits at most
    waiting_channels: int | None = None  #: how many channels BIRD 2 and 3 wait for


class DaemonStatus(NamedTuple):
    """The answer to ``show status``.

    ``condition`` is the closing line, such as ``Daemon is up and running``; it is empty only where
    a lenient parse met a reply that stops before it. ``hostname`` is printed by BIRD 2.0.8 and later.
    """

    version: str = ""  #: `1.6.8`, `v0.3.3+birdv1.6.8`
    router_id: str = ""  #: an IPv4 address
    server_time: str = ""  #: the daemon's clock, when it answered
    last_reboot: str = ""  #: when the daemon began
    last_reconfiguration: str = ""  #: when it last read its configuration
    graceful_restart: GracefulRestartRecovery | None = None  #: while it recovers
    condition: str = ""  #: the closing line
    hostname: str = ""  #: of BIRD 2.0.8 and later


class Timer(NamedTuple):
    """A running timer: seconds left and, where BIRD says it, seconds it was started with.

    BIRD 1.6 prints whole seconds, an ``int``; later releases milliseconds, a ``float``.
    """

    remaining: int | float  #: seconds left
    total: int | None  #: seconds at its start


class RouteLimit(NamedTuple):
    """A BGP session's own import limit: routes it has, and how many it may have."""

    routes: int  #: routes that it has
    limit: int  #: routes that it may have


class Limit(NamedTuple):
    """A route limit: its direction, its value, whether it was hit, and what happens then."""

    direction: Literal["receive", "import", "export"]  #: which routes are counted
    value: int  #: how many it allows
    hit: bool  #: whether it was reached
    action: str = ""  #: `warn`, `block`, `restart` or `disable`


class RouteCounts(NamedTuple):
    """How many routes a protocol has; ``None`` where BIRD does not print that count."""

    imported: int  #: routes taken from the neighbour
    exported: int  #: routes given to it
    filtered: int | None = None  #: routes that the import filter refused and BIRD keeps
    preferred: int | None = None  #: imported routes that are the best of their network


class ChangeCounts(NamedTuple):
    """One line of the route change table; ``None`` where BIRD prints ``---``."""

    received: int | None  #: all
    rejected: int | None  #: refused as invalid
    filtered: int | None  #: refused by the filter
    ignored: int | None  #: that changed nothing
    accepted: int | None  #: that took effect


class RouteChanges(NamedTuple):
    """The route change table of a protocol."""

    import_updates: ChangeCounts | None = None  #: routes that came
    import_withdraws: ChangeCounts | None = None  #: routes that the neighbour took back
    export_updates: ChangeCounts | None = None  #: routes sent
    export_withdraws: ChangeCounts | None = None  #: routes taken back from it


class ProtocolRecovery(NamedTuple):
    """A protocol's part in the daemon's graceful restart (``GR recovery``)."""

    pending: bool  #: the neighbour has not sent all its routes yet
    waiting: bool  #: the daemon waits for that


# The route change table of a channel: for each line of it, such as `import_updates`, its counts by the
# names that the heading gives its columns (`received`, `RX limit`, ...); None where BIRD prints `---`.
NamedCounts: TypeAlias = "dict[str, dict[str, int | None]]"


class Detail(NamedTuple):
    """A labelled line that has no field of its own: its label, and the text after the colon."""

    name: str  #: the label
    text: str = ""  #: what stands behind it


class Capability(NamedTuple):
    """A BGP capability (RFC 5492) by BIRD's name for it, known to this library or not.

    ``text`` is what follows on its own line (``Role: customer``), ``details`` are the lines below it.
    """

    name: str  #: BIRD's name of it
    text: str = ""  #: what follows on its line
    details: tuple[Detail, ...] = ()  #: the lines below it


class Channel(NamedTuple):
    """What BIRD 2 and 3 say of a protocol's channel: the routes of one kind, to and from one table.

    ``name`` is BIRD's word (``ipv4``, ``ipv6-mpls``, ``roa4``, ...; ``main`` of a pipe). ``state`` is the
    channel's own state, ``import_state``, ``export_state`` and ``alternative_export_state`` (``AltExp
    state``) are BIRD 3's and a pipe's. A pipe's import and export filters are its input and output
    filters. ``next_hops`` is the address that the session announces and, of IPv6, its link-local one.
    """

    name: str  #: `ipv4`, `ipv6`, `ipv4-mpls`, ...
    state: str = ""  #: `UP`, `DOWN`, `START`, `FLUSHING`
    table: str = ""  #: the table that it is connected to
    preference: int | None = None  #: of the routes that it imports
    input_filter: str = ""  #: name of the import filter
    output_filter: str = ""  #: name of the export filter
    recovery: ProtocolRecovery | None = None  #: its part in a graceful restart
    limits: tuple[Limit, ...] = ()  #: of routes, each with its action
    routes: RouteCounts | None = None  #: how many there are
    changes: NamedCounts | None = None  #: how many changed, by line and column
    next_hops: tuple[str, ...] = ()  #: addresses that it announces as next hop
    import_state: str = ""  #: BIRD 3
    export_state: str = ""  #: BIRD 3
    alternative_export_state: str = ""  #: BIRD 3
    peer_table: str = ""  #: of a pipe: the other table
    igp_ipv4_table: str = ""  #: where IPv4 next hops are looked up
    igp_ipv6_table: str = ""  #: where IPv6 next hops are looked up
    base_table: str = ""  #: of flow specifications: what they are checked against
    neighbor_recovery: str = ""  #: the neighbour's graceful restart
    stale_timer: Timer | None = None  #: until the neighbour's stale routes go
    pending_attribute_sets: int | None = None  #: still to be sent
    pending_prefixes: int | None = None  #: still to be sent


class BgpSession(NamedTuple):
    """What ``show protocols all`` says of a BGP session, from its ``BGP state`` line on.

    ``neighbor_interface`` is the zone of a link-local address, ``capabilities`` and ``session`` the
    words of those two lines in BIRD's order. From ``neighbor_range`` on (of a session that BIRD made for
    whoever calls from there, instead of an address), the fields are those of BIRD 2 and 3, which say
    of both sides what each is capable of.
    """

    state: str  #: RFC 4271 8.2.2, and `Passive`, `Down`, `Close`
    neighbor_address: str = ""  #: IPv4 or IPv6, without its zone
    neighbor_interface: str = ""  #: the zone, as in `fe80::1%eth0`
    neighbor_as: int | None = None  #: its AS number
    neighbor_id: str = ""  #: its router ID
    graceful_restart_active: bool = False  #: the neighbour restarts
    restart_timer: Timer | None = None  #: until it must be back
    stale_timer: Timer | None = None  #: until its stale routes go
    error_wait: Timer | None = None  #: until the next try after an error
    connect_delay: Timer | None = None  #: until the next try
    capabilities: tuple[str, ...] = ()  #: of the neighbour (BIRD 1.6)
    session: tuple[str, ...] = ()  #: `internal`, `multihop`, `AS4`, ...
    source_address: str = ""  #: our end
    route_limit: RouteLimit | None = None  #: BIRD 1.6
    hold_timer: Timer | None = None  #: until the session is given up
    keepalive_timer: Timer | None = None  #: until we say something
    last_error: str = ""  #: why the session last ended
    neighbor_range: str = ""  #: a prefix, of a dynamic session
    neighbor_port: int | None = None  #: if it is not 179
    onlink: bool = False  #: the neighbour is on the link, though no address says so
    local_as: int | None = None  #: our AS number
    local_capabilities: tuple[Capability, ...] = ()  #: what we offered
    neighbor_capabilities: tuple[Capability, ...] = ()  #: what the neighbour offered
    send_hold_timer: Timer | None = None  #: until one that reads nothing is given up (RFC 9687)
    tx_pending: int | None = None  #: bytes that wait to be sent
    tcp_ao: tuple[Capability, ...] = ()  #: keys of TCP-AO (RFC 5925)


class Protocol(NamedTuple):
    """One protocol of ``show protocols``, with its details where ``all`` was asked for.

    ``type`` is BIRD's word (``BGP``, ``Kernel``, ``Static``, ...), ``state`` the protocol's own state
    (``up``, ``start``, ...), which is not the BGP state. ``info`` is the last column; for BGP it is
    also read into ``bgp_state`` and ``error``. ``unprintable_lines`` counts details that BIRD
    itself could not print (``<line overflow>``).

    BIRD 1.6 says of the protocol what later releases say of each of its ``channels``: preference, filters,
    recovery, limits, routes and changes. ``details`` are labelled lines of RPKI, BMP and the like.
    """

    name: str  #: as configured, such as `Mesh_10_0_0_2`
    type: str  #: `BGP`, `Kernel`, `Static`, `Direct`, ...
    table: str  #: of BIRD 1.6; `---` if there are channels
    state: str  #: `up`, `start`, `down`, `feed`, ...
    since: str = ""  #: when that state began
    info: str = ""  #: the last column
    bgp_state: str = ""  #: from that column
    error: str = ""  #: from that column
    description: str = ""  #: free text of the configuration
    message: str = ""  #: free text of an operator or of the neighbour (RFC 8203, RFC 9003)
    router_id: str = ""  #: if it is not the daemon's
    vrf: str = ""  #: its VRF
    preference: int | None = None  #: BIRD 1.6
    input_filter: str = ""  #: BIRD 1.6
    output_filter: str = ""  #: BIRD 1.6
    recovery: ProtocolRecovery | None = None  #: BIRD 1.6
    limits: tuple[Limit, ...] = ()  #: BIRD 1.6
    routes: RouteCounts | None = None  #: BIRD 1.6
    changes: RouteChanges | None = None  #: BIRD 1.6
    bgp: BgpSession | None = None  #: of BGP with `all`
    unprintable_lines: int = 0  #: how many details were too long for BIRD
    created: str = ""  #: BIRD 3: when it was configured
    last_autorestart: str = ""  #: BIRD 3
    channels: tuple[Channel, ...] = ()  #: BIRD 2 and 3
    details: tuple[Detail, ...] = ()  #: labelled lines without a field


class NextHop(NamedTuple):
    """Where a route leads: gateway and interface, either of which may be absent; and its weight.

    ``mpls`` are the labels to be pushed, outermost first; ``onlink`` says that the gateway is on the link
    though no address says so. Of a ``recursive`` route of BIRD 3, ``table`` is where the gateway will be
    looked up, and ``link_local`` a second address of it.
    """

    gateway: str = ""  #: an address; empty if the network is on the link
    interface: str = ""  #: its name; empty if it is not resolved
    weight: int | None = None  #: of a multipath route, from 1
    mpls: tuple[int, ...] = ()  #: labels, outermost first
    onlink: bool = False  #: see above
    table: str = ""  #: BIRD 3, of a recursive route
    link_local: str = ""  #: a second address of it


class RouteType(NamedTuple):
    """The ``Type`` line of ``show route all``: source, cast (1.6 alone) and scope."""

    source: str  #: `BGP`, `static`, `device`, `inherit`, ...
    cast: str  #: `unicast`, ...
    scope: str  #: `univ`, ...


class AsPathSegment(NamedTuple):
    """A part of an AS path (RFC 4271 4.3, RFC 5065 3): a sequence or a set, maybe confederated.

    A path is a tuple of these, nearest AS first.
    """

    kind: Literal["sequence", "set", "confed-sequence", "confed-set"]  #: what the numbers are
    asns: tuple[int, ...]  #: AS numbers, nearest first


class Community(NamedTuple):
    """A standard community (RFC 1997)."""

    asn: int  #: the upper half
    value: int  #: the lower half


class ExtendedCommunity(NamedTuple):
    """An extended community (RFC 4360), in BIRD's own words: ``rt``, ``ro``, ``generic``, ``unknown 0x..``."""

    kind: str  #: `rt`, `ro`, `generic`, `unknown 0x..`
    key: str  #: its first part
    value: str  #: its second part


class Aggregator(NamedTuple):
    """Who formed an aggregate (RFC 4271 5.1.7)."""

    address: str  #: its router ID
    asn: int  #: its AS number


class LargeCommunity(NamedTuple):
    """A large community (RFC 8092)."""

    asn: int  #: the global administrator
    data1: int  #: its own
    data2: int  #: its own


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

    name: str  #: such as `BGP.as_path`
    text: str  #: BIRD's words
    value: AttributeValue  #: the same, as a value
    truncated: bool = False  #: see above


class RouteIdentifiers(NamedTuple):
    """BIRD 3's own numbers of a route (``Internal route handling values``)."""

    private_id: int  #: the number before `L`
    global_id: int  #: the number before `G`
    stale_cycle: int  #: the number before `S`
    id: int  #: the number behind `id`


class TableCount(NamedTuple):
    """How many routes a table of BIRD 2 or 3 has, and how many of them were shown (``stats``, ``count``)."""

    table: str  #: its name
    shown: int  #: routes that were asked for
    routes: int  #: all routes in it
    networks: int  #: all networks in it


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

    prefix: str  #: the network, such as `10.244.1.0/26`
    kind: str  #: where it leads
    protocol: str  #: name of the protocol that it came from
    next_hops: tuple[NextHop, ...] = ()  #: of `via`, `dev`, `multipath` and `unicast`
    time: str = ""  #: when it came
    received_from: str = ""  #: the neighbour, if that is not the gateway
    primary: bool = False  #: the best of its network
    sync_error: bool = False  #: the kernel refused it
    preference: int = 0  #: the higher, the better; 0 to 65535
    suppressed: bool = False  #: has no part in the choice of the best (`deterministic med`)
    stale: bool = False  #: kept though its neighbour restarts
    metric: int | Literal["-", "?"] | None = None  #: IGP metric
    origin_as: int | None = None  #: the last AS of its path, outermost
    origin: str = ""  #: BGP: `i`, `e` or `?`
    ospf_type: str = ""  #: `I`, `IA`, `E1`, `E2`, ...
    second_metric: int | None = None  #: OSPF external metric
    tag: str = ""  #: OSPF external tag, hexadecimal
    source_router: str = ""  #: OSPF: router ID of its source
    type: RouteType | None = None  #: `Type` line of `all`
    attributes: tuple[Attribute, ...] = ()  #: of `all`, in BIRD's order
    table: str = ""  #: see above
    network_type: str = ""  #: see above
    mpls_label: int | None = None  #: see above
    identifiers: RouteIdentifiers | None = None  #: BIRD 3, of `all`
    bridge_source: str = ""  #: see above


# What every row prints: a zero there is a value, though it is the default.
_ALWAYS_PRINTED = frozenset({"preference"})


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
        if name not in defaults
        or item != defaults[name]
        or (item is not None and name in _ALWAYS_PRINTED)
    }
