"""BGP messages as bytes (RFC 4271, 4760, 6793): as much as a neighbour needs that is not BIRD."""

import ipaddress
import struct
from collections.abc import Sequence
from dataclasses import dataclass

MARKER = b"\xff" * 16
OPEN, UPDATE, NOTIFICATION, KEEPALIVE = 1, 2, 3, 4
_AS_TRANS = 23456  # RFC 6793: what an old header says for an AS of four bytes
_OPTIONAL, _TRANSITIVE, _EXTENDED = 0x80, 0x40, 0x10
ORIGIN, AS_PATH, NEXT_HOP, MED, LOCAL_PREF, ATOMIC, AGGREGATOR, COMMUNITY = range(1, 9)
ORIGINATOR_ID, CLUSTER_LIST, MP_REACH, EXT_COMMUNITY, LARGE_COMMUNITY = 9, 10, 14, 16, 32
AS_SET, AS_SEQUENCE, CONFED_SEQUENCE, CONFED_SET = 1, 2, 3, 4


def message(kind: int, body: bytes = b"") -> bytes:
    return MARKER + struct.pack("!HB", 19 + len(body), kind) + body


def _capability(code: int, value: bytes) -> bytes:
    return bytes([code, len(value)]) + value


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """An OPEN with the capabilities of its family; `capabilities` are added to them."""

    family: int
    asn: int
    router_id: str
    hold_time: int = 240
    capabilities: tuple[tuple[int, bytes], ...] = ()

    def encode(self) -> bytes:
        afi = 1 if self.family == 4 else 2
        capabilities = _capability(1, struct.pack("!HBB", afi, 0, 1))
        capabilities += _capability(65, struct.pack("!I", self.asn))
        capabilities += b"".join(_capability(code, value) for code, value in self.capabilities)
        parameters = bytes([2, len(capabilities)]) + capabilities
        body = struct.pack("!BHH", 4, self.asn if self.asn < 65536 else _AS_TRANS, self.hold_time)
        body += ipaddress.IPv4Address(self.router_id).packed
        return message(OPEN, body + bytes([len(parameters)]) + parameters)


def notification(code: int, subcode: int, data: bytes = b"") -> bytes:
    return message(NOTIFICATION, bytes([code, subcode]) + data)


def shutdown_message(text: bytes) -> bytes:
    """RFC 8203: an administrative shutdown with a text for the other side's operator."""
    return notification(6, 2, bytes([len(text)]) + text)


def attribute(code: int, value: bytes, *, optional: bool = False, transitive: bool = True) -> bytes:
    flags = (_OPTIONAL if optional else 0) | (_TRANSITIVE if transitive else 0)
    if len(value) > 255:
        return struct.pack("!BBH", flags | _EXTENDED, code, len(value)) + value
    return struct.pack("!BBB", flags, code, len(value)) + value


def as_path(*segments: tuple[int, Sequence[int]]) -> bytes:
    value = b"".join(
        struct.pack(f"!BB{len(asns)}I", kind, len(asns), *asns) for kind, asns in segments
    )
    return attribute(AS_PATH, value)


def _nlri(prefix: str) -> bytes:
    network = ipaddress.ip_network(prefix)
    length = network.prefixlen
    return bytes([length]) + network.network_address.packed[: (length + 7) // 8]


def update(prefixes: Sequence[str], next_hop: str, path: bytes, attributes: bytes = b"") -> bytes:
    """Announce the prefixes; `attributes` come after ORIGIN IGP, the path and the next hop."""
    announced = b"".join(_nlri(prefix) for prefix in prefixes)
    address = ipaddress.ip_address(next_hop)
    own = attribute(ORIGIN, b"\0") + path
    if address.version == 4:
        own += attribute(NEXT_HOP, address.packed)
    else:
        reach = struct.pack("!HBB", 2, 1, 16) + address.packed + b"\0" + announced
        own += attribute(MP_REACH, reach, optional=True, transitive=False)
        announced = b""
    own += attributes
    return message(UPDATE, struct.pack("!HH", 0, len(own)) + own + announced)
