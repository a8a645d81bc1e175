"""Every symbol bought once and held, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from weexctl.backtest.buy_and_hold import buy_and_hold, held_metrics
from weexctl.errors import DataError
from weexctl.model.candle import Candles, Timeframe
from weexctl.model.funding import FundingHistory
from weexctl.run.market_source import MarketSource

HOUR_MS = 3_600_000
START_MS = 1_600_041_600_000
COST = 0.0011


def candles(symbol: str, closes: list[float], skip: int = 0) -> Candles:
    close = np.array(closes, dtype=float)
    times = START_MS + HOUR_MS * (skip + np.arange(len(closes), dtype=np.int64))
    return Candles(symbol, Timeframe.H1, times, close.copy(), close.copy(), close.copy(), close, np.ones(len(closes)))


def market(*known: Candles, **funding: FundingHistory) -> MarketSource:
    return MarketSource(
        candles={c.symbol: c for c in known}, funding=funding, source="x", synthetic=False, seed=None, not_modelled=()
    )


def marks(count: int) -> np.ndarray:
    return START_MS + HOUR_MS * np.arange(1, count + 1, dtype=np.int64)


def test_half_each_is_bought_once_and_drifts() -> None:
    held = buy_and_hold(
        market(candles("BTCUSDT", [100, 200, 200]), candles("ETHUSDT", [10, 10, 5])), marks(3), start=1000.0
    )

    expected = [1000 * (1 - COST), 500 * 2 + 500 - 1000 * COST, 500 * 2 + 250 - 1000 * COST]
    np.testing.assert_allclose(held.curve.equity, expected)
    assert held.totals.turnover == pytest.approx(1.0)
    assert held_metrics(held).trades.count == 0


def test_coins_pay_no_funding() -> None:
    funding = FundingHistory("BTCUSDT", marks(4), np.full(4, 0.1))
    held = buy_and_hold(market(candles("BTCUSDT", [100, 100, 200, 200]), BTCUSDT=funding), marks(4), start=1000.0)

    assert held.totals.funding == 0
    assert held.curve.equity[-1] == pytest.approx(2000 - 1000 * COST)


def test_what_is_not_there_at_the_first_mark_is_not_bought() -> None:
    late = candles("ETHUSDT", [10, 100], skip=1)
    held = buy_and_hold(market(candles("BTCUSDT", [100, 100, 110]), late), marks(3), start=1000.0)

    assert held.curve.equity[-1] == pytest.approx(1100 - 1000 * COST)
    with pytest.raises(DataError, match="nothing was bought"):
        buy_and_hold(market(late), marks(2), start=1000.0)


def test_a_missing_candle_moves_nothing() -> None:
    held = buy_and_hold(market(candles("BTCUSDT", [100, np.nan, 150])), marks(3), start=1000.0)

    np.testing.assert_allclose(held.curve.equity, [1000 - 1.1, 1000 - 1.1, 1500 - 1.1])
