"""Memory and the size of a reply follow from each other."""

import argparse
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reporter.memory import MOST_REPLY_BYTES, largest_reply, memory_for
from reporter.settings import Settings, add_flags, settings_from

DEPLOY = Path(__file__).parent.parent.parent / "deploy"
# 400,000 rows of some 96 bytes, each another gateway, interface, protocol and origin.
LARGE_TABLE = 37 << 20


@given(st.integers(200 << 20, 8 << 30))
def test_what_fits_needs_no_more_than_there_is(memory: int) -> None:
    reply = largest_reply(memory)
    assert memory_for(reply) <= memory
    assert reply == MOST_REPLY_BYTES or memory_for(reply + 100) > memory


def test_the_rule_itself() -> None:
    """64 MiB, and 32 bytes for each byte of two replies, are four fifths of the memory."""
    assert memory_for(0) == 80 << 20
    assert memory_for(1 << 20) == 160 << 20
    assert memory_for(37 << 20) == 3040 << 20
    assert memory_for(1) == 83886160
    assert MOST_REPLY_BYTES == 128 << 20
    assert largest_reply(160 << 20) == 1 << 20
    assert largest_reply(3 << 30) == 39216742
    assert largest_reply(memory_for(MOST_REPLY_BYTES)) == MOST_REPLY_BYTES
    assert largest_reply(memory_for(MOST_REPLY_BYTES) - 1000) < MOST_REPLY_BYTES


def test_too_little_memory_says_how_much_is_needed() -> None:
    with pytest.raises(ValueError, match="at least 167772160 bytes are needed"):
        largest_reply(100 << 20)
    assert largest_reply(167772160) == 1 << 20


def _settings(*arguments: str, **environment: str) -> Settings:
    parser = argparse.ArgumentParser()
    add_flags(parser, "bird")
    return settings_from(parser.parse_args(arguments), environment)


def test_the_size_of_a_reply_follows_from_the_memory() -> None:
    assert _settings().max_reply_bytes == MOST_REPLY_BYTES == Settings().max_reply_bytes
    assert _settings(MEMORY_LIMIT=str(1 << 30)).max_reply_bytes == largest_reply(1 << 30)
    assert _settings("--memory-limit=1073741824").max_reply_bytes == largest_reply(1 << 30)
    # A node of much memory, of which the pod has no limit.
    assert _settings(MEMORY_LIMIT=str(1 << 40)).max_reply_bytes == MOST_REPLY_BYTES
    small = _settings("--max-reply-bytes=1000000", MEMORY_LIMIT=str(1 << 30))
    assert small.max_reply_bytes == 1_000_000


def test_sizes_that_do_not_fit_are_refused_with_those_that_would() -> None:
    with pytest.raises(ValueError, match=f"give at most {largest_reply(1 << 30)}, or raise"):
        _settings("--max-reply-bytes=100000000", MEMORY_LIMIT=str(1 << 30))
    with pytest.raises(ValueError, match=r"--memory-limit=1000: at least \d+ bytes are needed"):
        _settings("--memory-limit=1000")


def _bytes(quantity: str) -> int:
    units = {"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30}
    return int(quantity[:-2]) * units[quantity[-2:]]


def test_what_is_deployed_is_enough_for_large_tables_and_tells_its_limit() -> None:
    pod = yaml.safe_load((DEPLOY / "daemonset.yaml").read_text())["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    values: dict[str, Any] = yaml.safe_load((DEPLOY / "chart" / "values.yaml").read_text())
    limit = container["resources"]["limits"]["memory"]
    assert values["resources"]["limits"]["memory"] == limit
    told = {entry["name"]: entry.get("valueFrom") for entry in container["env"]}
    assert told["MEMORY_LIMIT"] == {"resourceFieldRef": {"resource": "limits.memory"}}
    assert _settings(MEMORY_LIMIT=str(_bytes(limit))).max_reply_bytes >= LARGE_TABLE
