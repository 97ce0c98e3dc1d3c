"""``show protocols all`` as the control socket sends it: BGP sessions read whole, not line by line.

A node of a large mesh has hundreds of sessions that differ in a few words. One pattern, made of the
grammar's productions in the order in which BIRD prints them (nest/proto.c: proto_cmd_show,
proto/bgp/bgp.c: bgp_show_proto_info), finds them; what several have alike is read once. Other
protocols, and sessions with anything odd about them, are read line by line.
"""

from __future__ import annotations

import re
from functools import cache, partial
from itertools import chain, groupby, repeat
from operator import attrgetter
from typing import TYPE_CHECKING, TypeVar

from birdstatus.framing import MAX_LINE, Form, split_lines
from birdstatus.grammar.bird1 import protocols
from birdstatus.grammar.patterns import Expectation, Scanner, Unrecognised, pattern, pattern_of
from birdstatus.parse.counts import change_counts, route_counts, timer
from birdstatus.parse.protocols import ProtocolAssembler
from birdstatus.parse.remembered import Remembered
from birdstatus.records import BgpSession, Protocol, RouteChanges, RouteLimit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pyparsing as pp

    from birdstatus.records import ChangeCounts, RouteCounts, Timer

__all__ = ["read_blocks"]

RecordT = TypeVar("RecordT", BgpSession, Protocol, RouteChanges)

_FINAL = "0000 \n"
_COLOURED = re.compile(
    r"^(?!(?:1006-| )  (?:Description|Message): ).*\x1b|\x1b\[[0-9;]*[Km]$", re.MULTILINE
)

# Details of every protocol that sessions mostly have alike, and a row to read them below.
_SETTINGS = (
    "router_id", "vrf", "preference", "input_filter", "output_filter", "recovery", "limits",
)  # fmt: skip
_SOME_ROW = "1002-x BGP x up  x  Idle\n"

_ROUTES = Scanner((protocols.ROUTES_LINE,))


class _Values:
    """What sessions have alike, converted once; held while one reply is read."""

    def __init__(self) -> None:
        self.settings: Remembered[str, Protocol] = Remembered(partial(map, _settings))
        self.routes: Remembered[str, RouteCounts | None] = Remembered(partial(map, _routes))
        self.counts: Remembered[str, ChangeCounts | None] = Remembered(partial(map, _counts))
        self.timer: Remembered[str, Timer | None] = Remembered(partial(map, _timer))
        self.route_limit: Remembered[tuple[str, str], RouteLimit | None] = Remembered(
            partial(map, _route_limit)
        )
        self.words: Remembered[str, tuple[str, ...]] = Remembered(partial(map, _words))


def read_blocks(data: str | bytes | Iterable[str | bytes]) -> list[Protocol] | None:
    """The protocols of a whole and faultless reply of the control socket; of any other text, ``None``."""
    text = _decoded(data)
    heading = _heading().match(text)
    if heading is None or not text.endswith(f"\n{_FINAL}") or _came_from_terminal(text):
        return None
    blocks = _blocks().finditer(text, heading.end(), len(text) - len(_FINAL))
    found: list[Protocol] = []
    values = _Values()
    try:
        for are_sessions, group in groupby(blocks, _is_session):
            if are_sessions:
                found += _sessions(group, values)
            else:
                found += _by_line(chain((heading[0],), (block[0] for block in group)))
    except (Expectation, Unrecognised):
        return None
    return found


def _decoded(data: str | bytes | Iterable[str | bytes]) -> str:
    """The text as :func:`~birdstatus.framing.split_lines` decodes it; empty where it comes in pieces."""
    if isinstance(data, str):
        data = data.encode("utf-8", "backslashreplace")
    return data.decode("utf-8", "backslashreplace") if isinstance(data, bytes) else ""


def _came_from_terminal(text: str) -> bool:
    """Whether the text has line ends of a terminal, or colours outside of descriptions and messages."""
    return "\r" in text or ("\x1b" in text and _COLOURED.search(text) is not None)


def _is_session(block: re.Match[str]) -> bool:
    # No line of a block is longer than the block.
    return block.lastindex is not None and block.end() - block.start() <= MAX_LINE


def _by_line(text: Iterable[str]) -> Iterator[Protocol]:
    """What an assembler makes of a part of a reply, in any pieces.

    Raises:
        Expectation: a line has no place there.
        Unrecognised: a line is none of this reply.
    """
    assembler = ProtocolAssembler()
    for line in split_lines(text, Form()):
        if line.final or line.code is None or len(line.raw) > MAX_LINE:
            raise Expectation("a line of a protocol")
        whole = assembler.add(line)
        if whole is not None:
            yield whole
    last = assembler.end()
    if last is not None:
        yield last


def _sessions(blocks: Iterable[re.Match[str]], values: _Values) -> list[Protocol]:
    rows = [block.groups("") for block in blocks]
    column = dict(zip(_blocks().groupindex, zip(*rows, strict=True), strict=True))
    settings = list(values.settings.of(column["settings"]))
    states = zip(column["bgp_state"], column["error"], strict=True)
    return _records(
        Protocol,
        name=column["name"],
        type=repeat(protocols.BGP),
        table=column["table"],
        state=column["state"],
        since=map(str.strip, column["since"]),
        info=[f"{state} {error}".strip() for state, error in states],
        bgp_state=column["bgp_state"],
        error=column["error"],
        description=column["description"],
        message=column["message"],
        **{name: map(attrgetter(name), settings) for name in _SETTINGS},
        routes=values.routes.of(column["routes"]),
        changes=_changes(
            {name: values.counts.of(column[name]) for name in protocols.CHANGES.values()}
        ),
        bgp=_records(
            BgpSession,
            state=column["session_state"],
            neighbor_address=column["neighbor_address"],
            neighbor_interface=column["neighbor_interface"],
            neighbor_as=map(int, column["neighbor_as"]),
            neighbor_id=column["neighbor_id"],
            graceful_restart_active=map(bool, column["graceful_restart"]),
            capabilities=values.words.of(column["capabilities"]),
            session=values.words.of(column["session"]),
            source_address=column["source_address"],
            route_limit=values.route_limit.of(
                list(zip(column["count"], column["limit"], strict=True))
            ),
            last_error=column["last_error"],
            **{
                # Some timers run in no session.
                name: values.timer.of(column[name]) if any(column[name]) else repeat(None)
                for name in protocols.TIMERS.values()
            },
        ),
        unprintable_lines=repeat(0),
    )


def _changes(counts: Mapping[str, Iterable[ChangeCounts | None]]) -> list[RouteChanges | None]:
    tables = _records(RouteChanges, **counts)
    # A table has all of its lines.
    return [table if table.import_updates else None for table in tables]


def _records(kind: type[RecordT], **fields: Iterable[object]) -> list[RecordT]:
    """Records from the values of each field, as many as there are of the one with fewest."""
    missing = {name: repeat(value) for name, value in kind._field_defaults.items()}
    columns = ({**missing, **fields}[name] for name in kind._fields)
    return list(map(kind._make, zip(*columns, strict=False)))


def _settings(details: str) -> Protocol:
    (protocol,) = _by_line((_SOME_ROW, "1006-", details, "\n"))
    return protocol


def _routes(line: str) -> RouteCounts | None:
    return route_counts(_ROUTES.scan(line)[1]) if line else None


def _counts(counts: str) -> ChangeCounts | None:
    return change_counts(counts) if counts else None


def _timer(line: str) -> Timer | None:
    found = pattern(protocols.TIMER_LINE).match(line)
    return found and timer(found["remaining"], found["total"])


def _route_limit(counts: tuple[str, str]) -> RouteLimit | None:
    count, limit = counts
    return RouteLimit(int(count), int(limit)) if limit else None


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# --- the pattern of a session ----------------------------------------------------------------------


@cache
def _heading() -> re.Pattern[str]:
    return _compiled("2002-", pattern_of(protocols.HEADING), "\n")


@cache
def _blocks() -> re.Pattern[str]:
    """A session with its details in BIRD's order; else, without groups, a line."""
    grammar = protocols
    timer = {
        field: _maybe(_whole(field, f"(?= *{name}:){_line(grammar.TIMER_LINE)}"))
        for name, field in grammar.TIMERS.items()
    }
    counts = _line(grammar.CHANGES_LINE, "counts")
    changes = _detail(grammar.CHANGES_HEADING) + "".join(
        f"(?= *{name}:){counts.replace('<counts>', f'<{field}>')}\n "
        for name, field in grammar.CHANGES.items()
    )
    return _compiled(
        "1002-",
        _line(grammar.BGP_ROW, "name", "table", "state", "since", "bgp_state", "error"),
        "\n1006-",
        _maybe(_detail(grammar.DESCRIPTION_LINE, "description")),
        _maybe(_detail(grammar.MESSAGE_LINE, "message")),
        "(?P<settings>",
        _maybe(_detail(grammar.ROUTER_ID_LINE)),
        _maybe(_detail(grammar.VRF_LINE)),
        _detail(grammar.PREFERENCE_LINE),
        _detail(grammar.INPUT_FILTER_LINE),
        _detail(grammar.OUTPUT_FILTER_LINE),
        _maybe(_detail(grammar.RECOVERY_LINE)),
        f"(?>(?:{_detail(grammar.LIMIT_LINE)}{_detail(grammar.ACTION_LINE)})*)",
        ")",
        _maybe(_whole("routes", _line(grammar.ROUTES_LINE))),
        _maybe(changes),
        _detail(grammar.BGP_STATE_LINE, "session_state"),
        _detail(grammar.NEIGHBOR_ADDRESS_LINE, "neighbor_address", "neighbor_interface"),
        _detail(grammar.NEIGHBOR_AS_LINE, "neighbor_as"),
        _maybe(_whole("graceful_restart", _line(grammar.GRACEFUL_RESTART_LINE))),
        timer["restart_timer"],
        timer["stale_timer"],
        timer["error_wait"],
        timer["connect_delay"],
        _maybe(_detail(grammar.NEIGHBOR_ID_LINE, "neighbor_id")),
        _maybe(_detail(grammar.CAPABILITIES_LINE, "capabilities")),
        _maybe(_detail(grammar.SESSION_LINE, "session")),
        _maybe(_detail(grammar.SOURCE_ADDRESS_LINE, "source_address")),
        _maybe(_detail(grammar.ROUTE_LIMIT_LINE, "count", "limit")),
        timer["hold_timer"],
        timer["keepalive_timer"],
        _maybe(_detail(grammar.LAST_ERROR_LINE, "last_error")),
        _line(grammar.BLANK_LINE),
        "\n|.*\n",
    )


def _compiled(*parts: str) -> re.Pattern[str]:
    # A production ends with its line, not with the text.
    return re.compile("".join(parts).replace(r"\Z", "$"), re.MULTILINE)


def _line(production: pp.ParserElement, *names: str) -> str:
    return pattern_of(production, names=names)


def _detail(production: pp.ParserElement, *names: str) -> str:
    """A detail, and the mark of the one below it."""
    return f"{_line(production, *names)}\n "


def _whole(name: str, lines: str) -> str:
    """A detail that is kept as it stands, and the mark of the one below it."""
    return f"(?P<{name}>{lines})\n "


def _maybe(pattern: str) -> str:
    return f"(?>(?:{pattern})?)"
