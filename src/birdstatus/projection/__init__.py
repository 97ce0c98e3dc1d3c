"""Records to models: what of BIRD's words Calico publishes. The only part that knows both.

A record that has no place in the models is left out and put into the caller's list of
diagnostics; it never costs another one its place. Lists are in a stable order: by address, FIB
before RIB, then as BIRD gave them.
"""

from birdstatus.projection.families import (
    Family,
    family_of,
    serves_both_families,
    session_family,
    split_families,
)
from birdstatus.projection.node import daemon_status, node_status, published_routes
from birdstatus.projection.peers import bgp_status, peer, peers
from birdstatus.projection.report import DaemonReport
from birdstatus.projection.routes import routes

__all__ = [
    "DaemonReport",
    "Family",
    "bgp_status",
    "daemon_status",
    "family_of",
    "node_status",
    "peer",
    "peers",
    "published_routes",
    "routes",
    "serves_both_families",
    "session_family",
    "split_families",
]
