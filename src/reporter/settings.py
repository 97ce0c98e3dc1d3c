"""Every setting of the reporter: its flag, environment variable, default and help, in this one place."""

# ruff: noqa: RUF009 - `_setting` is `dataclasses.field` with a name for each thing

from __future__ import annotations

import math
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from birdstatus.cli.arguments import checked, completes_files
from reporter.memory import MOST_REPLY_BYTES, largest_reply, memory_for

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping

__all__ = ["NAMED_AFTER_NODE", "Settings", "add_flags", "seconds", "settings_from"]

# There is one object for each node, and it has the node's name.
NAMED_AFTER_NODE = "named-after-node"
API_GROUPS = ("projectcalico.org/v3", "crd.projectcalico.org/v1")


def _setting(  # noqa: PLR0913 - one argument for each thing that a setting has
    default: Any,  # noqa: ANN401 - as dataclasses.field
    about: str,
    *,
    group: str,
    env: str = "",
    read: Callable[[str], Any] = str,
    shown: str = "",
    choices: tuple[str, ...] | None = None,
) -> Any:  # noqa: ANN401
    metadata = {
        "about": about, "group": group, "env": env, "read": read, "shown": shown,
        "choices": choices,
    }  # fmt: skip
    return field(default=default, metadata=metadata)


def seconds(text: str) -> float:
    """A time in seconds, more than 0.

    Raises:
        ValueError: it is none.
    """
    value = float(text)
    if not 0 < value < math.inf:
        raise ValueError("must be more than 0")
    return value


def _at_least(least: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        value = int(text)
        if value < least:
            raise ValueError(f"must be at least {least}")
        return value

    return read


def _heartbeat(text: str) -> float | None:
    if text in _HEARTBEATS:
        return _HEARTBEATS[text]
    return seconds(text)


# A status is written if something changed, or if the last write is at least this long ago; None: see
# :mod:`birdstatus.heartbeat`.
_HEARTBEATS = {"auto": None, "period": 0.0, "change": math.inf}


def _address(text: str) -> tuple[str, int] | None:
    if text == "off":
        return None
    host, separator, port = text.rpartition(":")
    if not separator or not 0 <= int(port) <= 65535:
        raise ValueError("must be HOST:PORT, :PORT or off")
    return host.strip("[]"), int(port)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a reporter is told. Times are seconds, sizes are bytes."""

    node_name: str = _setting(
        "",
        "name of this node, as in spec.node (default: none; show takes the name of the host)",
        group="node",
        env="NODENAME",
        shown="NAME",
    )
    bird_socket: Path | None = _setting(
        None,
        "control socket of the IPv4 daemon (default: the first of /var/run/calico, /var/run/bird "
        "and /run/bird in which bird.ctl answers)",
        group="bird",
        env="BIRD_SOCKET",
        read=Path,
        shown="PATH",
    )
    bird6_socket: Path | None = _setting(
        None,
        "control socket of the IPv6 daemon (default: likewise, bird6.ctl)",
        group="bird",
        env="BIRD6_SOCKET",
        read=Path,
        shown="PATH",
    )
    bird_timeout: float = _setting(
        5.0,
        "how long one daemon may take for all its answers",
        group="bird",
        read=seconds,
        shown="SECONDS",
    )
    memory_limit: int = _setting(
        0,
        "memory that this process may take, from which --max-reply-bytes follows; deploy/ gives the limit "
        "of the pod (default: no limit is known)",
        group="bird",
        env="MEMORY_LIMIT",
        read=_at_least(1),
        shown="BYTES",
    )
    max_reply_bytes: int = _setting(
        MOST_REPLY_BYTES,
        "a longer answer is given up (default: as --memory-limit allows, and at most 128 MiB)",
        group="bird",
        read=_at_least(1024),
        shown="BYTES",
    )
    max_status_bytes: int = _setting(
        1 << 20,
        "a status is kept under this size: FIB routes first, then RIB (etcd refuses 1.5 MiB)",
        group="report",
        read=_at_least(1024),
        shown="BYTES",
    )
    kubeconfig: Path | None = _setting(
        None,
        "kubeconfig file (default: the pod's ServiceAccount, else ~/.kube/config)",
        group="api",
        env="KUBECONFIG",
        read=Path,
        shown="FILE",
    )
    api_group: str = _setting(
        "",
        "API group and version of CalicoNodeStatus (default: discovered as Calico does)",
        group="api",
        env="CALICO_API_GROUP",
        choices=API_GROUPS,
    )
    objects: str = _setting(
        "any",
        "which objects to look for: any whose spec.node is this node (the default), or named-after-node, "
        "the one that also has its name: in a large cluster a watch by name costs the API server least",
        group="api",
        choices=("any", NAMED_AFTER_NODE),
    )
    api_timeout: float = _setting(
        10.0, "how long one API call may take", group="api", read=seconds, shown="SECONDS"
    )
    heartbeat: float | None = _setting(
        None,
        "when lastUpdated moves though nothing changed: auto (every updatePeriodSeconds while the objects of "
        "the cluster are few, else so that all together move it about once a second at most; the default), "
        "period (every updatePeriodSeconds), change (never), or a number of seconds",
        group="run",
        read=_heartbeat,
        shown="auto|period|change|SECONDS",
    )
    watch_quiet: float = _setting(
        90.0,
        "a watch that says nothing for so long is begun anew (the API server sends bookmarks "
        "about once a minute)",
        group="run",
        read=seconds,
        shown="SECONDS",
    )
    metrics_period: float = _setting(
        30.0,
        "BIRD is asked at least this often, so that /metrics is fresh also without any "
        "CalicoNodeStatus",
        group="run",
        read=seconds,
        shown="SECONDS",
    )
    max_peer_series: int = _setting(
        200,
        "sessions of each family that get series of their own on /metrics; totals count them all",
        group="run",
        read=_at_least(0),
        shown="COUNT",
    )
    listen: tuple[str, int] | None = _setting(
        ("", 9098),
        "where to serve /metrics, /healthz and /readyz (default :9098), or off",
        group="run",
        read=_address,
        shown="HOST:PORT",
    )
    log_format: str = _setting(
        "plain", "form of the log on standard error", group="run", choices=("plain", "json")
    )


def add_flags(parser: argparse.ArgumentParser, *groups: str) -> None:
    """Give a command the flags of these groups (``node``, ``bird``, ``api``, ``report``, ``run``)."""
    for setting in fields(Settings):
        about = setting.metadata
        if about["group"] in groups:
            flag = parser.add_argument(
                "--" + setting.name.replace("_", "-"),
                help=_help(setting),
                metavar=about["shown"] or None,
                choices=about["choices"],
                type=checked(about["read"]),
                default=None,
            )
            if about["read"] is Path:
                completes_files(flag)


def _help(setting: Field[Any]) -> str:
    """What a flag is about, its default if the text does not say it, and its variable."""
    text = setting.metadata["about"]
    if "default" not in text:
        number = isinstance(setting.default, float)
        text += f" (default: {setting.default:g})" if number else f" (default: {setting.default})"
    variable = setting.metadata["env"]
    return f"{text} [env: {variable}]" if variable else text


def settings_from(arguments: argparse.Namespace, environment: Mapping[str, str]) -> Settings:
    """The settings: a flag before its environment variable, that before the default.

    Raises:
        ValueError: an environment variable has no sensible value; says which and why.
    """
    values: dict[str, Any] = {}
    for one in fields(Settings):
        about = one.metadata
        given = getattr(arguments, one.name, None)
        text = environment.get(about["env"], "") if about["env"] else ""
        if given is not None:
            values[one.name] = given
        elif text and hasattr(arguments, one.name):
            if about["choices"] and text not in about["choices"]:
                raise ValueError(
                    f"{about['env']}={text}: must be one of {', '.join(about['choices'])}"
                )
            try:
                values[one.name] = about["read"](text)
            except ValueError as error:
                raise ValueError(f"{about['env']}={text}: {error}") from None
    _fit_to_memory(values)
    return Settings(**values)


def _fit_to_memory(values: dict[str, Any]) -> None:
    """Have the size of a reply and the memory fit each other.

    Raises:
        ValueError: both are given, and do not, or there is too little memory for anything.
    """
    memory = values.get("memory_limit", 0)
    if not memory:
        return
    try:
        largest = largest_reply(memory)
    except ValueError as error:
        raise ValueError(f"--memory-limit={memory}: {error}") from None
    asked = values.setdefault("max_reply_bytes", largest)
    if asked > largest:
        raise ValueError(
            f"--max-reply-bytes={asked} takes {memory_for(asked)} bytes of memory, and --memory-limit is "
            f"{memory}: give at most {largest}, or raise the limit"
        )
