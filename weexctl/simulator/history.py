"""What happened to orders, in order, for those who check a run afterwards. Off unless asked for.

The venue itself forgets finished orders and old fills, as the exchange does; a check must not.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from weexctl.model.order import OrderStatus
from weexctl.model.side import PositionSide

if TYPE_CHECKING:
    from weexctl.simulator.orders import SimOrder, TriggerKind

__all__ = ["Event", "Happening", "History"]


class Event(StrEnum):
    """What can happen to an order."""

    ACCEPTED = "accepted"
    """It got its id; an order that the exchange made by itself has none of these."""
    ENTERED = "entered"
    """It rests or waits from now on."""
    FILLED = "filled"
    CHANGED = "changed"
    """Its trigger or its quantity is another one now."""
    FINISHED = "finished"


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One event, with the order as it was then."""

    time_ms: int
    event: Event
    order_id: int
    client_id: str
    symbol: str
    position_side: PositionSide
    opening: bool
    quantity: Decimal
    """Of the fill when it is one, else of the order, base units."""
    price: Decimal
    """Of the fill; zero otherwise."""
    executed: Decimal
    status: OrderStatus
    leverage: Decimal
    trigger_kind: TriggerKind | None = None
    trigger_price: Decimal | None = None
    whole_position: bool = False
    parent_id: int | None = None

    @property
    def key(self) -> tuple[str, PositionSide]:
        """Symbol and side of the position it is about."""
        return self.symbol, self.position_side


class History:
    """Every happening, oldest first. Times never run back but for the last millisecond of a candle."""

    def __init__(self) -> None:
        self.happenings: list[Happening] = []

    def add(
        self, event: Event, order: SimOrder, time_ms: int, *, quantity: Decimal, price: Decimal, leverage: Decimal
    ) -> None:
        """Remember one."""
        trigger = order.trigger
        self.happenings.append(
            Happening(
                time_ms=time_ms,
                event=event,
                order_id=order.id,
                client_id=order.client_id,
                symbol=order.symbol,
                position_side=order.position_side,
                opening=order.opening,
                quantity=quantity or order.quantity,
                price=price,
                executed=order.executed,
                status=order.status,
                leverage=leverage,
                trigger_kind=None if trigger is None else trigger.kind,
                trigger_price=None if trigger is None else trigger.price,
                whole_position=trigger is not None and trigger.whole_position,
                parent_id=order.parent_id,
            )
        )
