"""Keeps secrets out of every text that leaves the process: log, Events, metrics, error messages.

Two nets, one behind the other. Whoever reads a credential teaches its text to the :class:`Redactor`, which
hides it wherever it turns up. And text that has the form of a secret is hidden though nobody taught it: half
of a file that could not be read may stand in an error.

:meth:`Redactor.describe` is the only road from an exception to a log.
"""

from __future__ import annotations

import base64
import re
import threading
import traceback
from collections import OrderedDict
from pathlib import PurePath
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from birdstatus.errors import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["HIDDEN", "Redactor"]

HIDDEN = "[hidden]"

# Shorter texts are words that stand in messages for other reasons.
_LEAST = 6
# Texts kept: a credential that is replaced every hour is remembered for some weeks.
_MOST = 2048
# Of an exception's chain and of its stack, so many entries are described.
_CAUSES = 4
_FRAMES = 8
_MAX_TEXT = 500

_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
)
_FORMS = (
    # RFC 3986, section 3.2.1: user information of a URL. A password may hold what it should not.
    (re.compile(r"(\b[a-zA-Z][a-zA-Z0-9+.-]{0,20}://)[^\s/@]+(?:/[^\s@/]*)?@"), rf"\1{HIDDEN}@"),
    # RFC 9110, section 11.4: credentials of an Authorization header.
    (re.compile(r"(?i)\b(bearer|basic)\s+[^\s\"'\\,;]+"), rf"\1 {HIDDEN}"),
    # RFC 7519: a JSON Web Token begins with the base64 of '{"'.
    (re.compile(r"\beyJ[\w-]{6,}(?:\.[\w-]*){0,2}"), HIDDEN),
    # A named value, as in a kubeconfig, in JSON or in a form.
    (
        re.compile(
            r"(?i)((?<!/)(?:password|passwd|token|secret|client-key-data|clientKeyData|api[-_]?key)"
            r"\\?[\"']?\s*[:=]\s*)(\\?[\"']?)(?!\[hidden\])[^\s\"'\\,;}]+"
        ),
        rf"\1\2{HIDDEN}",
    ),
    # A long run of letters of both cases and digits: base64 of a key, an opaque token.
    (
        re.compile(
            r"(?<![\w+=-])(?=[\w+=-]*[A-Z])(?=[\w+=-]*[a-z])(?=[\w+=-]*[0-9])[\w+=-]{40,}",
            re.ASCII,
        ),
        HIDDEN,
    ),
)


class Redactor:
    """What this process knows to be secret. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[str, None] = OrderedDict()
        self._pattern: re.Pattern[str] | None = None

    def learn(self, *secrets: str) -> None:
        """Hide these from now on, also quoted for a URL, escaped, or in base64, and line by line."""
        forms = [form for secret in secrets for form in _forms(secret)]
        with self._lock:
            new = [form for form in forms if form not in self._known]
            for form in new:
                self._known[form] = None
            while len(self._known) > _MOST:
                self._known.popitem(last=False)
            if new:
                # The longest first: one secret may hold another.
                longest = sorted(self._known, key=len, reverse=True)
                self._pattern = re.compile("|".join(map(re.escape, longest)))

    def learn_url(self, url: str) -> None:
        """Hide the password of a URL, and what a client makes of it for a header."""
        try:
            parts = urlsplit(url)
            user, password = parts.username or "", parts.password or ""
        except ValueError:
            return
        for secret in {password, unquote(password)}:
            self.learn(secret)
            if secret:
                self.learn(base64.b64encode(f"{unquote(user)}:{secret}".encode()).decode())

    def hide(self, text: str) -> str:
        """The text without any secret; linear in its length."""
        pattern = self._pattern
        if pattern is not None:
            text = pattern.sub(HIDDEN, text)
        text = _PRIVATE_KEY.sub(HIDDEN, text)
        for form, shown in _FORMS:
            text = form.sub(shown, text)
        return text

    def line(self, text: str, limit: int = _MAX_TEXT) -> str:
        """The text as one safe line without any secret, of at most ``limit`` characters.

        Cut last: half of a secret would not be known for one.
        """
        shown = printable(self.hide(" ".join(text.split())))
        return shown if len(shown) <= limit else shown[: limit - 1] + "…"

    def describe(self, error: BaseException) -> str:
        """An exception as one line: its type, its text without secrets, where it was raised, and its causes.

        No line of source and no value of a variable, which could hold anything.
        """
        return "; caused by ".join(self._one(cause) for cause in _chain(error))

    def _one(self, error: BaseException) -> str:
        kind = type(error)
        name = (
            kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
        )
        try:
            text = str(error)
        except Exception:  # noqa: BLE001 - a stranger's exception may fail at anything
            text = "(its text cannot be had)"
        # Innermost first; walked, not extracted, for that reads the source files.
        frames = [
            f"{_place(frame.f_code.co_filename)}:{line} in {frame.f_code.co_name}"
            for frame, line in traceback.walk_tb(error.__traceback__)
        ][: -_FRAMES - 1 : -1]
        at = f" (at {' < '.join(frames)})" if frames else ""
        return f"{name}: {self.line(text)}{at}"


def _place(path: str) -> str:
    """The last two parts of a path: the same on every machine."""
    return "/".join(PurePath(path).parts[-2:])


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen and len(seen) < _CAUSES:
        seen.add(id(following))
        yield following
        hidden = following.__suppress_context__
        following = following.__cause__ or (None if hidden else following.__context__)


def _forms(secret: str) -> Iterator[str]:
    """The forms in which a secret may stand in a text."""
    pieces = {secret, secret.strip(), *(line.strip() for line in secret.splitlines())}
    for piece in pieces:
        if len(piece) < _LEAST or piece.startswith("-----"):
            continue
        yield piece
        yield " ".join(piece.split())
        yield printable(piece)
        yield quote(piece, safe="", errors="replace")
        yield base64.b64encode(piece.encode("utf-8", "surrogatepass")).decode()
