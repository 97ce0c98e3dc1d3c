"""What a recording of BIRD 2 or 3 must show: routes in their tables, with next hops on lines below."""

import re
from dataclasses import dataclass

_CODE = re.compile(r"^(?:\d{4}[- ]| )")
_TABLE = re.compile(r"Table (\S+):")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One next hop of a route; without a gateway the interface leads there directly."""

    gateway: str = ""
    interface: str
    weight: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRoute:
    """A route of one table: `hops` of a unicast route, else the `word` that says where it leads."""

    table: str
    destination: str
    protocol: str
    word: str = "unicast"
    hops: tuple[Hop, ...] = ()
    mark: str = "*"
    sender: str | None = None

    def shown_by(self, rows: list[tuple[str, str, str]]) -> bool:
        """Whether one of the rows, each with its table and destination filled in, is this route."""
        sender = rf" from {re.escape(self.sender)}" if self.sender else ""
        mark = rf" {re.escape(self.mark)}" if self.mark else r"(?! [*!])"
        several = len(self.hops) > 1
        row = re.compile(
            rf"{self.word} \[{re.escape(self.protocol)} [^\n]*?{sender}\]{mark} [^\n]*"
            + "".join(self._hop(hop, several=several) for hop in self.hops)
        )
        return any(
            (table, destination) == (self.table, self.destination) and row.fullmatch(text)
            for table, destination, text in rows
        )

    @staticmethod
    def _hop(hop: Hop, *, several: bool) -> str:
        way = f"via {hop.gateway} on {hop.interface}" if hop.gateway else f"dev {hop.interface}"
        weight = f" weight {hop.weight}" if several else ""
        return rf"\n\t{re.escape(way)}(?: mpls [0-9/]+)?(?: onlink)?{weight}"


def table_rows(routes: str) -> list[tuple[str, str, str]]:
    """The rows of `show route`: table, destination, and the text after it with its next-hop lines."""
    rows: list[tuple[str, str, str]] = []
    table = destination = ""
    for line in routes.splitlines()[:-1]:
        text = _CODE.sub("", line)
        heading = _TABLE.fullmatch(text)
        if heading:
            table, destination = heading[1], ""
        elif text.startswith("\t"):
            rows[-1] = (*rows[-1][:2], f"{rows[-1][2]}\n{text}")
        elif text:
            if not text.startswith(" "):
                found = re.match(r"(.*?) +(?=\S* ?\[)", text)
                destination = found[1] if found else text
                text = text[len(found[0]) :] if found else ""
            rows.append((table, destination, text.strip()))
    return rows
