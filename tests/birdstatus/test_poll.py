"""A reader that remembers gives what reading afresh gives, whatever came before."""

from __future__ import annotations

import gc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from recordings import RECORDINGS, Recording, as_birdc
from strategies import print_routes, route_entries

from birdstatus import BirdParseError, ProjectionError, parse_routes
from birdstatus.poll.reader import PHASES, RouteReader
from birdstatus.projection import routes
from birdstatus.records import BgpSession, Protocol, RouteEntry


def afresh(reply: bytes, protocols: list[Protocol]) -> tuple[object, list[str], list[str]]:
    problems: list[BirdParseError] = []
    left_out: list[ProjectionError] = []
    published = routes(parse_routes(reply, problems), protocols, left_out)
    return published, [str(one) for one in problems], [str(one) for one in left_out]


def reread(
    reader: RouteReader, reply: bytes, protocols: list[Protocol]
) -> tuple[object, list[str], list[str]]:
    problems: list[BirdParseError] = []
    left_out: list[ProjectionError] = []
    published = reader.read(reply, protocols, problems, left_out)
    return published, [str(one) for one in problems], [str(one) for one in left_out]


ENTRIES = st.lists(route_entries(4) | route_entries(6), max_size=6)


# Of a row, or of a time format that imitates one.
TIMES = ["18:44:03", "18:44:04", "", "2026-11-22", "18:44:03 from 18:44:04", "18:44:03] ! (1) [i"]


class Polling(RuleBasedStateMachine):
    """A table that changes between polls, in every way that a table can."""

    @initialize(entries=ENTRIES)
    def start(self, entries: list[RouteEntry]) -> None:
        self.reader = RouteReader()
        self.entries = entries
        self.protocols: list[Protocol] = []
        self.noise = b""

    @rule(entries=ENTRIES)
    def learn(self, entries: list[RouteEntry]) -> None:
        self.entries = self.entries + entries

    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        kept = data.draw(
            st.lists(st.booleans(), min_size=len(self.entries), max_size=len(self.entries))
        )
        self.entries = [one for one, keep in zip(self.entries, kept, strict=True) if keep]

    @rule(data=st.data(), time=st.sampled_from(TIMES), primary=st.booleans())
    def change(self, data: st.DataObject, time: str, primary: bool) -> None:  # noqa: FBT001 - drawn
        if self.entries:
            at = data.draw(st.integers(0, len(self.entries) - 1))
            self.entries = list(self.entries)
            self.entries[at] = self.entries[at]._replace(
                time=time, primary=primary, sync_error=False
            )

    @rule(data=st.data())
    def rehash(self, data: st.DataObject) -> None:
        self.entries = data.draw(st.permutations(self.entries))

    @rule(address=st.sampled_from(["10.0.0.1", "fd00::1"]), data=st.data())
    def reconfigure(self, address: str, data: st.DataObject) -> None:
        names = sorted({one.protocol for one in self.entries})
        if names:
            name = data.draw(st.sampled_from(names))
            kind = data.draw(st.sampled_from(["BGP", "Kernel", "OSPF"]))
            bgp = BgpSession("Idle", address) if kind == "BGP" else None
            self.protocols = [Protocol(name, kind, "master", "up", bgp=bgp)]

    @rule(
        noise=st.sampled_from(
            [b"", b"1007-junk\n", b"1007-10.0.0.0/8 dev e\n", b"\xff\n", b"+log\n"]
        )
    )
    def garble(self, noise: bytes) -> None:
        self.noise = noise

    @invariant()
    def equal_to_reading_afresh(self) -> None:
        if hasattr(self, "entries"):
            reply = self.noise + print_routes(self.entries)
            expected = afresh(reply, self.protocols)
            assert reread(self.reader, reply, self.protocols) == expected
            assert reread(self.reader, reply, self.protocols) == expected


TestPolling = Polling.TestCase
TestPolling.settings = settings(max_examples=60, stateful_step_count=12)


@pytest.mark.parametrize("recording", [r for r in RECORDINGS if "route" in r.path.stem], ids=str)
def test_recordings_in_a_row(recording: Recording) -> None:
    reader = RouteReader()
    changed = recording.raw.replace(b" * (", b" (", 1)
    for reply in (recording.raw, recording.raw, changed, b"0000 \n", recording.raw):
        assert reread(reader, reply, []) == afresh(reply, [])


@st.composite
def mutated(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """A recorded reply, and the same with lines taken out, doubled, swapped or written over."""
    raw = draw(st.sampled_from([one.raw for one in RECORDINGS if "route" in one.path.stem]))
    lines = raw.split(b"\n")
    for _ in range(draw(st.integers(1, 4))):
        at, other = (draw(st.integers(0, len(lines) - 1)) for _ in range(2))
        match draw(st.sampled_from(["drop", "double", "swap", "write"])):
            case "drop":
                lines[at : at + 1] = []
            case "double":
                lines.insert(other, lines[at])
            case "swap":
                lines[at], lines[other] = lines[other], lines[at]
            case _:
                column = draw(st.integers(0, len(lines[at])))
                new = draw(
                    st.sampled_from([b" ", b"\t", b"]", b"[", b"1", b"\r", b"\xff", b" 18:00:00"])
                )
                lines[at] = lines[at][:column] + new + lines[at][column + draw(st.integers(0, 3)) :]
        lines = lines or [b""]
    return raw, b"\n".join(lines)


@given(mutated())
@settings(max_examples=500)
def test_mutated_replies(replies: tuple[bytes, bytes]) -> None:
    reader = RouteReader()
    for reply in (*replies, *replies):
        assert reread(reader, reply, []) == afresh(reply, [])


@pytest.mark.parametrize(
    "row",
    [
        # What may look like a row's time, and is none or another.
        "via 10.0.0.1 on 18:00:00] [k 18:00:01] * (10)",
        "dev 18:00:00 [k 18:00:01] * (10)",
        "dev 18:00:00 from [k 18:00:01] * (10)",
        "dev e [k 18:00:00 from 18:00:01] * (10)",
        "dev e [k 18:00:00]x 18:00:01] * (10)",
        "dev e [18:00:00 18:00:01] * (10)",
        "dev e [ 18:00:01] * (10)",
        "dev e [18:00:01] * (10)",
        "dev e [k 18:00:00] * (10) 18:00:01] * (10)",
        "dev e [k 18:00:00] IA (10/1)",
        "dev e [k" + " 18:00:00] *" * 350 + "] * (10)",
        "dev e [k" + " " * 4090 + "] * (10)",
        # An interface, a line feed that is none, and rows with more lines.
        "dev e\r [k 18:00:00] * (10)\r",
        "multipath [k 18:00:00] * (10)\n \tvia 10.0.0.1 on e weight 1\n \tvia 10.0.0.2 on e weight 1",
        "dev e [k 18:00:00] * (10)\n" + " " * 20 + "dev f [k 18:00:01] (10)",
        "dev e [k 18:00:00] * (10)\n" + " " * 20 + "dev f [k 18:00:01] ! (10)",
        "dev e [k 18:00:00] * (10)\n1007-" + " " * 19 + "dev f [k 18:00:01] (10)",
        "dev e [k 18:00:00] * (10)\n1008-\tType: static unicast univ",
        "dev e [k 18:00:00] * (10)\n1008-\tType: static unicast univ\n 10.2.0.0/16 dev e [k 1] * (10)",
        "dev e [k 18:00:00] * (10)\n ",
        "dev e [k 18:00:00] * (10)\n+18:00:00 log",
    ],
)
def test_rows_that_mislead(row: str) -> None:
    reader = RouteReader()
    for time in ("18:00:00", "18:00:02", "18:00:02"):
        rows = (
            f"1007-10.0.0.0/16{' ' * 8}{row}\n 10.1.0.0/16 {row}\n 10.3.0.0/16 dev z [k 1] * (10)\n"
        )
        reply = rows.replace("18:00:00", time).encode() + b"0000 \n"
        assert reread(reader, reply, []) == afresh(reply, [])


@pytest.mark.parametrize(
    "prefix", ["10.0.0.0/33", "10.0.0.0/08", "010.0.0.0/8", "10.0.0/8", "1.2.3.4.5/8", "fd00::/129",
               "fd00:/8", "1.2/3"]
)  # fmt: skip
def test_what_is_no_prefix_costs_no_other_row(prefix: str) -> None:
    reply = f"1007-{prefix} dev e [k 1] * (10)\n 10.3.0.0/16 dev z [k 1] * (10)\n0000 \n".encode()
    published, _, left_out = reread(RouteReader(), reply, [])
    assert (published, [], left_out) == afresh(reply, [])
    assert left_out == [f"{prefix} is no prefix"]


def test_networks_of_both_families_and_shown_twice() -> None:
    rows = [
        "fd00::/64 dev e [k 1] * (10)",
        "10.0.0.0/8 dev e [k 1] (10)",
        "FD00:0::/64 dev f [k 1] (10)",
    ]
    other = "10.0.0.0/8 dev g [k 1] * (10)"
    reader = RouteReader()
    for shown in (
        rows[:2],
        rows,
        rows[:2],
        [*rows[:2], rows[1]],
        rows[1:],
        rows,
        [*rows, other],
        [other, *rows],
    ):
        reply = ("1007-" + "\n ".join(shown) + "\n0000 \n").encode()
        assert reread(reader, reply, []) == afresh(reply, [])


def test_what_has_no_place_is_told_each_time() -> None:
    reader = RouteReader()
    reply = b"1007-10.0.0.0/8 ??? [k 1] * (10)\n 10.1.0.0/16 dev e [k 1] * (10)\n0000 \n"
    for _ in range(2):
        _, _, left_out = reread(reader, reply, [])
        assert left_out == ["BIRD does not say where 10.0.0.0/8 leads"]


def test_other_forms_are_read_too() -> None:
    raw = print_routes([RouteEntry("10.0.0.0/8", "blackhole", "static1", primary=True)])
    reader = RouteReader()
    for reply in (as_birdc(raw, verbose=False), as_birdc(raw, verbose=True), raw):
        assert len(reader.read(reply)) == 1


def test_strict_without_a_list() -> None:
    with pytest.raises(BirdParseError):
        RouteReader().read(b"1007-10.0.0.0/8 dev\n0000 \n")


def table(time: str, count: int = 50) -> bytes:
    rows = b"".join(
        b" 10.0.%d.0/24 dev eth0 [k %s] * (10)\n" % (n, time.encode()) for n in range(count)
    )
    return b"1007-10.1.0.0/16 dev eth0 [k 1] * (10)\n" + rows + b"0000 \n"


def test_what_is_unchanged_is_the_same_object() -> None:
    reader = RouteReader()
    first = reader.read(table("1"))
    assert reader.read(bytes(bytearray(table("1")))) is first
    second = reader.read(table("1").replace(b"10.0.7.0/24 dev eth0", b"10.0.7.0/24 dev eth1"))
    assert sum(a is not b for a, b in zip(first, second, strict=True)) == 1


def test_a_clock_that_moves_changes_nothing() -> None:
    reader = RouteReader()
    first = reader.read(table("18:44:03"))
    for _ in range(2):
        for time in ("18:44:04", "18:44:03", "18:44:05"):
            assert reader.read(table(time)) is first
    assert len(reader._replies) == PHASES


def test_few_changes_leave_every_other_route_as_it_is() -> None:
    """Also where they move all rows that follow."""
    reader = RouteReader()
    first = reader.read(table("18:44:03", 200))
    fewer = reader.read(
        table("18:44:04", 200).replace(b" 10.0.7.0/24 dev eth0 [k 18:44:04] * (10)\n", b"")
    )
    assert [id(one) for one in fewer] == [
        id(one) for one in first if one.destination != "10.0.7.0/24"
    ]
    again = reader.read(table("18:44:03", 200))
    assert again == first
    assert sum(a is not b for a, b in zip(first, again, strict=True)) == 1


@pytest.mark.parametrize(
    "more",
    [
        b" 10.9.0.0/24 dev e [k 1] * (10)\n 10.9.0.0/24 dev f [k 1] (10)\n",
        b" 10.9.0.0/24 dev e [k 1] * (10)\n 10.9.0.0/24 dev e [k 1] * (10)\n",
        b" 10.9.0.0/24 dev eth0 [k 1] * (10)\n 10.9.0.0/24 dev eth0 [k 2] * (10)\n",
        b" 10.0.7.0/24 dev f [k 1] (10)\n",
        b" 10.0.7.0/24 dev eth0 [k 1] * (10)\n",
        b" 10.9.0.0/240 dev eth0 [k 1] * (10)\n",
        b" 10.9.0.0/24 ??? [k 1] * (10)\n",
        b" 10.9.0.0/24 junk\n",
        b" junk\n",
    ],
)
def test_few_changes_that_are_odd(more: bytes) -> None:
    reader = RouteReader()
    whole = table("1", 200)
    for reply in (whole, whole.replace(b"0000 \n", more + b"0000 \n"), whole):
        assert reread(reader, reply, []) == afresh(reply, [])


def test_what_is_gone_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("birdstatus.projection.sources.MOST_SOURCES", 200)
    reader = RouteReader()
    for poll in range(8):
        rows = b"".join(b" 10.0.%d.0/24 dev e%d [k%d 1] * (10)\n" % (n, n, poll) for n in range(51))
        reader.read(b"1007-" + rows[1:] + b"0000 \n")
        assert len(reader._replies) == 1
    assert len(reader._sources._known) <= 200
    assert reader.read(b"0000 \n") == ()
    assert list(reader._replies) == [b"0000 \n"]


@given(st.booleans())
def test_the_garbage_collector_is_as_it_was(enabled: bool) -> None:  # noqa: FBT001 - drawn
    (gc.enable if enabled else gc.disable)()
    try:
        RouteReader().read(table("1"))
        assert gc.isenabled() == enabled
    finally:
        gc.enable()
