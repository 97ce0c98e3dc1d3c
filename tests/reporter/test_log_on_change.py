"""A failure is logged when its reason changes."""

import logging

import pytest

from reporter.log_on_change import LogOnChange


def test_a_trouble_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    troubles = LogOnChange(logging.getLogger("c"))
    for number in range(100):
        troubles.fail("x", "403", f"try {number}")
    troubles.fail("x", "500", "another reason")
    troubles.clear("x", "well")
    troubles.clear("x", "well")
    assert [record.getMessage() for record in caplog.records] == ["try 0", "another reason", "well"]
