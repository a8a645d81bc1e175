"""Money that moves between longs and shorts at a settlement."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

__all__ = ["FundingPayment"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingPayment:
    """One funding settlement of one symbol, as the exchange booked it."""

    bill_id: str
    symbol: str
    amount: Decimal
    """Quote; positive when received, negative when paid."""
    time_ms: int
