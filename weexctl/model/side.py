"""The two directions of an order and the two sides of a position."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["PositionSide", "Side"]


class Side(StrEnum):
    """Buy or sell: what an order does."""

    BUY = "buy"
    SELL = "sell"


class PositionSide(StrEnum):
    """Long or short: what a position is. In hedge mode one symbol can hold both."""

    LONG = "long"
    SHORT = "short"

    @property
    def sign(self) -> int:
        """+1 for long, -1 for short."""
        return 1 if self is PositionSide.LONG else -1

    @property
    def opening(self) -> Side:
        """The order side that opens or adds."""
        return Side.BUY if self is PositionSide.LONG else Side.SELL

    @property
    def closing(self) -> Side:
        """The order side that reduces or closes."""
        return Side.SELL if self is PositionSide.LONG else Side.BUY

    @classmethod
    def of(cls, sign: float) -> PositionSide:
        """The side with this sign; zero has none."""
        if sign == 0:
            raise ValueError("a flat position has no side")
        return cls.LONG if sign > 0 else cls.SHORT
