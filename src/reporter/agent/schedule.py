"""When to do things: pure functions of time and names."""

from __future__ import annotations

from hashlib import blake2b

__all__ = ["has_place_between", "seconds_to_next"]

# A timer may fire a little early by another clock; a slot so near is the one just served.
_NEAR = 0.1
# Nodes are spread over so much of a second. What is left of it is for a busy machine: a report that is late by
# so much still shows the second of its slot, so that no second is shown twice and none is left out.
_SPREAD = 0.5


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def seconds_to_next(now: float, period: int, node: str, uid: str) -> float:
    """Seconds from ``now`` (Unix time) to an object's next report, at most ``period`` and a little.

    A node reports on a grid of one second whose place in the second comes from its name, so that a
    fleet does not beat in step. Each object has its own place on that grid, from its UID, so that
    objects of different periods meet in few collections, never more than one a second. Both stay
    the same when the reporter restarts.
    """
    phase = _hash(uid) % period + _hash(node) / 2**64 * _SPREAD
    wait = period - (now - phase) % period
    return wait if wait > _NEAR else wait + period


def has_place_between(then: float, now: float, seconds: float, uid: str) -> bool:
    """Whether an object's place in every ``seconds`` lies after ``then`` and not after ``now`` (Unix times).

    The places of many objects are spread evenly, from their UIDs, and stay the same after a restart.
    """
    place = _hash(uid) / 2**64 * seconds
    return (now - place) // seconds > (then - place) // seconds
