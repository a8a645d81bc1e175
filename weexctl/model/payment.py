"""Money that moves on the account: funding, fees, transfers."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

__all__ = ["FUNDING", "Bill", "FundingPayment"]

FUNDING = "position_funding"
"""The kind of a bill that books funding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingPayment:
    """One funding settlement of one symbol, as the exchange booked it."""

    bill_id: str
    symbol: str
    amount: Decimal
    """Quote; positive when received, negative when paid."""
    time_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """One line of the account's statement."""

    bill_id: str
    asset: str
    symbol: str | None
    """None for what belongs to no symbol, as a transfer does."""
    kind: str
    """`deposit`, `transfer_in`, `position_open_long`, `position_funding`, `order_fill_fee_income` …"""
    amount: Decimal
    """Positive when received."""
    balance: Decimal | None
    """After it, None where the exchange does not say."""
    fee: Decimal
    time_ms: int
