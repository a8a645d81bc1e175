"""How fast the simulated exchange's time goes, seen from the time of this machine."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["Pace"]


def _monotonic_ms() -> int:
    return time.monotonic_ns() // 1_000_000


class Pace:
    """The simulated moment that belongs to a real one.

    Attributes:
        speed: simulated seconds in a real second; 0 when time moves only by control.
    """

    def __init__(self, speed: float, start_ms: int, real_ms: Callable[[], int] = _monotonic_ms) -> None:
        """Time goes on from `start_ms`, beginning now."""
        self.speed = speed
        self._real_ms = real_ms
        self.move(start_ms)

    def move(self, sim_ms: int) -> None:
        """Go on from another moment."""
        self._sim_ms = sim_ms
        self._since_ms = self._real_ms()

    def now_ms(self) -> int:
        """Where the simulated time should be by now."""
        return self._sim_ms + int((self._real_ms() - self._since_ms) * self.speed)
