"""Whatever stands in a text: read by block and by line it holds the same answers, in every form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recordings import RECORDINGS, as_birdc
from strategies import print_routes, route_entries
from test_route_blocks import mutated

from birdstatus import BirdParseError, Command, iter_records, parse_answers
from birdstatus.parse import api, networks
from birdstatus.parse.by_line import LineReader
from birdstatus.parse.plain_rows import plain_rows_in, without_marks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from birdstatus.parse.api import Answer

GREETING = b"BIRD 1.6.8 ready.\n"
ROW = b"10.0.0.0/8         via 10.0.0.1 on eth0 [Mesh_10_0_0_1 11:02:31] * (100) [i]\n"
FURTHER = b"                   via 10.0.0.2 on eth0 [Mesh_10_0_0_2 11:02:31] (100) [i]\n"
NEXT = b"10.1.0.0/16        unreachable [static1 11:02:31] * (200)\n"
ROW2 = b"Table master4:\n10.0.0.0/8 unicast [b 11:02:31.000] * (100) [i]\n\tvia 10.0.0.1 on eth0\n"
PROTOCOLS = b"name     proto    table    state  since       info\nkernel1  Kernel   master   up     11:02:31\n"


@pytest.fixture(params=[120, networks.PIECE], autouse=True, scope="module")
def size_of_pieces(request: pytest.FixtureRequest) -> Iterator[int]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(networks, "PIECE", request.param)
        yield request.param


def by_line(text: bytes) -> tuple[list[Answer], list[str]]:
    problems: list[BirdParseError] = []
    reader = LineReader(tuple(Command), problems)
    answers: list[Answer] = []
    for command, record in reader.read(text):
        if record is None:
            answers.append(api.Answer(command, begun=reader.begun[len(answers)]))
        else:
            answers[-1].records.append(record)
    for number in reader.cut_short:
        answers[number].whole = False
    return answers, [str(one) for one in problems]


def assert_same(text: bytes) -> None:
    answers, problems = by_line(text)
    found: list[BirdParseError] = []
    read = parse_answers([text[:50], text[50:]], found)
    assert [str(one) for one in found] == problems
    assert read == answers
    assert [answer.begun for answer in read] == [answer.begun for answer in answers]
    records = [(answer.command, record) for answer in answers for record in answer.records]
    assert list(iter_records(text, [])) == records


@pytest.mark.parametrize("greeting", [b"", GREETING, GREETING + b"Access restricted\n"])
@pytest.mark.parametrize(
    "rows",
    [
        [ROW],
        [ROW, FURTHER, NEXT],
        [ROW2],
        [ROW2, b"\nTable master6:\n", ROW2[15:]],
        [ROW, b"hello\n", NEXT],
        [ROW, NEXT, b"bird> show protocols\n", PROTOCOLS],
        [ROW, NEXT, GREETING, PROTOCOLS],
        [ROW, NEXT, GREETING, ROW],
        [ROW, NEXT, ROW[:40]],
        [ROW, NEXT[:-1]],
        [ROW, b"\n", NEXT, b"\n\n"],
        [ROW, NEXT, b"2 of 2 routes for 2 networks\n"],
        [ROW, NEXT, b"user@host:~$ \n"],
        [b"Table master4:\n"],
        [ROW, b"\xff\n", NEXT],
        [ROW, NEXT[:-1], b"\r\n"],
    ],
    ids=str,
)
def test_plain_texts(greeting: bytes, rows: list[bytes]) -> None:
    assert_same(greeting + b"".join(rows))


@pytest.mark.parametrize(
    "recording", [one for one in RECORDINGS if "route" in one.path.stem], ids=str
)
def test_recordings(recording: Any) -> None:
    if recording.path.parts[-3] in {"1.6.8", "3.4.0"}:
        assert_same(as_birdc(recording.raw, verbose=False))


@given(mutated())
@settings(max_examples=40)
def test_mutated(raw: bytes) -> None:
    assert_same(raw)
    assert_same(as_birdc(raw, verbose=False))


@given(st.lists(route_entries(4) | route_entries(6), max_size=5))
@settings(max_examples=40)
def test_answers_behind_routes(entries: list[Any]) -> None:
    raw = print_routes(entries)
    assert_same(raw + b"2002-name     proto    table    state  since       info\n0000 \n" + raw)


@given(st.lists(st.integers(5, 400), max_size=6).map(sorted))
def test_marks_come_and_go_however_the_text_is_cut(places: list[int]) -> None:
    text = ROW + FURTHER + NEXT + b"\n" + ROW
    head = GREETING + text[: len(ROW)]
    rows = plain_rows_in(head, iter([text[len(ROW) :]]))
    assert rows is not None
    marked = b"".join(rows.marked)
    assert marked.startswith(b"1007-10.0.0.0/8")
    cut = [marked[start:end] for start, end in zip([0, *places], [*places, None], strict=True)]
    assert b"".join(without_marks(cut)) == text


def test_what_begins_with_no_row_is_not_looked_at() -> None:
    assert plain_rows_in(b"hello\n" + ROW, iter(())) is None
