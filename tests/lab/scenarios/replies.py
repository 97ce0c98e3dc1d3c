"""Replies that are not a table: errors, several on one connection, cut off, or of a daemon that
is shutting down or reconfiguring.
"""

import time

from ..bgp import Open
from ..control import Control, CutShortError
from ..daemon import Daemon
from ..expected import Route, Session, Truth
from ..pieces import DEVICE, DIRECT, OTHER_AS, bgp, client, static
from ..recording import Recorder
from ..speaker import Manners, Speaker
from ..stage import AS, ROUTER_ID, Stage
from . import scenario

_FACTS: dict[str, object] = {"router_id": ROUTER_ID, "as": AS}


@scenario("error-replies")
def errors(stage: Stage, recorder: Recorder) -> None:
    """One error reply per file: 9001 for an empty and for an unknown command, 9002, 8003, 8001,
    8005 for a protocol that is down, 8007 after `restrict` (`restricted.raw`). Never 9000: BIRD
    1.6.8 closes the connection without a word when a command is longer than about 1 kB.
    """
    daemon = stage.bird(
        DEVICE + bgp(stage, "sleeping", 2, "disabled") + static(f"{stage.network(1)} blackhole")
    )
    codes = {
        "": "9001",
        "nonsense": "9001",
        "show protocols all nosuch": "9002",
        "show route all nosuch": "9001",
        "show protocols all master": "9002",
        'show protocols all "absent*"': "8003",
        f"show route for {'203.0.113.1' if stage.family == 4 else '2001:db8:ffff::1'}": "8001",
        f"show route {stage.network(77)}": "8001",
        "show route export sleeping": "8005",
        "show route table nosuch": "9001",
        "show protocols " + "x" * 65: "9001",
    }
    truth = Truth(
        sessions=(Session(name="sleeping", address=stage.host(2), asn=OTHER_AS,
                          states=("Down",)),),
        routes=(Route(destination=stage.network(1), protocol="static1", word="blackhole"),),
        texts={command: (f"{code} ",) for command, code in codes.items()},
        facts=_FACTS | {"final_codes": codes, "too_long_a_command": "connection reset, no reply"},
    )  # fmt: skip
    try:
        unexpected = daemon.ask(f"show protocols {'x' * 2000}")
    except CutShortError as reset:
        unexpected = reset.received
    assert not unexpected, unexpected
    recorder.record(daemon, truth, "show route protocol sleeping", raw_only=tuple(codes))
    recorder.session(daemon, "restricted", ("restrict", "configure", "disable all", "show status"))


@scenario("session")
def session(stage: Stage, recorder: Recorder) -> None:
    """One whole restricted connection in `session.raw`: greeting, `restrict`, `show status`, `show
    protocols all`, `show route`. `echo.raw`: the daemon's log lines (`+`) between and in replies.
    """
    stage.peer(2, static(f"{stage.network(1)} blackhole") + client(stage, 2))
    daemon = stage.bird(DEVICE + DIRECT + bgp(stage, stage.name("Mesh", 2), 2))
    truth = Truth(
        sessions=(Session(name=stage.name("Mesh", 2), address=stage.host(2), asn=OTHER_AS),),
        texts={"show route": (f"{stage.network(1)} ",)},
        facts=_FACTS | {"established": 1, "not_established": 0},
    )
    recorder.record(daemon, truth)
    whole = ("restrict", "show status", "show protocols all", "show route")
    recorder.session(daemon, "session", whole)
    name = stage.name("Mesh", 2)
    recorder.session(
        daemon, "echo",
        ("echo all", f"disable {name}", "show protocols", f"enable {name}", "show status"),
    )  # fmt: skip


@scenario("other-replies")
def others(stage: Stage, recorder: Recorder) -> None:
    """What an administrator's commands answer, on one connection in `commands.raw`: most of the
    codes of doc/reply_codes that no reporter asks for, so that none of them is a surprise. In
    `lost.raw` so many log lines are echoed that BIRD drops some: `<N messages lost>`.
    """
    stage.peer(2, static(f"{stage.network(1)} blackhole") + client(stage, 2))
    name = stage.name("Mesh", 2)
    statics = "".join(static(f"{stage.network(n)} blackhole", name=f"s{n}") for n in range(2, 30))
    kept = "roa table origins {{\n  roa {} max {} as 64512;\n}}\n".format(
        *((stage.network(1), 24) if stage.family == 4 else (stage.network(1), 48))
    )
    daemon = stage.bird(kept + DEVICE + DIRECT + bgp(stage, name, 2) + statics)
    truth = Truth(
        sessions=(Session(name=name, address=stage.host(2), asn=OTHER_AS),),
        protocols={"s2": "Static", "s29": "Static"},
        facts=_FACTS | {"established": 1, "not_established": 0},
    )
    recorder.record(daemon, truth)
    commands = (
        "show interfaces", "show interfaces summary", "show symbols s2", "show static s2",
        "show memory", "show roa", "show bfd sessions", "eval 1 + 1", "eval 1/0",
        "disable s2", "disable s2", "enable s2", "enable s2", "restart s2", "reload s2",
        f"reload {name}", "configure check", "configure soft", "configure confirm",
        "configure undo", 'configure "nosuch.conf"', "dump protocols nosuch", "show status",
    )  # fmt: skip
    recorder.session(daemon, "commands", commands)
    recorder.session(daemon, "lost", ("echo all 256", 'restart "s*"', "show status"))


@scenario("stopped-by-reconfiguration")
def stopped(stage: Stage, recorder: Recorder) -> None:
    """`stopped.raw`: a long `show route` during which the daemon takes a new configuration. Good
    rows, then `8004 Stopped due to reconfiguration`.
    """
    daemon = _with_long_table(stage, recorder)
    with Control(daemon.socket) as control:
        # Nothing is read until the new configuration is in force.
        # Only a protocol ties the reply to one configuration (nest/config.Y, running_on_config).
        control.send("show route protocol static1")
        time.sleep(0.3)
        daemon.ask("configure")
        received = control.read()
    assert received.endswith(b"8004 Stopped due to reconfiguration\n"), received[-200:]
    recorder.keep("stopped.raw", received)


@scenario("shutting-down")
def shutting_down(stage: Stage, recorder: Recorder) -> None:
    """`show status` and `show protocols` of a daemon that was told to stop and waits for a peer
    that does not read: `0013 Shutdown in progress`, one session in Close.
    """
    daemon = _with_deaf_peer(stage)
    daemon.ask("down")
    truth = Truth(
        sessions=(Session(name="deaf", address=stage.host(9), asn=OTHER_AS, states=("Close",),
                          protocol_states=("stop",)),),
        texts={"show status": ("0013 Shutdown in progress\n",)},
        facts=_FACTS | {"established": 0, "not_established": 1},
    )  # fmt: skip
    recorder.record(daemon, truth, raw_only=("configure",))


@scenario("reconfiguring")
def reconfiguring(stage: Stage, recorder: Recorder) -> None:
    """`0013 Reconfiguration in progress`: a new configuration removes a session whose peer does not
    read, so that the old one cannot be left yet.
    """
    daemon = _with_deaf_peer(stage)
    daemon.configure(daemon.configuration.partition("protocol bgp")[0])
    daemon.ask("configure")
    truth = Truth(
        sessions=(Session(name="deaf", address=stage.host(9), asn=OTHER_AS, states=("Close",),
                          protocol_states=("stop",)),),
        texts={"show status": ("0013 Reconfiguration in progress\n",)},
        facts=_FACTS | {"established": 0, "not_established": 1},
    )  # fmt: skip
    recorder.record(daemon, truth, standard=("show status", "show protocols",
                                             "show protocols all"), raw_only=("configure",))  # fmt: skip


@scenario("cut")
def cut(stage: Stage, recorder: Recorder) -> None:
    """`cut.raw`: a long `show route` whose daemon is killed in the middle. The bytes simply end,
    often at the end of a line: only the missing final code shows it.
    """
    daemon = _with_long_table(stage, recorder)
    with Control(daemon.socket) as control:
        # Nothing is read until the daemon is gone: its socket buffer holds the beginning.
        control.send("show route")
        time.sleep(0.3)
        daemon.kill()
        try:
            received = control.read()
        except CutShortError as error:
            received = error.received
    recorder.keep("cut.raw", received)


def _with_deaf_peer(stage: Stage) -> Daemon:
    deaf = Speaker(Open(family=stage.family, asn=OTHER_AS, router_id="10.4.0.9"), Manners.DEAF)
    stage.keep(deaf.serving(stage.outside, stage.neighbour(9)))
    stage.router.sysctl("net/ipv4/tcp_wmem", "4096 4096 4096")
    prefix = "198.19.{}.{}/32" if stage.family == 4 else "2001:db8:77:{}::{}/128"
    daemon = stage.bird(
        DEVICE
        + static(*(f"{prefix.format(n // 200, n % 200)} blackhole" for n in range(1500)))
        + bgp(stage, "deaf", 9, "export all")
    )
    stage.until(daemon, "deaf +BGP .*Established")
    time.sleep(0.5)  # the first updates fill the buffer
    return daemon


def _with_long_table(stage: Stage, recorder: Recorder) -> Daemon:
    """More routes than a socket's buffers hold. The standard replies are recorded without them."""
    prefix = "10.{}.{}.0/24" if stage.family == 4 else "2001:db8:{:x}:{:x}::/64"
    statics = static(*(f"{prefix.format(n // 200, n % 200)} blackhole" for n in range(20000)))
    daemon = stage.bird(DEVICE)
    recorder.record(daemon, Truth(routes=(), facts=_FACTS))
    daemon.configure(f"{daemon.configuration}{statics}")
    daemon.ask("configure")
    stage.until(daemon, "20000 of 20000 routes", command="show route count")
    return daemon
