"""Any bytes give a result or BirdParseError: strict, lenient, whole, in pieces, published.

    make fuzz SECONDS=3600

runs this under libFuzzer with the corpus beside it; what it finds is left in ``crash-*`` files.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["birdstatus"]):
    from birdstatus import (
        BirdParseError,
        BirdStatusError,
        CalicoNodeStatus,
        Command,
        DaemonReport,
        IncompleteReplyError,
        ProjectionError,
        ReplyReader,
        RouteReader,
        iter_routes,
        node_status,
        parse_answers,
        parse_protocols,
        parse_routes,
        parse_status,
    )
    from birdstatus.cli.output import as_table
    from birdstatus.grammar.patterns import pattern
    from birdstatus.nodes import Part, nodes_of, with_families
    from birdstatus.parse.by_line import LineReader
    from birdstatus.parse.dialect import DIALECTS
    from birdstatus.projection import family_of, split_families
    from birdstatus.projection import routes as published_routes
    from birdstatus.records import RouteEntry, document
    from birdstatus.view import daemon_lines

import pyparsing as pp

PARSERS = (parse_status, parse_protocols, parse_routes, parse_answers)
PRODUCTIONS = [
    production
    for dialect in DIALECTS
    for lines in dialect.lines.values()
    for group in lines.values()
    for production in group
]


def one_input(data: bytes) -> None:
    if len(data) < 2:
        return
    choice, size, text = data[0], data[1], data[2:]
    parse = PARSERS[choice % len(PARSERS)]
    problems: list[BirdParseError] = []
    lenient = parse(text, problems)
    for problem in problems:
        assert all(char.isprintable() or char == "\n" for char in str(problem))
    try:
        strict = parse(text)
    except BirdParseError:
        assert problems
    else:
        assert strict == lenient
        assert not problems
    if choice & 4:
        same_in_pieces(text, size + 1)
    if choice & 8:
        published(text)
    if choice & 16:
        same_by_grammar(text, size)
    if choice & 32:
        same_when_polled(text, size)
    if choice & 64:
        same_by_line(text)


def same_in_pieces(text: bytes, size: int) -> None:
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    assert list(iter_routes(pieces, [])) == parse_routes(text, [])
    # Whole sessions are read otherwise than lines.
    of_text: list[BirdParseError] = []
    of_pieces: list[BirdParseError] = []
    assert parse_protocols(pieces, of_pieces) == parse_protocols(text, of_text)
    assert [str(one) for one in of_pieces] == [str(one) for one in of_text]
    whole, cut = ReplyReader(), ReplyReader()
    replies = whole.receive_data(text)
    assert [reply for piece in pieces for reply in cut.receive_data(piece)] == replies
    try:
        whole.receive_eof()
    except IncompleteReplyError:
        assert whole.pending


def same_by_line(text: bytes) -> None:
    """Routes read by block are what their lines are one by one."""
    of_lines: list[BirdParseError] = []
    of_blocks: list[BirdParseError] = []
    read = LineReader((Command.ROUTES,), of_lines).read(text)
    records = [one for _, one in read if isinstance(one, RouteEntry)]
    assert parse_routes(text, of_blocks) == records
    assert [str(one) for one in of_blocks] == [str(one) for one in of_lines]


def same_when_polled(text: bytes, at: int) -> None:
    """Reading again is reading afresh, also where a line came or went."""
    reader = RouteReader()
    lines = text.split(b"\n")
    del lines[at % len(lines)]
    for reply in (text, b"\n".join(lines), text):
        problems: list[BirdParseError] = []
        left_out: list[ProjectionError] = []
        afresh = published_routes(parse_routes(reply, problems), (), left_out)
        told: list[BirdParseError] = []
        told_left_out: list[ProjectionError] = []
        assert reader.read(reply, (), told, told_left_out) == afresh
        assert [str(one) for one in told] == [str(one) for one in problems]
        assert [str(one) for one in told_left_out] == [str(one) for one in left_out]


def published(text: bytes) -> None:
    answers = parse_answers(text, [])
    report = DaemonReport.of(answers)
    left_out: list[BirdStatusError] = []
    model = CalicoNodeStatus(
        status=node_status(report, report, ("Agent", "BGP", "Routes"), left_out)
    )
    assert CalicoNodeStatus.model_validate_json(model.model_dump_json()) == model
    node_status(*split_families(report), ("Agent", "BGP", "Routes"))
    parts = with_families([Part("x", answer) for answer in answers], None, len)
    for node in nodes_of(parts):
        for family in (4, 6):
            whole = node.whole_report(family)
            for width in (None, 40):
                lines = [] if whole is None else daemon_lines(family, whole, width=width)
                assert all(line.isprintable() for line in lines)
    for answer in answers:
        family_of(answer.records)
        rows = [{"command": "x", "family": 4, "records": document(answer.records)}]
        assert all(char.isprintable() or char == "\n" for char in as_table(rows))


def same_by_grammar(text: bytes, which: int) -> None:
    line = text.decode("utf-8", "backslashreplace").replace("\n", " ")[:300]
    production = PRODUCTIONS[which % len(PRODUCTIONS)]
    match = pattern(production).match(line)
    try:
        found = production.parse_string(line).as_dict()
    except pp.ParseException:
        assert match is None, (line, production)
        return
    assert match is not None, (line, production)
    by_grammar = {name: value for name, value in found.items() if value}
    assert by_grammar == {name: value for name, value in match.groupdict().items() if value}


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
