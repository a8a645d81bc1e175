"""Kline tuples: open time, OHLC, base volume, close time, quote volume, trades, taker buys (weex-api 13.4)."""

from __future__ import annotations

from typing import Any

from weexctl.model.candle import Timeframe
from weexctl.simulator.instruments import Contract
from weexctl.simulator.market import Tape
from weexctl.simulator.venue import Venue

__all__ = ["kline_rows"]

Prices = tuple[float, float, float, float]
MEAN_TRADE = 2_000
"""Quote per trade, for the number of trades, which the market does not have."""


def kline_rows(
    venue: Venue,
    contract: Contract,
    interval: Timeframe,
    start_ms: int | None,
    end_ms: int,
    limit: int,
    *,
    trades: bool,
) -> list[list[Any]]:
    """Rows whose open time lies in the span, oldest first: the newest `limit`, or from `start_ms` on the oldest.

    The forming candle is the last row; of it only the open has happened. Longer intervals are put together from the
    market's own candles. `trades` False makes mark and index rows, which have no volume.
    """
    tape, length = venue.market.tapes[contract.symbol], interval.ms
    # Weeks are counted from a Monday; the epoch was a Thursday.
    phase = 4 * 86_400_000 if interval is Timeframe.W1 else 0
    first = _at_or_before(max(start_ms if start_ms is not None else 0, tape.first_ms), length, phase)
    if start_ms is not None and first < start_ms:
        first += length
    final_ms = tape.times[-1] + tape.timeframe.ms - 1
    last = _at_or_before(min(end_ms, final_ms), length, phase)
    if start_ms is None:
        first = max(first, last - (limit - 1) * length)
    else:
        last = min(last, first + (limit - 1) * length)
    rows = (_row(tape, venue.now_ms, contract, opened, length, trades) for opened in range(first, last + 1, length))
    return [row for row in rows if row is not None]


def _at_or_before(time_ms: int, length: int, phase: int) -> int:
    return (time_ms - phase) // length * length + phase


def _row(tape: Tape, now_ms: int, contract: Contract, opened_ms: int, length: int, trades: bool) -> list[Any] | None:
    forming = tape.index(now_ms)
    start = max(0, -(-(opened_ms - tape.first_ms) // tape.timeframe.ms))
    stop = min(tape.index(opened_ms + length - 1) + 1, tape.count)
    if start >= stop or start > forming:
        return None
    if stop - start == 1 and start < forming:
        prices = (tape.open[start], tape.high[start], tape.low[start], tape.close[start])
        quote = tape.volume[start] * (tape.open[start] + tape.close[start]) / 2
        return _tuple(contract, opened_ms, length, prices, tape.volume[start], quote, trades)
    closed = min(stop, forming)
    highs, lows = list(tape.high[start:closed]), list(tape.low[start:closed])
    close = tape.close[closed - 1] if closed > start else tape.open[start]
    if closed < stop:
        # The forming candle: nothing but its open is known.
        close = tape.open[closed]
        highs, lows = [*highs, close], [*lows, close]
    volume = sum(tape.volume[start:closed])
    quote = sum(tape.volume[k] * (tape.open[k] + tape.close[k]) / 2 for k in range(start, closed))
    return _tuple(contract, opened_ms, length, (tape.open[start], max(highs), min(lows), close), volume, quote, trades)


def _tuple(
    contract: Contract, opened_ms: int, length: int, prices: Prices, volume: float, quote: float, trades: bool
) -> list[Any]:
    # Percent formatting with one template is twice as fast as four calls, and a page has a thousand rows.
    ohlc = (f"%.{contract.price_decimals}f " * 4 % prices).split()
    if not trades or not volume:
        return [opened_ms, *ohlc, "0", opened_ms + length, "0", 0, "0", "0"]
    size = f"%.{contract.size_decimals}f"
    bought = [size % (volume / 2), f"{quote / 2:.5f}"]
    count = 1 + round(quote / MEAN_TRADE)
    return [opened_ms, *ohlc, size % volume, opened_ms + length, f"{quote:.5f}", count, *bought]
