"""A look as Prometheus metrics: counts by node, type and verdict, never a series for a pair."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client.metrics_core import Metric

    from reporter.fleet.look import Look

__all__ = ["exposition"]

_PREFIX = "birdstatus_fleet"


def exposition(look: Look | None, *, seconds: float, failures: int) -> bytes:
    """The text that Prometheus reads: of a look, if there was one, how long it took, and the API's failures."""
    registry = CollectorRegistry()
    registry.register(_Collector(look, seconds, failures))
    return generate_latest(registry)


class _Collector:
    def __init__(self, look: Look | None, seconds: float, failures: int) -> None:
        self._look = look
        self._seconds = seconds
        self._failures = failures

    def collect(self) -> Iterator[Metric]:
        yield CounterMetricFamily(
            f"{_PREFIX}_api_failures",
            "Failures of the Kubernetes API since the start.",
            self._failures,
        )
        look = self._look
        if look is None:
            return
        summary = look.check.summary
        yield GaugeMetricFamily(
            f"{_PREFIX}_last_look_timestamp_seconds",
            "When the cluster was looked at last.",
            look.at.timestamp() if look.at else 0.0,
        )
        yield GaugeMetricFamily(
            f"{_PREFIX}_look_duration_seconds", "How long the newest look took.", self._seconds
        )
        yield GaugeMetricFamily(f"{_PREFIX}_nodes", "Nodes of the cluster.", summary.nodes_total)
        yield GaugeMetricFamily(
            f"{_PREFIX}_nodes_reporting",
            "Nodes with a report that is not too old.",
            summary.nodes_reporting,
        )
        yield from _findings(look)
        yield _sessions(look)


def _findings(look: Look) -> Iterator[Metric]:
    family = GaugeMetricFamily(
        f"{_PREFIX}_findings", "Findings by kind and severity.", labels=("kind", "severity")
    )
    counts = Counter((finding.kind, finding.severity) for finding in look.check.findings)
    for labels, count in sorted(counts.items()):
        family.add_metric(labels, count)
    yield family
    yield GaugeMetricFamily(
        f"{_PREFIX}_ok", "1 if nothing is wrong and nothing unknown.", float(look.exit_code == 0)
    )


def _sessions(look: Look) -> Metric:
    family = GaugeMetricFamily(
        f"{_PREFIX}_sessions",
        "Sessions at each end that is a node, by the verdict on the pair.",
        labels=("node", "type", "verdict"),
    )
    for labels, count in sorted(look.counts.items()):
        family.add_metric(labels, count)
    return family
