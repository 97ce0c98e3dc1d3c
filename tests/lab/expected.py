"""What a recording must show, stated before the daemons run.

A scenario writes down its sessions and routes from its own construction; the recorder waits until
BIRD shows them, and stores them beside the bytes as `truth.json`. The reading of BIRD's text here is
only good enough to find what is already known.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field

from . import tables
from .tables import TableRoute

_PEER_TYPES = {"Mesh_": "NodeMesh", "Node_": "NodePeer", "Global_": "GlobalPeer"}
_CODE = re.compile(r"^(?:\d{4}[- ]| )")


def _label_apart(line: str) -> tuple[str, str]:
    label, _, text = line.strip(" ").partition(":")
    return label, text.strip(" ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A BGP protocol: `states` are the BGP states it may be in, `texts` lines of its details."""

    name: str
    address: str
    asn: int
    states: tuple[str, ...] = ("Established",)
    interface: str | None = None
    protocol_states: tuple[str, ...] = ()
    error: str | None = None
    description: str | None = None
    message: bytes | None = None
    texts: tuple[str, ...] = ()

    @property
    def type(self) -> str | None:
        """The peer type that Calico's naming gives it; other names have none."""
        return next((t for prefix, t in _PEER_TYPES.items() if self.name.startswith(prefix)), None)

    def missing(self, details: str) -> str | None:
        """What its block of `show protocols all` does not show."""
        blocks = re.split(r"^1002-", details, flags=re.MULTILINE)
        block = next((b for b in blocks if b.startswith(f"{self.name} ")), None)
        if block is None:
            return f"no protocol {self.name}"
        row, _, rest = block.partition("\n")
        words = row[len(self.name) :].split()
        if self.protocol_states and words[2] not in self.protocol_states:
            return f"not {self.protocol_states} in {block}"
        # The width of a label differs between releases.
        lines = [_label_apart(_CODE.sub("", line)) for line in rest.splitlines()]
        if not any(("BGP state", state) in lines for state in self.states):
            return f"not {self.states} in {block}"
        address = f"{self.address}%{self.interface}" if self.interface else self.address
        wanted = [("Neighbor range" if "/" in address else "Neighbor address", address)]
        wanted.append(("Neighbor AS", str(self.asn)))
        if self.error:
            wanted.append(("Last error", self.error))
        if self.description is not None:
            wanted.append(("Description", self.description))
        for line in wanted:
            if line not in lines:
                return f"no {line!r} in {block}"
        return next((f"no {text!r} in {block}" for text in self.texts if text not in block), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One next hop of a multipath route."""

    gateway: str
    interface: str
    weight: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A row of `show route`. `word` is the target of a route that leads nowhere."""

    destination: str
    protocol: str
    gateway: str | None = None
    interface: str | None = None
    word: str | None = None
    hops: tuple[Hop, ...] = ()
    mark: str = "*"
    sender: str | None = None
    info: str | None = None

    @property
    def _target(self) -> str:
        if self.hops:
            return "multipath"
        if self.word:
            return self.word
        if self.gateway:
            return f"via {self.gateway} on {self.interface}"
        return f"dev {self.interface}"

    def shown_by(self, rows: list[tuple[str, str]]) -> bool:
        """Whether one of the rows, each with its destination filled in, is this route."""
        sender = rf" from {re.escape(self.sender)}" if self.sender else ""
        mark = rf" {re.escape(self.mark)}" if self.mark else ""
        info = rf" {re.escape(self.info)}" if self.info is not None else r"(?! [*!]).*"
        row = re.compile(
            rf"{re.escape(self._target)} \[{re.escape(self.protocol)} [^\n]*{sender}\]{mark}{info}"
            + "".join(
                rf"\n\tvia {re.escape(h.gateway)} on {re.escape(h.interface)} weight {h.weight}"
                for h in self.hops
            )
        )
        return any(d == self.destination and row.fullmatch(text) for d, text in rows)


def table_rows(routes: str) -> list[tuple[str, str]]:
    """The rows of `show route`: destination, and the text after it with its next-hop lines."""
    rows: list[tuple[str, str]] = []
    destination = ""
    for line in routes.splitlines()[:-1]:
        text = _CODE.sub("", line)
        if text.startswith("\t"):
            rows[-1] = (rows[-1][0], f"{rows[-1][1]}\n{text}")
        else:
            if not text.startswith(" "):
                destination, _, text = text.partition(" ")
            rows.append((destination, text.strip()))
    return rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """All that is known of one recorded daemon. `routes` is the whole table, or None if untold;
    `table_routes` the same of a daemon with a table for each family.
    """

    sessions: tuple[Session, ...] = ()
    routes: tuple[Route, ...] | None = None
    table_routes: tuple[TableRoute, ...] | None = None
    protocols: dict[str, str] = field(default_factory=dict)
    texts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    facts: dict[str, object] = field(default_factory=dict)

    def missing(self, ask: Callable[[str], bytes]) -> str | None:
        """The first thing that BIRD does not show (yet)."""

        def said(command: str) -> str:
            return ask(command).decode(errors="surrogateescape")

        details = said("show protocols all") if self.sessions or self.protocols else ""
        return (
            next(filter(None, (session.missing(details) for session in self.sessions)), None)
            or self._missing_protocol(details)
            or (self._missing_route(said("show route")) if self.routes is not None else None)
            or (self._missing_table(said("show route")) if self.table_routes is not None else None)
            or self._missing_text(said)
        )

    def _missing_protocol(self, details: str) -> str | None:
        for name, kind in self.protocols.items():
            if not re.search(rf"^1002-{re.escape(name)} +{kind} ", details, re.MULTILINE):
                return f"no {kind} protocol {name}"
        return None

    def _missing_route(self, table: str) -> str | None:
        rows, expected = table_rows(table), self.routes or ()
        if absent := [route for route in expected if not route.shown_by(rows)]:
            return f"no row {absent[0]} in {rows}"
        if len(rows) != len(expected):
            return f"{len(rows)} rows instead of {len(expected)}: {rows}"
        return None

    def _missing_table(self, shown: str) -> str | None:
        rows, expected = tables.table_rows(shown), self.table_routes or ()
        if absent := [route for route in expected if not route.shown_by(rows)]:
            return f"no row {absent[0]} in {rows}"
        if len(rows) != len(expected):
            return f"{len(rows)} rows instead of {len(expected)}: {rows}"
        return None

    def _missing_text(self, said: Callable[[str], str]) -> str | None:
        for command, texts in self.texts.items():
            answer = said(command)
            if absent := [text for text in texts if text not in answer]:
                return f"{command}: no {absent[0]!r} in {answer[-3000:]!r}"
        return None

    def document(self) -> dict[str, object]:
        """As JSON: bytes in hexadecimal, a session with its peer type."""
        sessions = []
        for session in self.sessions:
            entry = asdict(session)
            entry["type"] = session.type
            entry["message"] = None if session.message is None else session.message.hex()
            sessions.append(entry)
        routes = None if self.routes is None else [asdict(route) for route in self.routes]
        several = self.table_routes
        return {
            "peers": sessions,
            "routes": routes,
            **({} if several is None else {"table_routes": [asdict(route) for route in several]}),
            "protocols": self.protocols,
            "texts": self.texts,
            **self.facts,
        }
