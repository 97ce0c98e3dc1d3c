"""The control protocol: bytes in, whole replies out."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recordings import RECORDINGS

from birdstatus import IncompleteReplyError, Reply, ReplyReader, ReplyTooLargeError
from birdstatus.framing import MAX_LINE, Form, split_lines

CONVERSATIONS: list[tuple[bytes, list[tuple[int, str]]]] = [
    (b"", []),
    (b"0001 BIRD 1.6.8 ready.\n", [(1, "BIRD 1.6.8 ready.")]),
    (b"0001 BIRD v0.3.3+birdv1.6.8 ready.\n0016 Access restricted\n",
     [(1, "BIRD v0.3.3+birdv1.6.8 ready."), (16, "Access restricted")]),
    (b"1007-10.0.0.0/8 dev eth0 [k 1] * (10)\n 10.0.0.0/9 dev eth0 [k 1] * (10)\n0000 \n",
     [(0, "")]),
    (b"+asynchronous\n0000 \n+more\n<3 messages lost>\n0013 Daemon is up and running\n",
     [(0, ""), (13, "Daemon is up and running")]),
    (b"1006-  Preference: 1\n8000-<line overflow>\n1006-  Input filter: A\n0000 \n", [(0, "")]),
    (b"8000 \n", [(8000, "")]),
    (b"8007 Access denied\n", [(8007, "Access denied")]),
    (b"9001 syntax error\n9000 \n", [(9001, "syntax error"), (9000, "")]),
    (b"1006-  Message:        \xff 0000 \n 0000 \n0000 \n", [(0, "")]),
    (b"0024-Graceful restart recovery in progress\n   Waiting for 1\n0013 Daemon is up and running\n",
     [(13, "Daemon is up and running")]),
]  # fmt: skip


def received(pieces: list[bytes]) -> list[Reply]:
    reader = ReplyReader()
    replies = [reply for piece in pieces for reply in reader.receive_data(piece)]
    reader.receive_eof()
    return replies


@pytest.mark.parametrize(("data", "finals"), CONVERSATIONS)
def test_replies(data: bytes, finals: list[tuple[int, str]]) -> None:
    replies = received([data])
    assert [(reply.code, reply.message) for reply in replies] == finals
    assert b"".join(reply.data for reply in replies) == data
    assert received([bytes([byte]) for byte in data]) == replies


@pytest.mark.parametrize(("data", "finals"), CONVERSATIONS)
def test_a_conversation_cut_anywhere_is_incomplete_or_shorter(
    data: bytes, finals: list[tuple[int, str]]
) -> None:
    whole = received([data])
    for end in range(len(data)):
        reader = ReplyReader()
        replies = reader.receive_data(data[:end])
        assert replies == whole[: len(replies)]
        assert reader.pending == end - sum(len(reply.data) for reply in replies)
        begun = data[end - reader.pending : end]
        if re.fullmatch(rb"([+<].*\n)*", begun):
            reader.receive_eof()
        else:
            with pytest.raises(IncompleteReplyError, match="final line"):
                reader.receive_eof()
    assert len(whole) == len(finals)


@given(st.lists(st.binary(max_size=30), max_size=8), st.data())
def test_chunks_do_not_matter(parts: list[bytes], data: st.DataObject) -> None:
    noise = st.sampled_from(
        [b"\n", b"0000 ", b"\n0000 \n", b"\n 0000 \n", b"1007-x\n", b"9001 e\n"]
    )
    stream = b"".join(part + data.draw(noise) for part in parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    whole, cut = ReplyReader(), ReplyReader()
    replies = whole.receive_data(stream)
    assert [reply for piece in pieces for reply in cut.receive_data(piece)] == replies
    assert cut.pending == whole.pending


@pytest.mark.parametrize("recording", [r for r in RECORDINGS if r.path.stem == "session"], ids=str)
def test_a_recorded_session_is_several_replies(recording: object) -> None:
    raw = recording.raw  # type: ignore[attr-defined]
    replies = received([raw])
    assert len(replies) > 1
    assert b"".join(reply.data for reply in replies) == raw


def test_what_came_between_is_kept() -> None:
    (reply,) = received([b"+note\n<2 messages lost>\n1000-BIRD 1.6.8\n0000 \n"])
    assert reply.notices == ("+note", "<2 messages lost>")
    assert not reply.is_error


def test_notices_after_the_last_reply_are_no_reply() -> None:
    reader = ReplyReader()
    reader.receive_data(b"0000 \n+Disabling x\n<1 messages lost>\n")
    reader.receive_eof()
    (reply,) = received([b"1006-  Description:    x\r+fake\n0000 \n"])
    assert not reply.notices


def test_an_error_reply_says_so() -> None:
    (reply,) = received([b"8007 Access denied\n"])
    assert reply.is_error


def test_a_reply_over_the_limit_is_refused() -> None:
    reader = ReplyReader(max_reply_bytes=20)
    assert len(reader.receive_data(b"0000 \n" * 10)) == 10
    with pytest.raises(ReplyTooLargeError) as caught:
        reader.receive_data(b"1007-" + b"x" * 20)
    assert caught.value.limit == 20


def texts(data: str | bytes) -> list[str]:
    return [line.text for line in split_lines(data, Form())]


def test_lines_end_at_line_feeds_only() -> None:
    assert texts("BIRD x\u2028y\nz") == ["BIRD x\u2028y", "z"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r\r\n", "\r"])
def test_each_line_ends_in_its_own_way(end: str) -> None:
    assert texts(f"BIRD 1.6.8{end}Router\nx{end}") == ["BIRD 1.6.8", "Router", "x"]
    pieces = [char.encode() for char in f"BIRD 1.6.8{end}Router{end}{end}x"]
    assert [line.text for line in split_lines(pieces, Form())] == ["BIRD 1.6.8", "Router", "", "x"]


def test_bytes_that_are_no_text_are_shown() -> None:
    assert texts(b"BIRD \xff\xc3\xa9") == ["BIRD \\xff\u00e9"]
    assert texts("BIRD \udc80") == ["BIRD \\udc80"]


def test_a_line_is_held_only_as_far_as_it_can_be_read() -> None:
    (line,) = texts("BIRD " + "x" * (1 << 21))
    assert len(line) == MAX_LINE + 1


def test_asynchronous_lines_are_no_part_of_an_answer() -> None:
    assert texts("BIRD 1.6.8\n>>> note\n<1 messages lost>\nx") == ["BIRD 1.6.8", "x"]
    assert texts("0000 \n+note\n<1 messages lost>\njunk") == ["", "junk"]
