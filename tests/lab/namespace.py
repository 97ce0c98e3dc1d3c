"""Network namespaces: the only place where the lab creates interfaces, addresses and routes.

Each name carries the pid of the process that made it, so that a namespace whose maker was killed
can be told from one that is in use, and removed by the next run.
"""

import contextlib
import ctypes
import itertools
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PREFIX = "birdlab"
_OWNED = re.compile(rf"{PREFIX}-(\d+)-")
_MOUNTED = Path("/run/netns")  # ip-netns(8): where `ip netns add` keeps a namespace alive
_CLONE_NEWNET = 0x40000000  # linux/sched.h
_serial = itertools.count(1)
_libc = ctypes.CDLL(None, use_errno=True)


class NetworkError(RuntimeError):
    """An `ip` command was refused; the text is what it printed."""


def ip(*arguments: str) -> str:
    """Run iproute2 and return what it prints."""
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NetworkError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


def names() -> list[str]:
    """All namespaces that some lab made, of this process or another."""
    if not _MOUNTED.is_dir():
        return []
    return sorted(entry.name for entry in _MOUNTED.iterdir() if _OWNED.match(entry.name))


def remove_stale() -> list[str]:
    """Delete the namespaces of lab processes that no longer exist; the daemons died with those."""
    removed = []
    for name in names():
        owner = _OWNED.match(name)
        assert owner
        try:
            os.kill(int(owner[1]), 0)
        except ProcessLookupError:
            with contextlib.suppress(NetworkError):  # another lab may do the same at this moment
                ip("netns", "delete", name)
                removed.append(name)
    return removed


def _setns(fd: int) -> None:
    if _libc.setns(fd, _CLONE_NEWNET):
        errno = ctypes.get_errno()
        raise OSError(errno, os.strerror(errno))


@dataclass(frozen=True, slots=True)
class Namespace:
    """A network namespace with `lo` up and IPv6 addresses usable at once."""

    name: str

    @classmethod
    @contextlib.contextmanager
    def create(cls, label: str) -> Iterator["Namespace"]:
        namespace = cls(f"{PREFIX}-{os.getpid()}-{next(_serial)}-{label}")
        ip("netns", "add", namespace.name)
        try:
            # Duplicate address detection would hold every IPv6 address back for a second or two.
            namespace.sysctl("net/ipv6/conf/all/accept_dad", "0")
            namespace.sysctl("net/ipv6/conf/default/accept_dad", "0")
            namespace.ip("link", "set", "lo", "up")
            yield namespace
        finally:
            ip("netns", "delete", namespace.name)

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """This thread inside the namespace: a socket opened here stays here."""
        with (
            Path("/proc/thread-self/ns/net").open("rb") as home,
            (_MOUNTED / self.name).open("rb") as inside,
        ):
            _setns(inside.fileno())
            try:
                yield
            finally:
                _setns(home.fileno())

    def sysctl(self, key: str, value: str) -> None:
        with self.entered():
            Path("/proc/sys", key).write_text(value)

    def ip(self, *arguments: str) -> str:
        return ip("-n", self.name, *arguments)

    def interface(self, name: str, far: "Namespace", *addresses: str) -> str:
        """A veth pair, up at both ends: `name` here, and the returned name in `far`."""
        far_name = f"far{next(_serial)}"
        self.ip("link", "add", name, "type", "veth", "peer", "name", far_name, "netns", far.name)
        far.ip("link", "set", far_name, "up")
        for address in addresses:
            self.address(address, name)
        self.ip("link", "set", name, "up")
        return far_name

    def address(self, address: str, interface: str) -> None:
        # Even without detection an address is tentative for a moment, unless it is told not to be.
        at_once = ["nodad"] if ":" in address else []
        self.ip("address", "add", address, "dev", interface, *at_once)

    def route(self, *route: str, family: int = 4) -> None:
        self.ip(f"-{family}", "route", "add", *route)


@dataclass(frozen=True, slots=True)
class Switch:
    """A bridge in a namespace of its own, which joins the nodes as a rack switch would."""

    namespace: Namespace

    @classmethod
    @contextlib.contextmanager
    def create(cls, label: str = "switch") -> Iterator["Switch"]:
        with Namespace.create(label) as namespace:
            # It only switches: no address of its own, not even a link-local one.
            namespace.sysctl("net/ipv6/conf/all/disable_ipv6", "1")
            namespace.sysctl("net/ipv6/conf/default/disable_ipv6", "1")
            namespace.ip("link", "add", "br0", "type", "bridge", "forward_delay", "0")
            namespace.ip("link", "set", "br0", "up")
            yield cls(namespace)

    def plug(self, node: Namespace, name: str, *addresses: str) -> None:
        """Give `node` an interface `name` on this switch."""
        far = node.interface(name, self.namespace, *addresses)
        self.namespace.ip("link", "set", far, "master", "br0")
