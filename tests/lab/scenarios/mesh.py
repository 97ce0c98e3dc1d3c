"""Calico's ordinary day: the whole mesh, from the point of view of one of its nodes."""

from .. import expected
from ..daemon import FAMILIES
from ..dual import DualStage
from ..mesh import mesh
from ..recording import Recorder
from ..stage import Stage
from ..tables import Hop, TableRoute
from ..truth import NodeTruth
from . import dual, scenario


def _routes(known: NodeTruth) -> tuple[expected.Route, ...]:
    rows = [
        expected.Route(
            destination=known.default_destination,
            protocol="kernel1",
            gateway=known.default_gateway,
            interface=known.default_interface,
            info="(10)",
        )
    ]
    rows += [
        expected.Route(
            destination=pod.destination, protocol="kernel1", interface=pod.interface, info="(10)"
        )
        for pod in known.pods
    ]
    rows += [
        expected.Route(
            destination=own.destination, protocol="direct1", interface=own.interface, info="(240)"
        )
        for own in known.direct
    ]
    rows += [
        expected.Route(destination=block, protocol="static1", word="blackhole", info="(200)")
        for block in known.blocks
    ]
    asns = {peer.name: peer.asn for peer in known.peers}
    rows += [
        expected.Route(
            destination=block.destination,
            protocol=block.learned_from,
            gateway=block.gateway,
            interface=block.interface,
            info="(100/0) [i]"
            if asns[block.learned_from] == known.asn
            else f"(100/0) [AS{asns[block.learned_from]}i]",
        )
        for block in known.remote_blocks
    ]
    return tuple(rows)


@scenario("mesh")
def the_mesh(stage: Stage, recorder: Recorder) -> None:
    """A converged Calico-like node: two mesh peers, a node peer, a global peer with a port, pods,
    an own block, remote blocks and the kernel's default route.
    """
    with mesh() as running:
        node = running["a"]
        known = node.truths[stage.family]
        truth = expected.Truth(
            sessions=tuple(
                expected.Session(
                    name=peer.name,
                    address=peer.address,
                    asn=peer.asn,
                    protocol_states=("up",),
                    description="Connection to BGP peer",
                )
                for peer in known.peers
            ),
            routes=_routes(known),
            protocols={
                "static1": "Static",
                "kernel1": "Kernel",
                "device1": "Device",
                "direct1": "Direct",
            },
            facts={
                "router_id": known.router_id,
                "as": known.asn,
                "established": len(known.peers),
                "not_established": 0,
            },
        )
        recorder.record(node.daemons[stage.family], truth, "show route export kernel1",
                        f"show protocols all {known.peers[0].name}")  # fmt: skip


def _table_routes(known: NodeTruth) -> list[TableRoute]:
    """The rows of one family's table, from a daemon of both."""
    table, place = f"master{known.family}", {4: "1", 6: "2"}[known.family]
    kernel, static = f"kernel{place}", f"static{place}"

    def row(destination: str, protocol: str, gateway: str, interface: str) -> TableRoute:
        hop = Hop(gateway=gateway, interface=interface)
        return TableRoute(table=table, destination=destination, protocol=protocol, hops=(hop,))

    rows = [row(known.default_destination, kernel, known.default_gateway, known.default_interface)]
    rows += [row(pod.destination, kernel, "", pod.interface) for pod in known.pods]
    rows += [row(own.destination, "direct1", "", own.interface) for own in known.direct]
    rows += [row(own.destination, static, "", own.interface) for own in known.statics]
    rows += [
        TableRoute(table=table, destination=block, protocol=static, word="blackhole")
        for block in known.blocks
    ]
    rows += [
        row(block.destination, block.learned_from, block.gateway, block.interface)
        for block in known.remote_blocks
    ]
    return rows


@dual("mesh", (2, 14))
def mesh_of_one_daemon(stage: DualStage, recorder: Recorder) -> None:
    """The same mesh where each node has one daemon for both families, in the manner of Calico's draft:
    protocols without a name, a date of sessions and a clock time of routes, a static route over the tunnel.
    """
    with mesh(release=stage.release) as running:
        node = running["a"]
        known = [node.truths[family] for family in FAMILIES]
        truth = expected.Truth(
            sessions=tuple(
                expected.Session(name=peer.name, address=peer.address, asn=peer.asn,
                                 description="Connection to BGP peer")
                for said in known for peer in said.peers
            ),
            table_routes=tuple(row for said in known for row in _table_routes(said)),
            protocols={"static1": "Static", "static2": "Static", "kernel1": "Kernel", "kernel2": "Kernel",
                       "direct1": "Direct"},
        )  # fmt: skip
        daemon = node.daemons[4]
        recorder.record(daemon, truth, "show route table master4", "show route table master6",
                        "show route export kernel1")  # fmt: skip
        if stage.release.number >= (2, 16):
            asked = ["restrict", 'timeformat "%s"', "show protocols"]
            recorder.session(daemon, "asked_epoch", asked)
