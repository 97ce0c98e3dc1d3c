"""Strategies that print BIRD's text from records: what was drawn is what reading must give back.

The printers follow the formats in BIRD's source (nest/proto.c, proto/bgp/bgp.c, nest/rt-table.c)
as ``docs/supported-output.md`` lists them, not the grammar.
"""

from __future__ import annotations

import string
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from hypothesis import strategies as st

from birdstatus.records import (
    BgpSession,
    ChangeCounts,
    DaemonStatus,
    GracefulRestartRecovery,
    Limit,
    NextHop,
    Protocol,
    ProtocolRecovery,
    RouteChanges,
    RouteCounts,
    RouteEntry,
    RouteLimit,
    RouteType,
    Timer,
)

if TYPE_CHECKING:
    from collections.abc import Callable

RecordT = TypeVar("RecordT")

Printed = tuple[int, str]  # reply code, text

names = st.text(string.ascii_letters + string.digits + "_-.:", min_size=1, max_size=40)
interfaces = st.text(string.ascii_letters + string.digits + "_-.@[]", min_size=1, max_size=15)
# What a person or a remote peer can write: anything but a line feed, in UTF-8 or not.
free_text = st.text(
    st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]), max_size=60
)
u32 = st.integers(0, 2**32 - 1)
u64 = st.integers(0, 2**64 - 1)
router_ids = st.ip_addresses(v=4).map(str)
words = st.lists(st.from_regex(r"[a-z][a-z-]{1,15}", fullmatch=True), max_size=7).map(tuple)


def built(
    kind: Callable[..., RecordT], *values: st.SearchStrategy[Any], **fields: st.SearchStrategy[Any]
) -> st.SearchStrategy[RecordT]:
    """Records of a kind: fields that are not named stay as they are by default."""
    defaults: dict[str, Any] = kind._field_defaults  # type: ignore[attr-defined]
    names: tuple[str, ...] = kind._fields  # type: ignore[attr-defined]
    unnamed = {name: st.just(value) for name, value in defaults.items()}
    given = {**unnamed, **dict(zip(names, values, strict=False)), **fields}
    return st.builds(kind, **given)


def addresses(family: int) -> st.SearchStrategy[str]:
    return st.ip_addresses(v=6 if family == 6 else 4).map(str)


@st.composite
def prefixes(draw: st.DrawFn, family: int) -> str:
    address = draw(st.ip_addresses(v=6 if family == 6 else 4))
    assert isinstance(address, IPv4Address | IPv6Address)
    return f"{address}/{draw(st.integers(0, address.max_prefixlen))}"


# Any strftime output that is not padding itself and imitates no other column.
times = st.one_of(
    st.just(""),
    st.times().map(lambda t: t.strftime("%H:%M:%S")),
    st.dates().map(lambda d: d.strftime("%Y-%m-%d")),
    st.datetimes().map(lambda d: d.strftime("%Y-%m-%d %H:%M:%S")),
    st.datetimes().map(lambda d: d.strftime("%a %d, %H:%M:%S [%Z] * (1)")),
    st.sampled_from(["<too-long>", "Jun13", "07-02-2026", "x] * (1) [i", "up", "Idle"]),
)
errors = st.one_of(
    st.just(""),
    st.builds(
        "{}: {}".format,
        st.sampled_from(["Error", "Socket", "Received", "BGP Error", "Automatic shutdown"]),
        st.from_regex(r"[A-Z][a-z]+( [a-z]+){0,3}", fullmatch=True),
    ),
)


# --- show status -----------------------------------------------------------------------------------

statuses = built(
    DaemonStatus,
    version=st.sampled_from(["1.6.8", "v0.3.3+birdv1.6.8", "1.6.3"]),
    router_id=router_ids,
    server_time=times,
    last_reboot=times,
    last_reconfiguration=times,
    graceful_restart=st.none() | built(GracefulRestartRecovery, u32, u32, u32),
    condition=st.sampled_from(
        ["Daemon is up and running", "Reconfiguration in progress", "Shutdown in progress"]
    ),
)


def print_status(status: DaemonStatus) -> bytes:
    recovery = status.graceful_restart
    lines: list[Printed] = [
        (1000, f"BIRD {status.version}"),
        (1011, f"Router ID is {status.router_id}"),
        (1011, f"Current server time is {status.server_time}"),
        (1011, f"Last reboot on {status.last_reboot}"),
        (1011, f"Last reconfiguration on {status.last_reconfiguration}"),
    ]
    if recovery is not None:
        lines += [
            (24, "Graceful restart recovery in progress"),
            (24, f"  Waiting for {recovery.waiting_protocols} protocols to recover"),
            (24, f"  Wait timer is {recovery.wait_timer}/{recovery.wait_limit}"),
        ]
    return print_reply(lines, f"0013 {status.condition}")


def print_reply(lines: list[Printed], final: str = "0000 ") -> bytes:
    """Lines with their codes as the control socket sends them (nest/cli.c: cli_printf)."""
    last = 0
    printed = []
    for code, text in lines:
        printed.append(f" {text}" if code == last else f"{code:04}-{text}")
        last = code
    return "".join(f"{line}\n" for line in [*printed, final]).encode()


# --- show protocols all ----------------------------------------------------------------------------

timers = st.none() | st.builds(Timer, u32, u32)
counts = st.none() | u32
change_counts = st.builds(ChangeCounts, counts, counts, counts, counts, counts)


def bgp_sessions(state: st.SearchStrategy[str]) -> st.SearchStrategy[BgpSession]:
    return built(
        BgpSession,
        state=state,
        neighbor_address=addresses(4) | addresses(6),
        neighbor_interface=st.just("") | interfaces.filter(lambda name: "%" not in name),
        neighbor_as=u32,
        neighbor_id=st.just("") | router_ids,
        graceful_restart_active=st.booleans(),
        restart_timer=st.none() | st.builds(Timer, u32, st.none()),
        stale_timer=st.none() | st.builds(Timer, u32, st.none()),
        error_wait=timers,
        connect_delay=timers,
        capabilities=words,
        session=words,
        source_address=st.just("") | addresses(4),
        route_limit=st.none() | st.builds(RouteLimit, u32, u32),
        hold_timer=timers,
        keepalive_timer=timers,
        last_error=errors,
    )


DIRECTIONS: list[Literal["receive", "import", "export"]] = ["receive", "import", "export"]


@st.composite
def limits(draw: st.DrawFn) -> tuple[Limit, ...]:
    directions = draw(st.lists(st.sampled_from(DIRECTIONS), unique=True))
    action = st.sampled_from(["warn", "block", "restart", "disable"])
    return tuple(Limit(one, draw(u32), draw(st.booleans()), draw(action)) for one in directions)


BGP_STATES = (
    "Idle", "Connect", "Active", "OpenSent", "OpenConfirm", "Established", "Close", "Passive",
)  # fmt: skip
OTHER_TYPES = (
    "BFD", "OSPF", "RIP", "RIPng", "RAdv", "Pipe", "Direct", "Babel", "Device", "Kernel", "Static", "MRT",
)  # fmt: skip
STATES = ("start", "wait", "feed", "up", "stop", "flush", "???")


@st.composite
def protocols(draw: st.DrawFn) -> Protocol:
    is_bgp = draw(st.booleans())
    state = draw(st.sampled_from(("down", *STATES)))
    bgp_state = error = info = ""
    if is_bgp:
        error = draw(errors)
        if state != "down":
            bgp_state = draw(st.sampled_from(BGP_STATES))
        info = f"{bgp_state} {error}".strip()
    else:
        info = draw(st.sampled_from(["", "Alone", "Running", "Suppressed", "=> t2", "-> t2"]))
    return Protocol(
        name=draw(names),
        type="BGP" if is_bgp else draw(st.sampled_from(OTHER_TYPES)),
        table=draw(names),
        state=state,
        since=draw(times),
        info=info,
        bgp_state=bgp_state,
        error=error,
        description=draw(free_text),
        message=draw(free_text),
        router_id=draw(st.just("") | router_ids),
        vrf=draw(st.just("") | names),
        preference=draw(u32),
        input_filter=draw(st.sampled_from(["ACCEPT", "REJECT", "(unnamed)"]) | names),
        output_filter=draw(st.sampled_from(["ACCEPT", "REJECT", "(unnamed)"]) | names),
        recovery=draw(st.none() | st.builds(ProtocolRecovery, st.booleans(), st.booleans())),
        limits=draw(limits()),
        routes=draw(
            st.none() | st.builds(RouteCounts, u32, u32, filtered=counts, preferred=counts)
        ),
        changes=draw(
            st.none()
            | st.builds(RouteChanges, change_counts, change_counts, change_counts, change_counts)
        ),
        bgp=draw(bgp_sessions(st.just(bgp_state or "Down"))) if is_bgp else None,
        unprintable_lines=draw(st.integers(0, 2)),
    )


def print_protocols(found: list[Protocol]) -> bytes:
    lines: list[Printed] = [(2002, "name     proto    table    state  since       info")]
    for one in found:
        lines += _print_protocol(one)
    return print_reply(lines)


def _print_protocol(one: Protocol) -> list[Printed]:
    info = f"{one.bgp_state:<14}{one.error}" if one.bgp_state else one.error or one.info
    row = f"{one.name:<8} {one.type:<8} {one.table:<8} {one.state:<5}  {one.since:<10}  {info}"
    details = []
    if one.description:
        details.append(f"  Description:    {one.description}")
    if one.message:
        details.append(f"  Message:        {one.message}")
    if one.router_id:
        details.append(f"  Router ID:      {one.router_id}")
    if one.vrf:
        details.append(f"  VRF:            {one.vrf}")
    details += [
        f"  Preference:     {one.preference}",
        f"  Input filter:   {one.input_filter}",
        f"  Output filter:  {one.output_filter}",
    ]
    if one.recovery:
        pending = " pending" if one.recovery.pending else ""
        waiting = " waiting" if one.recovery.waiting else ""
        details.append(f"  GR recovery:   {pending}{waiting}")
    for limit in one.limits:
        label = f"{limit.direction.capitalize()} limit:"
        details.append(f"  {label:<16}{limit.value}{' [HIT]' if limit.hit else ''}")
        details.append(f"    Action:       {limit.action}")
    if one.routes:
        filtered = "" if one.routes.filtered is None else f"{one.routes.filtered} filtered, "
        preferred = "" if one.routes.preferred is None else f", {one.routes.preferred} preferred"
        details.append(
            f"  Routes:         {one.routes.imported} imported, {filtered}"
            f"{one.routes.exported} exported{preferred}"
        )
    if one.changes:
        details.append(
            "  Route change stats:     received   rejected   filtered    ignored   accepted"
        )
        details += [
            _print_changes("Import updates", one.changes.import_updates),
            _print_changes("Import withdraws", one.changes.import_withdraws),
            _print_changes("Export updates", one.changes.export_updates),
            _print_changes("Export withdraws", one.changes.export_withdraws),
        ]
    if one.bgp:
        details += _print_bgp(one.bgp)
    lost: list[Printed] = [(8000, "<line overflow>")] * one.unprintable_lines
    return [(1002, row), *lost, *((1006, text) for text in details), (1006, "")]


def _print_changes(name: str, changes: ChangeCounts | None) -> str:
    assert changes is not None
    columns = (
        changes.received, changes.rejected, changes.filtered, changes.ignored, changes.accepted
    )  # fmt: skip
    shown = " ".join("       ---" if count is None else f"{count:>10}" for count in columns)
    return f"    {name + ':':<19} {shown}"


def _print_bgp(bgp: BgpSession) -> list[str]:
    zone = f"%{bgp.neighbor_interface}" if bgp.neighbor_interface else ""
    lines = [
        f"  BGP state:          {bgp.state}",
        f"    Neighbor address: {bgp.neighbor_address}{zone}",
        f"    Neighbor AS:      {bgp.neighbor_as}",
    ]
    if bgp.graceful_restart_active:
        lines.append("    Neighbor graceful restart active")
    for label, timer in (
        ("Restart timer", bgp.restart_timer), ("LL stale timer", bgp.stale_timer),
        ("Error wait", bgp.error_wait), ("Connect delay", bgp.connect_delay),
    ):  # fmt: skip
        if timer:
            total = "-" if timer.total is None else timer.total
            lines.append(f"    {label + ':':<17} {timer.remaining}/{total}")
    if bgp.neighbor_id:
        lines.append(f"    Neighbor ID:      {bgp.neighbor_id}")
    lines.append(f"    Neighbor caps:   {''.join(f' {word}' for word in bgp.capabilities)}")
    lines.append(f"    Session:          {' '.join(bgp.session)}")
    if bgp.source_address:
        lines.append(f"    Source address:   {bgp.source_address}")
    if bgp.route_limit:
        lines.append(f"    Route limit:      {bgp.route_limit.routes}/{bgp.route_limit.limit}")
    for label, timer in (("Hold timer", bgp.hold_timer), ("Keepalive timer", bgp.keepalive_timer)):
        if timer:
            lines.append(f"    {label + ':':<17} {timer.remaining}/{timer.total}")
    if bgp.last_error:
        lines.append(f"    Last error:       {bgp.last_error}")
    return lines


# --- show route ------------------------------------------------------------------------------------

WAYS = ("via", "dev", "blackhole", "unreachable", "prohibited", "multipath", "???")


@st.composite
def route_entries(draw: st.DrawFn, family: int = 4) -> RouteEntry:
    kind = draw(st.sampled_from(WAYS))
    hop = built(NextHop, addresses(family), interfaces, st.none())
    hops: tuple[NextHop, ...] = ()
    if kind == "via":
        hops = (draw(hop),)
    elif kind == "dev":
        hops = (NextHop(interface=draw(interfaces)),)
    elif kind == "multipath":
        weighted = built(NextHop, addresses(family), interfaces, st.integers(1, 256))
        hops = tuple(draw(st.lists(weighted, min_size=1, max_size=4)))
    primary = draw(st.booleans())
    shape = draw(st.sampled_from(["plain", "bgp", "ospf", "rip", "babel"]))
    fields: dict[str, object] = {}
    if shape == "bgp":
        fields = {
            "suppressed": draw(st.booleans()),
            "stale": draw(st.booleans()),
            "metric": draw(st.none() | st.sampled_from(["-", "?"]) | u32),
            "origin_as": draw(st.none() | u32),
            "origin": draw(st.sampled_from(["i", "e", "?"])),
        }
    elif shape == "ospf":
        fields = {
            "ospf_type": draw(st.sampled_from(["I", "IA", "E1", "E2"])),
            "metric": draw(u32),
            "second_metric": draw(st.none() | u32),
            "tag": draw(st.just("") | st.integers(1, 2**32 - 1).map("{:x}".format)),
            "source_router": draw(st.just("") | router_ids),
        }
    elif shape == "rip":
        tag = st.just("") | st.integers(0, 2**16 - 1).map("{:04x}".format)
        fields = {"metric": draw(u32), "tag": draw(tag)}
    elif shape == "babel":
        router = st.binary(min_size=8, max_size=8).map(lambda octets: octets.hex(":"))
        fields = {"metric": draw(u32), "source_router": draw(router)}
    return RouteEntry(
        prefix=draw(prefixes(family)),
        kind=kind,
        protocol=draw(names),
        next_hops=hops,
        time=draw(times),
        received_from=draw(st.just("") | addresses(family)),
        primary=primary,
        sync_error=primary and draw(st.booleans()),
        preference=draw(u32),
        type=draw(st.none() | st.builds(RouteType, st.just("BGP"), st.just("unicast"), names)),
        **fields,  # type: ignore[arg-type]
    )


def print_routes(entries: list[RouteEntry]) -> bytes:
    """One network after the other; the rows of one network show its prefix once.

    The row of a route in use shows it always: BIRD puts that route first.
    """
    lines: list[Printed] = []
    shown = ""
    for entry in entries:
        is_further = entry.prefix == shown and not entry.primary
        lines.append((1007, _print_route(entry, "" if is_further else entry.prefix)))
        shown = entry.prefix
        if entry.kind == "multipath":
            lines += [
                (1007, f"\tvia {hop.gateway} on {hop.interface} weight {hop.weight}")
                for hop in entry.next_hops
            ]
        if entry.type:
            lines.append(
                (1008, f"\tType: {entry.type.source} {entry.type.cast} {entry.type.scope}")
            )
    return print_reply(lines)


def _print_route(entry: RouteEntry, prefix: str) -> str:
    way = entry.kind
    if entry.kind == "via":
        way = f"via {entry.next_hops[0].gateway} on {entry.next_hops[0].interface}"
    elif entry.kind == "dev":
        way = f"dev {entry.next_hops[0].interface}"
    sender = f" from {entry.received_from}" if entry.received_from else ""
    mark = " !" if entry.sync_error else " *" if entry.primary else ""
    return f"{prefix:<18} {way} [{entry.protocol} {entry.time}{sender}]{mark}{_print_info(entry)}"


def _print_info(entry: RouteEntry) -> str:
    metric = "" if entry.metric is None else f"/{entry.metric}"
    if entry.ospf_type:
        second = "" if entry.second_metric is None else f"/{entry.second_metric}"
        tag = f" [{entry.tag}]" if entry.tag else ""
        router = f" [{entry.source_router}]" if entry.source_router else ""
        return f" {entry.ospf_type} ({entry.preference}{metric}{second}){tag}{router}"
    marks = ("-" if entry.suppressed else "") + ("s" if entry.stale else "")
    info = f" ({entry.preference}{marks}{metric})"
    if entry.origin:
        asn = "" if entry.origin_as is None else f"AS{entry.origin_as}"
        info += f" [{asn}{entry.origin}]"
    if entry.tag:
        info += f" [{entry.tag}]"
    if entry.source_router:
        info += f" [{entry.source_router}]"
    return info
