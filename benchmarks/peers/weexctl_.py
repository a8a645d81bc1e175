"""The strategy of `benchmarks/backtest.py` in weexctl: SCRIPT CANDLES.npz WARMUP FAST SLOW."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import scipy.ndimage  # imports count for nobody
import scipy.signal  # noqa: F401

from weexctl.backtest.engine import Engine
from weexctl.features import average_true_range, ema
from weexctl.model.book import Book, HeldPosition
from weexctl.model.candle import Candles, Timeframe
from weexctl.model.limits import Limits
from weexctl.model.regime import REGIMES, Artefact
from weexctl.model.verdict import ExitDecision
from weexctl.pipeline.columns import compute_columns
from weexctl.pipeline.decide import Identity
from weexctl.pipeline.stage import Pipeline, Stage
from weexctl.run.fitting import Block
from weexctl.run.market_source import MarketSource
from weexctl.run.schedule import Schedule
from weexctl.simulator.instruments import CONTRACTS
from weexctl.simulator.settings import SimulatorSettings

SYMBOL = "BTCUSDT"
MINUTE_MS = 60_000
CANDLES, WARMUP = np.load(sys.argv[1]), int(sys.argv[2])
FAST, SLOW = map(int, sys.argv[3:5])
LIMITS = Limits(
    max_leverage=20,
    max_order_notional=Decimal(10**12),
    max_gross_exposure=100.0,
    max_symbol_exposure=100.0,
    max_margin_per_position=100.0,
    per_trade_risk=100.0,
    max_positions_long=1,
    max_positions_short=1,
    daily_loss=1.0,
    kill_drawdown=1.0,
    max_orders_per_minute=10**6,
    max_orders_per_hour=10**6,
)


class OneRegime:
    """Always trending: the strategy here knows no regimes."""

    warmup_candles = train_candles = min_train_candles = 0

    def features(self, candles: pd.DataFrame) -> pd.DataFrame:
        """No columns."""
        return pd.DataFrame(index=candles.index)

    def columns(self, candles: pd.DataFrame, artefact: Artefact) -> pd.DataFrame:  # noqa: ARG002  # it has no fit
        """Certain of it."""
        return pd.DataFrame(
            {"trending": 1.0, "ranging": 0.0, "unstable": 0.0, "name": "trending", "confidence": 1.0},
            index=candles.index,
        )


class Cross:
    """In where the fast EMA crosses the slow one, in its direction; out by stop or target alone."""

    warmup_candles = WARMUP - 1
    ends_on_flip = False

    def columns(self, candles: pd.DataFrame) -> pd.DataFrame:
        """The crossings."""
        above = (ema(candles["close"], FAST) > ema(candles["close"], SLOW)).to_numpy()
        crossed = np.r_[False, above[1:] != above[:-1]]
        return pd.DataFrame(
            {"direction": np.where(above, 1, -1), "strength": 1.0, "entry": crossed, "reason": "CROSS"},
            index=candles.index,
        )


class OneUnit:
    """One unit of the base asset."""

    warmup_candles = 0

    def columns(self, candles: pd.DataFrame) -> pd.DataFrame:
        """No columns."""
        return pd.DataFrame(index=candles.index)

    def size(self, book: Book) -> Mapping[str, float]:
        """Its value as a share of equity."""
        return {symbol: price / book.equity for symbol, price in book.prices.items()}


class Bracket:
    """Stop two and target three average true ranges from the close that opened."""

    warmup_candles = 14
    at_entry_only = True

    def columns(self, candles: pd.DataFrame) -> pd.DataFrame:
        """The range."""
        return pd.DataFrame({"atr": average_true_range(candles, 14)}, index=candles.index)

    def review(self, position: HeldPosition, book: Book) -> ExitDecision:
        """Both when it opens, nothing later."""
        if position.stop is not None:
            return ExitDecision()
        reach = position.side.sign * book.rows[position.symbol]["atr"]
        return ExitDecision(stop=position.price - 2 * reach, target=position.price + 3 * reach)


class WholeRun:
    """One stretch for everything."""

    def __init__(self, pipeline: Pipeline, candles: Candles) -> None:
        fit = Artefact(
            id="none", plugin="none", symbol=SYMBOL, train_from_ms=0, train_to_ms=0, data_digest="", parameters={}
        )
        self._columns = {SYMBOL: compute_columns(pipeline, candles, fit)}

    def compute(self, fitted_ms: int, first_ms: int, last_ms: int) -> Block:
        """Whatever is asked for."""
        return Block(fitted_ms, first_ms, last_ms, {}, self._columns)


def stage(kind: str, plugin: Any) -> Stage[Any]:
    """A stage of this plugin."""
    return Stage(kind, type(plugin).__name__.lower(), "benchmark", "1", plugin)


def main() -> None:
    """Run it once."""
    names = ("open_time_ms", "open", "high", "low", "close", "volume")
    candles = Candles(SYMBOL, Timeframe.M1, *(CANDLES[name] for name in names))
    rule = stage("strategy", Cross())
    pipeline = Pipeline(
        regime=stage("regime", OneRegime()),
        strategies=dict.fromkeys(REGIMES, rule),
        sizer=stage("sizer", OneUnit()),
        risk=(),
        guards=(),
        exits=(stage("exit", Bracket()),),
        rebalance_band=1.0,
        limits=LIMITS,
    )
    listed = CONTRACTS[SYMBOL]
    # A finer step than the candles', so that rounding a stop to it makes no difference worth speaking of.
    terms = replace(listed.instrument, taker_fee=Decimal("0.0006"), max_position=None, price_step=Decimal("0.0001"))
    contracts = {SYMBOL: replace(listed, instrument=terms, price_decimals=4)}
    first_ms = candles.first_ms + WARMUP * MINUTE_MS
    schedule = Schedule(first_ms, first_ms, candles.last_close_ms, MINUTE_MS)
    market = MarketSource(candles={SYMBOL: candles}, funding={}, source="benchmark", synthetic=True, seed=1)
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    engine = Engine.over(
        market,
        pipeline,
        start_ms=first_ms,
        start_equity=Decimal(10**7),
        identity=Identity("benchmark", "benchmark"),
        run_id="benchmark",
        settings=SimulatorSettings(slippage_bps=0.0, spread_bps=0.0, impact=0.0),
        contracts=contracts,
    )
    found = engine.run(schedule, WholeRun(pipeline, candles))
    seconds = time.process_time() - began
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base) / 1024
    pnl = float(sum(trade.net for trade in found.trades))
    print(json.dumps({"seconds": seconds, "trades": len(found.trades), "pnl": pnl, "mib": memory}))


main()
