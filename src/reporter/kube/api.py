"""The Kubernetes API as the reporter needs it: protocols, and one kind of error for all that goes wrong.

Nothing here knows a client: who only catches :class:`ApiError` does not load one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = [
    "PLURAL",
    "ApiError",
    "CredentialsError",
    "Document",
    "FailedCall",
    "Listing",
    "NoCredentialsError",
    "NodeStatusApi",
    "Resource",
    "Stream",
]

PLURAL = "caliconodestatuses"

Document = dict[str, Any]


# Why a call failed that the API server did not refuse.
FailedCall = Literal["unreachable", "timeout", "quiet", "tls", "malformed", "credentials"]


class ApiError(Exception):
    """A call that the API server refused, that did not reach it, or whose answer cannot be used.

    Attributes:
        status: the HTTP status of a refusal; 0 where there was no answer, or none that can be used. Of a write
            with status 0 nobody knows if it was applied.
        message: one line of safe text without any secret: what was done, and what came of it.
        retry_after: seconds that the server asks to be left alone for, if it does; 0 to 300.
        reason: a bounded name for logs and metrics: the HTTP status as text, or a :data:`FailedCall`.
    """

    def __init__(
        self,
        status: int,
        message: str,
        retry_after: float | None = None,
        *,
        reason: FailedCall = "unreachable",
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.retry_after = retry_after
        self.reason: str = str(status) if status else reason


class CredentialsError(Exception):
    """Credentials that cannot be used as they are now: the text says which and why, without a secret."""


class NoCredentialsError(Exception):
    """There are no credentials, and none can come without a new start."""


@dataclass(frozen=True, slots=True)
class Resource:
    """Where this API server has ``CalicoNodeStatus``, and whether with a ``/status`` subresource."""

    group_version: str
    has_status: bool

    @property
    def path(self) -> str:
        """The collection's URL path."""
        return f"/apis/{self.group_version}/{PLURAL}"


@dataclass(frozen=True, slots=True)
class Listing:
    """A list as of a version, from which a watch can go on."""

    items: list[Document]
    resource_version: str


class Stream(Protocol):
    """A watch under way: its events, until it ends; closed from any thread."""

    def __iter__(self) -> Iterator[Document]:
        """The events ADDED, MODIFIED, DELETED and BOOKMARK, each ``{"type": ..., "object": ...}``, checked.

        Raises:
            ApiError: the connection broke, what came is no event, or the server says that it failed.
        """

    def close(self) -> None:
        """End it at once."""


class NodeStatusApi(Protocol):
    """The calls that the reporter makes. Each raises :class:`ApiError` and nothing else."""

    def discover(self) -> Resource:
        """Find ``CalicoNodeStatus``."""

    def list_objects(
        self,
        resource: Resource,
        field_selector: str,
        keep: Callable[[Document], Document] = lambda document: document,
    ) -> Listing:
        """All objects that the selector lets through; of each, what ``keep`` returns for it is held."""

    def count_objects(self, resource: Resource) -> int:
        """How many objects there are, of all nodes; costs the API server as much as one of them."""

    def watch(
        self,
        resource: Resource,
        field_selector: str,
        resource_version: str,
        *,
        metadata_only: bool,
        seconds: float | None = None,
    ) -> Stream:
        """What changes from that version on, with bookmarks; for so many seconds, if given."""

    def get(self, resource: Resource, name: str) -> Document:
        """One object."""

    def patch_status(
        self, resource: Resource, name: str, patch: bytes, *, is_json_patch: bool = False
    ) -> Document:
        """Change the ``status`` of an object and nothing else; its new metadata.

        ``patch`` is a merge patch (RFC 7386) or a JSON patch (RFC 6902), made on the object as it is then.
        409 or 422 if a version or a test in it does not hold.
        """

    def create_event(self, namespace: str, event: Document) -> None:
        """Record a core/v1 Event."""
