"""A recorded mesh on real control sockets: BIRD for those who have none at hand.

The recordings are whole replies of BIRD 1.6.8 daemons in a mesh of three nodes, and of BIRD 3.4.0 in the
same mesh, which serves both families. The server speaks as much of the control protocol as the reporter
uses; to anything else it answers as BIRD does to what it does not know.
"""

from __future__ import annotations

import contextlib
import socket
import tempfile
import threading
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType

__all__ = ["RELEASES", "RecordedDaemon", "recorded_mesh", "recording", "recording_of_both"]

# What the recorded mesh can be played of: the major version of BIRD.
RELEASES = (1, 3)

GREETING = b"0001 BIRD 1.6.8 ready.\n"
GREETING_OF_BOTH = b"0001 BIRD 3.4.0 ready.\n"
OK = b"0000 \n"
RESTRICTED = b"0016 Access restricted\n"
SYNTAX_ERROR = b"9001 syntax error\n"
_FILES = {
    "show status": "show_status.raw",
    "show protocols all": "show_protocols_all.raw",
    "show route": "show_route.raw",
}
_FILES_OF_BOTH = {
    "show status": "show_status.raw",
    "show protocols all": "show_protocols_all.raw",
    # As seconds since 1970: the reporter has asked for that.
    "show protocols": "show_protocols.raw",
    "show route table master4": "show_route_table_master4.raw",
    "show route table master6": "show_route_table_master6.raw",
}


def recording(family: int) -> dict[str, bytes]:
    """The recorded replies of one daemon, by command."""
    folder = files("reporter.bird") / "recordings" / f"mesh-v{family}"
    return {command: (folder / name).read_bytes() for command, name in _FILES.items()}


def recording_of_both() -> dict[str, bytes]:
    """The recorded replies of the daemon that serves both families, by command."""
    folder = files("reporter.bird") / "recordings" / "mesh-bird3"
    replies = {command: (folder / name).read_bytes() for command, name in _FILES_OF_BOTH.items()}
    return {**replies, 'timeformat "%s"': OK}


class RecordedDaemon:
    """Serves replies on a Unix control socket, from ``with`` to the end of its block.

    ``replies`` may be changed while it serves; ``connections`` counts how many were taken.
    """

    def __init__(
        self, path: Path, replies: Mapping[str, bytes], *, greeting: bytes = GREETING
    ) -> None:
        self.path = path
        self.replies = {"restrict": RESTRICTED, **replies}
        self.greeting = greeting
        self.connections = 0
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._listener.bind(str(self.path))
        self._listener.listen()
        self._start(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """As a daemon that shuts down: every session ends, the socket goes away."""
        for one in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._listener.close()
        self.path.unlink(missing_ok=True)

    def _start(self, work: object, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                self._open.add(connection)
                self._threads = [one for one in self._threads if one.is_alive()]
                self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.sendall(self.greeting)
            with connection.makefile("rb") as lines:
                for line in lines:
                    command = line.decode("ascii", "replace").strip()
                    connection.sendall(self.replies.get(command, SYNTAX_ERROR))
        self._open.discard(connection)


@contextlib.contextmanager
def recorded_mesh(release: int = 1) -> Iterator[dict[int, Path]]:
    """The daemons of a node of the recorded mesh; their control sockets by family.

    Of BIRD 3 there is one daemon: at the second path is no socket.
    """
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="birdstatus-")))
        paths = {4: folder / "bird.ctl", 6: folder / "bird6.ctl"}
        if release == 1:
            for family, path in paths.items():
                stack.enter_context(RecordedDaemon(path, recording(family)))
        else:
            daemon = RecordedDaemon(paths[4], recording_of_both(), greeting=GREETING_OF_BOTH)
            stack.enter_context(daemon)
        yield paths
