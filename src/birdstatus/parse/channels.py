"""The channels of a protocol of BIRD 2 and 3, and the lists that its details hold, from their lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from birdstatus.grammar.bird1 import protocols as bird1
from birdstatus.grammar.bird2 import protocols
from birdstatus.grammar.bird3 import protocols as bird3
from birdstatus.grammar.patterns import Expectation
from birdstatus.parse.assembler import merge
from birdstatus.parse.counts import DIRECTIONS, recovery, route_counts, timer
from birdstatus.records import Capability, Channel, Detail, Limit

if TYPE_CHECKING:
    import pyparsing as pp

    from birdstatus.grammar.patterns import Fields
    from birdstatus.records import NamedCounts

__all__ = ["OF_CHANNELS", "ChannelLines", "ListLines", "add_action", "add_limit"]

# Lines as 1.6 has them, two blanks further left than a channel's: a pipe prints some of them so, and copies
# lose blanks. Below a channel BIRD prints none of them for the protocol.
_AS_OF_A_PROTOCOL = frozenset({
    bird1.PREFERENCE_LINE, bird1.INPUT_FILTER_LINE, bird1.OUTPUT_FILTER_LINE, bird1.RECOVERY_LINE,
    bird1.LIMIT_LINE, bird1.ACTION_LINE, bird1.ROUTES_LINE, bird1.CHANGES_HEADING, bird1.CHANGES_LINE,
})  # fmt: skip
OF_CHANNELS = frozenset({*protocols.CHANNEL_LINES, bird3.PENDING_LINE})
_HEADINGS = frozenset({protocols.CHANNEL_CHANGES_HEADING, bird1.CHANGES_HEADING})
_COUNTS = frozenset({protocols.CHANNEL_CHANGES_LINE, bird1.CHANGES_LINE})
_STALE_TIMER = "stale_timer"


class ChannelLines:
    """The lines of one channel, until the next begins."""

    def __init__(self, name: str) -> None:
        self._fields: dict[str, Any] = {"name": name}
        self._limits: list[Limit] = []
        self._columns: list[str] | None = None
        self._changes: NamedCounts = {}

    def add(self, production: pp.ParserElement, fields: Fields) -> bool:
        """Use a line if it is one of a channel's; say whether it was.

        Raises:
            Expectation: the channel has such a line already, or none that it belongs to.
        """
        if production in OF_CHANNELS or production in _AS_OF_A_PROTOCOL:
            self._use(production, fields)
        elif (
            production is protocols.TIMER_LINE and protocols.TIMERS[fields["timer"]] == _STALE_TIMER
        ):
            self._merge(production, stale_timer=timer(fields["remaining"], fields["total"]))
        else:
            return False
        return True

    def _use(self, production: pp.ParserElement, fields: Fields) -> None:
        if production in _COUNTS:
            self._count(production, fields["change"], fields["counts"].split())
        elif production in _HEADINGS:
            if self._columns is not None:
                raise Expectation("only one route change table")
            columns = fields.get("columns")
            self._columns = protocols.column_names(columns) if columns else list(bird1.COLUMNS)
        elif production in {protocols.CHANNEL_LIMIT_LINE, bird1.LIMIT_LINE}:
            add_limit(self._limits, fields)
        elif production in {protocols.CHANNEL_ACTION_LINE, bird1.ACTION_LINE}:
            add_action(self._limits, fields)
        else:
            self._merge(production, **_values(production, fields))

    def _merge(self, production: pp.ParserElement, **values: object) -> None:
        merge(self._fields, values, production)

    def _count(self, production: pp.ParserElement, change: str, counts: list[str]) -> None:
        columns = self._columns
        if columns is None:
            raise Expectation("the heading of the route change table above its lines")
        if len(counts) == len(columns) - 1:
            left_out = bird3.COLUMNS_WITHOUT_A_COUNT.get(change)
            columns = [column for column in columns if column != left_out]
        if len(counts) != len(columns):
            raise Expectation(f"{len(columns)} counts, one below each column")
        values = (None if count == "---" else int(count) for count in counts)
        row = dict(zip(columns, values, strict=True))
        merge(self._changes, {change.lower().replace(" ", "_"): row}, production)

    def end(self) -> Channel:
        """The channel."""
        return Channel(**self._fields, limits=tuple(self._limits), changes=self._changes or None)


def _values(production: pp.ParserElement, fields: Fields) -> dict[str, Any]:
    """The fields of a channel that a line gives."""
    values: dict[str, Any] = {"routes": route_counts(fields)}
    if production is protocols.CHANNEL_STATE_LINE:
        values = {protocols.STATES[fields["state_of"]]: fields["state"]}
    elif production is protocols.CHANNEL_NAME_LINE:
        values = {protocols.NAMES[fields["name_of"]]: fields["name"]}
    elif production in {bird1.INPUT_FILTER_LINE, bird1.OUTPUT_FILTER_LINE}:
        values = dict(fields)
    elif production in {protocols.CHANNEL_PREFERENCE_LINE, bird1.PREFERENCE_LINE}:
        values = {"preference": int(fields["preference"])}
    elif production in {protocols.CHANNEL_RECOVERY_LINE, bird1.RECOVERY_LINE}:
        values = {"recovery": recovery(fields)}
    elif production is protocols.NEXT_HOP_LINE:
        values = {"next_hops": tuple(filter(None, map(fields.get, ("next_hop", "link_local"))))}
    elif production is bird3.PENDING_LINE:
        sets, prefixes = int(fields["attribute_sets"]), int(fields["prefixes"])
        values = {"pending_attribute_sets": sets, "pending_prefixes": prefixes}
    return values


class ListLines:
    """The lists of a session: what each side is capable of, and the state of TCP-AO."""

    def __init__(self) -> None:
        self._lists: dict[str, list[Capability]] = {}
        self._open: list[Capability] | None = None

    def begin(self, production: pp.ParserElement, block: str) -> None:
        """A list begins."""
        begun: list[Capability] = []
        merge(self._lists, {protocols.BLOCKS[block]: begun}, production)
        self._open = begun

    @property
    def are_begun(self) -> bool:
        """Whether what follows may belong to a list."""
        return self._open is not None

    def close(self) -> None:
        """Something else follows."""
        self._open = None

    def add(self, production: pp.ParserElement, fields: Fields) -> None:
        """An item of the list, or a detail of the last one.

        Raises:
            Expectation: no list has begun, or it has no item yet.
        """
        if self._open is None:
            raise Expectation("a list of capabilities above its items")
        name = (fields.get("item") or fields["item_detail"]).strip()
        text = (fields.get("item_text") or fields.get("item_detail_text", "")).strip()
        if production is protocols.ITEM_LINE and name not in protocols.ITEM_DETAILS:
            self._open.append(Capability(name, text))
            return
        if not self._open:
            raise Expectation("a capability above its details")
        last = self._open[-1]
        self._open[-1] = last._replace(details=(*last.details, Detail(name, text)))

    def end(self) -> dict[str, tuple[Capability, ...]]:
        """All lists, by the fields of a session."""
        return {name: tuple(items) for name, items in self._lists.items()}


def add_limit(limits: list[Limit], fields: Fields) -> None:
    """A limit that follows those there are.

    Raises:
        Expectation: there is one of that direction.
    """
    direction = DIRECTIONS[fields["direction"]]
    if any(limit.direction == direction for limit in limits):
        raise Expectation(f"only one {direction} limit")
    limits.append(Limit(direction, int(fields["value"]), hit="hit" in fields))


def add_action(limits: list[Limit], fields: Fields) -> None:
    """What the last of these limits does.

    Raises:
        Expectation: there is none, or it has an action.
    """
    if not limits or limits[-1].action:
        raise Expectation("a limit above its action")
    limits[-1] = limits[-1]._replace(action=fields["action"])
