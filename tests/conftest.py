"""What all tests share: the real parts, and a closing line that says how much of them was used."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

pytest_plugins = [
    "lab.fixture",
    "controlplane.fixture",
    "scripted_api.fixture",
    "canaries",
    "browser.fixture",
]

# A record with all its parts is large to draw, and two busy cores are slow at times.
# CI draws the same examples each time, so that it judges the change; whoever runs the tests by hand, and the
# fuzzer, look for new ones.
settings.register_profile(
    "shared",
    deadline=None,
    derandomize=os.environ.get("CI") == "true",
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("shared")

REAL_PARTS = {
    "real_bird": "real BIRD daemons",
    "real_apiserver": "the real kube-apiserver and etcd",
    "real_browser": "a real browser",
}


def pytest_configure() -> None:
    # `nohup make test &`, and many a CI, start us with SIGINT ignored; a child process inherits that,
    # and a command that should end at Ctrl-C would not.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    terminalreporter.section("real parts")
    for marker, part in REAL_PARTS.items():
        counts = {
            outcome: sum(
                marker in report.keywords
                for report in terminalreporter.getreports(outcome)
                if isinstance(report, pytest.TestReport)
            )
            for outcome in ("passed", "failed", "skipped")
        }
        told = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
        terminalreporter.write_line(f"tests against {part}: {told}")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-expected",
        action="store_true",
        help="write what the library reads in tests/fixtures as expected; review the difference",
    )
