"""The official Kubernetes client behind :class:`reporter.kube.api.NodeStatusApi`.

The official client has authentication, kubeconfig, exec plugins, token rotation and TLS. What is
here is the few calls, with one kind of error for everything that goes wrong.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Self

import urllib3
from kubernetes import client, config

from birdstatus.errors import printable
from reporter.kube.api import PLURAL, ApiError, Listing, Resource
from reporter.kube.field_managers import FIELD_MANAGER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import TracebackType

    from reporter.kube.api import Document, Stream

__all__ = ["KubeApi", "connect"]

V3 = "projectcalico.org/v3"
V1 = "crd.projectcalico.org/v1"

JSON = "application/json"
# What is read of an answer to a patch is metadata; the API server then leaves out the rest.
METADATA_ONLY = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"


class KubeApi:
    """:class:`NodeStatusApi` over the official client. Safe to use from several threads."""

    def __init__(
        self,
        connect: Callable[[], client.ApiClient],
        *,
        api_group: str = "",
        timeout: float = 10.0,
        watch_quiet: float = 90.0,
    ) -> None:
        """``connect`` makes a client from its source of credentials; it is called again upon a 401.

        ``timeout`` is for one call, ``watch_quiet`` for the silence of a watch, both in seconds.
        """
        self._connect = connect
        self._client = connect()
        self._api_group = api_group
        self._timeout = timeout
        self._watch_quiet = watch_quiet

    def close(self) -> None:
        """Close the kept connections."""
        self._client.close()  # type: ignore[no-untyped-call]

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
        try:
            answer = self.call("GET", f"/apis/{group_version}", f"ask for {group_version}")
        except ApiError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise
        names = {one.get("name") for one in answer.get("resources", ())}
        return Resource(group_version, f"{PLURAL}/status" in names) if PLURAL in names else None

    def list_objects(self, resource: Resource, field_selector: str) -> Listing:
        """All objects that the selector lets through."""
        query = [("fieldSelector", field_selector)] if field_selector else []
        answer = self.call("GET", resource.path, f"list {PLURAL}", query=query)
        return Listing(answer["items"], answer["metadata"]["resourceVersion"])

    def watch(
        self,
        resource: Resource,
        field_selector: str,
        resource_version: str,
        *,
        metadata_only: bool,
    ) -> Stream:
        """What changes from that version on, with bookmarks."""
        query = [("watch", "true"), ("allowWatchBookmarks", "true")]
        query.append(("resourceVersion", resource_version))
        if field_selector:
            query.append(("fieldSelector", field_selector))
        what = f"watch {PLURAL}"
        response = self._send(
            "GET",
            resource.path,
            what,
            query=query,
            accept=METADATA_ONLY if metadata_only else JSON,
            timeout=urllib3.Timeout(connect=self._timeout, read=self._watch_quiet),
        )
        return _HttpStream(response, what)

    def get(self, resource: Resource, name: str) -> Document:
        """One object."""
        return self.call("GET", f"{resource.path}/{name}", f"read {PLURAL} {name}")

    def patch_status(self, resource: Resource, name: str, patch: bytes) -> Document:
        """Merge into ``/status`` where there is one, else into the object itself."""
        path = f"{resource.path}/{name}" + ("/status" if resource.has_status else "")
        return self.call(
            "PATCH",
            path,
            f"write the status of {PLURAL} {name}",
            query=[("fieldManager", FIELD_MANAGER)],
            body=patch,
            content_type="application/merge-patch+json",
            accept=METADATA_ONLY,
        )

    def create_event(self, namespace: str, event: Document) -> None:
        """Record a core/v1 Event."""
        path = f"/api/v1/namespaces/{namespace}/events"
        body = json.dumps(event).encode()
        self.call("POST", path, "record an Event", body=body, accept=METADATA_ONLY)

    def call(self, method: str, path: str, what: str, **options: Any) -> Document:  # noqa: ANN401
        """One call on any path, and the object that it answers; ``what`` completes "cannot ...".

        Raises:
            ApiError: it was refused, did not arrive, or the answer is no object.
        """
        timeout = urllib3.Timeout(total=self._timeout)
        response = self._send(method, path, what, timeout=timeout, **options)
        try:
            answer = json.loads(response.read())
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            raise ApiError(0, f"cannot {what}: the answer is cut off ({_words(error)})") from None
        finally:
            response.release_conn()
        if not isinstance(answer, dict):
            raise ApiError(0, f"cannot {what}: the answer is no object")
        return answer

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
        api = self._client
        _, url, headers, *_ = api.param_serialize(
            method,
            path,
            query_params=query or [],
            header_params={"Accept": accept, "Content-Type": content_type},
            auth_settings=["BearerToken"],
        )
        try:
            # The client's own way from here on takes no body that is JSON already.
            response: urllib3.BaseHTTPResponse = api.rest_client.pool_manager.request(
                method, url, body=body, headers=headers, timeout=timeout, preload_content=False
            )
            if response.status < HTTPStatus.BAD_REQUEST:
                return response
            told = response.read()
        except (urllib3.exceptions.HTTPError, OSError) as error:
            host = printable(api.configuration.host)
            text = f"cannot {what}: no answer from {host} ({_words(error)})"
            raise ApiError(0, text) from None
        response.release_conn()
        if response.status == HTTPStatus.UNAUTHORIZED:
            self._renew(api)
        raise _refusal(what, response, told)

    def _renew(self, refused: client.ApiClient) -> None:
        """The token may have been rotated: read the credentials anew for the next call."""
        try:
            renewed = self._connect()
        except (config.ConfigException, OSError):
            return  # half written perhaps; the next 401 tries again
        self._client = renewed
        refused.close()  # type: ignore[no-untyped-call]


class _HttpStream:
    """A watch's response, one event a line."""

    def __init__(self, response: urllib3.BaseHTTPResponse, what: str) -> None:
        self._response = response
        self._what = what
        self._closed = False

    def __iter__(self) -> Iterator[Document]:
        rest = b""
        try:
            for piece in self._response.stream(None, decode_content=False):
                *lines, rest = (rest + piece).split(b"\n")
                yield from (json.loads(line) for line in lines if line)
        except urllib3.exceptions.ReadTimeoutError:
            return  # quiet for too long: the same as an end, go on from the last version
        except (urllib3.exceptions.HTTPError, OSError, ValueError, AttributeError) as error:
            # AttributeError: urllib3 meets its own closed file where another thread closed it.
            if self._closed:
                return
            raise ApiError(0, f"cannot {self._what}: it broke off ({_words(error)})") from None
        finally:
            self._response.close()

    def close(self) -> None:
        """Shut the connection, so that a thread that reads from it comes back."""
        self._closed = True
        try:
            self._response.shutdown()
        except (OSError, ValueError, RuntimeError):
            return  # it has ended by itself


def _refusal(what: str, response: urllib3.BaseHTTPResponse, told: bytes) -> ApiError:
    """The API server's own words, a ``Status`` object as a rule."""
    try:
        said = json.loads(told)
        words = str(said["message"])
    except (ValueError, KeyError, TypeError):
        words = response.reason or "no reason given"
    try:
        retry_after = float(response.headers.get("Retry-After", ""))
    except ValueError:
        retry_after = None
    status = response.status
    text = f"cannot {what}: {printable(words)[:500]} (HTTP {status}){_ADVICE.get(status, '')}"
    return ApiError(status, text, retry_after)


_ADVICE: dict[int, str] = {
    HTTPStatus.UNAUTHORIZED: "; are the credentials current?",
    HTTPStatus.FORBIDDEN: "; apply the role in deploy/",
}


def _words(error: BaseException) -> str:
    """An error of the layers below in one line."""
    cause = getattr(error, "reason", None) or error
    text = str(cause).splitlines()[-1] if str(cause) else type(cause).__name__
    # urllib3 begins with the repr of its connection.
    return printable(text.rpartition(">: ")[2] or text)[:300]


def connect(kubeconfig: Path | None) -> client.ApiClient:
    """A client with the credentials of a kubeconfig, else of the pod, else of ``~/.kube/config``.

    Raises:
        config.ConfigException: there are none, or they are unreadable.
    """
    configuration = client.Configuration()
    # Retries are the caller's, who knows what the call is worth and when to stop.
    configuration.retries = False
    if kubeconfig is not None:
        config.load_kube_config(str(kubeconfig), client_configuration=configuration)  # type: ignore[no-untyped-call]
    else:
        try:
            config.load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
        except config.ConfigException:
            config.load_kube_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
    # Said once: otherwise the client looks through the whole environment for one before every call.
    configuration.proxy = configuration.proxy
    return client.ApiClient(configuration)
