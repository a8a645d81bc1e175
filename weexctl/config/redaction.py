"""Keeps the secrets this process knows out of what it prints and logs: whole, encoded or inside a longer text."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    import logging

__all__ = ["HIDDEN", "REDACTOR", "RedactionFilter", "Redactor", "guard_logging"]

HIDDEN = "********"
"""What stands where a secret was."""
SHORTEST = 6
"""A shorter value, such as `sim`, would blank out ordinary words."""
_HEADERS = re.compile(
    r"(ACCESS-(?:KEY|SIGN|PASSPHRASE)\b[\"']?\s*[:=,]\s*)(b?\"[^\"]*\"|b?'[^']*'|[^\s,;)\]}\"']+)", re.IGNORECASE
)
"""The private headers by name, in a mapping, a list of pairs or lines: nobody registers a signature."""
_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"})


class Redactor:
    """Replaces what has been registered with it. One per process; nothing is ever forgotten but by `clear`."""

    def __init__(self) -> None:
        self._spellings: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def register(self, *secrets: str) -> None:
        """From now on these values appear nowhere, in none of their encodings; values below `SHORTEST` are left out."""
        found = {spelling for secret in secrets if len(secret) >= SHORTEST for spelling in _spellings(secret)}
        if found <= self._spellings:
            return
        self._spellings |= found
        words = sorted(self._spellings, key=lambda word: (-len(word), word))
        self._pattern = re.compile("|".join(map(_however_escaped, words)))

    def clear(self) -> None:
        """Forget everything; for tests."""
        self._spellings, self._pattern = set(), None

    def __call__(self, text: str) -> str:
        """The text without any of them, and without the values of the exchange's private headers."""
        if self._pattern is not None:
            text = self._pattern.sub(HIDDEN, text)
        return _HEADERS.sub(_hide_value, text) if "ccess-" in text.lower() else text


def _hide_value(found: re.Match[str]) -> str:
    """The header with its value hidden; quotes stay, so that JSON stays JSON."""
    value = found[2]
    quote = value[-1] if value[-1] in "\"'" else ""
    return f"{found[1]}{quote}{HIDDEN}{quote}"


REDACTOR = Redactor()
"""The one of this process."""


class RedactionFilter:
    """A filter for handlers and loggers that lets every record pass, without its secrets.

    A record keeps its level, its place and its message; the arguments are worked into the message, and a traceback
    becomes text, because a handler that formats it later could show the variables of its frames.
    """

    def __init__(self, redact: Redactor = REDACTOR) -> None:
        self._redact = redact

    def filter(self, record: logging.LogRecord) -> bool:
        """Always True; the record is changed in place."""
        record.msg, record.args = self._redact(_message(record)), None
        if record.exc_info:
            record.exc_text = record.exc_text or _traceback(record.exc_info)
            record.exc_info = None
        record.exc_text = self._redact(record.exc_text) if record.exc_text else None
        record.stack_info = self._redact(record.stack_info) if record.stack_info else None
        for name, value in record.__dict__.items():
            if isinstance(value, str) and name not in _OWN:
                record.__dict__[name] = self._redact(value)
        return True


_OWN = frozenset(("name", "msg", "levelname", "pathname", "filename", "module", "funcName", "exc_text", "stack_info"))


def guard_logging(redact: Redactor = REDACTOR) -> None:
    """Redact every log record of this process as it is made, whoever logs it and whatever handler gets it.

    Fields that a caller adds with `extra` come after that; a `RedactionFilter` on the handlers there are sees to them.
    """
    import logging

    clean, before = RedactionFilter(redact), logging.getLogRecordFactory()
    if getattr(before, "redacts", False):
        return

    def make(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = before(*args, **kwargs)
        clean.filter(record)
        return record

    make.redacts = True  # type: ignore[attr-defined]  # marks our factory, so that it is not put around itself
    logging.setLogRecordFactory(make)
    for handler in (*logging.getLogger().handlers, *([logging.lastResort] if logging.lastResort else [])):
        handler.addFilter(clean)


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001  # a message and arguments that do not fit must not end the program
        return f"{record.msg} {record.args}"


def _traceback(exc_info: Any) -> str:
    import traceback

    return "".join(traceback.format_exception(*exc_info)).rstrip()


def _however_escaped(word: str) -> str:
    """A pattern for a word whose quotes, slashes and backslashes gained a backslash in every text it was put into."""
    pieces = re.findall(r"\\+|[\"'/]|[^\\\"'/]+", word)
    return "".join(r"\\+" if p[0] == "\\" else rf"\\*{p}" if p in "\"'/" else re.escape(p) for p in pieces)


def _spellings(secret: str) -> Iterator[str]:
    """The ways a value is written: as it is, escaped, in hex, in a URL, and in base64 wherever in a longer text."""
    raw = secret.encode()
    yield secret
    yield json.dumps(secret)[1:-1]
    yield secret.translate(_HTML)
    yield from (raw.hex(), raw.hex().upper())
    for spelling in (quote(secret, safe=""), quote(secret), quote_plus(secret)):
        yield spelling
        yield re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), spelling)
    for shift in range(3):
        yield from _base64_inside(raw, shift)


def _base64_inside(raw: bytes, shift: int) -> Iterator[str]:
    """The letters of base64 that depend on nothing but the value, when it begins at this place of a group of three."""
    first = (0, 2, 3)[shift]  # letters that also depend on what stands before
    length = (8 * (shift + len(raw))) // 6  # letters that do not depend on what comes after
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        letters = encode(b"\0" * shift + raw).decode()
        yield letters[first:]  # when it ends here, the last letters are its own too
        yield letters[first:length]
