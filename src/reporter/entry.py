"""The commands' first step: says which extra is missing instead of a traceback."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

__all__ = ["fleet", "main"]

EXIT_USAGE = 2

# What the extra `reporter` brings.
_NEEDED = ("kubernetes", "prometheus_client", "rich")


def main() -> int:
    """Run ``birdstatus-reporter``; the result is its exit code."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"{_version()}\n")
        return 0
    if _is_missing("birdstatus-reporter"):
        return EXIT_USAGE
    from reporter import cli  # noqa: PLC0415 - what it needs may be missing

    return cli.main()


def fleet() -> int:
    """Run ``kubectl birdstatus``; the result is its exit code."""
    if _is_missing("kubectl birdstatus"):
        return EXIT_USAGE
    from reporter.fleet import cli  # noqa: PLC0415 - as above

    return cli.main()


def _version() -> str:
    try:
        return version("birdstatus")
    except PackageNotFoundError:
        return "not installed"


def _is_missing(command: str) -> bool:
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        sys.stderr.write(
            f"{command} needs the extra `reporter` ({', '.join(missing)} not found): "
            "pip install 'birdstatus[reporter]'\n"
        )
    return bool(missing)
