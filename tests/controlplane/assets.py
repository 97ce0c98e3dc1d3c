"""Where the binaries are."""

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
