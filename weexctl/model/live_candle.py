"""A candle as a feed reports it while it forms, and once more when it is complete."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from weexctl.model.candle import PriceSource, Timeframe

__all__ = ["LiveCandle"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveCandle:
    """One candle of one symbol, open or closed. Prices are quote per base."""

    symbol: str
    timeframe: Timeframe
    price: PriceSource
    """The price it is made of."""
    open_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    """Base units."""
    turnover: Decimal | None
    """Quote; None where the source does not say."""

    @property
    def close_ms(self) -> int:
        """The moment it is complete."""
        return self.open_ms + self.timeframe.ms
