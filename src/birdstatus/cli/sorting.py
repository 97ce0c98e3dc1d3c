"""Texts put in order, of any number: what is too much for the memory waits in files that have no name."""

from __future__ import annotations

import heapq
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["SortedTexts"]

# So many texts are held, some 20 MB, and so many files are open.
MOST_HELD = 50_000
MOST_FILES = 64


class SortedTexts:
    r"""Texts by their keys; those with equal keys in the order in which they came.

    A key is made of characters up to ``\xff``; a text is ASCII without ``\0``. A file that cannot be
    written raises :class:`OSError`.
    """

    def __init__(self) -> None:
        self._held: list[str] = []
        self._files: list[IO[str]] = []
        self._count = 0

    def add(self, items: Iterable[tuple[str, str]]) -> None:
        """Take keys with their texts."""
        for key, text in items:
            self._count += 1
            self._held.append(f"{key.encode('latin-1').hex()}{self._count:010x} {text}")
        if len(self._held) >= MOST_HELD:
            self._put_aside()

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """The keys with their texts, in order; once."""
        self._held.sort()
        held = (_as_line(text) for text in self._held)
        for line in heapq.merge(*self._files, held):
            key, _, text = line.partition(" ")
            yield bytes.fromhex(key[:-10]).decode("latin-1"), text[:-1].replace("\0", "\n")

    def _put_aside(self) -> None:
        self._held.sort()
        self._files.append(_file_of(map(_as_line, self._held)))
        self._held = []
        if len(self._files) >= MOST_FILES:
            merged = _file_of(heapq.merge(*self._files))
            self.close()
            self._files = [merged]

    def close(self) -> None:
        """Remove the files."""
        for file in self._files:
            file.close()


def _as_line(text: str) -> str:
    return text.replace("\n", "\0") + "\n"


def _file_of(lines: Iterable[str]) -> IO[str]:
    file = TemporaryFile("w+", encoding="ascii", newline="\n")  # noqa: SIM115 - see close
    file.writelines(lines)
    file.seek(0)
    return file
