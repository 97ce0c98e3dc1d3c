"""A watch under way: one event a line, as soon as it is there, and an end when nothing comes."""

from __future__ import annotations

import contextlib
import http.client
import threading
import time
from typing import TYPE_CHECKING

import urllib3

from reporter.kube import answers
from reporter.kube.api import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reporter.kube.api import Document
    from reporter.redaction import Redactor

__all__ = ["HttpStream"]

# The longest line. An object is at most 1.5 MiB in etcd, and JSON may need six characters for one of them.
MAX_LINE = 12 << 20


class HttpStream:
    """The lines of a response. Iterated once, by one thread; closed from any.

    It fails when no whole line came for ``quiet`` seconds, also if bytes trickle in.
    """

    def __init__(
        self,
        response: urllib3.BaseHTTPResponse,
        what: str,
        quiet: float,
        redactor: Redactor,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._response = response
        self._what = what
        self._quiet = quiet
        self._redactor = redactor
        self._clock = clock
        self._closed = threading.Event()
        self._is_quiet = False
        self._line_at = clock()

    def __iter__(self) -> Iterator[Document]:
        """The events, checked.

        Raises:
            ApiError: the connection broke, or a line is no event, or it is the server's error.
        """
        watchdog = threading.Thread(target=self._watch_for_quiet, name="watch-quiet", daemon=True)
        watchdog.start()
        try:
            for line in self._lines():
                self._line_at = self._clock()
                yield answers.event(line, self._what)
        except ApiError as error:
            raise self._redacted(error) from None
        except (
            urllib3.exceptions.HTTPError,
            http.client.HTTPException,
            OSError,
            ValueError,
            AttributeError,
        ) as error:
            # AttributeError: urllib3 meets its own closed file if another thread closed it.
            if self._is_quiet or isinstance(error, urllib3.exceptions.ReadTimeoutError):
                raise self._quiet_error() from None
            if self._closed.is_set():
                return
            text = f"cannot {self._what}: it broke off ({str(error) or type(error).__name__})"
            raise ApiError(0, self._redactor.line(text)) from None
        finally:
            self._closed.set()
            self._response.close()
            watchdog.join()

    def close(self) -> None:
        """Shut the connection, so that a thread that reads from it comes back."""
        self._closed.set()
        with contextlib.suppress(OSError, ValueError, RuntimeError):  # it has ended by itself
            self._response.shutdown()

    def _lines(self) -> Iterator[bytes]:
        """What is there, at once: neither a chunk nor a whole body is waited for.

        Raises:
            ApiError: a line is longer than any event.
        """
        rest = bytearray()
        while piece := self._response.read1(65536, decode_content=False):
            begin = len(rest)
            rest += piece
            if b"\n" in piece:
                *lines, last = bytes(rest).split(b"\n")
                rest = bytearray(last)
                yield from (line for line in lines if line.strip())
            elif begin > MAX_LINE:
                text = f"cannot {self._what}: a line of more than {MAX_LINE >> 20} MiB"
                raise ApiError(0, text, reason="malformed")
        if self._is_quiet:
            raise self._quiet_error()
        if rest.strip() and not self._closed.is_set():
            yield bytes(rest)  # whole without its line feed, or found to be half an event

    def _watch_for_quiet(self) -> None:
        while True:
            left = self._line_at + self._quiet - self._clock()
            if left <= 0:
                self._is_quiet = True
                self.close()
                return
            if self._closed.wait(left):
                return

    def _quiet_error(self) -> ApiError:
        text = f"cannot {self._what}: nothing came for {self._quiet:g} s"
        return ApiError(0, text, reason="quiet")

    def _redacted(self, error: ApiError) -> ApiError:
        """The same with a message that may be shown: it can hold words of the server's."""
        error.message = self._redactor.line(error.message)
        error.args = (error.message,)
        return error
