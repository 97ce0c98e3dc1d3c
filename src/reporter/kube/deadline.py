"""One deadline for the whole of an API call, whatever it waits for.

A socket's timeout is for one read: a server that sends a byte a second never meets it. Names are looked up,
addresses tried and proxies asked without any. So each call runs in a thread of its own, and who waits for it
waits no longer than the deadline. The thread is then left alone: its connection is shut down under it, which
ends it wherever it reads or writes. One that hangs before it has a connection, in the look-up of a name, ends
when the system gives up; there are never more than :data:`MOST_LEFT` of them.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import urllib3
import urllib3.connection

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Calls", "DeadlineError", "pool_classes"]

MOST_LEFT = 16

Result = TypeVar("Result")


class DeadlineError(Exception):
    """The call was not over in time, or could not be begun; the text says which."""


class _Call(Generic[Result]):
    """One call: the connection that it uses now, and what came of it."""

    def __init__(self, work: Callable[[], Result]) -> None:
        self._work = work
        self._lock = threading.Lock()
        self._connection: urllib3.connection.HTTPConnection | None = None
        self._socket: socket.socket | None = None
        self._is_cut = False
        self.result: Result | None = None
        self.error: BaseException | None = None

    def run(self) -> None:
        _current.call = self
        try:
            self.result = self._work()
        except BaseException as error:  # noqa: BLE001 - whoever waits for the call gets it
            self.error = error

    def uses(self, connection: urllib3.connection.HTTPConnection) -> None:
        with self._lock:
            if self._is_cut:
                raise OSError("the call has been given up")
            self._connection = connection
            # An answer without a length takes the socket from its connection.
            self._socket = getattr(connection, "sock", None)

    def cut(self) -> None:
        with self._lock:
            self._is_cut = True
            sockets = {self._socket, getattr(self._connection, "sock", None)}
            self._connection = self._socket = None
        for found in sockets:
            shut_down(found)


# The call that a thread of this module is for.
_current = threading.local()


def shut_down(connection: socket.socket | None) -> None:
    """End a connection under the thread that uses it, which then meets its end."""
    if connection is not None:
        with contextlib.suppress(OSError):
            # Not as a TLS socket does it: that forgets its session under the reader's feet.
            socket.socket.shutdown(connection, socket.SHUT_RDWR)


class Calls:
    """Runs calls, each with a deadline. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left: list[threading.Thread] = []

    def within(self, seconds: float, work: Callable[[], Result]) -> Result:
        """What ``work`` returns or raises, if that is in time.

        Raises:
            DeadlineError: it is not, or there is no thread to be had for it.
        """
        with self._lock:
            self._left = [thread for thread in self._left if thread.is_alive()]
            if len(self._left) >= MOST_LEFT:
                raise DeadlineError(f"{MOST_LEFT} earlier calls still hang")
        call = _Call(work)
        thread = threading.Thread(target=call.run, name="api-call", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            raise DeadlineError("the system gives no thread for it") from None
        thread.join(seconds)
        if thread.is_alive():
            call.cut()
            with self._lock:
                self._left.append(thread)
            raise DeadlineError(f"not answered whole in {seconds:g} s")
        if call.error is not None:
            raise call.error
        return call.result  # type: ignore[return-value]  # no error: it is what work returned


class _Watched(urllib3.connection.HTTPConnection):
    """A connection that its call can shut down."""

    def connect(self) -> None:
        _tell_call(self)
        super().connect()

    def getresponse(self) -> urllib3.HTTPResponse:  # type: ignore[override]  # as urllib3's
        _tell_call(self)
        return super().getresponse()


class _WatchedTls(urllib3.connection.HTTPSConnection):
    """The same over TLS."""

    def connect(self) -> None:
        _tell_call(self)
        super().connect()

    def getresponse(self) -> urllib3.HTTPResponse:  # type: ignore[override]  # as urllib3's
        _tell_call(self)
        return super().getresponse()


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Watched


class _TlsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _WatchedTls


def _tell_call(connection: urllib3.connection.HTTPConnection) -> None:
    call: _Call[Any] | None = getattr(_current, "call", None)
    if call is not None:
        call.uses(connection)


def pool_classes() -> dict[str, type[urllib3.HTTPConnectionPool]]:
    """For ``PoolManager.pool_classes_by_scheme``: pools of connections that a call can shut down."""
    return {"http": _Pool, "https": _TlsPool}
