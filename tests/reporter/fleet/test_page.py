"""The page in a real browser: nothing on the console, no request, and every text shown as text."""

import os
import re
from pathlib import Path

import pytest
from pictures import AT, HOSTILE, check, names, pairs

from browser import Chromium, Page
from reporter.fleet.page import MAX_HEAT_MAP, page


def _write(folder: Path, count: int, *, faults: bool = True, hostile: bool = False) -> str:
    nodes = names(count, hostile=hostile)
    html = page(
        check(nodes, faults=faults), pairs(nodes, faults=faults), nodes, AT,
        cluster=HOSTILE if hostile else "prod",
    )  # fmt: skip
    path = folder / "page.html"
    path.write_text(html, encoding="utf-8")
    return path.as_uri()


def _is_quiet(shown: Page, url: str) -> None:
    shown.collect()
    assert shown.messages == []
    assert [request for request in shown.requests if not request.startswith("data:")] == [url]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_is_quiet_and_fits(
    browser: Chromium, tmp_path: Path, width: int, *, dark: bool
) -> None:
    """Set BIRDSTATUS_SCREENSHOTS to a folder to look at what is seen here."""
    url = _write(tmp_path, 12)
    with browser.page(url, width=width, dark=dark) as shown:
        _is_quiet(shown, url)
        assert shown.evaluate("document.documentElement.scrollWidth") == width
        paper = shown.evaluate("getComputedStyle(document.body).backgroundColor")
        (brightness, *_) = map(int, re.findall(r"\d+", paper))
        assert (brightness < 128) is dark
        folder = os.environ.get("BIRDSTATUS_SCREENSHOTS")
        picture = Path(folder or tmp_path) / f"page-{width}-{'dark' if dark else 'light'}.png"
        shown.screenshot(picture)
        assert picture.read_bytes().startswith(b"\x89PNG")


def test_hostile_texts_are_shown_as_they_are_written(browser: Chromium, tmp_path: Path) -> None:
    url = _write(tmp_path, 12, hostile=True)
    with browser.page(url) as shown:
        _is_quiet(shown, url)
        assert "owned" not in shown.evaluate("document.title").split(":")[0]
        assert shown.evaluate("document.images.length") == 0
        scripts = "document.querySelectorAll('script:not([type])').length"
        assert shown.evaluate(scripts) == 1
        text = shown.evaluate("document.body.innerText")
        assert HOSTILE in text
        assert "\u202e" not in text
        assert "\x1b" not in text
        # Its cells in the heat map speak of it in text as well.
        shown.move_mouse("#heat tbody tr:nth-child(1) td:nth-of-type(5)")
        assert HOSTILE in shown.evaluate("document.getElementById('words').innerText")
        assert (
            shown.evaluate("document.getElementById('words').querySelectorAll('img').length") == 0
        )
        _is_quiet(shown, url)


def test_markup_that_gets_in_does_nothing(browser: Chromium, tmp_path: Path) -> None:
    """Were a text ever not escaped: the policy still lets it neither run nor load."""
    url = _write(tmp_path, 6)
    path = tmp_path / "page.html"
    html = path.read_text(encoding="utf-8")
    path.write_text(html.replace("<main>", f"<main>{HOSTILE}<img src='http://192.0.2.1/x'>"))
    with browser.page(url) as shown:
        shown.collect()
        assert "owned" not in shown.evaluate("document.title")
        assert shown.messages, "the browser says that it refused"


def test_the_heat_map_speaks_to_mouse_and_keyboard(browser: Chromium, tmp_path: Path) -> None:
    url = _write(tmp_path, 12)
    words = "document.getElementById('words').innerText"
    with browser.page(url) as shown:
        shown.move_mouse("#heat tbody tr:nth-child(5) td:nth-of-type(1)")
        told = shown.evaluate(words)
        assert told.startswith("node-04 and node-00")
        assert "asymmetric" in told
        assert "Row: Active since 10:14:02. Column: Established" in told
        shown.evaluate("document.querySelector('#heat td[tabindex]').focus()")
        for key, code in (
            ("ArrowDown", 40),
            ("ArrowDown", 40),
            ("ArrowDown", 40),
            ("ArrowLeft", 37),
        ):
            shown.key(key, code)
        assert shown.evaluate(words).startswith("node-03 and node-00")
        label = shown.evaluate("document.activeElement.getAttribute('aria-label')")
        assert "its BIRD does not answer" in label
        _is_quiet(shown, url)


def test_a_table_is_filtered(browser: Chromium, tmp_path: Path) -> None:
    url = _write(tmp_path, 12)
    visible = "[...document.querySelectorAll('#wrong tbody tr')].filter(row => !row.hidden).length"
    with browser.page(url) as shown:
        every = shown.evaluate(visible)
        shown.evaluate(
            "(() => { const box = document.querySelector('[data-filters=wrong] input');"
            "box.value = 'NODE-03 active'; box.dispatchEvent(new Event('input', {bubbles: true})); })()"
        )
        assert every == 17
        assert shown.evaluate(visible) == 11
        shown.evaluate(
            "document.querySelector('[data-filters=peers] input[type=checkbox]').click()"
        )
        peers = (
            "[...document.querySelectorAll('#peers tbody tr')].filter(row => !row.hidden).length"
        )
        assert shown.evaluate(peers) == 0


def test_it_is_printed_with_its_details(browser: Chromium, tmp_path: Path) -> None:
    with browser.page(_write(tmp_path, 12)) as shown:
        assert shown.pdf().startswith(b"%PDF")
        shown.call("Emulation.setEmulatedMedia", media="print")
        hidden = "getComputedStyle(document.getElementById('words')).display"
        assert shown.evaluate(hidden) == "none"


def test_a_right_cluster_is_a_short_page(browser: Chromium, tmp_path: Path) -> None:
    url = _write(tmp_path, 3, faults=False)
    with browser.page(url) as shown:
        _is_quiet(shown, url)
        assert shown.evaluate("document.title") == "Right: BGP of prod"
        assert shown.evaluate("document.querySelectorAll('.finding').length") == 0


def test_many_nodes_have_a_table_and_no_map(tmp_path: Path) -> None:
    for count, has_map in ((MAX_HEAT_MAP, True), (MAX_HEAT_MAP + 1, False)):
        _write(tmp_path, count)
        html = (tmp_path / "page.html").read_text(encoding="utf-8")
        assert ('id="heat"' in html) is has_map
        assert 'id="wrong"' in html
        # Of 200 sessions of one node no more is left out than is said.
        assert len(html) < 2_500_000


def test_nothing_of_an_unknown_time_is_made_up() -> None:
    nodes = names(3)
    html = page(check(nodes, faults=False), pairs(nodes, faults=False), nodes, None)
    assert "Nothing says as of when." in html
