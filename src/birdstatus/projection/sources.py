"""Whom a route was learned from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from birdstatus.models import LearnedFrom, SourceType
from birdstatus.projection.names import BGP, address_in, is_peer_name, peer_address, peer_type
from birdstatus.projection.unvalidated import unvalidated

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from birdstatus.records import Protocol

__all__ = ["Sources"]

# This many sources of routes are remembered from one reply to the next.
MOST_SOURCES = 10_000

_SOURCES: dict[str, SourceType] = {"Kernel": "Kernel", "Static": "Static", "Direct": "Direct"}
# BIRD's names for protocols that the configuration left unnamed, as Calico's does (conf/cf-lex.l).
_UNNAMED = re.compile(r"(kernel|static|direct)[0-9]+")


class Sources:
    """The sources of routes, by the name of the protocol and BGP's origin.

    ``protocols`` says of what type each is and which neighbour it talks to. A source that is not among
    them is judged by its name and by what BIRD prints of BGP routes alone.
    """

    def __init__(self, protocols: Iterable[Protocol]) -> None:
        self._protocols = {protocol.name: protocol for protocol in protocols}
        self._known: dict[tuple[str, str], LearnedFrom | None] = {}

    def of(self, keys: Sequence[tuple[str, str]]) -> list[LearnedFrom | None]:
        """The source of each route, given the name of its protocol and its origin."""
        known = self._known
        new = list(set(keys).difference(known))
        if new:
            fields = [self._fields(name, origin) for name, origin in new]
            made = unvalidated(LearnedFrom, fields)
            known.update(
                (key, source if source.sourceType else None)
                for key, source in zip(new, made, strict=True)
            )
        return list(map(known.__getitem__, keys))

    def forget(self) -> None:
        """Forget all if there are many: for when all rows of a reply are read."""
        if len(self._known) > MOST_SOURCES:
            self._known.clear()

    def _fields(self, name: str, origin: str) -> dict[str, object]:
        protocol = self._protocols.get(name)
        if protocol is None:
            is_bgp = bool(origin) or is_peer_name(name)
            unnamed = None if is_bgp else _UNNAMED.fullmatch(name)
            source = _SOURCES[unnamed[1].capitalize()] if unnamed else None
        else:
            is_bgp = protocol.type == BGP
            source = _SOURCES.get(protocol.type)
        if not is_bgp:
            return {"sourceType": source, "peerIP": None}
        address = address_in(name) if protocol is None else peer_address(protocol)
        is_mesh = peer_type(name) == "NodeMesh"
        return {"sourceType": "NodeMesh" if is_mesh else "BGPPeer", "peerIP": address or None}
