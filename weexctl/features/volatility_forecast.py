"""A forecast of the next 24 hours' volatility from what the last six hours, day, week and month were like.

Every variance is scaled to 24 hours, RV is the sum of squared log returns and PK Parkinson's estimate from ranges:

    ln RV(next 24 h) = b0 + b1 ln RV(24 h) + b2 ln RV(week) + b3 ln RV(month) + b4 ln RV(6 h) + b5 ln PK(24 h) + e

The forecast is exp(prediction + s²/2) with s² the variance of e: the mean of a log-normal, and so above its median.
Sources: Corsi, A Simple Approximate Long-Memory Model of Realized Volatility, 2009; Parkinson, The Extreme Value
Method for Estimating the Variance of the Rate of Return, 1980.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from weexctl.features.indicators import candle_ms, ewma_volatility, log_returns

__all__ = ["har_volatility", "har_warmup", "log_variances", "parkinson_variance", "realised_variance"]

_HOUR_MS = 3_600_000
_DAY, _MONTH = 24, 720
_SPANS = {"rv_day": _DAY, "rv_week": 168, "rv_month": _MONTH, "rv_6h": 6}
"""Hours that a regressor looks back."""
_REFIT_MS = _MONTH * _HOUR_MS
"""Between two fits, on a grid anchored in 1970: wherever the candles begin, the fits are the same."""
_FALLBACK_HOURS = 48
_LEAST_OUTCOME_HOURS = _MONTH
"""With fewer outcomes nothing is fitted."""
_LARGEST_LOG = 60.0
"""What a forecast is held within, so that no candle can make it infinite."""

Floats = NDArray[np.float64]


def realised_variance(candles: pd.DataFrame, window: int) -> pd.Series[float]:
    """Sum of the squared log returns of the last `window` candles; a missing candle counts as no move."""
    return _squared_returns(candles).rolling(window).sum()


def parkinson_variance(candles: pd.DataFrame, window: int) -> pd.Series[float]:
    """Sum of ln(high / low)² / (4 ln 2) of the last `window` candles; a missing candle counts as no move."""
    high, low = (_log(candles[name].to_numpy(dtype=np.float64)) for name in ("high", "low"))
    squares = pd.Series((high - low) ** 2 / (4.0 * math.log(2.0)), index=candles.index)
    return _known_from_the_first(squares).rolling(window).sum()


def log_variances(candles: pd.DataFrame) -> pd.DataFrame:
    """Columns rv_day, rv_week, rv_month, rv_6h and range_day: logs of past variances, each scaled to 24 hours.

    The first four are of returns, the last is Parkinson's. NaN until the span is there, and where nothing moved.
    """
    spacing = candle_ms(candles) if len(candles) > 1 else _HOUR_MS
    day, squares = _rows(_DAY, spacing), _squared_returns(candles)
    columns = {
        name: _log(np.asarray(squares.rolling(rows).sum(), dtype=np.float64) * (day / rows))
        for name, rows in ((name, _rows(hours, spacing)) for name, hours in _SPANS.items())
    }
    columns["range_day"] = _log(np.asarray(parkinson_variance(candles, day), dtype=np.float64))
    return pd.DataFrame(columns, index=candles.index)


def har_volatility(candles: pd.DataFrame, train_days: int = 360) -> pd.Series[float]:
    """Annualised volatility (0.60 is 60 %) forecast for the next 24 hours by a regression on the past `train_days`.

    It is fitted anew every 30 days, on outcomes that are known by then; `train_days` counts in steps of 30. Until 30
    days of outcomes are there, and where a regressor is unknown or zero, it is the EWMA volatility with a half-life of
    48 hours.
    """
    if len(candles) < 2:
        return pd.Series(np.full(len(candles), np.nan), index=candles.index)
    spacing = candle_ms(candles)
    fallback = ewma_volatility(candles, max(1.0, _FALLBACK_HOURS * _HOUR_MS / spacing))
    past = log_variances(candles).to_numpy(dtype=np.float64).T
    regressors = np.vstack([np.ones(len(candles)), past])
    closes = candles.index.to_numpy().astype(np.int64) + spacing
    fits = _fits(regressors, closes, _rows(_DAY, spacing), _blocks(train_days), _rows(_LEAST_OUTCOME_HOURS, spacing))
    log_variance = (fits[:-1] * regressors).sum(axis=0) + fits[-1]
    variance = np.exp(np.clip(log_variance, -_LARGEST_LOG, _LARGEST_LOG))
    return pd.Series(np.sqrt(variance * 365.0), index=candles.index).fillna(fallback)


def har_warmup(spacing_ms: int, train_days: int = 360) -> int:
    """Rows after which `har_volatility` no longer depends on where the candles begin."""
    hours = (_blocks(train_days) + 1) * _MONTH + _DAY + _MONTH
    return _rows(hours, spacing_ms) + 2


def _squared_returns(candles: pd.DataFrame) -> pd.Series[float]:
    return _known_from_the_first(log_returns(candles) ** 2)


def _known_from_the_first(squares: pd.Series[float]) -> pd.Series[float]:
    """The series with 0 for what is missing after its first value."""
    return squares.fillna(0.0).where(squares.ffill().notna())


def _fits(regressors: Floats, closes: NDArray[np.int64], ahead: int, blocks: int, least: int) -> Floats:
    """For every candle the coefficients in force, and in the last row s²/2; NaN where nothing is fitted yet.

    An outcome belongs to the block of 30 days in which it became known, and is learnt from once that block is over.
    """
    width, count = regressors.shape
    pairs = np.full((width + 1, count), np.nan)
    pairs[:width, ahead:], pairs[width, ahead:] = regressors[:, :-ahead], regressors[1, ahead:]
    known_in, used_in = (closes - 1) // _REFIT_MS, closes // _REFIT_MS
    first = int(known_in[0])
    moments = _moments(pairs, known_in, first, int(used_in[-1]) - first)
    table = np.full((width + 1, int(used_in[-1]) - first + 1), np.nan)
    for block in range(1, table.shape[1]):
        learnt = moments[max(0, block - blocks) : block].sum(axis=0)
        if learnt[0, 0] >= least:
            table[:, block] = _solve(learnt)
    return table[:, used_in - first]


def _moments(pairs: Floats, known_in: NDArray[np.int64], first: int, count: int) -> Floats:
    """Sums of products of every two rows of `pairs`, block by block; incomplete candles are left out."""
    complete: NDArray[np.bool_] = np.all(~np.isnan(pairs), axis=0)
    moments = np.zeros((count, len(pairs), len(pairs)))
    edges = np.searchsorted(known_in, np.arange(first, first + count + 1))
    for block in range(count):
        rows = slice(int(edges[block]), int(edges[block + 1]))
        chosen = np.ascontiguousarray(pairs[:, rows][:, complete[rows]])
        moments[block] = chosen @ chosen.T
    return moments


def _solve(moments: Floats) -> Floats:
    """Least squares from sums of products: the coefficients, then half the variance of what they leave."""
    inner, outer = moments[:-1, :-1], moments[:-1, -1]
    fitted = np.linalg.lstsq(inner, outer, rcond=None)[0]
    left = max(0.0, float(moments[-1, -1] - fitted @ outer))
    return np.append(fitted, 0.5 * left / max(1.0, float(inner[0, 0]) - len(fitted)))


def _blocks(train_days: int) -> int:
    """How many blocks of 30 days."""
    return max(1, round(train_days * _DAY / _MONTH))


def _rows(hours: int, spacing_ms: int) -> int:
    """How many candles make so many hours; at least one."""
    return max(1, round(hours * _HOUR_MS / spacing_ms))


def _log(values: Floats) -> Floats:
    """Natural logarithm; NaN where there is none, without numpy's warning."""
    logs = np.full(values.shape, np.nan)
    np.log(values, out=logs, where=values > 0.0)
    return logs
