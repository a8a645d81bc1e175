"""How far a piece of work is, on stderr: a bar at a terminal, a line now and then with --verbose, otherwise nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, TextIO

from weexctl.actions.context import Progress, Track, silent_progress

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

__all__ = ["BarProgress", "LineProgress", "choose_progress"]

_LINES = 10
"""How many lines a piece of known length gets."""
_UNKNOWN_STRIDE = 1_000
"""Units between two lines when nobody knows the length."""


def choose_progress(stream: TextIO, *, quiet: bool, verbose: bool) -> Progress:
    """The progress that suits this stream."""
    if quiet:
        return silent_progress
    if stream.isatty():
        return BarProgress(stream)
    return LineProgress(stream) if verbose else silent_progress


class BarProgress:
    """A bar that is drawn while the work goes on and is gone afterwards."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __call__(self, total: int | None, label: str) -> AbstractContextManager[Track]:
        """A track with a bar."""
        return self._bar(total, label)

    @contextmanager
    def _bar(self, total: int | None, label: str) -> Iterator[Track]:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}", markup=False),
        )
        with Bar(*columns, console=Console(file=self._stream), transient=True) as bar:
            yield _BarTrack(bar, bar.add_task(label, total=total, note=""))


class _BarTrack:
    def __init__(self, bar: Bar, task: TaskID) -> None:
        self._bar = bar
        self._task = task

    def advance(self, count: int = 1, note: str = "") -> None:
        """Move the bar."""
        self._bar.advance(self._task, count)
        if note:
            self._bar.update(self._task, note=note)


class LineProgress:
    """A line at every tenth of the work."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __call__(self, total: int | None, label: str) -> AbstractContextManager[Track]:
        """A track that writes lines."""
        return self._lines(total, label)

    @contextmanager
    def _lines(self, total: int | None, label: str) -> Iterator[Track]:
        yield _LineTrack(self._stream, total, label)


class _LineTrack:
    def __init__(self, stream: TextIO, total: int | None, label: str) -> None:
        self._stream = stream
        self._total = total
        self._label = label
        self._stride = max(1, -(-total // _LINES)) if total else _UNKNOWN_STRIDE
        self._done = 0

    def advance(self, count: int = 1, note: str = "") -> None:
        """Count, and write a line when a tenth is full."""
        before, self._done = self._done, self._done + count
        if before // self._stride != self._done // self._stride or self._done == self._total:
            of = f" of {self._total}" if self._total else ""
            self._stream.write(f"{self._label}: {self._done}{of}{f', {note}' if note else ''}\n")
