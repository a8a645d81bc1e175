"""A position as far as a feed reports it: what is held, without what follows from the market's price."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from weexctl.model.account import MarginMode, Position
from weexctl.model.side import PositionSide

__all__ = ["Holding", "holding_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A net holding on one side of one symbol; unlike a `Position` it has no P&L, margin or liquidation price."""

    position_id: str
    symbol: str
    side: PositionSide
    quantity: Decimal
    """Base units; zero says that the position is closed."""
    entry_price: Decimal | None
    """Quote per base, average over the fills that opened it; None once it is closed."""
    leverage: Decimal
    margin_mode: MarginMode
    funding: Decimal
    """Funding received (positive) or paid (negative) so far, quote."""
    opened_ms: int
    updated_ms: int


def holding_of(position: Position) -> Holding:
    """The part of a position that a feed reports too."""
    return Holding(
        position_id=position.position_id,
        symbol=position.symbol,
        side=position.side,
        quantity=position.quantity,
        entry_price=position.entry_price,
        leverage=position.leverage,
        margin_mode=position.margin_mode,
        funding=position.funding,
        opened_ms=position.opened_ms,
        updated_ms=position.updated_ms,
    )
