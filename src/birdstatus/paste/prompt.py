"""What a person asked: prompts, echoed commands, and how the client was called.

They are no part of an answer, but say where one ends and what the next is about: which command, which daemon,
which table, and whether it is the table that is in use.
"""

from __future__ import annotations

import re
from enum import Enum
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from birdstatus.grammar.terminals import HIDDEN_PROMPT

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Prompt", "Question", "Subject", "prompt_in", "prompts_behind"]

_BIRD_PROMPT = re.compile(r"(?:[Bb][Ii][Rr][Dd](?:[Cc][Ll]?)?(?P<six>6)?> ?)+")
# birdc, birdcl and their IPv6 twins, or a control socket, in a command line of any shell.
_CLIENT = re.compile(
    r"(?<![\w.-])birdcl?(?P<six>6)?(?![\w.])(?P<arguments>.*)|(?P<socket>bird6?\.ctl)"
)
_IPV6 = re.compile(r"\bbird6|\bbird[^ ]*v6|(?<!\S)-6(?!\S)")
_IPV4 = re.compile(r"\bbird4|(?<!\S)-4(?!\S)")
_BEHIND = re.compile(rf"(?<=[^ \t>])[ \t]*(?={HIDDEN_PROMPT})(?P<user>[A-Za-z_][\w.-]*@)?")
_SHOW = re.compile(
    r"(?<![\w-])(?:show|sho|sh|s) +(?P<what>st[a-z]*|p[a-z]*|ro?u?t?e?)(?![\w-])"
    r"(?P<rest>[^|;&\"'`<]*)(?P<piped>\|)?"
)
# Only written out does a line without any prompt say that it is a command.
_ECHO = re.compile(r"show +(?:status|protocols?|route)\b[\w \t.:/\"*-]*")

_NOT_IN_USE = frozenset({"filtered", "export", "preexport", "noexport", "import"})
_MAIN_TABLES = frozenset({"master", "master4", "master6"})
_ALL = frozenset({"all", ""})


class Subject(Enum):
    """What the answer to a question is about."""

    WHOLE = "everything"
    PART = "a part of it"
    OTHER_TABLE = "another table"
    NOT_IN_USE = "what is not in use"


class Question(NamedTuple):
    """A command that was given: ``command`` is its full name, ``words`` are its own words.

    ``table`` is the table that it names, if it does.
    """

    command: str
    words: str
    subject: Subject
    table: str = ""


class Prompt(NamedTuple):
    """A line that says what was asked.

    ``question`` is the command given to BIRD, if it is one that this library reads; ``family`` the
    daemon it was given to, as far as that is said; ``rest`` what stands behind a prompt and may be
    BIRD's own. ``is_birds`` tells BIRD's prompt from a shell's, ``is_command`` a prompt with a
    command from an empty one.
    """

    is_birds: bool
    is_command: bool
    question: Question | None = None
    family: int | None = None
    rest: str = ""


def prompt_in(text: str) -> Prompt | None:
    """What this line says of what was asked; ``None`` if it is no prompt and calls no client."""
    found = _BIRD_PROMPT.match(text)
    if found is not None:
        rest = text[found.end() :]
        words = rest.strip()
        question = _question(words) if words[:1] in {"s", "S"} else None
        family = 6 if found["six"] else None
        return Prompt(
            is_birds=True, is_command=bool(words), question=question, family=family, rest=rest
        )
    if "bird" in text and (client := _CLIENT.search(text)) is not None:
        family = 6 if client["six"] or _IPV6.search(text) else 4 if _IPV4.search(text) else None
        return Prompt(is_birds=False, is_command=True, question=_question(text), family=family)
    if _ECHO.fullmatch(text.strip()):
        return Prompt(is_birds=False, is_command=True, question=_question(text))
    return None


def prompts_behind(text: str) -> Iterator[int]:
    """Where a prompt may begin that stands behind other text, as that did not end its line.

    A user's name may have the last word of that text before it.
    """
    found = _BEHIND.search(text)
    if found is not None and found["user"]:
        yield from range(found.start("user"), found.end("user") - 1)
    elif found is not None:
        yield found.end()


def _question(text: str) -> Question | None:
    found = _SHOW.search(text)
    if found is None:
        return None
    what, rest = found["what"], found["rest"].split()
    words = " ".join([*found[0].split("|")[0].split()])
    is_part = found["piped"] is not None
    if what.startswith("st"):
        return Question("show status", words, Subject.WHOLE)
    if what.startswith("p"):
        is_part = is_part or any(word not in _ALL for word in rest)
        return Question("show protocols", words, Subject.PART if is_part else Subject.WHOLE)
    table = next((after for word, after in pairwise(rest) if word == "table"), "")
    if not _NOT_IN_USE.isdisjoint(rest):
        subject = Subject.NOT_IN_USE
    elif table and table not in _MAIN_TABLES:
        subject = Subject.OTHER_TABLE
    else:
        others = [word for word in rest if word not in _ALL and word not in {"table", table}]
        subject = Subject.PART if others or is_part else Subject.WHOLE
    return Question("show route", words, subject, table)
