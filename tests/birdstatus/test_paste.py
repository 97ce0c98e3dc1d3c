"""What people paste: each kind of damage gives the values of the reply, or says what it left out."""

from __future__ import annotations

import re
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pastes import KINDS, encoded
from recordings import RECORDINGS

from birdstatus import BirdParseError, parse_answers
from birdstatus.records import document

if TYPE_CHECKING:
    from collections.abc import Callable

# What comes through unharmed always, whatever the text: nothing of BIRD's is lost by these.
LOSSLESS = {
    "with_sign",
    "trimmed",
    "coloured",
    "hard_blanks",
    "expanded",
    "left_trimmed",
    "all_left_trimmed",
}
LARGEST = 6000
# Nobody can say which blanks a person's own text had before they were lost.
ODD_WORDS = re.compile(
    r"(?:Description|Message): *(?:[ -~]*[ -~](?:  | ?[^ -~\n])|[^ -~\n])|TX: +[0-9]+  B"
)


def readable() -> dict[str, str]:
    texts = {}
    for recording in RECORDINGS:
        for path in (recording.path, recording.printed("birdc"), recording.printed("birdc_v")):
            if path.exists() and path.stat().st_size < LARGEST:
                text = path.read_bytes().decode("utf-8", "backslashreplace")
                problems: list[BirdParseError] = []
                if parse_answers(text, problems) and not problems and not ODD_WORDS.search(text):
                    texts[f"{path.parent.name}/{path.name}"] = text
    return texts


TEXTS = readable()
texts = st.sampled_from(sorted(TEXTS)).map(TEXTS.__getitem__)
chances = st.integers(0, 2**32).map(Random)


def values(data: str | bytes, problems: list[BirdParseError] | None = None) -> list[Any]:
    answers = parse_answers(data, [] if problems is None else problems)
    return [(answer.command, document(answer.records)) for answer in answers]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@given(text=texts, chance=chances)
def test_a_paste_gives_the_reply_s_values_or_says_what_it_left_out(
    kind: Callable[[Random, list[str]], list[str]], text: str, chance: Random
) -> None:
    pasted = "\n".join(kind(chance, text.rstrip("\n").split("\n"))) + "\n"
    problems: list[BirdParseError] = []
    found = values(encoded(chance, pasted), problems)
    assert problems or found == values(text)
    if kind.__name__ in LOSSLESS and "BGP " in text:
        assert found == values(text)


@given(text=texts, kinds=st.lists(st.sampled_from(KINDS), min_size=2, max_size=3), chance=chances)
def test_several_kinds_at_once(
    text: str, kinds: list[Callable[[Random, list[str]], list[str]]], chance: Random
) -> None:
    lines = text.rstrip("\n").split("\n")
    for kind in kinds:
        lines = kind(chance, lines)
    problems: list[BirdParseError] = []
    found = values(encoded(chance, "\n".join(lines) + "\n"), problems)
    assert problems or found == values(text)


@given(st.lists(st.tuples(texts, st.sampled_from(KINDS[:7])), min_size=2, max_size=3), chances)
def test_the_margin_may_change_from_block_to_block(
    blocks: list[tuple[str, Callable[[Random, list[str]], list[str]]]], chance: Random
) -> None:
    whole, pasted = [], []
    for text, kind in blocks:
        plain = text if text.startswith(("0", "BIRD ")) else f"BIRD 1.6.8 ready.\n{text}"
        whole += values(plain)
        pasted += [*kind(chance, plain.rstrip("\n").split("\n")), ""]
    problems: list[BirdParseError] = []
    found = values("\n".join(pasted) + "\n", problems)
    assert problems or found == whole
