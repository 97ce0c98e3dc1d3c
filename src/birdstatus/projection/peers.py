"""BGP sessions as Calico publishes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from birdstatus.models import BGPPeer, BGPStatus, SessionState
from birdstatus.ordering import address_order
from birdstatus.printable import printable
from birdstatus.projection.names import BGP, peer_address, peer_type
from birdstatus.projection.unvalidated import unvalidated

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from birdstatus.records import Protocol

__all__ = ["bgp_status", "peer", "peers"]

# RFC 4271 8.2.2: a passive start waits in Active, and Idle refuses connections.
_STATES: dict[str, SessionState] = {
    "Idle": "Idle",
    "Connect": "Connect",
    "Active": "Active",
    "OpenSent": "OpenSent",
    "OpenConfirm": "OpenConfirm",
    "Established": "Established",
    "Close": "Close",
    "Passive": "Active",
    "Down": "Idle",
}


def peer(protocol: Protocol) -> BGPPeer:
    """The published status of a BGP protocol.

    Where only ``show protocols`` without ``all`` is at hand, the address is read from the name.
    """
    return _peers([protocol])[0]


def peers(protocols: Iterable[Protocol]) -> tuple[BGPPeer, ...]:
    """Every protocol of type BGP, whatever its name, disabled ones too; by address."""
    return tuple(_peers([protocol for protocol in protocols if protocol.type == BGP]))


def _peers(protocols: Sequence[Protocol]) -> list[BGPPeer]:
    addresses = map(peer_address, protocols)
    ordered = sorted(
        zip(addresses, protocols, strict=True), key=lambda pair: address_order(pair[0])
    )
    return unvalidated(
        BGPPeer,
        [
            {
                "peerIP": address or None,
                "type": peer_type(protocol.name),
                "state": _session_state(protocol),
                "since": printable(protocol.since) or None,
            }
            for address, protocol in ordered
        ],
    )


def bgp_status(peers_v4: tuple[BGPPeer, ...], peers_v6: tuple[BGPPeer, ...]) -> BGPStatus:
    """The peers of both families with their counts."""
    established_v4 = _established(peers_v4)
    established_v6 = _established(peers_v6)
    return BGPStatus(
        numberEstablishedV4=established_v4,
        numberNotEstablishedV4=len(peers_v4) - established_v4,
        numberEstablishedV6=established_v6,
        numberNotEstablishedV6=len(peers_v6) - established_v6,
        peersV4=peers_v4,
        peersV6=peers_v6,
    )


def _session_state(protocol: Protocol) -> SessionState:
    # Without `all` the info column has the state; a protocol that shows it nowhere is down.
    state = (protocol.bgp and protocol.bgp.state) or protocol.bgp_state
    return _STATES.get(state, "Idle")


def _established(found: tuple[BGPPeer, ...]) -> int:
    return sum(one.state == "Established" for one in found)
