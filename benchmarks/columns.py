"""What the shared columns cost, as ratios: `python benchmarks/columns.py [--rows 1000000]`.

Each column is measured beside the same indicator of `ta`, and of TA-Lib where that is installed; a column that `ta`
has not, beside the plain pandas of its formula. Pairs run interleaved, in processor time, and the fastest round counts;
what takes seconds runs once. Target: ATR and ADX at least 100 times as fast as `ta`, on a million rows.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd
from ta.momentum import RSIIndicator
from ta.trend import ADXIndicator, EMAIndicator
from ta.volatility import AverageTrueRange, BollingerBands
from ta.volume import VolumeWeightedAveragePrice

from weexctl import features
from weexctl.testing import random_walk

TARGET = 100.0
TARGETED = ("atr 14", "adx 14")
ROUNDS = 5
LONG_S = 1.0

Column = Callable[[pd.DataFrame], Any]


@dataclass(frozen=True)
class Pair:
    """One column of ours, and how others make it."""

    name: str
    ours: Column
    other: Column
    whose: str
    talib: Column | None = None


def bollinger(candles: pd.DataFrame) -> object:
    """All three bands."""
    bands = BollingerBands(candles["close"], window=72, window_dev=1, fillna=False)
    return bands.bollinger_mavg(), bands.bollinger_hband(), bands.bollinger_lband()


def vwap(candles: pd.DataFrame) -> object:
    """The rolling price of `ta`."""
    parts = (candles[name] for name in ("high", "low", "close", "volume"))
    return VolumeWeightedAveragePrice(*parts, window=168, fillna=False).volume_weighted_average_price()


def prices(candles: pd.DataFrame) -> list[pd.Series]:
    """High, low and close."""
    return [candles[name] for name in ("high", "low", "close")]


def block_range(candles: pd.DataFrame) -> pd.Series:
    """The average true range of blocks, by pandas alone."""
    before = candles["close"].shift(24)
    high = np.maximum(candles["high"].rolling(24).max(), before)
    low = np.minimum(candles["low"].rolling(24).min(), before)
    return (high - low).ewm(halflife=168, adjust=False).mean()


def scale(candles: pd.DataFrame) -> pd.Series:
    """The robust scale, by pandas alone."""
    sigma = 1.4826 * features.log_returns(candles).abs().rolling(168).median()
    return np.maximum(sigma, 0.2 * sigma.rolling(2_160, min_periods=1).median())


def level(candles: pd.DataFrame) -> pd.Series:
    """The relative log volatility, by pandas alone."""
    log = 0.5 * np.log((features.log_returns(candles) ** 2).ewm(halflife=24, adjust=False).mean())
    return log - log.rolling(2_160, min_periods=700).median()


def volume(candles: pd.DataFrame) -> pd.Series:
    """The volume score, by pandas alone."""
    log = np.log(candles["volume"])
    return (log - log.rolling(336).median()).ewm(halflife=12, adjust=False).mean()


def efficiency(candles: pd.DataFrame) -> pd.Series:
    """The efficiency ratio, by pandas alone."""
    log = np.log(candles["close"])
    return np.sqrt(log.diff(48).abs() / log.diff().abs().rolling(48).sum())


def pairs(talib: Any) -> list[Pair]:
    """Every pair; `talib` is None where it is not installed."""
    outside: Mapping[str, Column] = {}
    if talib is not None:
        outside = {
            "ema 96": lambda c: talib.EMA(c["close"].to_numpy(), 96),
            "atr 14": lambda c: talib.ATR(*(p.to_numpy() for p in prices(c)), 14),
            "adx 14": lambda c: talib.ADX(*(p.to_numpy() for p in prices(c)), 14),
            "rsi 14": lambda c: talib.RSI(c["close"].to_numpy(), 14),
            "bollinger 72": lambda c: talib.BBANDS(c["close"].to_numpy(), 72),
        }
    ta: list[tuple[str, Column, Column]] = [
        ("ema 96", lambda c: features.ema(c["close"], 96), lambda c: EMAIndicator(c["close"], 96).ema_indicator()),
        ("atr 14", features.average_true_range, lambda c: AverageTrueRange(*prices(c), 14).average_true_range()),
        ("adx 14", features.adx, lambda c: ADXIndicator(*prices(c), 14).adx()),
        ("rsi 14", features.rsi, lambda c: RSIIndicator(c["close"], 14).rsi()),
        ("bollinger 72", features.bollinger_z, bollinger),
        ("vwap 168", features.rolling_vwap, vwap),
    ]
    plain: list[tuple[str, Column, Column]] = [
        (
            "ewma 24",
            lambda c: features.ewma(c["close"], 24),
            lambda c: c["close"].ewm(halflife=24, adjust=False).mean(),
        ),
        ("block atr", features.block_atr, block_range),
        ("efficiency 48", lambda c: features.efficiency_ratio(c, 48), efficiency),
        ("relative volatility", features.relative_log_volatility, level),
        ("volume score", features.volume_score, volume),
        ("robust sigma", features.robust_sigma, scale),
    ]
    return [
        *(Pair(name, ours, other, "ta", outside.get(name)) for name, ours, other in ta),
        *(Pair(name, ours, other, "pandas") for name, ours, other in plain),
    ]


def cpu_s(column: Column, candles: pd.DataFrame) -> float:
    """Processor seconds of one call."""
    start = time.process_time()
    column(candles)
    return time.process_time() - start


def fastest_s(columns: list[Column], candles: pd.DataFrame) -> list[float]:
    """The minimum of each, run in turns; one that is slow runs once."""
    best = [cpu_s(column, candles) for column in columns]
    for _ in range(ROUNDS - 1):
        for index, column in enumerate(columns):
            if best[index] < LONG_S:
                best[index] = min(best[index], cpu_s(column, candles))
    return best


def main() -> None:
    """Print one line per column."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    talib = import_module("talib") if find_spec("talib") else None
    candles = random_walk(5, rows)
    for pair in pairs(talib):
        columns = [pair.ours, pair.other, *([pair.talib] if pair.talib else [])]
        ours, other, *outside = fastest_s(columns, candles)
        words = f"{pair.name:20} {ours * 1000:7.1f} ms   {other / ours:6.1f} times as fast as {pair.whose}"
        if pair.name in TARGETED:
            words += f" (target {TARGET:.0f}: {'met' if other / ours >= TARGET else 'MISSED'})"
        if outside:
            words += f"; {ours / outside[0]:.1f} times the time of TA-Lib"
        print(words)


if __name__ == "__main__":
    main()
