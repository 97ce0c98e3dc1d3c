"""Texts that are kept beside the tests: made by ``pytest --write-expected``, reviewed, then compared."""

from pathlib import Path

import pytest


def is_as_kept(config: pytest.Config, path: Path, text: str) -> bool:
    """Whether the text is the one in the file, which is written first if that is asked for."""
    if config.getoption("--write-expected"):
        path.write_text(text)
    kept = path.read_text()
    assert text == kept
    return True
