"""Makes the pictures of terminals in ``docs/pictures``: each is what a command really printed.

The daemons behind ``show`` are recordings of real ones, played on control sockets in a temporary folder; the
cluster behind ``kubectl birdstatus`` is that of ``birdstatus-reporter demo --cluster``.

    python docs/make_pictures.py            write the files
    python docs/make_pictures.py --check    exit 1 if a file is not what would be written
"""

# ruff: noqa: S603 - runs this project's own commands

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from reporter.bird.recorded import RecordedDaemon, recording

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

DOCS = Path(__file__).parent
BIN = Path(sys.executable).parent
BROKEN = DOCS.parent / "tests" / "fixtures" / "1.6.8" / "unreachable-peers-v4"

COLUMNS = 100
# The one thing that differs each time.
LOOKED_AT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")

SGR = re.compile(r"\x1b\[([0-9;]*)m")
COLOURS = {"32": "#7ee787", "1;31": "#ff9b8e"}
# A character of the font at 14 pixels, and a line.
WIDTH, HEIGHT, MARGIN = 8.43, 20, 16
FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"


def main(arguments: Sequence[str]) -> int:
    """Write the pictures, or compare them; the exit code."""
    stale = []
    for name, picture in pictures():
        path = DOCS / "pictures" / name
        if "--check" in arguments:
            written = path.read_text(encoding="utf-8") if path.exists() else ""
            if _steady(written) != _steady(picture):
                stale.append(name)
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(picture, encoding="utf-8")
    if stale:
        sys.stderr.write(
            f"not what commands print now: {', '.join(stale)}; python docs/make_pictures.py\n"
        )
    return 1 if stale else 0


def pictures() -> Iterator[tuple[str, str]]:
    """The name and the text of each picture."""
    with tempfile.TemporaryDirectory() as folder, daemons(Path(folder)) as sockets:
        flags = [f"--bird-socket={sockets[0]}", f"--bird6-socket={sockets[1]}"]
        shown = printed([BIN / "birdstatus-reporter", "show", "--node-name=node-a", *flags])
    yield "show.svg", svg("birdstatus-reporter show", shown)
    cluster = subprocess.run(
        [BIN / "birdstatus-reporter", "demo", "--cluster"], capture_output=True, check=True
    ).stdout
    done = subprocess.run(
        [BIN / "kubectl-birdstatus", "-f", "-"], input=cluster, capture_output=True, check=False
    )
    lines = [line for text in done.stdout.decode().splitlines() for line in broken(text)]
    yield "fleet.svg", svg("kubectl birdstatus", "\n".join(lines))


class daemons:  # noqa: N801 - used as a function
    """A node whose IPv4 daemon has sessions that are down; its two sockets."""

    def __init__(self, folder: Path) -> None:
        replies: Mapping[str, bytes] = {
            "show status": (BROKEN / "show_status.raw").read_bytes(),
            "show protocols all": (BROKEN / "show_protocols_all.raw").read_bytes(),
        }
        self._daemons = [
            RecordedDaemon(folder / "bird.ctl", replies),
            RecordedDaemon(folder / "bird6.ctl", recording(6)),
        ]

    def __enter__(self) -> tuple[Path, Path]:
        first, second = (daemon.__enter__() for daemon in self._daemons)
        return first.path, second.path

    def __exit__(self, *_: object) -> None:
        for daemon in self._daemons:
            daemon.__exit__(None, None, None)


def printed(command: Sequence[object]) -> str:
    """What a command writes to a terminal, with its colours."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    environment = {"PATH": os.environ["PATH"], "TERM": "xterm"}
    with subprocess.Popen(list(map(str, command)), stdout=theirs, env=environment) as process:
        os.close(theirs)
        written = b""
        try:
            while piece := os.read(ours, 65536):
                written += piece
        except OSError:  # the other end is closed
            pass
        process.wait()
    os.close(ours)
    return written.decode().replace("\r\n", "\n").rstrip("\n")


def broken(line: str) -> Iterator[str]:
    """A line as a terminal breaks it."""
    yield line[:COLUMNS]
    for start in range(COLUMNS, len(line), COLUMNS):
        yield line[start : start + COLUMNS]


def svg(title: str, text: str) -> str:
    """A terminal with a command and what it printed, as SVG that loads nothing."""
    lines = [f"$ {title}", *text.split("\n")]
    width = round(COLUMNS * WIDTH + 2 * MARGIN)
    height = len(lines) * HEIGHT + 2 * MARGIN
    rows = "\n".join(
        f'<text y="{MARGIN + (number + 1) * HEIGHT - 6}" xml:space="preserve">{_spans(line)}</text>'
        for number, line in enumerate(lines)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" font-family="{FONT}" font-size="14" fill="#e6edf3">\n'
        f"<title>{escape(title)}</title>\n"
        f'<rect width="{width}" height="{height}" rx="8" fill="#0d1117"/>\n{rows}\n</svg>\n'
    )


def _spans(line: str) -> str:
    parts = SGR.split(line)
    # A run of characters is given its width, so that columns stand straight in any font.
    spans, column = [], 0
    for colour, part in zip(["", *parts[1::2]], parts[::2], strict=True):
        if part:
            place = f' x="{MARGIN + column * WIDTH:.1f}" textLength="{len(part) * WIDTH:.1f}"'
            fill = f' fill="{COLOURS[colour]}"' if colour in COLOURS else ""
            spans.append(f"<tspan{place}{fill}>{escape(part)}</tspan>")
        column += len(part)
    return "".join(spans)


def _steady(picture: str) -> str:
    return LOOKED_AT.sub("TIME", picture)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
