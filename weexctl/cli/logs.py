"""Log lines on stderr for a service: one line each, in UTC, without secrets, and a storm of equal ones kept short."""

from __future__ import annotations

import io
import json
import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Literal, TextIO

from weexctl.actions.moment import iso_utc

__all__ = ["LineHandler", "LogFormat", "LogWriter", "logging_to"]

LogFormat = Literal["json", "text"]
REPEAT_SECONDS = 10.0
"""Equal lines within it become one line with a count."""
_KEYS = 256
"""Different lines that are remembered at once; the oldest is forgotten first."""
_DIGITS = re.compile(r"\d+")


class LineHandler(logging.Handler):
    """Writes each record as one line. Of equal ones one in ten seconds, which says how many there were before it.

    From a warning up two lines are equal when only digits tell them apart: the errors of a storm carry ids and times.

    Args:
        stream: where lines go; one that fails drops them, because a log never ends a run.
        form: JSON objects, or text for people.
        scrub: takes secrets out of a finished line.
        seconds: a clock that never jumps.
    """

    def __init__(
        self,
        stream: TextIO,
        form: LogFormat,
        scrub: Callable[[str], str],
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._stream = stream
        self._line = json_line if form == "json" else text_line
        self._scrub = scrub
        self._seconds = seconds
        self._seen: dict[tuple[str, int, str], _Repeats] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Write it, or count it."""
        now, key = self._seconds(), _key(record)
        self._report(now, besides=key)
        before = self._seen.get(key)
        if before is not None and now - before.since < REPEAT_SECONDS:
            before.count += 1
            before.last = record
            return
        self._seen.pop(key, None)
        self._seen[key] = _Repeats(now, record)
        if len(self._seen) > _KEYS:
            oldest = self._seen.pop(next(iter(self._seen)))
            self._write_rest(oldest)
        self._write(record, before.count if before is not None else 0)

    def close(self) -> None:
        """Say how many lines were kept back."""
        for repeats in self._seen.values():
            self._write_rest(repeats)
        self._seen.clear()
        super().close()

    def _report(self, now: float, besides: tuple[str, int, str]) -> None:
        """Write what is left of storms that are over."""
        over = [k for k, repeats in self._seen.items() if k != besides and now - repeats.since >= REPEAT_SECONDS]
        for key in over:
            self._write_rest(self._seen.pop(key))

    def _write_rest(self, repeats: _Repeats) -> None:
        if repeats.count:
            self._write(repeats.last, repeats.count - 1)

    def _write(self, record: logging.LogRecord, repeated: int) -> None:
        # A closed pipe, a full disk, or a signal in the middle of another write: the line is lost, the run goes on.
        with suppress(OSError, RuntimeError, ValueError):
            self._stream.write(self._scrub(self._line(record, repeated)) + "\n")
            self._stream.flush()


class _Repeats:
    """A line that was written, and how often it came again since."""

    def __init__(self, since: float, record: logging.LogRecord) -> None:
        self.since = since
        self.last = record
        self.count = 0


class LogWriter(io.TextIOBase):
    """A stream whose lines become records: what third-party code prints while a log is kept."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._rest = ""

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, text: str) -> int:
        """Log every line that is whole."""
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            if line.strip():
                self._log.info("%s", line)
        return len(text)


@contextmanager
def logging_to(
    stream: TextIO, form: LogFormat | None, scrub: Callable[[str], str], *, level: int = logging.INFO
) -> Iterator[None]:
    """While entered, records of this level go to the stream in this form; without a form nothing changes."""
    if form is None:
        yield
        return
    root, own = logging.getLogger(), logging.getLogger("weexctl")
    before, handler = own.level, LineHandler(stream, form, scrub)
    root.addHandler(handler)  # of other libraries what their own level lets through: warnings
    own.setLevel(level)
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        own.setLevel(before)
        root.removeHandler(handler)
        handler.close()


def json_line(record: logging.LogRecord, repeated: int) -> str:
    """An object on one line: ts, level, logger, message, the record's own fields, repeated, exception."""
    row: dict[str, Any] = {"ts": _ts(record), "level": record.levelname.lower(), "logger": record.name}
    row["message"] = _message(record)
    row |= {name: value for name, value in _fields(record).items() if name not in row}
    if repeated:
        row["repeated"] = repeated
    if trace := _trace(record):
        row["exception"] = trace
    return json.dumps(row, default=str)


def text_line(record: logging.LogRecord, repeated: int) -> str:
    """Time, level, message, fields; nothing in it can begin a line of its own."""
    words = [_ts(record), record.levelname, _message(record)]
    words += [f"{name}={value}" for name, value in _fields(record).items()]
    words += [f"(repeated {repeated} times)"] if repeated else []
    words += [_trace(record)]
    text = " ".join(word for word in words if word)
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _key(record: logging.LogRecord) -> tuple[str, int, str]:
    text = _message(record)
    if record.levelno >= logging.WARNING:
        return record.name, record.levelno, _DIGITS.sub("#", text)
    return record.name, record.levelno, f"{text} {_fields(record)}"


def _ts(record: logging.LogRecord) -> str:
    return iso_utc(int(record.created * 1000))


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):  # a message and arguments that do not fit
        return f"{record.msg} {record.args}"


def _fields(record: logging.LogRecord) -> Mapping[str, Any]:
    """What the caller gave as `extra={"fields": {…}}`."""
    fields: Mapping[str, Any] = getattr(record, "fields", {})
    return fields


def _trace(record: logging.LogRecord) -> str:
    if record.exc_info and not record.exc_text:
        return logging.Formatter().formatException(record.exc_info)
    return record.exc_text or ""
