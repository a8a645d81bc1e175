"""Trades of the whole market, ours and everybody else's."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from weexctl.model.side import Side

__all__ = ["MarketTrade"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketTrade:
    """One trade as the exchange published it."""

    trade_id: str
    symbol: str
    price: Decimal
    quantity: Decimal
    """Base units."""
    value: Decimal
    """Quote."""
    taker_side: Side
    """Who crossed the spread."""
    time_ms: int
