"""Sessions that are not up: who is absent, who waits, who was told to stop, and how far each got."""

import time
from functools import partial

from ..bgp import Open
from ..expected import Route, Session, Truth
from ..pieces import DEVICE, OTHER_AS, bgp, client, static
from ..recording import Recorder
from ..speaker import Manners, Speaker
from ..stage import AS, ROUTER_ID, Stage
from . import scenario

_FACTS: dict[str, object] = {"router_id": ROUTER_ID, "as": AS}


def _counts(established: int, others: int) -> dict[str, object]:
    return _FACTS | {"established": established, "not_established": others}


def unanswered(stage: Stage) -> str:
    """An address whose SYN is lost: sent to a host that does not forward."""
    gateway = stage.neighbour(250)
    lost = "203.0.113.9" if stage.family == 4 else "2001:db8:ffff::9"
    stage.router.route(f"{lost}/{stage.bits}", "via", gateway, family=stage.family)
    forwarding = "ipv4/ip_forward" if stage.family == 4 else "ipv6/conf/all/forwarding"
    stage.outside.sysctl(f"net/{forwarding}", "0")
    return lost


@scenario("unreachable-peers")
def unreachable(stage: Stage, recorder: Recorder) -> None:
    """Peers that cannot be reached: refused, no such host on the wire, no route, and a lost SYN."""
    refusing, absent = stage.neighbour(2), stage.host(77)
    nowhere = "192.0.2.1" if stage.family == 4 else "2001:db8:dead::1"
    lost = unanswered(stage)
    multihop = ("multihop", f"source address {stage.host(1)}")
    daemon = stage.bird(
        DEVICE
        + bgp(stage, stage.name("Mesh", 2), 2, "connect retry time 2", "multihop")
        + bgp(stage, stage.name("Node", 77, 1790), 77, "multihop",
              neighbor=f"neighbor {absent} port 1790 as {OTHER_AS}")
        + bgp(stage, "Global_nowhere", 0, *multihop, neighbor=f"neighbor {nowhere} as {OTHER_AS}")
        + bgp(stage, "Global_lost", 0, *multihop, neighbor=f"neighbor {lost} as {OTHER_AS}")
    )  # fmt: skip
    waiting = ("Connect", "Active")
    truth = Truth(
        sessions=(
            Session(name=stage.name("Mesh", 2), address=refusing, asn=OTHER_AS, states=waiting,
                    protocol_states=("start",), error="Socket: Connection refused"),
            Session(name=stage.name("Node", 77, 1790), address=absent, asn=OTHER_AS, states=waiting,
                    protocol_states=("start",), error="Socket: No route to host"),
            Session(name="Global_nowhere", address=nowhere, asn=OTHER_AS, states=waiting,
                    protocol_states=("start",), error="Socket: Network is unreachable"),
            Session(name="Global_lost", address=lost, asn=OTHER_AS, states=("Connect",),
                    protocol_states=("start",)),
        ),
        routes=(),
        facts=_counts(0, 4),
    )  # fmt: skip
    recorder.record(daemon, truth)


@scenario("passive-disabled-peers")
def passive_and_disabled(stage: Stage, recorder: Recorder) -> None:
    """Peers that wait or are off: passive, disabled in the configuration, disabled by a command
    without and with a text, and one whose other side is disabled.
    """
    off = "export none"
    stage.peer(2, client(stage, 2, "disabled"))
    for number in (5, 6):
        stage.peer(number, client(stage, number, export="none"))
    daemon = stage.bird(
        DEVICE
        + bgp(stage, stage.name("Mesh", 2), 2, "passive on", off)
        + bgp(stage, stage.name("Node", 3), 3, "disabled", off)
        + bgp(stage, stage.name("Global", 4), 4, "disabled", 'description "off for good"', off)
        + bgp(stage, "commanded", 5, off)
        + bgp(stage, "explained", 6, off)
        + "protocol static unused {\n  disabled;\n}\n"
    )
    stage.until(daemon, "commanded +BGP .*Established", "explained +BGP .*Established")
    daemon.ask("disable commanded")
    daemon.ask('disable explained "maintenance until noon"')
    down = partial(Session, asn=OTHER_AS, states=("Down",), protocol_states=("down",))
    truth = Truth(
        sessions=(
            Session(name=stage.name("Mesh", 2), address=stage.host(2), asn=OTHER_AS,
                    states=("Passive",), protocol_states=("start",)),
            down(name=stage.name("Node", 3), address=stage.host(3)),
            down(name=stage.name("Global", 4), address=stage.host(4), description="off for good"),
            down(name="commanded", address=stage.host(5)),
            down(name="explained", address=stage.host(6), message=b"maintenance until noon",
                    texts=("Message:        maintenance until noon",)),
        ),
        protocols={"unused": "Static"},
        facts=_counts(0, 5),
    )  # fmt: skip
    recorder.record(daemon, truth)


@scenario("states")
def states(stage: Stage, recorder: Recorder) -> None:
    """Every BGP state at once: Idle (in error wait), Connect, Active, OpenSent, OpenConfirm,
    Established, Passive, Down, and Close (a notification that the peer does not read).
    """
    lost = unanswered(stage)
    for number, manners in ((4, Manners.SILENT), (5, Manners.OPEN_ONLY)):
        speaker = Speaker(Open(family=stage.family, asn=OTHER_AS, router_id=f"10.4.0.{number}"),
                          manners)  # fmt: skip
        stage.keep(speaker.serving(stage.outside, stage.neighbour(number)))
    stage.peer(6, client(stage, 6, export="none"))
    stage.neighbour(3)
    # A wrong AS number is an error of the OPEN, after which BIRD waits in Idle.
    wrong = Speaker(Open(family=stage.family, asn=65000, router_id="10.4.0.2"))
    stage.keep(wrong.serving(stage.outside, stage.neighbour(2)))
    deaf = Speaker(Open(family=stage.family, asn=OTHER_AS, router_id="10.4.0.9"), Manners.DEAF)
    stage.keep(deaf.serving(stage.outside, stage.neighbour(9)))
    # The least send buffer, so that a few hundred routes fill it for good.
    stage.router.sysctl("net/ipv4/tcp_wmem", "4096 4096 4096")
    prefix = "198.19.{}.{}/32" if stage.family == 4 else "2001:db8:77:{}::{}/128"
    many = [f"{prefix.format(i // 200, i % 200)} blackhole" for i in range(1500)]
    daemon = stage.bird(
        DEVICE
        + static(*many)
        + bgp(stage, "peer_idle", 2, "error wait time 300,300", "export none")
        + bgp(stage, "peer_connecting", 0, "multihop", neighbor=f"neighbor {lost} as {OTHER_AS}")
        + bgp(stage, "peer_active", 3, "connect retry time 300", "export none")
        + bgp(stage, "peer_opensent", 4, "export none")
        + bgp(stage, "peer_openconfirm", 5, "export none")
        + bgp(stage, "peer_established", 6, "export none")
        + bgp(stage, "peer_passive", 7, "passive on", "export none")
        + bgp(stage, "peer_down", 8, "disabled", "export none")
        + bgp(stage, "peer_closing", 9, "export all")
    )
    stage.until(daemon, "peer_closing +BGP .*Established", "peer_idle +BGP .*Idle")
    time.sleep(0.5)  # the first updates fill the buffer
    daemon.ask("disable peer_closing")

    def session(name: str, number: int, state: str, *protocol_states: str) -> Session:
        return Session(name=name, address=stage.host(number), asn=OTHER_AS, states=(state,),
                       protocol_states=protocol_states)  # fmt: skip

    truth = Truth(
        sessions=(
            Session(name="peer_idle", address=stage.host(2), asn=OTHER_AS, states=("Idle",),
                    protocol_states=("start",), error="BGP Error: Bad peer AS"),
            Session(name="peer_connecting", address=lost, asn=OTHER_AS, states=("Connect",),
                    protocol_states=("start",)),
            Session(name="peer_active", address=stage.host(3), asn=OTHER_AS, states=("Active",),
                    protocol_states=("start",), error="Socket: Connection refused"),
            session("peer_opensent", 4, "OpenSent", "start"),
            session("peer_openconfirm", 5, "OpenConfirm", "start"),
            session("peer_established", 6, "Established", "up"),
            session("peer_passive", 7, "Passive", "start"),
            session("peer_down", 8, "Down", "down"),
            session("peer_closing", 9, "Close", "stop"),
        ),
        facts=_counts(1, 8),
    )  # fmt: skip
    recorder.record(daemon, truth, standard=("show status", "show protocols", "show protocols all"))


@scenario("connect-delay")
def connect_delay(stage: Stage, recorder: Recorder) -> None:
    """Timers of a start: `Connect delay:` of a session not tried yet, `Error wait:` of one that failed."""
    stage.neighbour(3)
    wrong = Speaker(Open(family=stage.family, asn=65000, router_id="10.4.0.2"))
    stage.keep(wrong.serving(stage.outside, stage.neighbour(2)))
    daemon = stage.bird(
        DEVICE
        + bgp(stage, "delayed", 3, "connect delay time 600", "export none")
        + bgp(stage, "failed", 2, "error wait time 600,600", "export none")
    )
    truth = Truth(
        sessions=(
            Session(name="delayed", address=stage.host(3), asn=OTHER_AS, states=("Active",),
                    protocol_states=("start",), texts=("\n     Connect delay:    ",)),
            Session(name="failed", address=stage.host(2), asn=OTHER_AS, states=("Idle",),
                    protocol_states=("start",), error="BGP Error: Bad peer AS",
                    texts=("\n     Error wait:       ",)),
        ),
        facts=_counts(0, 2),
    )  # fmt: skip
    recorder.record(daemon, truth)


@scenario("session-kinds")
def kinds(stage: Stage, recorder: Recorder) -> None:
    """Established sessions of each kind: external, internal, multihop, route reflector with its
    client's cluster, route server, with a route limit, without 4-byte AS numbers, with add-path.
    """
    stage.peer(2, client(stage, 2, "add paths on"))
    stage.peer(3, client(stage, 3, asn=AS))
    stage.peer(4, client(stage, 4, asn=AS))
    stage.peer(5, client(stage, 5))
    stage.peer(6, client(stage, 6, "multihop", "enable as4 off", "enable route refresh off"))
    stage.peer(7, client(stage, 7, "graceful restart", "long lived graceful restart on",
                         "enable extended messages on"))  # fmt: skip
    daemon = stage.bird(
        DEVICE
        + bgp(stage, "exter", 2, "add paths on")
        + bgp(stage, "inter", 3, asn=AS)
        + bgp(stage, "reflected", 4, "rr client", "rr cluster id 10.9.9.9", asn=AS)
        + bgp(stage, "served", 5, "rs client")
        + bgp(stage, "ancient", 6, "multihop", "import limit 10 action block", "route limit 10")
        + bgp(stage, "gracious", 7, "graceful restart", "long lived graceful restart on",
              "enable extended messages on", "import keep filtered")
    )  # fmt: skip

    def session(name: str, number: int, asn: int, *texts: str) -> Session:
        return Session(name=name, address=stage.host(number), asn=asn, protocol_states=("up",),
                       texts=texts)  # fmt: skip

    truth = Truth(
        sessions=(
            session("exter", 2, OTHER_AS, "external AS4 add-path-rx add-path-tx"),
            session("inter", 3, AS, "Session:          internal multihop AS4\n"),
            session("reflected", 4, AS, "internal multihop route-reflector"),
            session("served", 5, OTHER_AS, "external route-server"),
            session("ancient", 6, OTHER_AS, "external multihop\n", "Route limit:      0/10"),
            session("gracious", 7, OTHER_AS, "0 imported, 0 filtered, 0 exported"),
        ),
        routes=(),
        facts=_counts(6, 0),
    )
    recorder.record(daemon, truth)


@scenario("link-local-peer", families=(6,))
def link_local(stage: Stage, recorder: Recorder) -> None:
    """A neighbour by its link-local address, printed with its interface. IPv6 only: IPv4 sessions
    have no scope that BIRD 1.6 would print.
    """
    own, other = "fe80::1", "fe80::2"
    stage.router.address(f"{own}/64", "eth0")
    far = stage.far
    stage.outside.address(f"{other}/64", far)
    stage.peer(
        2,
        static(f"{stage.network(1)} blackhole")
        + f"protocol bgp core {{\n  local {other} as {OTHER_AS};\n"
        f"  neighbor {own}%{far} as {AS};\n  passive on;\n  import all;\n  export all;\n}}\n",
        listen=stage.anywhere.partition("/")[0],
    )
    daemon = stage.bird(
        DEVICE + f"protocol bgp Node_fe80__2 {{\n  local {own} as {AS};\n"
        f"  neighbor {other}%eth0 as {OTHER_AS};\n  connect delay time 1;\n  export none;\n}}\n"
        + f"protocol bgp waiting {{\n  local as {AS};\n"
        f"  neighbor fe80::99 % 'eth0' as {OTHER_AS};\n  passive on;\n  export none;\n}}\n"
    )
    truth = Truth(
        sessions=(
            Session(name="Node_fe80__2", address=other, interface="eth0", asn=OTHER_AS,
                    protocol_states=("up",)),
            Session(name="waiting", address="fe80::99", interface="eth0", asn=OTHER_AS,
                    states=("Passive",)),
        ),
        routes=(Route(destination=stage.network(1), protocol="Node_fe80__2", gateway=other,
                      interface="eth0", info=f"(100) [AS{OTHER_AS}i]"),),
        facts=_counts(1, 1),
    )  # fmt: skip
    recorder.record(daemon, truth)


@scenario("protocol-details")
def details(stage: Stage, recorder: Recorder) -> None:
    """The rarer lines of a protocol: a router id of its own, the default VRF, filters by name,
    routes kept though filtered (`show route filtered`), a preference of its own.
    """
    announced = [stage.network(n) for n in (1, 2, 3)]
    stage.peer(2, static(*(f"{n} blackhole" for n in announced)) + client(stage, 2))
    name = stage.name("Node", 2)
    refuse = f"filter not_the_first {{\n  if net = {announced[0]} then reject;\n  accept;\n}}\n"
    options = (
        "router id 10.77.7.7",
        "vrf default",
        "preference 123",
        "import filter not_the_first",
        "import keep filtered",
        "export filter not_the_first",
        'description "all of them"',
    )
    daemon = stage.bird(refuse + DEVICE + bgp(stage, name, 2, *options))
    texts = (
        "   Router ID:      10.77.7.7\n",
        "   VRF:            default\n",
        "   Preference:     123\n",
        "   Input filter:   not_the_first\n",
        "   Output filter:  not_the_first\n",
        "   Routes:         2 imported, 1 filtered, 0 exported, 2 preferred\n",
    )
    truth = Truth(
        sessions=(
            Session(
                name=name,
                address=stage.host(2),
                asn=OTHER_AS,
                protocol_states=("up",),
                description="all of them",
                texts=texts,
            ),
        ),
        routes=tuple(
            Route(
                destination=network,
                protocol=name,
                gateway=stage.host(2),
                interface="eth0",
                info=f"(123) [AS{OTHER_AS}i]",
            )
            for network in announced[1:]
        ),
        texts={"show route filtered": (f"{announced[0]} ",)},
        facts=_counts(1, 0),
    )
    recorder.record(daemon, truth, "show route filtered", f"show route noexport {name}")
