"""What stands before every line of a paste: indents, quotes, comment signs, line numbers, log prefixes.

A margin is learnt where a line that can only be BIRD's begins further right than the edge, and holds until
a line shows another. So it may change from block to block, and numbers and times in it may differ from
line to line.
"""

from __future__ import annotations

import json
import re
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from birdstatus.paste.anchor import begins_answer_line, first_anchor, indented_anchor
from birdstatus.paste.spacing import as_blanks
from birdstatus.paste.terminal import has_controls, without_controls

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["PastedLine", "pasted_lines"]

# Signs that people and programs put before lines they quote, comment or frame.
_SIGNS = re.compile(r"[ \t\xa0>|│┃▏:#;*%+!/\\•·»-]*\Z")
# A log's prefix: words, one of which has a digit or is in brackets, and a sign or a blank at the end.
_LOG_PREFIX = re.compile(r"(?=.*[0-9\[(|:])[^\n]*[ \t\xa0:|>\])}]\Z")
_NUMBER = re.compile(r"[ \t]*[0-9]+[:|]?[ \t]*\|?[ \t]*\Z")
_TIME = re.compile(r"[0-9]{1,2}:[0-9]{2}:[0-9]{2}")
# Labels of BIRD's own, after which free text stands that may read like anything.
_LABEL = re.compile(r"(?:Description|Message|Last error|Hostname|VRF|filter|state|BGP\.[a-z_]+):")
# A line that may have a margin of words: not the details and attributes that BIRD itself indents.
_SEARCHED = re.compile(r"[ \t]*[0-9\"'|>#*\[│-]|[^ \t]")
_QUOTED = re.compile(r"""[ \t]*(?:-[ \t]*)?["']\Z""")
_MARKUP = re.compile(r"(?:[ \t]*<[a-zA-Z][^<>]*>)+\Z")

_PART = re.compile(r"[0-9]+|[^0-9]+")
_CODED = re.compile(r"[0-9]{4}([- ]|\Z)")
_ENDS_REPLY = re.compile(r"BIRD [^ ]+ ready\.|[Bb][Ii][Rr][Dd][Cc]?6?>|[Nn]ame[ \t]+[Pp]roto")

# A prefix of words is believed if one of this many lines below has it too.
_LOOK_AHEAD = 4


class PastedLine(NamedTuple):
    """A line without its margin: ``text`` is what BIRD may have printed, ``raw`` the line as it came.

    ``before`` counts the characters of ``raw`` before the first one of ``text``.
    """

    number: int
    text: str
    raw: str
    before: int


class _Margin:
    """What stands before the lines of a block."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._is_blank = not prefix.strip()
        self._quote = prefix[-1] if _QUOTED.fullmatch(prefix) else ""
        self._frame = prefix.strip() if prefix.strip() in {"|", "│", "┃"} else ""
        parts = _PART.findall(prefix)
        self._pattern = re.compile("".join(map(_like, range(len(parts)), parts)))
        # Where trailing blanks are cut, a line of nothing else ends with the sign.
        self._bare = re.compile(
            self._pattern.pattern.rstrip(" \t\\") if not self._is_blank else "(?!)"
        )

    def length(self, text: str) -> int | None:
        """How much of this line is margin; ``None`` if it has another."""
        if text.startswith(self._prefix):
            return len(self._prefix)
        if self._is_blank:
            return None
        found = self._pattern.match(text)
        if found is not None:
            return found.end()
        if self._bare.fullmatch(text.rstrip()):
            return len(text)
        return None

    def body(self, text: str, length: int) -> str:
        """The line without margin and without what closes it."""
        body = text[length:]
        if self._frame:
            stripped = body.rstrip()
            if stripped.endswith(self._frame):
                return stripped[: -len(self._frame)].rstrip()
        if self._quote:
            return _unquoted(body, self._quote)
        return body


def _like(index: int, part: str) -> str:
    """A pattern of the parts of other lines' margins that stand where this one does."""
    if part.isdecimal():
        return "[0-9]+"
    if index == 0 and not part.strip():
        # Numbers are set flush right: what is before the first one shrinks as they grow.
        return "[ \t]*"
    return re.escape(part)


def _unquoted(body: str, quote: str) -> str:
    """The text of a line that JSON or YAML holds as one string of a list."""
    text = body.rstrip().removesuffix(",")
    if not text.endswith(quote):
        return body
    text = text[:-1]
    if quote == '"' and "\\" in text:
        try:
            return str(json.loads(f'"{text}"'))
        except ValueError:
            return text
    return text


def pasted_lines(
    lines: Iterable[str], *, number: int = 1, is_open: bool = False
) -> Iterator[PastedLine]:
    """The lines without margins and terminal sequences, each with its number and place.

    Every line is given, blank ones and those that are not BIRD's too. Costs one search for control
    characters and one match for a clean line. ``number`` is that of the first line, ``is_open`` says
    that it stands within a reply of the control socket.
    """
    return _Paste(enumerate(lines, start=number), is_open=is_open).lines()


class _Paste:
    """One pass over a text: the margin of the block under way, and whether a reply is open."""

    def __init__(self, source: Iterator[tuple[int, str]], *, is_open: bool) -> None:
        self._source = source
        self._ahead: deque[tuple[int, str]] = deque()
        self._margin: _Margin | None = None
        # In a reply with codes, lines that begin with one or five blanks go on with it.
        self._is_open = is_open

    def lines(self) -> Iterator[PastedLine]:
        """The lines, one at a time."""
        while (line := self._next()) is not None:
            number, raw = line
            text = raw
            if has_controls(raw):
                is_coded = self._is_open or _CODED.match(raw) is not None
                text = without_controls(raw, is_coded=is_coded)
            text = as_blanks(text)
            if self._is_open and self._margin is None and text[:1] == " " != text[1:2]:
                # The usual continuation line of a socket's reply.
                yield PastedLine(number, text, raw, 0)
                continue
            length, body = self._without_margin(text)
            if not body.strip():
                yield PastedLine(number, "", raw, min(length, len(raw)))
                continue
            starts = begins_answer_line(body)
            if not starts:
                more, body, starts = self._searched(text, length, body)
                length += more
            if starts:
                self._is_open = _opens(body, is_open=self._is_open)
            yield PastedLine(number, body, raw, max(0, len(raw) - len(text)) + length)

    def _next(self) -> tuple[int, str] | None:
        return self._ahead.popleft() if self._ahead else next(self._source, None)

    def _without_margin(self, text: str) -> tuple[int, str]:
        """How much of a line is margin, and the rest of it."""
        margin = self._margin
        if margin is None:
            return 0, text
        length = margin.length(text)
        if length is not None:
            return length, margin.body(text, length)
        if begins_answer_line(text):
            self._margin = None
            return 0, text
        return 0, margin.body(text, 0)

    def _searched(self, text: str, length: int, body: str) -> tuple[int, str, bool]:
        """Whether a line of BIRD's begins further right: how far, the line, and whether it does."""
        more = indented_anchor(body, in_coded_reply=self._is_open)
        is_continuation = self._is_open and body[0] == " "
        if more is None and not is_continuation and _SEARCHED.match(body):
            more = first_anchor(_unclosed(body))
        if not more:
            return 0, body, False
        while len(self._ahead) < _LOOK_AHEAD and (line := next(self._source, None)) is not None:
            self._ahead.append(line)
        prefix = text[: length + more]
        margin = _learnt(prefix, self._ahead)
        if margin is not None:
            self._margin = margin
            return more, margin.body(text, len(prefix)), True
        if _MARKUP.fullmatch(prefix):
            return more, text[len(prefix) :], True
        return 0, body, False


def _learnt(prefix: str, ahead: Iterable[tuple[int, str]]) -> _Margin | None:
    """The margin that this prefix is, if it is one."""
    if _SIGNS.fullmatch(prefix) or _QUOTED.fullmatch(prefix) or _NUMBER.fullmatch(prefix):
        return _Margin(prefix)
    if not _LOG_PREFIX.fullmatch(prefix) or _LABEL.search(prefix):
        return None
    margin = _Margin(prefix)
    below = [text for _, text in ahead if text.strip()]
    if any(margin.length(text) is not None for text in below) or (
        not below and _TIME.search(prefix)
    ):
        return margin
    return None


def _unclosed(text: str) -> str:
    """The line without the sign that closes it, if such a one opens it."""
    opening = text.lstrip()[:1]
    if opening in {"|", "│", "┃"}:
        return text.rstrip(" \t|│┃")
    return text.rstrip(" \t,").rstrip("\"'") if opening in {'"', "'", "-"} else text


def _opens(text: str, *, is_open: bool) -> bool:
    """Whether more of a reply with codes follows this line: a row without one does not end it."""
    found = _CODED.match(text)
    if found is not None:
        return found[1] == "-"
    return is_open and not _ENDS_REPLY.match(text)
