"""The installed reporter on a node of a ten-node mesh: what a refresh costs, and its memory.

Both daemons are generated replies on real control sockets, the API server is a stand-in; both are
in this process, the reporter in its own. Its processor time is the kernel's count of all its
threads, the ended ones too.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import replies
from api_stand_in import ApiStandIn
from figures import Figure
from measuring import Samples, cpu_seconds, environment, peak

from reporter.bird.recorded import RecordedDaemon

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["reporter"]

NODE = "node-a"
COMMAND = Path(sys.executable).parent / "birdstatus-reporter"
PEERS = 9
# Of the specification's sample, in seconds.
PERIOD = 10
ROUTES = 30


def reporter(refreshes: int, objects: int) -> Iterator[Figure]:
    with running(1) as (process, daemon, api):
        wait_for(lambda: api.patches >= 5)
        each = Samples(tuple(one_refresh(process.pid, daemon) for _ in range(refreshes)))
        written = api.bytes_written / api.patches
        alone = peak(process.pid)
    setting = f"reporter, ten-node mesh ({PEERS} peers, {ROUTES} routes, both families)"
    yield Figure.of(
        f"{setting}, one refresh unchanged", each, "ms of CPU", 5,
        f"lastUpdated written each time, {written:.0f} bytes on average",
    )  # fmt: skip
    share = each.median / 1e3 / PERIOD * 100
    yield Figure(
        f"{setting}, at a period of {PERIOD} s", share, "% of a core", 0.05, note="of that refresh"
    )
    with running(1, "--heartbeat=change") as (process, daemon, _):
        wait_for(lambda: daemon.connections >= 5)
        quiet = Samples(tuple(one_refresh(process.pid, daemon) for _ in range(refreshes)))
    yield Figure.of(f"{setting}, with --heartbeat=change", quiet, "ms of CPU")
    yield Figure(f"{setting}, peak memory", alone, "MB", 60)
    with running(1 + objects) as (process, _, api):
        wait_for(lambda: api.patches >= 5 * (1 + objects), 90)
        more = (peak(process.pid) - alone) / objects
    yield Figure(
        "each further CalicoNodeStatus, peak memory", more, "MB", 0.5, note=f"of {objects}"
    )


def mesh(family: int) -> dict[str, bytes]:
    """What a daemon of the mesh answers."""
    rows = replies.mesh_rows(PEERS, ROUTES, family)
    return {
        "show status": replies.status_reply(),
        "show protocols all": replies.protocols_reply(PEERS, family=family),
        "show route": replies.reply_of(rows),
    }


@contextlib.contextmanager
def running(
    objects: int, *options: str
) -> Iterator[tuple[subprocess.Popen[bytes], RecordedDaemon, ApiStandIn]]:
    """A reporter at work; the IPv4 daemon counts how often it was asked."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="birdbench-")))
        sockets = {4: folder / "bird.ctl", 6: folder / "bird6.ctl"}
        daemons = {
            family: stack.enter_context(RecordedDaemon(path, mesh(family)))
            for family, path in sockets.items()
        }
        api = stack.enter_context(ApiStandIn(NODE, [f"status-{at}" for at in range(objects)]))
        kubeconfig = folder / "kubeconfig"
        api.write_kubeconfig(kubeconfig)
        command = [str(COMMAND), "run", f"--kubeconfig={kubeconfig}", f"--node-name={NODE}"]
        command += [f"--bird-socket={sockets[4]}", f"--bird6-socket={sockets[6]}"]
        command += ["--listen=127.0.0.1:0", "--heartbeat=period", *options]
        log = stack.enter_context((folder / "log").open("w+"))
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=log, env=environment())
        try:
            yield process, daemons[4], api
        except TimeoutError:
            log.seek(0)
            print(log.read(), file=sys.stderr)
            raise
        finally:
            process.terminate()
            process.wait(10)


def one_refresh(pid: int, daemon: RecordedDaemon) -> float:
    """Milliseconds of CPU over one second: its refresh, and all that the process does besides.

    Counted from the middle between two refreshes to the next middle.
    """
    wait_for_next(daemon)
    time.sleep(0.5)
    before, asked = cpu_seconds(pid), daemon.connections
    wait_for_next(daemon)
    time.sleep(0.5)
    return (cpu_seconds(pid) - before) * 1e3 / (daemon.connections - asked)


def wait_for_next(daemon: RecordedDaemon) -> None:
    asked = daemon.connections
    wait_for(lambda: daemon.connections > asked)


def wait_for(true: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError("the reporter does not report")
        time.sleep(0.01)
