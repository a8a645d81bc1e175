"""Simulated time with appointments: what is due between two moments happens in between, in order."""

from __future__ import annotations

import heapq
from collections.abc import Callable

from weexctl.simulator.simulator import Simulator

__all__ = ["Timeline"]


class Timeline:
    """The only way by which a run's time moves."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._venue = simulator.venue
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._made = 0
        self.start_ms = simulator.now_ms

    @property
    def now_ms(self) -> int:
        """The exchange's time, which is the true one here."""
        return self._venue.now_ms

    @property
    def elapsed_s(self) -> float:
        """Seconds since the start."""
        return (self._venue.now_ms - self.start_ms) / 1000

    def at(self, time_ms: int, act: Callable[[], None]) -> None:
        """Let something happen at a moment; one that has passed means as soon as time moves."""
        self._made += 1
        heapq.heappush(self._due, (time_ms, self._made, act))

    def advance(self, to_ms: int) -> None:
        """Let time go on to a moment; one that has passed is left alone."""
        while self._due and self._due[0][0] <= to_ms:
            time_ms, _, act = heapq.heappop(self._due)
            if time_ms > self._venue.now_ms:
                self._simulator.advance(time_ms)
            act()
        if to_ms > self._venue.now_ms:
            self._simulator.advance(to_ms)

    def wait(self, duration_ms: float) -> None:
        """Let time go on for so long."""
        self.advance(self.now_ms + round(duration_ms))
