"""The test command of `make mutants`: the tests that run the mutated line, quickest first, until one fails.

``tests.sqlite`` (coverage's contexts) and ``tests.xml`` (how long each test took) are from one run of the tests
on the tree without a mutant; ``pristine`` is the package as it was then. Exit 0 if no test noticed the mutant.
"""

import ast
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from coverage import CoverageData

PACKAGE = Path("src/reporter")
PRISTINE = Path("pristine")
# Tests that take longer than this in all, in seconds, are not run for one mutant.
MOST_SECONDS = 30.0
# What runs the package in a process of its own, where coverage does not look, and what is only seen there.
PROCESSES = ("tests/reporter/test_process.py", "tests/faults/test_surroundings.py")
OF_PROCESSES = ("cli.py", "entry.py", "logs.py")


def mutated() -> tuple[Path, int] | None:
    """The file that is not as it was, relative to the package, and the first line that differs."""
    for path in sorted(PACKAGE.rglob("*.py")):
        before = (PRISTINE / path.relative_to(PACKAGE)).read_text().splitlines()
        after = path.read_text().splitlines()
        if before != after:
            pairs = enumerate(zip(before, after, strict=False), 1)
            line = next((number for number, (old, new) in pairs if old != new), len(before))
            return path.relative_to(PACKAGE), line
    return None


def near(text: str, line: int) -> list[range]:
    """The lines of the statement around a line, then those of its function; of the module, if it is in none."""
    tree = ast.parse(text)
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno)
    ]
    functions = [node for node in found if isinstance(node, ast.FunctionDef)]
    statement = max(found, key=lambda node: node.lineno, default=None)
    ranges = [
        range(node.lineno, (node.end_lineno or node.lineno) + 1)
        for node in (statement, max(functions, key=lambda node: node.lineno, default=None))
        if node is not None
    ]
    return ranges if functions else [range(1, text.count("\n") + 2)]


def chosen(file: Path, line: int) -> list[str]:
    """The tests that are worth running, in order."""
    data = CoverageData("tests.sqlite")
    data.read()
    (path,) = (one for one in data.measured_files() if one.endswith(f"/{PACKAGE / file}"))
    contexts = data.contexts_by_lineno(path)
    seconds = {
        f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name')}": float(
            case.get("time", 0)
        )
        for case in ET.parse("tests.xml").iter("testcase")
    }
    tests: list[str] = []
    for lines in near((PRISTINE / file).read_text(), line):
        here = {
            context.partition("|")[0]
            for number in lines
            for context in contexts.get(number, [])
            if context
        }
        tests += sorted(here - {*tests}, key=lambda test: seconds.get(test, 0.0))
    total = 0.0
    kept = []
    for test in tests:
        total += seconds.get(test, 0.0)
        if total > MOST_SECONDS:
            break
        kept.append(test)
    return [*kept, *(PROCESSES if str(file) in OF_PROCESSES else ())]


def main() -> int:
    found = mutated()
    if found is None:
        return 0
    tests = chosen(*found)
    print(f"{found[0]}:{found[1]}: {len(tests)} tests")  # noqa: T201
    options = ["-q", "-x", "-p", "no:cacheprovider", "-p", "no:randomly"]
    # A test of real parts that are not built is skipped, and one that is no more is no failure.
    return int(pytest.main([*options, "-m", "not real_bird", *tests]))


sys.exit(main())
