"""The strategy of `benchmarks/backtest.py` in nautilus_trader: SCRIPT CANDLES.npz WARMUP FAST SLOW.

A market order of it is filled at the signal's own close, and stop and target rest on the tick, so its trades differ a
little. Positions are hedged: netted ones cost the square of their number. Candles are made into its own bars before
the clock starts.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from decimal import Decimal

import numpy as np
import pandas as pd
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig
from nautilus_trader.indicators import AverageTrueRange, ExponentialMovingAverage, MovingAverageType
from nautilus_trader.model.currencies import BTC, USDT
from nautilus_trader.model.data import Bar, BarType
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide
from nautilus_trader.model.identifiers import InstrumentId, Symbol, Venue
from nautilus_trader.model.instruments import CryptoPerpetual
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.persistence.wranglers import BarDataWrangler
from nautilus_trader.trading.strategy import Strategy

CANDLES, WARMUP = np.load(sys.argv[1]), int(sys.argv[2])
FAST, SLOW = map(int, sys.argv[3:5])
VENUE = Venue("SIM")
FEE = Decimal("0.0006")
CONTRACT = CryptoPerpetual(
    instrument_id=InstrumentId(Symbol("BTCUSDT-PERP"), VENUE),
    raw_symbol=Symbol("BTCUSDT"),
    base_currency=BTC,
    quote_currency=USDT,
    settlement_currency=USDT,
    is_inverse=False,
    price_precision=1,
    price_increment=Price.from_str("0.1"),
    size_precision=3,
    size_increment=Quantity.from_str("0.001"),
    margin_init=Decimal("0.05"),
    margin_maint=Decimal("0.025"),
    maker_fee=FEE,
    taker_fee=FEE,
    ts_event=0,
    ts_init=0,
)
BARS = BarType.from_str(f"{CONTRACT.id}-1-MINUTE-LAST-EXTERNAL")


class Cross(Strategy):
    """EMA cross, stop 2 ATR 14, target 3 ATR 14 from the signal's close, one position of one unit."""

    def on_start(self) -> None:
        self.fast, self.slow = ExponentialMovingAverage(FAST), ExponentialMovingAverage(SLOW)
        self.reach = AverageTrueRange(14, MovingAverageType.WILDER)
        for indicator in (self.fast, self.slow, self.reach):
            self.register_indicator_for_bars(BARS, indicator)
        self.seen, self.above = 0, False
        self.unit = CONTRACT.make_qty(1)
        self.subscribe_bars(BARS)

    def on_bar(self, bar: Bar) -> None:
        self.seen += 1
        above = self.fast.value > self.slow.value
        crossed, self.above = above != self.above, above
        if not crossed or self.seen <= WARMUP or not self.portfolio.is_completely_flat():
            return
        sign, close, reach = (1 if above else -1), float(bar.close), self.reach.value
        bracket = self.order_factory.bracket(
            CONTRACT.id,
            OrderSide.BUY if above else OrderSide.SELL,
            self.unit,
            sl_trigger_price=CONTRACT.make_price(close - sign * 2 * reach),
            tp_price=CONTRACT.make_price(close + sign * 3 * reach),
            tp_post_only=False,
        )
        self.submit_order_list(bracket)


def main() -> None:
    """Run it once."""
    names = ("open", "high", "low", "close", "volume")
    times = pd.to_datetime(CANDLES["open_time_ms"] + 60_000, unit="ms", utc=True)
    frame = pd.DataFrame({name: CANDLES[name] for name in names}, index=times)
    bars = BarDataWrangler(BARS, CONTRACT).process(frame)
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True), run_analysis=False))
    engine.add_venue(
        VENUE,
        OmsType.HEDGING,
        AccountType.MARGIN,
        [Money(10_000_000, USDT)],
        default_leverage=Decimal(20),
    )
    engine.add_instrument(CONTRACT)
    engine.add_data(bars)
    engine.add_strategy(Cross())
    engine.run()
    closed = engine.cache.positions_closed()
    pnl = sum(float(position.realized_pnl) for position in closed)
    seconds = time.process_time() - began
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base) / 1024
    print(json.dumps({"seconds": seconds, "trades": len(closed), "pnl": pnl, "mib": memory}))


main()
