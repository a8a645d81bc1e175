"""What became of one intent."""

from __future__ import annotations

from dataclasses import dataclass

from weexctl.journal.intent_state import IntentState
from weexctl.model.fill import Fill
from weexctl.model.order import Order, OrderIntent

__all__ = ["Execution"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """What became of one intent."""

    intent: OrderIntent
    intent_id: int | None
    """None when a guard refused it before it was written down."""
    state: IntentState
    code: str = ""
    """Why it is not an order; empty when it is one."""
    reason: str = ""
    order: Order | None = None
    fills: tuple[Fill, ...] = ()

    @property
    def accepted(self) -> bool:
        """True when the exchange has the order."""
        return self.order is not None

    @property
    def rests(self) -> bool:
        """True when it waits in the book, as it was meant to; a part may be filled."""
        return self.intent.rests and self.order is not None and not self.order.status.final
