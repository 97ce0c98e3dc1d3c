"""Calico's ordinary day: the whole mesh, from the point of view of one of its nodes."""

from .. import expected
from ..mesh import mesh
from ..recording import Recorder
from ..stage import Stage
from ..truth import NodeTruth
from . import scenario


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
