"""The strategy of `benchmarks/backtest.py` in backtesting.py: SCRIPT CANDLES.npz WARMUP FAST SLOW.

Prints one JSON object: processor seconds of the run, trades, P&L, and memory over what candles and imports took.
"""

from __future__ import annotations

import json
import resource
import sys
import time
import warnings

import numpy as np
import pandas as pd
from backtesting import Backtest, Strategy

warnings.filterwarnings("ignore")
CANDLES, WARMUP = np.load(sys.argv[1]), int(sys.argv[2])
FAST, SLOW = map(int, sys.argv[3:5])


class Cross(Strategy):
    """EMA cross, stop 2 ATR 14, target 3 ATR 14 from the signal's close, one position of one unit."""

    def init(self) -> None:
        close, high, low = (pd.Series(getattr(self.data, name)) for name in ("Close", "High", "Low"))
        fast, slow = close.ewm(span=FAST, adjust=False).mean(), close.ewm(span=SLOW, adjust=False).mean()
        reach = pd.concat([high - low, (high - close.shift()).abs(), (low - close.shift()).abs()], axis=1).max(axis=1)
        above = (fast > slow).to_numpy()
        crossed = np.r_[0, np.where(above[1:] != above[:-1], np.where(above[1:], 1, -1), 0)]
        self.signal = self.I(lambda: crossed, plot=False)
        self.range = self.I(lambda: reach.ewm(alpha=1 / 14, adjust=False).mean().to_numpy(), plot=False)

    def next(self) -> None:
        signal = self.signal[-1]
        if self.position or not signal or len(self.data) <= WARMUP:
            return
        close, reach = self.data.Close[-1], self.range[-1]
        order = self.buy if signal > 0 else self.sell
        order(size=1, sl=close - signal * 2 * reach, tp=close + signal * 3 * reach)


def main() -> None:
    """Run it once."""
    names = ("open", "high", "low", "close", "volume")
    frame = pd.DataFrame(
        {name.capitalize(): CANDLES[name] for name in names},
        index=pd.to_datetime(CANDLES["open_time_ms"], unit="ms"),
    )
    test = Backtest(frame, Cross, cash=1e7, commission=0.0006)
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    found = test.run()
    seconds = time.process_time() - began
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base) / 1024
    trades = found["_trades"]
    print(json.dumps({"seconds": seconds, "trades": len(trades), "pnl": float(trades.PnL.sum()), "mib": memory}))


main()
