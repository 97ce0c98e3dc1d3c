"""Routes of every target and mark: multipath, merged, refused, unresolved, leading nowhere."""

import ipaddress

from .. import bgp as wire
from ..bgp import Open
from ..expected import Hop, Route, Truth
from ..pieces import DEVICE, DIRECT, LEARN, OTHER_AS, bgp, client, static
from ..recording import Recorder
from ..speaker import Speaker
from ..stage import AS, ROUTER_ID, UPLINK, Stage
from . import scenario

_FACTS: dict[str, object] = {"router_id": ROUTER_ID, "as": AS}


def _hops(stage: Stage, *numbers: int, weights: tuple[int, ...] = ()) -> tuple[Hop, ...]:
    return tuple(
        Hop(gateway=stage.host(number), interface=UPLINK, weight=weight)
        for number, weight in zip(numbers, weights or (1,) * len(numbers), strict=True)
    )


@scenario("multipath")
def multipath(stage: Stage, recorder: Recorder) -> None:
    """Multipath from the kernel (`ip route ... nexthop`, the default route among them) and from
    static protocols, with weights; also as a second, non-primary route of its network, on a row
    without a destination.
    """
    for number in (2, 3, 4):
        stage.neighbour(number)
    stage.router.route(
        "default", "proto", "static",
        "nexthop", "via", stage.host(2), "dev", UPLINK, "weight", "1",
        "nexthop", "via", stage.host(3), "dev", UPLINK, "weight", "1",
        family=stage.family,
    )  # fmt: skip
    stage.router.route(
        stage.network(1), "proto", "static",
        "nexthop", "via", stage.host(2), "dev", UPLINK, "weight", "10",
        "nexthop", "via", stage.host(4), "dev", UPLINK, "weight", "5",
        family=stage.family,
    )  # fmt: skip

    def hops(*pairs: tuple[int, int]) -> str:
        return "multipath " + " ".join(f"via {stage.host(n)} weight {w}" for n, w in pairs)

    daemon = stage.bird(
        DEVICE
        + LEARN
        + static(f"{stage.network(2)} {hops((2, 1), (3, 1))}",
                 f"{stage.network(3)} {hops((2, 256), (3, 2), (4, 30))}",
                 f"{stage.network(4)} via {stage.host(2)}")
        + f"protocol static second {{\n  preference 150;\n"
        f"  route {stage.network(2)} {hops((3, 7), (4, 9))};\n"
        f"  route {stage.network(4)} {hops((2, 1), (4, 1))};\n}}\n"
    )  # fmt: skip
    # BIRD sorts next hops, the heavier first (nest/rt-attr.c, mpnh_insert).
    truth = Truth(
        routes=(
            Route(destination=stage.anywhere, protocol="kernel1", hops=_hops(stage, 2, 3),
                  info="(10)"),
            Route(destination=stage.network(1), protocol="kernel1",
                  hops=_hops(stage, 2, 4, weights=(10, 5)), info="(10)"),
            Route(destination=stage.network(2), protocol="static1", hops=_hops(stage, 2, 3),
                  info="(200)"),
            Route(destination=stage.network(2), protocol="second", mark="",
                  hops=_hops(stage, 4, 3, weights=(9, 7)), info="(150)"),
            Route(destination=stage.network(3), protocol="static1",
                  hops=_hops(stage, 2, 4, 3, weights=(256, 30, 2)), info="(200)"),
            Route(destination=stage.network(4), protocol="static1", gateway=stage.host(2),
                  interface=UPLINK, info="(200)"),
            Route(destination=stage.network(4), protocol="second", mark="",
                  hops=_hops(stage, 2, 4), info="(150)"),
        ),
        facts=_FACTS,
    )  # fmt: skip
    recorder.record(daemon, truth)


@scenario("merged-paths")
def merged(stage: Stage, recorder: Recorder) -> None:
    """One network from two and three BGP peers with `merge paths on`: `show route` has a row per
    peer, the second and third without a destination; `show route export kernel1` has one merged
    multipath row without a mark; the kernel has the multipath route.
    """
    for number in (2, 3, 4):
        networks = [stage.network(1), stage.network(2)] if number < 4 else [stage.network(2)]
        stage.peer(
            number, static(*(f"{n} blackhole" for n in networks)) + client(stage, number, asn=AS)
        )
    daemon = stage.bird(
        DEVICE
        + DIRECT
        + "protocol kernel {\n  scan time 1;\n  import none;\n  export all;\n  merge paths on;\n}\n"
        + "".join(bgp(stage, stage.name("Mesh", n), n, "next hop self", asn=AS) for n in (2, 3, 4))
    )

    def route(network: int, number: int, mark: str) -> Route:
        return Route(destination=stage.network(network), protocol=stage.name("Mesh", number),
                     gateway=stage.host(number), interface=UPLINK, mark=mark)  # fmt: skip

    # RFC 4271 9.1.2.2 f: of equal routes the one from the lowest router id is best.
    truth = Truth(
        routes=(route(1, 2, "*"), route(1, 3, ""), route(2, 2, "*"), route(2, 3, ""),
                route(2, 4, ""),
                Route(destination=stage.link, protocol="direct1", interface=UPLINK)),
        texts={"show route export kernel1": ("multipath [",)},
        facts=_FACTS | {"merged": {stage.network(1): [stage.host(2), stage.host(3)],
                                   stage.network(2): [stage.host(n) for n in (2, 3, 4)]}},
    )  # fmt: skip
    recorder.record(daemon, truth, "show route export kernel1", "show route export kernel1 all",
                    "show route primary")  # fmt: skip


@scenario("leading-nowhere")
def nowhere(stage: Stage, recorder: Recorder) -> None:
    """Routes that lead nowhere: blackhole, unreachable and prohibited, static and learned from the
    kernel; device routes.
    """
    stage.neighbour(2)
    for number, word in ((11, "blackhole"), (12, "unreachable"), (13, "prohibit")):
        stage.router.route(word, stage.network(number), "proto", "static", family=stage.family)
    pod = "198.51.100.7/32" if stage.family == 4 else "2001:db8:f00::7/128"
    stage.interface("cali1234567890a")
    stage.router.route(pod, "dev", "cali1234567890a", "proto", "80", family=stage.family)
    daemon = stage.bird(
        DEVICE + LEARN + DIRECT
        + static(f"{stage.network(1)} blackhole", f"{stage.network(2)} unreachable",
                 f"{stage.network(3)} prohibit", f'{stage.network(4)} via "eth0"',
                 f"{stage.network(5)} via {stage.host(2)}")
    )  # fmt: skip
    truth = Truth(
        routes=(
            *(Route(destination=stage.network(n), protocol="static1", word=word, info="(200)")
              for n, word in ((1, "blackhole"), (2, "unreachable"), (3, "prohibited"))),
            *(Route(destination=stage.network(n), protocol="kernel1", word=word, info="(10)")
              for n, word in ((11, "blackhole"), (12, "unreachable"), (13, "prohibited"))),
            Route(destination=stage.network(4), protocol="static1", interface=UPLINK, info="(200)"),
            Route(destination=stage.network(5), protocol="static1", gateway=stage.host(2),
                  interface=UPLINK, info="(200)"),
            Route(destination=pod, protocol="kernel1", interface="cali1234567890a", info="(10)"),
            Route(destination=stage.link, protocol="direct1", interface=UPLINK, info="(240)"),
        ),
        facts=_FACTS,
    )  # fmt: skip
    recorder.record(daemon, truth)


@scenario("kernel-refused")
def refused(stage: Stage, recorder: Recorder) -> None:
    """Routes that the kernel does not take, marked `!`: the kernel has a route of its own for the
    same prefix and metric, and a preferred source that is no address of this machine.
    """
    stage.neighbour(2)
    stage.router.route(stage.network(1), "via", stage.host(2), "metric", "32", "proto", "static",
                       family=stage.family)  # fmt: skip
    foreign = "192.0.2.200" if stage.family == 4 else "2001:db8:dead::200"
    via = f"via {stage.host(2)}"
    daemon = stage.bird(
        DEVICE
        + "protocol kernel {\n  scan time 1;\n  import none;\n  export filter {\n"
        + f"    if net = {stage.network(2)} then krt_prefsrc = {foreign};\n"
        + (f"    if net = {stage.network(1)} then krt_metric = 32;\n" if stage.family == 6 else "")
        + "    accept;\n  };\n  metric 32;\n}\n".replace("  metric 32;\n", "")
        + static(*(f"{stage.network(n)} {via}" for n in (1, 2, 3)))
    )

    def route(number: int, mark: str) -> Route:
        return Route(destination=stage.network(number), protocol="static1", gateway=stage.host(2),
                     interface=UPLINK, mark=mark, info="(200)")  # fmt: skip

    truth = Truth(routes=(route(1, "!" if stage.family == 6 else "*"), route(2, "!"), route(3, "*")),
                  facts=_FACTS)  # fmt: skip
    recorder.record(daemon, truth)


@scenario("next-hops")
def next_hops(stage: Stage, recorder: Recorder) -> None:
    """Recursive next hops of BGP routes: resolved with metric 0, through an OSPF-like metric,
    unknown metric `/?`, and unresolved `/-`, which is `unreachable ... from`.
    """
    stage.neighbour(2)
    far = {n: (f"10.{n}.0.9" if stage.family == 4 else f"fd5c:{n}::9") for n in (21, 22, 23)}
    cover = {n: (f"10.{n}.0.0/24" if stage.family == 4 else f"fd5c:{n}::/64") for n in far}
    path = wire.as_path()
    preference = wire.attribute(wire.LOCAL_PREF, b"\0\0\0\x64")
    routes = {1: stage.host(2), 2: far[21], 3: far[22], 4: far[23]}
    speaker = Speaker(
        Open(family=stage.family, asn=AS, router_id="10.4.0.2"),
        messages=[wire.update([stage.network(n)], hop, path, preference)
                  for n, hop in routes.items()],
    )  # fmt: skip
    stage.keep(speaker.serving(stage.outside, stage.host(2)))
    daemon = stage.bird(
        DEVICE + DIRECT
        + f"protocol static {{\n  import filter {{ if net = {cover[21]} then igp_metric = 20; accept; }};\n"
        f"  route {cover[21]} via {stage.host(2)};\n  route {cover[22]} via {stage.host(2)};\n}}\n"
        + bgp(stage, stage.name("Mesh", 2), 2, "gateway recursive", "multihop", asn=AS)
    )  # fmt: skip
    name = stage.name("Mesh", 2)

    def learned(number: int, info: str, sender: str | None) -> Route:
        return Route(destination=stage.network(number), protocol=name, gateway=stage.host(2),
                     interface=UPLINK, info=info, sender=sender)  # fmt: skip

    truth = Truth(
        routes=(
            Route(destination=stage.link, protocol="direct1", interface=UPLINK, info="(240)"),
            *(Route(destination=cover[n], protocol="static1", gateway=stage.host(2),
                    interface=UPLINK, info="(200)") for n in (21, 22)),
            learned(1, "(100/0) [i]", None),
            learned(2, "(100/20) [i]", None),
            learned(3, "(100/?) [i]", None),
            Route(destination=stage.network(4), protocol=name, word="unreachable",
                  sender=stage.host(2), info="(100/-) [i]"),
        ),
        facts=_FACTS,
    )  # fmt: skip
    recorder.record(daemon, truth)


@scenario("several-routes-per-network")
def several(stage: Stage, recorder: Recorder) -> None:
    """Networks with two to four routes from BGP peers, static protocols and the kernel: rows without
    a destination, with and without `from` (a route server's routes with their own next hops).
    """
    third = stage.neighbour(30)
    stage.peer(2, static(*(f"{stage.network(n)} blackhole" for n in (1, 2, 3))) + client(stage, 2))
    path = wire.as_path((wire.AS_SEQUENCE, [OTHER_AS]))
    speaker = Speaker(
        Open(family=stage.family, asn=OTHER_AS, router_id="10.4.0.3"),
        messages=[wire.update([stage.network(1), stage.network(2)], third, path)],
    )
    stage.keep(speaker.serving(stage.outside, stage.neighbour(3)))
    stage.router.route(stage.network(1), "via", third, "proto", "static", "metric", "77",
                       family=stage.family)  # fmt: skip
    daemon = stage.bird(
        DEVICE + LEARN
        + static(f"{stage.network(1)} unreachable", f"{stage.network(5)} via {third}")
        + bgp(stage, stage.name("Node", 2), 2)
        + bgp(stage, stage.name("Node", 3), 3)
    )  # fmt: skip

    def peer(network: int, number: int, mark: str = "", sender: str | None = None) -> Route:
        return Route(destination=stage.network(network), protocol=stage.name("Node", number),
                     gateway=third if number == 3 else stage.host(number), interface=UPLINK,
                     mark=mark, sender=stage.host(number) if number == 3 else sender)  # fmt: skip

    truth = Truth(
        routes=(
            Route(destination=stage.network(1), protocol="static1", word="unreachable"),
            peer(1, 2), peer(1, 3),
            Route(destination=stage.network(1), protocol="kernel1", gateway=third,
                  interface=UPLINK, mark="", info="(10)"),
            peer(2, 2, "*"), peer(2, 3),
            peer(3, 2, "*"),
            Route(destination=stage.network(5), protocol="static1", gateway=third,
                  interface=UPLINK),
        ),
        facts=_FACTS,
    )  # fmt: skip
    recorder.record(daemon, truth, "show route count", "show route stats", "show route primary",
                    f"show route {stage.network(1)}", f"show route for {stage.host(9)}",
                    f"show route protocol {stage.name('Node', 3)}")  # fmt: skip


@scenario("empty-table")
def empty(stage: Stage, recorder: Recorder) -> None:
    """A daemon that knows no route, and has one protocol."""
    daemon = stage.bird(DEVICE)
    recorder.record(daemon, Truth(routes=(), protocols={"device1": "Device"}, facts=_FACTS),
                    "show route count", "show route stats")  # fmt: skip


@scenario("many-routes")
def many(stage: Stage, recorder: Recorder) -> None:
    """Three hundred routes from a peer: more than one turn of BIRD's event loop (64 networks)."""
    prefix = "198.18.{}.{}/32" if stage.family == 4 else "2001:db8:{}::{}/128"
    networks = [str(ipaddress.ip_network(prefix.format(n // 100, n % 100))) for n in range(300)]
    stage.peer(2, static(*(f"{n} blackhole" for n in networks)) + client(stage, 2))
    daemon = stage.bird(DEVICE + bgp(stage, stage.name("Mesh", 2), 2))
    truth = Truth(
        routes=tuple(
            Route(destination=network, protocol=stage.name("Mesh", 2), gateway=stage.host(2),
                  interface=UPLINK, info=f"(100) [AS{OTHER_AS}i]")
            for network in networks
        ),
        facts=_FACTS,
    )  # fmt: skip
    recorder.record(daemon, truth, "show route count",
                    standard=("show status", "show protocols", "show route"))  # fmt: skip


@scenario("suppressed")
def suppressed(stage: Stage, recorder: Recorder) -> None:
    """`deterministic med`: of the routes from one neighbour AS only the one with the lowest MED takes
    part in the choice; the others are suppressed, `(100-)`.
    """
    for number, med in ((2, 10), (3, 20), (4, 30)):
        export = f"filter {{ bgp_med = {med}; accept; }}"
        stage.peer(
            number, static(f"{stage.network(1)} blackhole") + client(stage, number, export=export)
        )
    daemon = stage.bird(
        DEVICE
        + "".join(bgp(stage, stage.name("Node", n), n, "deterministic med on") for n in (2, 3, 4))
    )

    def route(number: int, mark: str, preference: str) -> Route:
        return Route(
            destination=stage.network(1),
            protocol=stage.name("Node", number),
            gateway=stage.host(number),
            interface=UPLINK,
            mark=mark,
            info=f"({preference}) [AS{OTHER_AS}i]",
        )

    truth = Truth(
        routes=(route(2, "*", "100"), route(3, "", "100-"), route(4, "", "100-")), facts=_FACTS
    )
    recorder.record(daemon, truth)
