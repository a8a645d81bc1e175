"""A small market of minutes: a random walk with fat tails, made in a moment from a seed."""

from __future__ import annotations

from functools import lru_cache

from weexctl.model.candle import Candles, Timeframe
from weexctl.simulator.instruments import CONTRACTS

__all__ = ["HISTORY", "START_MS", "minute_market"]

START_MS = 1_750_000_020_000
"""The first moment of every run; a minute's boundary."""
HISTORY = 5
_VOLATILITY = 0.0012
_VOLUME = 200.0


@lru_cache(maxsize=64)
def minute_market(seed: int, symbols: tuple[str, ...], minutes: int) -> dict[str, Candles]:
    """Candles of these symbols: a few before `START_MS`, and so many after it."""
    import numpy as np

    count, length = HISTORY + minutes, Timeframe.M1.ms
    times = START_MS + length * np.arange(-HISTORY, minutes, dtype=np.int64)
    draw = np.random.Generator(np.random.PCG64([seed, 11]))
    market: dict[str, Candles] = {}
    for symbol in symbols:
        rules = CONTRACTS[symbol]
        steps = draw.standard_t(4, count) * _VOLATILITY
        close = np.round(float(rules.reference_price) * np.exp(np.cumsum(steps)), rules.price_decimals)
        opened = np.concatenate(([close[0]], close[:-1]))
        reach = np.abs(draw.standard_t(4, (2, count))) * _VOLATILITY / 3
        high = np.maximum(opened, close) * (1 + reach[0])
        low = np.minimum(opened, close) * (1 - reach[1])
        volume = np.full(count, rules.hourly_turnover / 60 / float(rules.reference_price) * _VOLUME)
        market[symbol] = Candles(symbol, Timeframe.M1, times, opened, high, low, close, volume, synthetic=True)
    return market
