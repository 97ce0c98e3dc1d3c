"""Routes read by the column are what their lines are one by one: records, errors and diagnostics."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recordings import RECORDINGS
from strategies import print_routes, route_entries

from birdstatus import BirdParseError, Command, iter_routes, parse_routes
from birdstatus.framing import MAX_LINE
from birdstatus.parse import networks
from birdstatus.parse.by_line import LineReader
from birdstatus.parse.dialect import BIRD1 as FIRST
from birdstatus.parse.networks import ByLine, NetworkCutter
from birdstatus.parse.route_blocks import RouteBlocks
from birdstatus.records import RouteEntry

if TYPE_CHECKING:
    from collections.abc import Iterator

# Of 1.6 and the newest of the others: what all print alike need not be read six times.
VERSIONS = {"1.6.8", "2.20.0", "3.4.0"}
ROUTES = [
    one.raw for one in RECORDINGS if "route" in one.path.stem and one.path.parts[-3] in VERSIONS
]
assert FIRST.route_block is not None
BIRD1 = FIRST.route_block


@pytest.fixture(params=[300, networks.PIECE], autouse=True, scope="module")
def size_of_pieces(request: pytest.FixtureRequest) -> Iterator[int]:
    """A reply is cut behind its first network, behind some, or not at all."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(networks, "PIECE", request.param)
        yield request.param


def by_line(raw: bytes) -> tuple[list[RouteEntry], list[str]]:
    problems: list[BirdParseError] = []
    found = LineReader((Command.ROUTES,), problems).read(raw)
    routes = [record for _, record in found if isinstance(record, RouteEntry)]
    return routes, [str(one) for one in problems]


def assert_equal(raw: bytes) -> None:
    records, problems = by_line(raw)
    found: list[BirdParseError] = []
    assert parse_routes(raw, found) == records
    assert [str(one) for one in found] == problems
    if problems:
        with pytest.raises(BirdParseError) as caught:
            parse_routes(raw)
        assert str(caught.value) == problems[0]
    else:
        assert list(iter_routes([raw[:7], raw[7:]])) == records


def networks_by_line(raw: bytes) -> list[str]:
    """The networks of a reply that the block does not read."""
    blocks = RouteBlocks(BIRD1)
    found: list[str] = []
    for piece in NetworkCutter(raw):
        parts = blocks.read(piece.decode())
        assert parts is not None
        found += [part.text for part in parts if isinstance(part, ByLine)]
    return found


@pytest.mark.parametrize("raw", ROUTES)
def test_recordings(raw: bytes) -> None:
    assert_equal(raw)


def test_nothing_recorded_goes_to_the_lines() -> None:
    for one in RECORDINGS:
        # A time with brackets in it is for the lines.
        is_first = one.path.parts[-3] == "1.6.8"
        if is_first and "route" in one.path.stem and "brackets" not in str(one.path):
            assert not networks_by_line(one.raw), one.path


@given(st.lists(route_entries(4) | route_entries(6), max_size=6))
def test_printed(entries: list[RouteEntry]) -> None:
    assert_equal(print_routes(entries))


INSERTED = [
    b" ", b"\t", b"]", b"[", b"1", b"\r", b"\xff", b" from ", b"(", b"1007-", b"1008-", b"1012-", b"\n",
    b"\n ", b"\n1007-", b"\n+x\n", b" [i]", b" [AS1i]", b"0000 ", b"\t\t", b" ...",
]  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A recorded reply with lines taken out, doubled, swapped, cut or written over."""
    lines = draw(st.sampled_from(ROUTES)).split(b"\n")
    start = draw(st.integers(0, max(0, len(lines) - 12)))
    lines = lines[start : start + 12]
    if not lines[0].startswith(b"1"):
        lines[0] = b"1007-" + lines[0][1:]
    for _ in range(draw(st.integers(1, 4))):
        at, other = (draw(st.integers(0, len(lines) - 1)) for _ in range(2))
        match draw(st.sampled_from(["drop", "double", "swap", "write", "write"])):
            case "drop":
                lines[at : at + 1] = []
            case "double":
                lines.insert(other, lines[at])
            case "swap":
                lines[at], lines[other] = lines[other], lines[at]
            case _:
                column = draw(st.integers(0, len(lines[at])))
                new = draw(st.sampled_from(INSERTED))
                lines[at] = lines[at][:column] + new + lines[at][column + draw(st.integers(0, 3)) :]
        lines = lines or [b""]
    text = b"\n".join(lines)
    return draw(
        st.sampled_from([text, text + b"\n0000 \n", text[: draw(st.integers(0, len(text)))]])
    )


@given(mutated())
@settings(max_examples=60)
def test_mutated(raw: bytes) -> None:
    assert_equal(raw)


ROW = b"1007-10.0.0.0/8         dev e [k 1] * (10)\n"
NEXT = b" 10.1.0.0/16       via 10.0.0.1 on e [k 1] * (10)\n"
TYPE = b"1008-\tType: BGP unicast univ\n"
BELOW = b" " * 20 + b"dev f [k 1] (10)\n"
FINAL = b"0000 \n"


@pytest.mark.parametrize(
    "lines",
    [
        # What a line means hangs on the reply code above it.
        [ROW, TYPE, NEXT],
        [ROW, b"1012-\tBGP.origin: IGP\n", NEXT],
        [ROW, TYPE, b"1012-\tBGP.origin: IGP\n", NEXT, NEXT],
        [ROW, TYPE, b"1012-\tBGP.origin: IGP\n", b"1007-" + NEXT[1:], NEXT],
        [ROW, TYPE, b"1012-\t\tmore\n", b"1007-" + NEXT[1:]],
        [ROW, TYPE, b"1012-\tBGP.as_path: 1\n \t\t2\n \tBGP.x: \n", b"1007-" + NEXT[1:]],
        [ROW, TYPE, b"1012-\tBGP.as_path: 1\n \t2\n", b"1007-" + NEXT[1:]],
        [ROW, TYPE, b" junk\n", b"1007-" + NEXT[1:], b" junk\n"],
        [ROW, TYPE, TYPE, b"1007-" + NEXT[1:]],
        [ROW, b"9999-x\n", NEXT],
        [ROW, b"0014 1 of 1 routes for 1 networks\n", NEXT],
        [ROW, b"bird> show route\n", ROW],
        [ROW, NEXT, b"+async\n", NEXT, NEXT],
        # And on the row above it.
        [ROW, b" junk\n", BELOW, BELOW, NEXT, BELOW],
        [ROW, BELOW, b" \tjunk\n", BELOW, NEXT, BELOW],
        [BELOW, ROW, BELOW],
        [b"1007-" + BELOW, ROW, BELOW],
        [ROW, b" \tvia 10.0.0.1 on e weight 1\n", NEXT],
        [ROW, b" " * 10 + BELOW.lstrip(), NEXT],
        # Nothing of a block may run over its line, or over what a line may be long.
        [ROW, b"1007-10.2.0.0/16 dev\n e [k 1] * (10)\n", NEXT],
        [ROW, b" 10.2.0.0/16 dev " + b"e" * MAX_LINE + b" [k 1] * (10)\n", NEXT],
        [ROW, TYPE, b"1012-\tBGP." + b"x" * MAX_LINE + b": 1\n", b"1007-" + NEXT[1:]],
        [ROW, TYPE, b"1012-\tB: " + b"x" * MAX_LINE + b"\n", b"1007-" + NEXT[1:]],
        [ROW, b"\r\n", NEXT],
        [ROW, NEXT * 3, FINAL, NEXT],
    ],
)
def test_what_hangs_together(lines: list[bytes]) -> None:
    assert_equal(b"".join([*lines, NEXT, FINAL]))
    assert_equal(b"".join(lines))


def test_only_the_network_that_is_not_recognised_goes_to_the_lines() -> None:
    junk = b" 10.2.0.0/16 dev e [k 1] * (10) [new thing]\n"
    raw = b"".join([ROW, NEXT, junk, BELOW, NEXT, BELOW, NEXT, FINAL])
    assert networks_by_line(raw) == [(junk + BELOW).decode()]


def test_more_text_than_a_network_has() -> None:
    raw = ROW + BELOW * (networks.MAX_NETWORK // len(BELOW) + 10) + NEXT + FINAL
    assert len(parse_routes(raw)) == raw.count(b"\n") - 1


def test_more_kinds_of_rows_than_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("birdstatus.parse.remembered.MOST_REMEMBERED", 20)
    row = b"1007-10.0.0.0/8 dev e%d [k 1] * (10)\n1008-\tType: a b c\n1012-\tBGP.med: %d\n"
    raw = b"".join(row % (n, n) for n in [*range(50), *range(50)]) + FINAL
    records = parse_routes(raw)
    assert records[:50] == records[50:]
    assert [one.attributes[0].value for one in records[:50]] == list(range(50))


def test_a_record_has_all_of_its_fields() -> None:
    (record, _) = parse_routes(ROW + NEXT + FINAL)
    assert len(record) == len(RouteEntry._fields)
    assert RouteEntry(*record) == record
