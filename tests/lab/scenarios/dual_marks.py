"""Marks that few routes and sessions have: refused by the kernel, suppressed, kept for long, on the link."""

from ..dual import DualStage
from ..dual_pieces import DEVICE, bgp, channels, client, four, six, static
from ..expected import Session, Truth
from ..pieces import OTHER_AS
from ..recording import Recorder
from ..stage import AS, UPLINK
from ..tables import Hop, TableRoute
from . import dual


@dual("kernel-refused")
def refused(stage: DualStage, recorder: Recorder) -> None:
    """Routes that the kernel does not take, marked `!`: their preferred source is no address here."""
    stage.neighbour(2)
    foreign = {"ipv4": "192.0.2.200", "ipv6": "2001:db8:dead::200"}
    network = {"ipv4": "198.18.{}.0/24", "ipv6": "2001:db8:{}::/48"}
    host = {"ipv4": stage.four(2), "ipv6": stage.six(2)}
    daemon = stage.start(
        DEVICE
        + "".join(
            f"protocol kernel {{\n  scan time 1;\n  {family} {{ import none; export filter {{\n"
            f"    if net = {network[family].format(2)} then krt_prefsrc = {foreign[family]};\n"
            "    accept; }; };\n}\n"
            + static(family, *(f"{network[family].format(n)} via {host[family]}" for n in (2, 3)))
            for family in ("ipv4", "ipv6")
        )
    )

    def route(family: str, number: int, mark: str) -> TableRoute:
        hop = Hop(gateway=host[family], interface=UPLINK)
        name = {"ipv4": "1", "ipv6": "2"}[family]
        return TableRoute(table=f"master{family[-1]}", destination=network[family].format(number),
                          protocol=f"static{name}", hops=(hop,), mark=mark)  # fmt: skip

    routes = [route(family, number, mark) for family in ("ipv4", "ipv6")
              for number, mark in ((2, "!"), (3, "*"))]  # fmt: skip
    recorder.record(daemon, Truth(table_routes=tuple(routes)))


@dual("suppressed")
def suppressed(stage: DualStage, recorder: Recorder) -> None:
    """`deterministic med`: routes that take no part in the choice, `(100-)`."""
    for number in (2, 3, 4):
        exports = f"filter {{ bgp_med = {10 * number}; accept; }}"
        stage.peer(number, static("ipv4", "198.18.1.0/24 blackhole")
                   + client(stage, number, exports=exports))  # fmt: skip
    daemon = stage.start(
        DEVICE
        + "".join(four(stage, f"Node_10_4_0_{n}", n, "deterministic med on") for n in (2, 3, 4))
    )
    texts = {"show route": ("(100-) [AS64900i]", "[Node_10_4_0_4 ")}
    recorder.record(daemon, Truth(texts=texts))


@dual("kept-for-long", (2, 0, 8))
def kept(stage: DualStage, recorder: Recorder) -> None:
    """A neighbour that is away for longer than a graceful restart takes: its routes are kept as stale."""
    options = ("graceful restart on", "graceful restart time 1", "long lived graceful restart on",
               "long lived stale time 3000")  # fmt: skip
    neighbour = stage.peer(2, static("ipv4", "198.18.2.0/24 blackhole")
                           + client(stage, 2, *options))  # fmt: skip
    daemon = stage.start(
        DEVICE
        + four(stage, "Node_10_4_0_2", 2, "graceful restart on", "long lived graceful restart on",
               "connect retry time 300")
    )  # fmt: skip
    stage.until(daemon, "198.18.2.0/24", command="show route")
    neighbour.kill()
    texts = {"show protocols all": ("Neighbor GR:    Long-lived", "LL stale timer:"),
             "show route": ("(100s",)}  # fmt: skip
    recorder.record(daemon, Truth(texts=texts))


@dual("on-the-link", (2, 18), (3, 2))
def on_link(stage: DualStage, recorder: Recorder) -> None:
    """A neighbour that is told to be on the link, though no address of the router says so; a channel for
    rules of flows with a base table.
    """
    stage.outside.address("203.0.113.2/24", stage.far)
    stage.router.route("203.0.113.2/32", "dev", UPLINK)
    stage.outside.route(f"{stage.four(1)}/32", "dev", stage.far)
    body = "  flow4 { table f4; base table inside4; validate off; import all; export none; };\n"
    daemon = stage.start(
        "ipv4 table inside4 {\n  trie on;\n};\nflow4 table f4;\n" + DEVICE
        + bgp("beside", stage.four(1), f"203.0.113.2%{UPLINK}", "direct", "onlink on",
              body=channels("ipv4"))
        + four(stage, "checked", 3, body=body)
        + six(stage, "plain", 3, "passive on")
    )  # fmt: skip
    recorder.record(daemon, Truth(sessions=(
        Session(name="plain", address=stage.six(3), asn=OTHER_AS, states=("Passive",)),
    ), texts={"show protocols all": (" onlink",)}))  # fmt: skip


@dual("next-hops-to-be-found", (3,))
def unresolved(stage: DualStage, recorder: Recorder) -> None:
    """Routes of which only the gateway is known, and the table in which it is looked up."""
    stage.peer(2, static("ipv4", "198.18.60.0/24 blackhole")
               + bgp("core", stage.four(2), stage.four(1), "passive on", "multihop", asn=AS, own=AS,
                     body="  ipv4 { import all; export all; next hop address 10.99.0.1; };\n"))  # fmt: skip
    daemon = stage.start(
        DEVICE + four(stage, "Mesh_10_4_0_2", 2, "multihop", asn=AS,
                      body="  ipv4 { import table on; import all; export none; };\n")
    )  # fmt: skip
    recorder.record(daemon, Truth(texts={"show route": ("198.18.60.0/24",)}),
                    "show route import table Mesh_10_4_0_2.ipv4",
                    "show route import table Mesh_10_4_0_2.ipv4 all")  # fmt: skip
