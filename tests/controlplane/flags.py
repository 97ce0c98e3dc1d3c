"""How the two servers are started."""

from pathlib import Path


def etcd(binary: Path, data: Path, client_url: str, peer_url: str) -> list[str]:
    """An etcd of one member, whose data need not survive a crash of the machine."""
    return [
        str(binary),
        f"--data-dir={data}",
        "--unsafe-no-fsync",
        f"--listen-client-urls={client_url}",
        f"--advertise-client-urls={client_url}",
        f"--listen-peer-urls={peer_url}",
        f"--initial-advertise-peer-urls={peer_url}",
        f"--initial-cluster=default={peer_url}",
        "--socket-reuse-port",  # see ReservedPort
        "--log-level=warn",
    ]


def kube_apiserver(binary: Path, port: int, etcd_url: str, certificates: Path) -> list[str]:
    """An API server that authenticates and authorizes as clusters do."""
    return [
        str(binary),
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        "--permit-port-sharing",  # see ReservedPort
        # Its default is the address of the default route, which a test machine may not have.
        "--advertise-address=127.0.0.1",
        # It would publish that address as the endpoint of the service `kubernetes`: refused for
        # loopback, and of no use without pods.
        "--endpoint-reconciler-type=none",
        # A server that is told to stop then ends its open watches, instead of waiting for them.
        "--shutdown-watch-termination-grace-period=1s",
        "--service-cluster-ip-range=10.0.0.0/24",
        f"--etcd-servers={etcd_url}",
        "--authorization-mode=RBAC",
        f"--client-ca-file={certificates / 'ca.crt'}",
        f"--tls-cert-file={certificates / 'server.crt'}",
        f"--tls-private-key-file={certificates / 'server.key'}",
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        f"--service-account-key-file={certificates / 'tokens.key'}",
        f"--service-account-signing-key-file={certificates / 'tokens.key'}",
    ]
