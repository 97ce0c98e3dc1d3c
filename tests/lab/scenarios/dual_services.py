"""Protocols of BIRD 2 and 3 that serve routes of other kinds: origins, VPNs, monitoring, aggregates."""

from ..bgp import Open
from ..dual import DualStage
from ..dual_pieces import DEVICE, bgp, client, four, static
from ..expected import Session, Truth
from ..pieces import OTHER_AS
from ..recording import Recorder
from ..speaker import Manners, Speaker
from ..stage import AS
from ..validator import Origin, Validator
from . import dual


@dual("rpki-with-a-cache")
def rpki(stage: DualStage, recorder: Recorder) -> None:
    """A client of a cache that answers, and routes of a session that it validates."""
    origins = (Origin("198.18.0.0/16", 24, OTHER_AS), Origin("2001:db8::/32", 48, OTHER_AS),
               Origin("198.19.0.0/16", 16, 65010))  # fmt: skip
    cache = Validator(origins)
    stage.keep(cache.serving(stage.outside, stage.neighbour(2), 3323))
    daemon = stage.start(
        "roa4 table r4;\nroa6 table r6;\n" + DEVICE
        + "protocol rpki cache {\n  roa4 { table r4; };\n  roa6 { table r6; };\n"
        f"  remote {stage.four(2)} port 3323;\n  retry keep 5;\n  refresh 3000;\n}}\n"
    )  # fmt: skip
    texts = {
        "show protocols": ("Established",),
        "show route table r4": ("198.19.0.0/16-16 AS65010",),
    }
    recorder.record(daemon, Truth(protocols={"cache": "RPKI"}, texts=texts),
                    "show route table r4 all", "show route table r6 all")  # fmt: skip


@dual("monitored", (2, 18))
def monitored(stage: DualStage, recorder: Recorder) -> None:
    """A BMP client whose station listens."""
    station = Speaker(Open(family=4, asn=OTHER_AS, router_id="10.4.0.2"), Manners.SILENT)
    stage.keep(station.serving(stage.outside, stage.neighbour(2), 1790))
    stage.peer(3, static("ipv4", "198.18.1.0/24 blackhole") + client(stage, 3))
    daemon = stage.start(
        DEVICE + four(stage, "Node_10_4_0_3", 3)
        + f"protocol bmp {{\n  station address ip {stage.four(2)} port 1790;\n"
        "  monitoring rib in pre_policy;\n}\n"
    )  # fmt: skip
    session = Session(name="Node_10_4_0_3", address=stage.four(3), asn=OTHER_AS)
    recorder.record(daemon, Truth(sessions=(session,), protocols={"bmp1": "BMP"}))


@dual("dumps", (2, 0, 8))
def dumps(stage: DualStage, recorder: Recorder) -> None:
    """A protocol that writes tables to a file."""
    daemon = stage.start(
        DEVICE + 'protocol mrt {\n  table "*";\n  filename "/dev/null";\n  period 300;\n}\n'
        + static("ipv4", "198.18.1.0/24 blackhole")
    )  # fmt: skip
    recorder.record(
        daemon, Truth(protocols={"mrt1": "MRT"}, texts={"show route": ("198.18.1.0/24",)})
    )


@dual("layer-three-vpn", (2, 14))
def vpn(stage: DualStage, recorder: Recorder) -> None:
    """Tables of a VPN, its labels, and the sessions that carry it."""
    tables = ("ipv4 table inside4;\nipv6 table inside6;\nvpn4 table shared4;\nvpn6 table shared6;\n"
              "mpls domain labels;\nmpls table switched;\n")  # fmt: skip

    def site(number: int, *inside: str) -> str:
        return (
            tables
            + static("ipv4", *inside, name="inside", table="inside4")
            + "protocol l3vpn site {\n  ipv4 { table inside4; };\n  ipv6 { table inside6; };\n"
            "  vpn4 { table shared4; };\n  vpn6 { table shared6; };\n"
            "  mpls { label policy vrf; };\n"
            f"  rd 65000:{number};\n  import target [(rt, 65000, 7)];\n"
            "  export target [(rt, 65000, 7)];\n}\n"
        )

    body = (
        "  vpn4 mpls { table shared4; import all; export all; };\n"
        "  vpn6 mpls { table shared6; import all; export all; };\n"
        "  mpls { label policy aggregate; };\n"
    )
    stage.peer(
        2,
        site(2, "198.18.2.0/24 blackhole")
        + bgp("core", stage.four(2), stage.four(1), "passive on", asn=AS, own=AS, body=body),
    )
    daemon = stage.start(DEVICE + site(1, "198.18.1.0/24 blackhole")
                         + four(stage, "carrier", 2, asn=AS, body=body))  # fmt: skip
    texts = {"show route table all": ("65000:2 198.18.2.0/24", "65000:1 198.18.1.0/24")}
    session = Session(name="carrier", address=stage.four(2), asn=AS)
    recorder.record(daemon, Truth(sessions=(session,), texts=texts), "show route table all",
                    "show route table all all")  # fmt: skip


@dual("ethernet-vpn", (2, 19), (3, 4))
def ethernet(stage: DualStage, recorder: Recorder) -> None:
    """An Ethernet VPN over a bridge: hardware addresses, and what a session carries of them."""
    tables = "eth table switch;\nevpn table shared;\n"

    def site(number: int, address: str, tunnel: str) -> str:
        return tables + (
            f"protocol evpn site {{\n  eth {{ table switch; }};\n  evpn {{ table shared; }};\n"
            f"  rd 65000:{number};\n  route target (rt, 65000, 7);\n"
            f'  encapsulation vxlan {{ tunnel device "{tunnel}"; router address {address}; }};\n'
            "  vni 100;\n  vid 10;\n}\n"
        )

    for namespace, address in ((stage.router, stage.four(1)), (stage.outside, stage.four(2))):
        namespace.ip("link", "add", "vx0", "type", "vxlan", "id", "100", "local", address,
                     "dstport", "4789", "nolearning")  # fmt: skip
        namespace.ip("link", "add", "br0", "type", "bridge")
        namespace.ip("link", "set", "vx0", "master", "br0")
        namespace.ip("link", "set", "br0", "up")
        namespace.ip("link", "set", "vx0", "up")
    bridge = ('protocol bridge {\n  eth { table switch; import all; export all; };\n'
              '  bridge device "br0";\n  scan time 1 s;\n}\n')  # fmt: skip
    body = "  evpn { table shared; import all; export all; };\n"
    stage.peer(
        2,
        site(2, stage.four(2), "vx0")
        + bridge
        + bgp("core", stage.four(2), stage.four(1), "passive on", asn=AS, own=AS, body=body),
    )
    daemon = stage.start(DEVICE + site(1, stage.four(1), "vx0") + bridge
                         + four(stage, "carrier", 2, asn=AS, body=body))  # fmt: skip
    session = Session(name="carrier", address=stage.four(2), asn=AS)
    texts = {"show route table all": ("evpn imet 65000:2", "bridge1 ")}
    recorder.record(daemon, Truth(sessions=(session,), texts=texts), "show route table all",
                    "show route table all all")  # fmt: skip


@dual("aggregates", (3,))
def aggregates(stage: DualStage, recorder: Recorder) -> None:
    """Routes that are made of several."""
    daemon = stage.start(
        "ipv4 table whole;\n" + DEVICE
        + static("ipv4", "198.18.1.0/24 blackhole", "198.18.2.0/24 blackhole")
        + "protocol aggregator {\n  table master4;\n  peer table whole;\n  export all;\n  import all;\n"
        "  aggregate on net, preference;\n"
        "  merge by { for route r in routes do { accept r; } };\n}\n"
    )  # fmt: skip
    texts = {"show route table all": ("Table whole:",)}
    recorder.record(daemon, Truth(texts=texts), "show route table all", "show route table all all")


@dual("routing-domains")
def domains(stage: DualStage, recorder: Recorder) -> None:
    """Protocols of a VRF and of none, a session with a password, and one that BIRD made attributes for."""
    stage.interface("vrf7", "198.51.100.1/24")
    stage.peer(2, static("ipv4", "198.18.2.0/24 blackhole")
               + client(stage, 2, 'password "a secret of two"'))  # fmt: skip
    daemon = stage.start(
        "ipv4 table apart;\nattribute int weight_of_it;\nattribute bgppath long_way;\n" + DEVICE
        + 'protocol kernel inside {\n  vrf "vrf7";\n  kernel table 7;\n  scan time 1;\n'
        "  ipv4 { table apart; export all; };\n}\n"
        + "protocol static {\n  vrf default;\n  ipv4;\n"
        "  route 198.18.1.0/24 blackhole { weight_of_it = 5; long_way = +empty+; };\n}\n"
        + four(stage, "Node_10_4_0_2", 2, 'password "a secret of two"')
    )  # fmt: skip
    session = Session(name="Node_10_4_0_2", address=stage.four(2), asn=OTHER_AS)
    recorder.record(daemon, Truth(sessions=(session,), texts={"show route": ("198.18.1.0/24",)}))
