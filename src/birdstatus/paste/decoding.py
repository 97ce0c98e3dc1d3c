"""Bytes to text lines: which encoding this is, and where each line ends.

UTF-8, and UTF-16 or UTF-32 as PowerShell and Windows editors write them, with or without a byte order mark.
A line ends at a line feed, a carriage return, or carriage returns before a line feed, judged for each line:
``kubectl exec -t`` mixes its own lines with those of the pod's terminal.
"""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "HEAD",
    "MAX_LINE",
    "PIECE",
    "decoded",
    "decoded_head",
    "decoded_lines",
    "encoding_of",
    "leading_bytes",
    "pieces_of",
]

# BIRD's own lines end at 512 bytes (nest/cli.h: CLI_MSG_SIZE) and its attribute texts at 500.
MAX_LINE = 4096

# A longer piece of input is worked on in pieces of this size, so that a huge one costs little more.
PIECE = 1 << 18

# This many bytes show which encoding a text has, and what it is if it is not BIRD's.
HEAD = 4096

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LINE_END = re.compile(rb"\r*\n|\r")

# A run of carriage returns is held until what follows it is known; a longer one is not waited for.
_HELD_RETURNS = 1 << 12


def decoded(data: bytes) -> str:
    r"""The text of bytes in UTF-8; bytes that are none become ``\xff`` escapes."""
    return data.decode("utf-8", "backslashreplace")


def encoding_of(head: bytes) -> str:
    """The encoding of a text, from its first bytes: a byte order mark, or every second byte zero."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    pairs = len(head) // 2
    if pairs >= 2:
        if (
            head[1 : 2 * pairs : 2].count(0) > 0.4 * pairs
            and head[: 2 * pairs : 2].count(0) < 0.1 * pairs
        ):
            return "utf-16-le"
        if (
            head[: 2 * pairs : 2].count(0) > 0.4 * pairs
            and head[1 : 2 * pairs : 2].count(0) < 0.1 * pairs
        ):
            return "utf-16-be"
    return "utf-8"


def decoded_head(head: bytes) -> str:
    """The beginning of a text, in whatever encoding."""
    encoding = encoding_of(head)
    return head.decode("utf-8-sig" if encoding == "utf-8" else encoding, "backslashreplace")


def leading_bytes(pieces: Iterator[bytes]) -> bytes:
    """The first :data:`HEAD` bytes or a little more of a text that comes in pieces; all of a shorter one."""
    head = b""
    for piece in pieces:
        head += piece
        if len(head) >= HEAD:
            break
    return head


def pieces_of(data: str | bytes | Iterable[str | bytes]) -> Iterator[bytes]:
    """The input in pieces of at most :data:`PIECE` bytes or characters, as bytes."""
    for chunk in (data,) if isinstance(data, str | bytes) else data:
        for start in range(0, len(chunk), PIECE):
            piece = chunk[start : start + PIECE]
            # A lone surrogate in a str cannot be encoded: it becomes a visible escape.
            yield piece.encode("utf-8", "backslashreplace") if isinstance(piece, str) else piece


def decoded_lines(head: bytes, pieces: Iterator[bytes]) -> Iterator[str]:
    """The input's lines, each at most ``MAX_LINE + 1`` characters; memory is bounded by a piece.

    ``head`` is what :func:`leading_bytes` took from ``pieces``.
    """
    # UTF-8 has at most four bytes a character: this much of a line shows that it is too long.
    enough = 4 * (MAX_LINE + 2)
    begun = b""
    for piece in _with_line_feeds(_as_utf8(head, pieces)):
        lines = piece.split(b"\n")
        lines[0] = begun + lines[0]
        begun = lines.pop()[:enough]
        for line in lines:
            text = decoded(line[:enough])
            yield text if len(text) <= MAX_LINE else text[: MAX_LINE + 1]
    if begun:
        yield decoded(begun)[: MAX_LINE + 1]


def _as_utf8(head: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    encoding = encoding_of(head)
    if encoding == "utf-8":
        yield head.removeprefix(codecs.BOM_UTF8)
        yield from pieces
        return
    decoder = codecs.getincrementaldecoder(encoding)("backslashreplace")
    yield decoder.decode(head).encode("utf-8", "backslashreplace")
    for piece in pieces:
        yield decoder.decode(piece).encode("utf-8", "backslashreplace")
    yield decoder.decode(b"", final=True).encode("utf-8", "backslashreplace")


def _with_line_feeds(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same with every line end as one line feed."""
    held = b""
    for piece in pieces:
        if held:
            piece = held + piece  # noqa: PLW2901 - what was held back belongs to this piece
            held = b""
        if b"\r" in piece:
            whole = piece.rstrip(b"\r")
            if len(piece) - len(whole) <= _HELD_RETURNS:
                held = piece[len(whole) :]
                piece = whole  # noqa: PLW2901 - as above
            piece = _LINE_END.sub(b"\n", piece)  # noqa: PLW2901 - as above
        yield piece
    if held:
        yield b"\n" * len(held)
