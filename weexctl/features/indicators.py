"""The columns: returns, averages, ranges, persistence, volatility, volume. The package says what they share."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from ta.momentum import RSIIndicator
from ta.trend import EMAIndicator
from ta.volatility import BollingerBands

from weexctl.errors import DataError
from weexctl.features.recursion import smoothed, wilder
from weexctl.features.windows import rolling_max, rolling_median, rolling_min, rolling_sum

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "adx",
    "average_true_range",
    "block_atr",
    "bollinger_z",
    "candle_ms",
    "candles_per_year",
    "efficiency_ratio",
    "ema",
    "ewma",
    "ewma_volatility",
    "log_returns",
    "relative_log_volatility",
    "robust_sigma",
    "rolling_vwap",
    "rsi",
    "true_range",
    "volatility_expansion",
    "volume_score",
]

_DAY_MS = 86_400_000
_YEAR_MS = 365 * _DAY_MS


def candle_ms(candles: pd.DataFrame) -> int:
    """Length of a candle in milliseconds: the median spacing of the index, so that a gap does not change it.

    Raises:
        DataError: fewer than two candles, from which no spacing can be read.
    """
    if len(candles) < 2:
        raise DataError("a spacing needs two candles; nothing was computed", hint="give a longer history")
    return int(np.median(np.diff(candles.index.to_numpy())))


def candles_per_year(candles: pd.DataFrame) -> float:
    """How many candles fit into 365 days of a market that never closes: 8760 for hourly ones."""
    return _YEAR_MS / candle_ms(candles)


def log_returns(candles: pd.DataFrame) -> pd.Series[float]:
    """ln(close / last known close); NaN in the first row and where a candle is missing."""
    prices = _log(candles["close"])
    return prices.ffill().diff().where(prices.notna())


def ewma(series: pd.Series[float], half_life: float) -> pd.Series[float]:
    """Exponentially weighted mean that halves a row's weight every `half_life` rows, seeded with the first value.

    Leading NaN stay NaN; a later NaN row repeats the mean so far.
    """
    return pd.Series(smoothed(_array(series), 1.0 - 0.5 ** (1.0 / half_life)), index=series.index)


def ema(series: pd.Series[float], span: int) -> pd.Series[float]:
    """Exponential moving average with weight 2 / (span + 1), seeded with the first value, NaN before `span` rows."""
    average: pd.Series[float] = EMAIndicator(series, window=span, fillna=False).ema_indicator()
    return average.rename(None)


def ewma_volatility(candles: pd.DataFrame, half_life: float) -> pd.Series[float]:
    """Annualised volatility as a fraction (0.60 is 60 %): root of the EWMA of squared log returns.

    NaN until one half-life of returns is there.
    """
    if len(candles) < 2:
        return _nan_like(candles)
    variance = ewma(log_returns(candles) ** 2, half_life)
    return _masked(_sqrt(variance * candles_per_year(candles)), math.ceil(half_life))


def true_range(candles: pd.DataFrame) -> pd.Series[float]:
    """Largest of high - low, |high - last close| and |low - last close|, quote; the first row is NaN."""
    before = _array(candles["close"].ffill().shift(1))
    return pd.Series(_range_with(_array(candles["high"]), _array(candles["low"]), before), index=candles.index)


def average_true_range(candles: pd.DataFrame, window: int = 14) -> pd.Series[float]:
    """Wilder's average true range, quote, seeded with the mean of its first `window` values; NaN before that."""
    return pd.Series(wilder(_array(true_range(candles)), window), index=candles.index)


def adx(candles: pd.DataFrame, window: int = 14) -> pd.Series[float]:
    """Wilder's average directional index, 0 to 100; NaN for the first 2 · window - 1 rows.

    Source: J. Welles Wilder, New Concepts in Technical Trading Systems, 1978.
    """
    up = _steps(_array(candles["high"]))
    down = -_steps(_array(candles["low"]))
    plus = wilder(_where_larger(up, down), window)
    minus = wilder(_where_larger(down, up), window)
    # The true range divides both directions alike, so it cancels in their contrast.
    total, contrast = plus + minus, np.abs(plus - minus)
    np.divide(contrast, total, out=contrast, where=total != 0.0)
    return pd.Series(100.0 * wilder(contrast, window), index=candles.index)


def block_atr(candles: pd.DataFrame, block: int = 24, half_life: float = 168) -> pd.Series[float]:
    """Average true range of rolling blocks of `block` candles, quote: with hourly candles, of the last 24 hours.

    A block's true range includes the close before it. NaN before `block + half_life` rows.
    """
    high, low = rolling_max(_array(candles["high"]), block), rolling_min(_array(candles["low"]), block)
    blocks = _range_with(high, low, _array(candles["close"].shift(block)))
    return _masked(ewma(pd.Series(blocks, index=candles.index), half_life), block + math.ceil(half_life) - 1)


def rolling_vwap(candles: pd.DataFrame, window: int = 168) -> pd.Series[float]:
    """Volume-weighted typical price of the last `window` candles; NaN where they traded nothing."""
    volume = _array(candles["volume"])
    typical = (_array(candles["high"]) + _array(candles["low"]) + _array(candles["close"])) / 3.0
    traded = rolling_sum(volume, window)
    price = np.full(volume.shape, np.nan)
    np.divide(rolling_sum(typical * volume, window), traded, out=price, where=traded > 0.0)
    return pd.Series(price, index=candles.index)


def efficiency_ratio(candles: pd.DataFrame, window: int) -> pd.Series[float]:
    """Square root of Kaufman's efficiency ratio: root of |net log move| over the sum of absolute log returns.

    0 for a walk that came back (or never moved), 1 for a straight line. A missing candle counts as no move.
    """
    prices = _log(candles["close"])
    filled = prices.ffill()
    net = _array(filled.diff(window).abs())
    path = rolling_sum(np.abs(_steps(_array(filled))), window)
    ratio = np.where(np.isnan(path) | np.isnan(_array(prices)), np.nan, 0.0)
    np.divide(net, path, out=ratio, where=(path > 0.0) & ~np.isnan(ratio))
    return _sqrt(pd.Series(ratio.clip(0.0, 1.0), index=candles.index))


def relative_log_volatility(
    candles: pd.DataFrame, half_life: float = 24, median_window: int = 2160, min_periods: int = 700
) -> pd.Series[float]:
    """Log volatility against its own rolling median: 0.69 is twice the usual, at any price level and in any year."""
    level = _log_volatility(candles, half_life)
    return level - rolling_median(_array(level), median_window, min_periods=min_periods)


def volatility_expansion(candles: pd.DataFrame) -> pd.Series[float]:
    """Log of the volatility with half-life 6 over that with half-life 24; NaN for the first 100 rows."""
    return _masked(_log_volatility(candles, 6) - _log_volatility(candles, 24), 100)


def volume_score(candles: pd.DataFrame) -> pd.Series[float]:
    """EWMA (half-life 12) of log volume against its rolling median of 336 candles.

    A candle without volume counts as the last one that had some.
    """
    volume = _log(candles["volume"]).ffill()
    return ewma(volume - rolling_median(_array(volume), 336), 12)


def bollinger_z(candles: pd.DataFrame, window: int = 72) -> pd.Series[float]:
    """How many standard deviations (ddof 0) the close is from its rolling mean; 0 where the window never moved."""
    bands = BollingerBands(candles["close"], window=window, window_dev=1, fillna=False)
    mean: pd.Series[float] = bands.bollinger_mavg()
    width: pd.Series[float] = bands.bollinger_hband() - mean
    z = ((candles["close"] - mean) / width).where(width > 0.0, 0.0)
    return z.where(width.notna()).rename(None)


def rsi(candles: pd.DataFrame, window: int = 14) -> pd.Series[float]:
    """Wilder's relative strength index, 0 to 100; 50 while the close has not moved at all."""
    close = candles["close"]
    index = RSIIndicator(close, window=window, fillna=False).rsi()
    return _masked(index.where(close.diff().abs().cumsum() > 0.0, 50.0), window - 1).rename(None)


def robust_sigma(candles: pd.DataFrame, window: int = 168) -> pd.Series[float]:
    """1.4826 · median of the last `window` |log returns|, lagged one row: the scale an unusual one is held against.

    Floored at a fifth of its own median over 90 days, because the median of a quiet market can be nearly zero.
    """
    if len(candles) < 2:
        return _nan_like(candles)
    sizes = log_returns(candles).abs()
    known = sizes.notna()
    scale = pd.Series(np.nan, index=candles.index)
    scale[known] = 1.4826 * rolling_median(_array(sizes[known]), window)
    sigma = scale.ffill().shift(1)
    days90 = max(window, round(90 * _DAY_MS / candle_ms(candles)))
    floor = 0.2 * rolling_median(_array(sigma), days90, min_periods=1)
    return pd.Series(np.maximum(_array(sigma), floor), index=candles.index)


def _log_volatility(candles: pd.DataFrame, half_life: float) -> pd.Series[float]:
    """Log of the EWMA volatility per candle; NaN while nothing has moved."""
    return 0.5 * _log(ewma(log_returns(candles) ** 2, half_life))


def _log(series: pd.Series[float]) -> pd.Series[float]:
    """Natural logarithm; NaN where there is none, without numpy's warning."""
    values = series.to_numpy(dtype=np.float64)
    logs = np.full(values.shape, np.nan)
    np.log(values, out=logs, where=values > 0.0)
    return pd.Series(logs, index=series.index)


def _sqrt(series: pd.Series[float]) -> pd.Series[float]:
    """Square root of a series that is never negative."""
    return pd.Series(np.sqrt(series.to_numpy(dtype=np.float64)), index=series.index)


def _array(series: pd.Series[float]) -> NDArray[np.float64]:
    return np.asarray(series, dtype=np.float64)


def _steps(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each value less the one before; the first row is NaN."""
    steps = np.full(values.shape, np.nan)
    np.subtract(values[1:], values[:-1], out=steps[1:])
    return steps


def _where_larger(move: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """The move where it is upward and larger than the other, 0 elsewhere; NaN where it is unknown."""
    upward: NDArray[np.float64] = np.maximum(move, 0.0)
    upward *= move > other
    return upward


def _range_with(
    high: NDArray[np.float64], low: NDArray[np.float64], previous: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The range from low to high, stretched to include the previous close."""
    spread: NDArray[np.float64] = np.maximum(high, previous)
    spread -= np.minimum(low, previous)
    return spread


def _masked(series: pd.Series[float], rows: int) -> pd.Series[float]:
    """The series with its first `rows` rows unknown."""
    values = series.to_numpy(dtype=np.float64).copy()
    values[:rows] = np.nan
    return pd.Series(values, index=series.index)


def _nan_like(candles: pd.DataFrame) -> pd.Series[float]:
    return pd.Series(np.full(len(candles), np.nan), index=candles.index)
