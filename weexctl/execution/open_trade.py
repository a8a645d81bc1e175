"""A position from its first fill to its last: who it belongs to, what it has cost, what protects it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from weexctl.model.copying import copier, quick
from weexctl.model.fill import Fill
from weexctl.model.side import PositionSide

__all__ = ["OpenTrade"]

_ZERO = Decimal(0)
_MONEY = (
    "opened_value",
    "closed_value",
    "fees",
    "realised",
    "funding",
    "opened_quantity",
    "closed_quantity",
    "entry_slippage",
    "exit_slippage",
)


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTrade:
    """The account of one position while it lives. Money is quote, quantities are base units."""

    symbol: str
    side: PositionSide
    opened_ms: int
    """Close of the candle whose decision opened it."""
    decision_id: str
    entry_order_id: str
    rule: str
    regime: str
    stop_price: Decimal | None
    target_price: Decimal | None
    stop_order_ids: tuple[str, ...] = ()
    best_price: float = 0.0
    opened_value: Decimal = _ZERO
    opened_quantity: Decimal = _ZERO
    closed_value: Decimal = _ZERO
    closed_quantity: Decimal = _ZERO
    fees: Decimal = _ZERO
    realised: Decimal = _ZERO
    funding: Decimal = _ZERO
    entry_slippage: Decimal = _ZERO
    """What the opening fills brought against the prices they were decided at; negative when they were worse."""
    exit_slippage: Decimal = _ZERO
    last_order_id: str = ""
    """The order of the newest fill."""
    last_fill_ms: int = 0

    @property
    def quantity(self) -> Decimal:
        """What is still held, by the fills."""
        return self.opened_quantity - self.closed_quantity

    @property
    def entry_price(self) -> Decimal:
        """Average over the opening fills."""
        return self.opened_value / self.opened_quantity if self.opened_quantity else _ZERO

    @property
    def exit_price(self) -> Decimal:
        """Average over the closing fills."""
        return self.closed_value / self.closed_quantity if self.closed_quantity else _ZERO

    @property
    def net(self) -> Decimal:
        """Realised P&L less fees, plus funding."""
        return self.realised - self.fees + self.funding

    def with_fill(self, fill: Fill, reference: Decimal | None = None) -> OpenTrade:
        """The trade after one more execution.

        Args:
            fill: of this symbol and side.
            reference: the price it was decided at, a stop's trigger; None when there is none of ours.
        """
        opens = fill.side is self.side.opening
        better = _ZERO if reference is None else (fill.price - reference) * fill.quantity * self.side.sign
        shared = {
            "fees": self.fees + fill.fee,
            "realised": self.realised + fill.realised,
            "last_order_id": fill.order_id,
            "last_fill_ms": fill.time_ms,
        }
        if opens:
            return _copy(
                self,
                opened_value=self.opened_value + fill.value,
                opened_quantity=self.opened_quantity + fill.quantity,
                entry_slippage=self.entry_slippage - better,
                **shared,
            )
        return _copy(
            self,
            closed_value=self.closed_value + fill.value,
            closed_quantity=self.closed_quantity + fill.quantity,
            exit_slippage=self.exit_slippage + better,
            **shared,
        )

    def with_best(self, price: float) -> OpenTrade:
        """The trade with another close most in favour."""
        return _copy(self, best_price=price)

    def parameters(self) -> dict[str, Any]:
        """Everything the journal's position row has no column for, as plain data."""
        return {
            "entry_order_id": self.entry_order_id,
            "stop_order_ids": list(self.stop_order_ids),
            "best_price": self.best_price,
            "last_order_id": self.last_order_id,
            "last_fill_ms": self.last_fill_ms,
            **{name: str(getattr(self, name)) for name in _MONEY},
        }

    @staticmethod
    def money_of(parameters: dict[str, Any]) -> dict[str, Decimal]:
        """The money of stored parameters, by field."""
        return {name: Decimal(parameters[name]) for name in _MONEY}


_copy = copier(OpenTrade)
