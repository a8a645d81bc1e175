"""A market in which nothing can be known ahead: the same candles, and a coin says whether each goes up or down.

How far prices go in a candle, and so the volatility of every hour, stays as it was; so does how symbols go together,
for they share the coin. The price after a candle is expected to be the price before it, so no rule is expected to
gain, before costs and least of all after them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from weexctl.model.candle import Candles
from weexctl.run.market_source import MarketSource

__all__ = ["Nulls", "nulls", "tossed"]

_LOWEST = 0.1
"""Of the price before: what a candle that rose by as much as the whole price falls to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nulls:
    """What our Calmar ratio was where nothing could be known ahead."""

    count: int
    mean: float | None
    """Of those with a value; None when there is none. It is expected to be zero at most."""
    best: float | None
    above_zero: int


def nulls(calmars: Sequence[float | None]) -> Nulls:
    """These Calmar ratios of ours, each over a market of its own."""
    known = [value for value in calmars if value is not None]
    return Nulls(
        count=len(calmars),
        mean=float(np.mean(known)) if known else None,
        best=max(known, default=None),
        above_zero=sum(value > 0 for value in known),
    )


def tossed(market: MarketSource, *, seed: int) -> MarketSource:
    """The market after one toss for each candle; funding stays as it was, and shorter candles are left out.

    Prices are around those of the symbol's own, in the geometric mean, so that steps and minimum sizes weigh as much.
    """
    first = min(known.first_ms for known in market.candles.values())
    last = max(known.last_close_ms for known in market.candles.values())
    step = next(iter(market.candles.values())).timeframe.ms
    falls = np.random.default_rng(seed).random((last - first) // step) < 0.5
    return replace(
        market,
        candles={
            symbol: _tossed(known, falls[(known.open_time_ms - first) // step])
            for symbol, known in market.candles.items()
        },
        detail={},
        source=f"{market.source}|toss:{seed}",
    )


def _tossed(known: Candles, falls: NDArray[np.bool_]) -> Candles:
    before = np.concatenate([known.open[:1], known.close[:-1]])
    opened, high, low, closed = (prices / before - 1.0 for prices in (known.open, known.high, known.low, known.close))
    mirrored = {"open": opened, "high": low, "low": high, "close": closed}
    kept = {"open": opened, "high": high, "low": low, "close": closed}
    factors = {name: np.where(falls, np.maximum(1.0 - mirrored[name], _LOWEST), 1.0 + kept[name]) for name in kept}
    walk = np.cumprod(factors["close"])
    start = np.exp(np.mean(np.log(known.close)) - np.mean(np.log(walk)))
    reached = start * np.concatenate([[1.0], walk[:-1]])
    return replace(known, synthetic=True, **{name: reached * factor for name, factor in factors.items()})
