"""`show route all`: BGP attributes of every kind, and the kernel's."""

import ipaddress
import struct

from .. import bgp as wire
from ..bgp import Open
from ..expected import Route, Truth
from ..pieces import DEVICE, DIRECT, LEARN, OTHER_AS, bgp, client, static
from ..recording import Recorder
from ..speaker import Speaker
from ..stage import AS, ROUTER_ID, UPLINK, Stage
from . import scenario

_FACTS: dict[str, object] = {"router_id": ROUTER_ID, "as": AS}


def _address(text: str) -> bytes:
    return ipaddress.IPv4Address(text).packed


def _communities(*pairs: tuple[int, int]) -> bytes:
    value = b"".join(struct.pack("!HH", *pair) for pair in pairs)
    return wire.attribute(wire.COMMUNITY, value, optional=True)


def _large(*triples: tuple[int, int, int]) -> bytes:
    value = b"".join(struct.pack("!III", *triple) for triple in triples)
    return wire.attribute(wire.LARGE_COMMUNITY, value, optional=True)


def _extended(*values: bytes) -> bytes:
    return wire.attribute(wire.EXT_COMMUNITY, b"".join(values), optional=True)


def _med(value: int) -> bytes:
    return wire.attribute(wire.MED, struct.pack("!I", value), optional=True, transitive=False)


def _play(
    stage: Stage, recorder: Recorder, asn: int, routes: dict[int, tuple[bytes, bytes]],
    texts: tuple[str, ...],
) -> None:  # fmt: skip
    """One speaker announces each network with its path and attributes; all must arrive."""
    messages = [
        wire.update([stage.network(number)], stage.host(2), path, attributes)
        for number, (path, attributes) in routes.items()
    ]
    speaker = Speaker(Open(family=stage.family, asn=asn, router_id="10.4.0.2"), messages=messages)
    stage.keep(speaker.serving(stage.outside, stage.neighbour(2)))
    name = stage.name("Node", 2)
    daemon = stage.bird(DEVICE + DIRECT + bgp(stage, name, 2, asn=asn))
    truth = Truth(
        routes=(
            Route(destination=stage.link, protocol="direct1", interface=UPLINK, info="(240)"),
            *(Route(destination=stage.network(n), protocol=name, gateway=stage.host(2),
                    interface=UPLINK) for n in routes),
        ),
        texts={"show route all": texts},
        facts=_FACTS,
    )  # fmt: skip
    recorder.record(daemon, truth)


@scenario("attributes")
def attributes(stage: Stage, recorder: Recorder) -> None:
    """Every attribute that an external peer can send: communities (standard, extended of known and
    unknown kinds, large), AS sets, MED, atomic aggregate, aggregator, and unknown attributes.
    """
    plain = wire.as_path((wire.AS_SEQUENCE, [OTHER_AS, 65001, 4200000001]))
    with_set = wire.as_path((wire.AS_SEQUENCE, [OTHER_AS]), (wire.AS_SET, [65010, 65011]))
    extended = (
        struct.pack("!BBHI", 0x00, 0x02, 64512, 100),  # RFC 4360: route target, 2-byte AS
        struct.pack("!BBHI", 0x00, 0x03, 64512, 200),  # route origin
        bytes([0x01, 0x02]) + _address("192.0.2.1") + b"\0\x07",  # route target, address
        struct.pack("!BBIH", 0x02, 0x02, 4200000001, 9),  # route target, 4-byte AS
        struct.pack("!BBHI", 0x03, 0x0B, 1, 2),  # opaque: BIRD prints it as generic
        struct.pack("!BBHI", 0x40, 0x04, 64512, 0x47000000),  # non-transitive: link bandwidth
        struct.pack("!BBHI", 0x00, 0x99, 64512, 300),  # unknown subtype
    )
    aggregator = wire.attribute(
        wire.AGGREGATOR, struct.pack("!I", 65010) + _address("192.0.2.7"), optional=True
    )
    routes = {
        1: (plain, b""),
        2: (plain, _med(77) + wire.attribute(wire.ATOMIC, b"") + aggregator),
        3: (with_set, _communities((64512, 1), (64512, 65535), (65535, 65281))),
        4: (plain, _extended(*extended)),
        5: (plain, _large((64512, 1, 2), (4200000001, 4294967295, 0))),
        6: (plain, wire.attribute(99, b"\x01\x02\xfe", optional=True)),
        7: (plain, wire.attribute(0x80, b"\xaa" * 40, optional=True)
            + wire.attribute(0x81, b"", optional=True)),
        8: (wire.as_path((wire.AS_SEQUENCE, [OTHER_AS]), (wire.AS_SET, [65010]),
                         (wire.AS_SEQUENCE, [65012])), b""),
    }  # fmt: skip
    texts = (
        "\tBGP.origin: IGP\n",
        f"\tBGP.as_path: {OTHER_AS} 65001 4200000001\n",
        f"\tBGP.as_path: {OTHER_AS} {{ 65010 65011 }}\n",
        "\tBGP.med: 77\n",
        "\tBGP.atomic_aggr: ",
        "\tBGP.aggregator: 192.0.2.7 AS65010\n",
        "\tBGP.community: (64512,1) (64512,65535) (65535,65281)\n",
        "(rt, 64512, 100)",
        "(ro, 64512, 200)",
        "(rt, 192.0.2.1, 7)",
        "(rt, 4200000001, 9)",
        "\tBGP.large_community: (64512, 1, 2) (4200000001, 4294967295, 0)\n",
        "BGP.63 [t]: 01 02 fe\n",
    )
    _play(stage, recorder, OTHER_AS, routes, texts)


@scenario("attributes-internal")
def internal(stage: Stage, recorder: Recorder) -> None:
    """What only an internal peer sends: local preference, originator id and cluster list (a route
    reflector), an empty path. Confederation segments (network 3) are taken out as they arrive:
    BIRD 1.6 knows no confederations, so that none can be shown.
    """
    local_pref = wire.attribute(wire.LOCAL_PREF, struct.pack("!I", 2147482623))
    originator = wire.attribute(
        wire.ORIGINATOR_ID, _address("10.9.9.1"), optional=True, transitive=False
    )
    clusters = wire.attribute(
        wire.CLUSTER_LIST, _address("10.9.9.9") + _address("10.9.9.8"), optional=True,
        transitive=False,
    )  # fmt: skip
    confederation = wire.as_path(
        (wire.CONFED_SEQUENCE, [64800, 64801]), (wire.CONFED_SET, [64802, 64803]),
        (wire.AS_SEQUENCE, [65001]),
    )  # fmt: skip
    routes = {
        1: (wire.as_path(), local_pref),
        2: (wire.as_path(), local_pref + originator + clusters),
        3: (confederation, local_pref),
        4: (wire.as_path((wire.AS_SEQUENCE, [65001, 65002])), local_pref + _med(4294967295)),
    }
    texts = (
        "\tBGP.local_pref: 2147482623\n",
        "\tBGP.originator_id: 10.9.9.1\n",
        "\tBGP.cluster_list: 10.9.9.9 10.9.9.8\n",
        "\tBGP.as_path: 65001\n",
        "\tBGP.med: 4294967295\n",
    )
    _play(stage, recorder, AS, routes, texts)


@scenario("origins")
def origins(stage: Stage, recorder: Recorder) -> None:
    """Each ORIGIN from BIRD itself: `[i]`, `[e]`, `[?]`, with and without an AS number."""
    words = {1: "ORIGIN_IGP", 2: "ORIGIN_EGP", 3: "ORIGIN_INCOMPLETE"}
    choose = "filter {{ {}accept; }}".format(
        "".join(f"if net = {stage.network(n)} then bgp_origin = {w}; " for n, w in words.items())
    )
    statics = static(*(f"{stage.network(n)} blackhole" for n in words))
    stage.peer(2, statics + client(stage, 2, export=choose))
    stage.peer(3, statics + client(stage, 3, asn=AS, export=choose))
    daemon = stage.bird(
        DEVICE + DIRECT
        + bgp(stage, stage.name("Global", 2), 2) + bgp(stage, stage.name("Mesh", 3), 3, asn=AS)
    )  # fmt: skip
    rows = [Route(destination=stage.link, protocol="direct1", interface=UPLINK)]
    for number, letter in ((1, "i"), (2, "e"), (3, "?")):
        # RFC 4271 9.1.2.2: the shorter path is best; the internal peer's is empty.
        rows += [
            Route(destination=stage.network(number), protocol=stage.name("Mesh", 3), mark="*",
                  gateway=stage.host(3), interface=UPLINK, info=f"(100/0) [{letter}]"),
            Route(destination=stage.network(number), protocol=stage.name("Global", 2), mark="",
                  gateway=stage.host(2), interface=UPLINK, info=f"(100) [AS{OTHER_AS}{letter}]"),
        ]  # fmt: skip
    recorder.record(daemon, Truth(routes=tuple(rows), facts=_FACTS))


@scenario("attributes-long")
def long(stage: Stage, recorder: Recorder) -> None:
    """Sets too long for a line: communities that continue on lines of two tabs, an AS path that is
    cut and ends in ` ...`, long extended and large communities, a long unknown attribute.
    """
    sequence = list(range(65001, 65251))
    long_path = wire.as_path((wire.AS_SEQUENCE, [OTHER_AS, *sequence]))
    short = wire.as_path((wire.AS_SEQUENCE, [OTHER_AS]))
    rt = [struct.pack("!BBHI", 0x00, 0x02, 64512, 1000000 + n) for n in range(60)]
    routes = {
        1: (long_path, b""),
        2: (short, _communities(*((64512, 10000 + n) for n in range(200)))),
        3: (short, _extended(*rt)),
        4: (short, _large(*((4200000001, 4000000000 + n, n) for n in range(60)))),
        5: (short, wire.attribute(99, bytes(range(256)) * 2, optional=True)),
        6: (long_path, _communities(*((64512, 10000 + n) for n in range(200)))),
    }
    texts = (" ...\n", "\n \t\t(64512,", "\n \t\t(rt, 64512, ", "\n \t\t(4200000001, ")
    _play(stage, recorder, OTHER_AS, routes, texts)


@scenario("kernel-attributes")
def kernel(stage: Stage, recorder: Recorder) -> None:
    """Routes learned from the kernel with metrics, sources, MTU and the other RTAX_* values, realms
    (IPv4 only) and locks; `Kernel.source` and `Kernel.metric` of the plain ones.
    """
    via = ("via", stage.neighbour(2))
    metrics = (
        "mtu", "1400", "advmss", "1360", "window", "5000", "rtt", "50ms", "rttvar", "30ms",
        "ssthresh", "20", "cwnd", "30", "initcwnd", "20", "initrwnd", "25", "reordering", "4",
        "hoplimit", "61", "rto_min", "300ms", "quickack", "1",
    )  # fmt: skip
    add = stage.router.route
    add(stage.network(1), *via, "proto", "static", *metrics, family=stage.family)
    add(stage.network(2), *via, "proto", "static", "mtu", "lock", "1300", family=stage.family)
    add(stage.network(3), *via, "proto", "80", "metric", "1024", "src", stage.host(1),
        family=stage.family)  # fmt: skip
    add(stage.network(4), *via, "proto", "static", "features", "ecn", family=stage.family)
    rows = [1, 2, 3, 4]
    texts: tuple[str, ...] = (
        "\tKernel.mtu: 1400\n", "\tKernel.advmss: 1360\n", "\tKernel.hoplimit: 61\n",
        "\tKernel.source: 80\n", "\tKernel.metric: 1024\n", f"\tKernel.prefsrc: {stage.host(1)}\n",
        "\tKernel.lock: mtu\n", "\tKernel.features: ecn\n",
    )  # fmt: skip
    if stage.family == 4:
        add(stage.network(5), *via, "proto", "static", "realm", "7")
        rows.append(5)
        texts += ("\tKernel.realm: 7\n",)
    daemon = stage.bird(DEVICE + LEARN)
    truth = Truth(
        routes=tuple(
            Route(destination=stage.network(n), protocol="kernel1", gateway=stage.host(2),
                  interface=UPLINK, info="(10)") for n in rows
        ),
        texts={"show route all": texts},
        facts=_FACTS,
    )  # fmt: skip
    recorder.record(daemon, truth)
