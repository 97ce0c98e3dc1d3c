"""Strategies that print what BIRD 2 and 3 would of a record, by their source and not by the grammar.

nest/proto.c, proto/bgp/bgp.c, proto/pipe/pipe.c, nest/rt-show.c and nest/rt-attr.c at v2.19.2 and v3.3.2:
labels of BIRD 3 are wider, and its attributes come in another order.
"""

from __future__ import annotations

import string
from typing import TYPE_CHECKING, Any, Literal

from hypothesis import strategies as st
from strategies import (
    BGP_STATES,
    Printed,
    addresses,
    built,
    errors,
    free_text,
    interfaces,
    limits,
    names,
    prefixes,
    print_reply,
    router_ids,
    u32,
    u64,
    words,
)

from birdstatus.records import (
    Attribute,
    BgpSession,
    Capability,
    Channel,
    DaemonStatus,
    Detail,
    GracefulRestartRecovery,
    NextHop,
    Protocol,
    ProtocolRecovery,
    RouteCounts,
    RouteEntry,
    RouteIdentifiers,
    RouteType,
    Timer,
)

if TYPE_CHECKING:
    from birdstatus.records import Limit, NamedCounts

Release = Literal[2, 3]
releases: st.SearchStrategy[Release] = st.sampled_from((2, 3))

times = st.one_of(
    st.just(""),
    st.times().map(lambda time: f"{time:%H:%M:%S}.{time.microsecond // 1000:03}"),
    st.dates().map(str),
    st.datetimes().map(lambda time: f"{time:%Y-%m-%d %H:%M:%S}.{time.microsecond:06}"),
    st.integers(10**9, 2 * 10**9).map(str),
    st.sampled_from(["<too-long>", "x] * (1) [i"]),
)
seconds = st.integers(0, 10**9).map(lambda milliseconds: milliseconds / 1000)
timers = st.builds(Timer, seconds, u32)
open_timers = st.builds(Timer, seconds, st.none())


def _timer(timer: Timer) -> str:
    return f"{timer.remaining:.3f}/{'-' if timer.total is None else timer.total}"


# --- show status -----------------------------------------------------------------------------------

recoveries = st.builds(
    GracefulRestartRecovery,
    waiting_protocols=st.none(),
    wait_timer=seconds,
    wait_limit=u32,
    waiting_channels=u32,
)
statuses = built(
    DaemonStatus,
    version=st.sampled_from(["2.0.12", "2.17.6", "3.4.0", "3.4.0-dirty"]),
    router_id=router_ids,
    server_time=times,
    last_reboot=times,
    last_reconfiguration=times,
    graceful_restart=st.none() | recoveries,
    condition=st.sampled_from(["Daemon is up and running", "Shutdown in progress"]),
    hostname=st.just("") | names,
)


def print_status(status: DaemonStatus) -> bytes:
    lines: list[Printed] = [
        (1000, f"BIRD {status.version}"),
        (1011, f"Router ID is {status.router_id}"),
        *([(1011, f"Hostname is {status.hostname}")] if status.hostname else []),
        (1011, f"Current server time is {status.server_time}"),
        (1011, f"Last reboot on {status.last_reboot}"),
        (1011, f"Last reconfiguration on {status.last_reconfiguration}"),
    ]
    recovery = status.graceful_restart
    if recovery is not None:
        timer = f"{recovery.wait_timer:.3f}/{recovery.wait_limit}"
        lines += [
            (24, "Graceful restart recovery in progress"),
            (24, f"  Waiting for {recovery.waiting_channels} channels to recover"),
            (24, f"  Wait timer is {timer}"),
        ]
    return print_reply(lines, f"0013 {status.condition}")


# --- show protocols all ----------------------------------------------------------------------------

COLUMNS: dict[Release, tuple[str, ...]] = {
    2: ("received", "rejected", "filtered", "ignored", "accepted"),
    3: ("received", "rejected", "filtered", "ignored", "RX limit", "limit", "accepted"),
}
# Names of columns that may come: of one word or two, not wider than a column.
_words = st.text(string.ascii_lowercase, min_size=3, max_size=9)
new_columns = st.lists(_words | st.just("RX limit"), min_size=1, max_size=9, unique=True)
CHANGES = ("import_updates", "import_withdraws", "export_updates", "export_withdraws")


@st.composite
def changes(draw: st.DrawFn, release: Release) -> NamedCounts:
    columns = draw(st.just(COLUMNS[release]) | new_columns)
    count = st.none() | st.integers(0, 10**10 - 1)
    return {
        change: dict(zip(columns, draw(st.tuples(*[count] * len(columns))), strict=True))
        for change in CHANGES
    }


def _print_changes(table: NamedCounts, indent: str) -> list[str]:
    columns = list(table[CHANGES[0]])
    heading = " ".join(f"{column:>10}" for column in columns)
    lines = [f"{indent}Route change stats:   {heading}"]
    for change, counts in table.items():
        label = f"{change.replace('_', ' ').capitalize()}:"
        shown = " ".join(f"{'---' if count is None else count:>10}" for count in counts.values())
        lines.append(f"{indent}  {label:<18}  {shown}")
    return lines


CHANNELS = (
    "ipv4",
    "ipv6",
    "ipv4-mpls",
    "ipv6-mc",
    "vpn4-mpls",
    "roa4",
    "flow6",
    "aspa",
    "evpn",
    "quantum7",
)
filters = st.sampled_from(["ACCEPT", "REJECT", "(unnamed)"]) | names


@st.composite
def channels(draw: st.DrawFn, release: Release, *, of_bgp: bool) -> Channel:
    is_3 = release == 3
    state = st.sampled_from(["DOWN", "START", "UP", "STOP", "FLUSHING", "RESTART"])
    channel = Channel(
        name=draw(st.sampled_from(CHANNELS)),
        state=draw(state),
        table=draw(names),
        preference=draw(u32),
        input_filter=draw(filters),
        output_filter=draw(filters),
        recovery=draw(st.none() | st.builds(ProtocolRecovery, st.booleans(), st.booleans())),
        limits=draw(limits()),
        routes=draw(
            st.none() | st.builds(RouteCounts, u32, u32, filtered=st.none() | u32, preferred=u32)
        ),
        changes=draw(st.none() | changes(release)),
    )
    if is_3:
        channel = channel._replace(
            import_state=draw(st.sampled_from(["DOWN", "UP", "STOP", "FLUSHING", "WAITING"])),
            export_state=draw(st.sampled_from(["DOWN", "FEEDING", "PARTIAL", "READY", "STOP"])),
            alternative_export_state=draw(st.sampled_from(["", "READY"])),
        )
    if of_bgp:
        hop = addresses(4) | addresses(6)
        channel = channel._replace(
            next_hops=draw(st.lists(hop, max_size=2).map(tuple)),
            igp_ipv4_table=draw(st.just("") | names),
            igp_ipv6_table=draw(st.just("") | names),
            base_table=draw(st.just("") | names),
            neighbor_recovery=draw(st.sampled_from(["", "None", "Regular", "Long-lived"])),
            stale_timer=draw(st.none() | open_timers),
            pending_attribute_sets=0 if is_3 else None,
            pending_prefixes=draw(u32) if is_3 else None,
        )
    return channel


def _print_limits(found: tuple[Limit, ...]) -> list[str]:
    lines = []
    for limit in found:
        label = f"{limit.direction.capitalize()} limit:"
        lines += [
            f"    {label:<16}{limit.value}{' [HIT]' if limit.hit else ''}",
            f"      Action:       {limit.action}",
        ]
    return lines


def _print_channel(channel: Channel) -> list[str]:  # noqa: C901 - the lines of a channel, in order
    lines = [f"  Channel {channel.name}", f"    State:          {channel.state}"]
    for label, state in (
        ("Import state", channel.import_state), ("Export state", channel.export_state),
        ("AltExp state", channel.alternative_export_state),
    ):  # fmt: skip
        if state:
            lines.append(f"    {label}:   {state}")
    lines += [
        f"    Table:          {channel.table}",
        f"    Preference:     {channel.preference}",
        f"    Input filter:   {channel.input_filter}",
        f"    Output filter:  {channel.output_filter}",
    ]
    if channel.recovery:
        pending = " pending" if channel.recovery.pending else ""
        waiting = " waiting" if channel.recovery.waiting else ""
        lines.append(f"    GR recovery:   {pending}{waiting}")
    lines += _print_limits(channel.limits)
    if channel.routes:
        kept = channel.routes.filtered
        filtered = "" if kept is None else f"{kept} filtered, "
        lines.append(
            f"    Routes:         {channel.routes.imported} imported, {filtered}"
            f"{channel.routes.exported} exported, {channel.routes.preferred} preferred"
        )
    if channel.changes:
        lines += _print_changes(channel.changes, "    ")
    if channel.neighbor_recovery:
        lines.append(f"    Neighbor GR:    {channel.neighbor_recovery}")
    if channel.stale_timer:
        lines.append(f"    LL stale timer: {_timer(channel.stale_timer)}")
    if channel.next_hops:
        lines.append(f"    BGP Next hop:   {' '.join(channel.next_hops)}")
    for label, table in (
        ("IGP IPv4 table", channel.igp_ipv4_table), ("IGP IPv6 table", channel.igp_ipv6_table),
        ("Base table", channel.base_table),
    ):  # fmt: skip
        if table:
            lines.append(f"    {label + ':':<15} {table}")
    if channel.pending_prefixes is not None:
        lines.append(
            f"    Pending {channel.pending_attribute_sets} attribute sets with total "
            f"{channel.pending_prefixes} prefixes to send"
        )
    return lines


families = st.lists(st.sampled_from([*CHANNELS, "<25/65>"]), max_size=4).map(" ".join)


@st.composite
def capabilities(draw: st.DrawFn) -> tuple[Capability, ...]:
    detail: dict[str, tuple[Detail, ...]] = {
        "Multiprotocol": (Detail("AF announced", draw(families)),),
        "Extended next hop": (Detail("IPv6 nexthop", draw(families)),),
        "Graceful restart": (
            Detail("Restart time", str(draw(u32))), Detail("Restart recovery"),
            Detail("AF supported", draw(families)), Detail("AF preserved", draw(families)),
        ),
        "ADD-PATH": (Detail("RX", draw(families)), Detail("TX", draw(families))),
        "Long-lived graceful restart": (Detail("LL stale time", str(draw(u32))),),
    }  # fmt: skip
    plain = [
        "Route refresh",
        "Extended message",
        "4-octet AS numbers",
        "Enhanced refresh",
        "Time travel",
    ]
    found = draw(st.lists(st.sampled_from([*detail, *plain]), unique=True, max_size=6))
    made = [Capability(name, "", detail.get(name, ())) for name in found]
    if draw(st.booleans()):
        made += [Capability("Hostname", draw(names)), Capability("Role", "rs_client")]
    return tuple(made)


def _print_capabilities(found: tuple[Capability, ...]) -> list[str]:
    lines = []
    for capability in found:
        text = f": {capability.text}" if capability.text else ""
        lines.append(f"      {capability.name}{text}")
        for name, value in capability.details:
            colon = "" if name == "Restart recovery" else ":"
            lines.append(f"        {name}{colon}{f' {value}' if value else ''}")
    return lines


@st.composite
def bgp_sessions(draw: st.DrawFn, release: Release, state: str) -> BgpSession:
    address = draw(addresses(4) | addresses(6))
    zone = st.just("") | interfaces.filter(lambda name: "%" not in name)
    is_dynamic = draw(st.booleans())
    session = BgpSession(
        state=state,
        neighbor_address="" if is_dynamic else address,
        neighbor_interface="" if is_dynamic else draw(zone),
        neighbor_range=draw(prefixes(6)) if is_dynamic else "",
        onlink=draw(st.booleans()),
        neighbor_port=draw(st.none() | st.integers(1, 65535)),
        neighbor_as=draw(u32),
        local_as=draw(u32),
        graceful_restart_active=draw(st.booleans()),
        error_wait=draw(st.none() | timers),
        connect_delay=draw(st.none() | timers),
        restart_timer=draw(st.none() | open_timers),
        last_error=draw(errors),
    )
    if state == "Established":
        session = session._replace(
            neighbor_id=draw(router_ids),
            local_capabilities=draw(capabilities()),
            neighbor_capabilities=draw(capabilities()),
            session=draw(words),
            source_address=address,
            hold_timer=draw(timers),
            keepalive_timer=draw(timers),
            send_hold_timer=draw(st.none() | timers),
            tx_pending=draw(u32) if release == 3 else None,
            tcp_ao=draw(
                st.just(())
                | st.tuples(
                    st.builds(
                        Capability, st.just("Current key"), st.integers(-1, 255).map(str), st.just(())
                    )
                )
            ),
        )  # fmt: skip
    return session


def _print_bgp(bgp: BgpSession) -> list[str]:  # noqa: C901 - the lines of a session, in order
    onlink = " onlink" if bgp.onlink else ""
    zone = f"%{bgp.neighbor_interface}" if bgp.neighbor_interface else ""
    lines = [f"  BGP state:          {bgp.state}"]
    if bgp.neighbor_range:
        lines.append(f"    Neighbor range:   {bgp.neighbor_range}{onlink}")
    else:
        lines.append(f"    Neighbor address: {bgp.neighbor_address}{zone}{onlink}")
    if bgp.neighbor_port is not None:
        lines.append(f"    Neighbor port:    {bgp.neighbor_port}")
    lines += [f"    Neighbor AS:      {bgp.neighbor_as}", f"    Local AS:         {bgp.local_as}"]
    if bgp.graceful_restart_active:
        lines.append("    Neighbor graceful restart active")
    for label, timer in (
        ("Error wait", bgp.error_wait), ("Connect delay", bgp.connect_delay),
        ("Restart timer", bgp.restart_timer),
    ):  # fmt: skip
        if timer:
            lines.append(f"    {label + ':':<17} {_timer(timer)}")
    if bgp.state == "Established":
        lines += [
            f"    Neighbor ID:      {bgp.neighbor_id}",
            "    Local capabilities",
            *_print_capabilities(bgp.local_capabilities),
            "    Neighbor capabilities",
            *_print_capabilities(bgp.neighbor_capabilities),
            f"    Session:          {' '.join(bgp.session)}",
            f"    Source address:   {bgp.source_address}",
        ]
    for label, timer in (
        ("Hold timer", bgp.hold_timer), ("Keepalive timer", bgp.keepalive_timer),
        ("Send hold timer", bgp.send_hold_timer),
    ):  # fmt: skip
        if timer:
            lines.append(f"    {label + ':':<17} {_timer(timer)}")
    if bgp.tx_pending is not None:
        lines.append(f"    TX pending:       {bgp.tx_pending} bytes")
    if bgp.tcp_ao:
        lines += ["    TCP-AO:", *_print_capabilities(bgp.tcp_ao)]
    if bgp.last_error:
        lines.append(f"    Last error:       {bgp.last_error}")
    return lines


OTHERS = {
    "Kernel": [""], "Static": [""], "Direct": [""], "Device": [""], "Babel": [""], "L3VPN": [""],
    "Aggregator": [""], "OSPF": ["Alone", "Running"], "RAdv": ["", "Suppressed"],
    "Pipe": ["master4 <=> t2"], "RPKI": ["Established", "Cache-Error-No-Data-Available"],
    "BMP": ["Established", "Connect       Error: No route to host"],
}  # fmt: skip


@st.composite
def protocols(draw: st.DrawFn, release: Release) -> Protocol:
    kind = draw(st.sampled_from(["BGP", "BGP", *OTHERS]))
    is_bgp = kind == "BGP"
    state = draw(st.sampled_from(["down", "start", "up", "stop", "flush"]))
    bgp_state = error = ""
    info = "" if is_bgp else draw(st.sampled_from(OTHERS[kind]))
    if is_bgp:
        error = draw(errors)
        if state != "down":
            bgp_state = draw(st.sampled_from(BGP_STATES))
        info = f"{bgp_state} {error}".strip()
    is_3 = release == 3
    found = channels(release, of_bgp=is_bgp)
    return Protocol(
        name=draw(names),
        type=kind,
        table=draw(st.just("---") | names),
        state=state,
        since=draw(times),
        info=info,
        bgp_state=bgp_state,
        error=error,
        description=draw(free_text.map(str.strip)),
        message=draw(free_text.map(str.strip)),
        router_id=draw(st.just("") | router_ids),
        vrf=draw(st.just("") | names),
        bgp=draw(bgp_sessions(release, bgp_state or "Down")) if is_bgp else None,
        unprintable_lines=draw(st.integers(0, 1)),
        # Always of BIRD 3: it tells how wide the labels above it are.
        created=draw(times.filter(bool)) if is_3 else "",
        last_autorestart=draw(times) if is_3 else "",
        channels=tuple(draw(st.lists(found, max_size=2))),
        details=tuple(draw(details)) if kind in {"RPKI", "BMP"} else (),
    )


details = st.lists(
    st.sampled_from(
        [
            Detail("Cache server", "10.4.0.2"), Detail("Session ID", "---"),
            Detail("Refresh timer", "3599.918/3600"), Detail("Pending TX", "0  B (limit 1024.0 MB)"),
            Detail("No aspa channel"),
        ]
    ),
    max_size=3,
)  # fmt: skip


def print_protocols(found: list[Protocol], release: Release) -> bytes:
    row = "{:<10} {:<10} {:<10} {:<6} {:<12}  {}"
    lines: list[Printed] = [(2002, row.format("Name", "Proto", "Table", "State", "Since", "Info"))]
    for one in found:
        info = f"{one.bgp_state:<14}{one.error}" if one.bgp_state else one.error or one.info
        shown = row.format(one.name, one.type, one.table, one.state, one.since, info)
        lost: list[Printed] = [(8000, "<line overflow>")] * one.unprintable_lines
        lines += [(1002, shown), *lost]
        lines += [(1006, text) for text in _print_details(one, 20 if release == 3 else 16)]
        lines.append((1006, ""))
    return print_reply(lines)


def _print_details(one: Protocol, width: int) -> list[str]:
    labelled = [
        ("Description", one.description), ("Message", one.message), ("Created", one.created),
        ("Last autorestart", one.last_autorestart), ("Router ID", one.router_id), ("VRF", one.vrf),
    ]  # fmt: skip
    lines = [f"  {label + ':':<{width}}{text}" for label, text in labelled if text]
    if one.bgp:
        lines += _print_bgp(one.bgp)
    for name, text in one.details:
        lines.append(f"  {name}: {text}" if text else f"  {name}")
    for channel in one.channels:
        lines += _print_channel(channel)
    return lines


# --- show route ------------------------------------------------------------------------------------

labels = st.lists(st.integers(0, 2**20 - 1), max_size=3).map(tuple)
KINDS = ("unicast", "blackhole", "unreachable", "prohibited")


@st.composite
def next_hops(draw: st.DrawFn, family: int) -> tuple[NextHop, ...]:
    several = draw(st.booleans())
    weight = st.integers(1, 256) if several else st.none()
    hop = st.one_of(
        built(NextHop, addresses(family), interfaces, weight, mpls=labels, onlink=st.booleans()),
        built(NextHop, st.just(""), interfaces, weight),
    )
    return tuple(draw(st.lists(hop, min_size=2 if several else 1, max_size=4 if several else 1)))


OTHER_NETWORKS: dict[str, tuple[str, tuple[str, ...]]] = {
    "roa": ("192.0.2.0/24-28 AS65001", ("",)),
    "flow": ("flow4 { dst 10.9.0.0/16; proto 6; dport 80; }", ("", "unknown", "invalid")),
    "vpn": ("65000:1 10.0.0.0/8", KINDS[1:]),
    "sadr": ("2001:db8:7::/48 from 2001:db8:8::/48", KINDS[1:]),
    "evpn": ("evpn imet 65000:1 0 10.4.0.1", ("", "unreachable")),
    "ethernet": ("26:2f:79:fb:31:90 vlan 10", KINDS[1:]),
    "number": ("65002", ("", "unreachable")),
    "neighbor": ("fe80::1%7", ("unreachable",)),
}


@st.composite
def route_entries(draw: st.DrawFn, release: Release, family: int, table: str) -> RouteEntry:
    """A route of an IP table, or of one whose networks are no prefixes."""
    network_type = draw(st.just("") | st.sampled_from(sorted(OTHER_NETWORKS)))
    fields: dict[str, Any] = {}
    if network_type:
        prefix, kinds = OTHER_NETWORKS[network_type]
        kind = draw(st.sampled_from(kinds))
        if network_type == "ethernet" and draw(st.booleans()):
            fields["bridge_source"] = draw(st.sampled_from("BLSD?"))
    else:
        prefix = draw(prefixes(family))
        kind = draw(st.sampled_from(KINDS))
    if network_type in {"", "vpn"}:
        fields["mpls_label"] = draw(st.none() | st.integers(0, 2**20 - 1))
    hops: tuple[NextHop, ...] = draw(next_hops(family)) if kind == "unicast" else ()
    if release == 3 and kind == "unreachable" and draw(st.booleans()):
        kind = "recursive"
        gateway = built(NextHop, addresses(family), mpls=labels, table=names,
                        link_local=st.just("") | addresses(6))  # fmt: skip
        hops = (draw(gateway),)
    if not fields.get("bridge_source") and draw(st.booleans()):
        fields |= {
            "suppressed": draw(st.booleans()),
            "stale": draw(st.booleans()),
            "metric": draw(st.none() | st.sampled_from(["-", "?"]) | u64),
            "origin_as": draw(st.none() | u32),
            "origin": draw(st.sampled_from(["i", "e", "?"])),
        }
    primary = draw(st.booleans())
    return RouteEntry(
        prefix=prefix,
        kind=kind,
        protocol=draw(names),
        next_hops=hops,
        time=draw(times),
        received_from=draw(st.just("") | addresses(family)),
        primary=primary,
        sync_error=primary and draw(st.booleans()),
        preference=draw(u32),
        table=table,
        network_type=network_type,
        **fields,
    )


@st.composite
def tables(draw: st.DrawFn, release: Release) -> list[RouteEntry]:
    """The routes of several tables, with or without their attributes."""
    in_full = draw(st.booleans())
    found: list[RouteEntry] = []
    for table in draw(st.lists(names, unique=True, max_size=3)):
        entry = route_entries(release, draw(st.sampled_from([4, 6])), table)
        found += draw(st.lists(entry, min_size=1, max_size=4))
    # Of a network only the route that comes first can be in use.
    pairs = zip([None, *found], found, strict=False)
    found = [
        later._replace(primary=False, sync_error=False)
        if earlier and (earlier.table, earlier.prefix) == (later.table, later.prefix)
        else later
        for earlier, later in pairs
    ]
    return [draw(_in_full(one, release)) for one in found] if in_full else found


attributes = st.lists(
    st.sampled_from(
        [
            ("bgp_path", "65010 65020"), ("bgp_next_hop", "10.4.0.2"), ("bgp_med", "77"),
            ("bgp_community", "(64512,100) (64512,200)"), ("mystery_value", "any words at all"),
        ]
    ),
    unique=True,
)  # fmt: skip


@st.composite
def _in_full(draw: st.DrawFn, entry: RouteEntry, release: Release) -> RouteEntry:
    # What the texts become is read elsewhere; here they are compared as texts.
    found = tuple(Attribute(name, text, text) for name, text in draw(attributes))
    if release == 2:
        kind = RouteType(draw(st.sampled_from(["BGP", "static"])), "", "univ")
        return entry._replace(type=kind, attributes=found)
    numbers = draw(st.builds(RouteIdentifiers, u64, u32, u32, u32))
    return entry._replace(attributes=found, identifiers=numbers)


def without_values(entries: list[RouteEntry]) -> list[RouteEntry]:
    """The same routes, with no more of their attributes than what BIRD printed."""
    return [
        entry._replace(attributes=tuple(one._replace(value=one.text) for one in entry.attributes))
        for entry in entries
    ]


def print_tables(entries: list[RouteEntry]) -> bytes:
    """Table after table; the rows of one network show it once."""
    lines: list[Printed] = []
    table = shown = ""
    for entry in entries:
        if entry.table != table:
            lines += [*([(1007, "")] if table else []), (1007, f"Table {entry.table}:")]
            table, shown = entry.table, ""
        label = "" if entry.mpls_label is None else f" mpls {entry.mpls_label}"
        network = f"{entry.prefix}{label}"
        lines.append((1007, _print_row(entry, "" if network == shown else network)))
        shown = network
        hops = [(1007, _print_hop(hop)) for hop in entry.next_hops if not hop.table]
        later = [(1007, _print_host_entry(hop)) for hop in entry.next_hops if hop.table]
        kind = entry.type
        known = [(1008, f"\tType: {kind.source} {kind.scope}")] if kind else []
        shown_attributes = [(1012, f"\t{one.name}: {one.text}") for one in entry.attributes]
        lines += [*hops, *later, *known, *shown_attributes]
        numbers = entry.identifiers
        if numbers:
            text = (
                f"{numbers.private_id}L {numbers.global_id}G {numbers.stale_cycle}S id {numbers.id}"
            )
            lines.append((1008, f"\tInternal route handling values: {text}"))
    return print_reply(lines)


def _print_row(entry: RouteEntry, network: str) -> str:
    sender = f" from {entry.received_from}" if entry.received_from else ""
    mark = " !" if entry.sync_error else " *" if entry.primary else ""
    head = f"{network:<20} {entry.kind} [{entry.protocol} {entry.time}{sender}]{mark}"
    if entry.bridge_source:
        return f"{head} {entry.bridge_source} ({entry.preference})"
    metric = "" if entry.metric is None else f"/{entry.metric}"
    marks = ("-" if entry.suppressed else "") + ("s" if entry.stale else "")
    asn = "" if entry.origin_as is None else f"AS{entry.origin_as}"
    origin = f" [{asn}{entry.origin}]" if entry.origin else ""
    return f"{head} ({entry.preference}{marks}{metric}){origin}"


def _print_hop(hop: NextHop) -> str:
    way = f"via {hop.gateway} on {hop.interface}" if hop.gateway else f"dev {hop.interface}"
    pushed = f" mpls {'/'.join(map(str, hop.mpls))}" if hop.mpls else ""
    onlink = " onlink" if hop.onlink else ""
    weight = f" weight {hop.weight}" if hop.weight else ""
    return f"\t{way}{pushed}{onlink}{weight}"


def _print_host_entry(hop: NextHop) -> str:
    beside = f" {hop.link_local}" if hop.link_local else ""
    pushed = f" mpls {' '.join(map(str, hop.mpls))}" if hop.mpls else ""
    return f"\tvia {hop.gateway}{beside} table {hop.table}{pushed}"
