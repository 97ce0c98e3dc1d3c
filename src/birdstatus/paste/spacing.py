"""BIRD's own blanks for a line that lost them: trimmed, collapsed, made of tabs, or wrapped.

Nothing here decides what a line means: these functions write a line as BIRD would have, and the grammar reads
that, or refuses it. A line is only rewritten where its words leave no doubt.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from birdstatus.grammar.bird1 import protocols
from birdstatus.grammar.patterns import pattern_of

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "as_blanks",
    "begins_route",
    "canonical_row",
    "is_attribute_tail",
    "respaced_detail",
    "respaced_route",
    "respaced_status",
]

_BLANKS = re.compile(r"[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]|\\xa0|&nbsp;|&#160;")
_INVISIBLE = re.compile(r"[\u200b-\u200d\u2060\ufeff\u00ad]")
_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|#39|#x27);")
_PAD = r"(?:\s|\\xa0|&nbsp;|&#160;)"
_FREE_TEXT = re.compile(rf".*?(?:Description:{_PAD}{{0,4}}|Message:{_PAD}{{0,8}})")
_MARK = re.compile(r"([ \t]*)([A-Za-z][\w ]*:)[ \t]+(?=\S)")

# What BIRD's own time formats print (conf/conf.c, sysdep/unix/io.c), and seconds since 1970.
_CLOCK = r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?"
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{2}-[0-9]{2}-[0-9]{4}"
_TIME = rf"(?:(?:{_DATE})(?: {_CLOCK})?|{_CLOCK}|[A-Z][a-z]{{2}}[0-9]{{2}}|[0-9]+)"

_STATE = pattern_of(protocols.STATE, names=())
_BGP_STATE = pattern_of(protocols.BGP_STATE, names=())
_BGP_ERROR = pattern_of(protocols.BGP_ERROR, names=())
_OTHER_INFO = r"Alone|Running|Suppressed|[=-]> [^ ]+|[^ ]+ <=> [^ ]+"
_PROTOCOL = re.compile(
    rf"(?P<name>{pattern_of(protocols.PROTOCOL_NAME, names=())}) (?P<type>[A-Z][A-Za-z0-9]+) (?P<table>[^ ]+)"
    rf" (?P<state>{_STATE})(?: (?P<since>{_TIME}))?"
    rf"(?: (?:(?P<bgp_state>{_BGP_STATE})(?: (?P<error>{_BGP_ERROR}))?|(?P<info>{_BGP_ERROR}|{_OTHER_INFO})))?"
)

_WHERE = r"via [^ ]+ on [^ ]+|dev [^ ]+|blackhole|unreachable|prohibited|multipath|unicast|recursive|\?\?\?"
_ROUTE = re.compile(
    rf"(?:(?P<prefix>[0-9A-Fa-f]*[.:][0-9A-Fa-f.:]*/[0-9]{{1,3}}) )?(?P<where>{_WHERE})"
    rf" \[(?P<source>[^ \]]+(?: {_TIME})?(?: from [0-9A-Fa-f.:]+)?)\](?P<rest>(?: [*!])?"
    r"(?: (?:IA|I|E1|E2))? \([0-9]+[s-]{0,2}(?:/(?:[0-9]+|-|\?)){0,2}\)(?: \[[^\[\] ]*\]){0,3})"
)
# `via A on B`, with a weight or without, is a next hop: only a row has its source in brackets.
_BEGINS_ROUTE = re.compile(rf"(?:{_WHERE})[ \t]+\[")
# Behind its first column a row has no wide gap but one that somebody put there.
_GAP_IN_ROUTE = re.compile(r"\b(?:via|dev)(?:  | [^ \t]+  )")
_ATTRIBUTE = re.compile(
    r"(?:[A-Z][A-Za-z]+\.[\w .\[\]]+|[a-z]+(?:_[a-z0-9]+)+|Internal route handling values"
    r"|Type|preference|source|from|hostentry): ?"
)
# Members of sets and lists, which BIRD goes on with on a line of their own.
_MEMBER = r"(?>\((?:[\w. ]+,)+[\w. ]+\)|[({]?[0-9]+[)}]*|[0-9a-f.:]{2,}|[{}()]+|\.\.\.)"
_MEMBERS = re.compile(f"{_MEMBER}(?: {_MEMBER})*+")

_LABEL_INDENTS = ("  ", "    ", "")
_DETAIL_INDENTS = ("  ", "    ", "      ", "        ", "")
_DEEP = 6
_DEEP_DETAIL = re.compile(r"(?:Action|(?:Import|Export) (?:updates|withdraws)):")
# Capabilities and their details are known by their names.
_CAPABILITY = re.compile(
    r"(?:Multiprotocol|Route refresh|Extended (?:next hop|message)|Graceful restart|4-octet AS numbers"
    r"|ADD-PATH|Enhanced refresh|Long-lived graceful restart)\Z|(?:Hostname|Role):"
)
_CAPABILITY_DETAIL = re.compile(
    r"Restart recovery\Z"
    r"|(?:AF (?:announced|supported|preserved)|IPv6 nexthop|Restart time|RX|TX|LL stale time):"
)
_PREFIX_WIDTH = 19


def as_blanks(text: str) -> str:
    """The line with plain blanks and signs for those of web pages and word processors.

    Descriptions and messages keep what they hold.
    """
    if text.isascii() and "&" not in text and "\\xa0" not in text:
        return text
    free = _FREE_TEXT.match(text)
    if free is not None:
        return _plain(free[0]) + text[free.end() :]
    return _plain(text)


def _plain(text: str) -> str:
    text = (
        _INVISIBLE.sub("", _BLANKS.sub(" ", text)).replace("\u2014", "---").replace("\u21d2", "=>")
    )
    return html.unescape(text) if _ENTITY.search(text) else text


def canonical_row(text: str) -> str | None:
    """A protocol or a route row as BIRD writes it, from its words alone; ``None`` if they leave any doubt.

    A time must be in one of BIRD's own formats: in any other, nobody can say where it ends.
    """
    words = " ".join(text.split())
    found = _PROTOCOL.fullmatch(words)
    if found is not None:
        info = found["info"] or ""
        if found["bgp_state"]:
            info = f"{found['bgp_state']:<14}{found['error'] or ''}"
        since = found["since"] or ""
        columns = f"{found['name']:<8} {found['type']:<8} {found['table']:<8} {found['state']:<5}"
        return f"{columns}  {since:<10}  {info}"
    route = _ROUTE.fullmatch(words)
    if route is not None and not _GAP_IN_ROUTE.search(text):
        prefix = route["prefix"] or ""
        source = route["source"] if " " in route["source"] else route["source"] + " "
        return f"{prefix:<18} {route['where']} [{source}]{route['rest']}"
    return None


def respaced_detail(text: str) -> Iterator[str]:
    """The ways in which BIRD may have indented a detail of a protocol, the likeliest first."""
    wide = text.expandtabs(8)
    indent = len(wide) - len(wide.lstrip())
    body = _MARK.sub(lambda mark: f"{mark[2]} ", text.strip(), count=1)
    collapsed = " ".join(body.split())
    for spelling in dict.fromkeys((body, collapsed)):
        if _CAPABILITY.match(spelling):
            yield f"{'':6}{spelling}"
        elif _CAPABILITY_DETAIL.match(spelling):
            yield f"{'':8}{spelling}"
        # Only what is indented is a member of a list, and any word might be one: only those known.
        indents = _DETAIL_INDENTS if indent else _LABEL_INDENTS
        for blanks in sorted(indents, key=lambda blanks: abs(len(blanks) - indent)):
            if len(blanks) < _DEEP or _DEEP_DETAIL.match(spelling):
                yield blanks + spelling


def respaced_status(text: str) -> Iterator[str]:
    """The ways in which BIRD may have written a line of ``show status``."""
    collapsed = " ".join(text.split())
    yield collapsed
    yield f"  {collapsed}"


def begins_route(text: str) -> bool:
    """Whether this is a route's row without its prefix, whatever stands before it."""
    return _BEGINS_ROUTE.match(text.lstrip(" \t\u00a0")) is not None


def respaced_route(text: str) -> Iterator[str]:
    """The ways in which BIRD may have written a line of ``show route [all]``, the likeliest first."""
    stripped = text.strip()
    collapsed = stripped if _GAP_IN_ROUTE.search(stripped) else " ".join(stripped.split())
    for spelling in dict.fromkeys((stripped, collapsed)):
        if begins_route(spelling):
            yield " " * _PREFIX_WIDTH + spelling
        elif spelling[:1].isdigit() or ":" in spelling[:5] or spelling.startswith("Table "):
            yield spelling
    if _ATTRIBUTE.match(stripped) or stripped.startswith(("via ", "dev ")):
        yield f"\t{stripped}"
        yield f"\t{collapsed}"
    if text[:1] in {" ", "\t"} and is_attribute_tail(collapsed):
        yield f"\t\t{collapsed}"


def is_attribute_tail(text: str) -> bool:
    """Whether this can only be more members of a set or a list."""
    return _MEMBERS.fullmatch(text) is not None
