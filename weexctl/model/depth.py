"""The order book."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

__all__ = ["Depth"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """The order book of one symbol, best first; each level is price and quantity."""

    symbol: str
    bids: tuple[tuple[Decimal, Decimal], ...]
    asks: tuple[tuple[Decimal, Decimal], ...]
    update_id: str
    """Grows with every change of the book; the time as text where the exchange numbers nothing."""
    time_ms: int | None = None
    """None where the exchange does not say."""
