"""What an action is given besides its input, and what it hands back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from weexctl.errors import UsageError

if TYPE_CHECKING:
    from pydantic import BaseModel, SecretStr

    from weexctl.errors import WeexctlError

__all__ = ["Context", "NextCommand", "Notice", "Origin", "Progress", "Result", "Track", "silent_progress"]

Origin = Literal["given", "environment", "default"]
"""Where the value of an input field came from."""


class Track(Protocol):
    """One running piece of work."""

    def advance(self, count: int = 1, note: str = "") -> None:
        """Say that `count` more units are done; a note replaces the one shown before."""
        ...


class Progress(Protocol):
    """Shows how far a piece of work is. It never changes what the work does."""

    def __call__(self, total: int | None, label: str) -> AbstractContextManager[Track]:
        """A track for `total` units of work, None when nobody knows how many there will be."""
        ...


@dataclass(frozen=True, slots=True)
class Notice:
    """A warning that goes with a result."""

    code: str
    """Stable upper-case word."""
    message: str


@dataclass(frozen=True, slots=True)
class NextCommand:
    """A command that would be sensible now."""

    command: str
    why: str


class _Silent:
    def __enter__(self) -> _Silent:
        return self

    def __exit__(self, *exc: object) -> None:
        return None

    def advance(self, count: int = 1, note: str = "") -> None:
        """Show nothing."""


def silent_progress(total: int | None, label: str) -> AbstractContextManager[Track]:  # noqa: ARG001  # shows nothing
    """A track that shows nothing."""
    return _Silent()


def _ignore(text: str) -> None:
    """Drop a note."""


def _never() -> bool:
    return False


def _no_signal(act: Callable[[], None]) -> AbstractContextManager[None]:  # noqa: ARG001  # nobody sends one
    return nullcontext()


def _nobody(label: str) -> SecretStr:
    raise UsageError(
        f"nobody can be asked for the {label.rstrip(': ')} here; nothing was done",
        hint="run it at a terminal",
        code="NO_TERMINAL",
    )


def _no_person(question: str) -> str:  # noqa: ARG001  # nobody is there to read it
    raise UsageError(
        "this is for a person at a terminal, and there is none here; nothing was done",
        hint="run it yourself at a terminal, without a pipe",
        code="NO_TERMINAL",
    )


def _no_stdin() -> SecretStr:
    raise UsageError(
        "there is no standard input to read a secret from here; nothing was done",
        hint="run it at a terminal",
        code="NO_TERMINAL",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The world around one call: everything an action may read that is not in its input."""

    environment: Mapping[str, str]
    cwd: Path
    progress: Progress = silent_progress
    note: Callable[[str], None] = _ignore
    """Tell a watching person one line; it is no part of the result."""
    ask_secret: Callable[[str], SecretStr] = _nobody
    """Ask the person at the terminal for something that must not show; a UsageError where there is none."""
    ask: Callable[[str], str] = _no_person
    """Ask the person at the terminal something that may show; a UsageError where standard input is no terminal."""
    read_stdin: Callable[[], SecretStr] = _no_stdin
    """All of standard input, for a secret that is piped in; a UsageError where it belongs to somebody else."""
    should_stop: Callable[[], bool] = _never
    """True once someone asked for an end; finish the step, protect what is open, and return."""
    on_kill_signal: Callable[[Callable[[], None]], AbstractContextManager[None]] = _no_signal
    """While entered, a signal for the kill switch does this; it must not raise."""
    quiet: bool = False
    verbose: bool = False
    request_id: str = ""
    """Names this call in the envelope and in the journal."""
    origins: Mapping[str, Origin] = field(default_factory=dict)
    """Where each field of the input came from; a field that is not listed has its default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What an action found or did."""

    data: BaseModel
    warnings: tuple[Notice, ...] = ()
    next: tuple[NextCommand, ...] = ()
    venue: str | None = None
    """Every result that concerns a venue names it."""
    profile: str | None = None
    error: WeexctlError | None = None
    """What a check failed on: the answer then carries both the data and the error, and is not ok."""
    serve: Callable[[Callable[[], bool]], None] | None = None
    """What goes on after the answer was printed: a server, which runs until the function it is given says stop."""
    resumable: bool = False
    """Ended early and whole, and goes on where it ended: for a service manager that asked for it this is success."""
    exit_code: int = 0
    """6 for a check that found something, 3 for one that could not look, otherwise 0."""
