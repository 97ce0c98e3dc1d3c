"""A reader that remembers gives what reading afresh gives, whatever came before."""

from __future__ import annotations

import gc
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from recordings import RECORDINGS, Recording, as_birdc
from strategies import print_routes, route_entries

from birdstatus import BirdParseError, ProjectionError, parse_routes
from birdstatus.projection import routes
from birdstatus.records import BgpSession, Protocol, RouteEntry
from birdstatus.route_reader import MAX_KINDS, RouteReader


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

    @rule(data=st.data(), time=st.sampled_from(["18:44:03", "18:44:04", ""]), primary=st.booleans())
    def change(self, data: st.DataObject, time: str, primary: bool) -> None:  # noqa: FBT001 - drawn
        if self.entries:
            at = data.draw(st.integers(0, len(self.entries) - 1))
            self.entries = list(self.entries)
            self.entries[at] = replace(
                self.entries[at], time=time, primary=primary, sync_error=False
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


def test_what_is_gone_is_forgotten() -> None:
    reader = RouteReader()
    for poll in range(MAX_KINDS // 50 + 2):
        rows = b"".join(b" 10.0.%d.0/24 dev e%d [k%d 1] * (10)\n" % (n, n, poll) for n in range(51))
        reader.read(rows + b"0000 \n")
    assert len(reader._kinds) <= MAX_KINDS
    assert len(reader._networks) == len(reader._orders) == 51
    reader.read(b"0000 \n")
    assert not reader._networks


@given(st.booleans())
def test_the_garbage_collector_is_as_it_was(enabled: bool) -> None:  # noqa: FBT001 - drawn
    (gc.enable if enabled else gc.disable)()
    try:
        RouteReader().read(table("1"))
        assert gc.isenabled() == enabled
    finally:
        gc.enable()
