"""The real servers, and what they are seen to spend: from /proc, and from their own metrics."""

# ruff: noqa: SLF001 - it measures what is inside

from __future__ import annotations

import os
import re
import time
import urllib.request
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from controlplane import ControlPlane

__all__ = ["Spent", "spent"]

_TICKS = os.sysconf("SC_CLK_TCK")
RESOURCE = "caliconodestatuses"


@dataclass(frozen=True)
class Spent:
    """Sums since the servers began. ``time`` is monotonic; CPU is in seconds."""

    time: float
    etcd_cpu: float
    api_cpu: float
    etcd_bytes: float
    etcd_puts: float
    requests: float
    watch_events: float

    def since(self, before: Spent) -> Spent:
        """The differences."""
        return Spent(
            *(getattr(self, one.name) - getattr(before, one.name) for one in fields(Spent))
        )

    @property
    def cores(self) -> float:
        """Of a difference: both servers."""
        return (self.etcd_cpu + self.api_cpu) / self.time


def spent(plane: ControlPlane, *, is_end: bool = False) -> Spent:
    """What both servers have spent so far. Looking costs them something, which is not between two looks."""
    if is_end:
        times = _times(plane)
    with urllib.request.urlopen(f"{plane._etcd_url}/metrics", timeout=60) as answer:
        of_etcd = answer.read().decode()
    of_api = plane.kubectl("get", "--raw", "/metrics")
    if not is_end:
        times = _times(plane)
    return Spent(
        *times,
        _sum(of_etcd, "etcd_network_client_grpc_received_bytes_total"),
        _sum(of_etcd, "etcd_debugging_mvcc_put_total"),
        _sum(of_api, "apiserver_request_total"),
        _sum(of_api, "apiserver_watch_events_total", f'resource="{RESOURCE}"'),
    )


def _times(plane: ControlPlane) -> tuple[float, float, float]:
    etcd, api = (_cpu(pid) for pid in plane.process_ids)
    return time.monotonic(), etcd, api


def _cpu(pid: int) -> float:
    fields_of_stat = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields_of_stat[11]) + int(fields_of_stat[12])) / _TICKS


def _sum(exposition: str, name: str, label: str = "") -> float:
    found = re.findall(rf"^{name}(\{{[^\n]*\}})? ([\d.e+-]+)$", exposition, re.MULTILINE)
    return sum(float(value) for labels, value in found if label in labels)
