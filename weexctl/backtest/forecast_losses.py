"""How good is a forecast of variance? Losses that a noisy measure of the true variance does not mislead.

Source: Patton, Volatility Forecast Comparison Using Imperfect Volatility Proxies, 2011.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from weexctl.errors import UsageError

__all__ = ["log_r_squared", "qlike"]

Floats = NDArray[np.float64]


def qlike(realised: Floats, forecast: Floats) -> float:
    """Mean of realised / forecast - ln(realised / forecast) - 1: 0 is perfect, and too low costs more than too high.

    Both are variances in the same unit; rows where one is NaN are left out.

    Raises:
        UsageError: no row to score, or a variance that is not positive.
    """
    ratio = np.divide(*_checked(realised, forecast))
    return float(np.mean(ratio - np.log(ratio) - 1.0))


def log_r_squared(realised: Floats, forecast: Floats) -> float:
    """Share of the variance of ln realised that a straight line of ln forecast explains (Mincer and Zarnowitz).

    NaN when one of them never changes.

    Raises:
        UsageError: no row to score, or a variance that is not positive.
    """
    real, said = (np.log(values) for values in _checked(realised, forecast))
    if np.ptp(real) == 0.0 or np.ptp(said) == 0.0:
        return float("nan")
    return float(np.corrcoef(real, said)[0, 1] ** 2)


def _checked(realised: Floats, forecast: Floats) -> tuple[Floats, Floats]:
    known = ~np.isnan(realised) & ~np.isnan(forecast)
    real, said = realised[known], forecast[known]
    if not len(real) or real.min() <= 0.0 or said.min() <= 0.0:
        raise UsageError(
            "no variance to score, or one that is not positive; nothing was scored",
            hint="give realised and forecast variances of the same candles, in the same unit",
        )
    return real, said
