"""Who the reporter is for the API server: read from a kubeconfig or from the pod, checked, and read anew.

The official client's loaders do the reading: merging of kubeconfigs, auth providers, certificates in files
and in the text. What they lack for a process that runs for months is here: credentials are read by people's
editors and by rotation in progress, so what was read is checked before it is used (a token with a line feed
behind it, half of a file, a key that does not fit its certificate), everything that can be wrong is one
error, :class:`~reporter.kube.api.CredentialsError`, and no text of a stranger's exception reaches a message:
those of YAML and of HTTP headers quote what they could not read.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import ssl
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import urllib3
import yaml
from kubernetes import client
from kubernetes.config import ConfigException
from kubernetes.config.incluster_config import InClusterConfigLoader
from kubernetes.config.kube_config import KubeConfigLoader, KubeConfigMerger

from birdstatus.errors import printable
from reporter.kube.api import CredentialsError, NoCredentialsError
from reporter.kube.exec_plugin import run_exec_plugin

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from reporter.redaction import Redactor

__all__ = ["CredentialSource", "Credentials"]

# https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
POD_FOLDER = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_HOST, _PORT = "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"
# A file of credentials is some KiB. What is larger is another file.
_MAX_FILE = 1 << 20
# Of a user section, what names no secret.
_OPEN = frozenset(
    {"apiVersion", "command", "interactiveMode", "installHint", "provideClusterInfo", "name"}
    | {
        "client-certificate",
        "client-certificate-data",
        "client-key",
        "tokenFile",
        "args",
        "username",
    }
)
# How else a user can say who it is.
_OTHER_WAYS = frozenset({"client-certificate", "client-certificate-data", "username"})


@dataclass(slots=True)
class Credentials:
    """Checked credentials: a configuration of the official client, and what is to be known about it.

    ``fingerprint`` differs if anything of it does; ``expires`` is the time at which it must be read anew.
    Certificates from the text of a kubeconfig lie in a folder of mode 0700 until :meth:`close`.
    """

    configuration: client.Configuration
    fingerprint: str
    expires: datetime | None
    _made: contextlib.ExitStack = field(repr=False)

    def close(self) -> None:
        """Remove the files that were made for it."""
        self._made.close()


class CredentialSource:
    """Where credentials come from; each :meth:`load` reads everything again."""

    def __init__(  # noqa: PLR0913 - everything it uses is an argument
        self,
        kubeconfig: Path | None,
        redactor: Redactor,
        *,
        context: str = "",
        environment: Mapping[str, str] = os.environ,
        pod_folder: Path = POD_FOLDER,
        plugin_seconds: float = 10.0,
    ) -> None:
        """The kubeconfig that is named, else the pod's ServiceAccount, else ``~/.kube/config``.

        ``context`` is one of the kubeconfig's, its current one if none is named. ``plugin_seconds`` is how
        long a credential plugin may take.

        Raises:
            NoCredentialsError: there is none of these, and none can come.
        """
        self.redactor = redactor
        self._environment = environment
        self._pod = pod_folder
        self._plugin_seconds = plugin_seconds
        self._kubeconfig = kubeconfig
        self._context = context
        if kubeconfig is None and not self._in_pod:
            self._kubeconfig = Path("~/.kube/config").expanduser()
            if not self._kubeconfig.exists():
                raise NoCredentialsError(
                    f"this is no pod ({_HOST} is not set), and there is no {self._kubeconfig}"
                )
        # A proxy's password stands in the environment.
        for name, value in environment.items():
            if name.lower().endswith("_proxy"):
                redactor.learn_url(value)

    @property
    def _in_pod(self) -> bool:
        return bool(self._environment.get(_HOST) and self._environment.get(_PORT))

    def load(self) -> Credentials:
        """Read and check the credentials as they are now.

        Raises:
            CredentialsError: they cannot be used as they are; a later try may find them whole.
        """
        with contextlib.ExitStack() as made:
            try:
                if self._kubeconfig is None:
                    configuration, expires = self._from_pod(), None
                else:
                    configuration, expires = self._from_kubeconfig(self._kubeconfig, made)
                _check_token(configuration, self.redactor)
                fingerprint = _check_certificates(configuration, self.redactor)
                self._set_up_proxy(configuration)
            except CredentialsError:
                raise
            except Exception as error:  # noqa: BLE001 - the loaders raise whatever a file makes them
                raise CredentialsError(_why(error)) from None
            return Credentials(configuration, fingerprint, expires, made.pop_all())

    def _configuration(self) -> client.Configuration:
        configuration = client.Configuration()
        # Retries are the caller's, who knows what the call is worth and when to stop.
        configuration.retries = False
        # A path that drops packets without a word is noticed in some two minutes.
        configuration.keep_alive = True
        return configuration

    def _from_pod(self) -> client.Configuration:
        token, authority = self._pod / "token", self._pod / "ca.crt"
        self.redactor.learn(_text(token, str(token)))
        configuration = self._configuration()
        loader = InClusterConfigLoader(  # type: ignore[no-untyped-call]
            str(token), str(authority), try_refresh_token=False, environ=self._environment
        )
        loader.load_and_set(configuration)  # type: ignore[no-untyped-call]
        return configuration

    def _from_kubeconfig(
        self, path: Path, made: contextlib.ExitStack
    ) -> tuple[client.Configuration, datetime | None]:
        for part in _files(path):
            _text(part, printable(str(part)))
        merger = KubeConfigMerger(str(path))  # type: ignore[no-untyped-call]
        config = merger.config
        self._learn_all(config)
        named_context = self._context or str(config["current-context"])
        if config["contexts"].get_with_name(named_context, safe=True) is None:
            raise CredentialsError(f"the kubeconfig has no context {printable(named_context)}")
        context = config["contexts"].get_with_name(named_context)["context"]
        cluster = config["clusters"].get_with_name(context["cluster"])["cluster"]
        named = context.safe_get("user")
        user = config["users"].get_with_name(named, safe=True) if named else None
        section = user["user"] if user is not None and user.safe_get("user") else None
        expires = None
        persister: Callable[[], None] | None = merger.save_changes
        _check_files(cluster, "certificate-authority")
        if section is not None and "auth-provider" not in section:
            persister = None  # the section is changed here, and not for the file
            _check_files(section, "client-certificate", "client-key")
            expires = self._prepare(section, cluster)
        in_text = [
            (node, name, attribute)
            for node, name, attribute in (
                (cluster, "certificate-authority", "ssl_ca_cert"),
                (section, "client-certificate", "cert_file"),
                (section, "client-key", "key_file"),
            )
            if node is not None and node.safe_get(f"{name}-data")
        ]
        folder = None
        if in_text:
            folder = made.enter_context(tempfile.TemporaryDirectory(prefix="birdstatus-"))
        loader = KubeConfigLoader(  # type: ignore[no-untyped-call]
            config,
            active_context=named_context,
            config_base_path=None,
            config_persister=persister,
            temp_file_path=folder,
        )
        configuration = self._configuration()
        loader.load_and_set(configuration)  # type: ignore[no-untyped-call]
        for _, name, attribute in in_text:
            file = getattr(configuration, attribute)
            if file is not None and folder is not None:
                # The loader gives the same text the same file again, which may be one that goes away.
                setattr(configuration, attribute, _copied(Path(file), Path(folder, name)))
        # The loader's own way to read anew does so in the middle of a call, and raises there.
        configuration.refresh_api_key_hook = None
        return configuration, expires

    def _prepare(self, user: Any, cluster: Any) -> datetime | None:  # noqa: ANN401 - the client's ConfigNode
        """Have the token at hand as text: from its file, or from the plugin."""
        section: dict[str, Any] = user.value
        base = _folder_of(user)
        token = _stripped(str(section["token"])) if section.get("token") is not None else ""
        if not token and section.get("tokenFile"):
            token = _stripped(_text(base / str(section["tokenFile"]), "the file of tokenFile"))
            if not token:
                raise CredentialsError("the file of tokenFile is empty")
        expires = None
        if token:
            section["token"] = token
        elif section.get("exec"):
            section.pop("token", None)
            found, expires = run_exec_plugin(
                section.pop("exec"),
                cluster.value,
                base,
                seconds=self._plugin_seconds,
                redactor=self.redactor,
            )
            section.update(found)
        elif "token" in section and not (_OTHER_WAYS & section.keys()):
            raise CredentialsError("the user's token is empty")
        section.pop("tokenFile", None)
        return expires

    def _learn_all(self, config: Any) -> None:  # noqa: ANN401 - the client's ConfigNode
        """Every text of every user that could be a secret, and the passwords of URLs."""
        for user in config.value.get("users") or ():
            self.redactor.learn(*_secrets_of(user.value.get("user")))
        for item in config.value.get("clusters") or ():
            cluster = item.value.get("cluster") or {}
            for name in ("server", "proxy-url"):
                if cluster.get(name):
                    self.redactor.learn_url(str(cluster[name]))

    def _set_up_proxy(self, configuration: client.Configuration) -> None:
        # Said once: otherwise the client looks through the whole environment for one before every call.
        configuration.proxy = configuration.proxy
        if configuration.proxy:
            self.redactor.learn_url(configuration.proxy)
            parts = urlsplit(configuration.proxy)
            if parts.username and not configuration.proxy_headers:
                user, password = unquote(parts.username), unquote(parts.password or "")
                configuration.proxy_headers = urllib3.make_headers(
                    proxy_basic_auth=f"{user}:{password}"
                )


def _check_token(configuration: client.Configuration, redactor: Redactor) -> None:
    """Make the token fit for a header (RFC 6750: ASCII), or say that it is none.

    Raises:
        CredentialsError: it is empty, or holds what no header may; without the token.
    """
    value = configuration.api_key.get("BearerToken")
    if value is None:
        return
    scheme, _, token = str(value).partition(" ")
    token = _stripped(token)
    redactor.learn(token)
    if not token:
        raise CredentialsError("the token is empty")
    if not token.isascii() or not token.isprintable() or " " in token:
        raise CredentialsError(
            "the token holds a character that no token has (a blank, a control character, or one that is "
            "not ASCII)"
        )
    configuration.api_key["BearerToken"] = f"{scheme} {token}"


def _check_certificates(configuration: client.Configuration, redactor: Redactor) -> str:
    """Whether authority, certificate and key can be used together; a digest of all that makes a client.

    Raises:
        CredentialsError: they cannot, as in the middle of a rotation.
    """
    digest = hashlib.sha256()
    for value in (configuration.host, configuration.proxy, configuration.tls_server_name,
                  configuration.verify_ssl, configuration.api_key.get("BearerToken")):  # fmt: skip
        digest.update(f"{value}\0".encode("utf-8", "surrogatepass"))
    if urlsplit(configuration.host).scheme not in {"http", "https"}:
        raise CredentialsError("the server's address is no http or https URL")
    files = (configuration.ssl_ca_cert, configuration.cert_file, configuration.key_file)
    for path in filter(None, files):
        digest.update(_text(Path(path), "a file of certificates").encode())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if configuration.ssl_ca_cert:
        try:
            context.load_verify_locations(configuration.ssl_ca_cert)
        except ssl.SSLError:
            raise CredentialsError("the certificate authority is not PEM, or not whole") from None
    if configuration.cert_file:
        if configuration.key_file:
            redactor.learn(_text(Path(configuration.key_file), "the file of client-key"))
        try:
            # Without an answer to the question for a password, OpenSSL asks on the terminal.
            context.load_cert_chain(configuration.cert_file, configuration.key_file, password="")
        except (ssl.SSLError, ValueError):
            raise CredentialsError(
                "the client's certificate and key do not fit each other, or are not whole"
            ) from None
    return digest.hexdigest()


def _files(path: Path) -> list[Path]:
    """The files that a KUBECONFIG names. Of several, those that are there count, as for kubectl."""
    named = [Path(part).expanduser() for part in str(path).split(os.pathsep) if part]
    there = [file for file in named if file.exists()]
    return there or named[:1]


def _folder_of(node: Any) -> Path:  # noqa: ANN401 - the client's ConfigNode
    """From where the relative paths of a section of a kubeconfig are meant."""
    return Path(node.path or ".").absolute().parent


def _check_files(node: Any, *names: str) -> None:  # noqa: ANN401 - the client's ConfigNode
    """Whether the files that a section names can be read.

    Raises:
        CredentialsError: one cannot; says which and why.
    """
    for name in names:
        path = node.safe_get(name)
        if path and not node.safe_get(f"{name}-data"):
            _text(_folder_of(node) / str(path), f"the file of {name}")


def _copied(source: Path, to: Path) -> str:
    to.touch(mode=0o600)
    to.write_bytes(source.read_bytes())
    return str(to)


def _text(path: Path, name: str) -> str:
    """A file's text, of a size that credentials have.

    ``name`` is what a message calls it. What a kubeconfig has for a path may be a token in the wrong place.

    Raises:
        CredentialsError: it cannot be read, is larger, or is empty.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_FILE + 1)
    except OSError as error:
        raise CredentialsError(f"{name}: {error.strerror or type(error).__name__}") from None
    if len(data) > _MAX_FILE:
        raise CredentialsError(f"{name}: larger than {_MAX_FILE} bytes")
    if not data.strip():
        raise CredentialsError(f"{name}: empty")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CredentialsError(f"{name}: not UTF-8") from None


def _stripped(token: str) -> str:
    """A token without what editors and shells leave around it."""
    return token.strip().strip("\ufeff\0").strip()


def _secrets_of(section: object, name: str = "") -> list[str]:
    """The texts of a user section that could be secrets, at any depth."""
    if isinstance(section, dict):
        found = [text for key, value in section.items() for text in _secrets_of(value, str(key))]
        # `--token=...`: the value, and not the flag's name.
        values = (str(argument).partition("=")[2] for argument in section.get("args") or ())
        return found + [value for value in values if value]
    if isinstance(section, list):
        return [text for value in section for text in _secrets_of(value, name)]
    return [] if name in _OPEN or section is None else [str(section)]


def _why(error: Exception) -> str:
    """Words for a stranger's exception that quote nothing of what it is about."""
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark
        place = f", line {mark.line + 1}" if mark else ""
        return f"the kubeconfig is not YAML, or not whole{place}"
    if isinstance(error, yaml.YAMLError | UnicodeError):
        return "the kubeconfig is not YAML"
    if isinstance(error, ConfigException):
        return "the kubeconfig is not whole: a section or a name is missing"
    if isinstance(error, OSError):
        return f"a file of the credentials: {error.strerror or type(error).__name__}"
    return f"the kubeconfig has another shape than one ({type(error).__name__})"
