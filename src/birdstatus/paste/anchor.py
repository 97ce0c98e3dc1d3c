"""Where a line of BIRD's begins: shapes that nothing else has, so that what stands before them is not BIRD's.

These only find a line's beginning. What the line says, and whether it is right, is for the grammar.
"""

from __future__ import annotations

import re

from birdstatus.reply_codes import ReplyCode

__all__ = ["begins_answer_line", "first_anchor", "indented_anchor"]

_CODES = "|".join(f"{code.value:04}" for code in ReplyCode)

# The prompt of birdc and birdc6 (`birdcl>` in what people write), and what they print first.
_PROMPT = r"[Bb][Ii][Rr][Dd](?:[Cc][Ll]?)?6?> ?"
_GREETING = r"BIRD [^ ]+ ready\.[ \t]*\Z|Access restricted[ \t]*\Z"

# `2002-name`, `1007-10.0.0.0/8`, `0000`; not the year of a date.
_CODED = rf"(?:{_CODES})(?:-(?![01][0-9]-[0-3][0-9])| (?=[A-Z<]|\Z)|\Z)|[089]0[0-9]{{2}} (?=[A-Z])"

_STATUS = (
    r"BIRD v?[0-9][^ ]*[ \t]*\Z|Router ID is [0-9]|Hostname is |Daemon is up and running"
    r"|(?:Current server time is|Last reboot on|Last reconfiguration on)(?: |\Z)"
    r"|(?:Shutdown|Reconfiguration) in progress"
)
_HEADING = r"[Nn]ame[ \t\xa0]+[Pp]roto[ \t\xa0]+[Tt]able[ \t\xa0]+[Ss]tate[ \t\xa0]+[Ss]ince[ \t\xa0]+[Ii]nfo"
_PROTOCOL = (
    r"[\w'\"][^ \t]*[ \t\xa0]+[A-Z][A-Za-z0-9]+[ \t\xa0]+[^ \t\xa0]+[ \t\xa0]+"
    r"(?:down|start|wait|feed|up|stop|flush|\?\?\?)(?=[ \t\xa0]|\Z)"
)
_PREFIX = r"[0-9A-Fa-f]*[.:][0-9A-Fa-f.:]*/[0-9]{1,3}"
# A route distinguisher is no time of day; what stands before a prefix, or behind it, makes it no IP prefix.
_DISTINGUISHER = r"(?![0-9]{1,2}:[0-9]{2} )(?:X:[0-9a-f]{8}:[0-9a-f]{8}|(?:2:)?[0-9.]+:[0-9]+)"
_ROUTE = (
    rf"(?:{_DISTINGUISHER}[ \t\xa0]+)?{_PREFIX}[ \t\xa0]+"
    rf"(?:from[ \t\xa0]+{_PREFIX}[ \t\xa0]+|mpls[ \t\xa0]+[0-9]+[ \t\xa0]+)?"
    r"(?:via|dev|blackhole|unreachable|prohibited|multipath|unicast|recursive|\?\?\?)[ \t\xa0]"
)
_TABLE = r"Table [^ \t]+:"

_ANY = f"{_PROMPT}|{_GREETING}|{_CODED}|{_STATUS}|{_HEADING}|{_PROTOCOL}|{_ROUTE}|{_TABLE}"
_AT_START = re.compile(_ANY)
_INDENTED = re.compile(f"([ \t\xa0]+)(?:{_ANY})")
# Within a reply with codes, rows rightly stand one or five blanks from the edge.
_INDENTED_WITH_CODE = re.compile(f"([ \t\xa0]+)(?:{_PROMPT}|{_GREETING}|{_CODED})")
# Further right only what is unmistakable; a name of any length would let a row begin at every word.
_FURTHER_RIGHT = re.compile(
    rf"(?<![\w.:/-])(?:{_PROMPT}|{_GREETING}|{_CODED}|{_STATUS}|{_HEADING}|{_TABLE}|{_PROTOCOL}|{_ROUTE})"
)

_NO_PREFIX = r"(?![0-9A-Fa-f:.]*/[0-9])"
_NUMBERED = re.compile(
    rf"[ \t]*(?![0-9]{{4}} [A-Z])[0-9]+(?:: |:{_NO_PREFIX}|[ \t]*\|[ \t]?|[ \t]+)"
)
# No name of BIRD's begins so without quotes; the lines of `grep -n` do.
_GREPPED = re.compile(rf"[0-9]+:{_NO_PREFIX}(?=[A-Za-z_])")

# What stands before a line is looked at this far.
_REACH = 200


def begins_answer_line(text: str) -> bool:
    """Whether a line of BIRD's begins with the text's first character."""
    return _AT_START.match(text) is not None and not _GREPPED.match(text)


def indented_anchor(text: str, *, in_coded_reply: bool) -> int | None:
    """How many blanks stand before a line of BIRD's, if nothing else does."""
    found = (_INDENTED_WITH_CODE if in_coded_reply else _INDENTED).match(text)
    return None if found is None else found.end(1)


def first_anchor(text: str) -> int | None:
    """Where the first line of BIRD's begins in the text, other than at its start."""
    numbered = _NUMBERED.match(text)
    if numbered is not None and begins_answer_line(text[numbered.end() :]):
        return numbered.end()
    found = _FURTHER_RIGHT.search(text[: 2 * _REACH], 1)
    return None if found is None or found.start() > _REACH else found.start()
