"""kubectl's ``-l``: which labels a selector of the Kubernetes API matches.

The language is that of ``k8s.io/apimachinery/pkg/labels``, which is not Calico's own selector language::

    selector    = requirement { "," requirement }
    requirement = KEY | "!" KEY | KEY ("=" | "==" | "!=") VALUE
                | KEY ("in" | "notin") "(" VALUE { "," VALUE } ")"

Without the label, ``!=`` and ``notin`` are true.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["label_selector"]

_KEY = r"[A-Za-z0-9]([A-Za-z0-9_.\-]*/)?[A-Za-z0-9_.\-]*"
_VALUE = r"[A-Za-z0-9_.\-]*"
_REQUIREMENT = re.compile(
    rf"\s*(?:(?P<absent>!\s*(?P<no>{_KEY}))"
    rf"|(?P<key>{_KEY})\s*(?:(?P<sign>==?|!=)\s*(?P<value>{_VALUE})"
    rf"|\s(?P<set>in|notin)\s*\((?P<values>[^()]*)\))?)\s*(?:,|$)"
)


def label_selector(text: str) -> Callable[[Mapping[str, str]], bool]:
    """What a selector says of a set of labels; the empty text matches all.

    Raises:
        ValueError: it is no selector.
    """
    tests: list[Callable[[Mapping[str, str]], bool]] = []
    place = 0
    while place < len(text):
        found = _REQUIREMENT.match(text, place)
        if found is None:
            raise ValueError(f"no label selector from {text[place:][:40]!r} on")
        tests.append(_test(found))
        place = found.end()
    if text.rstrip().endswith(","):
        raise ValueError("a requirement is missing after the last comma")
    return lambda labels: all(test(labels) for test in tests)


def _test(found: re.Match[str]) -> Callable[[Mapping[str, str]], bool]:
    if found["absent"]:
        absent = found["no"]
        return lambda labels: absent not in labels
    key, sign = found["key"], found["sign"] or found["set"]
    if sign is None:
        return lambda labels: key in labels
    values = {value.strip() for value in (found["values"] or found["value"] or "").split(",")}
    if sign in {"!=", "notin"}:
        return lambda labels: labels.get(key) not in values
    return lambda labels: labels.get(key) in values
