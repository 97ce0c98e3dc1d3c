"""BIRD's control socket: find it, and ask over one connection within one deadline.

Nothing is raised for what a daemon does or fails to do: an :class:`Exchange` holds every reply that
came whole, and the :class:`Failure` that ended it, in words for a person.
"""

from __future__ import annotations

import errno
import os
import re
import socket
import stat
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from birdstatus import IncompleteReplyError, Reply, ReplyReader, ReplyTooLargeError
from birdstatus.errors import printable
from reporter.memory import memory_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

__all__ = ["DEFAULT_PATHS", "Exchange", "Failure", "Reason", "ask"]

Reason = Literal[
    "no_socket", "permission_denied", "refused", "timeout", "cut_off", "not_bird", "too_large",
    "bird_error", "unreadable", "no_resources", "internal",
]  # fmt: skip
Family = Literal[4, 6]

# Calico's own path, then those of Debian's package and of a plain build.
_FOLDERS = (Path("/var/run/calico"), Path("/var/run/bird"), Path("/run/bird"))
DEFAULT_PATHS: dict[Family, tuple[Path, ...]] = {
    4: tuple(folder / "bird.ctl" for folder in _FOLDERS),
    6: tuple(folder / "bird6.ctl" for folder in _FOLDERS),
}

# doc/reply_codes in BIRD's source.
_WELCOME = b"0001 "
_RESTRICTED = 16
_GREETING = re.compile(r"BIRD (?P<version>.*) ready\.\s*")
# Python makes room for all of it before each read: more than the allocator has at hand costs pages.
_RECEIVE_BYTES = 1 << 16

_CONNECT_REASONS: dict[int, tuple[Reason, str]] = {
    errno.ENOENT: (
        "no_socket",
        "no such file; is BIRD running, and is the folder of its socket mounted here?",
    ),
    errno.EACCES: (
        "permission_denied",
        "permission denied; run as the owner of the socket, usually root",
    ),
    errno.ECONNREFUSED: (
        "refused",
        "connection refused; BIRD is gone and has left its socket behind",
    ),
    errno.EAGAIN: ("timeout", "BIRD takes no new connection; is it stopped or very busy?"),
}


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a daemon could not be read: one of a few reasons, and a line of safe text."""

    reason: Reason
    text: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """What one daemon said on one connection: the whole replies, by command."""

    path: Path | None = None
    replies: dict[str, Reply] = field(default_factory=dict)
    failure: Failure | None = None
    # Seconds until the first command was sent: nothing that was answered is older.
    waited: float = 0.0
    # The daemon's version, as its greeting says it.
    version: str = ""


class _Failed(Exception):  # noqa: N818 - carries a Failure, is none
    def __init__(self, reason: Reason, text: str) -> None:
        super().__init__(text)
        self.failure = Failure(reason, text)


def ask(
    paths: Sequence[Path],
    commands: Callable[[str, Mapping[str, Reply]], Iterable[str]],
    *,
    timeout: float,
    max_reply_bytes: int,
    clock: Callable[[], float],
) -> Exchange:
    """Ask the first daemon that answers at one of these paths, on a read-only session.

    ``commands`` gives what to ask a daemon with this version, which its greeting says, one command after
    the other: it sees the replies to those before.
    ``timeout`` is for everything together, in seconds of ``clock``, which is monotonic.
    """
    begun = clock()
    deadline = begun + timeout
    waited = 0.0
    version = ""
    try:
        connection, path = _connect(paths, deadline, clock)
    except _Failed as failed:
        return Exchange(failure=failed.failure)
    replies: dict[str, Reply] = {}
    with connection:
        session = _Session(connection, ReplyReader(max_reply_bytes), deadline, clock)
        try:
            version = session.begin()
            waited = clock() - begun
            for command in commands(version, replies):
                replies[command] = session.ask(command)
        except _Failed as failed:
            failure = failed.failure
            told = Failure(failure.reason, f"{printable(str(path))}: {failure.text}")
            return Exchange(path, replies, told, waited, version)
    return Exchange(path, replies, waited=waited, version=version)


def _connect(
    paths: Sequence[Path], deadline: float, clock: Callable[[], float]
) -> tuple[socket.socket, Path]:
    failures: list[Failure] = []
    for path in paths:
        try:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        except OSError as error:
            # EMFILE, ENFILE, ENOBUFS: it is not BIRD that fails.
            raise _Failed("no_resources", f"cannot open a socket: {_words(error)}") from None
        try:
            _wait_for_connect(connection, deadline - clock())
            connection.connect(os.fspath(path))
        except OSError as error:
            connection.close()
            failures.append(_connect_failure(path, error))
        else:
            return connection, path
    # A socket that is there says more than the absence of the others.
    told = next((one for one in failures if one.reason != "no_socket"), failures[0])
    absent = _CONNECT_REASONS[errno.ENOENT][1]
    if all(one.text.endswith(absent) for one in failures) and len(failures) > 1:
        tried = ", ".join(printable(str(path)) for path in paths)
        raise _Failed(told.reason, f"tried {tried}: {absent}")
    raise _Failed(told.reason, "; ".join(one.text for one in failures))


def _wait_for_connect(connection: socket.socket, seconds: float) -> None:
    """Let ``connect`` wait while BIRD's short queue of connections is full (unix(7): EAGAIN).

    Python's own timeout would make the socket non-blocking, and that fails at once.
    """
    whole, part = divmod(max(seconds, 0.001), 1)
    timeval = struct.pack("@ll", int(whole), int(part * 1e6))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, timeval)


def _connect_failure(path: Path, error: OSError) -> Failure:
    shown = printable(str(path))
    if isinstance(error, TimeoutError):
        reason, words = _CONNECT_REASONS[errno.EAGAIN]
    elif error.errno == errno.ECONNREFUSED and not _is_socket(path):
        reason, words = "not_bird", "is no socket; name the control socket of BIRD"
    elif error.errno in _CONNECT_REASONS:
        reason, words = _CONNECT_REASONS[error.errno]
    else:
        reason, words = "no_socket", _words(error)
    return Failure(reason, f"{shown}: {words}")


def _words(error: OSError) -> str:
    return printable(error.strerror or str(error))


def _is_socket(path: Path) -> bool:
    try:
        return stat.S_ISSOCK(path.stat().st_mode)
    except OSError:
        return False


@dataclass(slots=True)
class _Session:
    """One connection: commands out, replies in, until the deadline."""

    connection: socket.socket
    reader: ReplyReader
    deadline: float
    clock: Callable[[], float]
    greeted: bool = False

    def begin(self) -> str:
        """Greeting, then ``restrict``: from there on BIRD itself refuses to change anything.

        Returns the version that the greeting says, empty if it says none.
        """
        greeting = _GREETING.fullmatch(self._receive("its greeting").message)
        answer = self.ask("restrict")
        if answer.code != _RESTRICTED:
            raise _Failed("bird_error", f"BIRD gave no read-only session: {_start(answer.data)}")
        return greeting["version"] if greeting else ""

    def ask(self, command: str) -> Reply:
        """One command and its reply."""
        try:
            self._limit_wait(command)
            self.connection.sendall(command.encode("ascii") + b"\n")
        except TimeoutError:
            raise _Failed("timeout", f"BIRD does not take '{command}' in time") from None
        except OSError as error:
            raise _cut_off(f"the answer to '{command}'", error) from None
        return self._receive(f"the answer to '{command}'")

    def _receive(self, what: str) -> Reply:
        while True:
            data = self._read(what)
            try:
                if not data:
                    self.reader.receive_eof()
                    raise _cut_off(what)
                replies = self.reader.receive_data(data)
            except IncompleteReplyError:
                raise _cut_off(what) from None
            except ReplyTooLargeError as error:
                twice = 2 * error.limit
                raise _Failed(
                    "too_large",
                    f"{what} is over {error.limit} bytes; if that is right, raise --max-reply-bytes, or the "
                    f"limit of memory from which it follows: {memory_for(twice) >> 20} MiB for twice as much",
                ) from None
            if len(replies) > 1:
                raise _Failed("not_bird", f"more than one reply where {what} was due")
            if replies:
                return replies[0]

    def _read(self, what: str) -> bytes:
        try:
            self._limit_wait(what)
            data = self.connection.recv(_RECEIVE_BYTES)
        except TimeoutError:
            read = self.reader.pending
            state = f"stopped after {read} bytes of {what}" if read else f"never gave {what}"
            raise _Failed("timeout", f"BIRD {state}; is it hung or very busy?") from None
        except OSError as error:
            raise _cut_off(what, error) from None
        if not self.greeted and data:
            self.greeted = True
            if not _WELCOME.startswith(data[: len(_WELCOME)]):
                raise _Failed("not_bird", f"this is not BIRD; it begins with {_start(data)}")
        return data

    def _limit_wait(self, what: str) -> None:
        left = self.deadline - self.clock()
        if left <= 0:
            raise TimeoutError(what)
        self.connection.settimeout(left)


def _cut_off(what: str, error: OSError | None = None) -> _Failed:
    why = f" ({_words(error)})" if error else ""
    return _Failed(
        "cut_off", f"the connection ended before {what} was whole{why}; did BIRD restart?"
    )


def _start(data: bytes) -> str:
    return f"'{printable(data[:60].decode('utf-8', 'backslashreplace').strip())}'"
