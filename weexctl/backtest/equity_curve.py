"""The equity of a run at every mark, and its returns from day to day."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from weexctl.errors import DataError

__all__ = ["DAYS_PER_YEAR", "DAY_MS", "DailyReturns", "EquityCurve", "daily_returns"]

DAY_MS = 86_400_000
DAYS_PER_YEAR = 365
"""The market never closes; years of the figures have 365 days."""

_DUST = 1e-9
"""An equity of this part of the first one is nothing."""


@dataclass(frozen=True, eq=False)
class EquityCurve:
    """Equity and gross exposure at each mark, oldest first; read-only, and copies of what could still be written to.

    Raises:
        DataError: the arrays differ in length, are empty or not finite, the times do not rise, or the first equity
            is not above zero.
    """

    time_ms: NDArray[np.int64]
    """UTC milliseconds of the marks: closes of candles."""
    equity: NDArray[np.float64]
    """Quote currency, what is unrealised included."""
    gross_exposure: NDArray[np.float64]
    """Sum of |notional| as a fraction of equity."""

    def __post_init__(self) -> None:
        for name, kind in (("time_ms", np.int64), ("equity", np.float64), ("gross_exposure", np.float64)):
            values = np.asarray(getattr(self, name), dtype=kind)
            if values.flags.writeable:
                values = values.copy()
                values.flags.writeable = False
            object.__setattr__(self, name, values)
        problem = self._problem()
        if problem:
            raise DataError(
                f"an equity curve {problem}; nothing was measured", hint="give one finite value for every mark"
            )

    def _problem(self) -> str:
        """What is wrong with the arrays, empty when nothing is."""
        if not self.time_ms.ndim == self.equity.ndim == self.gross_exposure.ndim == 1:
            return "has to be three flat arrays"
        if not self.time_ms.size == self.equity.size == self.gross_exposure.size > 0:
            return "needs as many equities and exposures as times, and one at least"
        if np.any(np.diff(self.time_ms) <= 0):
            return "needs times that rise"
        if not (np.all(np.isfinite(self.equity)) and np.all(np.isfinite(self.gross_exposure))):
            return "has values that are not finite"
        return "" if self.equity[0] > 0 else "begins with nothing"

    @property
    def years(self) -> float:
        """Length from the first mark to the last, in years of 365 days; 0 for a single mark."""
        return float(self.time_ms[-1] - self.time_ms[0]) / (DAYS_PER_YEAR * DAY_MS)

    @property
    def ruined_ms(self) -> int | None:
        """The first mark at which nothing was left: zero, less, or a billionth of the start; None without one."""
        gone = np.flatnonzero(self._gone)
        return int(self.time_ms[gone[0]]) if gone.size else None

    @property
    def _gone(self) -> NDArray[np.bool_]:
        return np.asarray(self.equity <= _DUST * self.equity[0])

    @cached_property
    def worth(self) -> NDArray[np.float64]:
        """The equity, and 0 from the first mark at which nothing was left: who has lost all stays out."""
        return np.where(np.logical_or.accumulate(self._gone), 0.0, self.equity)


@dataclass(frozen=True, slots=True, eq=False)
class DailyReturns:
    """Simple returns of whole UTC days, oldest first."""

    day_ms: NDArray[np.int64]
    """00:00 UTC at which each day begins."""
    returns: NDArray[np.float64]
    """As fractions, never below −1."""


def daily_returns(curve: EquityCurve) -> DailyReturns:
    """The returns from one 00:00 UTC mark to the next; empty when there are fewer than two.

    Where no mark lies at 00:00, the last one before it counts. What lies before the first 00:00 and after the last
    belongs to no whole day and is left out. The day of a ruin returns −1, the days after it 0.
    """
    first = -(-int(curve.time_ms[0]) // DAY_MS) * DAY_MS
    midnights = np.arange(first, int(curve.time_ms[-1]) + 1, DAY_MS, dtype=np.int64)
    values = curve.worth[np.searchsorted(curve.time_ms, midnights, side="right") - 1]
    before, after = values[:-1], values[1:]
    alive = before > 0
    returns = np.where(alive, after / np.where(alive, before, 1.0) - 1.0, 0.0)
    return DailyReturns(midnights[:-1], returns)
