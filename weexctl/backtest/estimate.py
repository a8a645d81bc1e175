"""A figure of days with its interval: the days are redrawn in blocks, and the figure is taken anew each time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from weexctl.backtest.bootstrap import DRAWS, MEAN_BLOCK_DAYS
from weexctl.backtest.resampling import stationary_indices

__all__ = ["Estimate", "estimate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A figure, and the middle 95 % of what it is on redrawn days."""

    value: float
    low: float
    high: float
    days: int


def estimate(
    days: NDArray[np.float64],
    figure: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    *,
    seed: int,
    draws: int = DRAWS,
    mean_block_days: int = MEAN_BLOCK_DAYS,
) -> Estimate:
    """The figure of these days, and its interval.

    Args:
        days: one row per day, in order.
        figure: takes any number of histories, shape (…, days, columns), and gives one value for each.
        seed: of the draws.
        draws: how many histories are drawn.
        mean_block_days: mean length of a block.

    Raises:
        UsageError: too few days or draws for an interval.
        ConfigError: `arch` is not installed.
    """
    rows = stationary_indices(len(days), draws=draws, mean_block=mean_block_days, seed=seed)
    low, high = np.quantile(figure(days[rows]), (0.025, 0.975))
    return Estimate(value=float(figure(days)), low=float(low), high=float(high), days=len(days))
