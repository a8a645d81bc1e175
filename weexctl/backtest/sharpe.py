"""How sure a Sharpe ratio is: against a benchmark (PSR), and after it was the best of many (DSR).

Ratios here are per period of the returns (per day), not per year: an annual one is divided by √365 first.
Bailey and López de Prado, 2012 and 2014.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from weexctl.backtest.path_risk import is_flat
from weexctl.errors import UsageError

__all__ = [
    "ReturnMoments",
    "deflated_sharpe",
    "expected_best_sharpe",
    "moments",
    "probabilistic_sharpe",
]

_NORMAL = NormalDist()
_EULER_GAMMA = 0.5772156649015329


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnMoments:
    """What the distribution of a Sharpe ratio depends on."""

    count: int
    sharpe: float
    """Mean / standard deviation (n − 1 below), per period."""
    skewness: float
    """Third standardised moment (n below)."""
    kurtosis: float
    """Fourth standardised moment (n below); 3 for a normal distribution."""


def moments(returns: NDArray[np.float64]) -> ReturnMoments | None:
    """The moments of these returns; None when there are fewer than two or they are all the same."""
    if is_flat(returns):
        return None
    centred = returns - np.mean(returns)
    scaled = centred / np.sqrt(np.mean(centred**2))
    return ReturnMoments(
        count=returns.size,
        sharpe=float(np.mean(returns) / np.std(returns, ddof=1)),
        skewness=float(np.mean(scaled**3)),
        kurtosis=float(np.mean(scaled**4)),
    )


def probabilistic_sharpe(observed: ReturnMoments | None, benchmark: float = 0.0) -> float | None:
    """PSR: the probability that the true Sharpe ratio is above the benchmark, both per period.

    Φ((SR − SR*) √(n − 1) / √(1 − γ₃ SR + (γ₄ − 1)/4 · SR²)), γ₃ the skewness, γ₄ the kurtosis.
    None without moments, and for returns of two values only, whose ratio has no such spread.
    """
    if observed is None:
        return None
    ratio = observed.sharpe
    spread = 1.0 - observed.skewness * ratio + (observed.kurtosis - 1.0) / 4.0 * ratio**2
    if spread <= 0:
        return None
    return _NORMAL.cdf((ratio - benchmark) * math.sqrt(observed.count - 1) / math.sqrt(spread))


def expected_best_sharpe(trials: int, deviation: float) -> float:
    """The Sharpe ratio that the best of so many worthless trials is expected to show.

    σ ((1 − γ) Φ⁻¹(1 − 1/N) + γ Φ⁻¹(1 − 1/(N e))), γ = 0.5772…, N the trials; 0 for one trial, which chose nothing.

    Args:
        trials: how many were looked at, the bad ones included: the length of the trial ledger.
        deviation: standard deviation of the trials' Sharpe ratios, per period.

    Raises:
        UsageError: no trial, or a deviation that is negative or not finite.
    """
    if trials < 1 or not (math.isfinite(deviation) and deviation >= 0):
        raise UsageError(
            f"{trials} trials with a deviation of {deviation} are none; nothing was computed",
            hint="count every trial that was looked at, and give the deviation of their Sharpe ratios",
        )
    if trials == 1:
        return 0.0
    highest, higher = _NORMAL.inv_cdf(1.0 - 1.0 / trials), _NORMAL.inv_cdf(1.0 - 1.0 / (trials * math.e))
    return deviation * ((1.0 - _EULER_GAMMA) * highest + _EULER_GAMMA * higher)


def deflated_sharpe(observed: ReturnMoments | None, *, trials: int, deviation: float) -> float | None:
    """DSR: the PSR against the best that so many worthless trials would have shown.

    Raises:
        UsageError: see `expected_best_sharpe`.
    """
    return probabilistic_sharpe(observed, expected_best_sharpe(trials, deviation))
