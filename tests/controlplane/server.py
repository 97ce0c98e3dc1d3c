"""The control plane."""

import contextlib
import http.client
import ssl
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from controlplane import assets, flags, kubeconfig
from controlplane.identity import Authority, signing_key
from controlplane.port import ReservedPort
from controlplane.probe import is_ready
from controlplane.process import ServerProcess

_START_SECONDS = 120  # three are usual; a machine that compiles meanwhile takes longer
_PROBE_SECONDS = 5
_KUBECTL_SECONDS = 60


class KubectlFailed(Exception):  # noqa: N818  -- reads as what happened
    """`kubectl` did not exit with 0. The text is what it wrote to standard error."""


class ControlPlane:
    """A kube-apiserver and its etcd on loopback, from `with` to the end of its block.

    Example:
        with ControlPlane() as plane:
            plane.kubectl("create", "namespace", "demo")
    """

    url: str
    """Where the API server listens, such as `https://127.0.0.1:34567`."""
    ca_file: Path
    """The certificate authority that signed the API server's certificate."""
    kubeconfig_admin: Path
    """The kubeconfig of a member of `system:masters`."""

    def __init__(self, binaries: assets.Assets | None = None) -> None:
        """Use the given binaries, else those that `assets.find` finds.

        Raises:
            AssetsMissing: There are none.
        """
        self._assets = binaries or assets.find()
        self._apiserver: ServerProcess | None = None

    def __enter__(self) -> Self:
        """Start both servers.

        Raises:
            ServerFailed: One of them did not start.
        """
        with contextlib.ExitStack() as stack:
            self._folder = Path(
                stack.enter_context(tempfile.TemporaryDirectory(prefix="controlplane-"))
            )
            client = stack.enter_context(ReservedPort()).number
            peer = stack.enter_context(ReservedPort()).number
            self._port = stack.enter_context(ReservedPort()).number
            self.url = f"https://127.0.0.1:{self._port}"
            self._etcd_url = f"http://127.0.0.1:{client}"
            self._write_identities()

            self._etcd = ServerProcess(
                flags.etcd(
                    self._assets.etcd,
                    self._folder / "data",
                    self._etcd_url,
                    f"http://127.0.0.1:{peer}",
                ),
                self._folder / "etcd.log",
                lambda: is_ready(
                    http.client.HTTPConnection("127.0.0.1", client, timeout=_PROBE_SECONDS)
                ),
                _START_SECONDS,
            )
            stack.callback(self._etcd.end)
            self.start_apiserver()
            stack.callback(self.stop_apiserver)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End both servers and remove their files."""
        self._stack.close()

    @property
    def process_ids(self) -> list[int]:
        """The servers that run now: etcd, and the API server unless it is stopped."""
        running = [self._etcd] if self._apiserver is None else [self._etcd, self._apiserver]
        return [server.pid for server in running]

    def start_apiserver(self) -> None:
        """Start the API server, on the port and with the objects that it had before.

        Raises:
            ServerFailed: It did not start.
        """
        if self._apiserver is not None:
            return
        self._apiserver = ServerProcess(
            flags.kube_apiserver(
                self._assets.kube_apiserver, self._port, self._etcd_url, self._folder
            ),
            self._folder / "kube-apiserver.log",
            lambda: is_ready(
                http.client.HTTPSConnection(
                    "127.0.0.1", self._port, timeout=_PROBE_SECONDS, context=self._admin_tls
                )
            ),
            _START_SECONDS,
        )

    def stop_apiserver(self) -> None:
        """Stop the API server. Its port then refuses connections; its objects stay in etcd."""
        if self._apiserver is not None:
            self._apiserver.end()
            self._apiserver = None

    def kubectl(self, *arguments: str, input: str | None = None, check: bool = True) -> str:  # noqa: A002
        """Run `kubectl` as the administrator and return what it printed.

        Args:
            arguments: Its arguments, such as `"apply", "-f", "-"`.
            input: Its standard input.
            check: With False, a failure is no exception: its message is part of the result.

        Raises:
            KubectlFailed: It failed, and `check` is true.
        """
        done = subprocess.run(
            [str(self._assets.kubectl), *arguments],
            # An own HOME, so that neither a person's settings nor their discovery cache are used.
            env={"KUBECONFIG": str(self.kubeconfig_admin), "HOME": str(self._folder)},
            input=input or "",
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if check else subprocess.STDOUT,
            encoding="utf-8",
            timeout=_KUBECTL_SECONDS,
            check=False,
        )
        if check and done.returncode != 0:
            raise KubectlFailed(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def token_for(self, service_account: str, namespace: str = "default") -> str:
        """A fresh bearer token of a ServiceAccount that exists."""
        return self.kubectl("create", "token", service_account, f"--namespace={namespace}").strip()

    def kubeconfig_for(self, service_account: str, namespace: str = "default") -> Path:
        """A kubeconfig with a fresh token of a ServiceAccount that exists.

        A second call for the same ServiceAccount replaces the file.
        """
        path = self._folder / f"{namespace}-{service_account}.kubeconfig"
        token = self.token_for(service_account, namespace)
        kubeconfig.write(path, self.url, self.ca_file.read_bytes(), token)
        return path

    def _write_identities(self) -> None:
        authority = Authority()
        server = authority.server()
        admin = authority.client("admin", "system:masters")
        files = {
            "ca.crt": authority.certificate,
            "server.crt": server.certificate,
            "server.key": server.key,
            "admin.crt": admin.certificate,
            "admin.key": admin.key,
            "tokens.key": signing_key(),
        }
        for name, content in files.items():
            (self._folder / name).write_bytes(content)
        self.ca_file = self._folder / "ca.crt"
        self.kubeconfig_admin = self._folder / "admin.kubeconfig"
        kubeconfig.write(self.kubeconfig_admin, self.url, authority.certificate, admin)
        self._admin_tls = ssl.create_default_context(cafile=self.ca_file)
        self._admin_tls.load_cert_chain(self._folder / "admin.crt", self._folder / "admin.key")
