"""Secrets that must never be seen, in every place where one can stand, and the search for them.

``tests/faults`` uses the fixture for every test: whatever goes wrong there, nothing that leaves the process may
hold one of these texts, nor a form of it.
"""

import base64
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from reporter.agent.metrics import Metrics
from reporter.kube.api import ApiError, CredentialsError
from reporter.kube.client import KubeApi
from reporter.kube.credentials import CredentialSource
from reporter.kube.events import EventRecorder
from reporter.redaction import Redactor

# Each looks like an ordinary word, so that nothing but its being known hides it.
TOKEN = "canary-bearer-of-the-token"
OTHER_TOKEN = "canary-successor-of-the-token"
PASSWORD = "canary-pass/word"
PROXY_PASSWORD = "canary-proxy-password"
ENVIRONMENT = "canary-of-the-plugins-environment"
PLUGIN_TOKEN = "canary-which-the-plugin-gave"
PLUGIN_ERROR = "canary-which-the-plugin-complained"
KEY = "canary+key+of+no+certificate"
ALL = (TOKEN, OTHER_TOKEN, PASSWORD, PROXY_PASSWORD, ENVIRONMENT, PLUGIN_TOKEN, PLUGIN_ERROR, KEY)


def forms(secret: str) -> set[str]:
    data = secret.encode()
    basic = base64.b64encode(f"user:{secret}".encode()).decode()
    return {secret, quote(secret, safe=""), base64.b64encode(data).decode(), basic, data.hex()}


@dataclass
class Canaries:
    """What may be seen of a test, and the credentials to give to what it tests."""

    folder: Path
    redactor: Redactor = field(default_factory=Redactor)
    seen: list[str] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)
    metrics: list[Metrics] = field(default_factory=list)

    def kubeconfig(self, url: str, user: Any = None, **cluster: Any) -> Path:
        """A kubeconfig for this server and user section, among users with secrets of every kind."""
        others = {
            "basic": {"username": "user", "password": PASSWORD},
            "keyed": {"client-key-data": base64.b64encode(KEY.encode()).decode()},
            "plugged": {
                "exec": {
                    "apiVersion": "client.authentication.k8s.io/v1",
                    "command": "no-such-plugin",
                    "args": [f"--password={PASSWORD}"],
                    "env": [{"name": "PLUGIN_SECRET", "value": ENVIRONMENT}],
                }
            },
        }
        users = {"tested": {"token": TOKEN} if user is None else user, **others}
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "tested", "cluster": {"server": url, **cluster}}],
            "users": [{"name": name, "user": section} for name, section in users.items()],
            "contexts": [{"name": "tested", "context": {"cluster": "tested", "user": "tested"}}],
            "current-context": "tested",
        }
        path = self.folder / "kubeconfig"
        path.write_text(json.dumps(document, indent=1))
        return path

    def source(self, kubeconfig: Path, **options: Any) -> CredentialSource:
        return CredentialSource(kubeconfig, self.redactor, **options)

    def api(self, url: str, **options: Any) -> KubeApi:
        """A client of a server, with the token as its credential."""
        return KubeApi(self.source(self.kubeconfig(url)), **{"timeout": 5.0, **options})

    def found(self) -> list[str]:
        """Where a canary was seen: nowhere."""
        texts = [*self.seen, *(str(error) for error in self.errors)]
        texts += [repr(error.args) for error in self.errors]
        texts += [metrics.exposition().decode() for metrics in self.metrics]
        for path in self.folder.rglob("*"):
            if "log" in path.name and path.is_file():
                texts.append(path.read_text(errors="replace"))
        singing = {form for secret in ALL for form in forms(secret)}
        return [text for text in texts if any(form in text for form in singing)]


class _Everything(logging.Handler):
    """What is logged, as it would be written, at every level and from every package."""

    def __init__(self, canaries: Canaries) -> None:
        super().__init__(logging.DEBUG)
        self._canaries = canaries

    def emit(self, record: logging.LogRecord) -> None:
        # Before the formatter's own net: what is said must be clean by itself.
        text = record.getMessage()
        if record.exc_info and record.exc_info[1]:
            text += self._canaries.redactor.describe(record.exc_info[1])
        self._canaries.seen.append(text)


# Last, so that whatever else a test uses is in place, and over, within it.
@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of ``tests/faults`` runs among canaries, so that none can forget it."""
    for item in items:
        if isinstance(item, pytest.Function) and item.path.parent.name == "faults":
            item.fixturenames.insert(0, "canaries")


@pytest.fixture
def canaries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Canaries]:
    """Fails a test in which a secret was seen."""
    found = Canaries(tmp_path)
    for scheme in ("http", "https"):
        monkeypatch.setenv(f"{scheme}_proxy", f"http://user:{PROXY_PASSWORD}@proxy.example:3128")
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    # What the first request makes of these would serve every later test.
    monkeypatch.setattr("urllib.request._opener", None)
    _note_all(monkeypatch, found)
    everything, root = _Everything(found), logging.getLogger()
    level = root.level
    root.addHandler(everything)
    root.setLevel(logging.DEBUG)
    # Its records do not come as far as the root.
    own = logging.getLogger("birdstatus-reporter")
    own.addHandler(everything)
    try:
        yield found
    finally:
        root.removeHandler(everything)
        root.setLevel(level)
        own.removeHandler(everything)
    written = capfd.readouterr()
    found.seen += [written.out, written.err]
    assert found.found() == []
    assert "Traceback" not in written.err


def _note_all(monkeypatch: pytest.MonkeyPatch, found: Canaries) -> None:
    """Keep every error, every Event's text and every set of metrics that the test brings about."""
    for kind in (ApiError, CredentialsError):
        _note_made(monkeypatch, kind, found.errors)
    _note_made(monkeypatch, Metrics, found.metrics)
    record = EventRecorder.record

    def noted(self: EventRecorder, about: Any, kind: Any, reason: str, message: str) -> bool:
        found.seen.append(f"{reason} {message}")
        return record(self, about, kind, reason, message)

    monkeypatch.setattr(EventRecorder, "record", noted)


def _note_made(monkeypatch: pytest.MonkeyPatch, kind: type, into: list[Any]) -> None:
    begin = kind.__init__  # type: ignore[misc]

    def noted(self: Any, *arguments: Any, **options: Any) -> None:
        begin(self, *arguments, **options)
        into.append(self)

    monkeypatch.setattr(kind, "__init__", noted)
