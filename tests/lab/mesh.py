"""A Calico-like cluster of three nodes on one switch, with two routers outside it.

Each node runs `bird` and `bird6` in one namespace, or one daemon for both families. `tor` is every
node's global peer on port 1790 and their default gateway; `rack` is a peer of node `a` alone. What the
nodes must know once the mesh has converged is computed here, before any daemon runs.
"""

import contextlib
import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from . import calico, calico_dual
from .control import PATIENCE, CutShortError, wait_until
from .daemon import FAMILIES, Daemon, Family
from .namespace import Namespace, Switch, remove_stale
from .releases import Release
from .truth import Direct, NodeTruth, Peer, Pod, RemoteBlock, session_name

AS = 64512
TOR_AS = 64900
TOR_PORT = 1790
UPLINK = "eth0"
NODES = ("a", "b", "c")
# Calico's overlay devices: a route to them is the node's own, by `direct`.
OVERLAY: dict[Family, str] = {4: "tunl0", 6: "vxlan-v6.calico"}
DEFAULT: dict[Family, str] = {4: "0.0.0.0/0", 6: "::/0"}
LINK: dict[Family, str] = {4: "10.0.0.0/24", 6: "fd5c:1ab::/64"}
_HOST: dict[Family, int] = {4: 32, 6: 128}
_TOR_NETWORK: dict[Family, str] = {4: "172.30.0.0/15", 6: "fd00:99::/32"}
# What a node with one daemon has beside: a route of `static` over the overlay device.
_OVERLAY_NETWORK: dict[Family, str] = {4: "10.244.200.0/26", 6: "fd00:10:244:2000::/122"}
_RACK_NETWORK: dict[Family, str] = {4: "172.28.0.0/16", 6: "fd00:98::/32"}


def _on_link(family: Family, host: int) -> str:
    return f"10.0.0.{host}" if family == 4 else f"fd5c:1ab::{host}"


def _block(family: Family, node: int, serial: int) -> str:
    if family == 4:
        return f"10.244.{node}.{64 * serial}/26"
    return f"fd00:10:244:{node}{serial}40::/122"


def _in_block(block: str, host: int, family: Family) -> str:
    network = block.partition("/")[0]
    if family == 4:
        stem, _, last = network.rpartition(".")
        return f"{stem}.{int(last) + host}/32"
    return f"{network}{host:x}/128" if host else f"{network}/128"


_ADDRESS = {"a": 1, "b": 2, "c": 3, "tor": 254, "rack": 253}
# Node b has two blocks: a peer that brings more than one route.
_BLOCKS = {"a": (1,), "b": (1, 2), "c": (1,)}


def _blocks(node: str, family: Family) -> tuple[str, ...]:
    return tuple(_block(family, _ADDRESS[node], serial) for serial in _BLOCKS[node])


def _peers(node: str, family: Family) -> Iterator[Peer]:
    for other in NODES:
        if other != node:
            address = _on_link(family, _ADDRESS[other])
            # Of each pair the lower address waits, as in Calico's mesh.
            passive = _ADDRESS[node] < _ADDRESS[other]
            yield Peer(session_name("NodeMesh", address), "NodeMesh", address, AS, passive=passive)
    tor = _on_link(family, _ADDRESS["tor"])
    name = session_name("GlobalPeer", tor, TOR_PORT)
    yield Peer(name, "GlobalPeer", tor, TOR_AS, port=TOR_PORT)
    if node == "a":
        rack = _on_link(family, _ADDRESS["rack"])
        yield Peer(session_name("NodePeer", rack), "NodePeer", rack, AS)


def _remote_blocks(peers: Iterable[Peer], family: Family) -> Iterator[RemoteBlock]:
    announced = {_on_link(family, _ADDRESS[node]): _blocks(node, family) for node in NODES}
    announced[_on_link(family, _ADDRESS["tor"])] = (_TOR_NETWORK[family],)
    announced[_on_link(family, _ADDRESS["rack"])] = (_RACK_NETWORK[family],)
    for peer in peers:
        for destination in announced[peer.address]:
            yield RemoteBlock(destination, peer.address, UPLINK, peer.name, peer.address, peer.type)


def truth(node: str, family: Family) -> NodeTruth:
    """What `node` must know in `family` once the mesh has converged."""
    blocks = _blocks(node, family)
    peers = tuple(_peers(node, family))
    return NodeTruth(
        node=node,
        family=family,
        address=_on_link(family, _ADDRESS[node]),
        asn=AS,
        router_id=_on_link(4, _ADDRESS[node]),  # Calico: the IPv4 address, in bird6 too
        peers=peers,
        pods=tuple(
            Pod(_in_block(blocks[0], host, family), f"cali{node * 2}{host:09x}") for host in (3, 4)
        ),
        blocks=blocks,
        remote_blocks=tuple(_remote_blocks(peers, family)),
        direct=(
            Direct(LINK[family], UPLINK),
            Direct(_in_block(blocks[0], 0, family), OVERLAY[family]),
        ),
        default_destination=DEFAULT[family],
        default_gateway=_on_link(family, _ADDRESS["tor"]),
        default_interface=UPLINK,
    )


@dataclass(frozen=True)
class Node:
    """A node of the mesh: its namespace, and per family its daemon and what is true there.

    One daemon may be that of both families.
    """

    name: str
    namespace: Namespace
    daemons: dict[Family, Daemon] = field(default_factory=dict)
    truths: dict[Family, NodeTruth] = field(default_factory=dict)

    def kill(self, *families: Family) -> None:
        """As a crash of this node's BIRD, of one family or of both."""
        for daemon in self._daemons_of(families):
            daemon.kill()

    def start(self, *families: Family, recover: bool = False) -> None:
        for daemon in self._daemons_of(families):
            daemon.start(recover=recover)

    def _daemons_of(self, families: Iterable[Family]) -> list[Daemon]:
        return list(dict.fromkeys(self.daemons[family] for family in families or FAMILIES))

    def missing(self, family: Family) -> list[str]:
        """What BIRD does not show yet of the sessions, and of the routes BGP brings."""
        said = self.truths[family]
        try:
            protocols = self.daemons[family].ask("show protocols").decode()
            routes = _rows(self.daemons[family], family)
        except (OSError, CutShortError) as error:
            return [f"{self.name}: {self.daemons[family].label}: {error}"]
        wanted = [
            (rf"{re.escape(peer.name)} +BGP +(?:master|---) +up .*{peer.state}", protocols)
            for peer in said.peers
        ]
        wanted += [
            (rf"{re.escape(block.destination)} .*\[{re.escape(block.learned_from)} ", routes)
            for block in said.remote_blocks
        ]
        wanted += [
            (rf"{re.escape(pod.destination)} +.*dev {pod.interface}\b", routes) for pod in said.pods
        ]
        return [
            f"{self.name}: {pattern}" for pattern, text in wanted if not re.search(pattern, text)
        ]


def _rows(daemon: Daemon, family: Family) -> str:
    """The rows of `show route`, each with its next hop on the same line."""
    if daemon.release is None:
        return daemon.ask("show route").decode()
    shown = daemon.ask(f"show route table master{family}").decode()
    return re.sub(r"\n \t", " ", shown)


@dataclass(frozen=True)
class Mesh:
    """The running mesh: `mesh["a"].daemons[6].ask("show route")`, `mesh["a"].truths[4]`."""

    nodes: dict[str, Node]
    routers: dict[str, Node]

    def __getitem__(self, name: str) -> Node:
        return self.nodes[name]

    def missing(self) -> list[str]:
        return [
            line
            for node in self.nodes.values()
            for family in FAMILIES
            for line in node.missing(family)
        ]

    def wait_converged(self, timeout: float = PATIENCE) -> None:
        """Until every node knows what is true. Some five seconds are usual."""
        wait_until(lambda: not self.missing(), lambda: "; ".join(self.missing()), timeout)


def _wire(node: Node, switch: Switch) -> None:
    """The node's interfaces and the kernel's routes, as Calico's other parts make them."""
    host = _ADDRESS[node.name]
    switch.plug(node.namespace, UPLINK, f"{_on_link(4, host)}/24", f"{_on_link(6, host)}/64")
    for family, known in node.truths.items():
        for own in known.direct:
            if own.interface != UPLINK:
                node.namespace.interface(own.interface, switch.namespace, own.destination)
        for pod in known.pods:
            if family == 4:  # one interface carries both families
                node.namespace.interface(pod.interface, switch.namespace)
            node.namespace.route(
                pod.destination, "dev", pod.interface, "proto", "80", family=family
            )
        node.namespace.route("default", "via", known.default_gateway, family=family)


def _router(name: str, family: Family) -> str:
    clients = NODES if name == "tor" else ("a",)
    return calico.router(
        address=_on_link(family, _ADDRESS[name]),
        router_id=_on_link(4, _ADDRESS[name]),
        asn=TOR_AS if name == "tor" else AS,
        port=TOR_PORT if name == "tor" else 179,
        network=(_TOR_NETWORK if name == "tor" else _RACK_NETWORK)[family],
        clients={_on_link(family, _ADDRESS[client]): AS for client in clients},
    )


@contextlib.contextmanager
def mesh(timeout: float = PATIENCE, release: Release | None = None) -> Iterator[Mesh]:
    """The converged mesh; on leaving, no process, namespace or file of it is left.

    With a release, each node has one daemon of it; the routers outside are always BIRD 1.6.
    """
    remove_stale()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="birdlab-")))
        switch = stack.enter_context(Switch.create())
        running = Mesh({}, {})
        for name in ("tor", "rack"):
            router = Node(name, stack.enter_context(Namespace.create(name)))
            running.routers[name] = router
            host = _ADDRESS[name]
            switch.plug(
                router.namespace, UPLINK, f"{_on_link(4, host)}/24", f"{_on_link(6, host)}/64"
            )
            for family in FAMILIES:
                router.daemons[family] = stack.enter_context(
                    Daemon(
                        router.namespace, family, folder, f"{name}{family}", _router(name, family)
                    )
                )
        for name in NODES:
            node = Node(name, stack.enter_context(Namespace.create(name)))
            running.nodes[name] = node
            node.truths.update({family: truth(name, family) for family in FAMILIES})
            if release is not None:
                node.truths.update(
                    {family: of_one_daemon(node.truths[family]) for family in FAMILIES}
                )
            _wire(node, switch)
            for daemon in _daemons(node, folder, release):
                stack.enter_context(daemon)
        running.wait_converged(timeout)
        yield running


def of_one_daemon(said: NodeTruth) -> NodeTruth:
    """What is true of a node in the manner of Calico's draft for BIRD 3."""
    family = said.family
    return replace(said, statics=(Direct(_OVERLAY_NETWORK[family], OVERLAY[family]),))


def _daemons(node: Node, folder: Path, release: Release | None) -> Iterator[Daemon]:
    """The node's daemons, not yet started."""
    if release is None:
        for family in FAMILIES:
            text = calico.node(node.truths[family])
            label = f"{node.name}{family}"
            node.daemons[family] = Daemon(node.namespace, family, folder, label, text)
            yield node.daemons[family]
        return
    text = calico_dual.node(node.truths)
    daemon = Daemon(node.namespace, 4, folder, node.name, text, release)
    node.daemons.update({4: daemon, 6: daemon})
    yield daemon
