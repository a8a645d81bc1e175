"""Executions against orders."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from weexctl.model.copying import quick
from weexctl.model.side import PositionSide, Side

__all__ = ["Fill"]


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """One execution against one of our orders."""

    fill_id: str
    order_id: str
    symbol: str
    side: Side
    position_side: PositionSide
    quantity: Decimal
    """Base units."""
    price: Decimal
    value: Decimal
    """Quantity times price, quote."""
    fee: Decimal
    """Quote, positive when paid."""
    realised: Decimal
    """Realised P&L of a closing fill before fees, quote; zero for an opening one."""
    maker: bool
    time_ms: int
