"""Signals: the first Ctrl-C or SIGTERM asks for an end, the second ends at once; SIGUSR2 pulls a kill switch."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

__all__ = ["INTERRUPTED", "Interrupt", "on_kill_signal"]

INTERRUPTED = 130
"""Exit code of a run that someone ended."""

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM") if hasattr(signal, name))


class Interrupt:
    """While entered, SIGINT and SIGTERM set a flag; the next one raises KeyboardInterrupt.

    Outside the main thread, where signals cannot be caught, it only carries the flag.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._asked = False
        self._before: dict[int, Any] = {}
        self.heeded = False
        """Whether the work looked at the flag after it was set, and so ended because of it."""
        self.terminated = False
        """Whether it was asked by SIGTERM, as a service manager does, and not by a person's Ctrl-C."""

    def should_stop(self) -> bool:
        """True once someone asked for an end."""
        self.heeded = self.heeded or self._asked
        return self._asked

    def __enter__(self) -> Interrupt:
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                self._before[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *exc: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002  # the shape of a handler
        if self._asked:
            raise KeyboardInterrupt
        self._asked, self.terminated = True, number == signal.SIGTERM
        with suppress(RuntimeError):  # the signal came in the middle of another write to the same stream
            self._say("stopping after this step; Ctrl-C again to stop at once")


@contextmanager
def on_kill_signal(act: Callable[[], None]) -> Iterator[None]:
    """While entered, SIGUSR2 does this at once, in the middle of whatever goes on. It must not raise.

    Does nothing where there is no such signal, or outside the main thread.
    """
    number = getattr(signal, "SIGUSR2", None)
    if number is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(number, lambda _number, _frame: act())
    try:
        yield
    finally:
        signal.signal(number, before)
