"""The small network of one recording: a router, and everything else outside it.

`router` and `outside` are two namespaces joined by `eth0`. The recorded daemon runs in `router`; all
its neighbours, BIRD or not, run in `outside`, each on an address of its own.
"""

import contextlib
import re
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from .control import wait_until
from .daemon import Daemon, Family
from .namespace import Namespace

UPLINK = "eth0"
AS = 64512
ROUTER_ID = "10.4.0.1"
Kept = TypeVar("Kept")


class Stage:
    """One scenario in one family; leaving it ends everything it started."""

    def __init__(self, family: Family) -> None:
        self.family = family
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="birdlab-")))
            self.router = stack.enter_context(Namespace.create("router"))
            self.outside = stack.enter_context(Namespace.create("outside"))
            self.far = self.router.interface(UPLINK, self.outside, f"{self.host(1)}/{self.on_link}")
            # Until then BIRD would see the interface change under it: `Neighbor lost`.
            wait_until(self._settled, "the wire is up")
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def _settled(self) -> bool:
        shown = self.router.ip("address", "show", "dev", UPLINK)
        return " state UP " in shown and "inet6 fe80:" in shown and "tentative" not in shown

    @property
    def suffix(self) -> str:
        """What a recording's name says of the family."""
        return f"-v{self.family}"

    @property
    def on_link(self) -> int:
        return 24 if self.family == 4 else 64

    @property
    def bits(self) -> int:
        return 32 if self.family == 4 else 128

    @property
    def link(self) -> str:
        """The prefix of the wire between the two namespaces."""
        return "10.4.0.0/24" if self.family == 4 else "fd5c:4::/64"

    @property
    def anywhere(self) -> str:
        return "0.0.0.0/0" if self.family == 4 else "::/0"

    def host(self, number: int) -> str:
        """An address on the wire; the router is number 1."""
        return f"10.4.0.{number}" if self.family == 4 else f"fd5c:4::{number}"

    def network(self, number: int) -> str:
        """A prefix for a route (RFC 2544 and RFC 3849 space)."""
        return f"198.18.{number}.0/24" if self.family == 4 else f"2001:db8:{number}::/48"

    def name(self, kind: str, number: int, port: int | None = None) -> str:
        """Calico's protocol name for the neighbour with that number."""
        name = f"{kind}_{self.host(number).replace('.', '_').replace(':', '_')}"
        return f"{name}_port_{port}" if port else name

    def neighbour(self, number: int) -> str:
        """Bring the neighbour's address up outside, and return it."""
        self.outside.address(f"{self.host(number)}/{self.on_link}", self.far)
        return self.host(number)

    def interface(self, name: str, *addresses: str) -> str:
        """A further interface of the router; returns the name of its far end outside."""
        return self.router.interface(name, self.outside, *addresses)

    def bird(self, configuration: str, *, recover: bool = False) -> Daemon:
        """Start the daemon to be recorded."""
        text = f"router id {ROUTER_ID};\n{configuration}"
        daemon = Daemon(self.router, self.family, self.folder, "bird", text)
        self._stack.callback(daemon.kill)
        daemon.start(recover=recover)
        return daemon

    def until(self, daemon: Daemon, *patterns: str, command: str = "show protocols") -> None:
        """Wait until the reply has each of these; what a scenario needs before its next step."""

        def absent() -> str:
            reply = daemon.ask(command).decode(errors="replace")
            return "; ".join(f"{p} in {reply}" for p in patterns if not re.search(p, reply))

        wait_until(lambda: not absent(), absent)

    def peer(self, number: int, configuration: str, listen: str | None = None) -> Daemon:
        """Start a BIRD outside that listens on the neighbour's address alone."""
        address = self.neighbour(number)
        text = (
            f"router id 10.4.0.{number};\nlisten bgp address {listen or address};\n"
            f"protocol device {{}}\n{configuration}"
        )
        daemon = Daemon(self.outside, self.family, self.folder, f"peer{number}", text)
        self._stack.callback(daemon.kill)
        daemon.start()
        return daemon

    def keep(self, context: contextlib.AbstractContextManager[Kept]) -> Kept:
        """Enter a context that lasts as long as the stage."""
        return self._stack.enter_context(context)
