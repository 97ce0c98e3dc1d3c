"""Terminals that the productions share, and how productions are made."""

from __future__ import annotations

import pyparsing as pp

from birdstatus.grammar.patterns import TextBefore, keep_blanks

# BIRD's integers fit 32 bits and its counters 64: 20 digits hold any of them, and nobody can make
# Python convert a million digits.
INTEGER = pp.Regex(r"[0-9]{1,20}").set_name("a number")

# A duration: whole seconds in BIRD 1.6, with a fraction in later releases.
SECONDS = pp.Regex(r"[0-9]{1,20}(?:\.[0-9]{1,9})?").set_name("seconds")

IPV4 = pp.Regex(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}").set_name("an IPv4 address")

# Both families. What looks like an address is taken; whether it is one is for whoever uses it.
ADDRESS = pp.Regex(r"[0-9A-Fa-f]*[.:][0-9A-Fa-f.:]*").set_name("an IP address")

PREFIX = pp.Regex(r"[0-9A-Fa-f]*[.:][0-9A-Fa-f.:]*/[0-9]{1,3}").set_name("a prefix")

# Protocol, table and filter names are letters, digits and _, in quotes also - . : (conf/cf-lex.l);
# interface names may hold anything but blanks and a slash.
NAME = pp.Regex(r"[^ \t\n]+").set_name("a name")
INTERFACE = pp.Regex(r"[^ \t\n]+").set_name("an interface name")
# Of a route. `<too-long>`, which may stand for the time behind it, is no part of it.
PROTOCOL = pp.Regex(r"[^ \t\n<]+").set_name("a protocol's name")

# A tab; in text copied from a terminal it has become eight blanks.
TAB = pp.Regex(r"\t| {8}(?! )").set_name("a tab")

SP = pp.Regex(r" +").set_name("a space")
# BIRD puts two after columns whose text may hold a blank: one there shows that blanks were lost.
SP2 = pp.Regex(r"  +").set_name("two spaces")
SP2_OR_END = pp.Regex(r"  +|(?=[ \t]*\Z)").set_name("two spaces")
_TRAILING_BLANKS = pp.Regex(r"[ \t]*")
END = (_TRAILING_BLANKS + pp.StringEnd()).set_name("the end of the line")

# Free text to the end of the line: descriptions, messages, the system's own error texts.
TEXT = pp.Regex(r".*").set_name("text")

# BIRD's prompt or a shell's, behind other text: a line break was lost, or the output had none at its end.
HIDDEN_PROMPT = (
    r"(?:[Bb][Ii][Rr][Dd](?:[Cc][Ll]?)?6?>"
    r"|\[?[A-Za-z_][\w.-]{0,40}@[\w.-]{1,80}[^\n]{0,80}?[#$%>])(?: |\Z)"
)
# Text that is BIRD's own, to the end of the line.
OWN_TEXT = pp.Regex(rf"(?!.*{HIDDEN_PROMPT}).*").set_name("text")

# The end of a route row: where it stands within another line, a line break was lost.
HIDDEN_ROW = r"\[[^ ]+ [^\]]*\](?: [*!])? (?:\(|IA? |E[12] )"
# The value of an attribute: free text, in which no row is hidden.
VALUE = pp.Regex(rf"(?:[^\t\[]|(?!{HIDDEN_ROW})\[)*").set_name("a value")


def production(name: str, expression: pp.ParserElement) -> pp.ParserElement:
    """A named production: a whole line in which every blank counts, as BIRD's columns are not free."""
    whole = expression + pp.StringEnd()
    keep_blanks(whole)
    return whole.parse_with_tabs().set_name(name)


def keyword(name: str, *words: str) -> pp.ParserElement:
    """One of the words, tried in the order given."""
    return pp.MatchFirst([pp.Literal(word) for word in words]).set_name(name)


def part(name: str, expression: pp.ParserElement) -> pp.ParserElement:
    """A named part of a line, which stays one when pyparsing flattens what it is part of."""
    return pp.MatchFirst([expression]).set_name(name)


def label(text: str, width: int) -> pp.ParserElement:
    """A label of a detail, padded by BIRD to ``width``; a copy may have lost trailing blanks."""
    return pp.Literal(text) + pp.Regex(rf" {{0,{width - len(text)}}}")


def text_before(name: str, rest: pp.ParserElement) -> pp.ParserElement:
    """The shortest text, perhaps none, after which ``rest`` matches: for times of any format."""
    return TextBefore(rest).set_name(name)


# What stands for these terminals in ordinary replies: narrower, and bounded so that no line that a
# block recognises is longer than a line may be.
ORDINARY: dict[str, str] = {
    str(getattr(terminal, "pattern", "")): narrower
    for terminal, narrower in (
        (SP, " {1,40}+"),
        (SP2, " {2,40}+"),
        (NAME, r"[^ \t\n]{1,200}+"),
        (PROTOCOL, r"[^ \t\n<]{1,200}+"),
        (ADDRESS, "[0-9A-Fa-f]{0,4}+[.:][0-9A-Fa-f.:]{0,45}+"),
        (PREFIX, "[0-9A-Fa-f]{0,4}+[.:][0-9A-Fa-f.:]{0,45}+/[0-9]{1,3}+"),
        (TAB, r"\t"),
        (TEXT, r"[^\n]{0,3000}+"),
        (VALUE, r"[^\t\n\[]{0,3000}+"),
        (_TRAILING_BLANKS, ""),
    )
}
