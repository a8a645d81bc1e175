"""How much is held open in the whole market."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

__all__ = ["OpenInterest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenInterest:
    """The open interest of one symbol."""

    symbol: str
    quantity: Decimal
    """Base units."""
    value: Decimal | None
    """Quote; None where the exchange does not say."""
    time_ms: int
