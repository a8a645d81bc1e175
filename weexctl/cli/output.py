"""The only module that prints. Stdout carries the answer: one document, or tables; stderr carries all else."""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TextIO

from weexctl.actions.context import Notice, Result
from weexctl.actions.moment import iso_utc
from weexctl.cli.envelope import Failure, failed, plain, succeeded
from weexctl.cli.fields import pick, unknown_fields
from weexctl.cli.flags import Flags, OutputMode
from weexctl.cli.text import Scrubber, one_line

if TYPE_CHECKING:
    import logging

    from rich.console import RenderableType

__all__ = ["AnswerLostError", "Printer", "answer_lost", "print_text"]

_PIPE_WIDTH = 160
"""Columns of a table that goes into a pipe or a file, where nobody can say how wide it may be."""
_RED, _YELLOW, _PLAIN = "\x1b[31m", "\x1b[33m", "\x1b[0m"


_LEVELS = {"error:": 40, "warning:": 30}
"""Of logging, by label; notes are information."""


class AnswerLostError(Exception):
    """Stdout did not take the answer: its disk is full, for one. What was done is done all the same."""


def print_text(text: str) -> None:
    """Text for people on stdout: the version, the reference page."""
    _write(sys.stdout, f"{text}\n")


class Printer:
    """Prints results and failures of one command in one mode.

    A reader that goes away (`| head`) is no failure: the rest is dropped and the exit code stays what it was. Any other
    way not to take an answer is one: `result` raises `AnswerLostError`, `failure` turns to stderr.
    """

    def __init__(
        self, mode: OutputMode, flags: Flags, environment: Mapping[str, str], *, stdout: TextIO, stderr: TextIO
    ) -> None:
        self.mode = mode
        self._flags = flags
        self._environment = environment
        self.scrub = Scrubber(environment)
        """Takes the secrets of this process out of a text."""
        self._stdout = _tolerant(stdout)
        self._stderr = _tolerant(stderr)

    def result(self, name: str, result: Result, *, request_id: str) -> None:
        """Print what the action with this dotted name answered."""
        data = plain(result.data)
        unknown = unknown_fields(data, self._flags.fields)
        picked = pick(data, self._flags.fields)
        if self.mode != "table":
            self._document(succeeded(result, picked, command=name, request_id=request_id, ts=_now(), warnings=unknown))
            return
        self._table(self._view(name, result, picked))
        if result.error is not None:
            self._line(self._label("error:", _RED), result.error.message)
            if result.error.hint:
                self._line("hint:", result.error.hint)
        self._remarks(replace(result, warnings=(*result.warnings, *unknown)))

    def failure(
        self,
        failure: Failure,
        *,
        name: str | None = None,
        request_id: str = "",
        venue: str | None = None,
        profile: str | None = None,
    ) -> None:
        """Print why nothing, or not everything, was done."""
        if self.mode != "table":
            if self._flags.log is not None:
                self._line("error:", f"{failure.message} [{failure.code}]")
            document = failed(failure, command=name, request_id=request_id, ts=_now(), venue=venue, profile=profile)
            try:
                self._document(document)
            except AnswerLostError as error:
                self.lost(error)
            else:
                return
        self._line(self._label("error:", _RED), failure.message)
        if failure.exchange_message:
            self._line("exchange:", f"{failure.exchange_message} ({failure.exchange_code or 'no code'})")
        if failure.hint:
            self._line("hint:", failure.hint)

    def note(self, text: str) -> None:
        """One line on stderr for a watching person."""
        if not self._flags.quiet:
            self._line("", text)

    def lost(self, error: AnswerLostError) -> None:
        """One line on stderr about an answer that stdout did not take."""
        text = f"the answer could not be written: {error}; what was done is done"
        self._line(self._label("error:", _RED), text)

    def trace(self, error: BaseException) -> None:
        """The traceback of a bug on stderr."""
        if self._flags.log is not None:
            _log().error("traceback", exc_info=error)
            return
        _write(self._stderr, self.scrub("".join(traceback.format_exception(error))))

    def _document(self, envelope: Mapping[str, Any]) -> None:
        pretty = self.mode == "json" and self._stdout.isatty()
        unicode = (getattr(self._stdout, "encoding", None) or "").lower().replace("-", "") == "utf8"
        separators = (",", ": ") if pretty else (",", ":")
        text = json.dumps(envelope, indent=2 if pretty else None, separators=separators, ensure_ascii=not unicode)
        _write(self._stdout, f"{self.scrub(text)}\n")

    def _view(self, name: str, result: Result, data: Any) -> RenderableType:
        from weexctl.cli.views import find_view, generic

        if self._flags.fields or (view := find_view(name)) is None:
            return generic.view(data)
        return view(result.data)

    def _table(self, view: RenderableType) -> None:
        from rich.console import Console

        width = None if self._stdout.isatty() or self._environment.get("COLUMNS") else _PIPE_WIDTH
        console = Console(
            file=self._stdout, width=width, highlight=False, no_color=bool(self._environment.get("NO_COLOR"))
        )
        try:
            with console.capture() as captured:
                console.print(view)
        except OSError as error:  # at its end a capture touches the stream
            raise answer_lost(error, self._stdout) from error
        _write(self._stdout, self.scrub(captured.get()))

    def _remarks(self, result: Result) -> None:
        if self._flags.quiet:
            return
        for notice in result.warnings:
            self._line(self._label("warning:", _YELLOW), _noticed(notice))
        for step in result.next:
            self._line("next:", f"{step.command}   ({step.why})")

    def _line(self, label: str, text: str) -> None:
        if self._flags.log is not None:
            _log().log(_LEVELS.get(label, 20), "%s", one_line(text))
            return
        words: Sequence[str] = [word for word in (label, self.scrub(one_line(text))) if word]
        _write(self._stderr, f"{' '.join(words)}\n")

    def _label(self, word: str, colour: str) -> str:
        plain_only = self._flags.log is not None or not self._stderr.isatty() or self._environment.get("NO_COLOR")
        return word if plain_only else f"{colour}{word}{_PLAIN}"


def _log() -> logging.Logger:
    import logging  # only a service has a log

    return logging.getLogger("weexctl")


def _noticed(notice: Notice) -> str:
    return f"{notice.message} [{notice.code}]"


def _now() -> str:
    return iso_utc(time.time_ns() // 1_000_000)


def _tolerant(stream: TextIO) -> TextIO:
    """The stream, set so that a character its encoding lacks becomes a question mark and not a crash."""
    if (reconfigure := getattr(stream, "reconfigure", None)) is not None:
        reconfigure(errors="replace")
    return stream


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        _drop(stream)
    except OSError as error:
        if stream is sys.stderr:  # nobody could be told
            _drop(stream)
            return
        raise answer_lost(error, stream) from error


def answer_lost(error: OSError, stream: TextIO | None = None) -> AnswerLostError:
    """What to raise when stdout did not take an answer; the rest of it is dropped."""
    _drop(stream or sys.stdout)
    return AnswerLostError(error.strerror or str(error))


def _drop(stream: TextIO) -> None:
    """Send what is left to nowhere: Python flushes stdout once more at exit, and would complain there."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
