"""What the reporter shows to Prometheus. One registry for each reporter.

Labels come from bounded sets, but for peers: their number is bounded by ``--max-peer-series``.
Totals always count them all.
"""

from __future__ import annotations

from collections import Counter as Tally
from datetime import UTC, timedelta, timezone
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from birdstatus.errors import printable
from birdstatus.projection import daemon_status, peer
from birdstatus.times import resolve_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from prometheus_client.metrics_core import Metric

    from birdstatus import CalicoNodeStatusStatus
    from birdstatus.models import RouteStatus
    from birdstatus.records import Protocol, RouteCounts
    from reporter.agent.delivery import Delivered
    from reporter.bird.control_socket import Family
    from reporter.bird.snapshot import FamilyAnswer
    from reporter.settings import Settings

__all__ = ["Metrics"]

PREFIX = "birdstatus_"
_MAX_LABEL = 80


def _label(text: str | None) -> str:
    """A label value from BIRD's text: no control characters, and not longer than a screen's line."""
    return printable(text or "")[:_MAX_LABEL]


class Metrics(Collector):
    """The metrics of one reporter."""

    def __init__(self, settings: Settings, now: Callable[[], float]) -> None:
        """``now`` is Unix time in seconds."""
        self._max_peers = settings.max_peer_series
        self._now = now
        self._answers: dict[Family, FamilyAnswer] = {}
        self._answered_at: dict[Family, float] = {}
        self._last_good: dict[str, float] = {}
        self._counted: RouteStatus | None = None
        self._routes: Tally[tuple[str, str, str]] = Tally()
        self._truncated: dict[str, dict[str, int]] = {}
        self._others: set[str] = set()
        self._starved: set[str] = set()
        self._objects = 0
        self._registry = registry = CollectorRegistry()
        self._duration = Histogram(
            PREFIX + "collection_duration_seconds",
            "How long a daemon took for its answers.",
            ["family"],
            registry=registry,
            buckets=(0.005, 0.02, 0.1, 0.5, 2, 5, 10),
        )
        self._failures = Counter(
            PREFIX + "collection_failures_total",
            "Times that a daemon could not be read whole, by reason.",
            ["family", "reason"],
            registry=registry,
        )
        self._writes = Counter(
            PREFIX + "status_writes_total", "Status writes that succeeded.", registry=registry
        )
        self._bytes = Counter(
            PREFIX + "status_write_bytes_total",
            "Bytes of the status writes that succeeded, as JSON.",
            registry=registry,
        )
        self._errors = Counter(
            PREFIX + "status_write_errors_total",
            "Status writes that failed, by HTTP status; 409 are conflicts.",
            ["code"],
            registry=registry,
        )
        self._internal_errors = Counter(
            PREFIX + "internal_errors_total",
            "Faults of the reporter itself that it survived; each is in the log.",
            registry=registry,
        )
        registry.register(self)

    def exposition(self) -> bytes:
        """The text for a scrape."""
        return generate_latest(self._registry)

    def answered(self, family: Family, answer: FamilyAnswer) -> None:
        """Take note of what a daemon said of a family."""
        label, time = str(family), self._now()
        # Replaced as a whole: a scrape reads it in another thread.
        self._answers = {**self._answers, family: answer}
        self._answered_at = {**self._answered_at, family: time}
        self._duration.labels(label).observe(answer.seconds)
        if answer.failure:
            self._failures.labels(label, answer.failure.reason).inc()
        else:
            self._last_good = {**self._last_good, label: time}

    def reported(self, status: CalicoNodeStatusStatus) -> None:
        """Take note of a status: its routes, by type and source."""
        # The same table again is the same objects, and quickly seen to be.
        if status.routes is not None and status.routes != self._counted:
            self._counted = status.routes
            self._routes = Tally(
                (family, route.type or "", _source(route.learnedFrom))
                for family, routes in (("4", status.routes.routesV4), ("6", status.routes.routesV6))
                for route in routes
            )

    def delivered(self, done: Delivered) -> None:
        """Take note of what came of a write."""
        if done.conflicts:
            self._errors.labels(str(HTTPStatus.CONFLICT.value)).inc(done.conflicts)
        if done.error is not None and done.error.status != HTTPStatus.CONFLICT:
            self._errors.labels(done.error.reason).inc()
        if done.bytes_written:
            self._writes.inc()
            self._bytes.inc(done.bytes_written)

    def internal_error(self) -> None:
        """Count a fault of this program's own."""
        self._internal_errors.inc()

    def object_starved(self, name: str, *, starved: bool) -> None:
        """Take note of whether others change an object before it can be written."""
        self._starved = self._starved | {name} if starved else self._starved - {name}

    def object_state(self, name: str, truncated: dict[str, int], *, other_writer: bool) -> None:
        """Take note of an object's truncation and whether somebody else writes it."""
        self._truncated = {**self._truncated, name: truncated}
        self._others = self._others | {name} if other_writer else self._others - {name}

    def objects(self, names: Iterable[str]) -> None:
        """Take note of the objects that there are; what was said of others is forgotten."""
        names = set(names)
        self._objects = len(names)
        self._others, self._starved = self._others & names, self._starved & names
        self._truncated = {name: rows for name, rows in self._truncated.items() if name in names}

    def collect(self) -> Iterable[Metric]:
        """The gauges, made from the last answers when they are asked for."""
        yield GaugeMetricFamily(
            PREFIX + "objects", "CalicoNodeStatus objects of this node.", self._objects
        )
        yield GaugeMetricFamily(
            PREFIX + "objects_with_another_writer",
            "Objects whose status somebody else writes too.",
            len(self._others),
        )
        yield GaugeMetricFamily(
            PREFIX + "objects_starved",
            "Objects that others change so often that their status cannot be written.",
            len(self._starved),
        )
        truncated = GaugeMetricFamily(
            PREFIX + "truncated_rows", "Rows left out of statuses for their size.", labels=["kind"]
        )
        for kind in ("peers", "FIB", "RIB"):
            rows = sum(one.get(kind, 0) for one in self._truncated.values())
            truncated.add_metric([kind], rows)
        yield truncated
        yield from self._daemons()
        yield from self._sessions()
        routes = GaugeMetricFamily(
            PREFIX + "routes",
            "Routes as last reported, by use and source.",
            labels=["family", "type", "source"],
        )
        for labels, count in self._routes.items():
            routes.add_metric(labels, count)
        yield routes

    def _daemons(self) -> Iterable[Metric]:
        up = GaugeMetricFamily(PREFIX + "daemon_ready", "1 where BIRD is Ready.", labels=["family"])
        info = GaugeMetricFamily(
            PREFIX + "daemon_info",
            "Version and router ID of BIRD.",
            labels=["family", "version", "router_id"],
        )
        recovering = GaugeMetricFamily(
            PREFIX + "daemon_graceful_restart",
            "1 while BIRD recovers from a graceful restart.",
            labels=["family"],
        )
        good = GaugeMetricFamily(
            PREFIX + "last_collection_timestamp_seconds",
            "When BIRD was last read whole, in Unix time.",
            labels=["family"],
        )
        for family, answer in self._answers.items():
            label = str(family)
            said = daemon_status(answer.report)
            up.add_metric([label], said.state == "Ready")
            status = answer.report.status
            if status is not None:
                info.add_metric([label, _label(said.version), _label(said.routerID)], 1)
                recovering.add_metric([label], status.graceful_restart is not None)
            if label in self._last_good:
                good.add_metric([label], self._last_good[label])
        yield from (up, info, recovering, good)

    def _sessions(self) -> Iterable[Metric]:
        totals: Tally[tuple[str, str, str]] = Tally()
        labels = ["family", "name", "peer", "type"]
        up = GaugeMetricFamily(PREFIX + "session_up", "1 where Established.", labels=labels)
        by_channel = [*labels, "channel", "table"]
        imported = GaugeMetricFamily(
            PREFIX + "session_imported_routes",
            "Routes imported from a session, by its channel and the table that they go to.",
            labels=by_channel,
        )
        exported = GaugeMetricFamily(
            PREFIX + "session_exported_routes",
            "Routes exported to a session, by its channel and the table that they come from.",
            labels=by_channel,
        )
        since = GaugeMetricFamily(
            PREFIX + "session_since_timestamp_seconds",
            "When the state of a session last changed, in Unix time.",
            labels=labels,
        )
        limited = 0
        for family, answer in self._answers.items():
            sessions = [one for one in answer.report.protocols or () if one.type == "BGP"]
            limited += max(0, len(sessions) - self._max_peers)
            server_time = answer.report.status.server_time if answer.report.status else ""
            zone = _zone(server_time, self._answered_at[family])
            for index, protocol in enumerate(sessions):
                shown = peer(protocol)
                totals[str(family), shown.type or "other", shown.state or ""] += 1
                if index < self._max_peers:
                    values = _peer_labels(str(family), protocol)
                    up.add_metric(values, shown.state == "Established")
                    changed = resolve_time(protocol.since, server_time, zone) if zone else None
                    told = answer.changed_at.get(protocol.name)
                    if told is not None:
                        since.add_metric(values, told)
                    elif changed is not None:
                        since.add_metric(values, changed.at.timestamp())
                    for channel, table, counts in _counts(family, protocol):
                        imported.add_metric([*values, channel, table], counts.imported)
                        exported.add_metric([*values, channel, table], counts.exported)
        sessions_total = GaugeMetricFamily(
            PREFIX + "sessions",
            "BGP sessions by state.",
            labels=["family", "type", "state"],
        )
        for key, count in totals.items():
            sessions_total.add_metric(key, count)
        yield from (sessions_total, up, since, imported, exported)
        yield GaugeMetricFamily(
            PREFIX + "sessions_without_series",
            "Sessions over --max-peer-series, counted in birdstatus_sessions only.",
            limited,
        )


def _zone(server_time: str, now: float) -> timezone | None:
    """The time zone of a daemon: how far its clock's face is from UTC, in quarters of an hour."""
    told = resolve_time(server_time, server_time, UTC)
    if told is None:
        return None
    quarters = round((told.at.timestamp() - now) / 900)
    return timezone(timedelta(minutes=15 * quarters)) if abs(quarters) < 96 else None


def _counts(family: Family, protocol: Protocol) -> Iterable[tuple[str, str, RouteCounts]]:
    """The routes of a session by channel and table: BIRD 1.6 has one channel, of the daemon's family."""
    if protocol.routes is not None:
        yield f"ipv{family}", _label(protocol.table), protocol.routes
    for channel in protocol.channels:
        if channel.routes is not None:
            yield _label(channel.name), _label(channel.table), channel.routes


def _source(learned_from: Any) -> str:  # noqa: ANN401
    return (learned_from and learned_from.sourceType) or "other"


def _peer_labels(family: str, protocol: Protocol) -> list[str]:
    shown = peer(protocol)
    return [family, _label(protocol.name), _label(shown.peerIP), shown.type or "other"]
