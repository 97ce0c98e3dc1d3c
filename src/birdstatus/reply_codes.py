"""The reply codes that this library knows: the four digits before each line of a reply.

From ``doc/reply_codes`` in BIRD's source
(https://gitlab.nic.cz/labs/bird/-/blob/v1.6.8/doc/reply_codes). 0xxx end a command that went well,
1xxx and 2xxx are lines of its answer, 8xxx and 9xxx say why there is none.
"""

from __future__ import annotations

from enum import IntEnum

__all__ = ["FIRST_ERROR", "ReplyCode"]


class ReplyCode(IntEnum):
    """A reply code, by BIRD's own name for it."""

    OK = 0
    WELCOME = 1
    STATUS_REPORT = 13
    ROUTE_COUNT = 14
    ACCESS_RESTRICTED = 16
    GRACEFUL_RESTART_STATUS = 24
    BIRD_VERSION = 1000
    PROTOCOL_LIST = 1002
    PROTOCOL_DETAILS = 1006
    ROUTE_LIST = 1007
    ROUTE_DETAILS = 1008
    UPTIME = 1011
    ROUTE_ATTRIBUTES = 1012
    PROTOCOL_LIST_HEADING = 2002
    REPLY_TOO_LONG = 8000
    ROUTE_NOT_FOUND = 8001
    NO_PROTOCOLS_MATCH = 8003
    STOPPED_DUE_TO_RECONFIGURATION = 8004
    PROTOCOL_IS_DOWN = 8005
    ACCESS_DENIED = 8007
    EVALUATION_RUNTIME_ERROR = 8008
    PARSE_ERROR = 9001
    INVALID_SYMBOL_TYPE = 9002


# Run time errors are 8xxx, parse errors 9xxx.
FIRST_ERROR = 8000
