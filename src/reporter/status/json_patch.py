"""From one JSON value to another by the rows that changed: RFC 6902. Pure, and linear in the two values."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["json_patch"]

Document = dict[str, Any]
Operation = dict[str, Any]


def json_patch(old: Document, new: Document, path: str) -> Iterator[Operation]:
    """The operations that lead from ``old`` at ``path`` (RFC 6901) to ``new``, to be made in this order.

    A row that moved within its list is taken out and put in again. Rows are few of many, as a rule: what lists
    have alike at their beginnings and ends is only compared.
    """
    for key in sorted(old.keys() | new.keys()):
        place = f"{path}/{key.replace('~', '~0').replace('/', '~1')}"
        if key not in new:
            yield {"op": "remove", "path": place}
        elif key not in old:
            yield {"op": "add", "path": place, "value": new[key]}
        else:
            yield from _change(old[key], new[key], place)


def _change(old: Any, new: Any, place: str) -> Iterator[Operation]:  # noqa: ANN401 - JSON values
    if old == new and type(old) is type(new):
        return
    if isinstance(old, dict) and isinstance(new, dict):
        yield from json_patch(old, new, place)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _rows(old, new, place)
    else:
        yield {"op": "replace", "path": place, "value": new}


def _rows(old: list[Any], new: list[Any], place: str) -> Iterator[Operation]:
    begin = 0
    shorter = min(len(old), len(new))
    while begin < shorter and old[begin] == new[begin]:
        begin += 1
    end = 0
    while end < shorter - begin and old[-1 - end] == new[-1 - end]:
        end += 1
    before, after = old[begin : len(old) - end], new[begin : len(new) - end]
    before_texts, after_texts = _texts(before), _texts(after)
    # What is yet to come of each, so that a row which only moved is not held to be a new one.
    left, wanted = Counter(before_texts), Counter(after_texts)
    taken = put = 0
    at = begin
    while taken < len(before) or put < len(after):
        is_old = taken < len(before)
        is_new = put < len(after)
        if is_old and is_new and before_texts[taken] == after_texts[put]:
            left[before_texts[taken]] -= 1
            wanted[after_texts[put]] -= 1
            taken, put, at = taken + 1, put + 1, at + 1
            continue
        is_gone = is_old and (not is_new or not wanted[before_texts[taken]])
        is_added = is_new and (not is_old or not left[after_texts[put]])
        if is_gone and is_added:
            yield from _change_row(before[taken], after[put], f"{place}/{at}")
        elif is_added:
            yield {"op": "add", "path": f"{place}/{at}", "value": after[put]}
        else:
            yield {"op": "remove", "path": f"{place}/{at}"}
        if is_gone or not is_added:
            left[before_texts[taken]] -= 1
            taken += 1
        if is_added:
            wanted[after_texts[put]] -= 1
            put += 1
            at += 1


def _change_row(old: Any, new: Any, place: str) -> Iterator[Operation]:  # noqa: ANN401 - JSON values
    """By its fields, or whole if that is shorter."""
    whole = {"op": "replace", "path": place, "value": new}
    if isinstance(old, dict) and isinstance(new, dict):
        fields = list(json_patch(old, new, place))
        if len(json.dumps(fields)) < len(json.dumps(whole)):
            yield from fields
            return
    yield whole


def _texts(rows: list[Any]) -> list[str]:
    return [json.dumps(row, sort_keys=True) for row in rows]
