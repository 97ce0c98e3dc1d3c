"""Tables that are too large to be held: what is printed of them is what is printed of small ones."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from recordings import FIXTURES
from strategies import print_routes, route_entries

from birdstatus.cli import inputs, large, main, sorting
from birdstatus.cli.output import as_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MESH = FIXTURES / "1.6.8" / "mesh-v4"
NEVER = 1 << 60


@pytest.fixture(autouse=True)
def small_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sorting, "MOST_HELD", 3)
    monkeypatch.setattr(sorting, "MOST_FILES", 4)
    monkeypatch.setattr(large, "_AT_ONCE", 2)
    monkeypatch.setattr(inputs, "CHUNK", 600)


def printed(path: Path, form: str, bound: int, capfd: Any) -> tuple[int, str, str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(large, "LARGE", bound)
        code = main(["parse", "-o", form, str(path)])
    return (code, *capfd.readouterr())


def assert_same(path: Path, capfd: Any) -> str:
    for form in ("json", "yaml"):
        whole = printed(path, form, NEVER, capfd)
        assert printed(path, form, 0, capfd) == whole
    return str(whole[1])


TWO = b"""1007-10.0.0.0/8         via 10.0.0.1 on eth0 [Mesh_10_0_0_1 11:02:31] * (100) [i]
                    via 10.0.0.2 on eth0 [Mesh_10_0_0_2 11:02:31] (100) [i]
 fd00::/48          via fe80::1 on eth0 [Mesh_fd00__1 11:02:31] * (100) [i]
 9.0.0.0/8          multipath [kernel1 11:02:31] ! (100) [i]
 \tvia 10.0.0.1 on eth0 weight 1
 \tvia 10.0.0.2 on eth1 weight 1
0000 \n"""


@pytest.mark.parametrize(
    "text",
    [
        TWO,
        TWO[:-6],
        TWO.replace(b"kernel1 11", b"kernel1 <too-long>"),
        TWO + b"1007-11.0.0.0/8 dev eth0 [kernel1 1] * (10)\n0000 \n",
        TWO + b"2002-name     proto    table    state  since       info\n0000 \n",
        b"1007-10.0.0.0/8 ??? [k 1] * (10)\n 11.0.0.0/8 dev eth0 [kernel1 1] * (10)\n0000 \n",
        b"1007-999.0.0.0/8 dev eth0 [kernel1 1] * (10)\n0000 \n",
        b"1007-Table other:\n 10.0.0.0/8 unicast [k 1] * (10)\n \tdev eth0\n0000 \n",
        b"7 of 7 routes for 7 networks in table master4\nTotal: 7 of 7 routes for 7 networks in 1 tables\n",
        b"hello\n",
        b"",
    ],
)
def test_texts(text: bytes, tmp_path: Path, capfd: Any) -> None:
    path = tmp_path / "routes"
    path.write_bytes(text)
    assert_same(path, capfd)


@pytest.mark.parametrize(
    "name", ["show_route.raw", "birdc_show_route.txt", "show_protocols_all.raw"]
)
def test_recordings(name: str, capfd: Any) -> None:
    assert assert_same(MESH / name, capfd)


@given(st.lists(route_entries(4) | route_entries(6), min_size=1, max_size=12))
@settings(max_examples=25)
def test_sorted_on_disk_or_in_memory(entries: list[Any]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        stdout = [io.StringIO(), io.StringIO()]
        for bound, out in zip((NEVER, 0), stdout, strict=True):
            patch.setattr(large, "LARGE", bound)
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(print_routes(entries))))
            patch.setattr(sys, "stdout", out)
            main(["parse", "-o", "json"])
    assert stdout[0].getvalue() == stdout[1].getvalue()


def test_no_room_for_the_files(monkeypatch: pytest.MonkeyPatch, capfd: Any) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sorting, "_file_of", full)
    code, out, err = printed(MESH / "show_route.raw", "json", 0, capfd)
    assert (code, out) == (1, "")
    assert "No space left on device: so large a table is sorted in temporary files" in err


def test_an_input_that_ends_in_an_error(monkeypatch: pytest.MonkeyPatch, capfd: Any) -> None:
    def chunks() -> Iterator[bytes]:
        yield TWO
        raise inputs.InputError("it is cut short")

    source = inputs.Input("x", chunks)
    monkeypatch.setattr("birdstatus.cli.parse.inputs_of", lambda _: iter((source,)))
    for bound in (0, NEVER):
        code, out, err = printed(MESH, "json", bound, capfd)
        assert (code, out, err) == (1, "", "birdstatus: it is cut short\n")


def test_a_reader_that_goes_away(monkeypatch: pytest.MonkeyPatch, capfd: Any) -> None:
    monkeypatch.setattr("birdstatus.cli.parse.write", lambda *_, **__: 141)
    assert printed(MESH / "show_route.raw", "json", 0, capfd)[0] == 141


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.text("abc_:", min_size=1), inner, max_size=3)
        ),
        max_leaves=8,
    ).filter(lambda value: isinstance(value, dict | list))
)
def test_yaml_says_what_was_given(value: Any) -> None:
    text = as_yaml(value)
    assert text.isascii()
    assert yaml.safe_load(text) == value
