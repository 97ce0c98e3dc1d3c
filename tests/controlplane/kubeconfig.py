"""Kubeconfig files."""

import base64
import json
from pathlib import Path

from controlplane.identity import Identity


def write(path: Path, url: str, authority: bytes, user: Identity | str) -> None:
    """Write a kubeconfig for a client certificate or a bearer token, whole in one file."""
    cluster = {"server": url, "certificate-authority-data": _base64(authority)}
    if isinstance(user, Identity):
        credentials = {
            "client-certificate-data": _base64(user.certificate),
            "client-key-data": _base64(user.key),
        }
    else:
        credentials = {"token": user}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "test", "cluster": cluster}],
        "users": [{"name": "test", "user": credentials}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        "current-context": "test",
    }
    path.touch(mode=0o600)
    path.write_text(json.dumps(document, indent=2))  # JSON is YAML


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
