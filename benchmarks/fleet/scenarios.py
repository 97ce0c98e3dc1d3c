"""What happens to a cluster, and what it costs."""

from __future__ import annotations

import itertools
import time
from dataclasses import asdict, dataclass, field
from statistics import quantiles
from typing import TYPE_CHECKING

from fleet.cluster import RESOURCE, Fleet, Observer
from fleet.played import MARK
from fleet.servers import spent
from reporter.kube.api import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from fleet.cluster import Cluster
    from fleet.played import Shape
    from fleet.servers import Spent

__all__ = ["Measured", "Scenarios"]

_serial = itertools.count(1)


@dataclass
class Measured:
    """One row: what was done, by how many nodes, and the cost of a second of it.

    ``cores`` and the sums of the servers are above nothing; latencies are in seconds, -1 if none was taken.
    """

    what: str
    nodes: int
    shape: str
    seconds: float
    cores: float
    etcd_bytes: float = 0.0
    requests: float = 0.0
    watch_events: float = 0.0
    sent: float = 0.0
    received: float = 0.0
    p50: float = -1.0
    p99: float = -1.0
    note: str = ""

    @classmethod
    def of(cls, what: str, nodes: int, shape: str, found: Spent, idle: Spent | None) -> Measured:
        def each(name: str) -> float:
            less = getattr(idle, name) / idle.time if idle is not None else 0.0
            return float(getattr(found, name)) / found.time - less

        cores = found.cores - (idle.cores if idle is not None else 0.0)
        return cls(
            what, nodes, shape, found.time, cores, each("etcd_bytes"), each("requests"),
            each("watch_events"),
        )  # fmt: skip

    def row(self) -> dict[str, object]:
        return asdict(self)


@dataclass
class Scenarios:
    """Everything that is done with one cluster of virtual nodes; each takes so many seconds."""

    cluster: Cluster
    say: Callable[[str], None]
    seconds: float
    idle: Spent
    rows: list[Measured] = field(default_factory=list)

    def fleet(  # noqa: PLR0913, PLR0917 - what there is to choose
        self,
        count: int,
        name: str,
        shape: Shape,
        heartbeat: float | None,
        objects: str,
        chosen: list[str],
    ) -> None:
        """Start so many nodes, and have happen to them what was chosen."""
        self.say(f"{count} {name} nodes: making objects")
        self.cluster.fill(count)
        with Fleet(self.cluster, count, shape, heartbeat, objects) as fleet:
            begun = time.monotonic()
            fleet.tell("start", max(5.0, count / 100))
            fleet.settle(600)
            self.say(f"all have their first status after {time.monotonic() - begun:.0f} s")
            # First turns of a watch are short ones.
            time.sleep(15)
            for what in chosen:
                row = getattr(self, f"_{what}")(fleet, name)
                self.rows.append(row)
                self.say(
                    f"{what}: {row.cores:.4f} cores, {row.requests:.1f} requests/s, {row.etcd_bytes:.0f} B/s "
                    f"into etcd, p50 {row.p50:.2f} p99 {row.p99:.2f} {row.note}"
                )

    def _over(self, fleet: Fleet, what: str, name: str, seconds: float | None = None) -> Measured:
        _, sent, received = fleet.traffic()
        row = Measured.of(
            what, fleet.count, name, self.cluster.over(seconds or self.seconds), self.idle
        )
        _, sent_after, received_after = fleet.traffic()
        row.sent = (sent_after - sent) / row.seconds
        row.received = (received_after - received) / row.seconds
        return row

    def _steady(self, fleet: Fleet, name: str) -> Measured:
        return self._over(fleet, "steady", name)

    def _changing(self, fleet: Fleet, name: str) -> Measured:
        """A twentieth of the nodes changes a route each second: of fifty routes, 1 % in a period."""
        changed: dict[tuple[str, str], float] = {}
        with Observer(self.cluster) as observer:
            row = self._during(fleet, "changing", name, lambda: self._change(fleet, 0.05, changed))
            self._await(changed, observer, 30)
        return _timed(row, changed, observer)

    def _change(self, fleet: Fleet, share: float, changed: dict[tuple[str, str], float]) -> None:
        serial = next(_serial)
        word = f"{MARK}{serial // 250 % 250}.{serial % 250}"
        for found in fleet.tell("change", share, serial):
            changed |= {(node, word): at for node, at in found.items()}

    def _during(
        self, fleet: Fleet, what: str, name: str, each_second: Callable[[], None]
    ) -> Measured:
        """The cost of some seconds in each of which something happens."""

        _, sent, received = fleet.traffic()
        before = spent(self.cluster.plane)
        end = time.monotonic() + self.seconds
        while (now := time.monotonic()) < end:
            each_second()
            time.sleep(max(0.0, now + 1 - time.monotonic()))
        found = spent(self.cluster.plane, is_end=True).since(before)
        row = Measured.of(what, fleet.count, name, found, self.idle)
        _, sent_after, received_after = fleet.traffic()
        row.sent = (sent_after - sent) / row.seconds
        row.received = (received_after - received) / row.seconds
        return row

    def _await(
        self, changed: dict[tuple[str, str], float], observer: Observer, seconds: float
    ) -> None:
        # A change may be overtaken by the next one of the same node; those are not waited for.
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not changed.keys() <= observer.seen.keys():
            time.sleep(0.2)

    def _lost(self, fleet: Fleet, name: str) -> Measured:
        """A node goes away: each other node has a session less, all at one moment."""
        with Observer(self.cluster) as observer:
            changed: dict[tuple[str, str], float] = {}

            def lose() -> None:
                if not changed:
                    for found in fleet.lose(next(_serial), lost=True):
                        changed.update({(node, "1 active"): at for node, at in found.items()})

            row = self._during(fleet, "node lost", name, lose)
            self._await(changed, observer, 60)
        row = _timed(row, changed, observer)
        last = max(observer.seen.get(key, float("inf")) for key in changed)
        row.note = f"all objects right after {last - min(changed.values()):.1f} s"
        fleet.lose(next(_serial), lost=False)
        time.sleep(12)
        return row

    def _flap(self, fleet: Fleet, name: str) -> Measured:
        """A session of every node goes down and up each second."""
        state = itertools.cycle([True, False])
        row = self._during(fleet, "flap", name, lambda: _flip(fleet, next(state)))
        fleet.lose(next(_serial), lost=False)
        time.sleep(12)
        return row

    def _restarted(self, fleet: Fleet, name: str) -> Measured:
        """Every reporter is restarted, one after the other."""

        _, sent, received = fleet.traffic()
        before = spent(self.cluster.plane)
        fleet.tell("restart", self.seconds)
        found = spent(self.cluster.plane, is_end=True).since(before)
        row = Measured.of("restarted", fleet.count, name, found, self.idle)
        _, sent_after, received_after = fleet.traffic()
        row.sent = (sent_after - sent) / row.seconds
        row.received = (received_after - received) / row.seconds
        return row

    def _api_restart(self, fleet: Fleet, name: str) -> Measured:
        """The API server is away for five seconds; a change of every node meanwhile is to arrive."""
        before = sum(fleet.traffic()[0].values())
        self.cluster.plane.stop_apiserver()
        time.sleep(5)
        changed: dict[tuple[str, str], float] = {}
        self._change(fleet, 1.0, changed)
        word = next(iter(changed))[1]
        self.cluster.plane.start_apiserver()
        back = time.monotonic()
        most = 0.0
        last, requests = back, sum(fleet.traffic()[0].values())
        refused = requests - before
        missing = fleet.count
        while missing and time.monotonic() < back + 120:
            time.sleep(2)
            now, total = time.monotonic(), sum(fleet.traffic()[0].values())
            most = max(most, (total - requests) / (now - last))
            last, requests = now, total
            missing = fleet.count - self._showing(word)
        right = time.monotonic() - back
        row = Measured("API restarted", fleet.count, name, right, 0.0)
        row.note = (
            f"{refused} requests failed while it was away; at most {most:.0f} requests a second after; "
            f"{fleet.count - missing} of {fleet.count} right after {right:.0f} s"
        )
        return row

    def _showing(self, word: str) -> int:

        try:
            listing = self.cluster.admin.list_objects(
                RESOURCE, "", lambda one: {
                    "metadata": one["metadata"],
                    "shows": any(
                        route.get("gateway") == word
                        for route in ((one.get("status") or {}).get("routes") or {}).get("routesV4", ())
                    ),
                },
            )  # fmt: skip
        except ApiError:
            return 0
        return sum(item["shows"] for item in listing.items)


def _flip(fleet: Fleet, lost: bool) -> None:  # noqa: FBT001 - read beside its one call
    fleet.lose(next(_serial), lost=lost)


def _timed(row: Measured, changed: dict[tuple[str, str], float], observer: Observer) -> Measured:
    late = [observer.seen[key] - at for key, at in changed.items() if key in observer.seen]
    if len(late) > 1:
        cuts = quantiles(late, n=100, method="inclusive")
        row.p50, row.p99 = cuts[49], cuts[98]
    unseen = len(changed) - len(late)
    row.note = f"{len(changed)} changes, {unseen} overtaken by a later one" if unseen else row.note
    return row
