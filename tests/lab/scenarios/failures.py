"""Sessions that failed: the last errors of each class, and routes over a limit."""

import time

from .. import bgp as wire
from ..bgp import Open
from ..expected import Session, Truth
from ..pieces import DEVICE, OTHER_AS, bgp, client, static
from ..recording import Recorder
from ..speaker import Manners, Speaker
from ..stage import AS, ROUTER_ID, Stage
from . import scenario

_WAIT = "error wait time 300,300"


def _speaker(stage: Stage, number: int, *, calls: bool = False) -> Speaker:
    speaker = Speaker(Open(family=stage.family, asn=OTHER_AS, router_id=f"10.4.0.{number}"))
    address = stage.neighbour(number)
    if calls:
        return stage.keep(speaker.calling(stage.outside, address, stage.host(1)))
    return stage.keep(speaker.serving(stage.outside, address))


def _on(stage: Stage, wire: int, host: int) -> str:
    return f"10.{wire}.0.{host}" if stage.family == 4 else f"fd5c:{wire}::{host}"


def _wire(stage: Stage, number: int) -> str:
    """A further wire with a neighbour on it; returns the name of its far end."""
    far = stage.interface(f"eth{number}", f"{_on(stage, number, 1)}/{stage.on_link}")
    stage.outside.address(f"{_on(stage, number, 2)}/{stage.on_link}", far)
    opening = Open(family=stage.family, asn=OTHER_AS, router_id=f"10.{number}.0.2")
    stage.keep(Speaker(opening).serving(stage.outside, _on(stage, number, 2)))
    return far


@scenario("last-errors")
def last_errors(stage: Stage, recorder: Recorder) -> None:
    """A last error of each class, in the info column and in the details: `Error:` (an interface
    that went down, a cable that was pulled), `Socket:`, `Received:` with a known and an unknown
    code and an administrative shutdown, `BGP Error:` and `Automatic shutdown:`.
    """
    notified = {
        3: wire.notification(6, 4),
        4: wire.notification(99, 7),
        5: wire.shutdown_message(b"see you tomorrow"),
        6: wire.notification(4, 0),
    }
    # After a Cease or a closed connection BIRD tries again at once (proto/bgp/packets.c,
    # bgp_rx_notification), so the router of these sessions only waits: its last error then stays.
    speakers = {number: _speaker(stage, number, calls=True) for number in (*notified, 7)}
    speakers[8] = _speaker(stage, 8)
    _wire(stage, 8)
    unplugged = _wire(stage, 9)
    flood = [f"{stage.network(number)} blackhole" for number in range(1, 9)]
    stage.peer(9, static(*flood) + client(stage, 9))
    stage.neighbour(10)
    quiet = Open(family=stage.family, asn=OTHER_AS, router_id="10.4.0.11", hold_time=3)
    deaf = Speaker(quiet, Manners.DEAF).serving(stage.outside, stage.neighbour(11))
    stage.keep(deaf)
    daemon = stage.bird(
        DEVICE
        + bgp(stage, "fell_silent", 11, _WAIT)
        + bgp(
            stage,
            "downed",
            0,
            _WAIT,
            f"local {_on(stage, 8, 1)} as {AS}",
            neighbor=f"neighbor {_on(stage, 8, 2)} as {OTHER_AS}",
        )
        + bgp(
            stage,
            "unplugged",
            0,
            _WAIT,
            f"local {_on(stage, 9, 1)} as {AS}",
            "check link on",
            neighbor=f"neighbor {_on(stage, 9, 2)} as {OTHER_AS}",
        )
        + bgp(stage, "reset_by_command", 3, "passive on", "error wait time 1,1")
        + bgp(stage, "odd_code", 4, "passive on", "error wait time 1,1")
        + bgp(stage, "told_to_go", 5, "passive on", "error wait time 1,1")
        + bgp(stage, "hold_expired", 6, "passive on", "error wait time 1,1")
        + bgp(stage, "hung_up", 7, "passive on", "error wait time 1,1")
        + bgp(stage, "bad_update", 8, _WAIT)
        + bgp(stage, "too_many", 9, "import limit 5 action disable")
        + bgp(stage, "refused", 10, "connect retry time 300")
    )
    stage.until(daemon, *(f"{name} +BGP .*Established" for name in
                          ("reset_by_command", "odd_code", "told_to_go", "hold_expired",
                           "hung_up", "bad_update", "downed", "unplugged")))  # fmt: skip
    for number, message in notified.items():
        speakers[number].say(message)
    speakers[7].hang_up()
    # An UPDATE whose attribute length is longer than the message: RFC 4271 6.3, subcode 1.
    speakers[8].say(wire.message(wire.UPDATE, b"\0\0\xff\xff"))
    stage.router.ip("link", "set", "eth8", "down")
    stage.outside.ip("link", "set", unplugged, "down")

    def session(name: str, number: int, error: str, *states: str, down: bool = False) -> Session:
        return Session(name=name, address=stage.host(number), asn=OTHER_AS,
                       states=states or (("Down",) if down else ("Idle",)),
                       protocol_states=("down",) if down else ("start",), error=error)  # fmt: skip

    truth = Truth(
        sessions=(
            Session(name="downed", address=_on(stage, 8, 2), asn=OTHER_AS, states=("Idle",),
                    protocol_states=("start",), error="Error: Neighbor lost"),
            Session(name="unplugged", address=_on(stage, 9, 2), asn=OTHER_AS, states=("Idle",),
                    protocol_states=("start",), error="Error: Link down"),
            session("reset_by_command", 3, "Received: Administrative reset", "Passive"),
            session("odd_code", 4, "Received: Unknown error 99.7", "Passive"),
            Session(name="told_to_go", address=stage.host(5), asn=OTHER_AS, states=("Passive",),
                    protocol_states=("start",), error="Received: Administrative shutdown",
                    message=b"see you tomorrow", texts=("Message:        see you tomorrow\n",)),
            session("hold_expired", 6, "Received: Hold timer expired", "Passive"),
            session("hung_up", 7, "Socket: Connection closed", "Passive"),
            session("fell_silent", 11, "BGP Error: Hold timer expired"),
            session("bad_update", 8, "BGP Error: Malformed attribute list"),
            session("too_many", 9, "Automatic shutdown: Route limit exceeded", down=True),
            session("refused", 10, "Socket: Connection refused", "Active"),
        ),
        facts={"router_id": ROUTER_ID, "as": AS, "established": 0, "not_established": 11},
    )  # fmt: skip
    recorder.record(daemon, truth)


@scenario("limits")
def limits(stage: Stage, recorder: Recorder) -> None:
    """Routes over a receive, import and export limit, with each action: warn, block, restart,
    disable. `[HIT]` where the session stays; an error text where it does not.
    """
    kinds, actions = ("receive", "import", "export"), ("warn", "block", "restart", "disable")
    flood = [f"{stage.network(number)} blackhole" for number in range(1, 7)]
    plan = [(kind, action) for kind in kinds for action in actions]
    for number, (kind, _) in enumerate(plan, 2):
        announces = static(*flood) if kind != "export" else ""
        stage.peer(number, announces + client(stage, number, export="where source = RTS_STATIC"))
    own = "198.51.100.{}/32" if stage.family == 4 else "2001:db8:f00::{}/128"
    local = static(*(f"{own.format(n)} blackhole" for n in range(6)))
    sessions = "".join(
        bgp(stage, f"{kind}_{action}", number, f"{kind} limit 5 action {action}", _WAIT,
            f"export {'where source = RTS_STATIC' if kind == 'export' else 'none'}",
            f"import {'none' if kind == 'export' else 'all'}")
        for number, (kind, action) in enumerate(plan, 2)
    )  # fmt: skip
    daemon = stage.bird(
        DEVICE
        + local
        + sessions
        + bgp(stage, "not_hit", 20, "receive limit 9 action block", "import limit 8",
              "export limit 7 action warn", "passive on")
    )  # fmt: skip

    def session(number: int, kind: str, action: str) -> Session:
        head = f"{kind.capitalize() + ' limit:':16}5"
        stays = action in ("warn", "block")
        state, column = ("Established", "up") if stays else ("Idle", "start")
        if action == "disable":
            state, column = "Down", "down"
        hit = " [HIT]" if stays else ""
        return Session(
            name=f"{kind}_{action}", address=stage.host(number), asn=OTHER_AS, states=(state,),
            protocol_states=(column,), texts=(f"{head}{hit}", f"     Action:       {action}\n"),
            error=None if stays else "Automatic shutdown: Route limit exceeded",
        )  # fmt: skip

    truth = Truth(
        sessions=(
            *(session(number, *one) for number, one in enumerate(plan, 2)),
            Session(name="not_hit", address=stage.host(20), asn=OTHER_AS, states=("Passive",)),
        ),
        facts={"router_id": ROUTER_ID, "as": AS, "established": 6, "not_established": 7},
    )
    recorder.record(daemon, truth)


def _gracious(*more: str) -> tuple[str, ...]:
    return ("graceful restart", "error wait time 1,2", *more)


@scenario("graceful-restart-recovery")
def recovery(stage: Stage, recorder: Recorder) -> None:
    """A daemon started with `-R` that waits for its peers: `0024` lines in `show status`, `GR
    recovery: pending waiting`, a peer that is Established while its protocol is in `wait`.
    """
    stage.peer(2, static(f"{stage.network(1)} blackhole") + client(stage, 2, *_gracious()))
    speaker = Speaker(
        Open(family=stage.family, asn=OTHER_AS, router_id="10.4.0.3",
             # RFC 4724: it restarted (R), keeps forwarding (F), and never sends its End-of-RIB.
             capabilities=((64, b"\x80\x78\x00" + (b"\1" if stage.family == 4 else b"\2")
                            + b"\1\x80"),)),
    )  # fmt: skip
    stage.keep(speaker.serving(stage.outside, stage.neighbour(3)))
    daemon = stage.bird(
        DEVICE
        + "protocol kernel {\n  scan time 1;\n  persist;\n  graceful restart;\n  export all;\n}\n"
        + bgp(stage, stage.name("Mesh", 2), 2, *_gracious())
        + bgp(stage, stage.name("Mesh", 3), 3, *_gracious())
        + bgp(stage, stage.name("Mesh", 4), 4, *_gracious(), "passive on"),
        recover=True,
    )
    truth = Truth(
        sessions=(
            Session(name=stage.name("Mesh", 2), address=stage.host(2), asn=OTHER_AS,
                    states=("Established",)),
            Session(name=stage.name("Mesh", 3), address=stage.host(3), asn=OTHER_AS,
                    states=("Established",), texts=("GR recovery:",)),
            Session(name=stage.name("Mesh", 4), address=stage.host(4), asn=OTHER_AS,
                    states=("Passive",), protocol_states=("start",),
                    texts=("GR recovery:  ",)),
        ),
        texts={"show status": ("0024-Graceful restart recovery in progress\n",
                               "   Waiting for ", " protocols to recover\n",
                               "   Wait timer is ", "/240\n")},
        facts={"router_id": ROUTER_ID, "as": AS, "established": 2, "not_established": 1},
    )  # fmt: skip
    recorder.record(daemon, truth)


@scenario("graceful-restart-helper")
def helper(stage: Stage, recorder: Recorder) -> None:
    """Peers that crashed and may come back: `Neighbor graceful restart active` with its restart
    timer, and with its long-lived stale timer; the routes kept for them are stale.
    """
    for number, extra in ((2, ()), (3, ("long lived graceful restart on", "graceful restart time 1",
                                        "long lived stale time 3000"))):  # fmt: skip
        daemon = stage.peer(number, static(f"{stage.network(number)} blackhole")
                            + client(stage, number, *_gracious(*extra)))  # fmt: skip
        if number == 2:
            restarting = daemon
        else:
            long_gone = daemon
    daemon = stage.bird(
        DEVICE
        + bgp(stage, stage.name("Mesh", 2), 2, *_gracious())
        + bgp(stage, stage.name("Mesh", 3), 3, *_gracious("long lived graceful restart on"))
    )
    stage.until(daemon, rf"{stage.network(2)}", rf"{stage.network(3)}", command="show route")
    restarting.kill()
    long_gone.kill()
    time.sleep(1.5)
    waiting = ("Connect", "Active", "Idle")
    truth = Truth(
        sessions=(
            Session(name=stage.name("Mesh", 2), address=stage.host(2), asn=OTHER_AS,
                    states=waiting, protocol_states=("start",),
                    texts=("     Neighbor graceful restart active\n",
                           "     Restart timer:    ")),
            Session(name=stage.name("Mesh", 3), address=stage.host(3), asn=OTHER_AS,
                    states=waiting, protocol_states=("start",),
                    texts=("     Neighbor graceful restart active\n",
                           "     LL stale timer:   ")),
        ),
        texts={"show route": (f"{stage.network(2)} ", f"{stage.network(3)} ", "] * (100s) [AS",
                              )},
        facts={"router_id": ROUTER_ID, "as": AS, "established": 0, "not_established": 2,
               "stale_destinations": [stage.network(2), stage.network(3)]},
    )  # fmt: skip
    recorder.record(daemon, truth)
