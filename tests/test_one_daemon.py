"""A node whose daemon serves both families: asked once, and published as two."""

import os
from pathlib import Path

import pytest

from birdstatus import node_status
from lab.dual import DualStage
from lab.dual_pieces import DEVICE, DIRECT, client, four, six, static
from lab.releases import Release, lacking_releases, newest
from reporter.bird.snapshot import SocketBird

pytestmark = [pytest.mark.real_bird, pytest.mark.usefixtures("lab_machine")]


@pytest.fixture(params=[2, 3], ids=["BIRD 2", "BIRD 3"])
def release(request: pytest.FixtureRequest) -> Release:
    found = newest(request.param)
    reason = lacking_releases()
    if found is not None and reason is None:
        return found
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI must run the tests with BIRD 2 and 3: {reason}")
    pytest.skip(f"{reason}")


def test_both_families_of_one_socket(release: Release, tmp_path: Path) -> None:
    with DualStage(release) as stage:
        stage.peer(2, static("ipv4", "198.18.2.0/24 blackhole", name="own4")
                   + static("ipv6", "2001:db8:2::/48 blackhole", name="own6")
                   + client(stage, 2))  # fmt: skip
        daemon = stage.start(
            "roa4 table roas;\n" + DEVICE + DIRECT
            + static("ipv4", "198.18.1.0/24 blackhole") + static("ipv6", "2001:db8:1::/48 blackhole")
            + static("roa4", "192.0.2.0/24 max 28 as 65001", name="known", table="roas")
            + four(stage, "Mesh_10_4_0_2", 2) + six(stage, "Node_fd5c_4__2", 2)
            + six(stage, "Global_fd5c_4__9", 9, "passive on")
        )  # fmt: skip
        stage.until(daemon, "198.18.2.0/24", "2001:db8:2::/48", command="show route")
        bird = SocketBird({4: (daemon.socket,), 6: (tmp_path / "bird6.ctl",)}, 5, 1 << 20)
        snapshot = bird.collect(["Agent", "BGP", "Routes"])
        daemon.kill()
        gone = bird.collect(["Agent"])
    assert not snapshot.failures
    answers = snapshot.answers
    status = node_status(answers[4].report, answers[6].report, ["Agent", "BGP", "Routes"])
    assert status.agent is not None
    assert status.agent.birdV4 == status.agent.birdV6
    assert status.agent.birdV4 is not None
    assert (status.agent.birdV4.state, status.agent.birdV4.version) == ("Ready", release.version)
    assert status.bgp is not None
    assert [(one.peerIP, one.type, one.state) for one in status.bgp.peersV4 or ()] == [
        ("10.4.0.2", "NodeMesh", "Established")
    ]
    assert [(one.peerIP, one.type, one.state) for one in status.bgp.peersV6 or ()] == [
        ("fd5c:4::2", "NodePeer", "Established"),
        ("fd5c:4::9", "GlobalPeer", "Active"),
    ]
    assert status.routes is not None
    shown = [
        (
            one.destination,
            one.gateway,
            one.interface,
            one.learnedFrom and one.learnedFrom.sourceType,
        )
        for one in (*(status.routes.routesV4 or ()), *(status.routes.routesV6 or ()))
    ]
    assert shown == [
        ("10.4.0.0/24", "N/A", "eth0", "Direct"),
        ("198.18.1.0/24", "N/A", "blackhole", "Static"),
        ("198.18.2.0/24", "10.4.0.2", "eth0", "NodeMesh"),
        ("2001:db8:1::/48", "N/A", "blackhole", "Static"),
        ("2001:db8:2::/48", "fd5c:4::2", "eth0", "BGPPeer"),
        ("fd5c:4::/64", "N/A", "eth0", "Direct"),
    ]
    assert set(gone.failures) == {4, 6}
