"""The picture and the tables of docs/scale.md, from what was measured."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

__all__ = ["write_page"]

DOCS = Path(__file__).parent.parent.parent / "docs"
BEGIN, END = "<!-- made by make bench-fleet -->\n", "<!-- end of what is made -->\n"
_WIDTH, _HEIGHT, _MARGIN = 640, 360, 56
_COLOURS = {"steady small": "#0b6", "steady mesh": "#06b", "steady large": "#a0b", "Leases": "#999"}


def write_page(results: Path) -> None:
    """Put the tables between the marks of the page, and the picture beside it."""
    found = json.loads(results.read_text())
    page = DOCS / "scale.md"
    text = page.read_text()
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    page.write_text(before + BEGIN + _tables(found) + END + after)
    (DOCS / "scale.svg").write_text(_picture(found["rows"]))


def _tables(found: dict[str, Any]) -> str:
    machine = ", ".join(f"{name} {value}" for name, value in found["machine"].items())
    heading = (
        "| what | nodes | cores | B/s into etcd | requests/s | watch events/s | sent B/s | received B/s "
        "| p50 s | p99 s | |"
    )
    lines = ["", f"{machine}. CPU is of kube-apiserver and etcd together, above idle.", "", heading]
    lines.append("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|")
    for row in found["rows"]:
        times = [f"{row[name]:.2f}" if row[name] >= 0 else "" for name in ("p50", "p99")]
        cores = f"{row['cores']:.4f}" if row["cores"] else ""
        cells = [f"{row['what']} {row['shape']}".strip(), f"{row['nodes']:,}", cores]
        cells += [
            f"{row['etcd_bytes']:,.0f}",
            f"{row['requests']:.1f}",
            f"{row['watch_events']:.1f}",
        ]
        cells += [f"{row['sent']:,.0f}", f"{row['received']:,.0f}", *times, row["note"]]
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", *_extrapolated(found["rows"]), ""]
    return "\n".join(lines)


def _extrapolated(rows: list[dict[str, Any]]) -> list[str]:
    steady = [row for row in rows if row["what"] == "steady" and row["shape"] == "small"]
    if len(steady) < 2:
        return []
    first, last = steady[-2:]
    slope = (last["cores"] - first["cores"]) / (last["nodes"] - first["nodes"])
    at = last["cores"] + slope * (10_000 - last["nodes"])
    between = f"From {first['nodes']:,} to {last['nodes']:,} small nodes"
    each = f"one more costs {slope * 1e6:.2f} millionths of a core"
    return [f"{between} {each}; at that slope 10,000 would take {at:.4f} cores."]


def _picture(rows: list[dict[str, Any]]) -> str:
    """Cores over nodes, both logarithmic."""
    series: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        name = f"{row['what']} {row['shape']}".strip()
        if name in _COLOURS and row["cores"] > 0:
            series.setdefault(name, []).append((row["nodes"], row["cores"]))
    plain = [row["cores"] for row in rows if row["what"] == "plain writers"]
    points = [point for found in series.values() for point in found] + [(10, one) for one in plain]
    if not points:
        return '<svg xmlns="http://www.w3.org/2000/svg"/>\n'
    low = math.floor(math.log10(min(cores for _, cores in points)))
    high = math.ceil(math.log10(max(cores for _, cores in points)))
    right = math.ceil(math.log10(max(nodes for nodes, _ in points)))

    def x(nodes: float) -> float:
        return _MARGIN + (math.log10(nodes) - 1) / max(right - 1, 1) * (_WIDTH - 2 * _MARGIN)

    def y(cores: float) -> float:
        return (
            _HEIGHT
            - _MARGIN
            - (math.log10(cores) - low) / max(high - low, 1) * (_HEIGHT - 2 * _MARGIN)
        )

    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
    paper = f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>'
    parts = [f'{svg} font-family="sans-serif" font-size="11">{paper}']
    for power in range(low, high + 1):
        parts.append(_line(x(10), y(10**power), x(10**right), y(10**power), "#ddd"))
        parts.append(_text(4, y(10**power) + 4, f"{10.0**power:g} cores"))
    for power in range(1, right + 1):
        parts.append(_line(x(10**power), y(10**low), x(10**power), y(10**high), "#ddd"))
        parts.append(_text(x(10**power) - 12, _HEIGHT - _MARGIN + 16, f"{10**power:,}"))
    for cores in plain:
        parts.append(_line(x(10), y(cores), x(10**right), y(cores), "#c00"))
        parts.append(_text(x(10) + 4, y(cores) - 4, "ten plain writers"))
    for at, (name, found) in enumerate(series.items()):
        colour = _COLOURS[name]
        path = " ".join(f"{x(nodes):.1f},{y(cores):.1f}" for nodes, cores in sorted(found))
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [
            f'<circle cx="{x(n):.1f}" cy="{y(c):.1f}" r="3" fill="{colour}"/>' for n, c in found
        ]
        parts.append(f'<text x="{_WIDTH - 170}" y="{18 + 14 * at}" fill="{colour}">{name}</text>')
    parts.append(_text(_WIDTH / 2 - 20, _HEIGHT - 12, "nodes"))
    return "\n".join([*parts, "</svg>", ""])


def _line(x1: float, y1: float, x2: float, y2: float, colour: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'


def _text(x: float, y: float, text: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="#444">{text}</text>'
