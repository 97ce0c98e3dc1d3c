"""Records to models: the table in the design, line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import protocols, route_entries

from birdstatus import (
    BGPDaemonStatus,
    BGPPeer,
    CalicoNodeStatus,
    DaemonReport,
    LearnedFrom,
    ProjectionError,
    Route,
    RouteReader,
    node_status,
    parse_protocols,
    parse_routes,
)
from birdstatus.parse import Answer, Command
from birdstatus.projection import bgp_status, daemon_status, family_of, peer, peers, routes
from birdstatus.records import BgpSession, DaemonStatus, NextHop, Protocol, RouteEntry

if TYPE_CHECKING:
    from birdstatus.models import StatusClass

ALL: tuple[StatusClass, ...] = ("Agent", "BGP", "Routes")


def bgp(name: str, state: str = "Established", address: str = "10.0.0.2") -> Protocol:
    session = BgpSession(state, address) if state else BgpSession("", address)
    return Protocol(name, "BGP", "master", "up", bgp=session, preference=100)


def route(protocol: str = "kernel1", prefix: str = "10.9.0.0/16", kind: str = "dev") -> RouteEntry:
    return RouteEntry(prefix, kind, protocol, (NextHop(interface="eth0"),), primary=True)


class TestDaemon:
    @pytest.mark.parametrize(
        ("condition", "state"),
        [
            ("Daemon is up and running", "Ready"),
            ("Reconfiguration in progress", "Ready"),
            ("Shutdown in progress", "NotReady"),
            ("", "NotReady"),
        ],
    )
    def test_state(self, condition: str, state: str) -> None:
        status = DaemonStatus("v0.3.3+birdv1.6.8", "10.0.0.1", condition=condition)
        assert daemon_status(DaemonReport(status)) == BGPDaemonStatus(
            state=state, version="v0.3.3+birdv1.6.8", routerID="10.0.0.1"
        )

    def test_not_asked_in_vain(self) -> None:
        assert daemon_status(DaemonReport()) == BGPDaemonStatus(state="NotReady")
        up = DaemonStatus("1.6.8", condition="Daemon is up and running")
        assert daemon_status(DaemonReport(up, failed=True)).state == "NotReady"


class TestPeers:
    @pytest.mark.parametrize(
        ("name", "kind"),
        [
            ("Mesh_10_0_0_2", "NodeMesh"),
            ("Node_10_0_0_2_port_1790", "NodePeer"),
            ("Global_fd80__2", "GlobalPeer"),
            ("Local_Workload_10_0_0_1", None),
            ("my-peer", None),
            ("Mesh", None),
        ],
    )
    def test_type(self, name: str, kind: str | None) -> None:
        assert peer(bgp(name)).type == kind

    @pytest.mark.parametrize(
        ("state", "shown"),
        [
            *((state, state) for state in (
                "Idle", "Connect", "Active", "OpenSent", "OpenConfirm", "Established", "Close"
            )),
            ("Passive", "Active"), ("Down", "Idle"), ("", "Idle"),
        ],
    )  # fmt: skip
    def test_state(self, state: str, shown: str) -> None:
        assert peer(bgp("Mesh_10_0_0_2", state)).state == shown

    def test_without_all_the_row_tells(self) -> None:
        text = (
            "name     proto    table    state  since       info\n"
            "Mesh_fd80_24e2__2 BGP master start 2026-11-22 18:44:03  Active        Socket: refused\n"
            "Node_10_0_0_9_port_179 BGP master down 18:44:03\n"
            "odd_10_0_0_9 BGP master up 18:44:03  Established\n"
        )
        assert peers(parse_protocols(text)) == (
            BGPPeer(peerIP="10.0.0.9", type="NodePeer", state="Idle", since="18:44:03"),
            BGPPeer(
                peerIP="fd80:24e2::2", type="NodeMesh", state="Active", since="2026-11-22 18:44:03"
            ),
            BGPPeer(state="Established", since="18:44:03"),
        )

    def test_counts_are_of_states(self) -> None:
        found = peers([bgp("Mesh_1"), bgp("Mesh_2", "Passive"), Protocol("k", "Kernel", "t", "up")])
        counted = bgp_status(found, ())
        assert (counted.numberEstablishedV4, counted.numberNotEstablishedV4) == (1, 1)
        assert (counted.numberEstablishedV6, counted.numberNotEstablishedV6) == (0, 0)

    def test_order_is_by_address(self) -> None:
        addresses = ["10.0.0.10", "10.0.0.9", "fd00::1", "9.9.9.9"]
        found = peers([bgp("Mesh_x", address=address) for address in addresses])
        assert [one.peerIP for one in found] == ["9.9.9.9", "10.0.0.9", "10.0.0.10", "fd00::1"]


class TestRoutes:
    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("via 10.0.0.1 on eth0 [kernel1 1] * (10)", ("FIB", "10.0.0.1", "eth0")),
            ("dev eth0 [direct1 1] (240)", ("RIB", "N/A", "eth0")),
            ("blackhole [static1 1] * (200)", ("FIB", "N/A", "blackhole")),
            ("unreachable [static1 1] * (200)", ("FIB", "N/A", "unreachable")),
            ("prohibited [static1 1] * (200)", ("FIB", "N/A", "prohibited")),
            ("via 10.0.0.1 on eth0 [static1 1] ! (200)", ("RIB", "10.0.0.1", "eth0")),
        ],
    )
    def test_where_it_leads(self, text: str, shown: tuple[str, str, str]) -> None:
        (found,) = routes(parse_routes(f"10.9.0.0/16        {text}\n"))
        assert (found.type, found.gateway, found.interface) == shown
        assert found.destination == "10.9.0.0/16"

    def test_one_entry_for_each_next_hop(self) -> None:
        hops = (NextHop("10.0.0.2", "eth1", 1), NextHop("10.0.0.1", "eth0", 2))
        found = routes([RouteEntry("0.0.0.0/0", "multipath", "kernel1", hops, primary=True)])
        assert [(one.gateway, one.interface) for one in found] == [
            ("10.0.0.2", "eth1"), ("10.0.0.1", "eth0"),
        ]  # fmt: skip
        assert {one.destination for one in found} == {"0.0.0.0/0"}

    @pytest.mark.parametrize(
        ("protocol", "source"),
        [
            (Protocol("odd", "Kernel", "t", "up"), LearnedFrom(sourceType="Kernel")),
            (Protocol("odd", "Static", "t", "up"), LearnedFrom(sourceType="Static")),
            (Protocol("kernel1", "Direct", "t", "up"), LearnedFrom(sourceType="Direct")),
            (Protocol("static1", "OSPF", "t", "up"), None),
            (Protocol("Mesh_10_0_0_9", "Pipe", "t", "up"), None),
            (bgp("Mesh_10_0_0_9"), LearnedFrom(sourceType="NodeMesh", peerIP="10.0.0.2")),
            (bgp("Local_Workload_10_0_0_9"), LearnedFrom(sourceType="BGPPeer", peerIP="10.0.0.2")),
        ],
    )
    def test_source_is_by_the_protocol_s_type(
        self, protocol: Protocol, source: LearnedFrom | None
    ) -> None:
        (found,) = routes([route(protocol.name)], [protocol])
        assert found.learnedFrom == source

    @pytest.mark.parametrize(
        ("name", "source"),
        [
            ("kernel1", LearnedFrom(sourceType="Kernel")),
            ("static2", LearnedFrom(sourceType="Static")),
            ("direct1", LearnedFrom(sourceType="Direct")),
            ("Mesh_fd80_24e2__2", LearnedFrom(sourceType="NodeMesh", peerIP="fd80:24e2::2")),
            ("Node_172_17_0_5_port_180", LearnedFrom(sourceType="BGPPeer", peerIP="172.17.0.5")),
            ("Global_not_an_address", LearnedFrom(sourceType="BGPPeer")),
            ("ospf1", None),
        ],
    )
    def test_source_by_name_where_nothing_else_is_known(
        self, name: str, source: LearnedFrom | None
    ) -> None:
        (found,) = routes([route(name)])
        assert found.learnedFrom == source

    def test_bgp_shows_in_the_row(self) -> None:
        (found,) = routes(
            parse_routes("10.9.0.0/16 via 10.0.0.1 on e [tor 1] * (100) [AS65000i]\n")
        )
        assert found.learnedFrom == LearnedFrom(sourceType="BGPPeer")

    def test_what_has_no_place_is_left_out_and_told(self) -> None:
        left_out: list[ProjectionError] = []
        bad = [
            route(kind="???"),
            RouteEntry("10.0.0.0/8", "multipath", "k"),
            route(prefix="1.2.3/8"),
        ]
        assert len(routes([*bad, route()], (), left_out)) == 1
        assert [str(one) for one in left_out] == [
            "BIRD does not say where 10.9.0.0/16 leads",
            "the route to 10.0.0.0/8 has no next hop",
            "1.2.3/8 is no prefix",
        ]
        assert len(routes([*bad, route()])) == 1

    def test_order_is_by_address_then_fib(self) -> None:
        prefixes = ["10.10.0.0/16", "10.9.0.0/16", "10.9.0.0/8"]
        entries = [route(prefix=prefix) for prefix in prefixes]
        entries.append(RouteEntry("10.10.0.0/16", "dev", "a", (NextHop(interface="eth1"),)))
        found = routes(reversed(entries))
        assert [(one.destination, one.type) for one in found] == [
            ("10.9.0.0/8", "FIB"), ("10.9.0.0/16", "FIB"),
            ("10.10.0.0/16", "FIB"), ("10.10.0.0/16", "RIB"),
        ]  # fmt: skip


class TestNode:
    def test_only_the_classes_asked_for(self) -> None:
        status = node_status(DaemonReport(), None, ALL[1:2])
        assert (status.agent, status.routes) == (None, None)
        assert status.model_dump()["bgp"] == {
            "numberEstablishedV4": 0, "numberNotEstablishedV4": 0,
            "numberEstablishedV6": 0, "numberNotEstablishedV6": 0,
        }  # fmt: skip

    def test_routes_that_a_reader_has_published_stay_as_they_are(self) -> None:
        published = routes([route(), route(prefix="10.1.0.0/16")])
        status = node_status(DaemonReport(routes=published), None, ALL)
        assert status.routes is not None
        assert status.routes.routesV4 == published

    def test_families_stand_alone(self) -> None:
        v6 = DaemonReport(
            protocols=[bgp("Mesh_x", address="fd00::2")], routes=[route(prefix="::/0")]
        )
        status = node_status(DaemonReport(failed=True), v6, ALL)
        assert status.agent is not None
        assert status.bgp is not None
        assert status.routes is not None
        assert not status.bgp.peersV4
        assert [one.peerIP for one in status.bgp.peersV6] == ["fd00::2"]
        assert [one.destination for one in status.routes.routesV6] == ["::/0"]

    def test_a_short_answer_keeps_the_details_of_a_long_one(self) -> None:
        full = bgp("a")
        plain = full._replace(bgp=None, preference=None)
        for order in ([full], [plain]), ([plain], [full]):
            answers = [Answer(Command.PROTOCOLS, list(records)) for records in order]
            assert DaemonReport.of(answers).protocols == [full]

    def test_a_later_short_answer_tells_the_state(self) -> None:
        up = bgp("a")._replace(bgp_state="Established", bgp=BgpSession("Established", "10.0.0.2"))
        down = Protocol("a", "BGP", "t", "start", "19:00:00", "Active", bgp_state="Active")
        answers = [Answer(Command.PROTOCOLS, [up]), Answer(Command.PROTOCOLS, [down])]
        (found,) = DaemonReport.of(answers).protocols or ()
        assert peer(found).state == "Active"
        assert (peer(found).peerIP, peer(found).since) == ("10.0.0.2", "19:00:00")

    def test_answers_about_several_protocols_add_up(self) -> None:
        rows = [Protocol("a", "BGP", "t", "up"), Protocol("b", "BGP", "t", "up")]
        answers = [Answer(Command.PROTOCOLS, [*rows]), Answer(Command.PROTOCOLS, [bgp("b")])]
        assert DaemonReport.of(answers).protocols == [rows[0], bgp("b")]

    def test_an_answer_cut_short_makes_the_daemon_not_ready(self) -> None:
        up = DaemonStatus("1.6.8", condition="Daemon is up and running")
        report = DaemonReport.of(
            [Answer(Command.STATUS, [up]), Answer(Command.ROUTES, whole=False)]
        )
        assert report.failed
        assert daemon_status(report).state == "NotReady"

    def test_a_state_that_only_the_row_shows(self) -> None:
        session = BgpSession("", "10.0.0.2")
        assert (
            peer(Protocol("a", "BGP", "t", "up", bgp_state="Established", bgp=session)).state
            == "Established"
        )

    def test_the_last_answer_counts(self) -> None:
        answers = [
            Answer(Command.ROUTES, [route()]),
            Answer(Command.ROUTES, []),
            Answer(Command.STATUS),
        ]
        assert DaemonReport.of(answers) == DaemonReport(routes=[])

    def test_family_is_what_addresses_tell(self) -> None:
        assert family_of([DaemonStatus(), Protocol("k", "Kernel", "t", "up")]) is None
        assert family_of([bgp("x", address="fe80::1")]) == 6
        assert family_of([Protocol("odd", "BGP", "t", "up"), bgp("Mesh_10_0_0_1")]) == 4
        assert family_of([route(prefix="::/0")]) == 6


@given(
    st.lists(protocols(), max_size=3),
    st.lists(route_entries(4), max_size=4),
    st.permutations(range(4)),
)
def test_any_record_has_a_projection(
    found: list[Protocol], entries: list[RouteEntry], order: list[int]
) -> None:
    left_out: list[ProjectionError] = []
    report = DaemonReport(protocols=found, routes=entries)
    model = CalicoNodeStatus(status=node_status(report, None, ALL, left_out))
    assert CalicoNodeStatus.model_validate(model.document()) == model
    hops = sum(len(one.next_hops) or 1 for one in entries)
    assert model.status is not None
    assert model.status.routes is not None
    assert len(model.status.routes.routesV4) + len(left_out) == hops
    if len({one.prefix for one in entries}) == len(entries):
        shuffled = [entries[index] for index in order if index < len(entries)]
        assert routes(shuffled, found) == model.status.routes.routesV4


def test_a_route_is_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Route(type="FIB").type = "RIB"  # type: ignore[misc]


@pytest.mark.parametrize("char", ["\x1b", "\x07", "\x7f", "\x85", "\u2028", "\u202e"])
def test_no_published_text_can_act_on_a_terminal(char: str) -> None:
    status = DaemonStatus(
        version=f"1.6.8{char}", router_id=f"1{char}", last_reboot=char, last_reconfiguration=char,
        condition="Daemon is up and running",
    )  # fmt: skip
    told = daemon_status(DaemonReport(status))
    session = b"1002-Mesh_10_0_0_2 BGP      master   up     <>18:44:03    Established\n0000 \n"
    rows = b"1007-10.0.0.0/8  via 10.0.0.2 on <>eth0 [static1 18:44:03] * (200)\n0000 \n"
    as_char = char.encode()
    (shown,) = peers(parse_protocols(session.replace(b"<>", as_char)))
    (route,) = routes(parse_routes(rows.replace(b"<>", as_char)))
    (polled,) = RouteReader().read(rows.replace(b"<>", as_char), (), [], [])
    texts = [*told.model_dump().values(), shown.since, route.interface, polled.interface]
    assert all(str(text).isprintable() for text in texts), texts
    assert route.interface == polled.interface == char.encode("unicode_escape").decode() + "eth0"
