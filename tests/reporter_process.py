"""The reporter as people run it: its installed command, in a process of its own."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

COMMAND = Path(sys.executable).parent / "birdstatus-reporter"
DEPLOY = Path(__file__).parent.parent / "deploy"
NAMESPACE, SERVICE_ACCOUNT = "birdstatus", "birdstatus-reporter"


class ReporterProcess:
    """`birdstatus-reporter run`, from `with` to the end of its block."""

    def __init__(
        self, *arguments: str, kubeconfig: Path, node: str, bird: Path, bird6: Path, log: Path
    ) -> None:
        self._command = [str(COMMAND), "run", f"--kubeconfig={kubeconfig}", f"--node-name={node}"]
        self._command += [f"--bird-socket={bird}", f"--bird6-socket={bird6}"]
        self._command += ["--listen=127.0.0.1:0", "--heartbeat=period", *arguments]
        self._log = log

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stderr=log)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()

    @property
    def log(self) -> str:
        return self._log.read_text()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def port(self) -> int:
        """Where it serves metrics and health."""
        wait_for(lambda: "metrics and health on port" in self.log, 60, lambda: self.log)
        found = re.search(r"metrics and health on port (\d+)", self.log)
        assert found
        return int(found[1])

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Its exit code. What the tests have it wait for lasts a minute: longer than this waits."""
        self._process.send_signal(number)
        return self._process.wait(50)


def wait_for(true: Callable[[], object], seconds: float, told: Callable[[], str]) -> float:
    """Poll until `true`; the seconds it took."""
    begun = time.monotonic()
    while not true():
        if time.monotonic() - begun > seconds:
            raise TimeoutError(f"not within {seconds:g} s: {told()}")
        time.sleep(0.03)
    return time.monotonic() - begun
