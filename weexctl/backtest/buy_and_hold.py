"""Every symbol bought once, at the same weight, and held: what the market did by itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from weexctl.backtest.metrics import Metrics, measure
from weexctl.backtest.portfolio import HeldWeights, PriceMoves, hold
from weexctl.errors import DataError
from weexctl.model.candle import Candles
from weexctl.run.market_source import MarketSource

__all__ = ["COST_BP", "buy_and_hold", "held_metrics"]

COST_BP = 11.0
"""Taker fee and slippage of the one purchase, in hundredths of a percent (methods 8)."""


def buy_and_hold(market: MarketSource, time_ms: NDArray[np.int64], *, start: float) -> HeldWeights:
    """The symbols that can be bought at the first mark, at equal weight and one times equity in all.

    Quantities stay as they are, as those of coins that lie somewhere: nothing is borrowed and no funding paid. A
    missing candle moves nothing.

    Args:
        market: the candles.
        time_ms: closes of candles, at least two.
        start: equity at the first mark, quote.

    Raises:
        DataError: no symbol can be bought at the first mark.
    """
    levels = {symbol: _closes(known, time_ms) for symbol, known in market.candles.items()}
    bought = {symbol: level for symbol, level in levels.items() if np.isfinite(level[0])}
    if not bought:
        raise DataError("no symbol has a candle at the first mark; nothing was bought", hint="begin later")
    prices = np.column_stack(list(bought.values()))
    moves = PriceMoves(time_ms, prices[1:] / prices[:-1] - 1.0)
    return hold(np.full(moves.returns.shape, 1.0 / len(bought)), moves, cost_bp=COST_BP, start=start)


def held_metrics(held: HeldWeights) -> Metrics:
    """The figures of what was held; it closes no trades."""
    return measure(held.curve, (), held.totals)


def _closes(known: Candles, time_ms: NDArray[np.int64]) -> NDArray[np.float64]:
    """The newest close at each mark; NaN before the first candle."""
    there = np.isfinite(known.close)
    times, closes = (known.open_time_ms + known.timeframe.ms)[there], known.close[there]
    rows = np.searchsorted(times, time_ms, side="right") - 1
    return np.where(rows >= 0, closes[np.maximum(rows, 0)], np.nan)
