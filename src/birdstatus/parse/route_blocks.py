"""``show route [all]`` as the control socket sends it: many routes at once, by the column.

One pattern, made of a dialect's productions, goes over a piece of the reply and gives its rows as
tuples of text. What rows have alike (destinations, ratings, next hops, attributes) is converted once,
by the functions that the line road calls too; how much rows have alike changes nothing but the time.

A reply is cut between *networks*: at a line that begins with a prefix. Such a line depends on
nothing above it but the reply code, and nothing below it depends on what is above. So a network in
which the pattern does not recognise a line goes to the lines, and no other one does.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import chain, groupby, repeat
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeVar

from birdstatus.grammar.blocks import block_pattern_of
from birdstatus.grammar.patterns import pattern, pattern_of
from birdstatus.parse.dialect import DIALECTS
from birdstatus.parse.remembered import MOST_REMEMBERED, Remembered
from birdstatus.parse.routes import (
    attributes,
    continued,
    destination,
    may_stand_together,
    next_hop,
    rating,
    route_entry,
    route_type,
)
from birdstatus.reply_codes import ReplyCode

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    import pyparsing as pp

    from birdstatus.parse.dialect import RouteBlock
    from birdstatus.records import Attribute, NextHop, RouteEntry, RouteType

__all__ = [
    "ByLine",
    "NetworkCutter",
    "Networks",
    "RouteBlocks",
    "RouteColumns",
    "Row",
    "Rows",
    "filled",
    "network_boundary",
    "networks_in",
    "route_block_of",
    "row_pattern",
]

ValueT = TypeVar("ValueT")

# What the pattern finds of a row, group by group; the last group is a line that it does not know.
Row: TypeAlias = "tuple[str, ...]"

_CODE = f"{ReplyCode.ROUTE_LIST:04}-"
_TYPE_CODE = f"{ReplyCode.ROUTE_DETAILS:04}-"
_ATTRIBUTE_CODE = f"{ReplyCode.ROUTE_ATTRIBUTES:04}-"
_MARKS = (" ", _CODE, _TYPE_CODE, _ATTRIBUTE_CODE)

# Names for the groups behind those of the row itself.
_BELOW, _DETAILS, _UNKNOWN = "below", "details", "unknown"
# BGP's origin, which many routes have for themselves.
_ORIGIN = ("origin_as", "origin")

# This much of a reply is worked on together: what is made of it stays in the processor's cache.
PIECE = 1 << 16
# The dialect of a reply shows in so many characters.
_BEGINNING = 1 << 12
# A network of more bytes than this is read by line.
MAX_NETWORK = 1 << 18

_NETWORK = re.compile(rf"(?:{_CODE}| )[^ \t\n]")
_NEXT_NETWORK = re.compile(rf"\n(?=(?:{_CODE}| )[^ \t\n])")
# In a reply with details a network begins with the reply code.
_NEXT_CODED_NETWORK = re.compile(rf"\n(?={_CODE}[^ \t\n])")
# So many blanks are the mark of another form, which concerns every line that follows.
_OTHER_FORM = re.compile(" {5,18}[^ ]")
_ATTRIBUTE_LIKE = r"\t[^\n]{0,3000}+"
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


def network_boundary(text: str) -> re.Pattern[str]:
    """The line feed before each further network of a text."""
    has_details = f"\n{_TYPE_CODE}" in text or f"\n{_ATTRIBUTE_CODE}" in text
    return _NEXT_CODED_NETWORK if has_details else _NEXT_NETWORK


def networks_in(text: str, rows: Sequence[Row]) -> Networks | None:
    """The networks of a text, given all that the pattern found in it; ``None`` if there are others.

    The first group of a row is its prefix, empty for a further route of the same network.
    """
    if not any(map(itemgetter(-1), rows)):
        return [Rows(rows)]
    unknown = [row[-1] for row in rows if row[-1]]
    if not all(line.startswith(_MARKS) and not _OTHER_FORM.match(line) for line in unknown):
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


class RouteColumns:
    """Some fields of routes by the column, for whoever needs no records."""

    def __init__(self, lines: RouteBlock, names: Collection[str]) -> None:
        rows = row_pattern(lines, names, {}, known_details=True)
        self._names = (*rows.groupindex, _BELOW, _DETAILS, _UNKNOWN)
        self._find = rows.findall
        self._hop = Remembered(_converter(next_hop, *lines.below))

    def find(self, text: str) -> list[Row]:
        """The rows of a text, for :func:`networks_in`."""
        return self._find(text)

    def of(self, rows: Sequence[Row]) -> dict[str, Sequence[str]]:
        """The fields of each row; of a row with next hops below, those once for each of them."""
        column = self._transposed(rows)
        if any(column[_BELOW]):
            column = self._transposed(list(self._spread(rows)))
        column["prefix"] = filled(column["prefix"])
        return column

    def _transposed(self, rows: Sequence[Row]) -> dict[str, Sequence[str]]:
        return dict(zip(self._names, zip(*rows, strict=True), strict=True))

    def _spread(self, rows: Iterable[Row]) -> Iterator[Row]:
        gateway, interface = self._names.index("gateway"), self._names.index("gateway_interface")
        device, below = self._names.index("interface"), self._names.index(_BELOW)
        hops = self._hop
        for row in rows:
            if not row[below] or row[gateway] or row[device]:
                yield row
                continue
            # The two fields of a next hop follow each other in a row.
            before, after = row[:gateway], row[interface + 1 :]
            for line in row[below][1:-1].split("\n "):
                hop = hops[line]
                yield (*before, hop[0], hop[1], *after)


class _UnknownDetailError(Exception):
    """A line below a row that is no attribute; it never leaves this module."""


class _LostRowError(Exception):
    """Rows that BIRD does not print one below the other; it never leaves this module."""


class RouteBlocks:
    """Records of routes, by the column.

    What was converted last is remembered for as long as this is, in at most some 10 MB.
    """

    def __init__(self, lines: RouteBlock) -> None:
        self._lines = lines
        self._row_pattern = _record_pattern(lines)
        self._names = (*self._row_pattern.groupindex, _BELOW, _DETAILS, _UNKNOWN)
        self._rated = tuple(f"rated{index}" for index in range(len(lines.rated)))
        self._where = Remembered(_converter(destination, lines.where))
        self._rating = Remembered(_converter(rating, lines.rating, but=_ORIGIN))
        self._next_hop = Remembered(_converter(next_hop, *lines.below))
        self._type = Remembered(_converter(route_type, lines.type_line))
        self._attributes: dict[str, Attribute] = {}
        self._attribute_lines = _attribute_pattern(lines).findall
        self._more = pattern(lines.continuation_line).match
        self._tables = _table_pattern(lines)
        # Under whose heading the next routes stand.
        self.table: str = ""

    def read(self, text: str) -> list[list[RouteEntry] | ByLine] | None:
        """The routes of whole networks, or those networks; ``None`` if all of it is for the lines."""
        if self._tables is None:
            return self._read_table(text)
        found: list[list[RouteEntry] | ByLine] = []
        before, lines_above = self.table, 0
        above, *tables = self._tables.split(text)
        for heading, table, routes in (("", self.table, above), *_threes(tables)):
            lines_above += heading.count("\n")
            self.table = table
            is_whole = not routes or _NETWORK.match(routes)
            parts = self._read_table(routes) if routes and is_whole else []
            if parts is None or not is_whole:
                self.table = before
                return None
            found += [
                ByLine(part.text, lines_above + part.lines_above, table)
                if isinstance(part, ByLine)
                else part
                for part in parts
            ]
            lines_above += routes.count("\n")
        return found

    def _read_table(self, text: str) -> list[list[RouteEntry] | ByLine] | None:
        try:
            return self._read_details(text)
        except _LostRowError:
            return None

    def _read_details(self, text: str) -> list[list[RouteEntry] | ByLine] | None:
        try:
            return self._read(text, self._row_pattern)
        except _UnknownDetailError:
            return self._read(text, _record_pattern(self._lines, known_details=True))

    def _read(self, text: str, rows: re.Pattern[str]) -> list[list[RouteEntry] | ByLine] | None:
        networks = networks_in(text, rows.findall(text))
        if networks is None:
            return None
        return [self._records(part) if isinstance(part, Rows) else part for part in networks]

    def _records(self, rows: Rows) -> list[RouteEntry]:
        """A record for each row.

        Raises:
            _UnknownDetailError: what stands below a row is no attribute.
        """
        column = dict(zip(self._names, zip(*rows.rows, strict=True), strict=True))
        if "" in column["prefix"] and any(
            flag and not prefix
            for prefix, flag in zip(column["prefix"], column["flag"], strict=True)
        ):
            raise _LostRowError
        rated = map("".join, zip(*[column[name] for name in self._rated], strict=True))
        below, details = column[_BELOW], column[_DETAILS]
        has_details = any(details)
        return list(
            map(
                route_entry,
                filled(column["prefix"]),
                map(self._where.__getitem__, column["where"]),
                column["protocol"],
                column["time"],
                column["received_from"],
                column["flag"],
                map(self._rating.__getitem__, rated),
                column["origin_as"],
                column["origin"],
                map(self._hops_in, below) if any(below) else repeat(()),
                map(self._type_in, details) if has_details else repeat(None),
                self._attributes_in(details) if has_details else repeat(()),
                repeat(self.table),
            )
        )

    def _hops_in(self, below: str) -> tuple[NextHop, ...]:
        lines = below[1:-1].split("\n ") if below else ()
        hops = tuple(map(self._next_hop.__getitem__, lines))
        if not may_stand_together(hops):
            raise _LostRowError
        return hops

    def _type_in(self, details: str) -> RouteType | None:
        if not details:
            return None
        return self._type[details[len(_TYPE_CODE) : details.index("\n")]]

    def _attributes_in(self, details: Sequence[str]) -> Iterator[tuple[Attribute, ...]]:
        found = [self._attribute_texts(text) for text in details]
        known = self._attributes
        unknown = list(set(chain.from_iterable(found)).difference(known))
        if len(known) + len(unknown) > MOST_REMEMBERED:
            known.clear()
            unknown = list(set(chain.from_iterable(found)))
        # Each as a line of its own, of which there are as many as attributes.
        lines = self._attribute_lines("".join(f" {line}\n" for line in unknown))
        if len(lines) < len(unknown):
            raise _UnknownDetailError
        known.update(zip(unknown, attributes(lines), strict=True))
        return (tuple(map(known.__getitem__, lines)) for lines in found)

    def _attribute_texts(self, details: str) -> list[str]:
        """The lines of attributes, each with those that continue it joined to it."""
        # The first has its reply code, all others a blank.
        _, _, lines = details.partition(f"\n{_ATTRIBUTE_CODE}")
        found = lines[:-1].split("\n ") if lines else []
        if "\n \t\t" not in lines:
            return found
        joined: list[str] = []
        for line in found:
            more = self._more(line)
            if more and not joined:
                raise _UnknownDetailError
            if more:
                name, colon, text = joined[-1].partition(":")
                joined[-1] = f"{name}{colon} {continued(text.removeprefix(' '), more['text'])}"
            else:
                joined.append(line)
        return joined


def _converter(
    conversion: Callable[..., ValueT], *productions: pp.ParserElement, but: Collection[str] = ()
) -> Callable[[str], ValueT]:
    """What makes a value of a text that is one of these productions: of its fields, but for some."""

    def of_one(production: pp.ParserElement) -> Callable[[str], re.Match[str] | None]:
        names = [name for name in pattern(production).groupindex if name not in but]
        return re.compile(pattern_of(production, names=names)).match

    first, *others = map(of_one, productions)

    def convert(text: str) -> ValueT:
        match = first(text)
        if match is None:
            match = next(filter(None, (other(text) for other in others)))
        return conversion(**match.groupdict(""))

    return convert


def route_block_of(text: str) -> RouteBlock:
    """How to read routes of which this is the beginning: as the dialect that prints such a row."""
    known = [dialect.route_block for dialect in DIALECTS if dialect.route_block]
    beginning = text[:_BEGINNING]
    return max(known, key=lambda lines: _recognised(beginning, lines))


def _recognised(text: str, lines: RouteBlock) -> int:
    return sum(not row[-1] for row in _record_pattern(lines).findall(text))


def _threes(parts: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    return zip(parts[::3], parts[1::3], parts[2::3], strict=True)


def filled(prefixes: Sequence[str]) -> Sequence[str]:
    """Each row's prefix: one without takes that of the row above."""
    if "" not in prefixes:
        return prefixes
    last = ""
    return [last := prefix or last for prefix in prefixes]


def row_pattern(
    lines: RouteBlock,
    groups: Collection[str],
    whole: Mapping[str, pp.ParserElement],
    *,
    known_details: bool = False,
) -> re.Pattern[str]:
    """A pattern of a row with all that stands below it, or of any other line.

    Its groups are those asked for in the row, what stands below the row with the same reply code,
    the details, and the line that is none of these. Without ``known_details`` any line is taken for
    an attribute that stands where attributes do: a quarter faster.
    """
    # A row without a prefix is indented so far that no other form of reply is meant.
    row = (
        rf"(?:{_CODE}| )(?=[^ ]| {{19}}){block_pattern_of(lines.row, names=groups, whole=whole)}\n"
    )
    below = rf"((?: (?:{_choice(*lines.below)})\n)*+)"
    of_type = rf"{_TYPE_CODE}{_choice(lines.type_line)}\n"
    # No line of a block is longer than a line may be.
    first = further = _ATTRIBUTE_LIKE
    if known_details:
        first = rf"(?={_ATTRIBUTE_LIKE}\n)(?:{_choice(lines.attribute_line)})"
        both = _choice(lines.continuation_line, lines.attribute_line)
        further = rf"(?={_ATTRIBUTE_LIKE}\n)(?:{both})"
    attributes = rf"{_ATTRIBUTE_CODE}{first}\n(?: (?:{further})\n)*+"
    # The row after details begins with its reply code, as theirs is another.
    details = rf"((?>(?:{of_type}(?>(?:{attributes})?)(?={_CODE}|\Z))?))"
    return re.compile(f"{row}{below}{details}|([^\n]*+\n)")


def _choice(*productions: pp.ParserElement) -> str:
    return "|".join(map(block_pattern_of, productions))


@cache
def _table_pattern(lines: RouteBlock) -> re.Pattern[str] | None:
    """A heading with the empty line above it, and the name in it."""
    if lines.table_line is None:
        return None
    heading = block_pattern_of(lines.table_line, names=("table",))
    return re.compile(rf"(?m)^((?:(?:{_CODE}| )\n)?(?:{_CODE}| ){heading}\n)")


@cache
def _record_pattern(lines: RouteBlock, *, known_details: bool = False) -> re.Pattern[str]:
    groups = ("prefix", "protocol", "time", "received_from", "flag", *_ORIGIN)
    rated = {f"rated{index}": part for index, part in enumerate(lines.rated)}
    whole = {"where": lines.where, **rated}
    return row_pattern(lines, groups, whole, known_details=known_details)


@cache
def _attribute_pattern(lines: RouteBlock) -> re.Pattern[str]:
    attribute = block_pattern_of(lines.attribute_line, names=("name", "text"))
    return re.compile(rf" {attribute}\n")
