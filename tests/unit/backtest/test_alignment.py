"""A decision at a close earns what comes after it, and up and down are treated alike."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from tests.unit.trader.small_pipeline import LIMITS, a_stage, small_pipeline
from weexctl.backtest.engine import BacktestRun, Engine
from weexctl.model.book import Book, HeldPosition
from weexctl.model.candle import Candles, Timeframe
from weexctl.model.regime import Regime
from weexctl.model.verdict import ExitDecision
from weexctl.pipeline.decide import Identity
from weexctl.pipeline.stage import Pipeline
from weexctl.run.fitting import Blocks
from weexctl.run.market_source import MarketSource
from weexctl.run.schedule import Schedule
from weexctl.simulator.settings import SimulatorSettings

HOUR_MS = 3_600_000
BEGINS_MS = 1_700_006_400_000
SYMBOL = "BTCUSDT"
WIDE = replace(
    LIMITS,
    max_order_notional=Decimal(10**9),
    max_gross_exposure=50.0,
    max_symbol_exposure=50.0,
    max_margin_per_position=50.0,
    per_trade_risk=50.0,
    daily_loss=0.99,
    kill_drawdown=0.99,
    max_leverage=20,
)
NO_COST = SimulatorSettings(slippage_bps=0.0, spread_bps=0.0, impact=0.0)


class OneUnit:
    """A tenth of a bitcoin, whatever it costs: a little more, since sizes are rounded down."""

    warmup_candles = 0

    def columns(self, candles: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame(index=candles.index)

    def size(self, book: Book) -> dict[str, float]:
        return {symbol: 0.10005 * price / book.equity for symbol, price in book.prices.items()}


class OwnReturn:
    """In the direction of the candle that has just closed: a fortune for whoever earns that candle as well."""

    warmup_candles = 24

    def columns(self, candles: pd.DataFrame) -> pd.DataFrame:
        up = candles["close"] > candles["open"]
        return pd.DataFrame(
            {"direction": np.where(up, 1, -1), "strength": 1.0, "reason": "OWN_RETURN"}, index=candles.index
        )


class Points:
    """Stop 300 points away, target 400, once."""

    warmup_candles = 0
    at_entry_only = True

    def review(self, position: HeldPosition, book: Book) -> ExitDecision:
        if position.stop is not None:
            return ExitDecision()
        sign = position.side.sign
        return ExitDecision(stop=position.price - 300 * sign, target=position.price + 400 * sign)


class FarPoints(Points):
    """Far enough to be never reached."""

    def review(self, position: HeldPosition, book: Book) -> ExitDecision:
        far = position.price - 20_000 * position.side.sign
        return ExitDecision(stop=far) if position.stop is None else ExitDecision()


def pipeline(exit_: Points) -> Pipeline:
    """The rule above with one unit, no policy and no guard."""
    rule = a_stage("strategy", OwnReturn())
    return replace(
        small_pipeline(limits=WIDE),
        strategies=dict.fromkeys(Regime, rule),
        sizer=a_stage("sizer", OneUnit()),
        risk=(),
        guards=(),
        exits=(a_stage("exit", exit_),),
        rebalance_band=1.0,
    )


def walk(seed: int, count: int = 1_500) -> Candles:
    """A random walk whose candles begin where the last one ended, on a step of 0.1."""
    draw = np.random.default_rng(seed)
    steps = np.round(draw.normal(0, 100, count), 1)
    close = np.round(42_000 + np.cumsum(np.where(steps == 0, 0.1, steps)), 1)
    opened = np.r_[42_000.0, close[:-1]]
    high = np.round(np.maximum(opened, close) + np.abs(draw.normal(0, 40, count)), 1)
    low = np.round(np.minimum(opened, close) - np.abs(draw.normal(0, 40, count)), 1)
    times = BEGINS_MS + HOUR_MS * np.arange(count, dtype=np.int64)
    return Candles(SYMBOL, Timeframe.H1, times, opened, high, low, close, np.full(count, 1e6))


def run(candles: Candles, built: Pipeline) -> BacktestRun:
    """From the fiftieth close on, without any cost but the fee."""
    first_ms = candles.first_ms + 50 * HOUR_MS
    market = MarketSource(candles={SYMBOL: candles}, funding={}, source="walk", synthetic=True, seed=1)
    engine = Engine.over(
        market,
        built,
        start_ms=first_ms,
        start_equity=Decimal(100_000),
        identity=Identity("p", "walk"),
        run_id="r",
        settings=NO_COST,
    )
    schedule = Schedule(first_ms, first_ms, candles.last_close_ms, HOUR_MS)
    return engine.run(schedule, Blocks(built, market.candles))


@pytest.mark.parametrize("seed", [1, 2])
def test_nobody_earns_the_candle_that_the_decision_saw(seed: int) -> None:
    candles = walk(seed)
    found = run(candles, pipeline(FarPoints()))

    gross = float(sum(trade.gross for trade in found.trades))
    assert len(found.trades) > 300
    noise = 0.1 * 100 * np.sqrt(len(candles))  # of a walk of 100 points a candle, always in the market
    assert abs(gross) < 4 * noise
    own = 0.1 * float(np.abs(candles.close - candles.open)[50:].sum())
    assert own > 12 * noise  # what a look at the label would have brought


def test_the_own_candle_may_be_anything_once_the_decision_is_made() -> None:
    """The candle that was decided on, made larger in its own direction, changes no fill of that decision."""
    candles, row = walk(3), 700
    louder = {name: getattr(candles, name).copy() for name in ("open", "high", "low", "close")}
    up = louder["close"][row] > louder["open"][row]
    louder["high" if up else "low"][row] += 900.0 if up else -900.0
    louder["open"][row] += -500.0 if up else 500.0
    louder["low" if up else "high"][row] += -500.0 if up else 500.0
    other = replace(candles, **louder)
    closes_ms = candles.first_ms + (row + 1) * HOUR_MS
    first, second = (run(made, pipeline(FarPoints())) for made in (candles, other))

    def after(found: BacktestRun) -> list[tuple[object, ...]]:
        fills = [one.fill for one in found.executed if one.fill.time_ms >= closes_ms]
        return [(fill.time_ms, fill.side, fill.price, fill.quantity) for fill in fills]

    assert after(first) == after(second)
    assert len(after(first)) > 100


@pytest.mark.parametrize("seed", [4, 5])
def test_mirrored_prices_give_mirrored_trades(seed: int) -> None:
    candles = walk(seed)
    about = 84_000.0

    def turned(values: np.ndarray) -> np.ndarray:
        return np.round(about - values, 1)

    mirror = replace(
        candles,
        open=turned(candles.open),
        high=turned(candles.low),
        low=turned(candles.high),
        close=turned(candles.close),
    )
    assert not np.any(candles.close == candles.open)
    straight, mirrored = (run(made, pipeline(Points())) for made in (candles, mirror))

    assert len(straight.trades) == len(mirrored.trades) > 100
    for one, other in zip(straight.trades, mirrored.trades, strict=True):
        assert one.position_side.sign == -other.position_side.sign
        assert (one.opened_ms, one.closed_ms, one.exit_reason) == (other.opened_ms, other.closed_ms, other.exit_reason)
        assert (one.quantity, one.gross) == (other.quantity, other.gross)
        assert one.entry_price + other.entry_price == Decimal(84_000)
