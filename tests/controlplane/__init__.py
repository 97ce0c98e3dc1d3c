"""A real kube-apiserver and etcd on loopback, for tests that must not believe a fake.

No controller and no kubelet runs beside them. So namespaces get no ServiceAccount named `default`,
a deleted namespace stays `Terminating`, nothing owned is garbage-collected, and no pod ever runs.
"""

from controlplane.assets import Assets, AssetsMissing, find
from controlplane.process import ServerFailed
from controlplane.server import ControlPlane, KubectlFailed

__all__ = ["Assets", "AssetsMissing", "ControlPlane", "KubectlFailed", "ServerFailed", "find"]
