"""Answers to nodes: which belong together, which counts, and what is said of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from birdstatus import parse_answers
from birdstatus.nodes import Node, Part, nodes_of, with_families
from birdstatus.parse import Command

if TYPE_CHECKING:
    from birdstatus.projection import Family

GREETING = "BIRD 1.6.8 ready.\n"
HEADING = "name     proto    table    state  since       info\n"


def status(
    router: str = "10.0.0.1", version: str = "1.6.8", reboot: str = "2024-12-01 10:00:00"
) -> str:
    return (
        f"{GREETING}BIRD {version}\nRouter ID is {router}\nCurrent server time is 2024-12-03 07:25:01\n"
        f"Last reboot on {reboot}\nLast reconfiguration on {reboot}\nDaemon is up and running\n"
    )


def protocols(*rows: str) -> str:
    kernel = "kernel1  Kernel   master   up     11:02:31\n"
    return GREETING + HEADING + kernel + "".join(f"{row}\n" for row in rows)


def session(address: str, state: str = "Established", since: str = "11:02:33") -> str:
    return f"Mesh_{address.replace('.', '_').replace(':', '_')} BGP      master   up     {since}    {state}"


def routes(*prefixes: str) -> str:
    return GREETING + "".join(
        f"{prefix:<18} dev eth0 [direct1 11:02:31] * (240)\n" for prefix in prefixes
    )


def parts(*texts: str, family: Family | None = None, told: list[str] | None = None) -> list[Part]:
    found = [
        Part(f"{place}.txt", answer)
        for place, text in enumerate(texts, 1)
        for answer in parse_answers(text)
    ]
    said: list[str] = [] if told is None else told
    return with_families(found, family, said.append)


def sources(nodes: list[Node]) -> list[list[str]]:
    return [node.sources for node in nodes]


def test_answers_that_contradict_nothing_are_one_node_s() -> None:
    (node,) = nodes_of(parts(status(), protocols(session("10.0.0.2")), routes("10.1.0.0/16")))
    assert node.sources == ["1.txt", "2.txt", "3.txt"]
    assert node.router_id == "10.0.0.1"
    assert node.commands() == set(Command)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (status("10.0.0.1"), status("10.0.0.2")),
        (status(), status(version="1.6.7")),
        (status(), status(reboot="2024-11-01 10:00:00")),
        (protocols(session("10.0.0.2")), protocols(session("10.0.0.2", "Active"))),
        (protocols(session("10.0.0.2")), protocols(session("10.0.0.3"))),
        (protocols(session("10.0.0.2")), protocols(session("10.0.0.2", since="12:00:00"))),
        (routes("10.1.0.0/16"), routes("10.2.0.0/16")),
    ],
)
def test_another_file_that_says_otherwise_is_another_node_s(first: str, second: str) -> None:
    read = parts(first, second, family=4)
    assert sources(nodes_of(read)) == [["1.txt"], ["2.txt"]]
    assert len(nodes_of(read, merge=True)) == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (protocols(session("10.0.0.2")), protocols(session("10.0.0.2"), session("10.0.0.3"))),
        (routes("10.1.0.0/16"), routes("10.1.0.0/16", "10.2.0.0/16")),
        (status(), status(reboot="2024-12-01 10:00:01")),
        (routes("10.1.0.0/16"), f"bird> show route filtered\n{routes('10.9.0.0/16')}"),
    ],
)
def test_what_says_less_is_the_same_node_s(first: str, second: str) -> None:
    read = parts(first, second, family=4)
    assert len(nodes_of(read)) == 1
    assert len(nodes_of(read, split=True)) == 2


def test_no_answer_is_no_node() -> None:
    assert nodes_of([]) == nodes_of([], merge=True) == nodes_of([], split=True) == []


def test_two_nodes_in_a_file() -> None:
    text = (
        status("10.0.0.1")
        + protocols(session("10.0.0.2"))
        + status("10.0.0.2")
        + protocols(session("10.0.0.1"))
    )
    found = nodes_of(parts(text))
    assert [node.router_id for node in found] == ["10.0.0.1", "10.0.0.2"]
    assert [len(node.parts) for node in found] == [2, 2]


def test_one_session_asks_before_it_is_known_whom() -> None:
    text = (
        "user@host:~$ ssh n1 birdc show status\n" + status("10.0.0.1")
        + "user@host:~$ ssh n2 birdc\nbird> show protocols\n" + HEADING + session("10.0.0.1") + "\n"
        + "bird> show status\n" + status("10.0.0.2").removeprefix(GREETING)
    )  # fmt: skip
    found = nodes_of(
        with_families([Part("x", answer) for answer in parse_answers(text, [])], 4, print)
    )
    assert [[part.answer.command for part in node.parts] for node in found] == [
        [Command.STATUS],
        [Command.PROTOCOLS, Command.STATUS],
    ]


def named(*texts: tuple[str, str]) -> list[Part]:
    found = [Part(name, answer) for name, text in texts for answer in parse_answers(text)]
    return with_families(found, 4, lambda _: None)


def test_a_file_goes_with_the_one_whose_name_is_likest() -> None:
    read = named(
        ("a/status", status("10.0.0.1")),
        ("b/status", status("10.0.0.2")),
        ("a/routes", routes("10.1.0.0/16")),
        ("b/routes", routes("10.2.0.0/16")),
    )
    assert sources(nodes_of(read)) == [["a/status", "a/routes"], ["b/status", "b/routes"]]


def test_a_file_that_fits_several_equally_well_is_a_node_of_its_own() -> None:
    read = named(("a", status("10.0.0.1")), ("b", status("10.0.0.2")), ("c", routes("10.1.0.0/16")))
    assert sources(nodes_of(read)) == [["a"], ["b"], ["c"]]


@pytest.mark.parametrize(
    ("texts", "families"),
    [
        # As its own addresses say; as what stands beside it; as the prompt.
        ([protocols(session("10.0.0.2")), protocols(session("fd00::2"))], [4, 6]),
        ([status(), protocols(session("fd00::2"))], [6, 6]),
        ([f"birdc6> show status\n{status().removeprefix(GREETING)}"], [6]),
        ([status() + status(reboot="2024-11-01") + routes("fd00::/48")], [6, 6, 6]),
        ([status() + routes("10.0.0.0/8") + status() + routes("fd00::/48")], [4, 4, 6, 6]),
    ],
)
def test_families(texts: list[str], families: list[int]) -> None:
    told: list[str] = []
    assert [part.family for part in parts(*texts, told=told)] == families
    assert told == []


def test_a_family_that_nothing_tells_is_told() -> None:
    told: list[str] = []
    (part,) = parts(status(), told=told)
    assert part.family == 4
    assert "--family 6 says otherwise" in told[0]
    (part,) = parts(status(), family=6, told=told)
    assert (part.family, len(told)) == (6, 1)


def test_an_answer_of_both_families_is_two() -> None:
    both = status(version="2.0.12").replace("Router", "Hostname is node-1\nRouter")
    assert [part.family for part in parts(both)] == [4, 6]
    rows = (
        "Table master4:\n10.0.0.0/8 unicast [k 1] * (10)\n\tdev e\n"
        "Table master6:\nfd00::/48 unicast [k 1] * (10)\n\tdev e\n"
    )
    found = parts(GREETING + rows)
    assert [[record.prefix for record in part.answer.records] for part in found] == [  # type: ignore[union-attr]
        ["10.0.0.0/8"],
        ["fd00::/48"],
    ]


def used(text: str) -> tuple[list[Any], list[str]]:
    told: list[str] = []
    (node,) = nodes_of(parts(text, family=4))
    return node.used(told.append), told


def test_the_later_status_counts() -> None:
    answers, told = used(status() + status())
    assert len(answers) == 1
    assert told == ["1.txt line 2: superseded by the `show status` of 1.txt line 9"]


def test_the_table_in_use_counts() -> None:
    text = "".join(
        f"bird> {command}\n{prefix:<18} dev eth0 [direct1 11:02:31] * (240)\n"
        for command, prefix in (
            ("show route table other", "10.1.0.0/16"),
            ("show route", "10.2.0.0/16"),
            ("show route filtered", "10.3.0.0/16"),
            ("show route for 10.4.0.1", "10.4.0.0/16"),
            ("show route", "10.5.0.0/16"),
        )
    )
    (answer,), told = used(text)
    assert [record.prefix for record in answer.answer.records] == ["10.5.0.0/16"]
    assert [line.split(": ", 1)[1] for line in told] == [
        "not published: `show route filtered` does not show the table in use",
        "not published: `show route table other` beside `show route`",
        "not published: `show route for 10.4.0.1` beside `show route`",
        "superseded by the `show route` of 1.txt line 10",
    ]


def test_answers_about_parts_of_the_table_add_up() -> None:
    text = "".join(
        f"bird> show route for {prefix}\n{prefix}/32        dev {device} [direct1 11:02:31] * (240)\n"
        for prefix, device in (("10.1.0.1", "eth0"), ("10.2.0.1", "eth0"), ("10.1.0.1", "eth1"))
    )
    (answer,), told = used(text)
    assert sorted(
        (record.prefix, record.next_hops[0].interface) for record in answer.answer.records
    ) == [
        ("10.1.0.1/32", "eth1"),
        ("10.2.0.1/32", "eth0"),
    ]
    assert told == []


def test_only_what_is_not_in_use() -> None:
    answers, told = used(
        "bird> show route filtered\n10.1.0.0/16        dev eth0 [direct1 11:02:31] * (240)\n"
    )
    assert answers == []
    assert len(told) == 1


def test_a_report_of_a_family() -> None:
    (node,) = nodes_of(parts(protocols(session("10.0.0.2"))))
    report = node.report(4, Command.PROTOCOLS)
    assert report is not None
    assert report.protocols is not None
    assert len(report.protocols) == 2
    assert node.report(6, Command.PROTOCOLS) is None
    assert node.report(4, Command.ROUTES) is None
    assert node.whole_report(4) == report
    assert node.whole_report(6) is None


def test_a_count_replaces_no_table() -> None:
    text = (
        "1007-Table master4:\n 10.0.0.0/8           unicast [k 1] * (10)\n \tdev e\n0000 \n"
        "1007-1 of 1 routes for 1 networks in table master4\n"
        "0014 Total: 1 of 1 routes for 1 networks in 1 tables\n"
    )
    told: list[str] = []
    read = parts(text, told=told)
    assert {part.family for part in read} == {4}
    (node,) = nodes_of(read)
    (answer,) = node.used(told.append)
    assert [record.prefix for record in answer.answer.records] == ["10.0.0.0/8"]  # type: ignore[union-attr]
    assert told == []


HEADING_2 = "Name       Proto      Table      State  Since         Info\n"


def test_a_session_is_of_the_family_that_another_answer_says() -> None:
    row = "uplink     BGP        ---        up     13:30:21.401  Established\n"
    details = "  BGP state:          Established\n    Neighbor address: fd00::2\n"
    told: list[str] = []
    read = parts(f"{GREETING}{HEADING_2}{row}{GREETING}{HEADING_2}{row}{details}", told=told)
    assert [part.family for part in read] == [6, 6]
    assert told == []


def test_both_families_of_a_daemon_without_sessions() -> None:
    told: list[str] = []
    read = parts(
        f"{GREETING}{HEADING_2}device1    Device     ---        up     13:30:20.419\n", told=told
    )
    assert [part.family for part in read] == [4, 6]
    assert told == []


@pytest.mark.parametrize("greeting", ["", GREETING])
@pytest.mark.parametrize("between", ["", "\tpreference: 10\n"])
def test_the_heading_of_a_table_for_a_second_time_begins_an_answer(
    greeting: str, between: str
) -> None:
    table = "Table master4:\n10.0.0.0/8           unicast [k 1] * (10)\n\tdev e\n"
    other = table.replace("master4", "master6").replace("10.0.0.0/8  ", "fd00::/48   ")
    answers = parse_answers(greeting + table + "\n" + other + "\n" + table + between + "\n" + other)
    assert [len(answer.records) for answer in answers] == [2, 2]
    assert [answer.begun.line for answer in answers] == [
        1 + greeting.count("\n"),
        9 + greeting.count("\n"),
    ]


def test_blanks_behind_every_line() -> None:
    text = "".join(f"{line}   \t\n" for line in status().splitlines())
    (answer,) = parse_answers(text)
    assert answer.records == parse_answers(status())[0].records
