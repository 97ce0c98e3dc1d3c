"""Addresses and prefixes as Calico and BIRD compare them: by their shortest text."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import NamedTuple

__all__ = ["Endpoint", "Network", "canonical", "endpoint", "family_of", "network", "with_mask"]

Network = IPv4Network | IPv6Network

# No address or prefix that a resource may hold is longer.
_LONGEST = 64


class Endpoint(NamedTuple):
    """The ``peerIP`` of a BGPPeer.

    Attributes:
        host: the address as it was written: Calico looks nodes up by this text.
        address: its shortest text.
        port: as written; 0 when none was.
    """

    host: str
    address: str
    port: int


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    if len(text) > _LONGEST or "%" in text or not text.isascii():
        return None
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped  # as Go's net.IP prints it
    return address


def canonical(text: str) -> str:
    """The shortest text of an address (RFC 5952), as Go and BIRD print it; empty if it is none."""
    address = _parsed(text)
    return "" if address is None else str(address)


def family_of(address: str) -> int:
    """4 or 6, of a text that is an address."""
    return 6 if ":" in address else 4


def network(text: str) -> Network | None:
    """A prefix with its host bits cleared; None if the text is no prefix."""
    if len(text) > _LONGEST or "%" in text or not text.isascii():
        return None
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def with_mask(text: str) -> tuple[str, Network] | None:
    """``10.0.0.1/24``: the address, and the subnet that it is in; without a mask that address alone."""
    subnet = network(text)
    address = canonical(text.partition("/")[0])
    return None if subnet is None or not address else (address, subnet)


def endpoint(text: str) -> Endpoint | None:
    """``10.1.1.1``, ``10.1.1.1:1179``, ``fd00::1`` or ``[fd00::1]:1179``; None if it is none of them.

    As Calico reads it (confd, ``parseIPPort``): a port needs the brackets in IPv6, brackets need a port.
    """
    host, port = text, 0
    if text.startswith("["):
        inner, bracket, rest = text[1:].partition("]:")
        if not bracket:
            return None
        host, port = inner, _port(rest)
    elif text.count(":") == 1:
        host, _, rest = text.partition(":")
        port = _port(rest)
    address = canonical(host) if port >= 0 else ""
    return Endpoint(host, address, port) if address else None


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= 65535:
        return int(text)
    return -1
