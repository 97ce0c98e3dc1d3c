"""Runs the credential plugin of a kubeconfig (``exec``), with a deadline and without trusting what it prints.

The official client waits for a plugin for ever, logs what it wrote to standard error, and goes on without
credentials where it failed. The protocol: client.authentication.k8s.io, ``ExecCredential``, in
https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import selectors
import signal
import subprocess
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

from reporter.kube.api import CredentialsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from reporter.redaction import Redactor

__all__ = ["run_exec_plugin"]

_MAX_OUTPUT = 1 << 20


def run_exec_plugin(
    exec_section: Mapping[str, Any],
    cluster: Mapping[str, Any],
    folder: Path,
    *,
    seconds: float,
    redactor: Redactor,
) -> tuple[dict[str, str], datetime | None]:
    """What it gives, as a kubeconfig's user section, and when that expires.

    ``folder`` is that of the kubeconfig, from which a relative command is meant. Standard error is discarded:
    plugins write tokens there.

    Raises:
        CredentialsError: it cannot be started, fails, takes longer than ``seconds``, or prints rubbish.
    """
    command = str(exec_section.get("command") or "")
    if not command:
        raise CredentialsError("the kubeconfig's exec section names no command")
    shown = "the kubeconfig's credential plugin"
    arguments = [str(argument) for argument in exec_section.get("args") or ()]
    environment = dict(os.environ)
    for item in exec_section.get("env") or ():
        environment[str(item["name"])] = str(item["value"])
    version = str(exec_section.get("apiVersion", ""))
    environment["KUBERNETES_EXEC_INFO"] = json.dumps(_exec_info(version, exec_section, cluster))
    output = _output_of([command, *arguments], environment, folder, seconds, shown)
    return _read(output, version, shown, redactor)


def _exec_info(
    version: str, exec_section: Mapping[str, Any], cluster: Mapping[str, Any]
) -> dict[str, Any]:
    spec: dict[str, Any] = {"interactive": False}
    if exec_section.get("provideClusterInfo"):
        spec["cluster"] = dict(cluster)
        for extension in cluster.get("extensions") or ():
            if extension.get("name") == "client.authentication.k8s.io/exec":
                spec["cluster"]["config"] = extension.get("extension")
    return {"apiVersion": version, "kind": "ExecCredential", "spec": spec}


def _output_of(
    command: list[str], environment: dict[str, str], folder: Path, seconds: float, shown: str
) -> bytes:
    try:
        process = subprocess.Popen(  # noqa: S603 - the kubeconfig names it, and is trusted to
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env=environment,
            start_new_session=True,  # so that what it starts can be ended with it
        )
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "its name or environment is not valid"
        raise CredentialsError(f"{shown} cannot be started: {why}") from None
    with process:
        try:
            output = _read_until(process, time.monotonic() + seconds, shown, seconds)
        finally:
            if process.poll() is None:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
        code = process.wait()
    if code != 0:
        raise CredentialsError(f"{shown} ended with exit code {code}; run it by hand to see why")
    return output


def _read_until(
    process: subprocess.Popen[bytes], deadline: float, shown: str, seconds: float
) -> bytes:
    """All that it prints, and its end.

    Raises:
        CredentialsError: it takes too long, or prints more than any credential.
    """
    assert process.stdout is not None  # noqa: S101 - for mypy: it is a pipe
    pieces = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while selector.select(max(deadline - time.monotonic(), 0.0)):
            piece = os.read(process.stdout.fileno(), 65536)
            if not piece:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(max(deadline - time.monotonic(), 0.0))
                return bytes(pieces)
            pieces += piece
            if len(pieces) > _MAX_OUTPUT:
                raise CredentialsError(f"{shown} prints more than {_MAX_OUTPUT} bytes")
    raise CredentialsError(f"{shown} was ended after {seconds:g} s without an answer")


def _read(
    output: bytes, version: str, shown: str, redactor: Redactor
) -> tuple[dict[str, str], datetime | None]:
    try:
        document = json.loads(output)
        status = document["status"]
        if document["kind"] != "ExecCredential" or document["apiVersion"] != version:
            raise CredentialsError(f"{shown} answers in another version than it is asked in")
        found = {
            key: str(status[name])
            for name, key in (
                ("token", "token"),
                ("clientCertificateData", "client-certificate-data"),
                ("clientKeyData", "client-key-data"),
            )
            if status.get(name)
        }
        expires = status.get("expirationTimestamp")
        until = datetime.fromisoformat(str(expires)) if expires else None
        if until is not None and until.tzinfo is None:
            raise ValueError("no time zone")  # noqa: TRY301 - the handler below is for all of it
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise CredentialsError(f"{shown} prints no ExecCredential") from None
    redactor.learn(*found.values())
    if not found or ("client-certificate-data" in found) != ("client-key-data" in found):
        raise CredentialsError(f"{shown} gives neither a token nor a certificate with its key")
    for key in ("client-certificate-data", "client-key-data"):
        if key in found:  # PEM here, base64 of it in a kubeconfig
            found[key] = base64.b64encode(found[key].encode("utf-8", "replace")).decode()
    redactor.learn(*found.values())
    return found, until
