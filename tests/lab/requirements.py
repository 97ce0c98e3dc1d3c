"""What this machine must have for the lab, each asked of the machine itself."""

import os
import shutil

from .namespace import Namespace, NetworkError


def lacking() -> str | None:
    """Why the lab cannot run here, in words that say what to do; None where it can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    for program, package in (
        ("ip", "iproute2"),
        ("setpriv", "util-linux"),
        ("bird", "bird"),
        ("bird6", "bird"),
        ("birdc", "bird"),
    ):
        if not shutil.which(program):
            return f"no {program} on PATH: apt-get install {package}"
    try:
        with Namespace.create("probe") as namespace, Namespace.create("probe-far") as far:
            namespace.interface("eth0", far, "10.0.0.1/24", "fd5c:1ab::1/64")
    except (NetworkError, OSError) as error:
        return f"no network namespaces with veth pairs and IPv6: {error}"
    return None
