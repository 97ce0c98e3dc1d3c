"""Objects from YAML text, document by document, and of a list item by item.

They are built from the parser's events and not by PyYAML's loader: that holds a whole document, crashes on
deep nesting in its C form, and reads scalars as YAML 1.1 does, for which BIRD's ``20:10:57`` is 72657.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    DocumentStartEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceStartEvent,
)

from birdstatus.errors import printable
from reporter.fleet.json_stream import with_kind
from reporter.fleet.text_window import MAX_OBJECT, BadTextError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reporter.fleet.text_window import TextWindow

__all__ = ["yaml_objects"]

Document = dict[str, Any]

# libyaml where PyYAML has it, twenty times as fast.
_PARSER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# Kubernetes' own limit for JSON is 10,000; no kind that is read here needs more than 20.
_MAX_DEPTH = 100
# Plain scalars of YAML 1.2's core schema (section 10.3.2), as kubectl reads and writes them.
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]{1,40}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")


def yaml_objects(window: TextWindow) -> Iterator[Document]:
    """Every object of the text; a list is taken apart.

    Raises:
        BadTextError: it is no YAML from some line on, or an item is larger than any object.
    """
    stream = _Stream(window)
    try:
        yield from _Builder(stream).objects()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = printable(str(getattr(error, "problem", None) or error).splitlines()[0])
        line = f"line {mark.line + 1}: " if mark else ""
        raise BadTextError(f"{line}not YAML: {problem}") from None


class _Stream:
    """What the parser reads from; it reads ahead, by some KiB."""

    def __init__(self, window: TextWindow) -> None:
        self._window = window
        self.since_object = 0

    def read(self, size: int = 1 << 16, /) -> str:
        window = self._window
        if window.at == len(window.text) and not window.more():
            return ""
        piece = window.text[window.at : window.at + size]
        window.at += len(piece)
        self.since_object += len(piece)
        if self.since_object > MAX_OBJECT:
            raise BadTextError(f"an object of more than {MAX_OBJECT >> 20} MiB")
        return piece


_NO_KEY = object()


class _Builder:
    """Values from events. The containers that are open stand in ``_open``, with the key that waits in each."""

    def __init__(self, stream: _Stream) -> None:
        self._stream = stream
        self._open: list[list[Any]] = []
        self._anchors: dict[str, Any] = {}
        self._is_list = False

    def objects(self) -> Iterator[Document]:
        for event in yaml.parse(self._stream, _PARSER):
            kind = type(event)
            if kind is ScalarEvent:
                self._put(event, _scalar(event))
            elif kind is MappingStartEvent:
                self._begin(event, {})
            elif kind is SequenceStartEvent:
                self._begin(event, [])
            elif kind is AliasEvent:
                self._put(event, self._alias(event))
            elif issubclass(kind, CollectionEndEvent):
                whole = self._end(event)
                if whole is not None:
                    yield whole
            elif kind is DocumentStartEvent:
                self._is_list, self._anchors, self._stream.since_object = False, {}, 0

    def _end(self, event: Any) -> Document | None:  # noqa: ANN401 - PyYAML has no types
        """Close a container; the object that is whole with it."""
        value, _ = self._open.pop()
        if self._is_item():
            self._is_list = True
            self._open[-1][0].clear()
            self._stream.since_object = 0
            return with_kind(value, self._open[0][0]) if isinstance(value, dict) else None
        if self._open or self._is_list:
            return None
        if not isinstance(value, dict):
            raise BadTextError(f"line {event.start_mark.line + 1}: no Kubernetes object")
        return value

    def _is_item(self) -> bool:
        """Whether what ended just now is an item of the document's list."""
        return (
            len(self._open) == 2
            and isinstance(self._open[1][0], list)
            and self._open[0][0].get("items") is self._open[1][0]
        )

    def _begin(self, event: Any, container: Any) -> None:  # noqa: ANN401 - PyYAML has no types
        if len(self._open) == _MAX_DEPTH:
            raise BadTextError(f"line {event.start_mark.line + 1}: nested too deep")
        if self._open or isinstance(container, dict):
            self._put(event, container)
        self._open.append([container, _NO_KEY])

    def _put(self, event: Any, value: Any) -> None:  # noqa: ANN401
        if event.anchor and type(event) is not AliasEvent:
            self._anchors[event.anchor] = value
        if not self._open:
            if isinstance(value, (dict, list)) or value is None:
                return
            raise BadTextError(f"line {event.start_mark.line + 1}: no Kubernetes object")
        top = self._open[-1]
        container, key = top
        if isinstance(container, list):
            container.append(value)
        elif key is _NO_KEY:
            # As kubectl: a key is text.
            if isinstance(value, (dict, list)):
                raise BadTextError(f"line {event.start_mark.line + 1}: a key that is no text")
            top[1] = event.value if type(event) is ScalarEvent else str(value)
        else:
            container[key] = value
            top[1] = _NO_KEY

    def _alias(self, event: Any) -> Any:  # noqa: ANN401
        value = self._anchors.get(event.anchor, _NO_KEY)
        if value is _NO_KEY or any(value is container for container, _ in self._open):
            raise BadTextError(
                f"line {event.start_mark.line + 1}: an alias to nothing that is whole"
            )
        if len(self._open) == 2 and isinstance(value, dict):
            # An item that stands in a list by alias alone was read at its anchor.
            return None
        return value


def _scalar(event: Any) -> Any:  # noqa: ANN401
    text = event.value
    if event.style or not event.implicit[0]:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
