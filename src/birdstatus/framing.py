"""BIRD's control protocol: bytes to replies, and text in any form to lines (nest/cli.c, client/client.c).

::

    reply := { line } final
    line  := CODE "-" text NL       first line of a run with one reply code
           | " " text NL            the same reply code again
    final := CODE " " [text] NL     any reply code with a blank ends the reply
    async := "+" text NL            may stand anywhere; no part of the reply
    lost  := "<" N " messages lost>" NL

Nothing here reads or writes: :class:`ReplyReader` is given what a socket received, :func:`split_lines`
what a file or a person brought. The latter also takes ``birdc -v`` (reply codes kept, continuation
lines indented by five blanks, no final ``0000``) and plain ``birdc`` (no reply codes at all).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from birdstatus.errors import BirdStatusError, IncompleteReplyError
from birdstatus.paste.decoding import (
    MAX_LINE,
    decoded,
    decoded_lines,
    leading_bytes,
    pieces_of,
)
from birdstatus.paste.margin import pasted_lines
from birdstatus.reply_codes import FIRST_ERROR, ReplyCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "MAX_LINE",
    "Form",
    "Line",
    "Reply",
    "ReplyReader",
    "ReplyTooLargeError",
    "decoded",
    "split_lines",
]


_FINAL = re.compile(rb"\n[0-9]{4} ")
# A final line of no text ends with a blank, which editors cut.
# A row whose network is a number (an MPLS label, an AS of ASPA): padded to the width of a prefix.
_NUMBER_ROW = re.compile("[0-9]{4} {16,}[^ ]")
_CODED = re.compile(r"([0-9]{4})(?:([- ])|\Z)")
_REPLY_CODES = frozenset(f"{code.value:04}" for code in ReplyCode)
# What finals begin with, those that this library has no name for too.
_FINAL_CODES = frozenset({"00", "80", "90"})
_OK = "0000"
_CUT_CODE = re.compile(r"[0-9]{1,4}")
_DATE = re.compile(r"[0-9]{4}-[01][0-9]-[0-3][0-9]")
_LOST = re.compile(r"<[0-9]+ messages lost>")

# Lines that BIRD itself indents, by two to eight blanks. Lines that are indented so far with a mark of
# one blank and with one of five are told apart by the lines above them with the same code.
_INDENTED = frozenset({ReplyCode.GRACEFUL_RESTART_STATUS, ReplyCode.PROTOCOL_DETAILS})

_VERBOSE = frozenset({11, 13})
_EITHER = frozenset({7, 9})

# A route row without a prefix is indented by the width of that column in either form.
_BLANK_PREFIX = 19


class ReplyTooLargeError(BirdStatusError):
    """A reply grew over the size that the reader was told to accept; ``limit`` is in bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the reply is larger than {limit} bytes")
        self.limit = limit


@dataclass(frozen=True, slots=True)
class Reply:
    """One whole reply, as it came: ``data`` ends with its final line.

    ``code`` is the reply code of the final line, ``message`` its text.
    """

    data: bytes
    code: int
    message: str

    @property
    def is_error(self) -> bool:
        """Whether BIRD refused."""
        return self.code >= FIRST_ERROR

    @property
    def notices(self) -> tuple[str, ...]:
        """Asynchronous ``+`` lines, and ``<N messages lost>``, that came within the reply."""
        return tuple(filter(_is_notice, decoded(self.data).split("\n")))


@dataclass(slots=True)
class ReplyReader:
    """Sans-IO reader of a control connection: bytes in, whole replies out.

    The replies do not depend on how the bytes were cut into pieces, and each byte is looked at
    once. ``max_reply_bytes`` bounds what is held.
    """

    max_reply_bytes: int = 1 << 30
    _buffer: bytearray = field(default_factory=lambda: bytearray(b"\n"))
    _searched: int = 0
    _final: int | None = None

    def receive_data(self, data: bytes) -> list[Reply]:
        """Take bytes from the connection; give every reply that is now whole, often none.

        Raises:
            ReplyTooLargeError: the reply that is being received is over the limit. The connection
                is of no more use.
        """
        self._buffer += data
        replies = []
        while (reply := self._next_reply()) is not None:
            replies.append(reply)
        if len(self._buffer) - 1 > self.max_reply_bytes:
            raise ReplyTooLargeError(self.max_reply_bytes)
        return replies

    @property
    def pending(self) -> int:
        """How many bytes of an unfinished reply are held."""
        return len(self._buffer) - 1

    def receive_eof(self) -> None:
        """The connection ended.

        Raises:
            IncompleteReplyError: it ended within a reply.
        """
        *whole, tail = decoded(bytes(self._buffer[1:])).split("\n")
        if tail or not all(map(_is_notice, whole)):
            raise IncompleteReplyError(
                "the reply's final line",
                line=self._buffer.count(b"\n"),
                column=len(tail[:MAX_LINE]) + 1,
                text=tail[:MAX_LINE],
            )

    def _next_reply(self) -> Reply | None:
        # The buffer always begins with the line feed before the reply, so that one search finds a
        # final line wherever it stands.
        if self._final is None:
            found = _FINAL.search(self._buffer, max(0, self._searched - 6))
            self._searched = len(self._buffer)
            if found is None:
                return None
            self._final = found.start() + 1
            self._searched = found.end()
        end = self._buffer.find(b"\n", self._searched)
        self._searched = len(self._buffer)
        if end < 0:
            return None
        final = self._buffer[self._final : end]
        reply = Reply(bytes(self._buffer[1 : end + 1]), int(final[:4]), decoded(bytes(final[5:])))
        del self._buffer[:end]
        self._searched = 0
        self._final = None
        return reply


@dataclass(slots=True)
class Form:
    """What the input turned out to be, as far as it has been read.

    ``head`` are its first bytes. ``begun``: there was a line. ``coded``: some lines carry reply
    codes. ``cut_in_code``: the text stops within a reply code. The marks of continuation lines tell
    a socket's bytes from ``birdc -v``.
    """

    head: bytes = b""
    begun: bool = False
    coded: bool = False
    cut_in_code: bool = False
    greeted: bool = False
    socket_marks: bool = False
    verbose_marks: bool = False

    @property
    def marks_ends(self) -> bool:
        """Whether each reply ends with a final line, so that a missing one means a cut reply.

        ``birdc`` swallows the final ``0000``. It also begins with the greeting, which tells where
        a reply has no continuation line.
        """
        return self.coded and not self.verbose_marks and (self.socket_marks or not self.greeted)


class Line(NamedTuple):
    """A line of a reply.

    ``code`` is its reply code, or ``None`` if it has none; ``final`` marks the end of a reply;
    ``text`` is what follows margin, code and marks; ``raw`` the line as it came, of which
    ``before`` characters stand before ``text``.
    """

    number: int
    code: int | None
    final: bool
    text: str
    raw: str
    before: int = 0


def split_lines(
    data: str | bytes | Iterable[str | bytes],
    form: Form,
    *,
    number: int = 1,
    code: int | None = None,
) -> Iterator[Line]:
    r"""The lines of BIRD output in any of its three forms, without what stands around them.

    Reply codes are looked for in every line: an echoed command, a prompt or a byte order mark above
    a reply does not change what it is. Asynchronous lines and ``<N messages lost>`` are passed
    over. Text is decoded as UTF-8 (or UTF-16), bytes that are none become ``\xff`` escapes. A line
    longer than ``MAX_LINE`` characters is cut there. ``form`` is filled in as it becomes known.
    Memory is bounded by the longest line.

    With ``code`` the text goes on within a reply of the control socket: that is the reply code of
    the line above, and ``number`` is that of the first line.
    """
    pieces = pieces_of(data)
    form.head = leading_bytes(pieces)
    is_open = code is not None
    if is_open:
        form.coded = form.socket_marks = form.begun = True
    run = Form()
    lines = decoded_lines(form.head, pieces)
    for place, text, raw, before in pasted_lines(lines, number=number, is_open=is_open):
        if is_open and text[:1] == " ":
            mark = _continuation_mark(text, code, form, run)
            yield Line(place, code, final=False, text=text[mark:], raw=raw, before=before + mark)
            continue
        match = _CODED.match(text)
        form.cut_in_code = (
            (form.coded or not form.begun) and text != _OK and _CUT_CODE.fullmatch(text) is not None
        )
        if match is not None and _is_reply_code(match, form):
            form.coded = True
            code = int(match[1])
            run = Form()
            form.greeted = form.greeted or code == ReplyCode.WELCOME
            run = Form()
            is_open = match[2] == "-"
            yield Line(place, code, not is_open, text[5:], raw, before + 5)
        elif is_open and not text:
            yield Line(place, code, final=False, text="", raw=raw, before=before)
        elif not _is_notice(text, form):
            yield Line(place, None, final=False, text=text, raw=raw, before=before)
        form.begun = form.begun or bool(text)


def _is_reply_code(match: re.Match[str], form: Form) -> bool:
    """Whether these four digits are a reply code, and not a year, a count or a label that is routed."""
    code, mark = match.groups()
    if mark is None:
        return code == _OK
    if _NUMBER_ROW.match(match.string):
        return False
    if form.coded:
        return True
    if mark == "-":
        return not _DATE.match(match.string)
    return code in _REPLY_CODES or code[:2] in _FINAL_CODES


def _continuation_mark(text: str, code: int | None, form: Form, run: Form) -> int:
    """How many blanks mark this continuation line: one on the socket, five in ``birdc -v``.

    After the mark BIRD's own indent may follow, so it takes the reply code to tell, and ``run``: what
    the lines above with the same code have shown.
    """
    if text[1:2] not in {" ", ""}:
        form.socket_marks = True
        return 1
    indent = len(text) - len(text.lstrip(" "))
    if code in _INDENTED:
        verbose = indent in _VERBOSE or (indent in _EITHER and not run.socket_marks)
    else:
        verbose = indent >= 5
    if not verbose:
        form.socket_marks = run.socket_marks = True
    elif indent < _BLANK_PREFIX:
        form.verbose_marks = True
    else:
        verbose = form.verbose_marks
    return 5 if verbose else 1


def _is_notice(text: str, form: Form | None = None) -> bool:
    """Whether this is an asynchronous line, or says that some were lost: no part of a reply.

    ``birdc`` prints ``>>> `` before the text of an asynchronous line, the socket ``+``.
    """
    if text[:1] == "+":
        return form is None or form.coded or not form.begun
    return text[:4] == ">>> " or _LOST.fullmatch(text) is not None
