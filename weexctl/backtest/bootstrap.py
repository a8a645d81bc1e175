"""Is one run better than another, or was it the sample? The paired stationary bootstrap of daily returns.

Both runs are redrawn with the same days, so that what moved both of them cancels. Four years of days cannot tell
Calmar ratios apart that differ by less than about 0.6.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from weexctl.backtest.equity_curve import DAYS_PER_YEAR, DailyReturns
from weexctl.backtest.path_risk import Values, annual_growth, cvar95, grown, max_drawdown, ulcer
from weexctl.backtest.resampling import check_resampling, stationary_indices
from weexctl.errors import DataError

__all__ = ["DRAWS", "MEAN_BLOCK_DAYS", "Comparison", "Difference", "compare"]

DRAWS = 2000
MEAN_BLOCK_DAYS = 20

_INTERVAL = (0.025, 0.5, 0.975)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Ours minus theirs, of one figure of daily returns."""

    observed: float | None
    """As it was; None when either side has no value."""
    median: float
    low: float
    """2.5 % of the draws lie below."""
    high: float
    """2.5 % of the draws lie above."""
    p_improvement: float
    """Share of the draws in which ours is the better one; a tie counts half."""
    draws: int
    """Those in which both sides have a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two runs over the same days. A difference is None when most draws have no value for it.

    Drawdowns are those of daily marks, and smaller than the ones over every mark. Less is better but for Calmar.
    """

    max_drawdown: Difference | None
    calmar: Difference | None
    cvar95: Difference | None
    ulcer: Difference | None
    days: int
    draws: int
    mean_block_days: int
    seed: int


def compare(
    ours: DailyReturns,
    theirs: DailyReturns,
    *,
    seed: int,
    draws: int = DRAWS,
    mean_block_days: int = MEAN_BLOCK_DAYS,
) -> Comparison:
    """The differences of two runs with their 95 % percentile intervals.

    Raises:
        DataError: the runs do not cover the same days.
        UsageError: too few days or draws for an interval.
        ConfigError: `arch` is not installed.
    """
    if not np.array_equal(ours.day_ms, theirs.day_ms):
        raise DataError(
            "the two runs do not cover the same days; nothing was compared", hint="run both over the same span"
        )
    days = ours.returns.size
    check_resampling(days, draws, mean_block_days)
    rows = stationary_indices(days, draws=draws, mean_block=mean_block_days, seed=seed)
    ours_seen, theirs_seen = _figures(ours.returns), _figures(theirs.returns)
    ours_drawn, theirs_drawn = _figures(ours.returns[rows]), _figures(theirs.returns[rows])

    def difference(name: str, *, less_is_better: bool = True) -> Difference | None:
        observed = float(ours_seen[name] - theirs_seen[name])
        return _difference(observed, ours_drawn[name] - theirs_drawn[name], less_is_better=less_is_better)

    return Comparison(
        max_drawdown=difference("max_drawdown"),
        calmar=difference("calmar", less_is_better=False),
        cvar95=difference("cvar95"),
        ulcer=difference("ulcer"),
        days=days,
        draws=draws,
        mean_block_days=mean_block_days,
        seed=seed,
    )


def _figures(returns: Values) -> dict[str, Values]:
    """The four figures of each row of returns; a Calmar without a drawdown is NaN."""
    values = grown(returns)
    deepest = max_drawdown(values)
    growth = annual_growth(values, returns.shape[-1] / DAYS_PER_YEAR)
    with np.errstate(divide="ignore", invalid="ignore"):
        calmar = np.where(deepest > 0, growth / deepest, np.nan)
    return {"max_drawdown": deepest, "calmar": calmar, "cvar95": cvar95(returns), "ulcer": ulcer(values)}


def _difference(observed: float, drawn: Values, *, less_is_better: bool) -> Difference | None:
    known = drawn[np.isfinite(drawn)]
    if 2 * known.size <= drawn.size:
        return None
    better = known < 0 if less_is_better else known > 0
    low, median, high = (float(value) for value in np.quantile(known, _INTERVAL))
    return Difference(
        observed=observed if math.isfinite(observed) else None,
        median=median,
        low=low,
        high=high,
        p_improvement=float(np.mean(better) + np.mean(known == 0) / 2),
        draws=known.size,
    )
