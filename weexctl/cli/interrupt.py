"""Ctrl-C: the first asks for an orderly end, the second ends at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

__all__ = ["INTERRUPTED", "Interrupt"]

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
        self._asked = True
        with suppress(RuntimeError):  # the signal came in the middle of another write to the same stream
            self._say("stopping after this step; Ctrl-C again to stop at once")
