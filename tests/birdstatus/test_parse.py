"""Strict and lenient reading: what is wrong is said exactly, and nothing good is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from birdstatus import (
    BirdParseError,
    Command,
    ErrorReplyError,
    IncompleteReplyError,
    parse_answers,
    parse_protocols,
    parse_routes,
    parse_status,
)
from birdstatus.parse import MAX_DIAGNOSTICS
from birdstatus.records import Attribute, GracefulRestartRecovery, Limit, NextHop, Timer

STATUS = (
    b"1000-BIRD v0.3.3+birdv1.6.8\n1011-Router ID is 10.0.0.1\n Current server time is 2026-11-22 18:44:08\n"
    b" Last reboot on 2026-11-22 18:44:03\n Last reconfiguration on 2026-11-22 18:44:03\n"
)
UP = b"0013 Daemon is up and running\n"
HEADING = b"2002-name     proto    table    state  since       info\n"
ROWS = (
    b"1007-10.0.0.0/8         dev eth0 [direct1 18:44:03] * (240)\n"
    b"                    via 10.0.0.2 on eth0 [Mesh_10_0_0_2 18:44:03] (100/0) [i]\n"
)


class TestStrict:
    def test_says_where_and_what_was_expected(self) -> None:
        with pytest.raises(BirdParseError) as caught:
            parse_routes(ROWS + b" 10.1.0.0/16        via 10.0.0.2 at eth0 [x 1] (1)\n0000 \n")
        error = caught.value
        assert (error.line, error.column, error.expected) == (3, 33, "' on '")
        assert str(error).splitlines() == [
            "line 3, column 33: expected ' on ', found ' at eth0 [x 1] (1)'",
            "     10.1.0.0/16        via 10.0.0.2 at eth0 [x 1] (1)",
            "                                    ^",
        ]

    def test_other_commands_output_is_refused(self) -> None:
        with pytest.raises(BirdParseError, match="expected output of `show route`"):
            parse_routes(STATUS + UP)
        with pytest.raises(BirdParseError, match="expected output of `show status`"):
            parse_status("10.0.0.0/8 dev eth0 [direct1 1] * (240)")
        with pytest.raises(BirdParseError, match="expected output of `show protocols`"):
            parse_protocols(b"0013 Daemon is up and running\n")

    def test_an_error_reply_keeps_code_and_words(self) -> None:
        with pytest.raises(ErrorReplyError, match="8007 'Access denied' instead of") as caught:
            parse_status(b"8007 Access denied\n")
        assert caught.value.code == 8007
        assert caught.value.message == "Access denied"

    @pytest.mark.parametrize(
        ("text", "code"),
        [("syntax error", 9001), ("x is not a protocol", 9002), ("x is not a table", 9001),
         ("Protocol is down", 8005)],
    )  # fmt: skip
    def test_an_error_reply_is_known_without_its_code(self, text: str, code: int) -> None:
        with pytest.raises(ErrorReplyError) as caught:
            parse_routes(f"bird> show rout\n{text}\n")
        assert (caught.value.code, caught.value.message) == (code, text)

    @pytest.mark.parametrize("text", [b"", "", b"\n\n", b"+note\n", b"0001 BIRD 1.6.8 ready.\n"])
    def test_no_answer_is_incomplete(self, text: str | bytes) -> None:
        with pytest.raises(IncompleteReplyError, match="incomplete reply: expected output of"):
            parse_protocols(text)

    def test_a_cut_reply_is_incomplete(self) -> None:
        with pytest.raises(IncompleteReplyError, match="the final line of the reply"):
            parse_routes(ROWS)
        with pytest.raises(IncompleteReplyError, match="the daemon's condition"):
            parse_status("BIRD 1.6.8\nRouter ID is 10.0.0.1\n")

    def test_each_line_once(self) -> None:
        with pytest.raises(BirdParseError, match="router ID line only once"):
            parse_status(STATUS + b" Router ID is 10.0.0.2\n" + UP)

    @pytest.mark.parametrize(
        ("details", "expected"),
        [
            (b"1006-  Preference:     1\n", "a protocol row above its details"),
            (b"1002-a        Device   master   up     1\n1006-    Action:       warn\n", "a limit above"),
            (b"1002-a        Device   master   up     1\n1006-  Import limit:   1\n   Import limit:   2\n",
             "only one import limit"),
        ],
    )  # fmt: skip
    def test_details_need_their_row(self, details: bytes, expected: str) -> None:
        with pytest.raises(BirdParseError, match=expected):
            parse_protocols(HEADING + details + b"0000 \n")

    @pytest.mark.parametrize(
        ("lines", "expected"),
        [
            (b"1007-                   dev eth0 [k 1] * (10)\n", "a prefix"),
            (b"1008-\tType: BGP unicast univ\n", "a route row above its details"),
            (ROWS + b"1008-\tType: BGP unicast univ\n \tType: BGP unicast univ\n", "only once"),
            (ROWS + b"1012-\t\t1 2 3\n", "a route attribute above"),
        ],
    )
    def test_routes_need_what_is_above_them(self, lines: bytes, expected: str) -> None:
        with pytest.raises(BirdParseError, match=expected):
            parse_routes(lines + b"0000 \n")


class TestLenient:
    def test_a_bad_row_costs_only_itself(self) -> None:
        problems: list[BirdParseError] = []
        text = (
            ROWS
            + b" 10.1.0.0/16        nonsense\n 10.2.0.0/16        dev eth0 [k 1] * (10)\n0000 \n"
        )
        assert [r.prefix for r in parse_routes(text, problems)] == [
            "10.0.0.0/8", "10.0.0.0/8", "10.2.0.0/16",
        ]  # fmt: skip
        assert [(one.line, one.column) for one in problems] == [(3, 21)]

    def test_a_row_without_a_prefix_never_takes_a_wrong_one(self) -> None:
        problems: list[BirdParseError] = []
        text = b"1007-10.0.0.0/8 nonsense\n                    dev eth0 [k 1] * (10)\n0000 \n"
        assert parse_routes(ROWS[:60] + text, problems) == parse_routes(ROWS[:60] + b"0000 \n")
        assert "a prefix" in problems[-1].expected

    def test_details_below_a_bad_row_are_nobody_s(self) -> None:
        problems: list[BirdParseError] = []
        good = b"1002-a        Device   master   up     1\n1006-  Preference:     1\n"
        bad = b"1002-b        Alien    master   up     1\n1006-  Preference:     2\n"
        (protocol,) = parse_protocols(HEADING + good + bad + b"0000 \n", problems)
        assert protocol.preference == 1
        assert [one.line for one in problems] == [4, 5]

    def test_a_bad_detail_leaves_the_protocol(self) -> None:
        problems: list[BirdParseError] = []
        text = (
            HEADING
            + b"1002-a        Device   master   up     1\n1006-  Colour:         red\n0000 \n"
        )
        assert [one.name for one in parse_protocols(text, problems)] == ["a"]
        assert len(problems) == 1

    def test_a_bad_attribute_leaves_the_route(self) -> None:
        problems: list[BirdParseError] = []
        (first, second) = parse_routes(ROWS + b"1012-\t: x\n \tBGP.med: 5\n0000 \n", problems)
        assert second.attributes == (Attribute("BGP.med", "5", 5),)
        assert not first.attributes
        assert len(problems) == 1

    def test_a_status_without_an_end_is_what_came(self) -> None:
        problems: list[BirdParseError] = []
        status = parse_status(STATUS, problems)
        assert status.router_id == "10.0.0.1"
        assert not status.condition
        assert all(isinstance(one, IncompleteReplyError) for one in problems)
        assert parse_status(b"9001 syntax error\n", problems).version == ""

    def test_a_line_that_bird_could_not_have_printed(self) -> None:
        problems: list[BirdParseError] = []
        assert len(parse_routes(ROWS + b" " + b"x" * 5000 + b"\n0000 \n", problems)) == 2
        assert problems[0].expected == "a line of at most 4096 characters"
        assert len(problems[0].text) == 4097

    def test_diagnostics_are_bounded(self) -> None:
        problems: list[BirdParseError] = []
        parse_routes(b"1007-x\n" * (MAX_DIAGNOSTICS + 500) + b"0000 \n", problems)
        assert len(problems) == MAX_DIAGNOSTICS + 1
        assert "500 more lines could not be read" in problems[-1].expected


class TestAnswers:
    def test_several_in_one_text(self) -> None:
        session = (
            b"0001 BIRD 1.6.8 ready.\n0016 Access restricted\n" + STATUS + UP + HEADING
            + b"1002-k        Kernel   master   up     1\n0000 \n" + ROWS + b"0000 \n"
        )  # fmt: skip
        answers = parse_answers(session)
        assert [(one.command, len(one.records)) for one in answers] == [
            (Command.STATUS, 1), (Command.PROTOCOLS, 1), (Command.ROUTES, 2),
        ]  # fmt: skip
        assert all(one.whole for one in answers)

    def test_several_daemons_pasted_together(self) -> None:
        text = (
            "bird> show status\nBIRD 1.6.8\nRouter ID is 10.0.0.1\nDaemon is up and running\n"
            "BIRD 1.6.8 ready.\nAccess restricted\n"
            "name     proto    table    state  since       info\nk Kernel master up 1\n"
            "name     proto    table    state  since       info\nl Kernel master up 1\n"
            "10.0.0.0/8 dev eth0 [direct1 1] * (240)\n        via 10.0.0.1 on e0 weight 1\n"
        )
        answers = parse_answers(text)
        assert [(one.command, len(one.records)) for one in answers] == [
            (Command.STATUS, 1), (Command.PROTOCOLS, 1), (Command.PROTOCOLS, 1), (Command.ROUTES, 1),
        ]  # fmt: skip

    def test_no_rows_are_an_answer(self) -> None:
        assert parse_protocols(b"8003 No protocols match\n") == []
        assert parse_protocols("No protocols match\n") == []
        assert parse_routes(b"8001 Network not in table\n") == []
        assert parse_routes(b"0000 \n") == []
        assert parse_routes("BIRD 1.6.8 ready.\n") == []
        assert parse_routes("BIRD 1.6.8 ready.\n0 of 0 routes for 0 networks\n") == []
        assert [one.command for one in parse_answers(b"8003 No protocols match\n")] == [
            Command.PROTOCOLS
        ]
        assert parse_answers(b"0000 \n") == []

    def test_a_walk_that_bird_stopped_is_not_whole(self) -> None:
        problems: list[BirdParseError] = []
        (answer,) = parse_answers(ROWS + b"8004 Stopped due to reconfiguration\n", problems)
        assert len(answer.records) == 2
        assert not answer.whole
        (answer,) = parse_answers(ROWS, problems)
        assert not answer.whole

    def test_lines_of_no_answer(self) -> None:
        with pytest.raises(
            BirdParseError, match="line 1, column 1: expected output of `show status` or"
        ):
            parse_answers("root:x:0:0\n")
        with pytest.raises(BirdParseError, match="line 1, column 6"):
            parse_answers(b"1020-bfd1:\n0000 \n")
        with pytest.raises(BirdParseError, match="line 2, column 1"):
            parse_answers(b"0000 \njunk\n")
        with pytest.raises(BirdParseError, match="line 1, column 6"):
            parse_answers(b"0005 Reconfiguration in progress\n")
        with pytest.raises(BirdParseError, match="line 1, column 6: expected output of"):
            parse_answers(b"8000-<line overflow>\n0000 \n")


class TestRecords:
    def test_graceful_restart_recovery(self) -> None:
        lines = (
            b"0024-Graceful restart recovery in progress\n   Waiting for 2 protocols to recover\n"
            b"   Wait timer is 236/240\n"
        )
        assert parse_status(STATUS + lines + UP).graceful_restart == GracefulRestartRecovery(
            2, 236, 240
        )

    def test_a_line_that_bird_could_not_print_is_counted(self) -> None:
        row = b"1002-a        Device   master   up     1\n8000-<line overflow>\n1006-  Preference:     1\n"
        (protocol,) = parse_protocols(HEADING + row + b"0000 \n")
        assert protocol.unprintable_lines == 1
        assert protocol.preference == 1

    def test_a_hit_limit(self) -> None:
        row = b"1002-a        Device   master   up     1\n"
        limit = b"1006-  Import limit:   10 [HIT]\n     Action:       block\n"
        (protocol,) = parse_protocols(HEADING + row + limit + b"0000 \n")
        assert protocol.limits == (Limit("import", 10, hit=True, action="block"),)

    def test_a_timer_without_an_end(self) -> None:
        row = b"1002-a        BGP      master   up     1           Established   \n"
        bgp = b"1006-  BGP state:          Established\n     Restart timer:    5/-\n"
        (protocol,) = parse_protocols(HEADING + row + bgp + b"0000 \n")
        assert protocol.bgp is not None
        assert protocol.bgp.restart_timer == Timer(5, None)

    def test_multipath(self) -> None:
        lines = (
            b"1007-10.0.0.0/8         multipath [kernel1 18:44:03] * (10)\n"
            b" \tvia 10.0.0.1 on eth0 weight 2\n \tvia 10.0.0.2 on eth1 weight 1\n0000 \n"
        )
        (route,) = parse_routes(lines)
        assert route.next_hops == (NextHop("10.0.0.1", "eth0", 2), NextHop("10.0.0.2", "eth1", 1))

    @pytest.mark.parametrize(
        ("name", "text", "value"),
        [
            ("BGP.as_path", "(65001 65002) ({65003}) {} 1 2", None),
            ("BGP.as_path", "1 { 2", "1 { 2"),
            ("BGP.med", "x", "x"),
            ("BGP.aggregator", "10.0.0.1 AS65000", None),
            ("Kernel.metric", "1024", 1024),
            ("Kernel.metric", "1" * 21, "1" * 21),
            ("Kernel.metric", "\u0661", "\u0661"),
            ("RIP.tag", "0010", "0010"),
            ("BGP.0b [t]", "10", "10"),
        ],
    )
    def test_attribute_values(self, name: str, text: str, value: object) -> None:
        (_, route) = parse_routes(ROWS + f"1012-\t{name}: {text}\n0000 \n".encode())
        (attribute,) = route.attributes
        assert (attribute.name, attribute.text) == (name, text)
        assert not isinstance(attribute.value, str) if value is None else attribute.value == value

    def test_a_list_over_several_lines_and_cut(self) -> None:
        lines = b"1012-\tBGP.community: (1,2)\n \t\t(3,4) ...\n0000 \n"
        (_, route) = parse_routes(ROWS + lines)
        (attribute,) = route.attributes
        assert attribute.truncated
        assert attribute.text == "(1,2) (3,4) ..."
        assert len(attribute.value) == 2  # type: ignore[arg-type]


ANYTHING = st.binary(max_size=300) | st.text(max_size=300)
ALPHABET = st.lists(
    st.sampled_from([
        b"1007-", b"1002-", b"1006-", b"2002-", b"1000-", b"1011-", b"0013 ", b"0000 ", b"8000-<line overflow>",
        b"\n", b" ", b"     ", b"\t", b"10.0.0.0/8", b"::/0", b" dev eth0 [k 1] * (10)", b" multipath [k ] (1)",
        b"BIRD 1.6.8", b"a BGP m up 1  Idle", b"  BGP state: Idle", b"name proto table state since info",
        b"    Neighbor address: ::1%e", b"BGP.as_path: 1 {2}", b"\xff", b"Daemon is up and running", b"[", b"(",
    ]),
    max_size=40,
).map(b"".join)  # fmt: skip


@given(ANYTHING | ALPHABET)
def test_any_input_gives_a_result_or_our_own_error(data: str | bytes) -> None:
    for parse in (parse_status, parse_protocols, parse_routes, parse_answers):
        problems: list[BirdParseError] = []
        lenient = parse(data, problems)
        if problems:
            with pytest.raises(type(problems[0])) as caught:
                parse(data)
            assert str(caught.value) == str(problems[0])
        else:
            assert parse(data) == lenient


def test_a_row_that_is_known_by_heart_is_a_row_only_where_rows_stand() -> None:
    problems: list[BirdParseError] = []
    text = ROWS + b"1012-10.7.0.0/16         dev eth0 [direct1 18:44:03] * (240)\n0000 \n"
    assert len(parse_routes(text, problems)) == 2
    assert len(problems) == 1
