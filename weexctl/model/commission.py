"""What this account pays for its fills."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

__all__ = ["Commission"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Commission:
    """The fee rates of one symbol for this account; fractions of a fill's value, 0.0002 is 2 bp."""

    symbol: str
    maker: Decimal
    taker: Decimal
