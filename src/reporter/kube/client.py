"""The official Kubernetes client behind :class:`reporter.kube.api.NodeStatusApi`.

The official client has authentication, kubeconfig and TLS. What is here is the few calls, each with one
deadline, one kind of error for everything that goes wrong, and credentials that heal.
"""

from __future__ import annotations

import http.client
import json
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Self, TypeVar

import urllib3

from reporter.kube import answers
from reporter.kube.api import PLURAL, ApiError, Listing, Resource
from reporter.kube.deadline import Calls, DeadlineError
from reporter.kube.field_managers import FIELD_MANAGER
from reporter.kube.session import Session
from reporter.kube.stream import HttpStream

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from reporter.kube.api import Document, FailedCall, Stream
    from reporter.kube.credentials import CredentialSource

__all__ = ["KubeApi"]

V3 = "projectcalico.org/v3"
V1 = "crd.projectcalico.org/v1"

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
# What is read of an answer to a patch is metadata; the API server then leaves out the rest.
METADATA_ONLY = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"
METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"

# An object is at most 1.5 MiB in etcd; with its escapes, and some of them in one answer, this is enough.
MAX_ANSWER = 32 << 20
_MAX_REFUSAL = 64 << 10
# Seconds by which the end of a watch may be late.
_GRACE = 5.0
# Objects asked for at once. A list that is too large is asked for again in smaller parts.
_PAGE = 500


class KubeApi:
    """:class:`NodeStatusApi` over the official client. Safe to use from several threads.

    Each call ends within ``timeout`` seconds, whatever the other side does: looking up, connecting, a
    handshake, and every byte of the answer. A watch ends when it has brought no whole line for
    ``watch_quiet`` seconds.
    """

    def __init__(
        self,
        source: CredentialSource,
        *,
        api_group: str = "",
        timeout: float = 10.0,
        watch_quiet: float = 90.0,
    ) -> None:
        """``source`` is read at the first call, and again when that may help. Times are seconds."""
        self._redactor = source.redactor
        self._session = Session(source)
        self._calls = Calls()
        self._api_group = api_group
        self._timeout = timeout
        self._watch_quiet = watch_quiet
        self._trouble = ""

    @property
    def trouble(self) -> str:
        """Why the API server is silent, in one line; empty since it last answered, whatever it said."""
        return self._trouble

    def close(self) -> None:
        """Close the kept connections."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def discover(self) -> Resource:
        """The group that was named; else Calico's own rule (libcalico-go k8s/discovery.go).

        v3 where it stands alone. Where v1 is there too, v3 is only a facade before it.
        """
        groups = (self._api_group,) if self._api_group else (V1, V3)
        for group in groups:
            found = self._find(group)
            if found is not None:
                return found
        raise ApiError(
            HTTPStatus.NOT_FOUND,
            f"the API server has no {PLURAL} in {' or '.join(groups)}; install Calico, or run "
            "'birdstatus-reporter crd | kubectl apply -f -'",
        )

    def _find(self, group_version: str) -> Resource | None:
        what = f"ask for {group_version}"
        try:
            answer = self.call("GET", f"/apis/{group_version}", what)
        except ApiError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise
        names = answers.resource_names(answer, what)
        return Resource(group_version, f"{PLURAL}/status" in names) if PLURAL in names else None

    def list_objects(
        self,
        resource: Resource,
        field_selector: str,
        keep: Callable[[Document], Document] = lambda document: document,
    ) -> Listing:
        """All objects that the selector lets through; in parts, so that no answer is too large."""
        what = f"list {PLURAL}"
        query = [("fieldSelector", field_selector)] if field_selector else []
        page, items, following = _PAGE, list[Any](), ""
        while True:
            parts = [("limit", str(page)), *([("continue", following)] if following else [])]
            try:
                answer = self.call("GET", resource.path, what, query=query + parts)
            except _TooLargeError:
                if page == 1:
                    raise
                page = max(1, page // 8)
                continue
            listing = answers.listing(answer, what)
            items += map(keep, listing.items)
            following = answers.continue_token(answer)
            if not following:
                return Listing(items, listing.resource_version)

    def count_objects(self, resource: Resource) -> int:
        """From a list of one, which says how many more there are. A selector would have it say nothing."""
        what = f"count {PLURAL}"
        query = [("limit", "1")]
        answer = self.call("GET", resource.path, what, query=query, accept=METADATA_LIST)
        return answers.count(answer, what)

    def watch(
        self,
        resource: Resource,
        field_selector: str,
        resource_version: str,
        *,
        metadata_only: bool,
        seconds: float | None = None,
    ) -> Stream:
        """What changes from that version on, with bookmarks."""
        query = [("watch", "true"), ("allowWatchBookmarks", "true")]
        query.append(("resourceVersion", resource_version))
        if field_selector:
            query.append(("fieldSelector", field_selector))
        if seconds is not None:
            query.append(("timeoutSeconds", f"{seconds:.0f}"))
        what = f"watch {PLURAL}"
        response = self._within(
            what,
            lambda: self._send(
                "GET",
                resource.path,
                what,
                query=query,
                accept=METADATA_ONLY if metadata_only else JSON,
                timeout=urllib3.Timeout(connect=self._timeout, read=self._watch_quiet),
            ),
        )
        # The server ends a turn of a given length. Who holds its end back as well is not waited for.
        quiet = self._watch_quiet if seconds is None else min(self._watch_quiet, seconds + _GRACE)
        return HttpStream(response, what, quiet, self._redactor)

    def get(self, resource: Resource, name: str) -> Document:
        """One object."""
        what = f"read {PLURAL} {name}"
        return answers.checked_object(self.call("GET", f"{resource.path}/{name}", what), what)

    def patch_status(
        self, resource: Resource, name: str, patch: bytes, *, is_json_patch: bool = False
    ) -> Document:
        """Patch ``/status`` where there is one, else the object itself."""
        path = f"{resource.path}/{name}" + ("/status" if resource.has_status else "")
        what = f"write the status of {PLURAL} {name}"
        answer = self.call(
            "PATCH",
            path,
            what,
            query=[("fieldManager", FIELD_MANAGER)],
            body=patch,
            content_type=JSON_PATCH if is_json_patch else MERGE_PATCH,
            accept=METADATA_ONLY,
        )
        return answers.checked_object(answer, what)

    def create_event(self, namespace: str, event: Document) -> None:
        """Record a core/v1 Event."""
        path = f"/api/v1/namespaces/{namespace}/events"
        body = json.dumps(event).encode()
        self.call("POST", path, "record an Event", body=body, accept=METADATA_ONLY)

    def call(self, method: str, path: str, what: str, **options: Any) -> Document:  # noqa: ANN401
        """One call on any path, and the object that it answers; ``what`` completes "cannot ...".

        Raises:
            ApiError: it was refused, did not arrive in time, or the answer is no object, or too large.
        """

        def whole() -> tuple[bytes, str]:
            timeout = urllib3.Timeout(total=self._timeout)
            response = self._send(method, path, what, timeout=timeout, **options)
            try:
                body = _read(response, MAX_ANSWER)
            finally:
                response.release_conn()
            if len(body) > MAX_ANSWER:
                response.close()
                raise _TooLargeError(
                    0,
                    f"cannot {what}: the answer is larger than {MAX_ANSWER >> 20} MiB",
                    reason="malformed",
                )
            return body, response.headers.get("Content-Type", "")

        body, kind = self._within(what, whole)
        return answers.json_object(body, what, kind)

    def _within(self, what: str, work: Callable[[], _Result]) -> _Result:
        """Do it before the deadline, and turn all that the layers below raise into one kind of error.

        Raises:
            ApiError: it failed.
        """
        try:
            result = self._calls.within(self._timeout, work)
        except ApiError as error:
            self._trouble = "" if error.status else error.message
            raise
        except DeadlineError as error:
            failure = self._failure(what, str(error), "timeout")
        except urllib3.exceptions.SSLError as error:
            failure = self._failure(what, f"TLS: {self._words(error)}", "tls")
        except urllib3.exceptions.NewConnectionError as error:
            failure = self._failure(what, self._words(error), "unreachable")
        except urllib3.exceptions.TimeoutError:
            failure = self._failure(what, f"not answered in {self._timeout:g} s", "timeout")
        except (
            urllib3.exceptions.HTTPError,
            http.client.HTTPException,
            OSError,
            ValueError,
        ) as error:
            failure = self._failure(what, self._words(error), "unreachable")
        else:
            self._trouble = ""
            return result
        self._session.doubt()
        self._trouble = failure.message
        # Not from the error of the layers below, which may quote a header.
        raise failure from None

    def _send(  # noqa: PLR0913 - the parts of a request
        self,
        method: str,
        path: str,
        what: str,
        *,
        query: list[tuple[str, str]] | None = None,
        body: bytes | None = None,
        content_type: str = JSON,
        accept: str = JSON,
        timeout: urllib3.Timeout,
    ) -> urllib3.BaseHTTPResponse:
        api = self._session.client(what)
        _, url, headers, *_ = api.param_serialize(
            method,
            path,
            query_params=query or [],
            header_params={"Accept": accept, "Content-Type": content_type},
            auth_settings=["BearerToken"],
        )
        # The client's own way from here on takes no body that is JSON already.
        response: urllib3.BaseHTTPResponse = api.rest_client.pool_manager.request(
            method, url, body=body, headers=headers, timeout=timeout, preload_content=False
        )
        status = response.status
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            self._session.accepted()
            return response
        refused = answers.refusal(_read(response, _MAX_REFUSAL)[:_MAX_REFUSAL])
        response.close()
        # The credentials may have been replaced. A request that lost its own is somebody nameless.
        if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            self._session.doubt()
        else:
            self._session.accepted()
        raise ApiError(
            status,
            self._redactor.line(
                f"cannot {what}: {refused[:2000] or _reason_of(status)} (HTTP {status})"
                f"{_ADVICE.get(status, '')}{self._session.why_not_renewed}"
            ),
            answers.retry_after(response.headers.get("Retry-After", ""), datetime.now(UTC)),
        )

    def _failure(self, what: str, why: str, reason: FailedCall) -> ApiError:
        text = f"cannot {what}: no answer from {self._session.host} ({why})"
        return ApiError(0, self._redactor.line(text), reason=reason)

    def _words(self, error: BaseException) -> str:
        """An error of the layers below in one line."""
        cause = getattr(error, "reason", None) or error
        text = str(cause) or type(cause).__name__
        # urllib3 begins with the repr of its connection.
        return self._redactor.line(text.rpartition(">: ")[2] or text, 300)


class _TooLargeError(ApiError):
    """An answer over :data:`MAX_ANSWER`."""


_Result = TypeVar("_Result")

_ADVICE: dict[int, str] = {
    HTTPStatus.UNAUTHORIZED: "; are the credentials current?",
    HTTPStatus.FORBIDDEN: "; apply the role in deploy/",
}


def _reason_of(status: int) -> str:
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return "it sends the request elsewhere, which is not followed"
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "no reason given"


def _read(response: urllib3.BaseHTTPResponse, limit: int) -> bytes:
    """The body, or a little more than ``limit`` of it; decompressed, so that what is held is bounded."""
    body = bytearray()
    while len(body) <= limit:
        piece = response.read(65536)
        if not piece:
            break
        body += piece
    return bytes(body)
