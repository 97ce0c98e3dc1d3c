"""What readers of others make of the recordings of one release, beside what is recorded: two counts.

    git clone https://github.com/czerwonk/bird_exporter
    git clone https://github.com/alice-lg/birdwatcher
    python docs/readers/compare.py bird_exporter birdwatcher tests/fixtures/3.4.0

Needs Go. Their parsers are built as they are, with a few lines beside them that print what they read.
"""

# ruff: noqa: D103, S603, T201 - a script beside its page, which runs Go and prints what it found

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from birdstatus import parse_protocols, parse_routes

HERE = Path(__file__).parent
COLUMNS = ("received", "rejected", "filtered", "ignored", "accepted")
ROWS = {
    "ImportUpdates": "import_updates", "ImportWithdraws": "import_withdraws",
    "ExportUpdates": "export_updates", "ExportWithdraws": "export_withdraws",
}  # fmt: skip


def built(folder: Path, module: str, parts: dict[str, Path]) -> Path:
    """The program that these files of a module make; its dependencies are the newest."""
    for name, source in parts.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    (folder / "go.mod").write_text(f"module {module}\n\ngo 1.24\n")
    program = folder / "reader"
    for command in (["go", "mod", "tidy"], ["go", "build", "-o", str(program), "./cmd"]):
        subprocess.run(command, cwd=folder, check=True, stderr=subprocess.DEVNULL)
    return program


def said(program: Path, recording: Path) -> list[Any]:
    with recording.open() as text:
        done = subprocess.run([program], stdin=text, capture_output=True, check=False)
    # One that broke off has read nothing.
    return [json.loads(line) for line in done.stdout.splitlines()]


def counter_rows(program: Path, recordings: list[Path]) -> tuple[int, int]:
    """How many rows of the route change tables are right, and how many there are with any count."""
    right = rows = 0
    for recording in recordings:
        read = {found["Name"]: found for found in said(program, recording)}
        for protocol in parse_protocols(recording.read_bytes()):
            tables = [one.changes for one in protocol.channels if one.changes]
            # It keeps one table for each protocol.
            for row, name in ROWS.items() if len(tables) == 1 else ():
                counts = tables[0][name]
                if not any(counts.values()):
                    continue
                theirs = read.get(protocol.name, {}).get(row, {})
                rows += 1
                right += all(theirs.get(one.title(), 0) == (counts[one] or 0) for one in COLUMNS)
    return right, rows


def next_hops(program: Path, recordings: list[Path]) -> tuple[int, int]:
    """How many next hops with a gateway are read with their network, and how many there are."""
    right = hops = 0
    for recording in recordings:
        found = [one for document in said(program, recording) for one in document["routes"]]
        theirs = Counter(
            (one.get("network"), one.get("gateway"), one.get("interface")) for one in found
        )
        for route in parse_routes(recording.read_bytes(), []):
            for hop in route.next_hops:
                if hop.gateway and not hop.table and not route.network_type:
                    hops += 1
                    key = (route.prefix, hop.gateway, hop.interface)
                    right += theirs[key] > 0
                    theirs[key] -= 1
    return right, hops


def main(exporter: Path, watcher: Path, release: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        first, second = Path(name, "exporter"), Path(name, "watcher")
        parts = {
            str(path.relative_to(exporter)): path
            for folder in ("parser", "protocol")
            for path in (exporter / folder).glob("*.go")
            if not path.stem.endswith("_test")
        }
        program = built(first, "github.com/czerwonk/bird_exporter",
                        parts | {"cmd/main.go": HERE / "exporter.go.txt"})  # fmt: skip
        found = sorted(release.glob("*/birdc_show_protocols_all.txt"))
        right, rows = counter_rows(program, found)
        print(f"bird_exporter: {right} of {rows} rows of counters")
        program = built(second, "github.com/alice-lg/birdwatcher", {
            "bird/parser.go": watcher / "bird" / "parser.go",
            "bird/line_iterator.go": watcher / "bird" / "line_iterator.go",
            "bird/export.go": HERE / "watcher_export.go.txt",
            "cmd/main.go": HERE / "watcher.go.txt",
        })  # fmt: skip
        found = sorted(release.glob("*/birdc_show_route_all.txt"))
        right, hops = next_hops(program, found)
        print(f"birdwatcher: {right} of {hops} next hops")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
