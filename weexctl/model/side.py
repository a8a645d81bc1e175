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

    sign: int
    """+1 for long, -1 for short."""
    opening: Side
    """The order side that opens or adds."""
    closing: Side
    """The order side that reduces or closes."""

    def __init__(self, word: str) -> None:
        # Kept, not computed: every order, fill and guard asks for them.
        long = word == "long"
        self.sign = 1 if long else -1
        self.opening, self.closing = (Side.BUY, Side.SELL) if long else (Side.SELL, Side.BUY)

    @classmethod
    def of(cls, sign: float) -> PositionSide:
        """The side with this sign; zero has none."""
        if sign == 0:
            raise ValueError("a flat position has no side")
        return cls.LONG if sign > 0 else cls.SHORT
