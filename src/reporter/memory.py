"""How large an answer of BIRD's may be for the memory that there is, and the other way round: one rule.

Measured with replies of ``show route`` of both families at once, read again and again (Python 3.11, Linux):
rows that are alike take 9 bytes of memory for a byte of the reply, rows that all differ take 32.
"""

from __future__ import annotations

__all__ = ["MOST_REPLY_BYTES", "largest_reply", "memory_for"]

# A reporter without any table, and what the C library keeps.
_BASE = 64 << 20
# For each byte of the replies of the two families, of the worst shape.
_FOR_EACH_BYTE = 32
_REPLIES = 2
# The rest is for what was not measured.
_SHARE = 0.8

# Some million routes; a daemon that says more is not believed, whatever memory there is.
MOST_REPLY_BYTES = 128 << 20
_LEAST_REPLY_BYTES = 1 << 20


def largest_reply(memory: int) -> int:
    """The size in bytes up to which a reply may be read with so many bytes of memory.

    Raises:
        ValueError: there is too little memory for any; says how much is needed.
    """
    found = int((_SHARE * memory - _BASE) / (_REPLIES * _FOR_EACH_BYTE))
    if found < _LEAST_REPLY_BYTES:
        raise ValueError(f"at least {memory_for(_LEAST_REPLY_BYTES)} bytes are needed")
    return min(found, MOST_REPLY_BYTES)


def memory_for(reply: int) -> int:
    """The memory in bytes with which replies of this size may be read."""
    return -int(-(_BASE + _REPLIES * _FOR_EACH_BYTE * reply) // _SHARE)
