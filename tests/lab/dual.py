"""The small network of one recording of a daemon that serves both families: `Stage`, twice as wide.

The router and everything outside it have an address of each family; the neighbours are daemons of
the same release, each on its own pair of addresses.
"""

from typing import Self

from .daemon import Daemon
from .releases import Release
from .stage import ROUTER_ID, UPLINK, Stage


class DualStage(Stage):
    """One scenario of one release; leaving it ends everything it started."""

    def __init__(self, release: Release) -> None:
        super().__init__(4)
        self.release = release

    def __enter__(self) -> Self:
        super().__enter__()
        self.router.address(f"{self.six(1)}/64", UPLINK)
        return self

    @property
    def suffix(self) -> str:
        """A recording of one daemon has both families."""
        return ""

    def four(self, number: int) -> str:
        """An IPv4 address on the wire; the router is number 1."""
        return f"10.4.0.{number}"

    def six(self, number: int) -> str:
        """An IPv6 address on the wire."""
        return f"fd5c:4::{number}"

    def neighbour(self, number: int) -> str:
        """Bring the neighbour's addresses up outside, and return the IPv4 one."""
        self.outside.address(f"{self.six(number)}/64", self.far)
        return super().neighbour(number)

    def start(self, configuration: str, *, recover: bool = False) -> Daemon:
        """Start the daemon to be recorded."""
        text = f"router id {ROUTER_ID};\n{self._hostname('node-a')}{configuration}"
        daemon = Daemon(self.router, 4, self.folder, "bird", text, self.release)
        self.keep_alive(daemon)
        daemon.start(recover=recover)
        return daemon

    def peer(self, number: int, configuration: str, listen: str | None = None) -> Daemon:
        """Start a BIRD of the same release outside, on the neighbour's addresses."""
        assert listen is None, "a session says itself where it listens"
        self.neighbour(number)
        text = (
            f"router id 10.4.0.{number};\n{self._hostname(f'node-{number}')}"
            f"protocol device {{}}\n{configuration}"
        )
        daemon = Daemon(self.outside, 4, self.folder, f"peer{number}", text, self.release)
        self.keep_alive(daemon)
        daemon.start()
        return daemon

    def keep_alive(self, daemon: Daemon) -> None:
        """End the daemon with the stage."""
        self._stack.callback(daemon.kill)

    def _hostname(self, name: str) -> str:
        # Without it BIRD prints this machine's own name (2.0.8 and later).
        return f'hostname "{name}";\n' if self.release.number >= (2, 0, 8) else ""
