"""One status delivered: which kind of patch, and what a refusal of it means."""

from typing import Any

import pytest

from reporter.agent.delivery import GUARDED_AFTER, Delivered, Order, deliver
from reporter.kube.api import ApiError
from reporter.kube.resource import NodeStatusObject
from reporter_bench import RESOURCE, FakeApi, node_status_object

ROWS = [{"destination": f"10.0.{i}.0/24", "gateway": "N/A"} for i in range(50)]
NEW = {"routes": {"routesV4": [*ROWS[:20], *ROWS[21:]]}}


@pytest.fixture
def api() -> FakeApi:
    api = FakeApi()
    api.put({**node_status_object(), "status": {"routes": {"routesV4": ROWS}}})
    return api


def _deliver(api: FakeApi, **order: Any) -> Delivered:
    known = NodeStatusObject.from_document(api.objects["a"])
    api.tries = api.reads = 0
    seconds = iter(range(1000))
    return deliver(
        api, Order(RESOURCE, known, NEW, **order), seconds=5, clock=lambda: next(seconds)
    )


def _kinds(api: FakeApi) -> list[str]:
    """Notes the kinds of patches that are tried."""
    kinds: list[str] = []
    api.before = lambda verb, name: kinds.append(verb)  # noqa: ARG005
    return kinds


def test_rows_are_a_json_patch(api: FakeApi) -> None:
    kinds = _kinds(api)
    done = _deliver(api)
    assert (kinds, done.is_written, done.takes_json_patch) == (["replace"], True, True)
    assert api.status() == NEW
    assert done.bytes_written < 200


@pytest.mark.parametrize("status", [400, 415])
def test_a_server_that_takes_no_json_patch_gets_the_other(api: FakeApi, status: int) -> None:
    kinds = _kinds(api)

    def refuse(verb: str, name: str) -> None:
        kinds.append(verb)
        if verb == "replace":
            raise ApiError(status, f"{name}: no such patch")

    api.before = refuse
    done = _deliver(api)
    assert (kinds, done.is_written, done.takes_json_patch) == (["replace", "patch"], True, False)
    # It is remembered.
    kinds.clear()
    api.edit(status={"routes": {"routesV4": ROWS}})
    assert _deliver(api, takes_json_patch=False).is_written
    assert kinds == ["patch"]


def test_a_json_patch_that_is_refused_for_what_it_is(api: FakeApi) -> None:
    """The object is as it was, so no test failed: the merge patch is tried, and its refusal is told."""

    def refuse(verb: str, name: str) -> None:
        if verb in {"replace", "patch"}:
            raise ApiError(422, f"{name}: {verb} refused")

    api.before = refuse
    done = _deliver(api)
    assert done.error is not None
    assert done.error.message == "a: patch refused"
    assert (api.tries, api.reads, done.conflicts) == (2, 1, 0)


def test_an_object_that_changes_before_each_try_is_written_all_the_same(api: FakeApi) -> None:
    def edit(verb: str, name: str) -> None:
        if verb in {"replace", "patch"}:
            api.edit(name, metadata={"labels": {"tries": str(api.tries)}})

    api.before = edit
    done = _deliver(api)
    assert done.is_written
    assert done.is_guarded
    assert done.conflicts == GUARDED_AFTER


def test_an_object_that_is_gone_when_it_is_read_again(api: FakeApi) -> None:
    def vanish(verb: str, name: str) -> None:
        if verb == "replace":
            api.edit(name, metadata={"labels": {"x": "y"}})
        if verb == "get":
            api.delete(name)

    api.before = vanish
    done = _deliver(api)
    assert done.object is None
    assert done.error is None


def test_an_object_that_cannot_be_read_again(api: FakeApi) -> None:
    def refuse(verb: str, name: str) -> None:
        raise ApiError(422 if verb == "replace" else 500, name)

    api.before = refuse
    done = _deliver(api)
    assert done.error is not None
    assert done.error.status == 500
