"""The stable order of published lists: by family, then address, then length of the prefix."""

from __future__ import annotations

from functools import cache
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING

from birdstatus.errors import ProjectionError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["address_order", "prefix_order", "prefix_orders"]

# Above any IPv4 order: IPv6 comes after IPv4.
_IPV6 = 1 << 64
_IPV6_LENGTHS = [str(bits) for bits in range(129)]


def address_order(text: str) -> tuple[int, float, str]:
    """IPv4, then IPv6, then what is no address."""
    first, second, third, last = _ipv4_orders()
    try:
        a, b, c, d = text.split(".")
        return (4, first[a] + second[b] + third[c] + last[f"{d}/0"], "")
    except (KeyError, ValueError):
        pass
    try:
        address = ip_address(text)
    except ValueError:
        return (9, 0, text)
    return (address.version, int(address), "")


def prefix_order(prefix: str) -> float:
    """Where a prefix stands in a list: by family, then address, then length; an even number.

    Raises:
        ProjectionError: it is no prefix.
    """
    return prefix_orders((prefix,))[0]


def prefix_orders(prefixes: Sequence[str]) -> list[float]:
    """:func:`prefix_order` of many prefixes, each as the grammar knows them.

    Raises:
        ProjectionError: one of them is no prefix.
    """
    if any(":" in prefix for prefix in prefixes):
        return [_ipv6_order(one) if ":" in one else prefix_order(one) for one in prefixes]
    # In one go, as splitting each of them takes twice as long.
    parts = iter(".".join(prefixes).split(".") if prefixes else ())
    first, second, third, last = _ipv4_orders()
    try:
        return [
            first[a] + second[b] + third[c] + last[d]
            for a, b, c, d in zip(parts, parts, parts, parts, strict=True)
        ]
    except (KeyError, ValueError):
        raise _not_a_prefix(prefixes) from None


@cache
def _ipv4_orders() -> tuple[dict[str, float], ...]:
    """What each part of an IPv4 prefix, cut at the dots, adds to its order.

    The sums have 39 bits: a float holds them, and lists of floats are sorted soonest.
    """
    octets = [(str(octet), float(octet)) for octet in range(256)]
    return (
        *({text: octet * 2**shift for text, octet in octets} for shift in (31, 23, 15)),
        {f"{text}/{bits}": octet * 2**7 + 2 * bits for text, octet in octets for bits in range(33)},
    )


def _ipv6_order(prefix: str) -> float:
    text, _, length = prefix.partition("/")
    try:
        return _IPV6 + 2 * (int(IPv6Address(text)) << 8 | _IPV6_LENGTHS.index(length))
    except ValueError:
        raise _not_a_prefix((prefix,)) from None


def _not_a_prefix(prefixes: Sequence[str]) -> ProjectionError:
    shown = prefixes[0] if len(prefixes) == 1 else f"one of {len(prefixes)} texts"
    return ProjectionError(f"{shown} is no prefix", shown)
