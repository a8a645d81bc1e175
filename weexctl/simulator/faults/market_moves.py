"""Gaps and wicks, worked into candles before a market begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from weexctl.model.candle import Candles
from weexctl.simulator.faults.fault import Fault
from weexctl.simulator.faults.words import Word

__all__ = ["shaken"]


def shaken(market: Mapping[str, Candles], faults: Sequence[Fault], start_ms: int) -> dict[str, Candles]:
    """The same market with the gaps and wicks of these faults; without a symbol, of all."""
    moved = dict(market)
    for fault in faults:
        if fault.word not in (Word.GAP, Word.WICK):
            continue
        at_ms = start_ms + round(fault.match.from_s * 1000)
        named = fault.text("symbol")
        for symbol in [named] if named else list(moved):
            if symbol in moved:
                moved[symbol] = _moved(moved[symbol], fault, at_ms)
    return moved


def _moved(candles: Candles, fault: Fault, at_ms: int) -> Candles:
    factor = 1 + fault.number("percent", -5) / 100
    row = int((at_ms - candles.first_ms) // candles.timeframe.ms)
    if not 0 <= row < len(candles) or factor <= 0:
        return candles
    columns = [column.copy() for column in (candles.open, candles.high, candles.low, candles.close)]
    opened, high, low, close = columns
    if fault.word is Word.GAP:
        for column in columns:
            column[row:] *= factor
    elif factor >= 1:
        high[row] = max(high[row], close[row] * factor)
    else:
        low[row] = min(low[row], close[row] * factor)
    return Candles(
        candles.symbol,
        candles.timeframe,
        candles.open_time_ms,
        opened,
        high,
        low,
        close,
        candles.volume,
        synthetic=candles.synthetic,
    )
