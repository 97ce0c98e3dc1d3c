"""Credentials as people and rotation write them: what can heal heals, and nothing of them is shown."""

import base64
import gc
import json
import math
import os
import re
import ssl
from collections.abc import Callable
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest

from canaries import KEY, OTHER_TOKEN, PLUGIN_ERROR, PLUGIN_TOKEN, PROXY_PASSWORD, TOKEN, Canaries
from controlplane.identity import Authority, Identity
from kept import is_as_kept
from reporter.kube.api import ApiError, CredentialsError, NoCredentialsError, Resource
from reporter.kube.client import KubeApi
from reporter.kube.credentials import CredentialSource
from reporter.kube.session import Session
from reporter_bench import Clock
from scripted_api import ScriptedApi

RESOURCE = Resource("projectcalico.org/v3", has_status=True)
IN_POD = {"KUBERNETES_SERVICE_HOST": "127.0.0.1"}


class Moved(KubeApi):
    """A client whose back-off has passed whenever it is asked: the clock is the test's."""

    def __init__(self, source: CredentialSource, **options: Any) -> None:
        super().__init__(source, timeout=5.0, **options)
        self.clock = Clock()
        self._session = Session(source, clock=self.clock, now=self.clock.now)

    def works(self) -> bool:
        """Whether a call succeeds, some time after the last."""
        self.clock.seconds += 31
        try:
            self.list_objects(RESOURCE, "")
        except ApiError as error:
            self.error = error
            return False
        return True


@pytest.fixture
def no_regular_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials are read anew for a reason, and not because a minute has passed."""
    monkeypatch.setattr("reporter.kube.session._LOOK", math.inf)


def _pod(folder: Path, token: bytes, authority: bytes) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "token").write_bytes(token)
    (folder / "ca.crt").write_bytes(authority)
    return folder


def _tls(server: Identity, folder: Path, clients: bytes | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate, key = folder / "server.crt", folder / "server.key"
    certificate.write_bytes(server.certificate)
    key.write_bytes(server.key)
    context.load_cert_chain(certificate, key)
    if clients is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=clients.decode())
    return context


# How a token may stand in its file, and what may be around it.
SPELLINGS: dict[str, bytes] = {
    "plain": b"%s",
    "a line feed": b"%s\n",
    "CRLF": b"%s\r\n",
    "blanks": b"  %s \t\n\n",
    "a BOM": b"\xef\xbb\xbf%s",
    "a NUL": b"%s\0",
}
# What is no token.
NO_TOKENS: dict[str, bytes] = {
    "empty": b"",
    "blank": b" \n",
    "two words": b"%s and more",
    "two lines": b"%s\nsecond",
    "not ASCII": "%s-é".encode(),
    "not UTF-8": b"%s\xff\xfe",
    "UTF-16": "\ufeff".encode("utf-16-le") + "%s".encode("utf-16-le"),
    "a control character": b"%s\x1b[0m",
    "larger than any": b"%s" + b"a" * (2 << 20),
    "a NUL within": b"%s\0%s",
}


def _bytes(form: bytes, token: str) -> bytes:
    return form.replace(b"%s", token.encode())


@pytest.mark.parametrize("place", ["token", "tokenFile", "pod"])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_token_as_people_write_it(
    spelling: str, place: str, server: ScriptedApi, canaries: Canaries, tmp_path: Path
) -> None:
    server.token = TOKEN
    with _client_of(place, _bytes(SPELLINGS[spelling], TOKEN), server, canaries, tmp_path) as api:
        assert api.works(), api.error.message


@pytest.mark.parametrize("place", ["token", "tokenFile", "pod"])
@pytest.mark.parametrize("spelling", NO_TOKENS)
def test_what_is_no_token_is_said_without_it_and_heals(
    spelling: str, place: str, server: ScriptedApi, canaries: Canaries, tmp_path: Path
) -> None:
    wrong = _bytes(NO_TOKENS[spelling], TOKEN)
    server.token = TOKEN
    with _client_of(place, wrong, server, canaries, tmp_path) as api:
        assert not api.works()
        assert api.error.reason == "credentials"
        assert server.requests == []  # nobody asks the API server as nobody
        api.write(TOKEN.encode())
        assert api.works(), api.error.message


@pytest.mark.parametrize("place", ["token", "tokenFile", "pod"])
@pytest.mark.parametrize("spelling", [*NO_TOKENS, "absent", "a folder", "unreadable"])
def test_a_token_is_replaced_with_a_bad_moment_between(
    spelling: str, place: str, server: ScriptedApi, canaries: Canaries, tmp_path: Path
) -> None:
    """The old one is used as long as it is accepted, the new one as soon as it is whole."""
    server.token = TOKEN
    with _client_of(place, TOKEN.encode(), server, canaries, tmp_path) as api:
        assert api.works()
        _spoil(api.file, spelling)
        assert api.works()
        server.token = OTHER_TOKEN
        assert not api.works()
        assert api.error.reason == "401"
        assert "they cannot be read anew" in api.error.message or api.works() is False
        _restore(api.file)
        api.write(OTHER_TOKEN.encode())
        assert api.works(), api.error.message


def _write(file: Path, data: bytes) -> None:
    file.write_bytes(data)


def _spoil(file: Path, how: str) -> None:
    if how in NO_TOKENS and file.name == "token":
        file.write_bytes(_bytes(NO_TOKENS[how], OTHER_TOKEN))
    elif how == "a folder":
        file.unlink()
        file.mkdir()
    elif how == "unreadable":
        file.unlink()
        file.symlink_to(file)  # root may read anything, but not this
    elif how == "absent":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[: len(how) * 9])


def _restore(file: Path) -> None:
    if file.is_dir() and not file.is_symlink():
        file.rmdir()
    file.unlink(missing_ok=True)


class Placed(Moved):
    """A client whose token stands in a file that the test may change."""

    file: Path
    write: Callable[[bytes], None]


def _client_of(
    place: str, token: bytes, server: ScriptedApi, canaries: Canaries, folder: Path
) -> Placed:
    """A client with this token in that place."""
    if place == "pod":
        authority = Authority()
        context = _tls(authority.server(), folder)
        server.tls = lambda: context
        pod = _pod(folder / "pod", token, authority.certificate)
        environment = {**IN_POD, "KUBERNETES_SERVICE_PORT": str(server.port)}
        source = CredentialSource(None, canaries.redactor, environment=environment, pod_folder=pod)
        api = Placed(source)
        api.file = pod / "token"
        api.write = lambda data: _write(api.file, data)
        return api
    if place == "tokenFile":
        (folder / "token").write_bytes(token)
        api = Placed(canaries.source(canaries.kubeconfig(server.url, {"tokenFile": "token"})))
        api.file = folder / "token"
        api.write = lambda data: _write(api.file, data)
        return api

    def write(data: bytes) -> None:
        section = {"token": data.decode("utf-8", "surrogateescape")}
        canaries.kubeconfig(server.url, section)

    write(token)
    api = Placed(
        canaries.source(
            canaries.kubeconfig(server.url, {"token": token.decode("utf-8", "surrogateescape")})
        )
    )
    api.file = folder / "kubeconfig"
    api.write = write
    return api


@pytest.mark.usefixtures("no_regular_look")
@pytest.mark.parametrize("share", [0, 5, 20, 40, 60, 80, 95, 99])
def test_a_kubeconfig_that_is_half_written_heals(
    share: int, server: ScriptedApi, canaries: Canaries
) -> None:
    server.token = TOKEN
    path = canaries.kubeconfig(server.url)
    with Moved(canaries.source(path)) as api:
        assert api.works()
        server.token = OTHER_TOKEN
        whole = canaries.kubeconfig(server.url, {"token": OTHER_TOKEN}).read_bytes()
        path.write_bytes(whole[: len(whole) * share // 100])
        assert not api.works()
        assert api.error.status == 401
        path.write_bytes(whole)
        assert api.works(), api.error.message


YAML = f"""
apiVersion: v1
clusters: [{{name: c, cluster: {{server: "http://127.0.0.1:1"}}}}]
contexts: [{{name: x, context: {{cluster: c, user: u}}}}]
current-context: x
users:
- name: u
  user:
    token: {TOKEN}
"""


SHAPES = (
    "",
    "null",
    "[]",
    "7",
    TOKEN,
    f"token: {TOKEN}\n\t- x",
    f"users: [{{name: u, user: {{token: {TOKEN}",
    f"users: &a [*a, {TOKEN}]",
    f"users: !!python/object:os.system {TOKEN}",
    f"users: *{TOKEN.replace('-', '')}",
    YAML.replace("clusters", "cluster"),
    YAML.replace("name: u,", "nome: u,"),
    YAML.replace("user: u}", "user: [u]}"),
    YAML.replace("current-context: x", "current-context: y"),
    YAML.replace("users:", "users: 5\nothers:"),
    YAML.replace("  user:\n", f"  user: {TOKEN}\n  other:\n"),
    YAML.replace("  user:\n", f"  user: [{TOKEN}]\n  other:\n"),
    YAML.replace(f"token: {TOKEN}", f"token: [{TOKEN}]"),
    YAML.replace(f"token: {TOKEN}", f"tokenFile: {{a: {TOKEN}}}"),
    YAML.replace(f"token: {TOKEN}", f"exec: {TOKEN}"),
    YAML.replace(f"token: {TOKEN}", f"exec: {{command: [], args: {TOKEN}}}"),
    YAML.replace(f"token: {TOKEN}", f"exec: {{command: 'a\\0b', env: [{TOKEN}]}}"),
    YAML.replace(f"token: {TOKEN}", f"auth-provider: {{name: oidc, config: {{id-token: {TOKEN}}}}}"),
    YAML.replace(f"token: {TOKEN}", f"auth-provider: {{name: gcp, config: {TOKEN}}}"),
    YAML.replace(f"token: {TOKEN}", f"client-certificate-data: {TOKEN}"),
    YAML.replace(f"token: {TOKEN}", f"username: [a]\n    password: {TOKEN}"),
    YAML.replace("http://127.0.0.1:1", f"user:{TOKEN}@host"),
    YAML.replace("http://127.0.0.1:1", f"ftp://user:{TOKEN}@host"),
    YAML.replace("http://127.0.0.1:1", f"http://user:{TOKEN}@[::1"),
    YAML.replace("http://127.0.0.1:1", f"http://user:{TOKEN}@127.0.0.1:port"),
    YAML.replace('"http', f'"http://127.0.0.1:1", proxy-url: "nope://u:{TOKEN}@p", x: "http'),
    YAML.replace('"http', f'"http://127.0.0.1:1", proxy-url: "http://u:{TOKEN}@[", x: "http'),
    YAML + "\0",
    "a: " * 3000 + "b",
    "[" * 600,
)  # fmt: skip


@pytest.mark.parametrize("text", SHAPES, ids=str.__len__)
def test_a_kubeconfig_of_any_shape_is_an_error_of_ours(text: str, canaries: Canaries) -> None:
    path = canaries.folder / "kubeconfig"
    path.write_text(text)
    # What other tests left is not to be finalised where the stack is full: its warnings could not be noted.
    gc.disable()
    try:
        with KubeApi(canaries.source(path), timeout=5) as api, pytest.raises(ApiError) as failed:
            api.discover()
    finally:
        gc.enable()
    assert failed.value.reason in {"credentials", "unreachable"}
    assert failed.value.message.isprintable()


def _user_of(identity: Identity, folder: Path | None) -> dict[str, str]:
    """A user section with a certificate and its key, as files of this folder or as text."""
    if folder is None:
        certificate, key = (
            base64.b64encode(data).decode() for data in (identity.certificate, identity.key)
        )
        return {"client-certificate-data": certificate, "client-key-data": key}
    (folder / "client.crt").write_bytes(identity.certificate)
    (folder / "client.key").write_bytes(identity.key)
    return {"client-certificate": "client.crt", "client-key": "client.key"}


def _cluster_of(authority: Authority, folder: Path | None) -> dict[str, str]:
    if folder is None:
        return {"certificate-authority-data": base64.b64encode(authority.certificate).decode()}
    (folder / "authority.crt").write_bytes(authority.certificate)
    return {"certificate-authority": "authority.crt"}


@pytest.mark.usefixtures("no_regular_look")
@pytest.mark.parametrize("inside", [True, False], ids=["in the text", "in files"])
def test_authority_certificate_and_key_are_rotated(
    inside: bool,  # noqa: FBT001
    server: ScriptedApi,
    canaries: Canaries,
    tmp_path: Path,
) -> None:
    """One after the other, with connections that end meanwhile."""
    folder = None if inside else tmp_path
    old, new = Authority(), Authority()
    identity = old.client("reporter", "nodes")
    contexts = [_tls(old.server(), tmp_path, old.certificate)]
    server.tls = lambda: contexts[0]
    path = canaries.kubeconfig(server.url, _user_of(identity, folder), **_cluster_of(old, folder))
    with Moved(canaries.source(path)) as api:
        assert api.works(), api.error.message
        # Everything of the server's is new, and the client knows nothing of it yet.
        contexts[0] = _tls(new.server(), tmp_path, new.certificate)
        server.drop_connections()
        assert not api.works()
        assert api.error.reason == "tls"
        # The authority is replaced; the server does not take the old certificate.
        canaries.kubeconfig(server.url, _user_of(identity, folder), **_cluster_of(new, folder))
        assert not api.works()
        # A certificate without its key yet: the new files do not fit each other.
        fresh = new.client("reporter", "nodes")
        torn = Identity(fresh.certificate, identity.key)
        canaries.kubeconfig(server.url, _user_of(torn, folder), **_cluster_of(new, folder))
        assert not api.works()
        assert "do not fit each other" in api.error.message or api.error.reason == "tls"
        canaries.kubeconfig(server.url, _user_of(fresh, folder), **_cluster_of(new, folder))
        assert api.works() or api.works(), api.error.message


@pytest.mark.parametrize("wrong", [b"", b"no PEM", b"-----BEGIN CERTIFICATE-----\nMIIB"])
def test_an_authority_that_is_not_whole_heals(
    wrong: bytes, server: ScriptedApi, canaries: Canaries, tmp_path: Path
) -> None:
    authority = Authority()
    context = _tls(authority.server(), tmp_path)
    server.tls = lambda: context
    path = canaries.kubeconfig(server.url, **_cluster_of(authority, tmp_path))
    (tmp_path / "authority.crt").write_bytes(wrong)
    with Moved(canaries.source(path)) as api:
        assert not api.works()
        assert api.error.reason == "credentials"
        _cluster_of(authority, tmp_path)
        assert api.works(), api.error.message


@pytest.mark.usefixtures("no_regular_look")
def test_the_pods_authority_is_replaced(
    server: ScriptedApi, canaries: Canaries, tmp_path: Path
) -> None:
    server.token = TOKEN
    with _client_of("pod", TOKEN.encode(), server, canaries, tmp_path) as api:
        assert api.works()
        authority = Authority()
        context = _tls(authority.server(), tmp_path)
        server.tls = lambda: context
        server.drop_connections()
        assert not api.works()
        assert api.error.reason == "tls"
        (tmp_path / "pod" / "ca.crt").write_bytes(authority.certificate)
        assert api.works(), api.error.message


@pytest.mark.usefixtures("no_regular_look")
def test_a_server_that_moved_is_found_in_the_kubeconfig(
    server: ScriptedApi, canaries: Canaries
) -> None:
    with ScriptedApi() as former:
        path = canaries.kubeconfig(former.url)
        api = Moved(canaries.source(path))
        assert api.works()
    with api:
        assert not api.works()
        canaries.kubeconfig(server.url)
        assert api.works(), api.error.message


@pytest.mark.usefixtures("no_regular_look")
def test_who_lost_its_identity_reads_it_anew(server: ScriptedApi, canaries: Canaries) -> None:
    """A kubeconfig that names no user for a moment makes a request of nobody, which is refused with 403."""
    server.token = TOKEN
    path = canaries.kubeconfig(server.url, {})
    with Moved(canaries.source(path)) as api:
        assert not api.works()
        assert api.error.status == 403
        canaries.kubeconfig(server.url)
        assert api.works(), api.error.message


PLUGIN = """#!/bin/sh
echo "{error}" >&2
[ "$PLUGIN_SECRET" = given ] || exit 9
{commands}
"""
CREDENTIAL = {
    "apiVersion": "client.authentication.k8s.io/v1",
    "kind": "ExecCredential",
    "status": {"token": PLUGIN_TOKEN},
}


def _plugin(folder: Path, commands: str) -> dict[str, Any]:
    """A user section whose plugin does this."""
    path = folder / "plugin"
    path.write_text(PLUGIN.format(error=PLUGIN_ERROR, commands=commands))
    path.chmod(0o755)
    return {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": "./plugin",
            "args": ["get"],
            "env": [{"name": "PLUGIN_SECRET", "value": "given"}],
            "provideClusterInfo": True,
        }
    }


def _says(document: object) -> str:
    return f"cat <<'END'\n{json.dumps(document)}\nEND"


BAD_PLUGINS: dict[str, str] = {
    "fails": "exit 3",
    "says nothing": "exit 0",
    "prints rubbish": f"echo {PLUGIN_TOKEN}",
    "prints half": f"echo '{{\"status\": {{\"token\": \"{PLUGIN_TOKEN}'",
    "prints a list": "echo []",
    "another kind": _says({**CREDENTIAL, "kind": "Other"}),
    "another version": _says({**CREDENTIAL, "apiVersion": "client.authentication.k8s.io/v9"}),
    "no status": _says({**CREDENTIAL, "status": None}),
    "no token": _says({**CREDENTIAL, "status": {"token": ""}}),
    "an odd token": _says({**CREDENTIAL, "status": {"token": f"{PLUGIN_TOKEN}\nX: y"}}),
    "a certificate alone": _says({**CREDENTIAL, "status": {"clientCertificateData": KEY}}),
    "an odd expiry": _says({**CREDENTIAL, "status": {"token": PLUGIN_TOKEN, "expirationTimestamp": "soon"}}),
    "prints without end": "yes canary-which-the-plugin-gave",
    "hangs": "sleep 1000",
    "closes its output and hangs": "exec >&-; sleep 1000",
    "is killed": "kill -9 $$",
}  # fmt: skip


def _seconds_for(bad: str) -> float:
    """A plugin that hangs is not waited for; whatever else one does is, on a slow machine too."""
    return 0.5 if "hangs" in bad else 60.0


@pytest.mark.parametrize("bad", BAD_PLUGINS)
def test_a_plugin_that_fails_is_run_again(
    bad: str, server: ScriptedApi, canaries: Canaries, tmp_path: Path
) -> None:
    server.token = PLUGIN_TOKEN
    path = canaries.kubeconfig(server.url, _plugin(tmp_path, BAD_PLUGINS[bad]))
    source = canaries.source(path, plugin_seconds=_seconds_for(bad))
    with Moved(source) as api:
        assert not api.works()
        assert api.error.reason == "credentials"
        assert server.requests == []
        _plugin(tmp_path, _says(CREDENTIAL))
        source._plugin_seconds = 60.0
        assert api.works(), api.error.message


@pytest.mark.parametrize("mode", [None, 0o644])
def test_a_plugin_that_cannot_be_started(
    mode: int | None, server: ScriptedApi, canaries: Canaries, tmp_path: Path
) -> None:
    path = canaries.kubeconfig(server.url, _plugin(tmp_path, "exit 0"))
    if mode is None:
        (tmp_path / "plugin").unlink()
    else:
        (tmp_path / "plugin").chmod(mode)
    with Moved(canaries.source(path)) as api:
        assert not api.works()
    assert "cannot be started" in api.error.message


def test_a_plugins_credentials_are_asked_for_again_before_they_expire(
    server: ScriptedApi, canaries: Canaries, tmp_path: Path
) -> None:
    server.token = PLUGIN_TOKEN
    count = "echo x >> runs\n"
    clock = Clock()
    until = (clock.now() + timedelta(minutes=10)).astimezone(UTC).isoformat()
    status = {"token": PLUGIN_TOKEN, "expirationTimestamp": until}
    section = _plugin(tmp_path, count + _says({**CREDENTIAL, "status": status}))
    source = canaries.source(canaries.kubeconfig(server.url, section))
    runs = tmp_path / "runs"
    with Moved(source) as api:
        api._session = Session(source, clock=lambda: 0.0, now=clock.now)
        for _ in range(9):
            api.list_objects(RESOURCE, "")
            clock.seconds += 60
        assert runs.read_text() == "x\n"
        clock.seconds += 50
        api.list_objects(RESOURCE, "")
        assert runs.read_text() == "x\nx\n"


def test_a_permanent_refusal_reads_credentials_seldom(
    server: ScriptedApi, canaries: Canaries
) -> None:
    """A plugin may be costly, and a role that lacks a right is no reason to run it all the time."""
    loads = [0]

    class Counted(CredentialSource):
        def load(self) -> Any:
            loads[0] += 1
            return super().load()

    server.token = OTHER_TOKEN
    source = Counted(canaries.kubeconfig(server.url), canaries.redactor)
    with Moved(source) as api:
        for _ in range(600):
            api.clock.seconds += 0.5 - 31
            api.works()
    assert 10 <= loads[0] <= 40


@pytest.mark.parametrize("way", ["proxy-url", "environment"])
def test_a_proxy_with_a_password_is_asked_with_it(
    way: str, canaries: Canaries, server: ScriptedApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = server.url.replace("//", f"//user:{PROXY_PASSWORD}@")
    options = {"proxy-url": proxy} if way == "proxy-url" else {}
    monkeypatch.setenv("http_proxy", proxy)
    monkeypatch.setenv("no_proxy", "")
    path = canaries.kubeconfig("http://api.example:8080", **options)
    with Moved(canaries.source(path, environment=dict(os.environ))) as api:
        api.works()
    expected = base64.b64encode(f"user:{PROXY_PASSWORD}".encode()).decode()
    assert server.requests[0].headers["proxy-authorization"] == f"Basic {expected}"


def test_without_any_credentials_it_cannot_work(canaries: Canaries, tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path)}
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HOME", str(tmp_path))
        with pytest.raises(NoCredentialsError, match="no pod"):
            CredentialSource(None, canaries.redactor, environment=home)
        (tmp_path / ".kube").mkdir()
        (tmp_path / ".kube" / "config").write_text("half")
        source = CredentialSource(None, canaries.redactor, environment=home)
    with pytest.raises(CredentialsError):
        source.load()


def test_files_made_of_a_kubeconfigs_text_are_removed(
    server: ScriptedApi, canaries: Canaries, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "made"))
    (tmp_path / "made").mkdir()
    authority = Authority()
    context = _tls(authority.server(), tmp_path)
    server.tls = lambda: context
    user = _user_of(authority.client("reporter", "nodes"), None)
    with Moved(
        canaries.source(canaries.kubeconfig(server.url, user, **_cluster_of(authority, None)))
    ) as api:
        for _ in range(5):
            server.drop_connections()
            assert api.works(), api.error.message
            user = _user_of(authority.client("reporter", "nodes"), None)
            canaries.kubeconfig(server.url, user, **_cluster_of(authority, None))
        (folder,) = (tmp_path / "made").iterdir()
        assert folder.stat().st_mode & 0o777 == 0o700
        assert all(file.stat().st_mode & 0o777 == 0o600 for file in folder.iterdir())
    assert list((tmp_path / "made").iterdir()) == []


def test_a_full_disk_is_no_end(
    server: ScriptedApi, canaries: Canaries, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority()
    context = _tls(authority.server(), tmp_path)
    server.tls = lambda: context
    path = canaries.kubeconfig(server.url, **_cluster_of(authority, None))

    def full(*_: object, **__: object) -> str:
        raise OSError(28, "No space left on device")

    with Moved(canaries.source(path)) as api:
        with monkeypatch.context() as patched:
            patched.setattr("tempfile.mkdtemp", full)
            assert not api.works()
            assert "No space left on device" in api.error.message
        assert api.works(), api.error.message


def test_what_is_said_of_credentials_that_cannot_be_used(
    canaries: Canaries, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    """Word by word: ``credentials.txt`` beside this file."""
    lines: list[str] = []

    def note(about: str, source: CredentialSource) -> None:
        try:
            source.load().close()
        except CredentialsError as error:
            # Which exception a library raises is its own business.
            said = re.sub(r" \(\w+\)$", "", str(error)).replace(str(tmp_path), "FOLDER")
            lines.append(f"{about}: {said}")
        else:
            lines.append(f"{about}: can be used")

    whole = canaries.kubeconfig("http://127.0.0.1:1").read_bytes()
    # How deep is too deep is the interpreter's business.
    for number, text in enumerate(SHAPES[:-1]):
        (tmp_path / "kubeconfig").write_text(text)
        note(f"shape {number}", canaries.source(tmp_path / "kubeconfig"))
    for share in range(0, 101, 10):
        (tmp_path / "kubeconfig").write_bytes(whole[: len(whole) * share // 100])
        note(f"{share} % of it", canaries.source(tmp_path / "kubeconfig"))
    for bad, commands in BAD_PLUGINS.items():
        path = canaries.kubeconfig("http://127.0.0.1:1", _plugin(tmp_path, commands))
        note(f"a plugin: {bad}", canaries.source(path, plugin_seconds=_seconds_for(bad)))
    for token in (b"", b" \n", b"two words", b"\xff\xfe", b"t\xc3\xa9", b"sound-token\r\n"):
        _pod(tmp_path / "pod", token, Authority().certificate)
        note(f"a pod's token {token!r}", _pods(canaries, tmp_path / "pod"))
    (tmp_path / "pod" / "token").write_bytes(b"x" * ((1 << 20) + 1))
    note("a token of more than a MiB", _pods(canaries, tmp_path / "pod"))
    (tmp_path / "pod" / "token").unlink()
    note("no token", _pods(canaries, tmp_path / "pod"))
    _pod(tmp_path / "pod", b"sound-token", b"no certificate")
    note("an authority that is none", _pods(canaries, tmp_path / "pod"))
    both = f"{tmp_path / 'none'}:{tmp_path / 'kubeconfig'}"
    (tmp_path / "kubeconfig").write_bytes(whole)
    note("the second of two files", canaries.source(Path(both)))
    note(
        "two files that are not there", canaries.source(Path(f"{tmp_path / 'a'}:{tmp_path / 'b'}"))
    )
    path = Path(__file__).parent / "credentials.txt"
    assert is_as_kept(pytestconfig, path, "\n".join([*lines, ""]))


def _pods(canaries: Canaries, folder: Path) -> CredentialSource:
    environment = {**IN_POD, "KUBERNETES_SERVICE_PORT": "1"}
    return CredentialSource(None, canaries.redactor, environment=environment, pod_folder=folder)
