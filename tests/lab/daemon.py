"""A BIRD daemon as a child process, started in a namespace and ended by its process id."""

import signal
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from .control import PATIENCE, SUN_PATH, CutShortError, ask, birdc, wait_until
from .namespace import Namespace
from .releases import Release

Family = Literal[4, 6]
FAMILIES: tuple[Family, Family] = (4, 6)
PROGRAM: dict[Family, str] = {4: "bird", 6: "bird6"}


class DaemonError(RuntimeError):
    """BIRD did not start; the text is its own."""


class Daemon:
    """One `bird` or `bird6`, or with a release one daemon for both families.

    Its files are `<label>.conf`, `.ctl`, `.pid` and `.log` in `folder`.
    Start it from a thread that lives as long as the daemon should: the kernel ends it when the
    thread that started it ends (prctl(2), PR_SET_PDEATHSIG).
    """

    def __init__(  # noqa: PLR0917 - what a daemon is made of
        self,
        namespace: Namespace,
        family: Family,
        folder: Path,
        label: str,
        configuration: str,
        release: Release | None = None,
    ) -> None:
        self.namespace = namespace
        self.family = family
        self.release = release
        self.label = label
        self.socket = folder / f"{label}.ctl"
        self._configuration_file = folder / f"{label}.conf"
        self._pid_file = folder / f"{label}.pid"
        self._log = folder / f"{label}.log"
        self._process: subprocess.Popen[bytes] | None = None
        if len(str(self.socket)) > SUN_PATH:
            raise ValueError(f"longer than a Unix socket path may be: {self.socket}")
        self.configure(configuration)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int | None:
        """The process id while the daemon runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def configure(self, configuration: str) -> None:
        """Write the configuration that the next start, or a `configure` command, will read."""
        # BIRD's default is syslog, which would mix the lab into this machine's own log.
        self.configuration = configuration
        self._configuration_file.write_text(
            f"log stderr all;\n{configuration}", errors="surrogateescape"
        )

    def start(self, *, recover: bool = False, timeout: float = PATIENCE) -> None:
        """Start and wait until it answers; `recover` is `-R`, graceful restart recovery."""
        assert self.pid is None, f"{self.label} runs already"
        command = ["setpriv", "--pdeathsig", "KILL", "ip", "netns", "exec", self.namespace.name]
        program = str(self.release.bird) if self.release else PROGRAM[self.family]
        command += [program, "-f", *(["-R"] if recover else [])]
        command += ["-s", str(self.socket), "-c", self._configuration_file.name]
        command += ["-P", str(self._pid_file)]
        self.socket.unlink(missing_ok=True)  # what a killed daemon left would look like an answer
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command,
                cwd=self._configuration_file.parent,  # so that BIRD names the file without a path
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            wait_until(self._answers, lambda: f"{self.label} answers; it said: {self.log}", timeout)
        except BaseException:
            self.kill()
            raise

    def _answers(self) -> bool:
        if self.pid is None:
            raise DaemonError(f"{self.label} ended: {self.log.strip()}")
        try:
            return bool(self.ask("show status"))
        except (FileNotFoundError, ConnectionRefusedError, CutShortError):
            return False

    def signal(self, number: signal.Signals) -> None:
        if self._process and self.pid is not None:
            self._process.send_signal(number)

    def stop(self, timeout: float = PATIENCE) -> None:
        """An orderly shutdown: peers get a notification, the control socket goes away."""
        self.signal(signal.SIGTERM)
        if self._process:
            try:
                self._process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """As a crash: no notification, and the control socket stays behind without a listener."""
        self.signal(signal.SIGKILL)
        if self._process:
            self._process.wait()

    def restart(self, *, recover: bool = False) -> None:
        self.stop()
        self.start(recover=recover)

    def ask(self, command: str, timeout: float = PATIENCE) -> bytes:
        """The raw bytes of one reply."""
        return ask(self.socket, command, timeout)

    def birdc(self, command: str, *options: str) -> bytes:
        """The same text as `birdc` prints it."""
        client = str(self.release.birdc) if self.release else "birdc"
        return birdc(self.socket, command, *options, client=client)
