"""What the commands have in common."""

import argparse

import pytest

from birdstatus.cli import main
from birdstatus.cli.arguments import SHELLS, HelpFormatter, checked


@pytest.mark.parametrize("shell", SHELLS)
def test_completion_is_printed(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    assert "records" in capsys.readouterr().out


def test_a_wrong_value_is_named_with_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser(prog="x")
    parser.add_argument("--at", type=checked(float))
    assert parser.parse_args(["--at", "1.5"]).at == 1.5
    with pytest.raises(SystemExit):
        parser.parse_args(["--at", "noon"])
    assert "argument --at: 'noon': could not convert string to float" in capsys.readouterr().err


def test_help_wraps_a_paragraph_and_keeps_lines() -> None:
    parser = argparse.ArgumentParser(
        prog="x",
        description="word " * 40,
        epilog="examples:\n  x     y",
        formatter_class=HelpFormatter,
    )
    shown = parser.format_help()
    assert max(map(len, shown.splitlines())) <= 100
    assert shown.endswith("examples:\n  x     y\n")
