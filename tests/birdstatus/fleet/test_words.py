"""Every word of a check is explained."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest

from birdstatus.fleet.words import Kind, PairVerdict, RouteVerdict, SideVerdict

PAGE = (Path(__file__).parents[3] / "docs" / "fleet-findings.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def test_every_kind_of_finding_has_its_section() -> None:
    titles = [
        line.removeprefix("### ").strip("`")
        for line in PAGE.splitlines()
        if line.startswith("### ")
    ]
    assert sorted(titles) == sorted(get_args(Kind))


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Verdicts on a session", PairVerdict),
        ("Verdicts on one end", SideVerdict),
        ("Verdicts on a route", RouteVerdict),
    ],
)
def test_every_verdict_is_in_its_table(title: str, words: Any) -> None:
    table = section(title)
    assert [word for word in get_args(words) if f"`{word}`" not in table] == []
