"""The pure parts: what is written, and when."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from json_patch import TestFailed, patched
from reporter.status.json_patch import json_patch
from reporter.status.patch import (
    merge_body,
    merge_patch,
    seconds_between,
    steady_times,
    write_body,
)

leaves = st.integers() | st.text(max_size=3) | st.lists(st.integers(), max_size=3)
documents = st.dictionaries(
    st.sampled_from("abcd"),
    st.recursive(leaves, lambda inner: st.dictionaries(st.sampled_from("xyz"), inner, max_size=3)),
    max_size=4,
)


def _merged(target: Any, patch: Any) -> Any:
    """RFC 7386, section 2, as it stands there."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = _merged(result.get(name), value)
    return result


@given(documents, documents)
def test_the_patch_leads_from_old_to_new(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert _merged(old, merge_patch(old, new)) == new


@given(documents)
def test_nothing_changed_is_an_empty_patch(document: dict[str, Any]) -> None:
    assert merge_patch(document, json.loads(json.dumps(document))) == {}


NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("last", "seconds"),
    [
        ("2026-01-01T00:00:00Z", 0.0),
        ("2025-12-31T23:59:30Z", 30.0),
        ("2026-01-01T00:00:01Z", None),  # another clock wrote it, or this one was set back
        ("2026-01-01T00:00:00", None),
        (None, None),
        (12, None),
        ("nonsense", None),
    ],
)
def test_how_long_ago_a_status_was_written(last: object, seconds: float | None) -> None:
    assert seconds_between(last, NOW) == seconds


rows = st.lists(
    st.sampled_from("abcdef").map(lambda name: {"name": name, "to": {"peer": name}}), max_size=9
)
fields = st.dictionaries(
    st.sampled_from(["a", "b~", "c/"]), rows | st.integers() | st.booleans(), max_size=3
)
statuses = st.dictionaries(st.sampled_from(["bgp", "routes"]), fields, max_size=2)


@given(statuses, statuses)
def test_the_operations_lead_from_old_to_new(old: dict[str, Any], new: dict[str, Any]) -> None:
    found = patched({"status": old}, list(json_patch(old, new, "/status")))
    assert json.dumps(found["status"], sort_keys=True) == json.dumps(new, sort_keys=True)


@given(statuses, statuses)
def test_a_body_of_either_kind_leads_there_if_the_version_is_the_same(
    old: dict[str, Any], new: dict[str, Any]
) -> None:
    document = {"metadata": {"resourceVersion": "7"}, "status": old}
    body = write_body("7", old, new)
    changes = json.loads(body.data)
    assert len(body.data) <= len(merge_body("7", merge_patch(old, new)).data)
    if body.is_json_patch:
        assert patched(document, changes)["status"] == new
        with pytest.raises(TestFailed):
            patched({**document, "metadata": {"resourceVersion": "8"}}, changes)
    else:
        assert _merged(document, changes)["status"] == new
        assert changes["metadata"] == {"resourceVersion": "7"}


def _table(count: int) -> list[dict[str, Any]]:
    return [
        {
            "destination": f"10.{i // 256}.{i % 256}.0/24",
            "gateway": f"172.18.0.{i % 250}",
            "interface": "eth0",
            "learnedFrom": {"peerIP": f"172.18.0.{i % 250}", "sourceType": "NodeMesh"},
            "type": "FIB",
        }
        for i in range(count)
    ]


@pytest.mark.parametrize("change", ["changed", "gone", "new", "moved", "half of them"])
def test_rows_of_many_cost_what_changed(change: str) -> None:
    old, new = _table(5000), _table(5000)
    if change == "changed":
        new[2500]["gateway"] = "172.18.1.1"
    elif change == "gone":
        del new[2500]
    elif change == "new":
        new.insert(2500, {**new[2500], "gateway": "172.18.1.1"})
    elif change == "moved":
        new.append(new.pop(2500))
    else:
        for row in new[::2]:
            row["gateway"], row["interface"] = "N/A", "blackhole"
    before, after = {"routes": {"routesV4": old}}, {"routes": {"routesV4": new}, "lastUpdated": "x"}
    body = write_body("7", before, after)
    if change == "half of them":
        # Each change with its place is as long as two rows: then it is the list.
        assert len(body.data) <= len(json.dumps(new)) + 200
    else:
        assert body.is_json_patch
        assert len(body.data) < 600
        document = {"metadata": {"resourceVersion": "7"}, "status": before}
        assert patched(document, json.loads(body.data))["status"] == after


def test_a_time_alone_is_the_smallest_of_merge_patches() -> None:
    body = write_body("7", {"agent": {}, "lastUpdated": "x"}, {"agent": {}, "lastUpdated": "y"})
    assert not body.is_json_patch
    assert json.loads(body.data) == {
        "metadata": {"resourceVersion": "7"}, "status": {"lastUpdated": "y"}
    }  # fmt: skip


@pytest.mark.parametrize("odd", [None, "text", [None], [3], [{}], [{"peerIP": {}}], {"peerIP": 1}])
def test_whatever_stands_in_the_object_does_not_hurt(odd: object) -> None:
    new = {"bgp": {"peersV4": [{"peerIP": "10.0.0.2", "since": "x", "state": "Idle"}]}}
    for old in (odd, {"peersV4": odd}, {"peersV4": [odd]}):
        assert steady_times({"bgp": old}, new) == new


def test_a_time_that_only_bird_s_clock_moved_stays() -> None:
    def status(
        second: int, state: str = "Established", address: str = "10.0.0.2"
    ) -> dict[str, Any]:
        return {
            "agent": {"birdV4": {"state": "Ready", "lastBootTime": f"2026-11-22 18:44:0{second}"}},
            "bgp": {
                "numberEstablishedV4": 1,
                "peersV4": [{"peerIP": address, "since": f"18:44:0{second}", "state": state}],
            },
            "routes": {"routesV4": [{"destination": "10.0.0.0/8"}]},
        }

    assert steady_times(status(3), status(4)) == status(3)
    assert steady_times(status(3), status(5)) == status(5)
    assert steady_times({}, status(4)) == status(4)
    moved = steady_times(status(3), status(4, "Active"))
    assert moved["bgp"]["peersV4"] == status(4, "Active")["bgp"]["peersV4"]
    other = steady_times(status(3), status(4, address="10.0.0.3"))
    assert other["bgp"]["peersV4"] == status(4, address="10.0.0.3")["bgp"]["peersV4"]
