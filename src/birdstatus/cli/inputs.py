"""What is to be read: files, standard input, directories, compressed files and tar archives.

An archive is read as a stream, member by member, and is trusted in nothing: how much it unpacks to, how many
members it has, and what they are called.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import sys
import tarfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from birdstatus.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import BinaryIO

__all__ = ["Input", "InputError", "failed", "inputs_of"]

STANDARD_INPUT = "-"
CHUNK = 1 << 16

# What no bundle of a cluster is, but an archive made to fill a disk or a memory.
MAX_MEMBERS = 10_000
MAX_UNPACKED = 4 << 30
# Text of BIRD's shrinks to a tenth, or a hundredth; rows that are all alike to a three hundredth, zeros to a
# thousandth.
MAX_RATIO = 200
RATIO_FROM = 4 << 20
# A bundle of bundles is as deep as anybody packs them.
MAX_DEPTH = 3

_COMPRESSIONS = (
    (b"\x1f\x8b", "gzip"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"BZh", "bzip2"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
)
_TAR_MARK = slice(257, 262)
_BLOCK = 512
_CORRUPT = (EOFError, OSError, lzma.LZMAError, tarfile.TarError, zlib.error, ValueError)


class InputError(Exception):
    """An input cannot be read; the text says which and why, safe to print."""


@dataclass(frozen=True, slots=True)
class Input:
    """A text to be read: its name, safe to print, and what gives its bytes.

    ``is_member`` tells a part of a bundle, of which most are no BIRD output, from a file that was asked for.
    """

    name: str
    chunks: Callable[[], Iterator[bytes]]
    is_member: bool = False


def inputs_of(files: Iterable[str]) -> Iterator[Input]:
    """The texts in these files; none stands for standard input.

    Each is to be read before the next is asked for: members of an archive come in its order. One that
    cannot be opened, or not be unpacked within bounds, raises :class:`InputError` when it is read.
    """
    for file in list(files) or [STANDARD_INPUT]:
        name = "<standard input>" if file == STANDARD_INPUT else printable(file)
        try:
            yield from _inputs_in(file, name)
        except InputError as error:
            yield failed(name, error)
        except _CORRUPT as error:
            yield failed(name, InputError(f"cannot read {name}: {_reason(error)}"))


def failed(name: str, error: InputError) -> Input:
    """An input that raises this when it is read."""

    def chunks() -> Iterator[bytes]:
        raise error

    return Input(name, chunks)


def _inputs_in(file: str, name: str) -> Iterator[Input]:
    if file == STANDARD_INPUT:
        if sys.stdin.isatty():
            sys.stderr.write("birdstatus: paste what BIRD printed, and end it with Ctrl-D\n")
        yield from _opened(name, sys.stdin.buffer, is_member=False)
    elif Path(file).is_dir():
        yield from _directory(Path(file))
    else:
        with Path(file).open("rb") as opened:
            yield from _opened(name, opened, is_member=False)


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error) or "it is cut short"
    return printable(str(text))


def _directory(folder: Path) -> Iterator[Input]:
    """Every file below a folder, by name; links are not followed, so that none leads out of it."""
    count = 0
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for file in sorted(names):
            path = Path(parent, file)
            if path.is_symlink() or not path.is_file():
                continue
            count += 1
            if count > MAX_MEMBERS:
                raise InputError(f"{printable(str(folder))} holds more than {MAX_MEMBERS} files")
            with path.open("rb") as opened:
                yield from _opened(printable(str(path)), opened, is_member=True)


def _opened(name: str, file: BinaryIO, *, is_member: bool, depth: int = 0) -> Iterator[Input]:
    """What a file holds: itself, what it unpacks to, or the members of an archive.

    ``depth`` is in how many archives the file stands.
    """
    buffered = (
        io.BufferedReader(cast("io.RawIOBase", file), CHUNK) if not hasattr(file, "peek") else file
    )
    head = buffered.peek(_BLOCK)[:_BLOCK]
    compression = next((kind for mark, kind in _COMPRESSIONS if head.startswith(mark)), "")
    if compression:
        bounded = _Bounded(name, _decompressor(compression, buffered), buffered)
        inner = io.BufferedReader(cast("io.RawIOBase", bounded), CHUNK)
        if inner.peek(_BLOCK)[_TAR_MARK] == b"ustar":
            yield from _members(name, inner, depth + 1)
        else:
            yield Input(name, lambda: _read(name, inner), is_member)
    elif head[_TAR_MARK] == b"ustar":
        yield from _members(name, buffered, depth + 1)
    else:
        yield Input(name, lambda: _read(name, buffered), is_member)


def _decompressor(compression: str, file: BinaryIO) -> BinaryIO:
    match compression:
        case "gzip":
            return cast("BinaryIO", gzip.GzipFile(fileobj=file))
        case "xz":
            return cast("BinaryIO", lzma.LZMAFile(file))
        case "bzip2":
            return cast("BinaryIO", bz2.BZ2File(file))
    import zstandard  # noqa: PLC0415 - few files need it

    return cast("BinaryIO", zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(file))


class _Bounded(io.RawIOBase):
    """What a compressed file unpacks to, up to what such a file can honestly hold."""

    def __init__(self, name: str, unpacked: BinaryIO, packed: BinaryIO) -> None:
        super().__init__()
        self._name = name
        self._unpacked = unpacked
        self._packed = packed
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, target: memoryview) -> int:  # type: ignore[override]
        data = self._unpacked.read(min(len(target), CHUNK))
        target[: len(data)] = data
        self._count += len(data)
        if self._count > MAX_UNPACKED:
            raise InputError(
                f"{self._name} unpacks to more than {MAX_UNPACKED >> 30} GiB: not read on"
            )
        if self._count > RATIO_FROM and self._count > MAX_RATIO * max(self._read_of_packed(), 1):
            raise InputError(
                f"{self._name} unpacks to more than {MAX_RATIO} times its size, as no text of BIRD's does: "
                "not read on"
            )
        return len(data)

    def _read_of_packed(self) -> int:
        try:
            return self._packed.tell()
        except (OSError, ValueError):
            # A pipe does not say how much came.
            return self._count


def _members(name: str, file: BinaryIO, depth: int) -> Iterator[Input]:
    """The files in a tar archive; what leads out of it is refused, links and devices are passed over."""
    if depth > MAX_DEPTH:
        raise InputError(f"{name} is an archive within {MAX_DEPTH} others: not read")
    with tarfile.open(fileobj=file, mode="r|", bufsize=CHUNK) as archive:
        count = total = 0
        for member in archive:
            # What was passed need not be kept.
            archive.members = []  # type: ignore[attr-defined]
            count += 1
            total += max(member.size, 0)
            if count > MAX_MEMBERS:
                raise InputError(f"{name} holds more than {MAX_MEMBERS} files: not read on")
            if total > MAX_UNPACKED:
                raise InputError(
                    f"{name} unpacks to more than {MAX_UNPACKED >> 30} GiB: not read on"
                )
            place = f"{name}:{printable(member.name)}"
            if (member.issym() or member.islnk()) and _leaves(member.name, member.linkname):
                raise InputError(f"{place} is a link out of the archive: not read on")
            if not member.isfile():
                continue
            if _leaves("", member.name):
                raise InputError(f"{place} is outside of the archive: not read on")
            opened = archive.extractfile(member)
            if opened is not None:
                yield from _opened(place, cast("BinaryIO", opened), is_member=True, depth=depth)


def _leaves(start: str, target: str) -> bool:
    """Whether a path in an archive, or a link's target seen from where it stands, leads out of it."""
    whole = os.path.normpath(os.path.join(os.path.dirname(start), target))  # noqa: PTH118, PTH120 - no file
    return whole.startswith(("/", ".."))


def _read(name: str, file: BinaryIO) -> Iterator[bytes]:
    try:
        # What one read gives: at a terminal, more would wait for a second Ctrl-D.
        while chunk := file.read1(CHUNK):  # type: ignore[attr-defined]
            yield chunk
    except _CORRUPT as error:
        raise InputError(f"cannot read {name}: {_reason(error)}") from error
