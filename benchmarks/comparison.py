"""What a Python user would reach for today, on the same rows: pyparsing alone, TextFSM, TTP."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import replies
import textfsm
import ttp
from figures import Figure
from measuring import in_turn

from birdstatus import RouteReader, parse_routes
from birdstatus.grammar.bird1.routes import ROW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from measuring import Samples

__all__ = ["comparison"]

TEXTFSM = r"""
Value Prefix (\S+/\d+)
Value Gateway (\S+)
Value Interface (\S+)
Value Protocol (\S+)
Value Time ([^\]]+?)
Value Flag ([*!])
Value Preference (\d+)
Value Metric (\d+|\?|-)
Value Info (\S+)

Start
  ^(1007-| )${Prefix}\s+via\s${Gateway}\son\s${Interface}\s\[${Protocol}\s${Time}\]( ${Flag})?\s\(${Preference}(/${Metric})?\)(\s\[${Info}\])? -> Record
  ^(1007-| )${Prefix}\s+dev\s${Interface}\s\[${Protocol}\s${Time}\]( ${Flag})?\s\(${Preference}(/${Metric})?\) -> Record
  ^0000
  ^. -> Error
""".lstrip()  # noqa: E501 - a rule of TextFSM is one line

TTP = """
<group name="routes*">
 {{ prefix }} via {{ gateway }} on {{ interface }} [{{ protocol }} {{ time }}] {{ flag }} ({{ preference }}/{{ metric }}) [{{ info }}]
 {{ prefix | _start_ }} dev {{ interface }} [{{ protocol }} {{ time }}] {{ flag }} ({{ preference }})
</group>
"""  # noqa: E501 - as above


def with_textfsm(text: str) -> int:
    return len(textfsm.TextFSM(io.StringIO(TEXTFSM)).ParseText(text))


def with_ttp(text: str) -> int:
    parser = ttp.ttp(data=text.replace("1007-", " ", 1), template=TTP)
    parser.parse(one=True)
    return len(parser.result()[0][0]["routes"])


def comparison(count: int, runs: int) -> Iterator[Figure]:
    rows = replies.routes(count)
    reply = replies.reply_of(rows)
    text = reply.decode()

    def with_grammar() -> int:
        return sum(1 for row in rows if ROW.parse_string(row))

    for work in (lambda: with_textfsm(text), lambda: with_ttp(text), with_grammar):
        if work() != count:
            raise AssertionError("a template leaves rows out")
    models, records, grammar, fsm, template = in_turn(
        min(runs, 3),
        lambda: RouteReader().read(reply),
        lambda: parse_routes(reply),
        with_grammar,
        lambda: with_textfsm(text),
        lambda: with_ttp(text),
    )

    def figure(what: str, samples: Samples) -> Figure:
        times = samples.over(models).median
        return Figure(
            f"{count:,} rows: {what}", samples.median / count * 1e6, "us/route",
            spread=samples.spread, note=f"{times:.1f} times `RouteReader`",
        )  # fmt: skip

    yield figure("`RouteReader`, first time, to models", models)
    yield figure("`parse_routes`, to records", records)
    yield figure("the pyparsing grammar alone, to tokens", grammar)
    yield figure("TextFSM, to lists of text", fsm)
    yield figure("TTP, to dicts of text", template)
