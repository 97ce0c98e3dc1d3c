"""What people, editors, mail programs and terminals do to a text: each kind of damage as a function.

Every one takes a source of chance and lines, and gives lines. What it cannot do to a text it leaves.
"""

from __future__ import annotations

import json
import re
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

Lines = list[str]

LOG_PREFIXES: tuple[Callable[[Random, int], str], ...] = (
    lambda chance, at: f"2024-12-03T07:25:{at % 60:02}.{chance.randrange(10**9)}Z ",
    lambda chance, at: f"2024-12-03T07:25:{at % 60:02}.{chance.randrange(10**9):09}Z stdout F ",
    lambda _, at: f"Dec  3 07:2{at % 10}:{at % 60:02} node-1 birdcl[4711]: ",
    lambda _, at: f"[2024-12-03 07:25:{at % 60:02}] ",
    lambda _, at: f"07:25:{at % 60:02} ",
    lambda _, at: f"[{at * 7}.{at:06}] ",
    lambda _chance, _at: "[pod/calico-node-x7k2p/calico-node] ",
    lambda _chance, _at: "calico-node-x7k2p calico-node ",
    lambda _chance, _at: "bird_1  | ",
    lambda _chance, _at: "node-1: ",
    lambda _chance, _at: "10.0.0.5 | ",
)
NUMBERS: tuple[Callable[[int], str], ...] = (
    lambda at: f"{at:6}\t",
    lambda at: f"{at:4}  ",
    lambda at: f"{at:3} ",
    lambda at: f"{at}: ",
    lambda at: f"{at}:",
    lambda at: f"{at:>4} | ",
)
SIGNS = (
    "    ",
    "  ",
    "\t",
    "        ",
    "> ",
    "> > ",
    ">> ",
    ">",
    "| ",
    "# ",
    "#",
    "// ",
    "* ",
    "+",
    "- ",
    "; ",
    "│ ",
    ">   ",
    "|\t",
    " ",
)


def with_sign(chance: Random, lines: Lines) -> Lines:
    sign = chance.choice(SIGNS)
    trims = chance.random() < 0.5
    return [(sign + line).rstrip() if trims else sign + line for line in lines]


def with_log_prefix(chance: Random, lines: Lines) -> Lines:
    prefix = chance.choice(LOG_PREFIXES)
    return [prefix(chance, at) + line for at, line in enumerate(lines, 1)]


def with_numbers(chance: Random, lines: Lines) -> Lines:
    prefix, first = chance.choice(NUMBERS), chance.choice([1, 7, 96])
    return [prefix(at) + line for at, line in enumerate(lines, first)]


def framed(chance: Random, lines: Lines) -> Lines:
    sign = chance.choice("|│")
    width = max(map(len, lines), default=0)
    return [f"{sign} {line.expandtabs(8):<{width}} {sign}" for line in lines]


def as_json_list(chance: Random, lines: Lines) -> Lines:
    indent = " " * chance.choice([0, 4, 8])
    return [f"{indent}{json.dumps(line)}," for line in lines]


def coloured(chance: Random, lines: Lines) -> Lines:
    def paint(line: str) -> str:
        kind = chance.randrange(4)
        if kind == 0:
            return f"\x1b[{chance.randrange(108)}m{line}\x1b[0m"
        if kind == 1:
            return re.sub(r"(BGP|up|Established|via)", "\x1b[01;31m\x1b[K\\1\x1b[m\x1b[K", line)
        return f"{line}\x1b[K" if kind == 2 else line

    return [paint(line) for line in lines]


def trimmed(_chance: Random, lines: Lines) -> Lines:
    return [line.rstrip() for line in lines]


def left_trimmed(chance: Random, lines: Lines) -> Lines:
    return [line.lstrip() if chance.random() < 0.5 else line for line in lines]


def all_left_trimmed(_chance: Random, lines: Lines) -> Lines:
    return [line.strip() for line in lines]


def collapsed(chance: Random, lines: Lines) -> Lines:
    keeps = chance.random() < 0.5
    return [re.sub(r"[ \t]+", " ", line) if keeps else " ".join(line.split()) for line in lines]


def half_collapsed(chance: Random, lines: Lines) -> Lines:
    return [re.sub(r" +", " ", line) if chance.random() < 0.5 else line for line in lines]


def expanded(chance: Random, lines: Lines) -> Lines:
    width = chance.choice([2, 4, 8])
    return [line.expandtabs(width) for line in lines]


def retabbed(chance: Random, lines: Lines) -> Lines:
    width = chance.choice([2, 4, 8])
    everywhere = chance.random() < 0.5

    def tabs(line: str) -> str:
        line = line.expandtabs(8)
        if not everywhere:
            rest = line.lstrip(" ")
            indent = len(line) - len(rest)
            return "\t" * (indent // width) + " " * (indent % width) + rest
        cells = [line[start : start + width] for start in range(0, len(line), width)]
        return "".join(
            re.sub(r"  +\Z", "\t", cell) if len(cell) == width else cell for cell in cells
        )

    return [tabs(line) for line in lines]


def hard_blanks(chance: Random, lines: Lines) -> Lines:
    blank = chance.choice(["\u00a0", "\u2003", "&nbsp;"])
    return [re.sub(r"^ +| {2,}", lambda found: blank * len(found[0]), line) for line in lines]


def soft_wrapped(chance: Random, lines: Lines) -> Lines:
    width = chance.choice([72, 76, 80])
    wrapped: Lines = []
    for line in lines:
        if len(line) <= width:
            wrapped.append(line)
        else:
            wrapped += textwrap.wrap(
                line, width, expand_tabs=False, replace_whitespace=False, drop_whitespace=True,
                break_long_words=False, break_on_hyphens=False,
            ) or [""]  # fmt: skip
    return wrapped


def hard_wrapped(chance: Random, lines: Lines) -> Lines:
    width = chance.choice([72, 80])
    return [
        line[start : start + width]
        for line in lines
        for start in range(0, max(1, len(line)), width)
    ]


def with_noise(chance: Random, lines: Lines) -> Lines:
    noise = ["", "   ", "---", "```", "Here is the output:", "user@host:~$ birdc show protocols", "~ # birdcl",
             'Defaulted container "calico-node" out of: calico-node', "Thanks!",
             "command terminated with exit code 1",
             "Note: this is from node 2", "[...]", "..."]  # fmt: skip
    noisy = list(lines)
    for _ in range(chance.randrange(1, 4)):
        noisy.insert(chance.randrange(len(noisy) + 1), chance.choice(noise))
    return noisy


KINDS: tuple[Callable[[Random, Lines], Lines], ...] = (
    with_sign, with_log_prefix, with_numbers, framed, as_json_list, coloured, trimmed, left_trimmed,
    all_left_trimmed, collapsed, half_collapsed, expanded, retabbed, hard_blanks, soft_wrapped, hard_wrapped,
    with_noise,
)  # fmt: skip


def encoded(chance: Random, text: str) -> bytes:
    """The text with some program's line ends, in some program's encoding."""
    lines = text.split("\n")
    kind = chance.randrange(5)
    if kind == 0:
        text = "\r\n".join(lines)
    elif kind == 1:
        text = "\r".join(lines)
    elif kind == 2:
        text = "".join(line + chance.choice(["\n", "\r\n", "\r"]) for line in lines)
    encoding = chance.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
    return text.encode(encoding, "surrogatepass")
