"""Everything that a reporter and the fleet can show to Prometheus."""

from datetime import datetime, timedelta, timezone

import calico_resources as resources
from birdstatus import node_status, parse_status
from reporter.agent.delivery import Delivered
from reporter.agent.metrics import Metrics
from reporter.bird.control_socket import Failure
from reporter.bird.recorded import recorded_mesh, recording
from reporter.bird.snapshot import Snapshot, SocketBird
from reporter.fleet.look import judge
from reporter.fleet.metrics import exposition as exposition_of_fleet
from reporter.kube.api import ApiError
from reporter.settings import Settings

# When the demo's daemons were recorded, had they been two hours east of Greenwich.
_SAID = parse_status(recording(4)["show status"]).server_time
RECORDED_AT = datetime.fromisoformat(_SAID).replace(tzinfo=timezone(timedelta(hours=2)))


def answered(metrics: Metrics, snapshot: Snapshot) -> None:
    for family, answer in snapshot.answers.items():
        metrics.answered(family, answer)


def everything_shown() -> str:
    """As one text."""
    metrics = Metrics(Settings(node_name="n"), RECORDED_AT.timestamp)
    with recorded_mesh() as sockets:
        bird = SocketBird({4: (sockets[4],), 6: (sockets[6],)}, 5, 1 << 20)
        snapshot = bird.collect(["Routes"])
        lost = SocketBird({4: (sockets[4].parent / "none",), 6: (sockets[6],)}, 5, 1 << 20)
        assert isinstance(lost.collect([]).failures[4], Failure)
        answered(metrics, lost.collect([]))
    answered(metrics, snapshot)
    answers = snapshot.answers
    metrics.reported(node_status(answers[4].report, answers[6].report, ["Routes"]))
    metrics.objects(["a"])
    metrics.object_state("a", {"RIB": 3}, other_writer=True)
    metrics.delivered(Delivered(None, {}, bytes_written=14, conflicts=1))
    metrics.delivered(Delivered(None, {}, ApiError(500, "no")))
    metrics.internal_error()
    return metrics.exposition().decode() + _fleet_exposition()


def _fleet_exposition() -> str:
    """What the fleet shows of a node without a session, beside another that is silent."""
    names = ("a", "b")
    nodes = [resources.node(name, f"10.0.0.{place}") for place, name in enumerate(names, 1)]
    status = {
        "apiVersion": "projectcalico.org/v3",
        "kind": "CalicoNodeStatus",
        "metadata": {"name": "a"},
        "spec": {"node": "a", "classes": ["BGP"], "updatePeriodSeconds": 10},
        "status": {
            "bgp": {"peersV4": [{"peerIP": "10.0.0.2", "type": "NodeMesh", "state": "Idle"}]},
            "lastUpdated": RECORDED_AT.isoformat(),
        },
    }
    look = judge([*nodes, status], [], RECORDED_AT)
    return exposition_of_fleet(look, seconds=0.1, failures=2).decode()
