"""A line that was lost, or is joined to another: what is left is right, or told."""

from __future__ import annotations

import pytest

from birdstatus import BirdParseError, parse_answers, parse_protocols, parse_routes
from birdstatus.nodes import Part, with_families

RAW_HOPS = (
    "1007-10.1.0.0/16        unicast [Mesh_10_66_0_12 13:30:21.401] * (100) [i]\n"
    " \tvia 10.66.0.12 on eth0\n \tvia 10.66.0.13 on eth0\n0000 \n"
)
STARRED = (
    "1007-10.1.0.0/16        via 10.66.0.12 on eth0 [Mesh_10_66_0_12 13:30:21] * (100) [i]\n"
    "                    via 10.66.0.13 on eth0 [Mesh_10_66_0_13 13:30:21]{} (100) [i]\n0000 \n"
)


@pytest.mark.parametrize("as_plain", [False, True])
def test_next_hops_of_two_routes_are_not_one_route_s(as_plain: bool) -> None:  # noqa: FBT001
    text = RAW_HOPS if not as_plain else RAW_HOPS[5:-6].replace("\n ", "\n")
    problems: list[BirdParseError] = []
    (route,) = parse_routes(text, problems)
    assert [hop.gateway for hop in route.next_hops] == ["10.66.0.12"]
    assert "of several each has a weight" in problems[0].summary


@pytest.mark.parametrize("flag", [" *", " !"])
def test_a_route_in_use_shows_its_prefix(flag: str) -> None:
    problems: list[BirdParseError] = []
    routes = parse_routes(STARRED.format(flag), problems)
    assert [route.prefix for route in routes] == ["10.1.0.0/16"]
    assert "comes first" in problems[0].summary
    assert len(parse_routes(STARRED.format(""))) == 2


@pytest.mark.parametrize(
    ("row", "since"),
    [
        ("static1  Static   master   up     11:02:31    bird> show route", "11:02:31"),
        ("static1  Static   master   up     bird> ", ""),
        ("static1  Static   master   up     11:02:31birdc6> ", "11:02:31"),
        ("static1    Static     master4    up     11:02:31root@n1:~# birdc", "11:02:31"),
        ("rpki1      RPKI       ---        up     11:02:31root@n1:~# birdc", "11:02:31"),
        ("device1  Device   master   up     2025-03-01[root@n ~]# birdc", "2025-03-01"),
        ("Mesh_10_0_0_1 BGP      master   up     11:02:33    Established   bird> ", "11:02:33"),
    ],
)
def test_a_prompt_behind_a_row_is_no_part_of_it(row: str, since: str) -> None:
    (protocol,) = parse_protocols(f"{row}\n", [])
    assert (protocol.since, protocol.error) == (since, "")


def test_a_prompt_behind_the_last_line_asks_the_next_question() -> None:
    status, protocols = parse_answers(
        "BIRD 1.6.8\nLast reboot on 2025-01-01 11:22:33\nDaemon is up and runningbird> show protocols\n"
        "name     proto    table    state  since       info\nkernel1  Kernel   master   up     11:02:31\n"
    )
    assert status.whole
    question = protocols.begun.question
    assert question is not None
    assert question.command == "show protocols"


@pytest.mark.parametrize(
    ("network", "kind"),
    [
        ("10.0.0.5:1 10.1.0.0/16", "vpn"),
        ("10.1.0.0/16 from 10.0.0.0/8", "sadr"),
        ("10.1.0.0/16", ""),
    ],
)
@pytest.mark.parametrize("margin", ["node-1: ", "2024-12-03T07:25:01Z stdout F ", "11:02 ", "> "])
def test_a_network_behind_a_margin_is_read_whole(network: str, kind: str, margin: str) -> None:
    lines = [
        f"{margin}{line}"
        for place in (network, network.replace("10.1.", "10.2."))
        for line in (f"{place} unicast [b 11:02:31] * (100) [i]", "\tvia 10.0.0.1 on eth0")
    ]
    routes = parse_routes("\n".join(lines) + "\n")
    assert [(route.prefix, route.network_type) for route in routes] == [
        (network, kind),
        (network.replace("10.1.", "10.2."), kind),
    ]


def test_the_heading_of_a_table_is_no_part_of_an_attribute() -> None:
    routes = parse_routes(
        "1007-Table master4:\n 198.18.1.0/24\t\tblackhole [static1 16:21:20.087] * (200)\n"
        "1012-\tsource: static\n\t\t Table master6:\n"
        "1007-2001:db8::/48\t\tblackhole [static2 16:21] * (200)\n0000 \n",
        [],
    )
    assert [attribute.text for route in routes for attribute in route.attributes] == ["static"]


def test_a_session_that_shows_no_family_is_counted_once() -> None:
    heard: list[str] = []
    heading = "Name       Proto      Table      State  Since         Info\n"
    names = ("Mesh_10_66_0_12", "Mesh_fd66__12", "uplink")
    rows = "".join(
        f"{name} BGP        ---        up     13:30:21.401  Established\n" for name in names
    )
    (answer,) = parse_answers(heading + rows)
    parts = with_families([Part("paste.txt", answer)], None, heard.append)
    assert [[record.name for record in part.answer.records] for part in parts] == [  # type: ignore[union-attr]
        ["Mesh_10_66_0_12", "uplink"],
        ["Mesh_fd66__12"],
    ]
    assert heard == [
        "paste.txt: the session uplink is taken as IPv4: its row does not say with whom it is"
    ]
