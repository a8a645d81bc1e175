"""Figures of one path of values or returns; each works along the last axis, so that a thousand paths are one call.

`values` are worths above or at zero that begin above zero; `returns` are fractions of whole days.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Values",
    "annual_growth",
    "annual_volatility",
    "cvar95",
    "drawdowns",
    "grown",
    "is_flat",
    "max_drawdown",
    "ulcer",
]

_TAIL = 0.05
_ROUNDING = 1e-12
"""A deviation below this part of the largest return is the rounding of numbers that are all the same."""

Values = NDArray[np.float64]


def grown(returns: Values) -> Values:
    """The worth of 1 before the first return and after each: 1, (1+r₁), (1+r₁)(1+r₂), …; a return below −1 is −1."""
    factors = 1.0 + np.maximum(returns, -1.0)
    start = np.ones((*returns.shape[:-1], 1))
    return np.concatenate([start, np.cumprod(factors, axis=-1)], axis=-1)


def drawdowns(values: Values) -> Values:
    """1 − V / max(V so far) at each point: 0 at a peak, 1 when all is lost."""
    return 1.0 - values / np.maximum.accumulate(values, axis=-1)


def max_drawdown(values: Values) -> Values:
    """The largest of `drawdowns`."""
    return np.asarray(np.max(drawdowns(values), axis=-1))


def ulcer(values: Values) -> Values:
    """√ mean(DD²) over every point (Martin and McCann)."""
    return np.asarray(np.sqrt(np.mean(drawdowns(values) ** 2, axis=-1)))


def annual_growth(values: Values, years: float) -> Values:
    """(V_T / V_0)^(1/years) − 1; infinite where a float cannot hold it."""
    with np.errstate(over="ignore"):
        return np.asarray((values[..., -1] / values[..., 0]) ** (1.0 / years) - 1.0)


def annual_volatility(returns: Values, periods: int = 365) -> Values:
    """Standard deviation (n − 1 below) times √periods; two returns at least."""
    return np.asarray(np.std(returns, axis=-1, ddof=1) * math.sqrt(periods))


def cvar95(returns: Values) -> Values:
    """−mean(r | r ≤ q), q the return at rank ⌊0.05 (n − 1)⌋ of n in rising order: the mean loss of the worst 5 %.

    Returns that tie with q count as well. Negative when even the worst returns are gains.
    """
    ranked = np.sort(returns, axis=-1)
    edge = ranked[..., int(_TAIL * (returns.shape[-1] - 1)), None]
    tail = ranked <= edge
    return np.asarray(-np.sum(np.where(tail, ranked, 0.0), axis=-1) / np.sum(tail, axis=-1))


def is_flat(returns: Values) -> bool:
    """Whether all the returns of one path are the same number, but for rounding; true of fewer than two."""
    if returns.size < 2:
        return True
    return bool(np.std(returns) <= _ROUNDING * np.max(np.abs(returns)))
