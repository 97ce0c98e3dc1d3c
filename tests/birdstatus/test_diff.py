"""``birdstatus diff`` and ``compare``: what changed between two snapshots, and what is no change."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from recordings import FIXTURES

from birdstatus import CalicoNodeStatus, compare
from birdstatus.cli import diff, main
from birdstatus.models import CalicoNodeStatusStatus

if TYPE_CHECKING:
    from pathlib import Path

GREETING = "BIRD v0.3.3+birdv1.6.8 ready.\n"
STATUS = """BIRD v0.3.3+birdv1.6.8
Router ID is 10.0.0.1
Current server time is 2024-12-03 07:25:01
Last reboot on 2024-12-01 10:00:00
Last reconfiguration on 2024-12-02 10:00:00
Daemon is up and running
"""
PROTOCOLS = """name     proto    table    state  since       info
kernel1  Kernel   master   up     11:02:31
Mesh_10_0_0_2 BGP      master   up     11:02:33    Established
Mesh_10_0_0_3 BGP      master   up     11:02:33    Established
Global_10_9_0_1 BGP      master   start  11:02:31    Active        Socket: Connection refused
"""
ROUTES = """10.0.0.0/26        via 10.0.0.2 on eth0 [Mesh_10_0_0_2 11:02:34] * (100/0) [i]
10.1.0.0/26        via 10.0.0.3 on eth0 [Mesh_10_0_0_3 11:02:34] * (100/0) [i]
10.2.0.0/26        blackhole [static1 11:02:31] * (200)
"""
UP, START = (f"BGP      master   {state:<5}  " for state in ("up", "start"))
WHOLE = GREETING + STATUS + GREETING + PROTOCOLS + GREETING + ROUTES


@pytest.fixture
def run(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Any:
    def run(old: str, new: str, *arguments: str) -> tuple[int, str, str]:
        for name, text in (("old", old), ("new", new)):
            (tmp_path / name).write_text(text)
        code = main(["diff", *arguments, str(tmp_path / "old"), str(tmp_path / "new")])
        out, err = capfd.readouterr()
        return code, out, err.replace(f"{tmp_path}/", "")

    return run


def test_nothing_changed(run: Any) -> None:
    assert run(WHOLE, WHOLE) == (0, "10.0.0.1\n  nothing changed\n", "")


def test_times_that_differ_by_a_second_are_the_same(run: Any) -> None:
    assert run(WHOLE, WHOLE.replace("11:02:33", "11:02:34"))[0] == 0


def test_sessions(run: Any) -> None:
    new = (
        WHOLE.replace(f"0_0_2 {UP}11:02:33", f"0_0_2 {UP}12:00:00")
        .replace(f"0_0_3 {UP}11:02:33    Established", f"0_0_3 {START}12:30:00    Connect")
        .replace("Global_10_9_0_1", "Global_10_9_0_2")
    )  # fmt: skip
    code, out, said = run(WHOLE, new)
    assert (code, said) == (1, "")
    assert out.splitlines() == [
        "10.0.0.1",
        "  sessions: 1 changed, 1 flapped, 1 appeared, 1 vanished",
        "    flapped   10.0.0.2  since 11:02:33 -> 12:00:00",
        "    changed   10.0.0.3  state Established -> Connect, since 11:02:33 -> 12:30:00",
        "    vanished  10.9.0.1  type GlobalPeer, state Active, since 11:02:31",
        "    appeared  10.9.0.2  type GlobalPeer, state Active, since 11:02:31",
    ]


def test_daemons(run: Any) -> None:
    code, out, _ = run(
        WHOLE, WHOLE.replace("Last reboot on 2024-12-01", "Last reboot on 2024-12-03")
    )
    assert code == 1
    assert (
        "  daemons: 1 changed\n    changed   BIRD IPv4  lastBootTime 2024-12-01 10:00:00 -> 2024-12-03"
        in out
    )


def test_routes_with_counts_first(run: Any) -> None:
    old = GREETING + ROUTES
    new = old.replace("via 10.0.0.2 on eth0", "via 10.0.0.9 on eth1") + "".join(
        f"10.3.{n}.0/24        blackhole [static1 11:02:31] * (200)\n" for n in range(4)
    )
    new = new.replace("10.2.0.0/26        blackhole [static1 11:02:31] * (200)\n", "")
    code, out, _ = run(old, new, "--most", "2")
    assert code == 1
    assert out.splitlines() == [
        "  routes: 1 changed, 4 appeared, 1 vanished",
        "    - 10.0.0.0/26  10.0.0.2  eth0  FIB",
        "    + 10.0.0.0/26  10.0.0.9  eth1  FIB",
        "    - 10.2.0.0/26  N/A  blackhole  FIB",
        "    + 10.3.0.0/24  N/A  blackhole  FIB",
        "    + 10.3.1.0/24  N/A  blackhole  FIB",
        "    and 2 more",
    ]
    document = json.loads(run(old, new, "-o", "json", "--most", "1")[1])
    (node,) = document.values()
    assert node["routes"]["appeared"] == 4
    assert [change["kind"] for change in node["routes"]["changes"]] == [
        "changed",
        "vanished",
        "appeared",
    ]


def test_a_class_that_one_snapshot_has_not(run: Any) -> None:
    code, out, _ = run(WHOLE, GREETING + PROTOCOLS)
    assert code == 0
    assert out.splitlines()[-2:] == [
        "  agent: not compared, as one snapshot has none",
        "  routes: not compared, as one snapshot has none",
    ]


def node_object(name: str, status: dict[str, Any] | None) -> dict[str, Any]:
    found = {
        "apiVersion": "projectcalico.org/v3",
        "kind": "CalicoNodeStatus",
        "metadata": {"name": f"status-of-{name}"},
        "spec": {"node": name, "classes": ["BGP"], "updatePeriodSeconds": 10},
    }
    return found if status is None else {**found, "status": status}


def bgp(*states: str) -> dict[str, Any]:
    peers = [{"peerIP": f"10.0.0.{n}", "state": state} for n, state in enumerate(states, 2)]
    up = states.count("Established")
    return {
        "bgp": {
            "numberEstablishedV4": up, "numberNotEstablishedV4": len(states) - up,
            "numberEstablishedV6": 0, "numberNotEstablishedV6": 0, "peersV4": peers,
        }
    }  # fmt: skip


@pytest.mark.parametrize("as_yaml", [False, True])
def test_objects_of_a_cluster(run: Any, as_yaml: bool) -> None:  # noqa: FBT001
    dump = yaml.safe_dump if as_yaml else json.dumps
    old = [
        node_object("a", bgp("Established")),
        node_object("b", bgp("Active")),
        node_object("d", None),
    ]
    new = [node_object("a", bgp("Idle")), node_object("c", bgp("Active"))]
    code, out, said = run(*(dump({"kind": "List", "items": items}) for items in (old, new)))
    assert code == 1
    assert (
        said == "birdstatus: b: only in the old snapshot\nbirdstatus: c: only in the new snapshot\n"
    )
    assert "a\n  sessions: 1 changed\n    changed   10.0.0.2  state Established -> Idle\n" in out


def test_an_object_beside_a_paste(run: Any) -> None:
    status = node_object("a", bgp("Established", "Established"))
    code, out, _ = run(json.dumps(status), GREETING + PROTOCOLS)
    assert code == 1
    assert "    appeared  10.9.0.1" in out


def test_two_nodes_in_a_snapshot(run: Any) -> None:
    two = WHOLE + WHOLE.replace("10.0.0.1\n", "10.0.0.4\n").replace("Established", "OpenSent")
    code, out, said = run(two, two.replace("Router ID is 10.0.0.4", "Router ID is 10.0.0.5"))
    assert code == 1
    assert "10.0.0.1\n  nothing changed\n" in out
    assert "10.0.0.4: only in the old snapshot" in said


@pytest.mark.parametrize(
    "text",
    [
        "hello\n",
        "",
        "kind: CalicoNodeStatus\nspec: [\n",
        "kind: CalicoNodeStatus\nspec: 5\n",
        "- CalicoNodeStatus\n",
    ],
)
def test_what_cannot_be_compared(run: Any, text: str) -> None:
    code, out, said = run(WHOLE, text)
    assert (code, out) == (2, "")
    assert said.endswith("birdstatus: new: nothing to compare\n")


def test_a_file_that_is_not_there(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", str(tmp_path / "x"), str(tmp_path / "y")]) == 2
    assert "No such file or directory" in capfd.readouterr().err


def test_objects_that_are_too_many(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diff, "MAX_OBJECTS", 10)
    assert run(json.dumps(node_object("a", bgp())), WHOLE)[0] == 2


def test_bundles(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    mesh = FIXTURES / "1.6.8" / "mesh-v4"
    for name, state in (("old", b"Established"), ("new", b"Idle       ")):
        folder = tmp_path / name
        folder.mkdir()
        for file in ("show_status.raw", "show_protocols.raw"):
            (folder / file).write_bytes((mesh / file).read_bytes().replace(b"Established", state))
    assert main(["diff", str(tmp_path / "old"), str(tmp_path / "new")]) == 1
    assert "state Established -> Idle" in capfd.readouterr().out


def status_of(**parts: Any) -> CalicoNodeStatusStatus:
    return CalicoNodeStatusStatus.model_validate(parts)


def test_a_daemon_that_appeared_or_vanished() -> None:
    ready = {"birdV4": {"state": "Ready"}}
    both = {**ready, "birdV6": {"state": "Ready"}}
    (change,) = compare(status_of(agent=ready), status_of(agent=both)).daemons
    assert (change.kind, change.subject, change.family) == ("appeared", "BIRD IPv6", 6)
    (change,) = compare(status_of(agent=both), status_of(agent=ready)).daemons
    assert (change.kind, change.new) == ("vanished", {})


def test_sessions_to_one_address_are_told_apart() -> None:
    twice = bgp("Established", "Active")
    for peer in twice["bgp"]["peersV4"]:
        peer["peerIP"] = "10.0.0.2"
    one = json.loads(json.dumps(twice).replace("Active", "Idle"))
    (change,) = compare(status_of(**twice), status_of(**one)).sessions
    assert (change.old["state"], change.new["state"]) == ("Active", "Idle")


def test_a_session_without_an_address() -> None:
    nameless = {"bgp": {**bgp()["bgp"], "peersV6": [{"state": "Active"}]}}
    (change,) = compare(status_of(**bgp()), status_of(**nameless)).sessions
    assert (change.subject, change.family) == ("(unknown address)", 6)


def test_classes_that_neither_has_are_not_spoken_of() -> None:
    found = compare(status_of(), status_of(**bgp("Active")))
    assert not found
    assert found.not_compared == ("bgp",)
    assert found.document()["notCompared"] == ["bgp"]


def test_the_order_of_next_hops_is_no_change() -> None:
    hops = [
        {"type": "FIB", "destination": "10.0.0.0/8", "gateway": f"10.0.0.{n}", "interface": "e"}
        for n in (1, 2)
    ]
    before, after = status_of(routes={"routesV4": hops}), status_of(routes={"routesV4": hops[::-1]})
    assert not compare(before, after)


def test_the_sample_of_the_specification() -> None:
    sample = yaml.safe_load((FIXTURES / "caliconodestatus-sample.yaml").read_text())
    status = CalicoNodeStatus.model_validate(sample).status
    assert status is not None
    assert not compare(status, status)
