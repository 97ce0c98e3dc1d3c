"""The browser process and one page in it."""

import base64
import contextlib
import fcntl
import itertools
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

PROGRAM = "chromium"
# A browser that says nothing for so long, in seconds, hangs: a busy machine needs some five at its start.
_SILENCE = 60.0
_EVENTS = {
    "Runtime.consoleAPICalled": "messages",
    "Runtime.exceptionThrown": "messages",
    "Log.entryAdded": "messages",
    "Network.requestWillBeSent": "requests",
}


def lacking() -> str | None:
    """Why there is no browser here, in words that say what to do; None if there is."""
    return None if shutil.which(PROGRAM) else f"no {PROGRAM} on PATH: apt-get install chromium"


def _pipe() -> tuple[int, int]:
    """A pipe whose descriptors are none of the first ten."""
    ends = os.pipe()
    high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends]
    for end in ends:
        os.close(end)
    return high[0], high[1]


class Chromium:
    """The browser, from `with` to the end of its block. Its profile is in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count(1)
        self._buffer = b""
        self._events: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        to_child, self._write = _pipe()
        self._read, from_child = _pipe()
        moved = "import os, sys; os.dup2(int(sys.argv[1]), 3); os.dup2(int(sys.argv[2]), 4); "
        moved += "os.execvp(sys.argv[3], sys.argv[3:])"
        # Chromium reads commands from descriptor 3 and writes to 4.
        command = [sys.executable, "-c", moved, str(to_child), str(from_child), PROGRAM]
        command += ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        command += ["--no-first-run", "--disable-background-networking", "--disable-sync"]
        command += ["--hide-scrollbars", "--force-color-profile=srgb", "--remote-debugging-pipe"]
        command += [f"--user-data-dir={self._folder / 'profile'}", "about:blank"]
        self._process = subprocess.Popen(
            command,
            pass_fds=(to_child, from_child),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # Its helpers are a group with it, which ends with it.
            start_new_session=True,
        )
        os.close(to_child)
        os.close(from_child)
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._write)
        os.close(self._read)

    def call(self, method: str, session: str = "", **parameters: Any) -> dict[str, Any]:
        """One command and its result.

        Raises:
            AssertionError: the browser refused it, or is gone.
        """
        number = next(self._numbers)
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == number:
                assert "error" not in answer, (method, answer["error"])
                result: dict[str, Any] = answer["result"]
                return result
            self._events.append(answer)

    def wait_for(self, method: str) -> None:
        """Until this event came; those before it are kept too."""
        seen = 0
        while True:
            if any(event.get("method") == method for event in self._events[seen:]):
                return
            seen = len(self._events)
            self._events.append(self._next())

    def take_events(self) -> list[dict[str, Any]]:
        taken, self._events = self._events, []
        return taken

    def _next(self) -> dict[str, Any]:
        deadline = time.monotonic() + _SILENCE
        while b"\0" not in self._buffer:
            left = deadline - time.monotonic()
            ready = left > 0 and select.select([self._read], [], [], left)[0]
            assert ready, f"{PROGRAM} is silent"
            piece = os.read(self._read, 1 << 20)
            assert piece, f"{PROGRAM} has ended"
            self._buffer += piece
        message, _, self._buffer = self._buffer.partition(b"\0")
        decoded: dict[str, Any] = json.loads(message)
        return decoded

    @contextlib.contextmanager
    def page(self, url: str, *, width: int = 1280, dark: bool = False) -> Iterator["Page"]:
        """Open a page and wait until it is loaded; it is closed at the end."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        for domain in ("Page", "Runtime", "Log", "Network"):
            page.call(f"{domain}.enable")
        page.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=900, deviceScaleFactor=1, mobile=width < 600,
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        page.call("Emulation.setEmulatedMedia", features=[scheme])
        self.take_events()
        page.call("Page.navigate", url=url)
        self.wait_for("Page.loadEventFired")
        try:
            yield page
        finally:
            self.call("Target.closeTarget", targetId=target)


@dataclass
class Page:
    """An open page."""

    browser: Chromium
    session: str
    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self.browser.call(method, self.session, **parameters)

    def evaluate(self, expression: str, *, wait: bool = False) -> Any:
        """The value of a JavaScript expression; with `wait` that of the promise that it gives."""
        said = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=wait
        )
        assert "exceptionDetails" not in said, said
        return said["result"].get("value")

    def collect(self) -> None:
        """Sort what the browser told meanwhile into `messages` and `requests`."""
        self.evaluate("1")  # everything before it has been sent by then
        for event in self.browser.take_events():
            kind = _EVENTS.get(event.get("method", ""))
            if kind == "messages":
                self.messages.append(json.dumps(event["params"]))
            elif kind == "requests":
                self.requests.append(event["params"]["request"]["url"])

    def key(self, name: str, code: int) -> None:
        """Press and release a key, such as `ArrowDown`, 40."""
        for kind in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=code
            )

    def move_mouse(self, selector: str) -> None:
        """Over the middle of the first element that the selector finds."""
        box = self.evaluate(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            "e.scrollIntoView({block: 'center'}); const b = e.getBoundingClientRect();"
            "return [b.x + b.width / 2, b.y + b.height / 2]; })()"
        )
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=box[0], y=box[1])

    def screenshot(self, path: Path) -> None:
        """The whole page, not only what fits the window."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        image = self.call(
            "Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip
        )
        path.write_bytes(base64.b64decode(image["data"]))

    def pdf(self) -> bytes:
        """The page as it is printed."""
        return base64.b64decode(self.call("Page.printToPDF", printBackground=False)["data"])
