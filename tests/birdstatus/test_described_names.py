"""What is public is described: shapes, units, errors; and it is typed as people write it."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import re
from importlib.metadata import version
from typing import Any

import pytest
from pydantic import BaseModel
from recordings import FIXTURES

import birdstatus
from birdstatus import Command, parse_answers
from birdstatus.models import CalicoNodeStatus

MODULES = ["", ".records", ".models", ".errors", ".projection", ".times", ".fleet", ".parse"]
MESH = FIXTURES / "1.6.8" / "mesh-v4"


def _public() -> list[Any]:
    found = []
    for name in MODULES:
        module = importlib.import_module(f"birdstatus{name}")
        found += [
            pytest.param(getattr(module, public), id=f"{name}.{public}".lstrip("."))
            for public in module.__all__
            if callable(getattr(module, public))
        ]
    return found


def _methods(value: Any) -> list[Any]:
    """A function itself; of a class its own public methods and properties."""
    if not inspect.isclass(value):
        return [value]
    members = vars(value).items()
    own = [member for name, member in members if not name.startswith("_")]
    plain = [getattr(member, "fget", None) or getattr(member, "__func__", member) for member in own]
    return [member for member in plain if inspect.isfunction(member)]


@pytest.mark.parametrize("value", _public())
def test_it_has_a_docstring_that_says_what_it_raises(value: Any) -> None:
    if getattr(value, "__origin__", None) is not None or not hasattr(value, "__module__"):
        return  # an alias of types is described where it is defined
    text = value.__doc__ or ""
    assert len(text.split()) >= 2, "no docstring"
    assert not text.startswith(f"{getattr(value, '__name__', '')}("), (
        "the docstring is made, not written"
    )
    for method in _methods(value):
        assert method.__doc__, method.__qualname__
        raises = re.search(r"^ +raise [A-Z]", inspect.getsource(method), re.MULTILINE)
        assert not raises or "Raises:" in method.__doc__, method.__qualname__


@pytest.mark.parametrize("value", _public())
def test_each_field_is_described(value: Any) -> None:
    if not inspect.isclass(value):
        return
    described = _named_in(value)
    if issubclass(value, BaseModel):
        described |= {name for name, field in value.model_fields.items() if field.description}
        names = set(value.model_fields)
    elif dataclasses.is_dataclass(value) and isinstance(value, type):
        names = {field.name for field in dataclasses.fields(value)}
    else:
        names = set(getattr(value, "_fields", ()))
    fields = {name for name in names if not name.startswith("_")}
    assert fields <= described, "write what it is beside the field, or in the docstring"


def _named_in(value: Any) -> set[str]:
    """Fields with a comment for the documentation, and words in double backquotes or `Attributes:`."""
    found = set(re.findall(r"^    (\w+): .*#: \S", inspect.getsource(value), re.MULTILINE))
    for base in (base for base in value.__mro__ if base.__module__.startswith("birdstatus")):
        text = base.__doc__ or ""
        found |= set(re.findall(r"``(\w+)``", text))
        for names in re.findall(r"^ +(\w+(?:, \w+)*): ", text, re.MULTILINE):
            found |= set(names.split(", "))
    return found


def test_the_version_is_that_of_the_distribution() -> None:
    assert birdstatus.__version__ == version("birdstatus")


def test_the_obvious_loops_are_typed() -> None:
    """As people write them; mypy reads this file."""
    texts = [(MESH / name).read_bytes() for name in ("show_status.raw", "show_protocols_all.raw")]
    names: list[str] = []
    for answer in parse_answers(b"".join(texts)):
        if answer.status is not None:
            names.append(answer.status.router_id)
        for protocol in answer.protocols:
            names += [protocol.name] if protocol.bgp else []
        for record in answer.records:
            if isinstance(record, birdstatus.Protocol):
                assert answer.command is Command.PROTOCOLS
                assert record.type
    assert names[:3] == ["10.0.0.1", "Mesh_10_0_0_2", "Mesh_10_0_0_3"]
    assert len(names) == 5


def test_the_routes_of_an_answer() -> None:
    (answer,) = parse_answers((MESH / "show_route.raw").read_bytes())
    assert [route.prefix for route in answer.routes] == [route.prefix for route in answer.records]  # type: ignore[union-attr]
    assert answer.status is None
    assert answer.protocols == []


def test_each_model_gives_its_document() -> None:
    route = birdstatus.Route(type="FIB", destination="10.0.0.0/8", gateway="N/A", interface="eth0")
    assert route.document() == {
        "type": "FIB", "destination": "10.0.0.0/8", "gateway": "N/A", "interface": "eth0",
    }  # fmt: skip
    status = CalicoNodeStatus().document()
    assert list(status) == ["apiVersion", "kind", "metadata", "spec"]
