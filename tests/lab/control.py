"""BIRD's control socket, read by the plainest rule there is.

A test compares the library with this reading, so nothing here comes from the library: a reply is
every byte up to and including the first line that is four digits and a space
(BIRD 1.6 nest/cli.c, client/client.c).
"""

import re
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

_FINAL = re.compile(rb"^\d{4} .*\n", re.MULTILINE)

# Seconds after which a lab is taken to hang. Far more than a busy machine needs: no test measures with it.
PATIENCE = 60.0

SUN_PATH = 107  # unix(7): sun_path is 108 bytes with its final NUL


class CutShortError(RuntimeError):
    """The daemon closed the connection, or fell silent, before its reply ended."""

    def __init__(self, why: str, received: bytes) -> None:
        super().__init__(f"{why} after {len(received)} bytes: {received[-200:]!r}")
        self.received = received


class Control:
    """One connection to a daemon, on which several commands can be asked."""

    def __init__(self, path: Path, timeout: float = PATIENCE) -> None:
        self._timeout = timeout
        self._buffer = b""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.settimeout(timeout)
            self._socket.connect(str(path))
            self.greeting = self.read()
        except BaseException:
            self._socket.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.close()

    def ask(self, command: str) -> bytes:
        self.send(command)
        return self.read()

    def send(self, command: str) -> None:
        self._socket.sendall(command.encode() + b"\n")

    def read(self) -> bytes:
        """The bytes of one reply, up to the end of its final line."""
        deadline = time.monotonic() + self._timeout
        while not (final := _FINAL.search(self._buffer)):
            self._socket.settimeout(max(0.001, deadline - time.monotonic()))
            try:
                chunk = self._socket.recv(65536)
            except TimeoutError:
                raise CutShortError("silence", self._buffer) from None
            except ConnectionError as error:
                raise CutShortError(str(error), self._buffer) from None
            if not chunk:
                raise CutShortError("end of file", self._buffer)
            self._buffer += chunk
        reply, self._buffer = self._buffer[: final.end()], self._buffer[final.end() :]
        return reply


def ask(path: Path, command: str, timeout: float = PATIENCE) -> bytes:
    """The raw reply to one command on a connection of its own, without the greeting."""
    with Control(path, timeout) as control:
        return control.ask(command)


def birdc(
    path: Path, command: str, *options: str, client: str = "birdc", timeout: float = PATIENCE
) -> bytes:
    """What the client `birdc` prints for the same command; `-v` keeps the reply codes."""
    done = subprocess.run(
        [client, *options, "-s", str(path), *command.split()],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=timeout,
        check=False,
    )
    return done.stdout


def wait_until(
    true: Callable[[], bool], what: Callable[[], str] | str, timeout: float = PATIENCE
) -> None:
    """Poll until `true`, or fail and say what was missing."""
    deadline = time.monotonic() + timeout
    while not true():
        if time.monotonic() > deadline:
            missing = what if isinstance(what, str) else what()
            raise TimeoutError(f"not within {timeout:g} s: {missing}")
        time.sleep(0.05)
