"""Sessions of BIRD 2 and 3, and the protocols beside them."""

from ..bgp import Open, shutdown_message
from ..dual import DualStage
from ..dual_pieces import DEVICE, DIRECT, bgp, channels, client, four, six, static
from ..expected import Session, Truth
from ..pieces import OTHER_AS
from ..recording import Recorder
from ..speaker import Speaker
from ..stage import AS, UPLINK
from . import dual


def established(
    stage: DualStage, four_name: str, six_name: str, number: int, asn: int
) -> tuple[Session, Session]:
    return (
        Session(name=four_name, address=stage.four(number), asn=asn),
        Session(name=six_name, address=stage.six(number), asn=asn),
    )


@dual("session")
def session(stage: DualStage, recorder: Recorder) -> None:
    """A session of each family in full, with a description, capabilities and filters by name."""
    stage.peer(2, client(stage, 2, "graceful restart on"))
    body = "  {} {{ import filter known; export filter {{ reject; }}; add paths on; }};\n"
    daemon = stage.start(
        "filter known { accept; }\n" + DEVICE
        + four(stage, "Mesh_10_4_0_2", 2, 'description "Connection to BGP peer"', "graceful restart on",
               body=body.format("ipv4"))
        + six(stage, "Mesh_fd5c_4__2", 2, 'description "Connection to BGP peer"', "graceful restart on",
              "router id 10.9.9.9", body=body.format("ipv6"))
    )  # fmt: skip
    sessions = established(stage, "Mesh_10_4_0_2", "Mesh_fd5c_4__2", 2, OTHER_AS)
    recorder.record(daemon, Truth(sessions=sessions), "show protocols all Mesh_10_4_0_2")


@dual("both-families-in-one-session")
def both(stage: DualStage, recorder: Recorder) -> None:
    """One session over IPv4, another over IPv6, each with channels of both families, one with more."""
    stage.peer(2, static("ipv4", "198.18.2.0/24 blackhole", name="own4")
               + static("ipv6", "2001:db8:2::/48 blackhole", name="own6")
               + "".join(
                   bgp(f"core{version}", host(2), host(1), "passive on", "multihop", asn=AS,
                       own=OTHER_AS, body="  ipv4 { import all; export all; extended next hop on; };\n"
                       "  ipv6 { import all; export all; };\n")
                   for version, host in ((4, stage.four), (6, stage.six))))  # fmt: skip
    body = "  ipv4 { import all; export all; extended next hop on; };\n  ipv6 { import all; export all; };\n"
    daemon = stage.start(
        "ipv4 table m4;\nflow4 table f4;\n" + DEVICE + DIRECT
        + four(stage, "Node_10_4_0_2", 2, "multihop", body=body)
        + six(stage, "Global_fd5c_4__2", 2, "multihop",
              body=body + "  ipv4 multicast { table m4; import all; export none; };\n"
              "  flow4 { table f4; import all; export none; };\n")
    )  # fmt: skip
    sessions = established(stage, "Node_10_4_0_2", "Global_fd5c_4__2", 2, OTHER_AS)
    recorder.record(daemon, Truth(sessions=sessions))


@dual("capabilities", (2, 0, 11))
def capabilities(stage: DualStage, recorder: Recorder) -> None:
    """Every capability that can be configured: roles, host names, long-lived graceful restart, routes
    in several paths, and a neighbour with none of them.
    """
    stage.peer(2, client(stage, 2, "local role customer", "graceful restart on",
                         "long lived graceful restart on", "advertise hostname on",
                         "enable extended messages on"))  # fmt: skip
    stage.peer(
        3, client(stage, 3, "enable route refresh off", "enable as4 off", "capabilities off")
    )
    more = ("local role provider", "graceful restart on", "long lived graceful restart on",
            "advertise hostname on", "enable extended messages on")  # fmt: skip
    daemon = stage.start(
        DEVICE
        + four(stage, "rich", 2, *more, body="  ipv4 { import all; export none; add paths rx; };\n")
        + four(stage, "poor", 3, "capabilities off")
    )
    recorder.record(daemon, Truth(sessions=(
        Session(name="rich", address=stage.four(2), asn=OTHER_AS),
        Session(name="poor", address=stage.four(3), asn=OTHER_AS),
    )))  # fmt: skip


@dual("link-local-peer")
def link_local(stage: DualStage, recorder: Recorder) -> None:
    """A session between link-local addresses."""
    stage.neighbour(2)
    stage.router.address("fe80::1/64", UPLINK)
    stage.outside.address("fe80::2/64", stage.far)
    stage.peer(4, bgp("core", f"fe80::2%{stage.far}", f"fe80::1%{stage.far}", "passive on", asn=AS,
                      own=OTHER_AS, body=channels("ipv6")))  # fmt: skip
    daemon = stage.start(
        DEVICE + bgp("beside", f"fe80::1%{UPLINK}", f"fe80::2%{UPLINK}", body=channels("ipv6"))
    )
    found = Session(name="beside", address="fe80::2", interface=UPLINK, asn=OTHER_AS)
    recorder.record(daemon, Truth(sessions=(found,)))


@dual("dynamic-peers", (2, 0, 8))
def dynamic(stage: DualStage, recorder: Recorder) -> None:
    """A range of neighbours in each family, and the sessions that came out of it."""
    stage.peer(2, client(stage, 2).replace("passive on", "connect retry time 2"))
    daemon = stage.start(
        DEVICE
        + "".join(
            f"protocol bgp '{name}' {{\n  local {own} as {AS};\n  neighbor range {wide} as {OTHER_AS};\n"
            f'  strict bind yes;\n  dynamic name "found_";\n{channels(family)}}}\n'
            for name, own, wide, family in (
                ("many4", stage.four(1), "10.4.0.0/24", "ipv4"),
                ("many6", stage.six(1), "fd5c:4::/64", "ipv6"),
            )
        )
    )  # fmt: skip
    texts = {"show protocols": ("found_1 ", "found_2 "), "show protocols all": ("Neighbor range:",)}
    recorder.record(daemon, Truth(texts=texts))


@dual("peers-that-are-not-up")
def not_up(stage: DualStage, recorder: Recorder) -> None:
    """Passive, disabled in the configuration, disabled by a command with and without a text, refused,
    unreachable, with an unknown way, and with a wrong AS.
    """
    stage.peer(5, client(stage, 5))
    wrong = Speaker(Open(family=4, asn=65000, router_id="10.4.0.8"))
    stage.keep(wrong.serving(stage.outside, stage.neighbour(8)))
    stage.neighbour(7)
    daemon = stage.start(
        DEVICE
        + four(stage, "Mesh_10_4_0_2", 2, "passive on")
        + six(stage, "Mesh_fd5c_4__2", 2, "passive on")
        + four(stage, "Node_10_4_0_3", 3, "disabled")
        + six(stage, "Node_fd5c_4__3", 3, "disabled")
        + four(stage, "commanded", 5)
        + six(stage, "explained", 5)
        + four(stage, "refused", 7, "connect retry time 2")
        + four(stage, "absent", 77)
        + bgp("nowhere", stage.four(1), "192.0.2.1", "multihop", body=channels("ipv4"))
        + four(stage, "mistaken", 8, "error wait time 300,300")
        + bgp("ported", stage.four(1), f"{stage.four(7)} port 1790", body=channels("ipv4"))
        + "protocol static unused {\n  disabled;\n  ipv4;\n}\n"
    )
    stage.until(daemon, "commanded +BGP .*Established", "explained +BGP .*Established")
    daemon.ask("disable commanded")
    daemon.ask('disable explained "maintenance until noon"')
    waiting = ("Connect", "Active")

    def known(name: str, address: str, *states: str, error: str | None = None) -> Session:
        return Session(name=name, address=address, asn=OTHER_AS, states=states, error=error)

    recorder.record(daemon, Truth(
        sessions=(
            known("Mesh_10_4_0_2", stage.four(2), "Passive"),
            known("Mesh_fd5c_4__2", stage.six(2), "Passive"),
            known("Node_10_4_0_3", stage.four(3), "Down"),
            known("Node_fd5c_4__3", stage.six(3), "Down"),
            known("commanded", stage.four(5), "Down"),
            known("explained", stage.six(5), "Down"),
            known("refused", stage.four(7), *waiting, error="Socket: Connection refused"),
            known("absent", stage.four(77), *waiting, error="Socket: No route to host"),
            known("nowhere", "192.0.2.1", *waiting),
            known("mistaken", stage.four(8), "Idle", error="BGP Error: Bad peer AS"),
        ),
        protocols={"unused": "Static"},
        texts={"show protocols all": ("maintenance until noon",)},
    ))  # fmt: skip


@dual("shutdown-messages")
def shutdown_messages(stage: DualStage, recorder: Recorder) -> None:
    """What a neighbour says as it leaves (RFC 8203), which may read like BIRD's own lines."""
    said = "up 1006-  BGP state:          Established\n0000 \u00fc".encode()
    speaker = Speaker(Open(family=4, asn=OTHER_AS, router_id="10.4.0.2"),
                      messages=[shutdown_message(said)])  # fmt: skip
    stage.keep(speaker.serving(stage.outside, stage.neighbour(2)))
    daemon = stage.start(DEVICE + four(stage, "Node_10_4_0_2", 2, "error wait time 300,300")
                         + static("ipv4", "198.18.1.0/24 blackhole"))  # fmt: skip
    recorder.record(
        daemon, Truth(texts={"show protocols all": ("Message: ", "Administrative shutdown")})
    )


@dual("limits")
def limits(stage: DualStage, recorder: Recorder) -> None:
    """Limits of each direction that are hit, and that are not; one that took its session down."""
    many = [f"198.18.{number}.0/24 blackhole" for number in range(6)]
    sixes = [f"2001:db8:{number}::/48 blackhole" for number in range(6)]
    for number in (2, 3):
        stage.peer(number, static("ipv4", *many) + static("ipv6", *sixes) + client(stage, number))
    body = (
        "  {} {{ import all; export all; import keep filtered; receive limit 5 action warn;"
        " import limit 1000 action block; export limit 500 action restart; }};\n"
    )
    daemon = stage.start(
        DEVICE
        + four(stage, "warned", 2, body=body.format("ipv4"))
        + six(
            stage,
            "blocked",
            2,
            body="  ipv6 { import all; export none; import limit 3 action block; };\n",
        )
        + four(
            stage,
            "taken_down",
            3,
            body="  ipv4 { import all; export none; import limit 2 action disable; };\n",
        )
    )
    texts = {"show protocols all": ("3 [HIT]",),
             "show protocols": ("Automatic shutdown: Route limit exceeded",)}  # fmt: skip
    recorder.record(daemon, Truth(texts=texts))


@dual("filtered")
def filtered(stage: DualStage, recorder: Recorder) -> None:
    """A channel that keeps what its filter refused: a count more, and rows of their own."""
    stage.peer(
        2, static("ipv4", "198.18.1.0/24 blackhole", "198.18.2.0/24 blackhole") + client(stage, 2)
    )
    body = (
        "  ipv4 { import keep filtered; export none;\n"
        "    import filter { if net = 198.18.1.0/24 then reject; accept; }; };\n"
    )
    daemon = stage.start(DEVICE + four(stage, "Node_10_4_0_2", 2, body=body))
    texts = {"show protocols all": ("1 imported, 1 filtered,",)}
    recorder.record(daemon, Truth(texts=texts), "show route filtered", "show route filtered count")


@dual("pipes")
def pipes(stage: DualStage, recorder: Recorder) -> None:
    """Pipes between tables of each family, and what they count."""
    daemon = stage.start(
        "ipv4 table aside4;\nipv6 table aside6;\n" + DEVICE
        + static("ipv4", "198.18.1.0/24 blackhole", "198.18.2.0/24 blackhole")
        + static("ipv6", "2001:db8:1::/48 blackhole", table="aside6")
        + "protocol pipe over4 {\n  table master4;\n  peer table aside4;\n  import all;\n  export all;\n}\n"
        "protocol pipe over6 {\n  table master6;\n  peer table aside6;\n"
        "  import filter { accept; };\n  export none;\n}\n"
    )  # fmt: skip
    texts = {"show route table all": ("Table aside4:", "Table aside6:", "Table master6:")}
    recorder.record(daemon, Truth(texts=texts, protocols={"over4": "Pipe", "over6": "Pipe"}),
                    "show route table all", "show route table aside4 all")  # fmt: skip


@dual("interior-protocols")
def interior(stage: DualStage, recorder: Recorder) -> None:
    """OSPF of both families, RIP of both, Babel and router advertisements with a neighbour each."""
    body = (
        DEVICE
        + "protocol ospf v2 ospf4 {\n  ipv4 { import all; export where source = RTS_STATIC; };\n"
        '  area 0 { interface "*" { hello 1; dead 4; wait 2; type ptp; }; };\n}\n'
        "protocol ospf v3 ospf6 {\n  ipv6 { import all; export where source = RTS_STATIC; };\n"
        '  area 0 { interface "*" { hello 1; dead 4; wait 2; type ptp; }; };\n}\n'
        "protocol rip rip4 {\n  ipv4 { import all; export where source = RTS_STATIC; preference 90; };\n"
        '  interface "*" { update time 2; };\n}\n'
        "protocol rip ng rip6 {\n  ipv6 { import all; export where source = RTS_STATIC; preference 90; };\n"
        '  interface "*" { update time 2; };\n}\n'
        "protocol babel babel1 {\n  ipv4 { import all; export where source = RTS_STATIC; preference 80; };\n"
        "  ipv6 { import all; export where source = RTS_STATIC; preference 80; };\n"
        '  interface "*" { type wired; hello interval 1 s; update interval 2 s; };\n}\n'
    )
    stage.peer(2, body.replace(DEVICE, "")
               + static("ipv4", "198.18.9.0/24 blackhole { ospf_metric1 = 20; rip_tag = 5; }")
               + static("ipv6", "2001:db8:9::/48 blackhole { ospf_tag = 7; }"))  # fmt: skip
    daemon = stage.start(
        body + f'protocol radv radv1 {{\n  interface "{UPLINK}";\n}}\nprotocol bfd bfd1 {{\n}}\n'
    )
    texts = {"show protocols": ("Running",),
             "show route": ("[ospf4 ", "[ospf6 ", "[rip4 ", "[rip6 ", "[babel1 ")}  # fmt: skip
    recorder.record(daemon, Truth(texts=texts, protocols={"babel1": "Babel", "radv1": "RAdv"}))


@dual("rpki-without-a-cache")
def rpki(stage: DualStage, recorder: Recorder) -> None:
    """A client of a cache that does not answer: timers of its own, and channels of no family's routes."""
    stage.neighbour(2)
    daemon = stage.start(
        "roa4 table r4;\nroa6 table r6;\n" + DEVICE
        + "protocol rpki cache {\n  roa4 { table r4; };\n  roa6 { table r6; };\n"
        f"  remote {stage.four(2)} port 3323;\n  retry keep 5;\n}}\n"
    )  # fmt: skip
    recorder.record(
        daemon, Truth(protocols={"cache": "RPKI"}, texts={"show protocols all": ("Cache server",)})
    )


@dual("monitoring", (2, 18))
def monitoring(stage: DualStage, recorder: Recorder) -> None:
    """A BMP client without a station."""
    stage.neighbour(2)
    daemon = stage.start(
        DEVICE + f"protocol bmp {{\n  station address ip {stage.four(2)} port 1790;\n}}\n"
    )
    recorder.record(daemon, Truth(protocols={"bmp1": "BMP"}))


@dual("bfd")
def bfd(stage: DualStage, recorder: Recorder) -> None:
    """Sessions guarded by BFD."""
    guard = (
        "protocol bfd {\n  strict bind yes;\n}\n"
        if stage.release.number >= (2, 0, 11)
        else "protocol bfd {\n}\n"
    )
    stage.peer(2, client(stage, 2, "bfd on"))
    daemon = stage.start(
        DEVICE
        + guard
        + four(stage, "Node_10_4_0_2", 2, "bfd on")
        + six(stage, "Node_fd5c_4__2", 2, "bfd on")
    )
    sessions = established(stage, "Node_10_4_0_2", "Node_fd5c_4__2", 2, OTHER_AS)
    recorder.record(daemon, Truth(sessions=sessions, protocols={"bfd1": "BFD"}))


@dual("graceful-restart-recovery")
def recovery(stage: DualStage, recorder: Recorder) -> None:
    """A daemon that restarted gracefully and still waits for its neighbours."""
    daemon = stage.start(
        "graceful restart wait 240;\n" + DEVICE
        + four(stage, "Mesh_10_4_0_9", 9, "graceful restart on")
        + six(stage, "Mesh_fd5c_4__9", 9, "graceful restart on"),
        recover=True,
    )  # fmt: skip
    texts = {"show status": ("Graceful restart recovery in progress",),
             "show protocols all": ("GR recovery:",)}  # fmt: skip
    recorder.record(daemon, Truth(texts=texts))


@dual("graceful-restart-helper")
def helper(stage: DualStage, recorder: Recorder) -> None:
    """A neighbour that went away and is expected back: its routes are kept as stale."""
    neighbour = stage.peer(2, static("ipv4", "198.18.2.0/24 blackhole")
                           + client(stage, 2, "graceful restart on", "graceful restart time 300",
                                    "long lived graceful restart on",
                                    "long lived stale time 3000"))  # fmt: skip
    daemon = stage.start(
        DEVICE + four(stage, "Node_10_4_0_2", 2, "graceful restart on", "long lived graceful restart on",
                      "connect retry time 300")
    )  # fmt: skip
    stage.until(daemon, "198.18.2.0/24", command="show route")
    neighbour.kill()
    recorder.record(daemon, Truth(texts={"show protocols all": ("Neighbor graceful restart active",),
                                         "show route": ("198.18.2.0/24",)}))  # fmt: skip


@dual("odd-names")
def odd_names(stage: DualStage, recorder: Recorder) -> None:
    """Long names, names that read like other words, tables with long names, and descriptions that read
    like other lines or hold a second blank.
    """
    long = "a_protocol_with_a_name_that_is_much_longer_than_its_column"
    table = "a_table_with_a_name_that_is_longer_than_its_column"
    daemon = stage.start(
        f"ipv4 table {table};\n" + DEVICE
        + static("ipv4", "198.18.1.0/24 blackhole", name=long, table=table)
        + static("ipv4", "198.18.2.0/24 blackhole", name="'peer.with:colon-1'")
        + static("ipv6", "2001:db8:1:2:3:4:5:6/128 blackhole", name="BGP")
        + four(stage, "up", 9, 'description "BGP state:          Established"')
        + four(stage, "10.4.0.5", 5, 'description "two  blanks, and a third:  Channel ipv4"')
        + six(stage, long + "_too", 6, f'description "{"x" * 300}"')
    )  # fmt: skip
    texts = {"show route table all": ("198.18.1.0/24", "2001:db8:1:2:3:4:5:6/128")}
    recorder.record(daemon, Truth(texts=texts), "show route table all")


@dual("lines-too-long")
def too_long(stage: DualStage, recorder: Recorder) -> None:
    """A description that BIRD has no room to print."""
    daemon = stage.start(
        DEVICE
        + four(stage, "wordy", 9, f'description "{"x" * 600}"')
        + six(stage, "brief", 6, 'description "y"')
    )
    recorder.record(daemon, Truth(texts={"show protocols all": ("<line overflow>",)}))
