"""A headless Chromium, driven over its DevTools pipe: what a page says, asks for and looks like.

The pipe is two file descriptors with JSON between NUL bytes (`--remote-debugging-pipe`): no port, no
driver program, no library. https://chromedevtools.github.io/devtools-protocol/
"""

from browser.chromium import Chromium, Page, lacking

__all__ = ["Chromium", "Page", "lacking"]
