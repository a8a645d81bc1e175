"""Candles to try things on. All are synthetic; equal arguments give equal candles.

Every builder returns what a plugin gets: a frame with the int64 index `open_time_ms` and the float columns open, high,
low, close, volume.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from weexctl.model.candle import COLUMNS, Candles, Timeframe
from weexctl.model.regime import REGIMES

__all__ = ["HOUR_MS", "START_MS", "as_candles", "flat", "gapped", "random_walk", "regimes", "trending"]

HOUR_MS = 3_600_000
START_MS = 1_640_995_200_000
"""2022-01-01 00:00 UTC."""

Floats = NDArray[np.float64]


def random_walk(
    seed: int, count: int, *, price: float = 100.0, volatility: float = 0.006, candle_ms: int = HOUR_MS
) -> pd.DataFrame:
    """A walk without drift: fat tails, volatility that comes in spells, volume that rises with it.

    `volatility` is the usual standard deviation of one candle's log return.
    """
    random = np.random.default_rng(seed)
    spells = _spells(random, count)
    return _candles(random, random.standard_t(5, count) * volatility * spells, price, volatility * spells, candle_ms)


def trending(
    seed: int, count: int, *, drift: float = 0.001, price: float = 100.0, volatility: float = 0.004
) -> pd.DataFrame:
    """A walk that gains `drift` (log return) per candle; a negative one falls."""
    random = np.random.default_rng(seed)
    spread = np.full(count, volatility)
    return _candles(random, drift + random.normal(0.0, volatility, count), price, spread, HOUR_MS)


def flat(count: int, *, price: float = 100.0, volume: float = 0.0) -> pd.DataFrame:
    """A market in which nothing happens."""
    values = {name: np.full(count, volume if name == "volume" else price) for name in COLUMNS}
    return pd.DataFrame(values, index=_times(count, HOUR_MS))


def gapped(seed: int, count: int, *, every: int = 200, length: int = 3) -> pd.DataFrame:
    """A random walk in which `length` candles are missing every `every` rows: NaN, on an even grid."""
    candles = random_walk(seed, count)
    candles.iloc[np.flatnonzero(np.arange(count) % every >= every - length)] = np.nan
    return candles


def regimes(seed: int, count: int, *, mean_candles: int = 400, price: float = 100.0) -> tuple[pd.DataFrame, pd.Series]:
    """Candles of three sticky regimes, and the name of the true one for every row.

    trending drifts one way; ranging is quiet and comes back; unstable is loud and comes back. A stay lasts half to one
    and a half times `mean_candles`, and the three take turns in random order.
    """
    random = np.random.default_rng(seed)
    truth = _sticky_labels(random, count, mean_candles)
    sign = np.where(random.random(count) < 0.5, -1.0, 1.0)[_last_change(truth)]
    volatility = np.array([0.006, 0.003, 0.016])[truth]
    noise = random.normal(0.0, 1.0, count) * volatility
    # Half of each move outside a trend is taken back by the next candle.
    returns = np.where(truth == 0, noise * 0.8 + sign * volatility * 0.45, noise - 0.5 * np.roll(noise, 1))
    names = np.array([regime.value for regime in REGIMES], dtype=object)[truth]
    candles = _candles(random, returns, price, volatility, HOUR_MS)
    return candles, pd.Series(names, index=candles.index)


def as_candles(frame: pd.DataFrame, symbol: str = "BTCUSDT", timeframe: Timeframe = Timeframe.H1) -> Candles:
    """The frame as the core holds it, marked synthetic."""
    times = frame.index.to_numpy().astype(np.int64)
    opens, high, low, close, volume = (frame[name].to_numpy(dtype=np.float64).copy() for name in COLUMNS)
    return Candles(symbol, timeframe, times, opens, high, low, close, volume, synthetic=True)


def _times(count: int, candle_ms: int) -> pd.Index:
    return pd.Index(START_MS + candle_ms * np.arange(count, dtype=np.int64), name="open_time_ms")


def _candles(
    random: np.random.Generator, returns: Floats, price: float, spread: Floats, candle_ms: int
) -> pd.DataFrame:
    """Candles around the closes that these log returns make; each opens where the one before closed."""
    count = len(returns)
    close = price * np.exp(np.cumsum(returns))
    opens = np.concatenate(([price], close[:-1])) if count else close
    wick = np.abs(random.normal(0.0, 1.0, (2, count))) * spread * 0.5
    volume = 1000.0 * np.exp(random.normal(0.0, 0.4, count)) * (spread / spread.mean() if count else 1.0)
    columns = {
        "open": opens,
        "high": np.maximum(opens, close) * (1.0 + wick[0]),
        "low": np.minimum(opens, close) / (1.0 + wick[1]),
        "close": close,
        "volume": volume,
    }
    return pd.DataFrame(columns, index=_times(count, candle_ms))


def _spells(random: np.random.Generator, count: int) -> Floats:
    """A slow positive factor around 1: the exponential of an autoregressive walk."""
    noise = random.normal(0.0, 0.07, count)
    return np.exp(pd.Series(noise).ewm(halflife=72, adjust=False).mean().to_numpy(dtype=np.float64) * 30.0)


def _sticky_labels(random: np.random.Generator, count: int, mean_candles: int) -> NDArray[np.int64]:
    """Numbers 0 to 2, each for `mean_candles` on average; of three stays in a row each number has one."""
    labels: list[int] = []
    while len(labels) < count:
        for label in random.permutation(3).tolist():
            labels.extend([label] * int(random.uniform(0.5, 1.5) * mean_candles))
    return np.array(labels[:count], dtype=np.int64)


def _last_change(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """For every row, the row at which its label began."""
    changed = np.concatenate(([True], labels[1:] != labels[:-1]))
    began: NDArray[np.int64] = np.maximum.accumulate(np.where(changed, np.arange(len(labels)), 0))
    return began
