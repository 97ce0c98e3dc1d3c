"""Four nodes of a Calico cluster in IPv4, whose sessions a test chooses and spoils one at a time.

What each node's BIRD is configured with is written down here, from the rules of Calico's manual and not
from what the library expects. A node's address is 10.0.0.N, its block 10.244.N.64/26.
"""

import contextlib
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from . import calico
from .daemon import Daemon
from .mesh import AS, LINK, UPLINK
from .namespace import Namespace, Switch, remove_stale
from .truth import Direct, NodeTruth, Peer, PeerType, session_name

NODES = ("node-1", "node-2", "node-3", "node-4")
ROUTER, ROUTER_AS, ROUTER_PORT = "10.0.0.254", 64900, 1790


def number(node: str) -> int:
    return int(node.rpartition("-")[2])


def address(node: str) -> str:
    return f"10.0.0.{number(node)}"


def block(node: str) -> str:
    return f"10.244.{number(node)}.64/26"


def peer(node: str, other: str, kind: PeerType = "NodeMesh", *options: str) -> Peer:
    """The session of `node` to `other`: in the mesh the lower address, as text, waits."""
    at = address(other)
    passive = kind == "NodeMesh" and at > address(node)
    return Peer(session_name(kind, at), kind, at, AS, passive=passive, options=options)


def external(kind: PeerType, asn: int = ROUTER_AS) -> Peer:
    """The session to the router outside the cluster."""
    name = session_name(kind, ROUTER, ROUTER_PORT)
    return Peer(name, kind, ROUTER, asn, port=ROUTER_PORT)


def mesh(*nodes: str) -> dict[str, tuple[Peer, ...]]:
    """Every node's sessions in a full mesh."""
    return {node: tuple(peer(node, other) for other in nodes if other != node) for node in nodes}


def reflected(reflectors: Iterable[str], cluster_id: str) -> dict[str, tuple[Peer, ...]]:
    """Every node's sessions where all peer with the reflectors, which share a cluster ID."""
    middle = tuple(reflectors)
    client = ("rr client", f"rr cluster id {cluster_id}")
    return {
        node: tuple(
            peer(
                node,
                other,
                "NodePeer",
                *(client if node in middle and other not in middle else ()),
            )
            for other in (NODES if node in middle else middle)
            if other != node
        )
        for node in NODES
    }  # fmt: skip


class Cluster:
    """The running nodes: `cluster.daemons["node-1"]`."""

    def __init__(self, daemons: dict[str, Daemon], namespaces: dict[str, Namespace]) -> None:
        self.daemons = daemons
        self.namespaces = namespaces

    def configure(self, node: str, peers: tuple[Peer, ...], *, announces: bool = True) -> None:
        """Another configuration for a node, as confd would write it and BIRD take it."""
        daemon = self.daemons[node]
        daemon.configure(_configuration(node, peers, announces=announces))
        reply = daemon.ask("configure")
        assert reply.startswith((b"0002", b"0003", b"0004")), reply

    def configure_all(self, peers: dict[str, tuple[Peer, ...]]) -> None:
        for node, sessions in peers.items():
            self.configure(node, sessions)


def _configuration(node: str, peers: tuple[Peer, ...], *, announces: bool = True) -> str:
    text = calico.node(_truth(node, peers))
    # The filter of all sessions accepts a node's own block in this line.
    accepted = f"  if net = {block(node)} then accept;\n"
    assert accepted in text
    return text if announces else text.replace(accepted, "")


def _truth(node: str, peers: tuple[Peer, ...]) -> NodeTruth:
    return NodeTruth(
        node=node,
        family=4,
        address=address(node),
        asn=AS,
        router_id=address(node),
        peers=peers,
        pods=(),
        blocks=(block(node),),
        remote_blocks=(),
        direct=(Direct(LINK[4], UPLINK),),
        default_destination="0.0.0.0/0",
        default_gateway=ROUTER,
        default_interface=UPLINK,
    )


@contextlib.contextmanager
def four_nodes(peers: dict[str, tuple[Peer, ...]]) -> Iterator[Cluster]:
    """The nodes and the router; on leaving, no process, namespace or file of them is left."""
    remove_stale()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="birdlab-")))
        switch = stack.enter_context(Switch.create())
        running = Cluster({}, {})

        def start(label: str, host: str, configuration: str) -> None:
            namespace = stack.enter_context(Namespace.create(label))
            switch.plug(namespace, UPLINK, f"{host}/24")
            daemon = Daemon(namespace, 4, folder, label, configuration)
            running.daemons[label] = stack.enter_context(daemon)
            running.namespaces[label] = namespace

        clients = dict.fromkeys(map(address, NODES), AS)
        router = calico.router(
            address=ROUTER, router_id=ROUTER, asn=ROUTER_AS, port=ROUTER_PORT,
            network="172.30.0.0/15", clients=clients,
        )  # fmt: skip
        start("router", ROUTER, router)
        for node in NODES:
            start(node, address(node), _configuration(node, peers[node]))
            running.namespaces[node].route("default", "via", ROUTER)
        yield running


__all__ = [
    "NODES",
    "ROUTER",
    "ROUTER_AS",
    "ROUTER_PORT",
    "Cluster",
    "address",
    "block",
    "external",
    "four_nodes",
    "mesh",
    "number",
    "peer",
    "reflected",
]
