"""The columns: returns, averages, ranges, persistence, volatility, volume. The package says what they share."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from ta.momentum import RSIIndicator
from ta.trend import EMAIndicator
from ta.volatility import BollingerBands
from ta.volume import VolumeWeightedAveragePrice

from weexctl.errors import DataError

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
    return series.ewm(halflife=half_life, adjust=False).mean()


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
    return _range_with(candles["high"], candles["low"], candles["close"].ffill().shift(1))


def average_true_range(candles: pd.DataFrame, window: int = 14) -> pd.Series[float]:
    """Wilder's average true range, quote, seeded with the mean of its first `window` values; NaN before that."""
    return _wilder(true_range(candles), window)


def adx(candles: pd.DataFrame, window: int = 14) -> pd.Series[float]:
    """Wilder's average directional index, 0 to 100; NaN for the first 2 · window - 1 rows.

    Source: J. Welles Wilder, New Concepts in Technical Trading Systems, 1978.
    """
    up, down = candles["high"].diff(), -candles["low"].diff()
    plus = _wilder(up.where((up > down) & (up > 0), 0.0).where(up.notna()), window)
    minus = _wilder(down.where((down > up) & (down > 0), 0.0).where(down.notna()), window)
    # The true range divides both directions alike, so it cancels in their contrast.
    total = plus + minus
    contrast = (100.0 * (plus - minus).abs() / total).where(total != 0.0, 0.0)
    return _wilder(contrast.where(total.notna()), window)


def block_atr(candles: pd.DataFrame, block: int = 24, half_life: float = 168) -> pd.Series[float]:
    """Average true range of rolling blocks of `block` candles, quote: with hourly candles, of the last 24 hours.

    A block's true range includes the close before it. NaN before `block + half_life` rows.
    """
    high, low = candles["high"].rolling(block).max(), candles["low"].rolling(block).min()
    blocks = _range_with(high, low, candles["close"].shift(block))
    return _masked(ewma(blocks, half_life), block + math.ceil(half_life) - 1)


def rolling_vwap(candles: pd.DataFrame, window: int = 168) -> pd.Series[float]:
    """Volume-weighted typical price of the last `window` candles; NaN where they traded nothing."""
    price: pd.Series[float] = VolumeWeightedAveragePrice(
        candles["high"], candles["low"], candles["close"], candles["volume"], window=window, fillna=False
    ).volume_weighted_average_price()
    return price.where(np.isfinite(price)).rename(None)


def efficiency_ratio(candles: pd.DataFrame, window: int) -> pd.Series[float]:
    """Square root of Kaufman's efficiency ratio: root of |net log move| over the sum of absolute log returns.

    0 for a walk that came back (or never moved), 1 for a straight line. A missing candle counts as no move.
    """
    prices = _log(candles["close"])
    filled = prices.ffill()
    net, path = filled.diff(window).abs(), filled.diff().abs().rolling(window).sum()
    ratio = (net / path).where(path > 0.0, 0.0).where(path.notna() & prices.notna())
    return _sqrt(ratio.clip(0.0, 1.0))


def relative_log_volatility(
    candles: pd.DataFrame, half_life: float = 24, median_window: int = 2160, min_periods: int = 700
) -> pd.Series[float]:
    """Log volatility against its own rolling median: 0.69 is twice the usual, at any price level and in any year."""
    level = _log_volatility(candles, half_life)
    return level - level.rolling(median_window, min_periods=min_periods).median()


def volatility_expansion(candles: pd.DataFrame) -> pd.Series[float]:
    """Log of the volatility with half-life 6 over that with half-life 24; NaN for the first 100 rows."""
    return _masked(_log_volatility(candles, 6) - _log_volatility(candles, 24), 100)


def volume_score(candles: pd.DataFrame) -> pd.Series[float]:
    """EWMA (half-life 12) of log volume against its rolling median of 336 candles.

    A candle without volume counts as the last one that had some.
    """
    volume = _log(candles["volume"]).ffill()
    return ewma(volume - volume.rolling(336).median(), 12)


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
    known = log_returns(candles).abs().dropna()
    sigma = (1.4826 * known.rolling(window).median()).reindex(candles.index).ffill().shift(1)
    days90 = max(window, round(90 * _DAY_MS / candle_ms(candles)))
    floor = 0.2 * sigma.rolling(days90, min_periods=1).median()
    return sigma.clip(lower=floor).where(sigma.notna())


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


def _range_with(high: pd.Series[float], low: pd.Series[float], previous: pd.Series[float]) -> pd.Series[float]:
    """The range from low to high, stretched to include the previous close."""
    top = np.maximum(high.to_numpy(dtype=np.float64), previous.to_numpy(dtype=np.float64))
    bottom = np.minimum(low.to_numpy(dtype=np.float64), previous.to_numpy(dtype=np.float64))
    return pd.Series(top - bottom, index=high.index)


def _wilder(series: pd.Series[float], window: int) -> pd.Series[float]:
    """Wilder's smoothing, weight 1 / window, seeded with the mean of the first `window` values."""
    values = series.to_numpy(dtype=np.float64)
    known = np.flatnonzero(~np.isnan(values))
    smooth = np.full(values.shape, np.nan)
    if len(known) >= window:
        seed = int(known[window - 1])
        tail = values[seed:].copy()
        tail[0] = values[known[:window]].mean()
        smooth[seed:] = pd.Series(tail).ewm(alpha=1 / window, adjust=False).mean()
    return pd.Series(smooth, index=series.index)


def _masked(series: pd.Series[float], rows: int) -> pd.Series[float]:
    """The series with its first `rows` rows unknown."""
    values = series.to_numpy(dtype=np.float64).copy()
    values[:rows] = np.nan
    return pd.Series(values, index=series.index)


def _nan_like(candles: pd.DataFrame) -> pd.Series[float]:
    return pd.Series(np.full(len(candles), np.nan), index=candles.index)
