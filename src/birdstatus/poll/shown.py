"""What a reply to ``show route`` shows: tables, and in each of them networks."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from birdstatus.parse.networks import begins_network, network_boundary
from birdstatus.parse.route_rows import tables_in
from birdstatus.poll.times import without_times

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from birdstatus.parse.dialect import RouteBlock

__all__ = ["Section", "Shown", "pieces_of", "shown_in"]

# This much is worked on together: what is made of it stays in the processor's cache.
PIECE = 1 << 16


class Section(NamedTuple):
    """Networks that follow each other, under which table they stand, and in which line they begin."""

    table: str
    line: int
    text: str

    def networks(self) -> list[str]:
        """The text of each network, without its last line feed."""
        return network_boundary(self.text).split(self.text[:-1])

    def split(self) -> Iterator[Section]:
        """Each network as a section."""
        line = self.line
        for network in self.networks():
            yield Section(self.table, line, f"{network}\n")
            line += network.count("\n") + 1


class Shown:
    """The sections of a reply."""

    def __init__(self, sections: Sequence[Section]) -> None:
        self.sections = sections
        self.tables: list[str] = [section.table for section in sections]

    @cached_property
    def networks(self) -> list[str]:
        """The text of each network."""
        return [network for section in self.sections for network in section.networks()]

    def split(self) -> Iterator[Section]:
        """Each network as a section."""
        for section in self.sections:
            yield from section.split()

    def without_times(self) -> Shown:
        """The same without the times of rows."""
        return Shown([one._replace(text=without_times(one.text)) for one in self.sections])


def shown_in(text: str, lines: RouteBlock) -> Shown | None:
    """What a whole reply shows, but for its final line; ``None`` if a table does not begin with a network."""
    sections: list[Section] = []
    line = 1
    for heading, table, rows in tables_in(text, "", lines):
        line += heading.count("\n")
        if rows and not begins_network(rows):
            return None
        if rows:
            sections.append(Section(table, line, rows))
        line += rows.count("\n")
    return Shown(sections)


def pieces_of(section: Section) -> Iterator[Section]:
    """A section in pieces of whole networks."""
    table, line, text = section
    boundary = network_boundary(text)
    start = 0
    while start < len(text):
        cut = boundary.search(text, start + PIECE)
        end = cut.start() + 1 if cut else len(text)
        piece = text[start:end]
        yield Section(table, line, piece)
        line += piece.count("\n")
        start = end
