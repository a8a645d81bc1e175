"""A synthetic order book: how much rests at which price, and what a taker pays.

Around the mid price lies a spread; beyond the best price, liquidity is spread evenly, so that an order's average
price moves by `impact` times its value over one minute's turnover (methods 8).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal

from weexctl.model.side import Side
from weexctl.simulator.venue import Venue

__all__ = ["Book", "book_of", "market_price"]

TINY = 1e-9
"""Keeps a price that lies on a step from being moved to the next one by the last bit of a float."""


@dataclass(frozen=True, slots=True)
class Book:
    """The book of one symbol at one moment."""

    mid: Decimal
    bid: Decimal
    ask: Decimal
    step: Decimal
    turnover: float
    """Quote per minute."""
    slippage: float
    """What a market order pays beyond mid before impact, as a fraction."""
    impact: float
    max_impact: float
    touch: float
    """Quote resting at the best price."""

    def taker_price(self, side: Side, quantity: Decimal) -> Decimal:
        """The average price of a market order, rounded to the step against the taker.

        The mid price lies on a step, so any slippage costs at least one.
        """
        return _taker_price(
            self.mid, side, quantity, self.step, self.turnover, self.slippage, self.impact, self.max_impact
        )

    def crosses(self, side: Side, limit: Decimal) -> bool:
        """Whether a limit order would trade at once."""
        return limit >= self.ask if side is Side.BUY else limit <= self.bid

    def within(self, side: Side, limit: Decimal) -> float:
        """Base units that can be taken at the limit price or better."""
        if not self.crosses(side, limit):
            return 0.0
        best = float(self.ask if side is Side.BUY else self.bid)
        if self.impact <= 0:
            return math.inf
        depth = abs(float(limit) / best - 1) / (2 * self.impact) * self.turnover
        return (self.touch + depth) / best

    def limit_price(self, side: Side, quantity: Decimal) -> Decimal:
        """The average price at which a limit order takes; for a quantity `within` its limit it is not beyond it."""
        best = float(self.ask if side is Side.BUY else self.bid)
        beyond = max(0.0, float(quantity) * best - self.touch)
        away = best * self.impact * beyond / self.turnover if self.turnover > 0 else 0.0
        return self._on_step(best + away if side is Side.BUY else best - away, side)

    def levels(self, side: Side, count: int) -> list[tuple[Decimal, float]]:
        """Prices and base units offered to a taker of this side, best first."""
        best = self.ask if side is Side.BUY else self.bid
        width = max(self.step, (best * Decimal("0.0001") / self.step).to_integral_value() * self.step)
        outward = width if side is Side.BUY else -width
        rungs = [best + outward * k for k in range(count)]
        level = self.turnover * float(width / best) / (2 * self.impact) if self.impact > 0 else self.touch
        return [(price, (self.touch if k == 0 else level) / float(price)) for k, price in enumerate(rungs) if price > 0]

    def _on_step(self, price: float, side: Side) -> Decimal:
        return _on_step(price, side, self.step)


def _on_step(price: float, side: Side, step: Decimal) -> Decimal:
    ticks = price / float(step)
    slack = TINY * max(1.0, ticks)
    return step * (math.ceil(ticks - slack) if side is Side.BUY else math.floor(ticks + slack))


def _taker_price(
    mid: Decimal,
    side: Side,
    quantity: Decimal,
    step: Decimal,
    turnover: float,
    slippage: float,
    impact: float,
    max_impact: float,
) -> Decimal:
    start = float(mid)
    part = impact * (float(quantity) * start) / turnover if turnover > 0 else max_impact
    away = start * (slippage + min(part, max_impact))
    return max(_on_step(start + away if side is Side.BUY else start - away, side, step), step)


def market_price(venue: Venue, symbol: str, side: Side, quantity: Decimal, mid: Decimal | None = None) -> Decimal:
    """What `book_of(venue, symbol, mid).taker_price(side, quantity)` is, without the rest of the book."""
    settings, contract = venue.settings, venue.contracts[symbol]
    return _taker_price(
        venue.price(symbol) if mid is None else mid,
        side,
        quantity,
        contract.instrument.price_step,
        venue.market.tapes[symbol].minute_turnover(venue.now_ms),
        (settings.slippage_bps if contract.major else settings.slippage_minor_bps) / 1e4,
        settings.impact,
        settings.max_impact,
    )


def book_of(venue: Venue, symbol: str, mid: Decimal | None = None) -> Book:
    """The book now; `mid` stands for the price of this moment where a trigger fired within a candle."""
    settings, contract = venue.settings, venue.contracts[symbol]
    mid, step = venue.price(symbol) if mid is None else mid, contract.instrument.price_step
    half = settings.spread_bps / 2e4
    turnover = venue.market.tapes[symbol].minute_turnover(venue.now_ms)
    ticks = float(mid) / float(step)
    return Book(
        mid=mid,
        bid=max(step, step * math.floor(ticks * (1 - half) + TINY * ticks)),
        ask=step * math.ceil(ticks * (1 + half) - TINY * ticks),
        step=step,
        turnover=turnover,
        slippage=(settings.slippage_bps if contract.major else settings.slippage_minor_bps) / 1e4,
        impact=settings.impact,
        max_impact=settings.max_impact,
        touch=settings.touch_minutes * turnover,
    )
