"""Objects from files, folders, tar archives and standard input, one at a time.

A list of a thousand statuses is larger than the memory that a check may take, so a list is never held
whole: of JSON and of block-style YAML, which is what kubectl prints, one item is read after the other.
"""

from __future__ import annotations

import codecs
import lzma
import sys
import tarfile
import zlib
from typing import IO, TYPE_CHECKING, Any

from birdstatus.errors import printable
from reporter.fleet.json_stream import is_json, json_objects
from reporter.fleet.text_window import BadTextError, TextWindow
from reporter.fleet.yaml_stream import yaml_objects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

__all__ = ["NoInputError", "objects_in"]

Document = dict[str, Any]

# In a folder or an archive only these are looked at; a file that is named is read whatever its name.
_SUFFIXES = (".json", ".yaml", ".yml")
_ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".tbz2")
# An archive may unpack to so much, in bytes: a 1,000-node mesh with all its routes is a sixth of it.
_MAX_UNPACKED = 4 << 30
_MAGIC = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00")
# tar(5): "ustar" stands here in the first header.
_USTAR = slice(257, 262)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),  # what PowerShell's `>` writes
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class NoInputError(Exception):
    """A file that was named cannot be read; the text says which and why."""


def objects_in(paths: Sequence[Path], note: Callable[[str], None]) -> Iterator[Document]:
    """Every Kubernetes object in these files, folders and archives; ``-`` is standard input.

    Lists are taken apart. What cannot be read inside of a file, a folder or an archive is handed to
    ``note`` as one line of safe text, and the rest is read all the same.

    Raises:
        NoInputError: a path that was named is not there or may not be read.
    """
    for path in paths:
        name = "standard input" if str(path) == "-" else printable(str(path))
        try:
            if str(path) == "-":
                yield from _in_stream(sys.stdin.buffer, name, note)
            elif path.is_dir():
                yield from _in_folder(path, note)
            else:
                with path.open("rb") as stream:
                    yield from _in_stream(stream, name, note)
        except OSError as error:
            raise NoInputError(f"{name}: {error.strerror or 'cannot be read'}") from None


def _in_folder(folder: Path, note: Callable[[str], None]) -> Iterator[Document]:
    others = 0
    for path in sorted(folder.rglob("*")):
        if path.name.startswith(".") or not path.is_file():
            continue
        if not path.name.endswith(_SUFFIXES + _ARCHIVES):
            others += 1
            continue
        name = printable(str(path))
        try:
            with path.open("rb") as stream:
                yield from _in_stream(stream, name, note)
        except OSError as error:
            note(f"{name}: {error.strerror or 'cannot be read'}")
    _note_others(printable(str(folder)), others, note)


def _note_others(name: str, count: int, note: Callable[[str], None]) -> None:
    if count:
        files = "1 file is" if count == 1 else f"{count} files are"
        note(f"{name}: {files} neither YAML, JSON nor an archive by name")


class _Peeked:
    """A stream of which the first bytes have been read already."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.head = b""
        while len(self.head) < 512 and (piece := stream.read(512 - len(self.head))):
            self.head += piece
        self._rest = self.head

    def read(self, size: int) -> bytes:
        if self._rest:
            piece, self._rest = self._rest[:size], self._rest[size:]
            return piece
        return self._stream.read(size)


def _in_stream(stream: IO[bytes], name: str, note: Callable[[str], None]) -> Iterator[Document]:
    peeked = _Peeked(stream)
    if peeked.head.startswith(_MAGIC) or peeked.head[_USTAR] == b"ustar":
        yield from _in_archive(peeked, name, note)
    else:
        yield from _in_text(peeked, name, note)


def _in_archive(stream: _Peeked, name: str, note: Callable[[str], None]) -> Iterator[Document]:
    others, left = 0, _MAX_UNPACKED
    try:
        # Only read from front to back, and nothing of it is ever written anywhere.
        with tarfile.open(fileobj=stream, mode="r|*") as archive:  # type: ignore[call-overload]
            for member in archive:
                left -= member.size
                if left < 0:
                    note(f"{name}: unpacks to more than {_MAX_UNPACKED >> 30} GiB; the rest of it")
                    break
                base = member.name.rpartition("/")[2]
                if not member.isfile() or base.startswith("."):
                    continue
                if not base.endswith(_SUFFIXES):
                    others += 1
                    continue
                unpacked = archive.extractfile(member)
                if unpacked is not None:
                    inside = f"{name}:{printable(member.name)}"
                    yield from _in_text(_Peeked(unpacked), inside, note)
    except (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError) as error:
        note(f"{name}: not a whole archive: {printable(str(error))}")
    _note_others(name, others, note)


def _in_text(stream: _Peeked, name: str, note: Callable[[str], None]) -> Iterator[Document]:
    encoding = next((text for bom, text in _BOMS if stream.head.startswith(bom)), "utf-8")
    window = TextWindow(stream.read, encoding)
    try:
        yield from (json_objects if is_json(window) else yaml_objects)(window)
    except BadTextError as error:
        note(f"{name}: {error}")
