"""Kubernetes Events on the objects: what a person who looks at one should know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from birdstatus.errors import printable
from reporter.kube.api import ApiError
from reporter.retry import TokenBucket

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from reporter.kube.api import NodeStatusApi
    from reporter.kube.resource import NodeStatusObject
    from reporter.log_on_change import LogOnChange

__all__ = ["NAMESPACE", "EventRecorder"]

# Where Kubernetes keeps the events of what has no namespace.
NAMESPACE = "default"
COMPONENT = "birdstatus-reporter"
# The API server refuses longer messages.
_MAX_MESSAGE = 1024


class EventRecorder:
    """Records Events, from one thread.

    A daemon that comes and goes all the time is not allowed to flood the API server.
    """

    def __init__(
        self,
        api: NodeStatusApi,
        node_name: str,
        troubles: LogOnChange,
        now: Callable[[], datetime],
        clock: Callable[[], float],
    ) -> None:
        """``now`` is the time in UTC, ``clock`` monotonic seconds."""
        self._api = api
        self._node_name = node_name
        self._troubles = troubles
        self._now = now
        self._allowance = TokenBucket(clock, burst=100, seconds_each=12.0)

    def record(
        self,
        about: NodeStatusObject,
        kind: Literal["Normal", "Warning"],
        reason: str,
        message: str,
    ) -> bool:
        """Record an Event; whether it was recorded. Blocks for an API call.

        ``message`` is made safe and cut to what the API server takes.
        """
        if not self._allowance.take():
            return False
        text = printable(message)
        if len(text) > _MAX_MESSAGE:
            text = text[: _MAX_MESSAGE - 1] + "…"
        time = self._now().isoformat(timespec="seconds").replace("+00:00", "Z")
        event: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"generateName": f"{about.name[:200]}.", "namespace": NAMESPACE},
            "involvedObject": {
                "apiVersion": about.api_version,
                "kind": "CalicoNodeStatus",
                "name": about.name,
                "uid": about.uid,
                "resourceVersion": about.resource_version,
            },
            "type": kind,
            "reason": reason,
            "message": text,
            "source": {"component": COMPONENT, "host": self._node_name},
            "firstTimestamp": time,
            "lastTimestamp": time,
            "count": 1,
        }
        try:
            self._api.create_event(NAMESPACE, event)
        except ApiError as error:
            self._troubles.fail("events", error.reason, error.message)
            return False
        self._troubles.clear("events", "Events are recorded again")
        return True
