"""What the market shows at a glance: the last 24 hours, and the best bid and ask."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

__all__ = ["BookTicker", "Ticker"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticker:
    """The last 24 hours of one symbol. Prices are quote per base."""

    symbol: str
    last: Decimal
    change: Decimal | None
    """Against 24 h ago, quote per base; None where the exchange gives only the ratio."""
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
