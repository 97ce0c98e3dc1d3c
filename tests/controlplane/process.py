"""A server process that never outlives the tests."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_GRACE_SECONDS = 10
_POLL_SECONDS = 0.05
_LOG_LINES = 20

# The kernel kills a process that asked for PR_SET_PDEATHSIG (1) when the *thread* that started it
# ends. Tests may start servers from threads of their own, so one thread that lives as long as the
# interpreter starts them all.
_LAUNCHER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="controlplane-launcher")

# Run by the new process before it becomes the server. (A preexec_fn would run Python between fork
# and exec, which is unsafe in a program with threads.) The parent may have died before the request
# took effect: then nobody would send the signal.
_TIED_TO_PARENT = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL)
if os.getppid() != int(sys.argv[1]):
    sys.exit("the process that asked for this server is gone")
os.execv(sys.argv[2], sys.argv[2:])
"""


class ServerFailed(Exception):  # noqa: N818  -- reads as what happened
    """A server ended or did not get ready in time. The text ends with its last log lines."""


class ServerProcess:
    """A server that is ready, known by its process id."""

    def __init__(
        self, command: Sequence[str], log: Path, ready: Callable[[], bool], seconds: float
    ) -> None:
        """Start it, and return when `ready` says so.

        Raises:
            ServerFailed: It ended, or was not ready after so many seconds and was ended.
        """
        self._name = Path(command[0]).name
        self._log = log
        self._process = _LAUNCHER.submit(_launch, command, log).result()
        try:
            self._wait_until(ready, seconds)
        except BaseException:
            self.end()
            raise

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def end(self) -> None:
        """Ask it to end, make it end, and leave no zombie."""
        self._process.terminate()
        try:
            self._process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        finally:
            self._process.kill()
            self._process.wait()

    def _wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not ready():
            if (status := self._process.poll()) is not None:
                raise ServerFailed(f"{self._name} ended with status {status}{self._last_words()}")
            if time.monotonic() > deadline:
                raise ServerFailed(
                    f"{self._name} is not ready after {seconds:g} s{self._last_words()}"
                )
            time.sleep(_POLL_SECONDS)

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines()
        return "\n".join([f"; the last lines of {self._log.name}:", *lines[-_LOG_LINES:]])


def _launch(command: Sequence[str], log: Path) -> "subprocess.Popen[bytes]":
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _TIED_TO_PARENT, str(os.getpid()), *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            # Else Ctrl-C in a terminal ends the servers under the tests that still clean up.
            start_new_session=True,
        )
