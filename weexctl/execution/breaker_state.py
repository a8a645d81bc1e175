"""How far trading is restricted."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["BreakerState"]


class BreakerState(IntEnum):
    """A larger value is stricter; of several the strictest counts. Closing, stops and cancels pass in every one."""

    ACTIVE = 0
    """Nothing is restricted."""
    REDUCING = 1
    """Nothing opens or adds; the run goes on and may reduce."""
    HALTED = 2
    """Nothing opens or adds, and something is wrong that a person has to look at."""

    @property
    def word(self) -> str:
        """For people and records: `active`, `reducing` or `halted`."""
        return self.name.lower()
