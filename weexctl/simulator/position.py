"""One side of one symbol."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from weexctl.model.side import PositionSide

__all__ = ["SimPosition"]

ZERO = Decimal(0)
CENTI_MICRO = Decimal("1E-8")
"""Fees are kept with eight decimals."""


@dataclass(slots=True, kw_only=True)
class SimPosition:
    """A net holding with its sums. The entry price is `open_value / size`; nothing else keeps it."""

    id: int
    symbol: str
    side: PositionSide
    created_ms: int
    updated_ms: int
    created_sequence: int
    updated_sequence: int
    size: Decimal = ZERO
    open_value: Decimal = ZERO
    open_fee: Decimal = ZERO
    funding: Decimal = ZERO
    """Received (positive) or paid (negative) on what is still open."""
    cum_open_size: Decimal = ZERO
    cum_open_value: Decimal = ZERO
    cum_open_fee: Decimal = ZERO
    cum_close_size: Decimal = ZERO
    cum_close_value: Decimal = ZERO
    cum_close_fee: Decimal = ZERO
    cum_funding: Decimal = ZERO
    margin: Decimal = ZERO
    """Its own margin, zero for a cross position: what opening took, what was moved to it, and its funding."""
    auto_append: bool = False
    opened_by: int = 0
    """The order that opened a separated position; 0 for a combined one."""

    @property
    def key(self) -> tuple[str, PositionSide, int]:
        """What tells it from the other open positions."""
        return self.symbol, self.side, self.opened_by

    def add(self, quantity: Decimal, value: Decimal, fee: Decimal, margin: Decimal) -> None:
        """Open, or open more; `margin` is what an isolated position takes along."""
        self.size += quantity
        self.margin += margin
        self.open_value += value
        self.open_fee += fee
        self.cum_open_size += quantity
        self.cum_open_value += value
        self.cum_open_fee += fee

    def reduce(self, quantity: Decimal, value: Decimal, fee: Decimal, *, value_step: Decimal) -> Decimal:
        """Close a part and return its realised P&L before fees.

        The part takes its share of the open value, rounded to `value_step`; the last part takes what is left.
        """
        entry = self._share(self.open_value, quantity, value_step)
        self.open_fee -= self._share(self.open_fee, quantity, CENTI_MICRO)
        self.funding -= self._share(self.funding, quantity, CENTI_MICRO)
        self.margin -= self._share(self.margin, quantity, CENTI_MICRO)
        self.open_value -= entry
        self.size -= quantity
        self.cum_close_size += quantity
        self.cum_close_value += value
        self.cum_close_fee += fee
        return (value - entry) * self.side.sign

    def unrealised(self, mark: Decimal) -> Decimal:
        """Value at mark less open value, signed by the side."""
        return (self.size * mark - self.open_value) * self.side.sign

    def _share(self, total: Decimal, quantity: Decimal, step: Decimal) -> Decimal:
        if quantity == self.size:
            return total
        return (total * quantity / self.size).quantize(step)
