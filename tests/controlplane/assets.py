"""Where the binaries are."""

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_HERE = Path(__file__).parent
_BUILT = _HERE.parent.parent / ".controlplane"
_NAMES = ("kube-apiserver", "etcd", "kubectl")


class AssetsMissing(Exception):  # noqa: N818  -- it states a condition that a fixture turns into a skip
    """A binary is not there. The text says how to get it."""


@dataclass(frozen=True)
class Assets:
    """A folder that holds `kube-apiserver`, `etcd` and `kubectl`."""

    folder: Path

    @property
    def kube_apiserver(self) -> Path:
        """The API server."""
        return self.folder / "kube-apiserver"

    @property
    def etcd(self) -> Path:
        """Its database."""
        return self.folder / "etcd"

    @property
    def kubectl(self) -> Path:
        """Its command line client."""
        return self.folder / "kubectl"


def pinned_version() -> str:
    """The Kubernetes version that `build` builds, such as `v1.37.2`."""
    text = (_HERE / "assets" / "go.mod").read_text()
    found = re.search(r"^\s*k8s\.io/kubernetes (v\S+)", text, re.MULTILINE)
    if found is None:
        raise AssertionError("assets/go.mod requires no k8s.io/kubernetes")
    return found[1]


@dataclass(frozen=True)
class Tools:
    """A folder that holds `helm` and `promlint`."""

    folder: Path

    @property
    def helm(self) -> Path:
        """Renders and lints charts."""
        return self.folder / "helm"

    @property
    def promlint(self) -> Path:
        """Prints what Prometheus' linter says of the metrics on its standard input."""
        return self.folder / "promlint"


def find(environment: Mapping[str, str] = os.environ) -> Assets:
    """The folder that `KUBEBUILDER_ASSETS` names, else the one that `make controlplane` fills."""
    named = environment.get("KUBEBUILDER_ASSETS")
    folder = Path(named).resolve() if named else _BUILT / pinned_version()
    missing = [name for name in _NAMES if not os.access(folder / name, os.X_OK)]
    if not missing:
        return Assets(folder)
    if named:
        raise AssetsMissing(
            f"no {', '.join(missing)} in KUBEBUILDER_ASSETS={named}: point it at a folder that "
            f"holds {', '.join(_NAMES)}, or unset it and run `make controlplane`"
        )
    raise AssetsMissing(f"no {', '.join(missing)} in {folder}: run `make controlplane`")


def find_tools() -> Tools:
    """The folder that `make controlplane` fills, named for what `build` makes it from."""
    sources = (_HERE / "tools" / name for name in ("go.mod", "go.sum", "promlint/main.go"))
    made_from = hashlib.sha256(b"".join(source.read_bytes() for source in sources))
    tools = Tools(_BUILT / "tools" / made_from.hexdigest()[:12])
    for tool in (tools.helm, tools.promlint):
        if not os.access(tool, os.X_OK):
            raise AssetsMissing(f"no {tool}: run `make controlplane`")
    return tools
