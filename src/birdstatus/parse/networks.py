"""``show route [all]`` as the control socket sends it, cut between its networks.

A *network* begins at a line that begins with a prefix. Such a line depends on nothing above it but the
reply code, and nothing below it depends on what is above. So a network with a line that a pattern
does not recognise goes to the lines, and no other one does.
"""

from __future__ import annotations

import re
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from birdstatus.reply_codes import ReplyCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = [
    "ATTRIBUTE_CODE",
    "CODE",
    "DETAIL_CODE",
    "ByLine",
    "NetworkCutter",
    "Networks",
    "Row",
    "Rows",
    "begins_network",
    "has_details",
    "network_boundary",
    "networks_in",
]

# What a pattern finds of a row, group by group: first the prefix, last a line that it does not know.
Row: TypeAlias = "tuple[str, ...]"

CODE = f"{ReplyCode.ROUTE_LIST:04}-"
DETAIL_CODE = f"{ReplyCode.ROUTE_DETAILS:04}-"
ATTRIBUTE_CODE = f"{ReplyCode.ROUTE_ATTRIBUTES:04}-"
_MARKS = (" ", CODE, DETAIL_CODE, ATTRIBUTE_CODE)

# This much of a reply is worked on together: what is made of it stays in the processor's cache.
PIECE = 1 << 16
# A network of more bytes than this is read by line.
MAX_NETWORK = 1 << 18

_NETWORK = re.compile(rf"(?:{CODE}| )[^ \t\n]")
_NEXT_NETWORK = re.compile(rf"\n(?=(?:{CODE}| )[^ \t\n])")
# In a reply with details a network begins with the reply code.
_NEXT_CODED_NETWORK = re.compile(rf"\n(?={CODE}[^ \t\n])")
# What concerns every line that follows: the mark of another form, or a heading that is no ordinary one.
_BEYOND = re.compile(rf" {{5,18}}[^ ]|(?:{CODE}| )Table ")
_UNCODED_NETWORK = re.compile(r"\n [^ \t\n]")


class Rows(NamedTuple):
    """Rows that follow each other, each with what stands below it."""

    rows: Sequence[Row]


class ByLine(NamedTuple):
    """Networks with a line that is not recognised, and how many lines of the text stand above them."""

    text: str
    lines_above: int
    table: str = ""


Networks: TypeAlias = "list[Rows | ByLine]"


class NetworkCutter:
    """Cuts a reply into pieces of whole networks, each a :class:`bytes`.

    Stops where that is not possible, at the latest before the last network: :meth:`rest` is what
    was not given, and begins with a network if anything was.
    """

    def __init__(self, data: str | bytes | Iterable[str | bytes]) -> None:
        self._pieces = _pieces(data)
        self._held = b""

    def __iter__(self) -> Iterator[bytes]:
        is_first = True
        for piece in self._pieces:
            self._held += piece
            if b"\r" in piece or b"\x1b" in piece or not _is_network(self._held, 0, coded=is_first):
                return
            cut = _last_network(self._held)
            if cut:
                is_first = False
                networks, self._held = self._held[:cut], self._held[cut:]
                yield networks
            elif len(self._held) > MAX_NETWORK:
                return

    def rest(self) -> Iterator[bytes]:
        """What is left."""
        yield self._held
        yield from self._pieces


def _pieces(data: str | bytes | Iterable[str | bytes]) -> Iterator[bytes]:
    """The data in pieces of :data:`PIECE` or a little more."""
    held: list[bytes] = []
    size = 0
    for given in (data,) if isinstance(data, str | bytes) else data:
        # A lone surrogate in a str cannot be encoded: it becomes a visible escape.
        part = given.encode("utf-8", "backslashreplace") if isinstance(given, str) else given
        for start in range(0, len(part), PIECE):
            held.append(part[start : start + PIECE])
            size += len(held[-1])
            if size >= PIECE:
                yield b"".join(held)
                held, size = [], 0
    yield b"".join(held)


def _last_network(text: bytes) -> int:
    """Where the last network begins; 0 if no other than the first does."""
    coded = b"\n1008-" in text or b"\n1012-" in text
    at = len(text)
    while (at := text.rfind(b"\n", 0, at)) >= 0:
        if _is_network(text, at + 1, coded=coded):
            return at + 1
    return 0


def _is_network(text: bytes, at: int, *, coded: bool) -> bool:
    if text.startswith(b"1007-", at):
        return text[at + 5 : at + 6] not in {b"", b" ", b"\t", b"\n"}
    is_marked = not coded and text.startswith(b" ", at)
    return is_marked and text[at + 1 : at + 2] not in {b"", b" ", b"\t", b"\n"}


def begins_network(text: str) -> bool:
    """Whether a text begins with a network."""
    return _NETWORK.match(text) is not None


def has_details(text: str) -> bool:
    """Whether a text has more of its routes than `show route` without `all` shows."""
    return f"\n{DETAIL_CODE}" in text or f"\n{ATTRIBUTE_CODE}" in text


def network_boundary(text: str) -> re.Pattern[str]:
    """The line feed before each further network of a text."""
    return _NEXT_CODED_NETWORK if has_details(text) else _NEXT_NETWORK


def networks_in(text: str, rows: Sequence[Row]) -> Networks | None:
    """The networks of a text, given all that a pattern found in it; ``None`` if there are others."""
    if not any(map(itemgetter(-1), rows)):
        return [Rows(rows)]
    unknown = [row[-1] for row in rows if row[-1]]
    if not all(line.startswith(_MARKS) and not _BEYOND.match(line) for line in unknown):
        return None
    boundary = network_boundary(text)
    if boundary is _NEXT_CODED_NETWORK and _UNCODED_NETWORK.search(text):
        # Such a line takes the reply code of the line above, which is not known here.
        return None
    return list(_joined(boundary.split(text[:-1]), rows))


def _joined(networks: Sequence[str], rows: Iterable[Row]) -> Iterator[Rows | ByLine]:
    """Networks that follow each other and go the same road."""
    of_network: list[list[Row]] = []
    for row in rows:
        line = row[-1]
        if row[0] or _NETWORK.match(line):
            of_network.append([])
        of_network[-1].append(row)
    lines_above = 0
    for is_unknown, group in groupby(
        zip(networks, of_network, strict=True), key=lambda pair: any(row[-1] for row in pair[1])
    ):
        found = list(group)
        text = "".join(f"{network}\n" for network, _ in found)
        if is_unknown:
            yield ByLine(text, lines_above)
        else:
            yield Rows([row for _, of_one in found for row in of_one])
        lines_above += text.count("\n")
