"""The strategy of `benchmarks/backtest.py` in vectorbt: SCRIPT CANDLES.npz WARMUP FAST SLOW.

vectorbt enters at the signal's own close, so its trades differ a little. The second run counts: the first compiles.
"""

from __future__ import annotations

import json
import resource
import sys
import time
import warnings

import numpy as np
import pandas as pd
import vectorbt as vbt

warnings.filterwarnings("ignore")
CANDLES, WARMUP = np.load(sys.argv[1]), int(sys.argv[2])
FAST, SLOW = map(int, sys.argv[3:5])


def run() -> vbt.Portfolio:
    """Indicators and simulation."""
    close, high, low = (pd.Series(CANDLES[name]) for name in ("close", "high", "low"))
    fast, slow = close.ewm(span=FAST, adjust=False).mean(), close.ewm(span=SLOW, adjust=False).mean()
    reach = pd.concat([high - low, (high - close.shift()).abs(), (low - close.shift()).abs()], axis=1).max(axis=1)
    reach = reach.ewm(alpha=1 / 14, adjust=False).mean()
    above = (fast > slow).to_numpy()
    crossed = np.r_[False, above[1:] != above[:-1]]
    crossed[:WARMUP] = False
    return vbt.Portfolio.from_signals(
        close,
        entries=crossed & above,
        short_entries=crossed & ~above,
        size=1,
        fees=0.0006,
        init_cash=1e7,
        open=pd.Series(CANDLES["open"]),
        high=high,
        low=low,
        sl_stop=2 * reach / close,
        tp_stop=3 * reach / close,
        upon_opposite_entry="ignore",
    )


def main() -> None:
    """Run it twice, and time the second."""
    run().total_profit()
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    portfolio = run()
    pnl = float(portfolio.total_profit())
    seconds = time.process_time() - began
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base) / 1024
    print(json.dumps({"seconds": seconds, "trades": int(portfolio.trades.count()), "pnl": pnl, "mib": memory}))


main()
