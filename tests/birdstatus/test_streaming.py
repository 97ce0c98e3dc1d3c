"""Records as lines of JSON: as they are read, and the same as in one document."""

from __future__ import annotations

import json
from typing import Any

import pytest
from recordings import RECORDINGS

from birdstatus.cli import main
from birdstatus.cli.streaming import record_lines

FILES = [one.path for one in RECORDINGS if one.path.parts[-3] in {"1.6.8", "3.4.0"}]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_lines_hold_the_records_of_the_document(path: Any, capfd: Any) -> None:
    codes = []
    outputs = []
    for form in ("json", "jsonl"):
        codes.append(main(["parse", "--records", "-o", form, str(path)]))
        outputs.append(capfd.readouterr().out)
    document, lines = json.loads(outputs[0] or "[]"), outputs[1].splitlines()
    assert codes[0] == codes[1] or not lines
    assert [json.loads(line)["record"] for line in lines] == [
        record for answer in document for record in answer["records"]
    ]


def test_each_line_names_its_command_and_family() -> None:
    text = b"1007-10.0.0.0/8 dev e [k 1] * (10)\n"
    text += b" fd00::/8 dev e [k 1] * (10)\n 1:2 10.0.0.0/8 unicast [k 1] * (10)\n0000 \n"
    found = [json.loads(line) for line in "".join(record_lines([text], [])).splitlines()]
    assert [one["family"] for one in found] == [4, 6, None]
    assert {one["command"] for one in found} == {"show route"}


def test_a_file_that_is_not_there(capfd: Any) -> None:
    assert main(["parse", "--records", "-o", "jsonl", "/nonexistent"]) == 1
    assert "No such file or directory" in capfd.readouterr().err


def test_a_reader_that_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("birdstatus.cli.parse.write", lambda *_, **__: 141)
    assert main(["parse", "--records", "-o", "jsonl", str(FILES[0])]) == 141
