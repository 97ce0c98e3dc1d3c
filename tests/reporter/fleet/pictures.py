"""Clusters to look at: what the library would say of them, made by hand in its own types."""

from collections.abc import Iterator
from datetime import UTC, datetime

from birdstatus.fleet import Check, Finding, NotLookedAt, Pair, Side, Summary
from birdstatus.fleet.verdicts import PairVerdict, SideVerdict

AT = datetime(2026, 11, 25, 16, 0, tzinfo=UTC)
# What a peer may put into a description, a name or a reason, and what must be shown as it is written.
HOSTILE = (
    "<img src=x onerror=\"document.title='owned'\"></script><script>document.title='owned'</script>"
)
REVERSED = "evil\u202egpj.\x1b[2J"


def names(count: int, *, hostile: bool = False) -> list[str]:
    nodes = [f"node-{number:02}" for number in range(count)]
    if hostile:
        nodes[0], nodes[1] = HOSTILE, REVERSED
    return nodes


def _side(node: str, verdict: SideVerdict, state: str = "", since: str = "10:14:02") -> Side:
    return Side(node, "10.0.0.1", verdict, state, since if state else "", "NodeMesh")


def pairs(nodes: list[str], *, faults: bool) -> Iterator[Pair]:
    """A mesh, and a router that all peer with."""
    kinds: dict[tuple[int, int], tuple[PairVerdict, SideVerdict, SideVerdict]] = {
        (0, 1): ("missing", "absent", "absent"),
        (0, 4): ("asymmetric", "up", "down"),
        (1, 4): ("one-sided", "down", "absent"),
        (1, 5): ("unexpected", "up", "up"),
        (2, 5): ("duplicate", "up", "down"),
        (4, 5): ("unknown", "up", "unknown"),
    }
    states: dict[SideVerdict, str] = {"up": "Established", "down": "Active"}
    for first, node in enumerate(nodes):
        for second in range(first + 1, len(nodes)):
            verdict, here, there = kinds.get((first, second), ("up", "up", "up"))
            if 3 in {first, second}:
                verdict, here, there = "down", "down", "not-ready"
            if not faults:
                verdict, here, there = "up", "up", "up"
            yield Pair(
                4,
                verdict,
                _side(node, here, states.get(here, "")),
                _side(nodes[second], there, states.get(there, "")),
                "NodeMesh",
                ("BGPConfiguration/default",),
            )
        yield Pair(
            4, "up", _side(node, "up", "Established"), Side("", "10.0.0.254", "external"),
            "GlobalPeer", (f"BGPPeer/{HOSTILE if HOSTILE in nodes else 'tor'}",),
        )  # fmt: skip


def check(nodes: list[str], *, faults: bool) -> Check:
    every = list(pairs(nodes, faults=faults))
    down = tuple(pair for pair in every if pair.verdict == "down")
    if not faults:
        return Check(Summary(len(nodes), len(nodes), 2 * len(every), 2 * len(every)), (), ())
    evidence = (f"BIRD of {nodes[3]} does not answer.", f"It said {nodes[0]!r} before.")
    return Check(
        Summary(len(nodes), len(nodes) - 1, 90, 70, 18, 2, 6, errors=2, warnings=1, unknown=1),
        (
            Finding("config", "error", (), (), (f"BGPPeer/{nodes[0]}",), ("It matches no node.",)),
            Finding("daemon-not-ready", "error", (nodes[3],), down, (), evidence, "See its log."),
            Finding(
                "one-sided", "warning", (nodes[1],), down[:1], ("BGPPeer/tor",), ("It waits.",)
            ),
            Finding("no-report", "unknown", (nodes[5],), (), (), (f"{nodes[1]} says nothing.",)),
        ),
        (NotLookedAt("IPAMBlock", f"these credentials may not list them: {nodes[0]}"),),
    )
