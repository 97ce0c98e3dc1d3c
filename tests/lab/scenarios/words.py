"""Words that people and remote peers choose: names, descriptions, shutdown messages, time formats."""

from ..bgp import Open, shutdown_message
from ..expected import Route, Session, Truth
from ..pieces import DEVICE, DIRECT, LEARN, OTHER_AS, bgp, client, static
from ..recording import Recorder
from ..speaker import Speaker
from ..stage import AS, ROUTER_ID, UPLINK, Stage
from . import scenario

_FACTS: dict[str, object] = {"router_id": ROUTER_ID, "as": AS}
_SIXTY = "Mesh_" + "n" * 55
_LONG_TABLE = "table_with_a_name_that_overflows_its_column"


@scenario("odd-names")
def names(stage: Stage, recorder: Recorder) -> None:
    """Protocol names that look like states, types, addresses or nothing known; names and tables
    wider than their columns; interface names of fifteen characters.
    """
    peers = {
        2: "up", 3: "BGP", 4: "10.4.0.5", 5: "peer.with:colon-1", 6: _SIXTY, 7: "Established",
        8: stage.name("Local_Workload", 8), 9: stage.name("Node", 9, 1790), 10: "Mesh_", 11: "a",
    }  # fmt: skip
    for number in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11):
        stage.peer(number, static(f"{stage.network(number)} blackhole") + client(stage, number))
    far = stage.interface("longest-name.15")
    own = "10.5.0.1/24" if stage.family == 4 else "fd5c:5::1/64"
    linked = "10.5.0.0/24" if stage.family == 4 else "fd5c:5::/64"
    stage.router.address(own, "longest-name.15")
    stage.router.ip("link", "set", "longest-name.15", "up")
    del far
    daemon = stage.bird(
        f"table {_LONG_TABLE};\n"
        + DEVICE + DIRECT
        + "".join(bgp(stage, name, number) for number, name in peers.items())
        + f"protocol static 'feed' {{\n  table {_LONG_TABLE};\n"
        f"  route {stage.network(20)} blackhole;\n}}\n"
        + f"protocol static 'since.info' {{\n  route {stage.network(21)} via \"longest-name.15\";\n}}\n"
    )  # fmt: skip
    truth = Truth(
        sessions=tuple(
            Session(name=name, address=stage.host(number), asn=OTHER_AS, protocol_states=("up",))
            for number, name in peers.items()
        ),
        routes=(
            *(Route(destination=stage.network(number), protocol=name, gateway=stage.host(number),
                    interface=UPLINK, info=f"(100) [AS{OTHER_AS}i]")
              for number, name in peers.items()),
            Route(destination=stage.network(21), protocol="since.info",
                  interface="longest-name.15", info="(200)"),
            Route(destination=stage.link, protocol="direct1", interface=UPLINK, info="(240)"),
            Route(destination=linked, protocol="direct1", interface="longest-name.15",
                  info="(240)"),
        ),
        protocols={"feed": "Static", "since.info": "Static"},
        texts={f"show route table {_LONG_TABLE}": ("blackhole [feed ",)},
        facts=_FACTS | {"established": len(peers), "not_established": 0},
    )  # fmt: skip
    recorder.record(daemon, truth, f"show route table {_LONG_TABLE}")


@scenario("descriptions")
def descriptions(stage: Stage, recorder: Recorder) -> None:
    """Descriptions that read like other lines, hold terminal control sequences or bytes that are
    not UTF-8, are empty, some 450 bytes, and 1,100 bytes: BIRD then says `8000-<line overflow>`.
    """
    texts = {
        2: "BGP state:          Idle",
        3: "  Neighbor address: 192.0.2.66",
        4: "1002-faked    BGP      master   up     2026-01-01  Established",
        5: "0000 ",
        6: "\x1b[31mred\x1b[0m \x1b]0;title\x07",
        7: "caf\udce9 \udcff\udcfe",
        8: "d" * 450,
        10: "tab\there | pipe \\ backslash 'quotes'",
    }
    quoted = {number: f'description "{text}"' for number, text in texts.items()}
    long_line = 'description "' + "o" * 1100 + '"'
    daemon = stage.bird(
        DEVICE
        + "".join(bgp(stage, f"Node_{n}", n, text, "disabled") for n, text in quoted.items())
        + bgp(stage, "Node_9", 9, long_line, "disabled")
        + bgp(stage, "Node_11", 11, 'description ""', "passive on")
    )
    truth = Truth(
        sessions=(
            *(Session(name=f"Node_{n}", address=stage.host(n), asn=OTHER_AS, states=("Down",),
                      protocol_states=("down",), description=text)
              for n, text in texts.items()),
            Session(name="Node_11", address=stage.host(11), asn=OTHER_AS, states=("Passive",)),
        ),
        texts={"show protocols all": ("8000-<line overflow>\n",)},
        facts=_FACTS | {"established": 0, "not_established": len(texts) + 2, "overflow": "Node_9"},
    )  # fmt: skip
    recorder.record(daemon, truth)


@scenario("shutdown-messages")
def messages(stage: Stage, recorder: Recorder) -> None:
    """RFC 8203 texts from remote peers: one that imitates BIRD's own lines across line feeds, one
    with terminal control sequences, one that is not UTF-8, an empty one, the longest, and BIRD's.
    """
    texts = {
        2: b"up\n1006-  BGP state:          Established\n0000 \n",
        3: b"\x1b[2J\x1b[31mowned\x1b[0m \x1b]0;title\x07 \r\x08\x7f",
        4: b"\xff\xfe caf\xe9 \x80 \xc3\x28",
        5: b"",
        6: b"m" * 128,
        7: b"Neighbor address: 192.0.2.66\0 after nul",
    }
    speakers = {}
    for number in texts:
        opening = Open(family=stage.family, asn=OTHER_AS, router_id=f"10.4.0.{number}")
        speakers[number] = stage.keep(
            Speaker(opening).calling(stage.outside, stage.neighbour(number), stage.host(1))
        )
    other = stage.peer(9, client(stage, 9, export="none"))
    waits = ("passive on", "error wait time 1,1", "export none")
    daemon = stage.bird(
        DEVICE
        + "".join(bgp(stage, stage.name("Mesh", n), n, *waits) for n in texts)
        + bgp(stage, stage.name("Mesh", 9), 9, "export none")
    )
    stage.until(daemon, *(f"{stage.name('Mesh', n)} +BGP .*Established" for n in (*texts, 9)))
    for number, text in texts.items():
        speakers[number].say(shutdown_message(text))
    other.ask('disable core "back at noon"')

    def session(number: int, text: bytes, *states: str) -> Session:
        return Session(name=stage.name("Mesh", number), address=stage.host(number), asn=OTHER_AS,
                       states=states, protocol_states=("start",), message=text,
                       texts=("Message:        ",) if text else ())  # fmt: skip

    truth = Truth(
        sessions=(
            *(session(number, text, "Passive") for number, text in texts.items()),
            session(9, b"back at noon", "Idle", "Connect", "Active"),
        ),
        texts={"show protocols all": ("Message:        back at noon\n",)},
        facts=_FACTS | {"established": 0, "not_established": len(texts) + 1},
    )
    recorder.record(daemon, truth)


def _times(
    stage: Stage, recorder: Recorder, formats: str, texts: dict[str, tuple[str, ...]]
) -> None:
    stage.peer(2, static(f"{stage.network(1)} blackhole") + client(stage, 2))
    daemon = stage.bird(
        formats + DEVICE + DIRECT + LEARN + static(f"{stage.network(2)} unreachable")
        + bgp(stage, stage.name("Mesh", 2), 2) + bgp(stage, "Node_off", 3, "disabled")
    )  # fmt: skip
    truth = Truth(
        sessions=(
            Session(name=stage.name("Mesh", 2), address=stage.host(2), asn=OTHER_AS),
            Session(name="Node_off", address=stage.host(3), asn=OTHER_AS, states=("Down",)),
        ),
        texts={
            "show route": (f"{stage.network(1)} ", f"{stage.network(2)} ", f"{stage.link} "),
            **texts,
        },
        facts=_FACTS | {"established": 1, "not_established": 1, "formats": formats},
    )
    recorder.record(daemon, truth)


def _all(form: str) -> str:
    return "".join(f"timeformat {what} {form};\n" for what in ("base", "protocol", "route"))


@scenario("times-iso-long")
def iso_long(stage: Stage, recorder: Recorder) -> None:
    """`timeformat ... iso long`: date and time with a space between them, everywhere."""
    _times(stage, recorder, _all("iso long"), {})


@scenario("times-old-short")
def old_short(stage: Stage, recorder: Recorder) -> None:
    """`timeformat ... old short`, the form of BIRD before 1.4: `HH:MM`, `MonDD`, `YYYY`."""
    _times(stage, recorder, _all("old short"), {})


@scenario("times-old-long")
def old_long(stage: Stage, recorder: Recorder) -> None:
    """`timeformat ... old long`: `DD-MM-YYYY HH:MM:SS`."""
    _times(stage, recorder, _all("old long"), {})


@scenario("times-date-only")
def dates(stage: Stage, recorder: Recorder) -> None:
    """What a daemon older than 20 hours prints, by a format with a limit of one second: dates."""
    _times(stage, recorder, _all('"%T" 1 "%F"'), {})


@scenario("times-words")
def words(stage: Stage, recorder: Recorder) -> None:
    """A format with spaces, a weekday, a month name and a zone."""
    _times(stage, recorder, _all('"%a %d %b %Y, %H:%M:%S %Z"'), {})


@scenario("times-brackets")
def brackets(stage: Stage, recorder: Recorder) -> None:
    """A format that prints what a route row has after its time: `18:44:21 [UTC] * (1)`."""
    _times(stage, recorder, _all('"%a %d, %T [%Z] * (1)"'), {"show route": ("] * (1)] * (200)",)})


@scenario("times-from")
def senders(stage: Stage, recorder: Recorder) -> None:
    """A format that imitates the sender of a route: `from 192.0.2.66`."""
    _times(stage, recorder, _all('"%T from 192.0.2.66"'), {"show route": (" from 192.0.2.66] ",)})


@scenario("times-empty")
def empty(stage: Stage, recorder: Recorder) -> None:
    """An empty format: `[static1 ] * (200)`, and rows of `show protocols` without a time."""
    _times(stage, recorder, _all('""'), {"show route": ("[static1 ] * (200)",)})


@scenario("times-space")
def spaces(stage: Stage, recorder: Recorder) -> None:
    """A format that ends in a space."""
    _times(stage, recorder, _all('"%T "'), {})


@scenario("times-too-long")
def too_long(stage: Stage, recorder: Recorder) -> None:
    """A format longer than BIRD's 32 bytes: `<too-long>`."""
    _times(stage, recorder, _all('"%A %d %B %Y %H:%M:%S %Z %A %A"'),
           {"show status": ("<too-long>",), "show route": ("[static1 <too-long>] * (200)",)})  # fmt: skip
