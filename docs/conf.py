"""The documentation site: ``make docs``. Pages are Markdown, the API is docstrings, commands are their help.

Strict: a reference that leads nowhere fails the build. Nothing is fetched when a page is read: the theme, its
search and its icons are files beside it, and fonts are those of the reader's system.
"""

from __future__ import annotations

import argparse
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from pygments.lexers.special import TextLexer
from sphinx.ext.napoleon.docstring import GoogleDocstring

import birdstatus
from birdstatus.cli import make_parser
from reporter.agent.metrics import Metrics
from reporter.cli import make_parser as make_reporter_parser
from reporter.fleet.cli import parsers
from reporter.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sphinx.application import Sphinx

ALERTS = Path(__file__).parent.parent / "deploy" / "chart" / "monitoring" / "alerts.yaml"

project = "birdstatus"
author = "The birdstatus authors"
release = version = birdstatus.__version__
copyright = author  # noqa: A001 - Sphinx's own name

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
exclude_patterns = ["_build"]
nitpicky = True
# Of annotations only our own names are looked for; modules inside of a package have no page.
nitpick_ignore_regex = [
    ("py:(class|exc)", r"(?!birdstatus\.).*"),
    ("py:obj", r"typing\..*"),
    ("py:(class|mod|func)", r"birdstatus\.(parse|fleet)\..*"),
]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4
# Anchors that pages write as HTML are checked in the pages that are built: see docs/check_site.py.
suppress_warnings = ["myst.xref_missing"]

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_class_signature = "mixed"
python_use_unqualified_type_names = True
add_module_names = False
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True

html_theme = "furo"
html_title = f"birdstatus {release}"
html_static_path = ["site"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {"navigation_with_keys": True}
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"

_PLACE = re.compile(r"^<!-- help: (?P<command>[a-z -]*) -->$", re.MULTILINE)


def _parsers() -> dict[str, argparse.ArgumentParser]:
    """Every command and its parts, by what a person types."""
    fleet, commands = parsers()
    found = {"kubectl birdstatus": fleet}
    found |= {f"kubectl birdstatus {name}": parser for name, parser in commands.items()}
    for whole in (make_parser(), make_reporter_parser()):
        found[whole.prog] = whole
        for action in whole._actions:  # noqa: SLF001 - argparse names its parts nowhere else
            if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
                found |= {f"{whole.prog} {name}": part for name, part in action.choices.items()}
    return found


def _alerts() -> str:
    """A row for each example alert."""
    (group, *others) = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"]
    rows = [
        (
            f"`{rule['alert']}`",
            rule["labels"]["severity"],
            rule.get("for", ""),
            rule["annotations"]["summary"].replace("{{ $labels.", "").replace(" }}", ""),
            f"`{' '.join(rule['expr'].split())}`".replace("|", "\\|"),
        )
        for each in (group, *others)
        for rule in each["rules"]
    ]
    return _table(("alert", "severity", "after", "says", "expression"), rows)


def _metrics() -> str:
    """A row for each metric of a node's reporter."""
    registry = Metrics(Settings(node_name="n"), time.time)._registry  # noqa: SLF001 - it is shown, not used
    labels = {
        name: collector._labelnames  # noqa: SLF001
        for collector, names in registry._collector_to_names.items()  # noqa: SLF001
        if hasattr(collector, "_labelnames")
        for name in names
    }
    rows = []
    for metric in registry.collect():
        name = f"{metric.name}_total" if metric.type == "counter" else metric.name
        own = getattr(metric, "_labelnames", None) or labels.get(name, ())
        rows.append((f"`{name}`", metric.type, ", ".join(own), metric.documentation))
    return _table(("metric", "type", "labels", "what it says"), sorted(rows))


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _filled(_: Sphinx, __: str, source: list[str]) -> None:
    """Put what comes from the code in its place."""
    text = source[0]
    if "<!-- help: " in text:
        helps = _parsers()
        text = _PLACE.sub(
            lambda place: f"```text\n{helps[place['command']].format_help().rstrip()}\n```", text
        )
    for mark, make in (("<!-- alerts -->", _alerts), ("<!-- metrics -->", _metrics)):
        if mark in text:
            text = text.replace(mark, make())
    source[0] = text


def _for_everybody(_: Sphinx, __: str, ___: str, context: dict[str, Any], ____: object) -> None:
    """What the theme leaves out: the level of its headings, and the keyboard in code and tables that scroll."""
    tree = context.get("furo_navigation_tree", "")
    context["furo_navigation_tree"] = tree.replace(
        'role="heading"', 'role="heading" aria-level="2"'
    )
    body = context.get("body", "").replace("<pre>", '<pre tabindex="0">')
    context["body"] = body.replace(
        '<div class="table-wrapper', '<div tabindex="0" class="table-wrapper'
    )


def _as_it_is(docstring: GoogleDocstring) -> list[str]:
    return list(docstring._lines)  # noqa: SLF001 - see below


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("source-read", _filled)
    app.connect("html-page-context", _for_everybody, priority=900)  # behind the theme's own
    # Our grammar's lines begin with a reply code, which is no EBNF.
    app.add_lexer("ebnf", TextLexer)
    # Napoleon takes what stands before a colon in a property's docstring for its type; ours are sentences.
    GoogleDocstring._parse_attribute_docstring = _as_it_is  # type: ignore[method-assign]  # noqa: SLF001
