"""Orders as the simulated exchange keeps them."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from weexctl.model.copying import quick
from weexctl.model.order import OrderStatus, OrderType, TimeInForce, TriggerSource
from weexctl.model.side import PositionSide, Side

__all__ = ["Preset", "SimOrder", "Trigger", "TriggerKind"]

ZERO = Decimal(0)


class TriggerKind(StrEnum):
    """Which way the price has to come."""

    STOP = "stop"
    """Against the position it protects, or the way a breakout goes."""
    TARGET = "target"


@dataclass(slots=True, kw_only=True)
class Trigger:
    """The condition of a conditional order."""

    kind: TriggerKind
    price: Decimal
    source: TriggerSource
    rising: bool
    """True when the order fires at or above `price`."""
    whole_position: bool = False
    fired_ms: int = 0
    """0 while it waits."""
    level: float = field(init=False)

    def __post_init__(self) -> None:
        self.level = float(self.price)

    def move(self, price: Decimal) -> None:
        """Put the trigger elsewhere."""
        self.price = price
        self.level = float(price)

    def reached(self, low: float, high: float) -> bool:
        """Whether a price that went from `low` to `high` fires it."""
        return high >= self.level if self.rising else low <= self.level


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A stop or target that goes into force with the fill of its order."""

    price: Decimal
    source: TriggerSource


@dataclass(slots=True, kw_only=True, eq=False)
class SimOrder:
    """One order. A conditional order keeps its id when it fires and goes on as a market or limit order."""

    id: int
    client_id: str
    symbol: str
    side: Side
    position_side: PositionSide
    type: OrderType
    time_in_force: TimeInForce
    quantity: Decimal
    price: Decimal | None
    """None for market execution."""
    created_ms: int
    updated_ms: int
    status: OrderStatus = OrderStatus.PENDING
    executed: Decimal = ZERO
    quote: Decimal = ZERO
    """Value of what was executed."""
    fee: Decimal = ZERO
    """Paid for what was executed."""
    realised: Decimal = ZERO
    """P&L before fees of what was executed."""
    reserved: Decimal = ZERO
    """Margin and fee set aside while it rests."""
    trigger: Trigger | None = None
    target: Preset | None = None
    stop: Preset | None = None
    parent_id: int | None = None
    """The order a plan order was attached to."""
    bound: int = 0
    """The separated position it opens or closes, by that position's opening order; 0 without one."""
    visible_ms: int = 0

    @property
    def opening(self) -> bool:
        """True when it opens or adds."""
        return (self.side is Side.BUY) == (self.position_side is PositionSide.LONG)

    @property
    def waiting(self) -> bool:
        """True when it is a conditional order that has not fired."""
        return self.status is OrderStatus.UNTRIGGERED

    @property
    def remaining(self) -> Decimal:
        """What is not executed yet, base units."""
        return self.quantity - self.executed
