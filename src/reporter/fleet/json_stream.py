"""Objects from JSON text: one, several in a row, or a Kubernetes list, item by item."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from reporter.fleet.text_window import BadTextError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reporter.fleet.text_window import TextWindow

__all__ = ["is_json", "json_objects", "with_kind"]

Document = dict[str, Any]
_BEGINS = re.compile(r'\{\s*["}]|\[')
_decode = json.JSONDecoder().raw_decode


def is_json(window: TextWindow) -> bool:
    """Whether the text begins as JSON does; YAML in flow style writes its names without quotes."""
    window.first_character()
    return _BEGINS.match(window.text, window.at) is not None


def json_objects(window: TextWindow) -> Iterator[Document]:
    """Every object of the text; a list is taken apart.

    Raises:
        BadTextError: it is no JSON from some place on.
    """
    while (first := window.first_character()) != "":
        if first == "{":
            yield from _object(window)
        elif first == "[":
            yield from _items(window, {})
        else:
            raise BadTextError("text after the JSON")


def with_kind(item: Document, of_list: Document) -> Document:
    """An item as it would be alone: a list of the API server names the kind only once."""
    kind = of_list.get("kind")
    if "kind" not in item and isinstance(kind, str) and kind.endswith("List") and kind != "List":
        return {"apiVersion": of_list.get("apiVersion", ""), "kind": kind[:-4], **item}
    return item


def _object(window: TextWindow) -> Iterator[Document]:
    """The object at ``at``; a list is taken apart."""
    fields: Document = {}
    is_list = False
    for _ in _members(window, "}"):
        field = _value(window)
        if not isinstance(field, str):
            raise BadTextError("not JSON: a field's name is expected")
        if window.first_character() != ":":
            raise BadTextError("not JSON: ':' is expected")
        window.at += 1
        if field == "items" and window.first_character() == "[":
            is_list = True
            yield from _items(window, fields)
        else:
            fields[field] = _value(window)
    if not is_list:
        yield fields


def _items(window: TextWindow, of_list: Document) -> Iterator[Document]:
    for _ in _members(window, "]"):
        item = _value(window)
        if isinstance(item, dict):
            yield with_kind(item, of_list)


def _members(window: TextWindow, end: str) -> Iterator[None]:
    """Stand before each member of the object or list at ``at``, and at last behind its end."""
    window.at += 1
    if window.first_character() != end:
        yield
        while (sign := window.first_character()) == ",":
            window.at += 1
            yield
        if sign == "":
            raise BadTextError("not JSON: it is cut off")
        if sign != end:
            raise BadTextError(f"not JSON: ',' or '{end}' is expected")
    window.at += 1


def _value(window: TextWindow) -> Any:  # noqa: ANN401 - any JSON value
    while True:
        if window.first_character() == "":
            raise BadTextError("not JSON: it is cut off")
        try:
            value, end = _decode(window.text, window.at)
        except RecursionError:
            raise BadTextError("not JSON: nested too deep") from None
        except ValueError as error:
            # Cut at the end of what is held, or wrong: more text tells.
            if window.more():
                continue
            problem = getattr(error, "msg", None) or "a number is too long"
            raise BadTextError(f"not JSON: {problem}") from None
        # A number that touches the end may go on.
        if end == len(window.text) and not isinstance(value, (dict, list, str)) and window.more():
            continue
        window.at = end
        return value
