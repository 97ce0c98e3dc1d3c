"""What the texts of route attributes become: numbers, addresses, paths and communities.

A text is recognised by the pattern of its production and then taken apart, many texts of one
attribute at a time; pyparsing itself, which takes 20 to 100 microseconds a value, only says what a
value is.
"""

from __future__ import annotations

import re
from itertools import compress, islice, repeat
from typing import TYPE_CHECKING

from birdstatus.grammar import attributes as grammar
from birdstatus.grammar.patterns import pattern, pattern_of
from birdstatus.records import (
    Aggregator,
    AsPathSegment,
    Attribute,
    AttributeValue,
    Community,
    ExtendedCommunity,
    LargeCommunity,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Literal

    import pyparsing as pp

__all__ = ["attributes"]

# A value that BIRD had no more room for ends so (nest/rt-attr.c, nest/a-path.c).
_CUT = " ..."

# BIRD names an attribute that it does not know `BGP.hh [t]`, and prints its octets in hexadecimal.
_UNKNOWN = "]"

# What the constructor of a named tuple calls, without the call of that.
_made = tuple.__new__


def attributes(found: Sequence[tuple[str, str]]) -> list[Attribute]:
    """Attributes from their names and texts; a text that is no value of its attribute stays text.

    Costs 3 to 5 microseconds each if there are many of a name, 10 else.
    """
    names = [name for name, _ in found]
    texts = [text for _, text in found]
    cuts = [text.endswith(_CUT) for text in texts]
    wholes = [text.removesuffix(_CUT).rstrip() for text in texts]
    of_name: dict[str, list[int]] = {}
    for index, name in enumerate(names):
        of_name.setdefault(name, []).append(index)
    values: list[AttributeValue] = list(wholes)
    for name, indexes in of_name.items():
        read = _values(name, [wholes[index] for index in indexes])
        for index, value in zip(indexes, read, strict=True):
            values[index] = value
    return list(map(_made, repeat(Attribute), zip(names, texts, values, cuts, strict=True)))


def _values(name: str, texts: list[str]) -> Iterable[AttributeValue]:
    production = grammar.VALUES.get(name)
    if production is None:
        return texts if name.endswith(_UNKNOWN) else map(_number_or_text, texts)
    matches = list(map(_recognised[name], texts))
    conversion = _CONVERSIONS[id(production)]
    if all(matches):
        return conversion(texts)
    converted = iter(conversion(list(compress(texts, matches))))
    return [next(converted) if match else text for text, match in zip(texts, matches, strict=True)]


def _number_or_text(text: str) -> int | str:
    return int(text) if text.isdecimal() and text.isascii() and len(text) <= 20 else text


def _numbers(texts: Sequence[str]) -> Iterator[int]:
    """The numbers in texts that have nothing else but blanks, commas and brackets."""
    joined = " ".join(texts).replace("(", " ").replace(",", " ").replace(")", " ")
    return map(int, joined.split())


def _as_paths(texts: Sequence[str]) -> Iterator[tuple[AsPathSegment, ...]]:
    for text in texts:
        words = text.split()
        if "(" in text or "{" in text or max(map(len, words), default=0) > 20:
            yield tuple(map(_segment, pattern(grammar.SEGMENT).finditer(text)))
        else:
            yield (AsPathSegment("sequence", tuple(map(int, words))),) if words else ()


_SEGMENTS: Mapping[
    str | None, Literal["sequence", "set", "confed-sequence", "confed-set"]
] = {
    "sequence": "sequence",
    "set": "set",
    "confed_sequence": "confed-sequence",
    "confed_set": "confed-set",
}  # fmt: skip


def _segment(found: re.Match[str]) -> AsPathSegment:
    numbers = pattern(grammar.INTEGER).findall(found[0])
    return AsPathSegment(_SEGMENTS[found.lastgroup], tuple(map(int, numbers)))


def _communities(texts: Sequence[str]) -> list[tuple[Community, ...]]:
    numbers = _numbers(texts)
    made = map(_made, repeat(Community), zip(numbers, numbers, strict=True))
    return [tuple(islice(made, text.count("("))) for text in texts]


def _large_communities(texts: Sequence[str]) -> list[tuple[LargeCommunity, ...]]:
    numbers = _numbers(texts)
    made = map(_made, repeat(LargeCommunity), zip(numbers, numbers, numbers, strict=True))
    return [tuple(islice(made, text.count("("))) for text in texts]


def _extended_communities(texts: Sequence[str]) -> Iterator[tuple[ExtendedCommunity, ...]]:
    for text in texts:
        found = pattern(grammar.EXTENDED_COMMUNITY).finditer(text)
        fields = (community.group("kind", "key", "value") for community in found)
        yield tuple([ExtendedCommunity(*map(str.strip, three)) for three in fields])


def _aggregators(texts: Sequence[str]) -> Iterator[Aggregator]:
    for text in texts:
        for address, asn in pattern(grammar.AGGREGATOR).findall(text):
            yield Aggregator(address.strip(), int(asn))


def _parts(terminal: pp.ParserElement) -> Callable[[Sequence[str]], list[tuple[str, ...]]]:
    """What takes texts apart that are nothing but such terminals."""

    def parts(texts: Sequence[str]) -> list[tuple[str, ...]]:
        return [tuple(map(str.strip, pattern(terminal).findall(text))) for text in texts]

    return parts


_CONVERSIONS: Mapping[int, Callable[[Sequence[str]], Iterable[AttributeValue]]] = {
    id(production): conversion
    for production, conversion in (
        (grammar.AS_PATH, _as_paths),
        (grammar.NEXT_HOPS, _parts(grammar.ADDRESS)),
        (grammar.WHOLE_NUMBER, _numbers),
        (grammar.AGGREGATOR, _aggregators),
        (grammar.COMMUNITIES, _communities),
        (grammar.CLUSTER_LIST, _parts(grammar.IPV4)),
        (grammar.EXTENDED_COMMUNITIES, _extended_communities),
        (grammar.LARGE_COMMUNITIES, _large_communities),
        (grammar.TAG, lambda texts: map(str.strip, texts)),
    )
}

_recognised = {
    name: re.compile(pattern_of(production, names=())).match
    for name, production in grammar.VALUES.items()
}
