"""The documentation site: built strictly, whole, without anything from elsewhere, and for everybody to read."""

import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest

from browser import Chromium

DOCS = Path(__file__).resolve().parent.parent / "docs"
LOOKED_AT = [
    "index.html",
    "getting-started.html",
    "library.html",
    "comparison.html",
    "guides/fleet.html",
]
AXE = files("axe_playwright_python") / "axe.min.js"
# WCAG 2.1, level AA: contrast, labels, names of links and pictures; and headings in their order.
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"],
    "rules": {"heading-order": {"enabled": True}, "page-has-heading-one": {"enabled": True}},
}


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built from a clean folder; a warning is a failure."""
    folder = tmp_path_factory.mktemp("site")
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-q",
        "-W",
        "--keep-going",
        "-d",
        f"{folder}/doctrees",
    ]
    done = subprocess.run(
        [*command, str(DOCS), str(folder / "html")], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return folder / "html"


class _Page(HTMLParser):
    """The links and the anchors of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.anchors: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in {"href", "src"} and value and tag != "link":
                self.links.add(value)
            elif name in {"id", "name"} and value:
                self.anchors.add(value)


_page = cache(_Page)


def _broken(site: Path) -> Iterator[str]:
    for path in sorted(site.rglob("*.html")):
        for link in _page(path).links:
            target, anchor = urldefrag(link)
            if target.startswith(("https://", "data:")):
                continue
            linked = path.parent / unquote(target.partition("?")[0]) if target else path
            if not linked.exists() or (
                anchor
                and linked.suffix == ".html"
                and unquote(anchor) not in _page(linked.resolve()).anchors
            ):
                yield f"{path.relative_to(site)}: {link}"


def test_no_link_is_broken(site: Path) -> None:
    assert sorted(_broken(site)) == []


def test_every_page_is_in_the_contents(site: Path) -> None:
    contents = _page(site / "index.html").links
    pages = {path.relative_to(DOCS).with_suffix(".html").as_posix() for path in DOCS.rglob("*.md")}
    assert pages - {"index.html"} <= {urldefrag(link)[0] for link in contents}


def test_the_api_shows_what_is_public(site: Path) -> None:
    from birdstatus import __all__ as public  # noqa: PLC0415 - names only

    anchors = {anchor.rpartition(".")[2] for anchor in _page(site / "api.html").anchors}
    assert set(public) - {"__version__"} <= anchors


@pytest.mark.parametrize("name", LOOKED_AT)
def test_nothing_is_loaded_from_elsewhere(site: Path, browser: Chromium, name: str) -> None:
    with browser.page((site / name).as_uri()) as page:
        page.collect()
        assert [url for url in page.requests if not url.startswith(("file:", "data:"))] == []
        assert page.messages == []


def test_the_search_needs_no_server(site: Path, browser: Chromium) -> None:
    with browser.page((site / "search.html").as_uri() + "?q=multipath") as page:
        found = page.evaluate(
            "new Promise(done => { const look = () => { const found ="
            " [...document.querySelectorAll('#search-results a')].map(a => a.textContent);"
            " found.length ? done(found) : setTimeout(look, 50); }; look(); })",
            wait=True,
        )
    assert any("Calico" in title for title in found)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", LOOKED_AT)
def test_everybody_can_read_it(
    site: Path, browser: Chromium, name: str, width: int, *, dark: bool
) -> None:
    """Contrast, headings, labels, names of links, as axe-core judges; and no page is wider than its window."""
    with browser.page((site / name).as_uri(), width=width, dark=dark) as page:
        page.evaluate(AXE.read_text(encoding="utf-8"))
        broken = page.evaluate(
            f"axe.run(document, {json.dumps(RULES)}).then(found => found.violations.map("
            "rule => [rule.id, rule.nodes.length, rule.nodes[0].html.slice(0, 200)]))",
            wait=True,
        )
        assert broken == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
