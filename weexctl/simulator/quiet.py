"""Candles in which nothing can happen: how far the market may be let go on without looking at each one.

Only a strict look: a candle that is called quiet reaches no trigger and no limit, and leaves the account far from a
liquidation. What is not called quiet is passed through the ordinary way.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from weexctl.model.side import PositionSide, Side
from weexctl.simulator.liquidation import highest_rate
from weexctl.simulator.market import MarketView, Tape
from weexctl.simulator.orders import SimOrder
from weexctl.simulator.settings import SimulatorSettings
from weexctl.simulator.venue import Venue

__all__ = ["Calm", "first_busy_ms", "is_quiet", "opens_quietly"]

_LOOK = (32, 512, 4_096, 32_768)
"""Candles looked at in one go: few at first, since most searches end soon."""
_FEW = 32
"""Up to so many candles are looked at one by one: numpy costs more than that."""


@dataclass(slots=True)
class Calm:
    """What is known of the candles ahead, as long as nothing changes."""

    version: int
    market: MarketView
    settings: SimulatorSettings
    from_ms: int
    until_ms: int
    """Nothing can happen in the candles that open from `from_ms` on and before this one."""
    busy: bool
    """Whether something can happen in the one that opens at `until_ms`; False when nobody has looked yet."""


def first_busy_ms(venue: Venue, from_ms: int, until_ms: int) -> int:
    """The open of the first candle from `from_ms` on in which something could happen; `until_ms` when there is none.

    Args:
        venue: the account with its orders and positions; it keeps what was found.
        from_ms: the open of the first candle that is looked at.
        until_ms: the open of the candle that is not looked at any more.
    """
    calm = _known(venue)
    if calm is None or not calm.from_ms <= from_ms <= calm.until_ms:
        found, busy = _search(venue, from_ms, until_ms)
    elif calm.busy or calm.until_ms >= until_ms:
        return min(calm.until_ms, until_ms)
    else:
        found, busy = _search(venue, calm.until_ms, until_ms)
        from_ms = calm.from_ms
    venue.calm = Calm(venue.version, venue.market, venue.settings, from_ms, found, busy)
    return found


def is_quiet(venue: Venue, opened_ms: int) -> bool:
    """Whether somebody has already found that nothing can happen in the candle that opens then."""
    calm = _known(venue)
    return calm is not None and calm.from_ms <= opened_ms < calm.until_ms


def opens_quietly(venue: Venue) -> bool:
    """Whether the prices at which the candle of this moment opens set nothing off."""
    worth, needed = float(venue.ledger.wallet), 0.0
    prices: dict[str, float] = {}
    for symbol in {symbol for symbol, *_ in venue.ledger.positions} | venue.live.keys():
        tape = venue.market.tapes[symbol]
        row = tape.index(venue.now_ms)
        if not 0 <= row < tape.count:
            return False
        prices[symbol] = price = tape.open[row]
        falling, rising = _levels(venue.live.get(symbol, ()))
        if price <= falling or price >= rising:
            return False
    for position in venue.ledger.positions.values():
        if position.margin:
            return False
        value = float(position.size) * prices[position.symbol]
        worth += (value - float(position.open_value)) * position.side.sign
        needed += value
    return worth >= needed * highest_rate(venue)


def _known(venue: Venue) -> Calm | None:
    """What was found of the candles ahead, if it still holds."""
    calm = venue.calm
    if calm is None or calm.version != venue.version or calm.market is not venue.market:
        return None
    return calm if calm.settings is venue.settings else None


def _search(venue: Venue, from_ms: int, until_ms: int) -> tuple[int, bool]:
    length = venue.market.timeframe.ms
    symbols = {symbol for symbol, *_ in venue.ledger.positions} | venue.live.keys()
    looked, start = 0, from_ms
    while start < until_ms:
        span = _LOOK[min(looked, len(_LOOK) - 1)]
        stop = min(until_ms, start + span * length)
        found = _first(venue, symbols, start, stop, length)
        if found < stop:
            return found, True
        looked, start = looked + 1, stop
    return until_ms, False


def _first(venue: Venue, symbols: set[str], start: int, stop: int, length: int) -> int:
    """The first candle that reaches an order, or any that may come near a liquidation."""
    count = (stop - start) // length
    spans: dict[str, _Span] = {}
    for symbol in symbols:
        tape = venue.market.tapes[symbol]
        first = (start - tape.first_ms) // length
        if first < 0:
            return start
        span = spans[symbol] = _Span(tape, first, *_levels(venue.live.get(symbol, ())))
        count = span.reached(count)
        if not count:
            return start
    if _is_safe(venue, spans, count):
        return start + count * length
    return start + _near_liquidation(venue, spans, count) * length


@dataclass(slots=True)
class _Span:
    """One symbol's candles from one on, and the levels beyond which something happens."""

    tape: Tape
    first: int
    falling: float
    rising: float

    def reached(self, count: int) -> int:
        """The first of `count` candles that reaches a level or lies behind the data; `count` when there is none."""
        tape, first, falling, rising = self.tape, self.first, self.falling, self.rising
        count = min(count, max(0, tape.count - first))
        if count <= _FEW:
            for row in range(first, first + count):
                if tape.low[row] <= falling or tape.high[row] >= rising:
                    return row - first
            return count
        hits = (tape.lows[first : first + count] <= falling) | (tape.highs[first : first + count] >= rising)
        at = int(hits.argmax())
        return at if hits[at] else count

    def extremes(self, count: int) -> tuple[float, float]:
        """A price that none of `count` quiet candles falls below, and one that none rises above."""
        low, high, tape, stop = self.falling, self.rising, self.tape, self.first + count
        if low == -math.inf:
            low = min(tape.low[self.first : stop]) if count <= _FEW else float(tape.lows[self.first : stop].min())
        if high == math.inf:
            high = max(tape.high[self.first : stop]) if count <= _FEW else float(tape.highs[self.first : stop].max())
        return low, high


def _levels(orders: Iterable[SimOrder]) -> tuple[float, float]:
    """The highest price at which a fall, and the lowest at which a rise, reaches one of these orders."""
    falling, rising = -math.inf, math.inf
    for order in orders:
        if order.trigger is not None and order.waiting:
            level, upward = order.trigger.level, order.trigger.rising
        else:
            level, upward = float(order.price or 0), order.side is Side.SELL
        if upward:
            rising = min(rising, level)
        else:
            falling = max(falling, level)
    return falling, rising


def _is_safe(venue: Venue, spans: dict[str, _Span], count: int) -> bool:
    """Whether no quiet candle can come near a liquidation, even if all of them went to all their extremes at once."""
    worth, needed = float(venue.ledger.wallet), 0.0
    for position in venue.ledger.positions.values():
        if position.margin:  # an isolated one falls by itself
            return False
        low, high = spans[position.symbol].extremes(count)
        size, value = float(position.size), float(position.open_value)
        worth += size * low - value if position.side is PositionSide.LONG else value - size * high
        needed += size * high
    return worth >= needed * highest_rate(venue)


def _near_liquidation(venue: Venue, spans: dict[str, _Span], count: int) -> int:
    """The first of `count` candles that may come near a liquidation; `count` when there is none."""
    import numpy as np

    worth, needed = np.full(count, float(venue.ledger.wallet)), np.zeros(count)
    for position in venue.ledger.positions.values():
        if position.margin:
            return 0
        span = spans[position.symbol]
        low, high = (side[span.first : span.first + count] for side in (span.tape.lows, span.tape.highs))
        size, value = float(position.size), float(position.open_value)
        worth += size * low - value if position.side is PositionSide.LONG else value - size * high
        needed += size * high
    near = worth < needed * highest_rate(venue)
    return int(near.argmax()) if near.any() else count
