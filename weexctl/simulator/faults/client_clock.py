"""The two clocks of the client's machine, and its process standing still.

The wall clock is off and jumps either way. The boot clock never jumps and never runs back, but it may be read late:
it trembles. Neither counts differently while the process is frozen.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from weexctl.simulator.faults.fault import Fault
from weexctl.simulator.faults.timeline import Timeline
from weexctl.simulator.faults.words import Word

__all__ = ["ClientClock"]


class ClientClock:
    """What the client reads when it asks its own machine, milliseconds."""

    def __init__(self, timeline: Timeline, faults: Sequence[Fault], seed: int) -> None:
        self._timeline = timeline
        self._offset_ms = 0.0
        self._jitter_ms = 0.0
        self._last_ms = 0.0
        self._stream = random.Random(f"{seed}|jitter")  # noqa: S311  # reproducible on purpose
        for fault in faults:
            self._arrange(fault)

    def boot_ms(self) -> float:
        """The clock that nobody sets."""
        now_ms = float(self._timeline.now_ms - self._timeline.start_ms)
        if self._jitter_ms:
            now_ms += self._stream.uniform(0, self._jitter_ms)
        if now_ms > self._last_ms:
            self._last_ms = now_ms
        return self._last_ms

    def wall_ms(self) -> float:
        """The clock that shows the date, right or wrong."""
        return self._timeline.now_ms + self._offset_ms

    def sleep(self, seconds: float) -> None:
        """Let the client do nothing for a while."""
        self._timeline.wait(seconds * 1000)

    def steady(self) -> None:
        """No more trembling; what the clock is off by, it stays off by."""
        self._jitter_ms = 0.0

    def _arrange(self, fault: Fault) -> None:
        at_ms = self._timeline.start_ms + round(fault.match.from_s * 1000)
        if fault.word is Word.JITTER:
            self._jitter_ms = fault.number("ms", 100)
        elif fault.word is Word.SKEW and not fault.match.from_s:
            self._offset_ms += fault.number("seconds", 5) * 1000
        elif fault.word in (Word.SKEW, Word.STEP):
            self._timeline.at(at_ms, lambda: self._jump(fault))
        elif fault.word is Word.SUSPEND:
            self._timeline.at(at_ms, lambda: self._timeline.wait(fault.number("seconds", 60) * 1000))

    def _jump(self, fault: Fault) -> None:
        self._offset_ms += fault.number("seconds", 5) * 1000
