"""Objects from files: whatever the form and the fault, what can be read comes, and the rest is said."""

import io
import json
import random
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from reporter.fleet.files import NoInputError, objects_in

STATUS: dict[str, Any] = {
    "apiVersion": "projectcalico.org/v3",
    "kind": "CalicoNodeStatus",
    "metadata": {"name": "a", "annotations": {"text": "|\n- b\n---\nitems:\n"}},
    "spec": {"node": "a", "updatePeriodSeconds": 10},
    "status": {"bgp": {"peersV4": [{"since": "20:10:57", "state": "Established"}]}},
}
PEER: dict[str, Any] = {
    "apiVersion": "projectcalico.org/v3",
    "kind": "BGPPeer",
    "metadata": {"name": "é\u202e"},
    "spec": {"asNumber": 64512, "node": None, "x": True, "y": -1.5},
}
LIST = {"apiVersion": "v1", "items": [STATUS, PEER], "kind": "List"}


def _read(path: Path) -> tuple[list[dict[str, Any]], list[str]]:
    notes: list[str] = []
    return list(objects_in([path], notes.append)), notes


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


FORMS = {
    "indented JSON": json.dumps(LIST, indent=4),
    "JSON in one line": _compact(LIST),
    "JSON objects in a row": f"{_compact(STATUS)}\n{_compact(PEER)}\n",
    "a JSON array": _compact([STATUS, PEER]),
    "YAML": yaml.safe_dump(LIST),
    "YAML in flow style": yaml.safe_dump(LIST, default_flow_style=True),
    "YAML documents": yaml.safe_dump_all([STATUS, PEER], explicit_start=True),
    "a YAML list after a document": yaml.safe_dump_all([STATUS, {**LIST, "items": [PEER]}]),
    "indented YAML": "items:\n" + "".join(
        "  - " + yaml.safe_dump(item, allow_unicode=True).replace("\n", "\n    ").rstrip() + "\n"
        for item in (STATUS, PEER)
    ) + "kind: List\n",
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_form_is_the_same_objects(form: str, encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "objects"
    path.write_text(FORMS[form], encoding=encoding)
    assert _read(path) == ([STATUS, PEER], [])
    path.write_text(FORMS[form].replace("\n", "\r\n"), encoding=encoding)
    assert _read(path) == ([STATUS, PEER], [])


@pytest.mark.parametrize("form", ["JSON", "YAML"])
def test_items_of_a_typed_list_are_of_its_kind(form: str, tmp_path: Path) -> None:
    items = [{"metadata": {"name": "a"}}, {"metadata": {"name": "b"}, "kind": "Other"}]
    typed = {"apiVersion": "projectcalico.org/v3", "kind": "BGPPeerList", "items": items}
    path = tmp_path / "objects"
    path.write_text(json.dumps(typed) if form == "JSON" else yaml.safe_dump(typed, sort_keys=False))
    (first, second), notes = _read(path)
    assert (first["kind"], first["apiVersion"]) == ("BGPPeer", "projectcalico.org/v3")
    assert (second["kind"], notes) == ("Other", [])


def test_scalars_are_those_of_kubectl(tmp_path: Path) -> None:
    path = tmp_path / "objects"
    path.write_text(
        "kind: A\nspec:\n  time: 20:10:57\n  stamp: 2026-01-01T00:00:00Z\n  octal: 010\n  word: yes\n"
        "  none: ~\n  empty:\n  quoted: '1'\n  on: on\n  float: 1e3\n  1: number\n  <<: {a: b}\n"
    )
    ((document,), notes) = _read(path)
    assert document["spec"] == {
        "time": "20:10:57", "stamp": "2026-01-01T00:00:00Z", "octal": 10, "word": "yes",
        "none": None, "empty": None, "quoted": "1", "on": "on", "float": 1000.0, "1": "number",
        "<<": {"a": "b"},
    }  # fmt: skip
    assert notes == []


BROKEN = {
    "cut JSON": (_compact(LIST)[:-40], 1, "not JSON"),
    "two values": ('{"kind": "A" "b": 1}', 0, "',' or '}' is expected"),
    "text behind": (f"{_compact(PEER)} x", 1, "text after the JSON"),
    "deep JSON": ("[" * 200_000, 0, "nested too deep"),
    "deep YAML": ("a: " + "[" * 200_000, 0, "line 1: nested too deep"),
    "deep blocks": ("- " * 200_000, 0, "nested too deep"),
    "a number without end": ('{"kind":"A","n":' + "1" * 5000 + "}", 0, "not JSON"),
    "bad YAML": ("kind: List\nitems:\n- kind: A\n- kind: [\n- kind: B\n", 1, "line 5: not YAML"),
    "a page": ("<html>", 0, "no Kubernetes object"),
    "an alias to itself": ("a: &a\n  b: *a\n", 0, "an alias to nothing that is whole"),
    "bytes": ("\0\1", 0, "not YAML"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_what_cannot_be_read_is_said(fault: str, tmp_path: Path) -> None:
    text, whole, said = BROKEN[fault]
    path = tmp_path / "objects"
    path.write_text(text)
    found, notes = _read(path)
    assert len(found) == whole
    (note,) = notes
    assert said in note
    assert note.startswith(f"{path}: ")


def test_an_alias_is_no_second_item(tmp_path: Path) -> None:
    path = tmp_path / "objects"
    path.write_text("items: [&a {kind: A, x: &x [1]}, *a, *a, {kind: B, x: *x}]\nkind: List\n")
    assert _read(path) == ([{"kind": "A", "x": [1]}, {"kind": "B", "x": [1]}], [])


def test_an_object_larger_than_any_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reporter.fleet.text_window.MAX_OBJECT", 4 << 20)
    monkeypatch.setattr("reporter.fleet.yaml_stream.MAX_OBJECT", 4 << 20)
    path = tmp_path / "objects"
    for text in ('{"kind": "' + "a" * (9 << 20), "kind: " + "a " * (9 << 19)):
        path.write_text(text)
        found, (note,) = _read(path)
        assert (found, "an object of more than" in note) == ([], True)


def _archive(mode: str, **members: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]
        for name, text in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return buffer.getvalue()


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz", "w:bz2"])
def test_archives_are_looked_through(mode: str, tmp_path: Path) -> None:
    path = tmp_path / "bundle"
    members = {
        "x/a.yaml": FORMS["YAML"],
        "../b.json": _compact(PEER),
        "log.txt": "x",
        "._a.json": "x",
    }
    path.write_bytes(_archive(mode, **members))
    found, notes = _read(path)
    assert found == [STATUS, PEER, PEER]
    assert notes == [f"{path}: 1 file is neither YAML, JSON nor an archive by name"]
    assert not (tmp_path.parent / "b.json").exists()


def test_an_archive_that_is_cut_gives_what_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "bundle.tgz"
    noise = random.Random(1).randbytes(100_000).hex()
    data = _archive("w:gz", **{"a.json": _compact(PEER), "b.json": f'{{"kind": "{noise}"}}'})
    path.write_bytes(data[: len(data) // 2])
    found, notes = _read(path)
    assert found == [PEER]
    assert any("not a whole archive" in note for note in notes)


def test_a_folder_is_read_with_all_below_it(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "a.yaml").write_text(FORMS["YAML"])
    (tmp_path / "b.tar").write_bytes(_archive("w", **{"c.json": _compact(PEER)}))
    (tmp_path / "notes.md").write_text("x")
    (tmp_path / ".hidden.yaml").write_text("x")
    found, notes = _read(tmp_path)
    assert found == [PEER, STATUS, PEER]
    assert notes == [f"{tmp_path}: 1 file is neither YAML, JSON nor an archive by name"]


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoInputError, match="No such file"):
        _read(tmp_path / "none\x1b[2J")


def test_standard_input_is_read(tmp_path: Path) -> None:
    program = "from pathlib import Path; from reporter.fleet.files import objects_in; "
    program += "print(sum(1 for _ in objects_in([Path('-')], print)))"
    for data in (FORMS["YAML"].encode(), _archive("w:gz", **{"a.yaml": FORMS["YAML"]})):
        done = subprocess.run(
            [sys.executable, "-c", program], input=data, capture_output=True, check=True
        )
        assert done.stdout == b"2\n"
    assert list(tmp_path.iterdir()) == []


@given(st.binary(max_size=200) | st.sampled_from(list(FORMS.values())).map(str.encode), st.data())
@example(b"\xff\xfe{", None)
@example(b"- \t- ", None)
def test_any_bytes_give_objects_or_a_note(tmp_path_factory: Any, data: bytes, draw: Any) -> None:
    if draw is not None and len(data) > 1:
        place = draw.draw(st.integers(0, len(data) - 1))
        data = data[:place] + draw.draw(st.binary(max_size=3)) + data[place + 1 :]
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(data)
    found, notes = _read(path)
    assert all(isinstance(document, dict) for document in found)
    assert all(note.isprintable() for note in notes)
