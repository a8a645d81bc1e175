"""Averages that remember: each row is the last mean and a share of the new value.

What is computed does not depend on how many rows follow, to the last bit: the first rows are always pandas', the rows
after them scipy's, up to the first missing one. So a short history needs no `scipy.signal`, which takes longer to
import than pandas takes for a few thousand rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["smoothed", "wilder"]

_SHORT = 16_384
"""Rows that are pandas' in every history: two years of hours, in less than a millisecond."""


def smoothed(values: NDArray[np.float64], share: float, *, seed: float | None = None) -> NDArray[np.float64]:
    """Exponentially weighted mean, seeded with the first known value.

    Args:
        values: leading NaN stay NaN; a later NaN row repeats the mean so far, and the value after it counts for more.
        share: weight of the newest value, above 0 and at most 1.
        seed: stands for the first value, which then is one that is known.
    """
    known = np.isnan(values)
    np.logical_not(known, out=known)
    middle = (int(known.argmax()) if len(values) else 0) + _SHORT
    if middle >= len(values) or not known[middle - 1]:
        return _with_holes(values, share, seed)
    missing = int(known[middle:].argmin())
    end = len(values) if known[middle + missing] else middle + missing
    mean = np.empty_like(values)
    mean[:middle] = _with_holes(values[:middle], share, seed)
    mean[middle:end] = _whole(values[middle:end], share, float(mean[middle - 1]))
    if end < len(values):
        mean[end:] = _with_holes(values[end - 1 :], share, float(mean[end - 1]))[1:]
    return mean


def wilder(values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """Wilder's smoothing, weight 1 / window, seeded with the mean of the first `window` known values; NaN before it."""
    smooth = np.full(values.shape, np.nan)
    for rows in (_SHORT, len(values)):  # the seed is nearly always among the first ones
        known = np.flatnonzero(~np.isnan(values[:rows]))
        if len(known) >= window:
            first = int(known[window - 1])
            smooth[first:] = smoothed(values[first:], 1 / window, seed=float(values[known[:window]].mean()))
            break
    return smooth


def _with_holes(values: NDArray[np.float64], share: float, seed: float | None) -> NDArray[np.float64]:
    if seed is not None:
        values = values.copy()
        values[0] = seed
    return pd.Series(values).ewm(alpha=share, adjust=False).mean().to_numpy()


def _whole(values: NDArray[np.float64], share: float, before: float) -> NDArray[np.float64]:
    from scipy.signal import lfilter

    keep = 1.0 - share
    mean: NDArray[np.float64] = lfilter([share], [1.0, -keep], values, zi=[keep * before])[0]
    return mean
