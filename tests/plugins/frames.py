"""Candle frames with a seed, and their mirror images, for tests of market columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

if TYPE_CHECKING:
    PriceMap = Callable[["pd.Series[float]"], "pd.Series[float]"]

__all__ = ["HOUR_MS", "frame_of", "mirrored", "mirrored_returns", "walk"]

HOUR_MS = 3_600_000
START_MS = 1_577_836_800_000
"""1 January 2020, 00:00 UTC."""


def frame_of(closes: NDArray[np.floating] | list[float], volumes: NDArray[np.float64] | None = None) -> pd.DataFrame:
    """Hourly candles that open at the close before and reach 0.1 % beyond both."""
    close = np.asarray(closes, dtype=np.float64)
    before = np.concatenate([close[:1], close[:-1]])
    index = pd.Index(START_MS + HOUR_MS * np.arange(len(close), dtype=np.int64), name="open_time_ms")
    return pd.DataFrame(
        {
            "open": before,
            "high": np.maximum(before, close) * 1.001,
            "low": np.minimum(before, close) * 0.999,
            "close": close,
            "volume": np.full(len(close), 1_000.0) if volumes is None else volumes,
        },
        index=index,
    )


def walk(seed: int, count: int, *, volatility: float = 0.005, drift: float = 0.0) -> pd.DataFrame:
    """A random walk with fat tails around 100, and random volume."""
    rng = np.random.default_rng(seed)
    returns = drift + volatility * rng.standard_t(4, count) / np.sqrt(2)
    return frame_of(100 * np.exp(np.cumsum(returns)), 1_000 * np.exp(0.5 * rng.standard_normal(count)))


def mirrored(candles: pd.DataFrame, level: float = 1_000.0) -> pd.DataFrame:
    """The same candles upside down around `level`: what rose by a dollar falls by one."""
    return _upside_down(candles, lambda prices: 2 * level - prices)


def mirrored_returns(candles: pd.DataFrame, level: float = 100.0) -> pd.DataFrame:
    """The same candles with the sign of every log return turned round."""
    return _upside_down(candles, lambda prices: level**2 / prices)


def _upside_down(candles: pd.DataFrame, turn: PriceMap) -> pd.DataFrame:
    turned = {name: turn(candles[name]) for name in ("open", "close")}
    turned |= {"high": turn(candles["low"]), "low": turn(candles["high"]), "volume": candles["volume"]}
    return pd.DataFrame(turned)[list(candles.columns)]
