"""Candles in which nothing can happen: how far the market may be let go on without looking at each one.

Only a strict look: a candle that is called quiet reaches no trigger and no limit, and leaves the account far from a
liquidation. What is not called quiet is passed through the ordinary way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from weexctl.model.side import PositionSide, Side
from weexctl.simulator.orders import SimOrder
from weexctl.simulator.venue import Venue

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["first_busy_ms"]

_LOOK = (64, 512, 4_096, 32_768)
"""Candles looked at in one go: few at first, since most searches end soon."""
_LARGEST_RATE = 0.126
"""Above every maintenance rate that the exchange asks for, unless its settings say otherwise."""


def first_busy_ms(venue: Venue, from_ms: int, until_ms: int) -> int:
    """The open of the first candle from `from_ms` on in which something could happen; `until_ms` when there is none.

    Args:
        venue: the account with its orders and positions.
        from_ms: the open of the first candle that is looked at.
        until_ms: the open of the candle that is not looked at any more.
    """
    length = venue.market.timeframe.ms
    symbols = {symbol for symbol, *_ in venue.ledger.positions} | venue.live.keys()
    looked, start = 0, from_ms
    while start < until_ms:
        span = _LOOK[min(looked, len(_LOOK) - 1)]
        stop = min(until_ms, start + span * length)
        found = _first(venue, symbols, start, stop, length)
        if found < stop:
            return found
        looked, start = looked + 1, stop
    return until_ms


def _first(venue: Venue, symbols: set[str], start: int, stop: int, length: int) -> int:
    import numpy as np

    busy: NDArray[np.bool_] = np.zeros((stop - start) // length, dtype=bool)
    worth, needed = np.full(len(busy), float(venue.ledger.wallet)), np.zeros(len(busy))
    for symbol in symbols:
        tape = venue.market.tapes[symbol]
        first = (start - tape.first_ms) // length
        if first < 0:
            return start
        low, high = tape.lows[first : first + len(busy)], tape.highs[first : first + len(busy)]
        known = len(low)
        busy[known:] = True  # its data have ended
        for order in venue.live.get(symbol, ()):
            busy[:known] |= _reaches(order, low, high)
        for position in venue.ledger.positions.values():
            if position.symbol != symbol:
                continue
            if position.margin:  # an isolated one falls by itself
                return start
            size, value = float(position.size), float(position.open_value)
            worth[:known] += size * low - value if position.side is PositionSide.LONG else value - size * high
            needed[:known] += size * high
    busy |= worth < needed * max(_LARGEST_RATE, 1.01 * float(venue.settings.maintenance_above))
    return start + int(busy.argmax()) * length if busy.any() else stop


def _reaches(order: SimOrder, low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.bool_]:
    if order.trigger is not None and order.waiting:
        return high >= order.trigger.level if order.trigger.rising else low <= order.trigger.level
    level = float(order.price or 0)
    return low <= level if order.side is Side.BUY else high >= level
