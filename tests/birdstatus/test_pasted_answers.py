"""Several answers in one paste: which of them counts, and what is said when none does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from birdstatus.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GREETING = "BIRD v0.3.3+birdv1.6.8 ready.\n"
HEADING = "name     proto    table    state  since       info\n"
KERNEL = "kernel1  Kernel   master   up     11:02:31    \n"


def _row(name: str, state: str = "Established") -> str:
    return f"{name} BGP      master   up     11:02:33    {state:<14}\n"


Parse: TypeAlias = "Callable[[str], tuple[int, Any, str]]"


@pytest.fixture
def parse(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Parse:
    def parse(text: str) -> tuple[int, Any, str]:
        path = tmp_path / "paste.txt"
        path.write_text(text)
        code = main(["parse", "-o", "json", str(path)])
        out, err = capfd.readouterr()
        return code, json.loads(out or "{}"), err.replace(f"{path}", "paste.txt")

    return parse


def _peers(output: Any) -> list[str]:
    return [peer["peerIP"] for peer in output["bgp"].get("peersV4", [])]


def test_a_list_replaces_another_of_other_sessions(parse: Parse) -> None:
    lists = [f"{HEADING}{KERNEL}{_row(f'Mesh_10_0_0_{n}')}" for n in (1, 2, 3)]
    _, output, said = parse(GREETING.join(["", *lists]))
    assert _peers(output) == ["10.0.0.3"]
    assert said.count("superseded by the `show protocols` of") == 3


def test_what_a_later_list_no_longer_has_is_gone(parse: Parse) -> None:
    before = f"{HEADING}{KERNEL}{_row('Mesh_10_0_0_1')}{_row('Mesh_10_0_0_2')}"
    after = f"{HEADING}{KERNEL}{_row('Mesh_10_0_0_2')}"
    _, output, said = parse(f"bird> show protocols\n{before}bird> show protocols\n{after}")
    assert _peers(output) == ["10.0.0.2"]
    assert "line 2: superseded by the `show protocols` of paste.txt line 7" in said


def test_answers_about_one_protocol_each_add_up(parse: Parse) -> None:
    answers = [
        f"bird> show protocols Mesh_10_0_0_{n}\n{HEADING}{_row(f'Mesh_10_0_0_{n}')}" for n in (1, 2)
    ]
    code, output, said = parse("".join(answers))
    assert (code, _peers(output), said) == (0, ["10.0.0.1", "10.0.0.2"], "")


def test_a_list_keeps_the_details_that_an_earlier_answer_has(parse: Parse) -> None:
    details = "  BGP state:          Established\n    Neighbor address: 10.0.0.7\n"
    one = f"bird> show protocols all uplink\n{HEADING}{_row('uplink')}{details}"
    _, output, _ = parse(f"{one}bird> show protocols\n{HEADING}{KERNEL}{_row('uplink')}")
    assert _peers(output) == ["10.0.0.7"]


@pytest.mark.parametrize("text", [GREETING, f"{GREETING}Access restricted\n"])
def test_a_greeting_and_nothing_else(parse: Parse, text: str) -> None:
    code, output, said = parse(text)
    assert (code, output) == (1, {})
    assert said == (
        "birdstatus: paste.txt: BIRD's greeting, and no answer to any of the three commands after it\n"
    )


def test_the_bracket_of_a_json_text_begins_no_answer(parse: Parse) -> None:
    text = json.dumps({"items": [{"kind": "CalicoNodeStatus", "spec": {"node": "n"}}]}, indent=2)
    code, output, said = parse(text)
    assert (code, output) == (1, {})
    assert said.startswith("paste.txt:1:1: this is a CalicoNodeStatus, not output of")


def test_an_answer_none_of_whose_rows_can_be_read_says_so_of_each(parse: Parse) -> None:
    code, _, said = parse(f"{HEADING}{_row('Mesh_10_0_0_1', '**Established**')}hello\n")
    assert code == 1
    assert [line.split(": ")[0] for line in said.splitlines()[:2]] == [
        "paste.txt:2:40",
        "paste.txt:3:1",
    ]


def test_the_prompt_that_people_write(parse: Parse) -> None:
    code, output, said = parse(
        f"birdcl> show protocols\n{HEADING}{_row('Mesh_10_0_0_1')}birdcl> \n"
    )
    assert (code, _peers(output), said) == (0, ["10.0.0.1"], "")


@pytest.mark.parametrize("indent", [6, 8])
def test_deep_text_that_is_not_bird_s_begins_no_answer(parse: Parse, indent: int) -> None:
    code, output, said = parse(
        "default via 10.0.0.1 dev eth0 proto dhcp\n" + " " * indent + "nexthop via 10.0.0.2\n"
    )
    assert (code, output) == (1, {})
    assert (
        said == "paste.txt:1:1: this is the output of `ip route`, " + said.split("`ip route`, ")[1]
    )


def test_counts_of_several_tables_are_no_routes(parse: Parse) -> None:
    counts = "0 of 0 routes for 0 networks in table master4\n7 of 7 routes for 7 networks in table other\n"
    _, output, _ = parse(
        f"bird> show route count\nBIRD v2.0.2 ready.\n{counts}Total: 7 of 7 routes for 7 networks in 2 tables\n"
    )
    assert not output.get("routes", {}).get("routesV4")


def test_a_version_with_a_letter_is_of_both_families_too(parse: Parse) -> None:
    status = (
        "BIRD v2.0.9-11-g207ac486\nRouter ID is 10.0.0.1\nHostname is rs43\n"
        "Current server time is 2022-06-07 08:28:16\nLast reboot on 2022-06-03 12:35:43\n"
        "Last reconfiguration on 2022-06-03 12:35:43\nDaemon is up and running\n"
    )
    _, output, _ = parse(status)
    assert output["agent"]["birdV4"] == output["agent"]["birdV6"]
