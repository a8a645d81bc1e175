"""The money under the positions, as a feed reports it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

__all__ = ["Collateral"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Collateral:
    """One coin of the account. It has no unrealised P&L and so is no `Balance`: that takes a read."""

    asset: str
    wallet: Decimal
    """What people call the balance: deposits, realised P&L, fees and funding."""
    cash: Decimal
    """The exchange's cash ledger: opening a long takes its value out, opening a short adds it."""
    fees: Decimal
    """Trading fees so far."""
    funding: Decimal
    """Funding so far, positive when received."""
    updated_ms: int
