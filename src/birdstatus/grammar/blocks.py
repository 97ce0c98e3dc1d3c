"""Patterns of productions for many lines at once: faster, for ordinary lines only.

What such a pattern matches, the production matches too, with the same fields: it is narrower, never
wider. Property tests hold this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from birdstatus.grammar.patterns import PatternWriter, TextBefore
from birdstatus.grammar.terminals import ORDINARY

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import pyparsing as pp

__all__ = ["block_pattern_of"]

# A time without brackets ends where `]` or ` from ` follows; mostly it is digits, and ends at once.
_TIME = r"(?:[-0-9:.]{0,15}+(?: [-0-9:.]{1,15}+)?+(?=\]| from )|[^][\n]{0,31}?)"


def block_pattern_of(
    element: pp.ParserElement,
    *,
    names: Collection[str] = (),
    whole: Mapping[str, pp.ParserElement] | None = None,
) -> str:
    """The regular expression of a line within a text, up to its line feed, if it is an ordinary one.

    ``names`` are the fields that become groups. ``whole`` names parts of the production that become
    one group each, with no group inside.

    Raises:
        TypeError: an element of a kind that productions here do not use.
    """
    return _BlockWriter(names, whole or {}).write(element)


class _BlockWriter(PatternWriter):
    def __init__(self, names: Collection[str], whole: Mapping[str, pp.ParserElement]) -> None:
        super().__init__(names)
        self._whole = {id(part): name for name, part in whole.items()}

    def write(self, element: pp.ParserElement) -> str:
        name = self._whole.get(id(element))
        return f"(?P<{name}>{block_pattern_of(element)})" if name else super().write(element)

    def terminal(self, element: pp.Regex) -> str:
        if isinstance(element, TextBefore):
            return _TIME
        narrower = ORDINARY.get(str(element.pattern))
        # What leaves some characters out must read no line feed either.
        return super().terminal(element).replace("[^", r"[^\n") if narrower is None else narrower

    def option(self, body: str) -> str:
        # A third faster than an atomic group. It could be given up again, but what follows an option
        # in a row never begins as the option does.
        return f"(?:{body}|)"

    def end(self) -> str:
        return r"(?=\n)"
