"""The client that is used now, made of the credentials that are current.

Credentials are read anew when a call is refused or finds no way (401, 403, TLS, no connection), when they
expire, and once a minute; each at most as often as a back-off allows, for a plugin may be costly. What is
read and cannot be used replaces nothing: the old credentials may be good for a while.
"""

from __future__ import annotations

import random
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from kubernetes import client

from birdstatus.errors import printable
from reporter.kube.api import ApiError, CredentialsError
from reporter.kube.deadline import pool_classes
from reporter.retry import Backoff

if TYPE_CHECKING:
    from collections.abc import Callable

    from reporter.kube.credentials import Credentials, CredentialSource

__all__ = ["Session"]

# Tokens of a ServiceAccount are replaced long before they expire; client-go looks once a minute as well.
_LOOK = 60.0
# Read anew so long before it expires.
_BEFORE_EXPIRY = timedelta(seconds=15)


class Session:
    """Gives the client for the next call. Safe to use from several threads; reads in one at a time."""

    def __init__(
        self,
        source: CredentialSource,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """``clock`` is monotonic seconds, ``now`` the time in UTC by which credentials expire."""
        self._source = source
        self._clock = clock
        self._now = now
        self._lock = threading.Lock()
        self._reading = threading.Lock()
        self._backoff = Backoff(random.random, first=1.0, most=30.0)
        self._current: tuple[Credentials, client.ApiClient] | None = None
        self._doubted = False
        self._doubted_at = -_LOOK
        self._not_before = 0.0
        self._look_at = 0.0
        self._failure = ""

    @property
    def host(self) -> str:
        """The API server's address, for messages."""
        current = self._current
        return printable(current[0].configuration.host) if current else "the API server"

    @property
    def why_not_renewed(self) -> str:
        """The end of a message: why credentials that are in doubt could not be read anew."""
        return f"; they cannot be read anew: {self._failure}" if self._failure else ""

    def doubt(self) -> None:
        """A call failed in a way that other credentials might heal: read them anew for the next."""
        with self._lock:
            self._doubted = True
            self._doubted_at = self._clock()

    def accepted(self) -> None:
        """A call was answered by a server that knows who asks."""
        with self._lock:
            # A role that lacks one right refuses one call of many, for ever.
            if not self._doubted and self._clock() - self._doubted_at > _LOOK:
                self._backoff.succeed()

    def client(self, what: str) -> client.ApiClient:
        """The client for a call. ``what`` it does is for the error.

        Raises:
            ApiError: there are no credentials that could be used.
        """
        if self._is_due() and self._reading.acquire(blocking=False):
            try:
                self._read()
            finally:
                self._reading.release()
        current = self._current
        if current is None:
            why = self._failure or "they are being read"
            text = f"cannot {what}: no credentials that can be used: {why}; mend them, or give --kubeconfig"
            raise ApiError(0, text, reason="credentials")
        return current[1]

    def close(self) -> None:
        """Close the kept connections, and remove the files that were made."""
        with self._lock:
            current, self._current = self._current, None
        _close(current)

    def _is_due(self) -> bool:
        now = self._clock()
        with self._lock:
            if now < self._not_before:
                return False
            if self._current is None or self._doubted or now >= self._look_at:
                return True
            expires = self._current[0].expires
        return expires is not None and self._now() >= expires - _BEFORE_EXPIRY

    def _read(self) -> None:
        with self._lock:
            self._not_before = self._clock() + self._backoff.fail()
        try:
            fresh = self._source.load()
        except CredentialsError as error:
            self._failure = str(error)
            return
        with self._lock:
            self._failure = ""
            if not self._doubted:
                self._backoff.succeed()
                self._not_before = 0.0
            self._doubted = False
            self._look_at = self._clock() + _LOOK
            old = self._current
            if old is not None and old[0].fingerprint == fresh.fingerprint:
                old[0].expires = fresh.expires
                unused: tuple[Credentials, client.ApiClient | None] | None = (fresh, None)
            else:
                self._current = (fresh, _client_of(fresh.configuration))
                unused = old
        _close(unused)


def _client_of(configuration: client.Configuration) -> client.ApiClient:
    api = client.ApiClient(configuration)
    api.rest_client.pool_manager.pool_classes_by_scheme = pool_classes()
    return api


def _close(pair: tuple[Credentials, client.ApiClient | None] | None) -> None:
    if pair is not None:
        credentials, api = pair
        if api is not None:
            api.close()  # type: ignore[no-untyped-call]
        credentials.close()
