"""The cluster that kubectl's flags name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reporter.kube.api import NoCredentialsError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from reporter.kube.client import KubeApi
    from reporter.redaction import Redactor

__all__ = ["NoClusterError", "connect"]


class NoClusterError(Exception):
    """There are no credentials for any cluster; the text says what to do."""


def connect(
    parsed: argparse.Namespace, environment: Mapping[str, str], redactor: Redactor
) -> KubeApi:
    """The API of the cluster that the flags, the kubeconfig or the pod name.

    Raises:
        NoClusterError: none of them names one that can be used.
    """
    # The client takes most of a second and 30 MB to load; with --filename it is not needed.
    from reporter.kube.client import KubeApi  # noqa: PLC0415
    from reporter.kube.credentials import CredentialSource  # noqa: PLC0415

    seconds = parsed.request_timeout or _NO_LIMIT
    kubeconfig = parsed.kubeconfig or environment.get("KUBECONFIG", "")
    path = Path(kubeconfig) if kubeconfig else None
    home = environment.get("HOME", "")
    own = Path(home, ".kube", "config")
    # As kubectl: a person's kubeconfig before the pod's ServiceAccount. In a pod there may be no HOME.
    if path is None and home and (parsed.context or own.exists()):
        path = own
    try:
        source = CredentialSource(
            path, redactor, context=parsed.context or "", plugin_seconds=seconds
        )
    except NoCredentialsError as error:
        raise NoClusterError(
            f"no credentials for a cluster: {error}; give --kubeconfig and --context, or look at files with "
            "--filename"
        ) from None
    return KubeApi(source, api_group=parsed.api_group or "", timeout=seconds)


# Of --request-timeout=0, in seconds.
_NO_LIMIT = 86400.0
