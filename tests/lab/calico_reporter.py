"""A node's status as Calico's own reporter writes it, read with rules of its own from what BIRD prints.

It maps fewer states than BIRD has, counts protocols that are up, takes the address of a route's peer from the
protocol's name, and moves `lastUpdated` only when something changed (node/pkg/status of Calico 3.32).
"""

import re
from typing import Any

from .daemon import Daemon

_STATES = {"Idle", "Connect", "Active", "OpenSent", "OpenConfirm", "Established", "Close"}
_TYPES = {"Mesh": "NodeMesh", "Node": "NodePeer", "Global": "GlobalPeer"}
_SESSION = re.compile(
    r"^(?P<name>(?P<kind>Mesh|Node|Global)_\S+) +BGP +master +(?P<up>\S+) +(?P<since>\S+).*?"
    r"BGP state: +(?P<state>\S+).*?Neighbor address: (?P<address>\S+)",
    re.MULTILINE | re.DOTALL,
)
_ROUTE = re.compile(
    r"^(?P<destination>[\d./]* ?) *(?:via (?P<gateway>\S+) on (?P<interface>\S+)|dev (?P<device>\S+)"
    r"|(?P<word>blackhole|unreachable)) \[(?P<source>\S+)[^]]*\] (?P<used>\*)?",
    re.MULTILINE,
)
_VALUES = {"Router ID": "routerID", "Last reboot": "lastBootTime"}


def status(daemon: Daemon, updated: str) -> dict[str, Any]:
    """All three classes of an IPv4 cluster, whose second daemon runs and has nothing to say."""
    peers = list(_peers(daemon))
    up = sum(is_up for is_up, _ in peers)
    return {
        "agent": {"birdV4": _agent(daemon), "birdV6": {"state": "Ready"}},
        "bgp": {
            "numberEstablishedV4": up,
            "numberNotEstablishedV4": len(peers) - up,
            "numberEstablishedV6": 0,
            "numberNotEstablishedV6": 0,
            "peersV4": [peer for _, peer in peers],
        },
        "routes": {"routesV4": list(_routes(daemon))},
        "lastUpdated": updated,
    }


def _lines(daemon: Daemon, command: str) -> str:
    text = daemon.ask(command).decode()
    return re.sub(r"^(\d{4}-| )", "", text, flags=re.MULTILINE)


def _agent(daemon: Daemon) -> dict[str, Any]:
    text = _lines(daemon, "show status")
    found = {
        field: re.search(rf"{words} (?:is|on) (.*)", text)
        for words, field in (*_VALUES.items(), ("Last reconfiguration", "lastReconfigurationTime"))
    }
    return {"state": "Ready"} | {field: match[1] for field, match in found.items() if match}


def _peers(daemon: Daemon) -> Any:
    for block in re.split(r"\n\s*\n", _lines(daemon, "show protocols all")):
        match = _SESSION.search(block)
        if match:
            peer = {
                "type": _TYPES[match["kind"]],
                "peerIP": match["address"],
                "since": match["since"],
            }
            if match["state"] in _STATES:
                peer["state"] = match["state"]
            yield match["up"] == "up", peer


def _routes(daemon: Daemon) -> Any:
    destination = ""
    for match in _ROUTE.finditer(_lines(daemon, "show route")):
        destination = match["destination"].strip() or destination
        kind, _, address = match["source"].partition("_")
        learned = {"sourceType": kind.rstrip("0123456789").capitalize()}
        if kind in _TYPES:
            source = "NodeMesh" if kind == "Mesh" else "BGPPeer"
            learned = {"sourceType": source, "peerIP": address.replace("_", ".")}
        yield {
            "type": "FIB" if match["used"] else "RIB",
            "destination": destination,
            "gateway": match["gateway"] or "N/A",
            "interface": match["interface"] or match["device"] or match["word"],
            "learnedFrom": learned,
        }
