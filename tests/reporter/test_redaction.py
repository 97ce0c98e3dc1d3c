"""No secret in a text, whether it is known or only looks like one; everything else as it was."""

import base64
import json
import logging
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from birdstatus.errors import printable
from reporter.logs import NAME, _Lines, log_lines
from reporter.redaction import HIDDEN, Redactor

JWT = "eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ.eyJpc3MiOiJrdWJlcm5ldGVzIn0.c2lnbmF0dXJl"
KEY = (
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\nsecretsecret\n-----END RSA PRIVATE KEY-----"
)
OPAQUE = "Zm9vYmFy0AbCdEfGhIjKlMnOpQrStUvWxYz1234567890"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Authorization: Bearer abc.def", f"Authorization: Bearer {HIDDEN}"),
        ("Invalid header value b'Bearer abc\\n'", f"Invalid header value b'Bearer {HIDDEN}\\n'"),
        ("authorization: basic dXNlcjpw", f"authorization: basic {HIDDEN}"),
        ("http://user:pass@proxy:3128/x", f"http://{HIDDEN}@proxy:3128/x"),
        ("https://token@host/", f"https://{HIDDEN}@host/"),
        ("http://user:pa/ss@host", f"http://{HIDDEN}@host"),
        (f"got {JWT} here", f"got {HIDDEN} here"),
        (f"half {JWT[:30]}", f"half {HIDDEN}"),
        (f"key {KEY} end", f"key {HIDDEN} end"),
        (f"key {KEY[:60]}", f"key {HIDDEN}"),
        ("password: hunter22", f"password: {HIDDEN}"),
        ('{"token": "abcdef"}', f'{{"token": "{HIDDEN}"}}'),
        ("client-key-data: LS0tLS1CRUdJTg==", f"client-key-data: {HIDDEN}"),
        ("?access_token=abcdef&x=1", f"?access_token={HIDDEN}"),
        (f"x {OPAQUE} y", f"x {HIDDEN} y"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str, shown: str) -> None:
    assert Redactor().hide(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "cannot list caliconodestatuses: forbidden (HTTP 403); apply the role in deploy/",
        "the token is empty",
        "/var/run/secrets/kubernetes.io/serviceaccount/token: No such file or directory",
        "no answer from https://10.96.0.1:443 (Connection refused)",
        "ip-10-11-12-13.eu-central-1.compute.internal.a-very-long-name-of-a-cluster.example",
        "Neighbor address: fd80:24e2:f998:72d6::2%eth0, 64512 since 2026-01-01 12:00:00.123",
        "uid 6d2c8f2e-54f3-4bb3-8a3c-0a6f3b1c9e55",
        "user system:serviceaccount:birdstatus:birdstatus-reporter cannot patch resource",
    ],
)
def test_what_is_none_stays(text: str) -> None:
    assert Redactor().line(text) == text


@given(
    secret=st.text(
        st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=8, max_size=60
    ).filter(lambda text: len(text.strip()) >= 8 and len(" ".join(text.split())) >= 8),
    before=st.text("ab ,", max_size=20),
    form=st.sampled_from(["plain", "base64", "line", "repr"]),
)
def test_what_was_learnt_is_hidden_in_all_its_forms(secret: str, before: str, form: str) -> None:
    redactor = Redactor()
    redactor.learn(secret)
    core = secret.strip()
    shown = {
        "plain": secret,
        "base64": base64.b64encode(core.encode()).decode(),
        "line": " ".join(core.split()),
        "repr": printable(core),
    }[form]
    found = redactor.hide(f"{before}{shown}!")
    assert shown.strip() not in found.replace(HIDDEN, "")


def test_the_lines_of_a_key_are_secrets_each() -> None:
    redactor = Redactor()
    redactor.learn(KEY)
    assert "secretsecret" not in redactor.hide("a file with secretsecret in it")
    assert redactor.hide("-----BEGIN CERTIFICATE-----") == "-----BEGIN CERTIFICATE-----"


def test_a_secret_at_the_cut_is_hidden_before_the_cut() -> None:
    redactor = Redactor()
    redactor.learn("canary-canary-canary")
    for length in range(300):
        assert "canary" not in redactor.line("x" * length + " canary-canary-canary", limit=200)


def test_the_passwords_of_urls() -> None:
    redactor = Redactor()
    redactor.learn_url("http://user:p%40ssword@proxy:3128")
    redactor.learn_url("http://[broken")
    redactor.learn_url("http://proxy:3128")
    assert redactor.hide("the p@ssword and p%40ssword") == f"the {HIDDEN} and {HIDDEN}"
    header = base64.b64encode(b"user:p@ssword").decode()
    assert redactor.hide(f"Proxy: {header}") == f"Proxy: {HIDDEN}"


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reporter.redaction._MOST", 20)
    redactor = Redactor()
    for number in range(100):
        redactor.learn(f"secret-{number:04}")
    assert redactor.hide("secret-0099") == HIDDEN
    assert len(redactor._known) <= 20


def test_hostile_texts_are_hidden_in_little_time() -> None:
    redactor = Redactor()
    redactor.learn(*(f"secret-{number:06}" for number in range(200)))
    for text in ("a" * 200_000, "a." * 100_000, "Bearer " * 30_000, "://@" * 50_000, "-----BEGIN " * 20_000,
                 "eyJ" * 60_000, "token=" * 30_000, "Aa0" * 60_000, 'password:\\"' * 20_000):  # fmt: skip
        assert len(redactor.line(text)) <= 500


def _fail(error: Exception) -> None:
    raise error


def _raise() -> None:
    try:
        _fail(KeyError("inner Bearer abcdef"))
    except KeyError as error:
        raise ValueError("outer eyJhbGciOiJ.abc") from error


def test_an_exception_is_described_without_its_secrets() -> None:
    with pytest.raises(ValueError, match="outer") as failed:
        _raise()
    text = Redactor().describe(failed.value)
    assert text.startswith(f"ValueError: outer {HIDDEN} (at reporter/test_redaction.py:")
    assert "in _raise" in text
    assert f"; caused by KeyError: 'inner Bearer {HIDDEN}'" in text
    assert "\n" not in text
    assert "raise KeyError(" not in text  # no source


def test_an_exception_whose_text_cannot_be_had_and_a_circle_of_causes() -> None:
    class Bad(Exception):  # noqa: N818
        def __str__(self) -> str:
            raise RuntimeError("no")

    error = Bad()
    error.__cause__ = other = ValueError("x")
    other.__cause__ = error
    text = Redactor().describe(error)
    assert text.endswith("Bad: (its text cannot be had); caused by ValueError: x")


def test_a_suppressed_cause_stays_so() -> None:
    def suppress() -> None:
        try:
            _fail(KeyError("hidden"))
        except KeyError:
            raise ValueError("shown") from None

    with pytest.raises(ValueError, match="shown") as failed:
        suppress()
    assert "hidden" not in Redactor().describe(failed.value)


class Unwritable:
    """A standard error that is full, or gone."""

    def write(self, _: str) -> int:
        raise OSError(28, "No space left on device")

    def flush(self) -> None: ...


@pytest.mark.parametrize("form", ["plain", "json"])
def test_all_that_reaches_standard_error_is_a_line_without_secrets(
    form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    redactor = Redactor()
    redactor.learn("canary-canary")
    before = sys.excepthook, threading.excepthook, sys.unraisablehook
    with log_lines(form, redactor) as log:
        log.info("ours: %s", "canary-canary\nsecond line")
        logging.getLogger("kubernetes.client").error("theirs: canary-canary")
        logging.getLogger("py.warnings").warning("warned: canary-canary")
        try:
            _fail(ValueError("raised: canary-canary"))
        except ValueError as error:
            log.exception("a fault")
            caught = error
        sys.excepthook(ValueError, caught, None)
        sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
        thread = threading.Thread(target=_raise)
        thread.start()
        thread.join()
    assert (sys.excepthook, threading.excepthook, sys.unraisablehook) == before
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 6
    assert not any("canary" in line or "Traceback" in line for line in lines)
    if form == "json":
        assert all(json.loads(line)["level"] in {"info", "warning", "error"} for line in lines)
        assert json.loads(lines[1])["logger"] == "kubernetes.client"
        assert "test_redaction.py" in json.loads(lines[3])["exception"]
    assert not any(isinstance(handler, _Lines) for handler in logging.getLogger(NAME).handlers)


def test_a_log_that_cannot_be_written_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Unwritable())
    with log_lines("plain", Redactor()) as log:
        log.info("lost")
        log.error("lost as well", exc_info=ValueError("x"))
