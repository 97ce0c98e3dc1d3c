"""The text of a stream, of which only a part is held at any time."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MAX_OBJECT", "BadTextError", "TextWindow"]

# In bytes. Several objects fit, so that few of them are cut at its end and begun anew.
_PIECE = 1 << 20
# In characters. An object in etcd is at most 1.5 MiB; kubectl's indentation makes four times of it.
MAX_OBJECT = 32 << 20
_NO_SPACE = re.compile(r"[^\s\ufeff]")


class BadTextError(Exception):
    """A text is not what it should be; the message is safe to show."""


class TextWindow:
    """The text not read yet is ``text[at:]`` and what :meth:`more` brings."""

    def __init__(self, read: Callable[[int], bytes], encoding: str) -> None:
        self._read = read
        # Bytes that are no text become U+FFFD: a name with one is a wrong name, never a crash.
        self._decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        self._ended = False
        self.text = ""
        self.at = 0

    def more(self) -> bool:
        """Forget what was read, and hold more; False at the end of the stream.

        Raises:
            BadTextError: what is not read yet is longer than any object.
        """
        if self._ended:
            return False
        held = len(self.text) - self.at
        if held > MAX_OBJECT:
            raise BadTextError(f"an object of more than {MAX_OBJECT >> 20} MiB")
        # As much again as is held: an object that is begun anew costs no more than its length twice.
        piece = self._read(max(_PIECE, held))
        self._ended = not piece
        self.text = self.text[self.at :] + self._decoder.decode(piece, final=self._ended)
        self.at = 0
        return True

    def first_character(self) -> str:
        """The next character that is no space, which is then at ``at``; empty at the end."""
        while True:
            found = _NO_SPACE.search(self.text, self.at)
            if found:
                self.at = found.start()
                return found[0]
            self.at = len(self.text)
            if not self.more():
                return ""
