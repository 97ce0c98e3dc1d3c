"""Text that is safe to show: for terminals, logs and messages, whatever a remote peer wrote."""

from __future__ import annotations

__all__ = ["printable"]


def printable(text: str) -> str:
    r"""The text with every character that a terminal might act on written as an escape.

    A remote peer chooses part of what BIRD prints (RFC 8203 shutdown messages), so control
    characters, bidirectional overrides, line separators and lone surrogates become ``\x1b``,
    ``\u202e`` and the like. Printable text of any script stays as it is.
    """
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in text
    )
