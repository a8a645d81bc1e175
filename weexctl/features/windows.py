"""What the last so many rows have in common: sums, extremes and medians of windows that end with their row.

A row is NaN until its window is full, and as long as there is a NaN in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["rolling_max", "rolling_median", "rolling_min", "rolling_sum"]

_SHORT = 16_384
"""Rows up to which pandas is quicker than the import of `scipy.ndimage`."""


def rolling_sum(values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """Sums of the last `window` values; nothing is ever subtracted, so windows of zeros are exactly zero."""
    total = np.full(values.shape, np.nan)
    if len(values) < window:
        return total
    # In blocks as long as the window, a window is the end of one block and the beginning of the next.
    blocks = np.zeros((-(-len(values) // window), window))
    blocks.reshape(-1)[: len(values)] = values
    tails = np.empty_like(blocks)
    np.cumsum(blocks[:, ::-1], axis=1, out=tails[:, ::-1])
    heads = blocks.cumsum(axis=1, out=blocks).reshape(-1)[: len(values)]
    np.add(heads[window - 1 :], tails.reshape(-1)[: len(values) - window + 1], out=total[window - 1 :])
    total[window - 1 :: window] = heads[window - 1 :: window]
    return total


def rolling_max(values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """The highest of the last `window` values."""
    return _extreme(values, window, np.maximum)


def rolling_min(values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """The lowest of the last `window` values."""
    return _extreme(values, window, np.minimum)


def rolling_median(values: NDArray[np.float64], window: int, *, min_periods: int | None = None) -> NDArray[np.float64]:
    """Medians of the last `window` values, or of as many as there are once `min_periods` of them are known.

    Without `min_periods` every value of the window has to be known.
    """
    known = ~np.isnan(values)
    first = int(known.argmax()) if len(values) else 0
    full = first + window - 1
    if len(values) <= _SHORT or full >= len(values) or not known[first:].all():
        return _median_by_pandas(values, window, min_periods)
    median = np.empty_like(values)
    median[:full] = _median_by_pandas(values[:full], window, min_periods)
    median[full:] = _median_by_ranks(values[first:], window)
    return median


def _extreme(values: NDArray[np.float64], window: int, pick: np.ufunc) -> NDArray[np.float64]:
    best, reach = values.copy(), 1
    while reach < window:
        step = min(reach, window - reach)
        best[step:] = pick(best[step:], best[:-step])
        best[:step] = np.nan
        reach += step
    return best


def _median_by_pandas(values: NDArray[np.float64], window: int, min_periods: int | None) -> NDArray[np.float64]:
    return pd.Series(values).rolling(window, min_periods=min_periods).median().to_numpy()


def _median_by_ranks(values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """Medians of the full windows alone."""
    from scipy.ndimage import rank_filter

    ends = slice(window - 1, None)
    upper = rank_filter(values, window // 2, size=window, origin=(window - 1) // 2)[ends]
    if window % 2:
        return np.asarray(upper)
    lower = rank_filter(values, window // 2 - 1, size=window, origin=(window - 1) // 2)[ends]
    return np.asarray((lower + upper) / 2)
