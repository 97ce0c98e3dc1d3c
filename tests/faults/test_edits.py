"""Edits if objects cannot be selected by node: only metadata is watched, and whose they are has to be read."""

from itertools import pairwise

import pytest

from reporter.kube.api import ApiError
from reporter_bench import Bench, FakeApi, node_status_object


@pytest.fixture
def bench(caplog: pytest.LogCaptureFixture) -> Bench:
    bench = Bench.of(caplog, FakeApi())
    bench.is_by_metadata = True
    bench.list()
    bench.api.put(node_status_object(updatePeriodSeconds=1))
    bench.run(2)
    assert bench.writes()
    return bench


def test_a_thousand_edits_of_other_nodes_objects_are_read_at_leisure(bench: Bench) -> None:
    for number in range(1000):
        bench.api.put(node_status_object(f"other-{number}", uid=f"uid-{number}", node="another"))
    before, begun = bench.api.reads, bench.clock.seconds
    bench.run(60)
    # Twenty at once, and five a second.
    assert 300 <= bench.api.reads - before <= 20 + 60 / 0.2 + 1
    # That costs the own object nothing.
    own = [write for write in bench.writes() if write.time >= begun - 1]
    assert len(own) >= 60
    assert max(later.time - earlier.time for earlier, later in pairwise(own)) <= 1.2
    # Its own edits are read before all those.
    bench.api.edit(spec={"classes": ["BGP"]})
    bench.run(1.3)
    assert bench.api.status().keys() == {"bgp", "lastUpdated"}
    bench.run(200)
    assert bench.api.reads - before == 1000 + 1
    assert {*bench.reporter._tasks} == {"a"}
    assert bench.log == []


def test_hundreds_of_edits_of_one_object_are_few_reads(bench: Bench) -> None:
    before = bench.api.reads
    for number in range(300):
        bench.api.edit(spec={"classes": [["Agent"], ["BGP"]][number % 2]})
        bench.run(0.02)
    bench.run(2)
    assert bench.api.status().keys() == {"bgp", "lastUpdated"}
    assert bench.api.reads - before <= 20 + 8 / 0.2


def test_an_object_that_is_new_or_comes_from_another_node_is_served(bench: Bench) -> None:
    bench.api.put(node_status_object("b", uid="b", node="another"))
    bench.run(1)
    assert bench.writes("b") == []
    bench.api.edit("b", spec={"node": "n"})
    bench.run(1)
    assert bench.writes("b")
    bench.api.edit("b", spec={"node": "another"})
    bench.run(1)
    moved = bench.clock.seconds
    bench.run(30)
    assert bench.writes("b")[-1].time <= moved


def test_an_edit_that_cannot_be_read_is_read_later(bench: Bench) -> None:
    refused = 0

    def refuse(verb: str, name: str) -> None:
        nonlocal refused
        if (verb, name) == ("get", "b"):
            refused += 1
            raise ApiError(500, f"cannot read {name}")

    bench.api.before = refuse
    bench.api.put(node_status_object("b", uid="b"))
    bench.run(120)
    # Backed off: half a second to half a minute.
    assert 5 <= refused <= 10
    assert [line.getMessage() for line in bench.log] == ["cannot read b"]
    bench.api.before = lambda verb, name: None  # noqa: ARG005
    bench.run(31)
    assert bench.writes("b")
    assert bench.log[-1].getMessage() == "edited objects are read again"


def test_an_object_that_is_gone_before_it_is_read_is_forgotten(bench: Bench) -> None:
    bench.api.before = lambda verb, name: bench.api.objects.pop(name) if verb == "get" else None  # type: ignore[assignment]
    bench.api.edit(spec={"classes": ["BGP"]})
    bench.run(5)
    assert bench.metric("birdstatus_objects") == 0
    bench.api.before = lambda verb, name: None  # noqa: ARG005
    before = bench.api.reads
    bench.api.put(node_status_object("b", uid="b"))
    bench.api.delete("b")
    bench.run(5)
    assert bench.api.reads == before
    assert bench.log == []


def test_what_is_listed_anew_is_not_read_once_more(bench: Bench) -> None:
    for number in range(100):
        bench.api.put(node_status_object(f"other-{number}", uid=f"uid-{number}", node="another"))
    bench.run(0)
    before = bench.api.reads
    bench.list()
    bench.run(30)
    assert bench.api.reads == before


def test_a_fault_in_reading_an_edit_is_survived(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr("reporter.agent.controller.read", faulty)
        bench.api.edit(spec={"classes": ["BGP"]})
        bench.run(60)
    assert 3 <= bench.metric("birdstatus_internal_errors_total") <= 9
    bench.run(31)
    assert bench.api.status().keys() == {"bgp", "lastUpdated"}
