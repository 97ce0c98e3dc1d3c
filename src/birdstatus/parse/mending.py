"""Lines that lost their blanks or were wrapped, as BIRD wrote them: only what the grammar then recognises."""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING

from birdstatus.parse.dialect import Command, scanners_for
from birdstatus.paste.anchor import begins_answer_line
from birdstatus.paste.prompt import prompt_in
from birdstatus.paste.spacing import (
    canonical_row,
    is_attribute_tail,
    respaced_detail,
    respaced_route,
    respaced_status,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from birdstatus.framing import Line
    from birdstatus.grammar.patterns import Scanner

__all__ = ["mended", "unwrapped"]

_SPELLINGS = {
    Command.STATUS: respaced_status,
    Command.PROTOCOLS: respaced_detail,
    Command.ROUTES: respaced_route,
}
_PROTOCOLS = scanners_for(Command.PROTOCOLS)[None]
_ROUTES = scanners_for(Command.ROUTES)[None]

# A terminal breaks words, if it is no wider than this; what people write between blocks is no word.
_NARROWEST = 60
_RULE = re.compile(r"[^\w\s()\[\]{}]+")
# A line of BIRD's is at most so many lines of a mail.
_MOST_PARTS = 4

# The last columns of the route change table.
_COUNTS = re.compile(r" *(?:[0-9]+|---)(?: +(?:[0-9]+|---))*+ *")
_LABELLED = re.compile(r"[ \t]*[A-Z][\w .]*:")
_FREE_TEXT = re.compile(
    r"[ \t]*(?:Description|Message|Last error|Session|VRF|Input filter|Output filter):"
)
_ATTRIBUTE = re.compile(r"[ \t]*[A-Za-z]+\.[\w .\[\]]+: ")
_ERROR = re.compile(r".*?\b(?:Error|Socket|Received|Automatic shutdown): ")
_CAPABILITIES = re.compile(r"[ \t]*(?:Neighbor caps|Session):")
_CAPABILITY = re.compile(
    r"(?:refresh|(?:enhanced-)?refresh|restart-\w+|llgr-\w+|AS4|add-path-[rt]x|ext-messages|multihop|route-\w+)"
)


def mended(text: str, command: Command, scanner: Scanner) -> str | None:
    """The line as BIRD would have printed it in an answer to the command; ``None`` if nothing fits."""
    row = canonical_row(text)
    if row is not None and scanner.recognises(row):
        return row
    return next((line for line in _SPELLINGS[command](text) if scanner.recognises(line)), None)


def unwrapped(lines: Iterable[Line]) -> Iterator[Line]:
    """The lines with those joined again that a mail program or a terminal broke.

    Two lines are one only if together they are a line of BIRD's whose every word has its place, and the
    second is nothing on its own. Holds four lines at most.
    """
    source = iter(lines)
    ahead: deque[Line] = deque()
    while True:
        line = ahead.popleft() if ahead else next(source, None)
        if line is None:
            return
        for _ in range(_MOST_PARTS - 1):
            if not ahead and (following := next(source, None)) is not None:
                ahead.append(following)
            if not ahead or not _may_be_tail(ahead[0]):
                break
            joined = _joined(line, ahead[0])
            if joined is None:
                break
            line = joined
            ahead.popleft()
        yield line


def _may_be_tail(line: Line) -> bool:
    """Whether a line can be the rest of the one above it: not what begins as BIRD's lines do."""
    text = line.text
    if _COUNTS.fullmatch(text) or (text.strip() and all(map(_CAPABILITY.fullmatch, text.split()))):
        return True
    return (
        line.code is None
        and text[:1] not in {"\t", ""}
        # A terminal's break may leave one blank; BIRD itself indents by two or more.
        and text[:2] != "  "
        and (_ERROR.match(text) or not begins_answer_line(text))
        and prompt_in(text) is None
    )


def _joined(line: Line, tail: Line) -> Line | None:
    """Both as one line, if they are one."""
    if line.final or not line.text:
        return None
    first, rest = line.text.rstrip(), tail.text.strip()
    if _RULE.fullmatch(rest):
        return None
    together = [f"{first} {rest}"]
    if len(line.raw) >= _NARROWEST:
        together.append(first + rest)
    for text in together:
        if _is_whole(text, first, rest):
            return line._replace(text=text, raw=f"{line.raw} {tail.raw}")
    return None


def _is_whole(text: str, first: str, rest: str) -> bool:
    """Whether a line and what follows it are one line of BIRD's."""
    if _LABELLED.match(rest) and not _ERROR.match(rest):
        return False
    row = canonical_row(text)
    if row is not None:
        # What follows an error is anybody's words, and where it was broken nobody can say.
        is_row = _PROTOCOLS.recognises(row) or _ROUTES.recognises(row)
        return is_row and not _ERROR.match(first)
    is_spaced = text != first + rest
    if _ATTRIBUTE.match(first):
        return is_spaced and is_attribute_tail(rest)
    if _CAPABILITIES.match(first):
        return is_spaced and all(map(_CAPABILITY.fullmatch, rest.split()))
    return not _FREE_TEXT.match(first) and _is_broken_detail(text, first)


def _is_broken_detail(text: str, first: str) -> bool:
    if _PROTOCOLS.recognises(first) or mended(first, Command.PROTOCOLS, _PROTOCOLS) is not None:
        return False
    detail = mended(text, Command.PROTOCOLS, _PROTOCOLS)
    return detail is not None and detail.startswith("  ")
