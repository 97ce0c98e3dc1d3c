"""What a terminal acts on instead of showing it: colours, cursor movement, corrections."""

from __future__ import annotations

import re

__all__ = ["has_controls", "without_controls"]

# ECMA-48: CSI and OSC sequences, device control strings, and two-character escapes.
_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\|\Z)"
    r"|\x1b[PX^_][^\x1b]*(?:\x1b\\|\Z)|\x1b[ -/]*[0-~]"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x9b]")
_OTHER = re.compile(r"[\x00-\x07\x0b-\x1f\x7f-\x9f]")

_COLOUR = re.compile(r"\x1b\[[0-9;]*[Km]")
_AT_END = re.compile(r"(?:\x1b\[[0-9;]*[Km])+\Z")

# What follows these is a person's or a peer's own text.
_FREE_TEXT = re.compile(r"(?:Description|Message): ")


def has_controls(text: str) -> bool:
    """Whether the line holds anything that a terminal acts on, but for tabs."""
    return _CONTROL.search(text) is not None


def without_controls(text: str, *, is_coded: bool) -> str:
    """The line as a terminal would have shown it.

    Descriptions and messages stay as BIRD sent them, unless the whole line was coloured. Of a line
    with a reply code only colours are taken: the socket adds nothing, so the rest is BIRD's own.
    """
    free = _FREE_TEXT.search(text)
    if free is not None and not has_controls(text[: free.start()]):
        return _AT_END.sub("", text)
    if is_coded:
        return _COLOUR.sub("", text)
    text = _SEQUENCE.sub("", text)
    if "\x08" in text:
        text = _corrected(text)
    return _OTHER.sub("", text)


def _corrected(text: str) -> str:
    """The line after its backspaces."""
    shown: list[str] = []
    for char in text:
        if char != "\x08":
            shown.append(char)
        elif shown:
            shown.pop()
    return "".join(shown)
