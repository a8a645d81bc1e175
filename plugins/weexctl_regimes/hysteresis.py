"""A name that does not flicker: it changes only after several candles in a row have said so."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Hysteresis", "NameState"]

NOBODY = -1
_UNSTABLE = 2


@dataclass(frozen=True, slots=True)
class NameState:
    """The regime in force (a position among trending, ranging, unstable), who claims to follow, and since when."""

    name: int
    claimant: int = NOBODY
    candles: int = 0


@dataclass(frozen=True, slots=True)
class Hysteresis:
    """A regime takes over when its probability exceeds `probability` for `candles` rows in a row.

    Into unstable, where less is risked, `unstable_candles` are enough.
    """

    probability: float
    candles: int
    unstable_candles: int

    def names(self, rows: NDArray[np.float64]) -> NDArray[np.int64]:
        """The name in force at every row, as a position; -1 for the NaN rows at the start.

        `rows` are unsmoothed probabilities, shape (rows, 3). The first name is that of the largest probability.
        """
        names = np.full(len(rows), NOBODY, dtype=np.int64)
        known = ~np.isnan(rows[:, 0])
        if not known.any():
            return names
        first = int(known.argmax())
        leaders = rows[first:].argmax(axis=1)
        sure = rows[first:].max(axis=1) > self.probability
        state = NameState(int(leaders[0]))
        chosen: list[int] = []
        for claimant in np.where(sure, leaders, NOBODY).tolist():
            if claimant not in (state.name, NOBODY) or state.claimant != NOBODY:
                state = self._after(state, claimant)
            chosen.append(state.name)
        names[first:] = chosen
        return names

    def advance(self, state: NameState | None, row: tuple[float, float, float]) -> NameState:
        """The next state, given the unsmoothed probabilities of one candle."""
        largest = max(row)
        leader = row.index(largest)
        return self._after(state or NameState(leader), leader if largest > self.probability else NOBODY)

    def _after(self, state: NameState, claimant: int) -> NameState:
        if claimant in (state.name, NOBODY):
            return NameState(state.name)
        candles = state.candles + 1 if claimant == state.claimant else 1
        needed = self.unstable_candles if claimant == _UNSTABLE else self.candles
        return NameState(claimant) if candles >= needed else NameState(state.name, claimant, candles)
