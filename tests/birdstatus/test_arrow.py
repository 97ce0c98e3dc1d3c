"""Routes as Arrow record batches: the values of the records, in batches of a bounded size."""

import pyarrow as pa
import pytest
from recordings import FIXTURES

from birdstatus import BirdParseError, parse_routes
from birdstatus.arrow import SCHEMA, route_batches

MULTIPATH = FIXTURES / "1.6.8" / "multipath-v4" / "show_route.raw"
ATTRIBUTES = FIXTURES / "1.6.8" / "attributes-v4" / "show_route_all.raw"


@pytest.mark.parametrize("path", [MULTIPATH, ATTRIBUTES], ids=lambda path: path.parent.name)
def test_every_route_is_there_in_order(path: object) -> None:
    reply = MULTIPATH.read_bytes() if path is MULTIPATH else ATTRIBUTES.read_bytes()
    expected = parse_routes(reply)
    rows = pa.Table.from_batches(route_batches(reply, rows=3), SCHEMA).to_pylist()
    assert [row["prefix"] for row in rows] == [route.prefix for route in expected]
    for row, route in zip(rows, expected, strict=True):
        assert [hop["gateway"] or "" for hop in row["next_hops"]] == [
            h.gateway for h in route.next_hops
        ]
        assert dict(row["attributes"]) == {one.name: one.text for one in route.attributes}
        assert (row["primary"], row["preference"]) == (route.primary, route.preference)
        assert row["metric"] == (route.metric if isinstance(route.metric, int) else None)


def test_batches_are_bounded() -> None:
    reply = MULTIPATH.read_bytes()
    sizes = [batch.num_rows for batch in route_batches(reply, rows=2)]
    assert sum(sizes) == len(parse_routes(reply))
    assert max(sizes) == 2


def test_what_cannot_be_read_is_raised_or_listed() -> None:
    with pytest.raises(BirdParseError):
        list(route_batches("1007-nothing\n0000 \n"))
    problems: list[BirdParseError] = []
    assert list(route_batches("1007-nothing\n0000 \n", problems)) == []
    assert len(problems) == 1
