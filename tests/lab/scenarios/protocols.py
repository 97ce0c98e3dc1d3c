"""Protocols of the other types: OSPF, RIP, Babel, RAdv, BFD, pipe; and tables beside `master`."""

import signal

from ..expected import Route, Session, Truth
from ..pieces import DEVICE, DIRECT, OTHER_AS, bgp, client, static
from ..recording import Recorder
from ..stage import AS, ROUTER_ID, UPLINK, Stage
from . import scenario

_FACTS: dict[str, object] = {"router_id": ROUTER_ID, "as": AS}


def _ospf(interface: str, exports: str, stub: str = "") -> str:
    elsewhere = f"  area 1 {{\n    stubnet {stub};\n  }};\n" if stub else ""
    return (
        "protocol ospf {\n  tick 1;\n  import all;\n" + exports + "  area 0 {\n"
        f'    interface "{interface}" {{ type ptp; hello 1; dead 4; }};\n  }};\n{elsewhere}}}\n'
    )


@scenario("interior-protocols")
def interior(stage: Stage, recorder: Recorder) -> None:
    """OSPF with its route kinds (I, IA, E1, E2, a tag, a router id), RIP with a tag, Babel (IPv6
    only in BIRD 1.6), a pipe and a second table: `show route table T`.
    """
    marks = "".join(
        f"    if net = {stage.network(n)} then {{ {what} accept; }}\n"
        for n, what in ((1, "ospf_metric1 = 17;"), (2, "ospf_metric2 = 23;"),
                        (3, "ospf_metric2 = 10000; ospf_tag = 0x1234;"))
    )  # fmt: skip
    ospf = _ospf(stage.far, f"  export filter {{\n{marks}    reject;\n  }};\n", stage.network(7))
    rip = (
        f"protocol rip {{\n  import none;\n  export filter {{\n"
        f"    if net = {stage.network(4)} then {{ rip_metric = 3; rip_tag = 0xbeef; accept; }}\n"
        f"    if net = {stage.network(5)} then {{ rip_metric = 2; accept; }}\n    reject;\n  }};\n"
        f'  interface "{stage.far}" {{ update time 2; }};\n}}\n'
    )
    babel_out = (
        f"protocol babel {{\n  import none;\n  export where net = {stage.network(6)};\n"
        f'  interface "{stage.far}" {{ hello interval 1; update interval 1; }};\n}}\n'
    )
    radv = f'protocol radv {{\n  interface "{UPLINK}" {{ prefix {stage.link} {{ }}; }};\n}}\n'
    sources = static(*(f"{stage.network(n)} blackhole" for n in range(1, 7)))
    stage.peer(2, sources + ospf + rip + (babel_out if stage.family == 6 else ""))
    daemon = stage.bird(
        "table second;\n" + DEVICE + DIRECT
        + _ospf(UPLINK, "  export none;\n")
        + f'protocol rip {{\n  import all;\n  export none;\n  interface "{UPLINK}" '
          "{ update time 2; };\n}\n"
        + (f'protocol babel {{\n  import all;\n  export none;\n  interface "{UPLINK}" '
           "{ hello interval 1; update interval 1; };\n}\n" + radv
           if stage.family == 6 else "")
        + "protocol pipe {\n  peer table second;\n  import all;\n  export where source = RTS_RIP;\n}\n"
        + f"protocol static inner {{\n  table second;\n  route {stage.network(30)} unreachable;\n}}\n"
    )  # fmt: skip
    protocols = {"device1": "Device", "direct1": "Direct", "ospf1": "OSPF", "rip1": "RIP",
                 "pipe1": "Pipe", "inner": "Static"}  # fmt: skip
    rows = [f"{stage.network(n)} " for n in (1, 2, 3, 4, 5, 7)]
    if stage.family == 6:
        protocols |= {"babel1": "Babel", "radv1": "RAdv"}
        rows.append(f"{stage.network(6)} ")
    truth = Truth(
        protocols=protocols,
        texts={
            "show protocols": ("Running", "=> second"),
            "show route": (*rows, " E1 (", " E2 (", " I (", " IA (", "[1234]", "[beef]",
                           f"{stage.network(30)} "),
            "show route table second": (f"{stage.network(4)} ", f"{stage.network(5)} ",
                                        f"{stage.network(30)} "),
        },
        facts=_FACTS,
    )  # fmt: skip
    recorder.record(daemon, truth, "show route table second", "show route table second all")


@scenario("interior-protocols-alone")
def alone(stage: Stage, recorder: Recorder) -> None:
    """The same protocols without a neighbour: OSPF `Alone`, RAdv (IPv6) `Suppressed`, a disabled
    pipe and an opaque one, BFD.
    """
    radv = (
        f'protocol radv {{\n  trigger {stage.network(1)};\n  interface "{UPLINK}" {{ }};\n}}\n'
        if stage.family == 6
        else ""
    )
    daemon = stage.bird(
        "table second;\n" + DEVICE + DIRECT + _ospf(UPLINK, "  export none;\n")
        + 'protocol rip {\n  interface "nosuch*";\n}\n'
        + "protocol bfd {\n}\n"
        + "protocol pipe shut {\n  peer table second;\n  disabled;\n}\n"
        + "protocol pipe opaque_pipe {\n  peer table second;\n  mode opaque;\n}\n" + radv
    )  # fmt: skip
    protocols = {"ospf1": "OSPF", "rip1": "RIP", "bfd1": "BFD", "shut": "Pipe",
                 "opaque_pipe": "Pipe"}  # fmt: skip
    texts = ["Alone"]
    if stage.family == 6:
        protocols["radv1"] = "RAdv"
        texts.append("Suppressed")
    truth = Truth(protocols=protocols, texts={"show protocols": tuple(texts)}, facts=_FACTS)
    recorder.record(daemon, truth)


@scenario("bfd")
def bfd(stage: Stage, recorder: Recorder) -> None:
    """A BGP session watched by BFD, and one whose peer knows no BFD."""
    wire = f'protocol bfd {{\n  interface "{stage.far}" {{ interval 100 ms; }};\n}}\n'
    stage.peer(2, wire + client(stage, 2, "bfd on", export="none"))
    stage.peer(3, client(stage, 3, export="none"))
    daemon = stage.bird(
        DEVICE
        + f'protocol bfd {{\n  interface "{UPLINK}" {{ interval 100 ms; }};\n}}\n'
        + bgp(stage, stage.name("Node", 2), 2, "bfd on", "export none")
        + bgp(stage, stage.name("Node", 3), 3, "bfd on", "export none")
    )
    truth = Truth(
        sessions=(Session(name=stage.name("Node", 2), address=stage.host(2), asn=OTHER_AS,
                          protocol_states=("up",)),
                  Session(name=stage.name("Node", 3), address=stage.host(3), asn=OTHER_AS,
                          protocol_states=("up",))),
        protocols={"bfd1": "BFD"},
        texts={"show bfd sessions": (f"{stage.host(2)} ", " Up ")},
        facts=_FACTS | {"established": 2, "not_established": 0},
    )  # fmt: skip
    recorder.record(daemon, truth, "show bfd sessions")


@scenario("two-tables")
def tables(stage: Stage, recorder: Recorder) -> None:
    """BGP sessions in a table of their own beside the master table, an empty master table, the same
    prefix in both. `show route table all` is a syntax error in BIRD 1.6 (9001).
    """
    stage.peer(2, static(f"{stage.network(1)} blackhole") + client(stage, 2))
    name = stage.name("Node", 2)
    daemon = stage.bird(
        "table customers;\n" + DEVICE + bgp(stage, name, 2, "table customers")
        + static(f"{stage.network(1)} prohibit")
    )  # fmt: skip
    truth = Truth(
        sessions=(Session(name=name, address=stage.host(2), asn=OTHER_AS),),
        routes=(Route(destination=stage.network(1), protocol="static1", word="prohibited"),),
        texts={"show route table customers": (f"{stage.network(1)} ",)},
        facts=_FACTS,
    )
    recorder.record(daemon, truth, "show route table customers", "show route table all",
                    "show route table customers all")  # fmt: skip


@scenario("bfd-down")
def bfd_down(stage: Stage, recorder: Recorder) -> None:
    """A peer that hangs (its process is stopped): BFD notices it, `Error: BFD session down`."""
    watch = f'protocol bfd {{\n  interface "{stage.far}" {{ interval 100 ms; }};\n}}\n'
    hanging = stage.peer(2, watch + client(stage, 2, "bfd on", export="none"))
    name = stage.name("Node", 2)
    daemon = stage.bird(
        DEVICE
        + f'protocol bfd {{\n  interface "{UPLINK}" {{ interval 100 ms; }};\n}}\n'
        + bgp(stage, name, 2, "bfd on", "export none", "error wait time 300,300")
    )
    stage.until(daemon, f"{name} +BGP .*Established")
    stage.until(daemon, " Up ", command="show bfd sessions")
    hanging.signal(signal.SIGSTOP)
    truth = Truth(
        sessions=(
            Session(
                name=name,
                address=stage.host(2),
                asn=OTHER_AS,
                states=("Idle", "Connect", "Active"),
                protocol_states=("start",),
                error="Error: BFD session down",
            ),
        ),
        facts=_FACTS | {"established": 0, "not_established": 1},
    )
    recorder.record(daemon, truth)
