"""Routes of BIRD 2 and 3: where they lead, in which table, with which attributes."""

import struct

from ..bgp import (
    AGGREGATOR,
    AS_SEQUENCE,
    AS_SET,
    ATOMIC,
    COMMUNITY,
    EXT_COMMUNITY,
    LARGE_COMMUNITY,
    MED,
    Open,
    as_path,
    attribute,
    update,
)
from ..dual import DualStage
from ..dual_pieces import DEVICE, DIRECT, LEARN, bgp, channels, client, four, six, static
from ..expected import Session, Truth
from ..pieces import OTHER_AS
from ..recording import Recorder
from ..speaker import Speaker
from ..stage import AS, UPLINK
from ..tables import Hop, TableRoute
from . import dual


def own(table: str, destination: str, protocol: str = "direct1") -> TableRoute:
    return TableRoute(table=table, destination=destination, protocol=protocol,
                      hops=(Hop(interface=UPLINK),))  # fmt: skip


@dual("two-families")
def two_families(stage: DualStage, recorder: Recorder) -> None:
    """Unnamed protocols: `static1` and `kernel1` are IPv4, `static2` and `kernel2` IPv6, `direct1` is both."""
    stage.router.route("198.18.9.0/24", "dev", UPLINK)
    stage.router.route("2001:db8:9::/48", "dev", UPLINK, family=6)
    daemon = stage.start(
        DEVICE
        + DIRECT
        + LEARN
        + static("ipv4", "198.18.1.0/24 blackhole", f"198.18.2.0/24 via {stage.four(7)}")
        + static("ipv6", "2001:db8:1::/48 blackhole", f"2001:db8:2::/48 via {stage.six(7)}")
    )

    def static_of(table: str, destination: str, protocol: str, gateway: str) -> TableRoute:
        hops = (Hop(gateway=gateway, interface=UPLINK),) if gateway else ()
        return TableRoute(table=table, destination=destination, protocol=protocol, hops=hops,
                          word="unicast" if hops else "blackhole")  # fmt: skip

    routes = (
        own("master4", "10.4.0.0/24"),
        own("master6", "fd5c:4::/64"),
        own("master4", "198.18.9.0/24", "kernel1"),
        own("master6", "2001:db8:9::/48", "kernel2"),
        static_of("master4", "198.18.1.0/24", "static1", ""),
        static_of("master4", "198.18.2.0/24", "static1", stage.four(7)),
        static_of("master6", "2001:db8:1::/48", "static2", ""),
        static_of("master6", "2001:db8:2::/48", "static2", stage.six(7)),
    )
    truth = Truth(table_routes=routes, protocols={"static1": "Static", "static2": "Static",
                                                  "kernel1": "Kernel", "direct1": "Direct"})  # fmt: skip
    recorder.record(daemon, truth, "show route table master4", "show route table master6")


@dual("next-hops", (2, 14))
def next_hops(stage: DualStage, recorder: Recorder) -> None:
    """Several next hops with weights, a gateway that is told to be on the link, an interface alone,
    labels, and words that lead nowhere.
    """
    a, b, c, d = stage.four(2), stage.four(3), stage.six(2), stage.six(3)
    daemon = stage.start(
        DEVICE
        + static(
            "ipv4",
            f"198.18.1.0/24 via {a} weight 3 via {b}",
            f'198.18.2.0/24 via 203.0.113.9 dev "{UPLINK}" onlink',
            f'198.18.3.0/24 via "{UPLINK}"',
            f"198.18.4.0/24 via {a} mpls 100/200",
            "198.18.5.0/24 blackhole",
            "198.18.6.0/24 unreachable",
            "198.18.7.0/24 prohibit",
            f'198.18.8.0/24 via {a} dev "{UPLINK}" mpls 30 onlink weight 2 via {b} dev "{UPLINK}" onlink',
        )
        + static(
            "ipv6",
            f"2001:db8:1::/48 via {c} weight 200 via {d} weight 50",
            f'2001:db8:2::/48 via fe80::9 dev "{UPLINK}"',
            f'2001:db8:3::/48 via "{UPLINK}"',
            "2001:db8:5::/48 blackhole",
            "2001:db8:6::/48 unreachable",
            "2001:db8:7::/48 prohibit",
        )
    )

    def four_to(number: int, *hops: Hop, word: str = "unicast") -> TableRoute:
        return TableRoute(table="master4", destination=f"198.18.{number}.0/24", protocol="static1",
                          hops=hops, word=word)  # fmt: skip

    def six_to(number: int, *hops: Hop, word: str = "unicast") -> TableRoute:
        return TableRoute(table="master6", destination=f"2001:db8:{number}::/48", protocol="static2",
                          hops=hops, word=word)  # fmt: skip

    def via(gateway: str, weight: int = 1) -> Hop:
        return Hop(gateway=gateway, interface=UPLINK, weight=weight)

    routes = (
        four_to(1, via(a, 3), via(b)), four_to(2, via("203.0.113.9")),
        four_to(3, Hop(interface=UPLINK)), four_to(4, via(a)),
        four_to(5, word="blackhole"), four_to(6, word="unreachable"), four_to(7, word="prohibited"),
        four_to(8, via(a, 2), via(b)),
        six_to(1, via(c, 200), via(d, 50)), six_to(2, via("fe80::9")), six_to(3, Hop(interface=UPLINK)),
        six_to(5, word="blackhole"), six_to(6, word="unreachable"), six_to(7, word="prohibited"),
    )  # fmt: skip
    recorder.record(daemon, Truth(table_routes=routes))


@dual("recursive")
def recursive(stage: DualStage, recorder: Recorder) -> None:
    """Routes whose next hop is found in the table, or is not: static ones and those of a session."""
    stage.peer(2, client_that_points_elsewhere(stage))
    daemon = stage.start(
        DEVICE
        + static("ipv4", "198.18.1.0/24 recursive 198.18.2.9",
                 f"198.18.2.0/24 via {stage.four(7)}", "198.18.3.0/24 recursive 203.0.113.1")
        + static("ipv6", "2001:db8:1::/48 recursive 2001:db8:2::9",
                 f"2001:db8:2::/48 via {stage.six(7)}", "2001:db8:3::/48 recursive 2001:db8:ffff::1")
        + bgp("Mesh_10_4_0_2", stage.four(1), stage.four(2), "multihop", asn=AS, body=channels("ipv4"))
        + bgp("Mesh_fd5c_4__2", stage.six(1), stage.six(2), "multihop", asn=AS, body=channels("ipv6"))
    )  # fmt: skip
    texts = {"show route": ("198.18.60.0/24", "2001:db8:60::/48", "198.18.3.0/24")}
    recorder.record(daemon, Truth(texts=texts))


def client_that_points_elsewhere(stage: DualStage) -> str:
    """A neighbour that announces a next hop that the router has no way to."""
    sessions = "".join(
        bgp(f"core{version}", host(2), host(1), "passive on", "multihop", asn=AS, own=AS,
            body=f"  {family} {{ import all; export all; next hop address {elsewhere}; }};\n")
        for version, family, host, elsewhere in (
            (4, "ipv4", stage.four, "10.99.0.1"), (6, "ipv6", stage.six, "fd5c:99::1"),
        )
    )  # fmt: skip
    return (
        static("ipv4", "198.18.60.0/24 blackhole", name="own4")
        + static("ipv6", "2001:db8:60::/48 blackhole", name="own6")
        + sessions
    )


@dual("several-routes")
def several_routes(stage: DualStage, recorder: Recorder) -> None:
    """Networks with several routes, one of which is primary; a static one beside those of sessions."""
    for number in (2, 3):
        stage.peer(number, static("ipv4", "198.18.50.0/24 blackhole", name="own4")
                   + static("ipv6", "2001:db8:50::/48 blackhole", name="own6")
                   + client(stage, number, asn=AS if number == 3 else OTHER_AS))  # fmt: skip
    daemon = stage.start(
        DEVICE
        + DIRECT
        + static("ipv4", "198.18.50.0/24 unreachable")
        + static("ipv6", "2001:db8:50::/48 unreachable")
        + four(stage, "Mesh_10_4_0_3", 3, asn=AS)
        + four(stage, "Node_10_4_0_2", 2)
        + six(stage, "Mesh_fd5c_4__3", 3, asn=AS)
        + six(stage, "Global_fd5c_4__2", 2)
    )

    def learned(table: str, destination: str, protocol: str, gateway: str) -> TableRoute:
        return TableRoute(table=table, destination=destination, protocol=protocol, mark="",
                          hops=(Hop(gateway=gateway, interface=UPLINK),))  # fmt: skip

    routes = (
        own("master4", "10.4.0.0/24"),
        own("master6", "fd5c:4::/64"),
        TableRoute(table="master4", destination="198.18.50.0/24", protocol="static1",
                   word="unreachable"),
        learned("master4", "198.18.50.0/24", "Mesh_10_4_0_3", stage.four(3)),
        learned("master4", "198.18.50.0/24", "Node_10_4_0_2", stage.four(2)),
        TableRoute(table="master6", destination="2001:db8:50::/48", protocol="static2",
                   word="unreachable"),
        learned("master6", "2001:db8:50::/48", "Mesh_fd5c_4__3", stage.six(3)),
        learned("master6", "2001:db8:50::/48", "Global_fd5c_4__2", stage.six(2)),
    )  # fmt: skip
    recorder.record(daemon, Truth(table_routes=routes), "show route primary",
                    "show route protocol Node_10_4_0_2", "show route 198.18.50.0/24 all")  # fmt: skip


_MANY = b"".join(struct.pack("!HH", 65000, value) for value in range(120))


@dual("attributes")
def attributes(stage: DualStage, recorder: Recorder) -> None:
    """Attributes of every kind from a neighbour that is not BIRD: communities of three kinds, a list
    of them that takes several lines, an aggregator, AS sets, metrics, and one that nobody knows.
    """
    plain = as_path((AS_SEQUENCE, [OTHER_AS]))
    path = as_path((AS_SEQUENCE, [OTHER_AS, 65010]), (AS_SET, [65020, 65021]))
    large = struct.pack("!III", 65000, 1, 2) + struct.pack("!III", 4200000000, 3, 4)
    extended = (bytes([0, 2]) + struct.pack("!HI", 65000, 7)
                + bytes([1, 3]) + bytes([10, 0, 0, 9]) + struct.pack("!H", 8)
                + bytes([0x80, 6]) + struct.pack("!HI", 1, 2)
                + bytes([0, 0x77]) + struct.pack("!HI", 5, 6))  # fmt: skip
    more = b"".join((
        attribute(MED, struct.pack("!I", 77), optional=True, transitive=False),
        attribute(ATOMIC, b""),
        attribute(AGGREGATOR, struct.pack("!I", 65010) + bytes([10, 9, 8, 7]), optional=True),
        attribute(COMMUNITY, struct.pack("!HHHH", 64512, 100, 65535, 65281), optional=True),
        attribute(EXT_COMMUNITY, extended, optional=True),
        attribute(LARGE_COMMUNITY, large, optional=True),
        attribute(99, b"\x01\x02\xff", optional=True),
    ))  # fmt: skip
    long = attribute(COMMUNITY, _MANY, optional=True)
    neighbour = stage.neighbour(2)
    messages = [
        update(["198.18.1.0/24", "198.18.2.0/24"], neighbour, plain, more),
        update(["198.18.3.0/24"], neighbour, plain, long),
        update(["198.18.4.0/24"], neighbour, path),  # which newer releases refuse
    ]
    speaker = Speaker(Open(family=4, asn=OTHER_AS, router_id="10.4.0.2"), messages=messages)
    stage.keep(speaker.serving(stage.outside, neighbour))
    daemon = stage.start(
        DEVICE + f"protocol bgp Node_10_4_0_2 {{\n  local {stage.four(1)} as {AS};\n"
        f"  neighbor {neighbour} as {OTHER_AS};\n  strict bind yes;\n  connect delay time 1;\n"
        "  ipv4 { import filter { bgp_local_pref = 350; krt_metric = 42; accept; }; export none; };\n"
        "}\n"
    )
    session = Session(name="Node_10_4_0_2", address=neighbour, asn=OTHER_AS)
    texts = {"show route all": ("64512,100", "(65000, 1, 2)", "198.18.3.0/24", "65000,119")}
    recorder.record(daemon, Truth(sessions=(session,), texts=texts))


@dual("two-next-hop-addresses")
def two_addresses(stage: DualStage, recorder: Recorder) -> None:
    """A route with an empty AS path, and a next hop of two addresses: a global and a link-local one."""
    stage.peer(3, static("ipv6", "2001:db8:3::/48 blackhole") + client(stage, 3, "direct", asn=AS))
    daemon = stage.start(DEVICE + six(stage, "Mesh_fd5c_4__3", 3, "direct", asn=AS))
    route = TableRoute(table="master6", destination="2001:db8:3::/48", protocol="Mesh_fd5c_4__3",
                       hops=(Hop(gateway=stage.six(3), interface=UPLINK),))  # fmt: skip
    recorder.record(daemon, Truth(table_routes=(route,)))


@dual("kernel-attributes")
def kernel_attributes(stage: DualStage, recorder: Recorder) -> None:
    """Routes that the kernel has: metric, source address, realm, window sizes and locks among them."""
    route = stage.router.route
    route("198.18.1.0/24", "dev", UPLINK, "proto", "80", "metric", "77")
    route("198.18.2.0/24", "via", stage.four(2), "src", stage.four(1), "mtu", "lock", "1400",
          "advmss", "1300", "initcwnd", "20", "realm", "9")  # fmt: skip
    route("198.18.3.0/24", "nexthop", "via", stage.four(2), "dev", UPLINK, "weight", "2",
          "nexthop", "via", stage.four(3), "dev", UPLINK, "weight", "5")  # fmt: skip
    route("unreachable", "198.18.4.0/24")
    route("2001:db8:1::/48", "dev", UPLINK, "metric", "77", family=6)
    daemon = stage.start(DEVICE + LEARN)
    texts = {"show route": ("198.18.1.0/24", "198.18.2.0/24", "198.18.4.0/24", "2001:db8:1::/48")}
    recorder.record(
        daemon, Truth(texts=texts, protocols={"kernel1": "Kernel", "kernel2": "Kernel"})
    )


@dual("other-tables")
def other_tables(stage: DualStage, recorder: Recorder) -> None:
    """Tables whose rows are no IP prefixes beside those that are: ROA, flow, VPN, MPLS, source-specific."""
    daemon = stage.start(
        "".join(f"{kind} table {name};\n" for kind, name in (
            ("roa4", "r4"), ("roa6", "r6"), ("flow4", "f4"), ("flow6", "f6"), ("vpn4", "v4"),
            ("vpn6", "v6"), ("ipv6 sadr", "s6"), ("ipv4", "aside"),
        ))
        + DEVICE
        + static("ipv4", "198.18.1.0/24 blackhole")
        + static("ipv6", "2001:db8:1::/48 blackhole")
        + static("ipv4", "198.18.99.0/24 blackhole", name="elsewhere", table="aside")
        + static("roa4", "192.0.2.0/24 max 28 as 65001", name="roas4", table="r4")
        + static("roa6", "2001:db8::/32 max 48 as 65002", name="roas6", table="r6")
        + static("flow4", "flow4 { dst 10.9.0.0/16; proto = 6; dport = 80; }",
                 "flow4 { dst 10.8.0.0/16; src 10.7.0.0/16; tcp flags 0x3/0x7; fragment is_fragment; }",
                 name="flows4", table="f4")
        + static("flow6", "flow6 { dst 2001:db8::/32; next header = 17; }", name="flows6", table="f6")
        + static("vpn4", f"65000:1 10.0.0.0/8 via {stage.four(2)} mpls 33",
                 "10.0.0.1:7 10.0.0.0/8 blackhole", name="vpns4", table="v4")
        + static("vpn6", "65000:1 2001:db8::/32 unreachable", name="vpns6", table="v6")
        + static("ipv6 sadr", "2001:db8:7::/48 from 2001:db8:8::/48 unreachable", name="sourced",
                 table="s6")
    )  # fmt: skip
    texts = {"show route table all": ("192.0.2.0/24-28 AS65001", "flow4 {", "flow6 {", "65000:1 10.0.0.0/8",
                            "198.18.1.0/24", "198.18.99.0/24")}  # fmt: skip
    recorder.record(
        daemon, Truth(texts=texts), "show route table all", "show route table r4", "show route table f4",
        "show route table v4 all", "show route table s6",
        "show route table all count", "show route table master4",
    )  # fmt: skip


@dual("newer-tables", (2, 16))
def newer_tables(stage: DualStage, recorder: Recorder) -> None:
    """Rows that only newer releases have: ASPA, labels as prefixes, and prefixes with a label."""
    daemon = stage.start(
        "aspa table a;\nmpls domain labels;\nmpls table m;\n"
        + DEVICE
        + "protocol static {\n  mpls { table m; };\n"
        f"  route mpls 100 via {stage.four(2)} mpls 200;\n  route mpls 101 unreachable;\n}}\n"
        + "protocol static {\n  ipv4;\n  mpls;\n"
        f"  route 198.18.7.0/24 mpls 1000 via {stage.four(2)};\n}}\n"
        + static("aspa", "aspa 65001 providers 65010, 65020", "aspa 65002 transit", name="aspas", table="a")
        + static("ipv4", "198.18.1.0/24 blackhole")
    )  # fmt: skip
    texts = {"show route table all": ("65001 ", "198.18.1.0/24", "\n 101 ")}
    recorder.record(daemon, Truth(texts=texts), "show route table all", "show route table a all",
                    "show route table m all")  # fmt: skip


@dual("counts")
def counts(stage: DualStage, recorder: Recorder) -> None:
    """Counts and statistics instead of rows, of all tables and of a single one."""
    daemon = stage.start(
        DEVICE
        + static("ipv4", *(f"198.18.{number}.0/24 blackhole" for number in range(5)))
        + static("ipv6", *(f"2001:db8:{number}::/48 blackhole" for number in range(3)))
    )
    recorder.record(
        daemon, Truth(texts={"show route": ("198.18.4.0/24",)}), "show route count",
        "show route table master4 count", "show route stats", "show route table master6 stats",
        "show route all stats", "show route filtered count",
    )  # fmt: skip


@dual("empty-tables")
def empty_tables(stage: DualStage, recorder: Recorder) -> None:
    """No routes at all: without a table nothing is printed, with its name its heading."""
    daemon = stage.start(DEVICE)
    recorder.record(
        daemon, Truth(), "show route table master4", "show route table master6", "show route count",
        "show route 203.0.113.0/24", "show route for 203.0.113.1", 'show protocols "nothing*"',
    )  # fmt: skip


@dual("refused-commands")
def refused(stage: DualStage, recorder: Recorder) -> None:
    """Commands that BIRD refuses: names that it does not know, what is forbidden, what is no command."""
    daemon = stage.start(DEVICE + static("ipv4", "198.18.1.0/24 blackhole"))
    recorder.record(
        daemon, Truth(texts={"show route": ("198.18.1.0/24",)}), "show route table nowhere",
        "show protocols nobody", "show protocols all nobody", "show route protocol nobody",
        raw_only=("nonsense", "show", ""),
    )  # fmt: skip
    recorder.session(daemon, "restricted", ["restrict", "configure", "show route table master4"])
