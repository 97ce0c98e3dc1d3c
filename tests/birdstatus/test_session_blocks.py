"""A session read whole is what its lines are one by one: records, errors and diagnostics."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recordings import RECORDINGS
from strategies import print_protocols, protocols

from birdstatus import BirdParseError, parse_protocols
from birdstatus.framing import MAX_LINE
from birdstatus.parse import session_blocks
from birdstatus.parse.session_blocks import read_blocks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from birdstatus.records import Protocol

HEADING = b"2002-name     proto    table    state  since       info\n"
FINAL = b"0000 \n"
LIMIT = b"   Import limit:   9\n     Action:       warn\n"
SESSION = b"""\
1002-Mesh_10_0_0_2 BGP      master   up     18:45:23    Established   
1006-  Description:    Connection to BGP peer
   Preference:     100
   Input filter:   ACCEPT
   Output filter:  REJECT
   Import limit:   10 [HIT]
     Action:       restart
   Routes:         2 imported, 1 exported, 2 preferred
   Route change stats:     received   rejected   filtered    ignored   accepted
     Import updates:              2          0          0          0          2
     Import withdraws:            0          0        ---          0          0
     Export updates:             11          4          6        ---          1
     Export withdraws:            0        ---        ---        ---          0
   BGP state:          Established
     Neighbor address: 10.0.0.2
     Neighbor AS:      64512
     Neighbor ID:      10.0.0.2
     Neighbor caps:    refresh AS4
     Session:          internal multihop AS4
     Source address:   10.0.0.1
     Route limit:      2/10
     Hold timer:       193/240
     Keepalive timer:  4/80
 
"""  # noqa: W291, W293 - BIRD's own columns


def outcome(
    data: str | bytes | Iterable[str | bytes],
) -> tuple[object, list[Protocol], list[object]]:
    try:
        strict: object = parse_protocols(data)
    except BirdParseError as error:
        strict = told(error)
    problems: list[BirdParseError] = []
    found = parse_protocols(data, problems)
    return strict, found, [told(one) for one in problems]


def told(error: BirdParseError) -> object:
    return type(error), error.expected, error.line, error.column, error.text


RECORDED = {str(one): one.raw for one in RECORDINGS if one.raw.startswith(b"2002-name ")}
WHOLE = {name: raw for name, raw in RECORDED.items() if b"\n1006-" in raw and not outcome([raw])[2]}


def assert_as_line_by_line(raw: bytes) -> None:
    # What comes in pieces is read line by line.
    assert outcome(raw) == outcome([raw])


@pytest.mark.parametrize("name", RECORDED)
def test_recordings(name: str) -> None:
    assert_as_line_by_line(RECORDED[name])


@pytest.mark.parametrize("name", WHOLE)
def test_recorded_sessions_are_read_whole(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    by_line: list[Protocol] = []
    read = session_blocks._by_line

    def watched(text: Iterable[str]) -> Iterator[Protocol]:
        for one in read(text):
            by_line.append(one)
            yield one

    monkeypatch.setattr(session_blocks, "_by_line", watched)
    found = read_blocks(WHOLE[name])
    assert found is not None
    # Of a disabled session there is little to read.
    sessions = {one.name for one in found if one.type == "BGP" and one.state != "down"}
    assert sessions.isdisjoint(one.name for one in by_line)


@given(st.lists(protocols(), min_size=1, max_size=4))
def test_printed(found: list[Protocol]) -> None:
    raw = print_protocols(found)
    assert_as_line_by_line(raw)
    assert read_blocks(raw) == found
    assert read_blocks(raw.decode()) == found


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    raw = draw(
        st.sampled_from([*WHOLE.values(), HEADING + SESSION * 2 + FINAL])
        | st.lists(protocols(), min_size=1, max_size=3).map(print_protocols)
    )
    lines = raw.splitlines(keepends=True)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(lines) - 1))
        other = draw(st.integers(0, len(lines) - 1))
        match draw(st.sampled_from(["drop", "double", "swap", "bytes", "notice"])):
            case "drop":
                lines[at] = b""
            case "double":
                lines.insert(other, lines[at])
            case "swap":
                lines[at], lines[other] = lines[other], lines[at]
            case "bytes":
                line = lines[at]
                start = draw(st.integers(0, len(line)))
                end = draw(st.integers(start, min(len(line), start + 5)))
                inserted = draw(st.text(" \t\r\n+-0168:/.%Ad\u00e9\x85\u2028", max_size=6)).encode()
                inserted += draw(st.sampled_from([b"", b"", b"\xff"]))
                lines[at] = line[:start] + inserted + line[end:]
            case _:
                lines.insert(
                    at, draw(st.sampled_from([b"+note\n", b"<3 messages lost>\n", b" \n"]))
                )
    raw = b"".join(lines)
    return raw[: draw(st.integers(0, len(raw)))] if draw(st.integers(0, 9)) == 0 else raw


@given(mutated())
def test_mutated(raw: bytes) -> None:
    assert_as_line_by_line(raw)


def test_what_sessions_say_alike_is_held_once() -> None:
    one, _, other = parse_protocols(HEADING + SESSION * 3 + FINAL)
    assert one == other
    assert one.changes is not None
    assert other.changes is not None
    assert one.changes.export_updates is other.changes.export_updates
    assert one.limits is other.limits


ODD = {
    "no heading": SESSION + FINAL,
    "no final line": HEADING + SESSION,
    "a final line within": HEADING + SESSION + FINAL + SESSION + FINAL,
    "another final line": HEADING + SESSION + b"0001 \n" + FINAL,
    "an error within": HEADING + SESSION + b"8003 No protocols match\n" + SESSION + FINAL,
    "another command's line": HEADING + SESSION + b"1007-10.0.0.0/8\n" + FINAL,
    "no protocols": HEADING + FINAL,
    "two headings": HEADING + HEADING + FINAL,
    "carriage returns": (HEADING + SESSION + FINAL).replace(b"\n", b"\r\n"),
    "a carriage return": HEADING + SESSION.replace(b"peer\n", b"peer\r\n") + FINAL,
    "no UTF-8": HEADING + SESSION.replace(b"peer\n", b"peer\xff\n") + FINAL,
    "a detail too many": HEADING + SESSION[:-2] + b"   Preference:     100\n \n" + FINAL,
    "two limits of one kind": HEADING
    + SESSION.replace(b"   Import l", LIMIT + b"   Import l")
    + FINAL,
    "a limit without action": HEADING + SESSION.replace(b"     Action:       restart\n", b"") + FINAL,
    "details of nobody": HEADING + SESSION + b"1006-  Preference:     100\n" + SESSION + FINAL,
    "a lost line": HEADING + SESSION.replace(b"1006-", b"8000-<line overflow>\n1006-") + FINAL,
    "a lost line after the session": HEADING + SESSION + b"8000-<line overflow>\n" + FINAL,
    "two codes": HEADING + SESSION.replace(b"   BGP", b"1006-  BGP") + FINAL,
    "an indent of birdc -v": HEADING + SESSION.replace(b"\n   ", b"\n       ") + FINAL,
    "the same change twice": HEADING + SESSION.replace(b"Import withdraws:", b"Import updates:  ") + FINAL,
    "the same timer twice": HEADING + SESSION.replace(b"Keepalive timer:", b"Hold timer:     ") + FINAL,
    "a long line": HEADING + SESSION.replace(b"peer", b"p" * MAX_LINE) + FINAL,
    "a long block": HEADING
    + SESSION.replace(b"refresh", b"refresh" * 500).replace(b"peer", b"p" * 4000)
    + FINAL,
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_odd_replies(name: str) -> None:
    assert_as_line_by_line(ODD[name])
    text = ODD[name].decode("utf-8", "surrogateescape")
    assert outcome(text) == outcome([text])


@pytest.mark.parametrize(
    "block",
    [
        b"1002-x BGP x up" + b" " * 4_000_000 + b"\n",
        b"1002-x BGP x up" + b"  Idle" * 500_000 + b"x\n",
        b"1002-x BGP x up  Idle" + b"  Idle Error:" * 300_000 + b"\n1006-x\n",
        SESSION[:-40] * 2_000,
        SESSION.replace(b"   Import l", LIMIT * 20_000 + b"   Import l"),
        b"\n" * 4_000_000,
        b"1002-\n" * 500_000,
        b" " * 4_000_000 + b"\n",
    ],
)  # fmt: skip
def test_adversaries_take_no_long_time(block: bytes) -> None:
    assert read_blocks(HEADING + SESSION + block + FINAL) is None
