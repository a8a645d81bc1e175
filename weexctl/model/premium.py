"""Mark price, index price and the funding ahead."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

__all__ = ["Premium"]


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
