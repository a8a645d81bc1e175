"""What the market shows besides candles: tickers, the best prices, the order book and the funding ahead."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

__all__ = ["BookTicker", "Depth", "Premium", "Ticker"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticker:
    """The last 24 hours of one symbol. Prices are quote per base."""

    symbol: str
    last: Decimal
    change: Decimal
    """Against 24 h ago, quote per base."""
    change_ratio: Decimal
    """0.01 is one per cent."""
    high: Decimal
    low: Decimal
    volume: Decimal
    """Base units."""
    turnover: Decimal
    """Quote."""
    mark_price: Decimal
    index_price: Decimal
    time_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BookTicker:
    """The best bid and ask of one symbol."""

    symbol: str
    bid: Decimal
    bid_quantity: Decimal
    ask: Decimal
    ask_quantity: Decimal
    time_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """The order book of one symbol, best first; each level is price and quantity."""

    symbol: str
    bids: tuple[tuple[Decimal, Decimal], ...]
    asks: tuple[tuple[Decimal, Decimal], ...]
    update_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Premium:
    """Mark price, index price and the funding of one symbol."""

    symbol: str
    mark_price: Decimal
    index_price: Decimal
    last_rate: Decimal
    """Of the last settlement, a fraction; longs pay when it is positive."""
    forecast_rate: Decimal
    """Of the next settlement, as it looks now."""
    next_funding_ms: int
    interval_ms: int
    time_ms: int
