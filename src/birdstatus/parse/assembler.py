"""Lines to records: what an assembler is.

Each assembler takes the lines of one kind of reply in order and gives a record as soon as the next
line shows it to be whole. A line that has no place raises
:class:`~birdstatus.grammar.patterns.Expectation` and changes nothing; :meth:`Assembler.skip` then
says what the loss of that line means for its neighbours.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from birdstatus.grammar.patterns import Expectation, Fields, Scanner

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyparsing as pp

    from birdstatus.framing import Line

__all__ = ["Assembler", "merge", "number"]

FieldT = TypeVar("FieldT")
RecordT_co = TypeVar("RecordT_co", covariant=True)

NOTHING = Scanner(())


class Assembler(ABC, Generic[RecordT_co]):
    """Lines of one kind of reply in, records out."""

    SCANNERS: ClassVar[Mapping[int | None, Scanner]]

    def scan(self, line: Line) -> tuple[pp.ParserElement, Fields]:
        """Which production a line is, and its fields.

        Raises:
            Unrecognised: none that may stand in a line of its reply code.
        """
        return self.SCANNERS.get(line.code, NOTHING).scan(line.text)

    @abstractmethod
    def add(self, line: Line) -> RecordT_co | None:
        """Use a line; give the record that it shows to be whole.

        Raises:
            Expectation: the line has no place here.
            Unrecognised: it is no line of this reply at all.
        """

    @abstractmethod
    def skip(self, line: Line) -> RecordT_co | None:
        """A line could not be used; give the record that ended before it."""

    @abstractmethod
    def end(self) -> RecordT_co | None:
        """The reply ended; give the record that was under way."""


def merge(into: dict[str, FieldT], fields: Mapping[str, FieldT], production: object) -> None:
    """Add the fields of a line that a record has once.

    Raises:
        Expectation: it has them already.
    """
    if not into.keys().isdisjoint(fields):
        raise Expectation(f"{production} only once")
    into.update(fields)


def number(text: str | None) -> int | None:
    """The number that a line gave, if it gave one."""
    return None if text is None else int(text)
