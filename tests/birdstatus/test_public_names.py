"""The library's public names: each is there, and loads no more than it needs."""

import subprocess
import sys

import pytest

import birdstatus
from birdstatus import records


def test_every_public_name_is_there_and_listed() -> None:
    assert all(getattr(birdstatus, name) is not None for name in birdstatus.__all__)
    assert set(birdstatus.__all__) <= set(dir(birdstatus))


def test_a_module_is_there_without_an_import_of_its_own() -> None:
    assert birdstatus.__getattr__("records") is records


@pytest.mark.parametrize("name", ["no_such_name", "__no_such_name__"])
def test_what_is_not_there_is_an_attribute_error(name: str) -> None:
    with pytest.raises(AttributeError, match=f"module 'birdstatus' has no attribute '{name}'"):
        birdstatus.__getattr__(name)


def test_the_fleet_loads_no_parser() -> None:
    """A process of its own: here the other tests have loaded it already."""
    program = "import sys, birdstatus.fleet; sys.exit('pyparsing' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
