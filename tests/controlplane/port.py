"""A loopback port that stays ours."""

import socket
from types import TracebackType
from typing import Self


class ReservedPort:
    """A free TCP port of 127.0.0.1, held from now to the end of the `with` block.

    It is bound here with SO_REUSEPORT and never listened on. The kernel gives such a port to nobody
    who does not ask for sharing, and every connection goes to the server that listens. So no other
    program can take the port before the server starts, nor while a test keeps that server down;
    a client then meets a refused connection, as on a host whose API server is down.
    """

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            self._socket.bind(("127.0.0.1", 0))
        except OSError:
            self._socket.close()
            raise
        self.number: int = self._socket.getsockname()[1]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.close()
