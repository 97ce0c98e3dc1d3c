"""Answers to nodes: which belong together, and which of two answers to one question counts.

Answers that contradict nothing are one node's, in whatever files they stand. They are several
nodes' where a router ID differs, or where an answer in another file says otherwise. Within a file
the later answer counts. Whatever is not used is told.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, cast

from birdstatus.parse import Answer, Command
from birdstatus.paste.prompt import Subject
from birdstatus.printable import printable
from birdstatus.projection import (
    DaemonReport,
    family_of,
    serves_both_families,
    session_family,
)
from birdstatus.records import DaemonStatus, Protocol, RouteEntry, TableCount
from birdstatus.times import is_same_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from birdstatus.parse.by_line import Record
    from birdstatus.projection import Family

__all__ = ["FAMILIES", "Node", "Part", "nodes_of", "with_families"]


@dataclass(slots=True)
class Part:
    """An answer, the file it stands in, and the family it belongs to as far as that is known."""

    source: str
    answer: Answer
    family: Family | None = None

    @property
    def place(self) -> str:
        """The file, and the line where the answer begins."""
        return f"{self.source} line {self.answer.begun.line}"


@dataclass(slots=True)
class Node:
    """The answers of one node, in the order in which they came."""

    parts: list[Part] = field(default_factory=list)

    @property
    def router_id(self) -> str:
        """The node's router ID, if an answer to ``show status`` says it."""
        return next(filter(None, map(_router_id, self.parts)), "")

    @property
    def sources(self) -> list[str]:
        """The files that its answers stand in, each once."""
        return list(dict.fromkeys(part.source for part in self.parts))

    def commands(self) -> set[Command]:
        """The commands of which an answer is at hand."""
        return {part.answer.command for part in self.parts}

    def report(self, family: Family, command: Command) -> DaemonReport | None:
        """What the daemon of a family said; ``None`` if there is no answer of it to this command."""
        own = [part.answer for part in self.parts if part.family == family]
        if not any(answer.command is command for answer in own):
            return None
        return DaemonReport.of(own)

    def whole_report(self, family: Family) -> DaemonReport | None:
        """All that the daemon of a family said, if it said anything."""
        own = [part.answer for part in self.parts if part.family == family]
        return DaemonReport.of(own) if own else None

    def used(self, told: Callable[[str], None] = lambda _: None) -> list[Part]:
        """The answers that count; the others are told."""
        used: list[Part] = []
        for family in (4, 6):
            own = [part for part in self.parts if (part.family or 4) == family]
            used += _last_status(own, told)
            used += _protocols(own, told)
            used += _routes(own, told)
        return used


def with_families(
    parts: Sequence[Part], default: Family | None, told: Callable[[str], None]
) -> list[Part]:
    """The parts, each with its family: as its own addresses, its prompt, or what stands beside it says.

    One of both families is made into two.
    """
    by_name = _families_by_name(parts)
    settled = [piece for part in parts for piece in _by_family(part, by_name, told)]
    for part in settled:
        if part.family is None:
            part.family = cast("Family | None", part.answer.begun.family)
    for part in [part for part in settled if part.family is None]:
        for beside in _beside(part, settled):
            known = {other.family for other in beside} - {None}
            if len(known) == 1 and default is None:
                part.family = known.pop()
                break
        else:
            part.family = default or 4
            if default is None and not _is_count(part.answer):
                told(
                    f"{part.source}: nothing in the answer to `{part.answer.command.value}` tells IPv4 from "
                    "IPv6; taken as IPv4 (--family 6 says otherwise)"
                )
    return settled


def _beside(part: Part, parts: Sequence[Part]) -> Iterator[list[Part]]:
    """What stands with a part, the nearest first: up to the next status, in its session, file, and anywhere."""
    own = [other for other in parts if other.source == part.source]
    at = next(place for place, other in enumerate(own) if other is part)
    after = []
    for other in own[at + 1 :]:
        if other.answer.command is Command.STATUS and part.answer.command is Command.STATUS:
            break
        after.append(other)
    if part.answer.command is Command.STATUS:
        yield after
    session = part.answer.begun.session
    yield [other for other in own if other.answer.begun.session == session]
    yield own
    yield list(parts)


def _families_by_name(parts: Sequence[Part]) -> dict[tuple[str, str], Family]:
    """The family of each session, by its file and name, as far as one of the answers says it."""
    found: dict[tuple[str, str], set[Family]] = {}
    for part in parts:
        for name, protocol in _by_name(part.answer).items():
            family = family_of([protocol])
            if family is not None:
                found.setdefault((part.source, name), set()).add(family)
    return {key: next(iter(families)) for key, families in found.items() if len(families) == 1}


def _by_family(
    part: Part, known: Mapping[tuple[str, str], Family], told: Callable[[str], None]
) -> list[Part]:
    """A part of both families as one for each; any other as it is, with the family that its addresses say."""
    answer = part.answer
    if answer.command is Command.STATUS:
        both = serves_both_families(answer.records)
        return [replace(part, family=family) for family in FAMILIES] if both else [part]
    families = {id(record): family_of([record]) for record in answer.records}
    found = set(families.values()) - {None}
    is_both = serves_both_families(answer.records) and not _is_count(answer)
    if len(found) < 2 and not is_both:
        return [replace(part, family=next(iter(found), None))]
    for record in answer.records:
        if isinstance(record, Protocol) and record.type == "BGP" and families[id(record)] is None:
            family = known.get((part.source, record.name))
            if family is None:
                family = session_family(record)
                told(
                    f"{part.source}: the session {printable(record.name)} is taken as IPv{family}: "
                    "its row does not say with whom it is"
                )
            families[id(record)] = family
    found = set(families.values()) - {None} or set(FAMILIES)
    return [
        replace(part, family=family, answer=replace(answer, records=records))
        for family in FAMILIES
        if family in found
        if (records := [r for r in answer.records if families[id(r)] in {family, None}])
    ]


FAMILIES: tuple[Family, Family] = (4, 6)


def _last_status(parts: Sequence[Part], told: Callable[[str], None]) -> list[Part]:
    own = [part for part in parts if part.answer.command is Command.STATUS]
    for earlier, later in pairwise(own):
        told(f"{earlier.place}: superseded by the `show status` of {later.place}")
    return own[-1:]


def _protocols(parts: Sequence[Part], told: Callable[[str], None]) -> list[Part]:
    # Answers about one protocol each, and a short one beside a long one, add up. A list replaces another.
    own = [part for part in parts if part.answer.command is Command.PROTOCOLS]
    for earlier, later in combinations(own, 2):
        if _differ(earlier.answer, later.answer) or _replaces(later.answer, earlier.answer):
            told(f"{earlier.place}: superseded by the `show protocols` of {later.place}")
    return [_still_there(part, own[place + 1 :]) for place, part in enumerate(own)]


def _still_there(part: Part, later: Sequence[Part]) -> Part:
    """An answer without the protocols that a later list of the daemon does not have."""
    records = part.answer.records
    for other in later:
        if _replaces(other.answer, part.answer):
            names = _by_name(other.answer).keys()
            records = [record for record in records if cast("Protocol", record).name in names]
    return replace(part, answer=replace(part.answer, records=records))


def _replaces(later: Answer, earlier: Answer) -> bool:
    """Whether a later answer is the whole list of protocols, and has not all that the earlier one has."""
    now, before = _by_name(later), _by_name(earlier)
    if not later.whole or before.keys() <= now.keys():
        return False
    question = later.begun.question
    if question is not None:
        return question.subject is Subject.WHOLE
    return _is_list(now) and _is_list(before) and not now.keys() <= before.keys()


def _by_name(answer: Answer) -> dict[str, Protocol]:
    return {record.name: record for record in answer.records if isinstance(record, Protocol)}


def _routes(parts: Sequence[Part], told: Callable[[str], None]) -> list[Part]:
    own = [
        part
        for part in parts
        if part.answer.command is Command.ROUTES and not _is_count(part.answer)
    ]
    by_subject: dict[Subject, list[Part]] = {}
    for part in own:
        question = part.answer.begun.question
        by_subject.setdefault(question.subject if question else Subject.WHOLE, []).append(part)
    for part in by_subject.get(Subject.NOT_IN_USE, ()):
        told(f"{part.place}: not published: `{_words(part)}` does not show the table in use")
    for subject in (Subject.WHOLE, Subject.PART, Subject.OTHER_TABLE):
        candidates = by_subject.get(subject)
        if not candidates:
            continue
        for part in own:
            question = part.answer.begun.question
            about = question.subject if question else Subject.WHOLE
            if about is not subject and about is not Subject.NOT_IN_USE:
                told(
                    f"{part.place}: not published: `{_words(part)}` beside `{_words(candidates[-1])}`"
                )
        if subject is Subject.PART:
            return [_added_up(candidates)]
        for earlier, later in pairwise(candidates):
            told(f"{earlier.place}: superseded by the `show route` of {later.place}")
        return candidates[-1:]
    return []


def _added_up(parts: Sequence[Part]) -> Part:
    """Answers about a part of the table each as one: of a network, the last that has it."""
    networks: dict[str, list[Record]] = {}
    for part in parts:
        fresh: dict[str, list[Record]] = {}
        for record in part.answer.records:
            # Counts are no routes: they stay beside them.
            key = record.prefix if isinstance(record, RouteEntry) else repr(record)
            fresh.setdefault(key, []).append(record)
        networks |= fresh
    records = [record for network in networks.values() for record in network]
    whole = all(part.answer.whole for part in parts)
    return replace(parts[-1], answer=replace(parts[-1].answer, records=records, whole=whole))


def _is_count(answer: Answer) -> bool:
    """Whether this is the answer to `show route count`: it has no routes, and replaces none."""
    return any(isinstance(record, TableCount) for record in answer.records) and not any(
        isinstance(record, RouteEntry) for record in answer.records
    )


def _words(part: Part) -> str:
    question = part.answer.begun.question
    return question.words if question else part.answer.command.value


# --- several nodes ---------------------------------------------------------------------------------


def nodes_of(parts: Sequence[Part], *, merge: bool = False, split: bool = False) -> list[Node]:
    """The nodes whose answers these are.

    ``merge`` takes all for one node's, ``split`` each file for a node of its own.
    """
    if merge:
        return [Node(list(parts))] if parts else []
    by_source: dict[str, list[Part]] = {}
    for part in parts:
        by_source.setdefault(part.source, []).append(part)
    units = [
        unit for own in by_source.values() for unit in ([own] if split else _by_router_id(own))
    ]
    nodes: list[Node] = []
    for unit in (
        sorted(units, key=lambda unit: not any(map(_router_id, unit))) if not split else units
    ):
        fitting = [] if split else [node for node in nodes if _fits(unit, node)]
        node = _nearest(unit, fitting) if fitting else None
        if node is None:
            nodes.append(Node(list(unit)))
        else:
            node.parts += unit
    order = {id(part): place for place, part in enumerate(parts)}
    for node in nodes:
        node.parts.sort(key=lambda part: order[id(part)])
    return sorted(nodes, key=lambda node: order[id(node.parts[0])])


def _router_id(part: Part) -> str:
    return next(
        (record.router_id for record in part.answer.records if isinstance(record, DaemonStatus)), ""
    )


def _by_router_id(parts: Sequence[Part]) -> list[list[Part]]:
    """The parts of a file, apart where an answer to ``show status`` names another router."""
    units: list[list[Part]] = [[]]
    known = ""
    for part in parts:
        router = _router_id(part)
        if router and known and router != known:
            session = part.answer.begun.session
            moved = [
                other
                for other in units[-1]
                if other.answer.begun.session == session and session and not _router_id(other)
            ]
            units[-1] = [other for other in units[-1] if all(other is not one for one in moved)]
            units.append(moved)
        known = router or known
        units[-1].append(part)
    merged: dict[str, list[Part]] = {}
    for place, unit in enumerate(units):
        router = next(filter(None, map(_router_id, unit)), "")
        merged.setdefault(router or str(place), []).extend(unit)
    return [unit for unit in merged.values() if unit]


def _fits(unit: Sequence[Part], node: Node) -> bool:
    """Whether nothing that a file says contradicts what is known of a node."""
    router = next(filter(None, map(_router_id, unit)), "")
    if router and node.router_id and router != node.router_id:
        return False
    return not any(
        own.answer.command is other.answer.command
        and own.family == other.family
        and _differ(own.answer, other.answer)
        for own in unit
        for other in node.parts
    )


def _nearest(unit: Sequence[Part], fitting: Sequence[Node]) -> Node | None:
    """The node that a file is most likely about; ``None`` if its name fits several equally well."""
    if len(fitting) == 1:
        return fitting[0]
    source = unit[0].source
    lengths = [
        max(_shared_length(source, other.source) for other in node.parts) for node in fitting
    ]
    best = max(lengths)
    return fitting[lengths.index(best)] if lengths.count(best) == 1 else None


def _shared_length(one: str, other: str) -> int:
    """How many characters two names have in common from the start."""
    return next(
        (place for place, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]),
        min(len(one), len(other)),
    )


def _differ(one: Answer, other: Answer) -> bool:
    """Whether two answers to one command cannot both be true of one daemon at one time."""
    if one.command is Command.STATUS:
        return any(
            isinstance(a, DaemonStatus)
            and isinstance(b, DaemonStatus)
            and not _is_same_daemon(a, b)
            for a, b in zip(one.records, other.records, strict=False)
        )
    if one.command is Command.PROTOCOLS:
        first, second = _by_name(one), _by_name(other)
        if any(
            not _is_same_protocol(first[name], second[name])
            for name in first.keys() & second.keys()
        ):
            return True
        # An answer about one protocol is not the whole list; two lists of a daemon have the same names.
        return (
            _is_list(first)
            and _is_list(second)
            and not (first.keys() <= second.keys() or second.keys() <= first.keys())
        )
    if any(_subject(answer) is not Subject.WHOLE for answer in (one, other)):
        return False
    mine, theirs = _networks(one), _networks(other)
    return not (mine <= theirs or theirs <= mine)


def _subject(answer: Answer) -> Subject:
    question = answer.begun.question
    return question.subject if question else Subject.WHOLE


def _is_list(protocols: dict[str, Protocol]) -> bool:
    return any(protocol.type != "BGP" for protocol in protocols.values())


def _is_same_daemon(one: DaemonStatus, other: DaemonStatus) -> bool:
    return (
        one.version == other.version
        and one.router_id == other.router_id
        and is_same_time(one.last_reboot, other.last_reboot)
    )


def _is_same_protocol(one: Protocol, other: Protocol) -> bool:
    return (
        (one.type, one.table, one.state, one.info)
        == (other.type, other.table, other.state, other.info)
        and (
            one.bgp is None
            or other.bgp is None
            or one.bgp.neighbor_address == other.bgp.neighbor_address
        )
        and is_same_time(one.since, other.since)
    )


def _networks(answer: Answer) -> set[tuple[object, ...]]:
    return {
        (route.prefix, route.kind, route.protocol, route.next_hops, route.primary)
        for route in answer.records
        if isinstance(route, RouteEntry)
    }
