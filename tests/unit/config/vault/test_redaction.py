"""Registered secrets reach no log record, in no spelling."""

from __future__ import annotations

import base64
import html
import io
import json
import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.config.vault.canaries import FIRST, leaks, values
from weexctl.config.redaction import HIDDEN, RedactionFilter, Redactor, guard_logging

SECRET = values(FIRST)[1]

SPELLINGS: dict[str, Callable[[str], str]] = {
    "raw": str,
    "json": json.dumps,
    "repr": repr,
    "bytes": lambda text: repr(text.encode()),
    "hex": lambda text: text.encode().hex(),
    "upper hex": lambda text: text.encode().hex().upper(),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 after one": lambda text: base64.b64encode(f"x{text}:y".encode()).decode(),
    "base64 after two": lambda text: base64.b64encode(f"xy{text}z".encode()).decode(),
    "basic": lambda text: base64.b64encode(f"user:{text}".encode()).decode(),
    "urlsafe base64": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "url": lambda text: quote(text, safe=""),
    "lower url": lambda text: quote(text, safe="").replace("%2B", "%2b").replace("%2F", "%2f").replace("%3D", "%3d"),
    "query": lambda text: urlencode({"s": text}),
    "plus": quote_plus,
}


@pytest.fixture
def redact() -> Redactor:
    redactor = Redactor()
    redactor.register(*values(FIRST))
    return redactor


@pytest.fixture
def guarded(redact: Redactor) -> Iterator[io.StringIO]:
    """A process whose logging is guarded, and what its handler wrote."""
    before = logging.getLogRecordFactory()
    logging.setLogRecordFactory(logging.LogRecord)
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(name)s %(message)s %(note)s", defaults={"note": "-"}))
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        guard_logging(redact)
        yield stream
    finally:
        root.removeHandler(handler)
        for other in root.handlers:
            other.filters = [kept for kept in other.filters if not isinstance(kept, RedactionFilter)]
        logging.setLogRecordFactory(before)


@pytest.mark.parametrize("name", SPELLINGS)
def test_no_spelling_of_a_secret_is_left(name: str, redact: Redactor) -> None:
    clean = redact(f"before {SPELLINGS[name](SECRET)} after")

    assert HIDDEN in clean
    assert leaks(clean, length=4) == []
    assert clean.startswith("before ")
    assert clean.endswith(" after")


QUOTED = "Pw7\"Qx\\Ry9'Sz/Tk3&Um"
NESTED: dict[str, Callable[[str], str]] = {
    "json": json.dumps,
    "repr": repr,
    "json of json": lambda text: json.dumps(json.dumps(text)),
    "json of repr": lambda text: json.dumps(repr(text)),
    "repr of json of repr": lambda text: repr(json.dumps(repr(text))),
    "slashes escaped": lambda text: json.dumps(text).replace("/", "\\/"),
    "html": lambda text: html.escape(text),
}


@pytest.mark.parametrize("name", NESTED)
def test_quotes_and_backslashes_are_found_however_often_they_were_escaped(name: str) -> None:
    redactor = Redactor()
    redactor.register(QUOTED)
    assert leaks(redactor(f"<{NESTED[name](QUOTED)}>"), words=(QUOTED,), length=4) == []


@given(secret=st.text(min_size=8, max_size=40), before=st.text(max_size=5), after=st.text(max_size=5))
def test_any_secret_is_found_in_base64_at_any_place(secret: str, before: str, after: str) -> None:
    redactor = Redactor()
    redactor.register(secret)
    letters = base64.b64encode(f"{before}{secret}{after}".encode()).decode()
    assert HIDDEN in redactor(letters)


@given(st.text(max_size=200))
def test_without_secrets_text_stays_as_it_is(text: str) -> None:
    if "access-" not in text.lower():
        assert Redactor()(text) == text


def test_a_short_value_does_not_blank_out_ordinary_words() -> None:
    redactor = Redactor()
    redactor.register("sim", "")
    assert redactor("the venue sim") == "the venue sim"


@pytest.mark.parametrize(
    "text",
    [
        "ACCESS-SIGN: abcdEFGH1234=",
        "{'ACCESS-SIGN': 'abcdEFGH1234='}",
        "[(b'access-sign', b'abcdEFGH1234=')]",
        '{"ACCESS-SIGN":"abcdEFGH1234="}',
        "access-sign=abcdEFGH1234=;",
    ],
)
def test_private_headers_lose_their_value_by_name(text: str) -> None:
    clean = Redactor()(text)
    assert "abcd" not in clean
    assert "sign" in clean.lower()


def test_a_log_record_never_holds_a_secret(guarded: io.StringIO) -> None:
    logging.getLogger("somebody.else").error("key %s of %r", SECRET, {"k": SECRET})
    assert leaks(guarded.getvalue()) == []
    assert guarded.getvalue().startswith("somebody.else key ")


def test_a_traceback_in_a_record_never_does(guarded: io.StringIO) -> None:
    try:
        int(SECRET)
    except ValueError:
        logging.getLogger("x").exception("it failed", stack_info=True)
    assert "ValueError: invalid literal" in guarded.getvalue()
    assert leaks(guarded.getvalue()) == []


def test_a_field_that_was_added_never_does(guarded: io.StringIO) -> None:
    logging.getLogger("x").error("hm", extra={"note": f"it is {SECRET}"})
    assert guarded.getvalue() == f"x hm it is {HIDDEN}\n"


def test_a_message_that_does_not_fit_its_arguments_ends_nothing(guarded: io.StringIO) -> None:
    logging.getLogger("x").error("%d", SECRET)
    assert leaks(guarded.getvalue()) == []
    assert guarded.getvalue().startswith("x %d")


def test_guarding_twice_is_guarding_once(guarded: io.StringIO, redact: Redactor) -> None:
    factory = logging.getLogRecordFactory()
    guard_logging(redact)
    assert logging.getLogRecordFactory() is factory


def test_the_filter_can_stand_on_a_handler_of_its_own(redact: Redactor) -> None:
    record = logging.LogRecord("n", logging.INFO, "p", 1, "a %s", (SECRET,), None)
    assert RedactionFilter(redact).filter(record)
    assert record.getMessage() == f"a {HIDDEN}"


def test_the_command_line_guards_its_logging() -> None:
    code = (
        "import sys, logging\nsys.argv = ['weexctl', 'keys', 'list', '-q', '-o', 'json']\n"
        "from weexctl.config.redaction import REDACTOR\nREDACTOR.register(sys.stdin.read())\n"
        "from weexctl.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    logging.getLogger('late').warning('it is %s', 'Gd5+YtHqPz/Lc=Rk3')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], input=SECRET, capture_output=True, text=True, check=True)
    assert done.stderr == f"it is {HIDDEN}\n"


def test_a_hidden_header_leaves_json_as_json() -> None:
    text = json.dumps({"access-key": "weex-key-of-nobody", "n": 1})
    assert json.loads(Redactor()(text)) == {"access-key": HIDDEN, "n": 1}
