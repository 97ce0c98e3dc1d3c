"""The commands' first step: says which extra is missing instead of a traceback."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import birdstatus

__all__ = ["complete_fleet", "fleet", "main"]

EXIT_USAGE = 2

# What the extra `reporter` brings.
_NEEDED = ("kubernetes", "prometheus_client")


def main() -> int:
    """Run ``birdstatus-reporter``; the result is its exit code."""
    if _is_version_asked("birdstatus-reporter"):
        return 0
    if _is_missing("birdstatus-reporter"):
        return EXIT_USAGE
    from reporter import cli  # noqa: PLC0415 - what it needs may be missing

    return cli.main()


def fleet() -> int:
    """Run ``kubectl birdstatus``; the result is its exit code."""
    if _is_version_asked("kubectl birdstatus"):
        return 0
    if _is_missing("kubectl birdstatus"):
        return EXIT_USAGE
    from reporter.fleet import cli  # noqa: PLC0415 - as above

    return cli.main()


def complete_fleet() -> int:
    """Run ``kubectl_complete-birdstatus``, which kubectl calls at each Tab; its exit code."""
    if _is_missing("completion of kubectl birdstatus"):
        return EXIT_USAGE
    from reporter.fleet import completion  # noqa: PLC0415 - as above

    return completion.main()


def _is_version_asked(command: str) -> bool:
    """Whether the version is all that is asked for, which is then printed: that needs no extra."""
    is_asked = sys.argv[1:] == ["--version"]
    if is_asked:
        sys.stdout.write(f"{command} {birdstatus.__version__}\n")
    return is_asked


def _is_missing(command: str) -> bool:
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        sys.stderr.write(
            f"{command} needs the extra `reporter` ({', '.join(missing)} not found): "
            "pip install 'birdstatus[reporter]'\n"
        )
    return bool(missing)
