"""The flags every command has, and how an answer is to be shown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from weexctl.actions.registry import Parameter
from weexctl.actions.spelling import did_you_mean
from weexctl.errors import ConfigError, UsageError

__all__ = ["EVERYWHERE", "OUTPUT_VARIABLE", "Flags", "OutputMode", "choose_log", "choose_output", "peek_output"]

OutputMode = Literal["table", "json", "ndjson"]
MODES: tuple[OutputMode, ...] = ("table", "json", "ndjson")
OUTPUT_VARIABLE = "WEEXCTL_OUTPUT"
LOG_VARIABLE = "WEEXCTL_LOG"
LOG_FORMS: tuple[Literal["json", "text"], ...] = ("json", "text")

EVERYWHERE = (
    Parameter(
        name="output",
        type="str",
        help="How to answer: tables on a terminal, json when piped, ndjson for one document per line",
        choices=MODES,
        env=OUTPUT_VARIABLE,
        short="o",
    ),
    Parameter(
        name="fields",
        type="str",
        help="Answer only these fields of data, dotted, such as equity.end,pnl.fees",
        repeatable=True,
        commas=True,
        metavar="A,B",
    ),
    Parameter(name="quiet", type="bool", help="No notes, warnings or progress on stderr", default=False, short="q"),
    Parameter(
        name="verbose", type="bool", help="More on stderr, tracebacks of bugs included", default=False, short="v"
    ),
    Parameter(
        name="log",
        type="str",
        help="Log lines on stderr instead of notes and progress: json for a service, text for people",
        choices=("json", "text"),
        env=LOG_VARIABLE,
    ),
)
"""As rows, so that help and the reference page treat them like all others."""

_SHORT_OUTPUT = re.compile(r"-[qv]*o=?(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """What a person asked for besides the action's own parameters."""

    output: str | None = None
    fields: tuple[str, ...] = ()
    quiet: bool = False
    verbose: bool = False
    log: str | None = None

    def over(self, before: Flags) -> Flags:
        """These flags, and where they are silent the ones given before the command."""
        return Flags(
            output=self.output or before.output,
            fields=self.fields or before.fields,
            quiet=self.quiet or before.quiet,
            verbose=self.verbose or before.verbose,
            log=self.log or before.log,
        )


def choose_output(flag: str | None, environment: Mapping[str, str], *, terminal: bool) -> OutputMode:
    """The mode asked for by flag, else by `WEEXCTL_OUTPUT`, else tables on a terminal and JSON elsewhere.

    Raises:
        UsageError: the flag is no mode.
        ConfigError: the variable is no mode.
    """
    if flag is not None:
        return _mode(flag, "--output", UsageError)
    if variable := environment.get(OUTPUT_VARIABLE):
        return _mode(variable, f"the environment variable {OUTPUT_VARIABLE}", ConfigError)
    return "table" if terminal else "json"


def choose_log(flag: str | None, environment: Mapping[str, str]) -> Literal["json", "text"] | None:
    """The form of the log asked for by flag, else by `WEEXCTL_LOG`; None for no log.

    Raises:
        UsageError: the flag is no form.
        ConfigError: the variable is no form.
    """
    error: type[UsageError | ConfigError] = UsageError if flag is not None else ConfigError
    word = environment.get(LOG_VARIABLE) if flag is None else flag
    if flag is None and not word:
        return None
    for form in LOG_FORMS:
        if word == form:
            return form
    origin = "--log" if flag is not None else f"the environment variable {LOG_VARIABLE}"
    raise error(f"{origin} does not take {word!r}; nothing was done", hint=did_you_mean(str(word), LOG_FORMS))


def peek_output(argv: Sequence[str], environment: Mapping[str, str], *, terminal: bool) -> OutputMode:
    """The mode for messages about a command line that could not be understood; never fails."""
    for flag in (_last_flag(argv), None):
        try:
            return choose_output(flag, environment, terminal=terminal)
        except (UsageError, ConfigError):
            continue
    return "table" if terminal else "json"


def _mode(word: str, origin: str, error: type[UsageError | ConfigError]) -> OutputMode:
    for mode in MODES:
        if word == mode:
            return mode
    raise error(f"{origin} does not take {word!r}; nothing was done", hint=did_you_mean(word, MODES))


def _last_flag(argv: Sequence[str]) -> str | None:
    found: str | None = None
    words = [*argv, ""]
    for word, after in pairwise(words):
        if word == "--":
            break
        if word == "--output":
            found = after
        elif word.startswith("--output="):
            found = word.partition("=")[2]
        elif match := _SHORT_OUTPUT.fullmatch(word):
            found = match[1] or after
    return found
