"""Orders: what we ask for, and what the exchange has."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from weexctl.model.copying import quick
from weexctl.model.side import PositionSide, Side

__all__ = [
    "ConditionalOrder",
    "ConditionalRequest",
    "Leg",
    "Order",
    "OrderAck",
    "OrderIntent",
    "OrderRequest",
    "OrderStatus",
    "OrderType",
    "StopRequest",
    "TimeInForce",
    "TriggerKind",
    "TriggerSource",
]


class OrderType(StrEnum):
    """How an order meets the market."""

    MARKET = "market"
    LIMIT = "limit"


class TimeInForce(StrEnum):
    """How long a limit order stays."""

    GTC = "gtc"
    IOC = "ioc"
    FOK = "fok"
    POST_ONLY = "post_only"

    @property
    def rests(self) -> bool:
        """True when what is not filled at once waits in the book."""
        return self in (TimeInForce.GTC, TimeInForce.POST_ONLY)


class OrderStatus(StrEnum):
    """Lifecycle of an order at the exchange. A partly filled resting order is OPEN with a filled quantity."""

    PENDING = "pending"
    OPEN = "open"
    CANCELLING = "cancelling"
    UNTRIGGERED = "untriggered"
    TRIGGERED = "triggered"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    EXPIRED = "expired"

    @property
    def final(self) -> bool:
        """True when nothing more can happen to it."""
        return self in _FINAL


_FINAL = frozenset(
    (
        OrderStatus.FILLED,
        OrderStatus.CANCELLED,
        OrderStatus.REJECTED,
        OrderStatus.EXPIRED,
        OrderStatus.TRIGGERED,
    )
)


class Leg(StrEnum):
    """What an order is for within its decision; one letter of the client order id."""

    ENTRY = "entry"
    EXIT = "exit"
    STOP = "stop"
    TARGET = "target"

    letter: str
    """e, x, s or t."""

    def __init__(self, word: str) -> None:
        self.letter = {"entry": "e", "exit": "x", "stop": "s", "target": "t"}[word]


class TriggerSource(StrEnum):
    """The price a conditional order watches."""

    LAST = "last"
    MARK = "mark"


class TriggerKind(StrEnum):
    """On which side of the market a conditional order waits."""

    STOP = "stop"
    """With the move: a buy above the market, a sell below it."""
    TARGET = "target"
    """Against the move: a buy below the market, a sell above it."""


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderIntent:
    """What a decision wants sent, before any guard has looked at it."""

    decision_id: str
    symbol: str
    side: Side
    position_side: PositionSide
    leg: Leg
    quantity: Decimal
    """Base units, on the step, positive."""
    reference_price: Decimal
    """The price the decision saw, quote per base."""
    stop_price: Decimal | None = None
    """Trigger of the protective stop that goes out with an entry."""
    target_price: Decimal | None = None
    reason: str = ""
    """Code of why: ENTRY, ADD, REDUCE, DIRECTION_FLIP, STOP_HIT, TIME_LIMIT …"""
    rule: str = ""
    """The strategy that owns the position."""
    created_ms: int = 0
    type: OrderType = OrderType.MARKET
    price: Decimal | None = None
    """Limit price, quote per base, on the step; None for a market order."""
    time_in_force: TimeInForce | None = None
    """None for a market order."""

    @property
    def reduces(self) -> bool:
        """True when the order can only shrink a position."""
        return self.side is self.position_side.closing

    @property
    def rests(self) -> bool:
        """True when it may wait in the book for a price."""
        return self.time_in_force is not None and self.time_in_force.rests

    @property
    def expected_price(self) -> Decimal:
        """The price it counts on: the limit of a limit order, otherwise the reference, quote per base."""
        return self.reference_price if self.price is None else self.price

    @property
    def notional(self) -> Decimal:
        """Quantity times the highest price it counts on, quote: one that sells may get more than its limit."""
        if self.side is Side.SELL and self.price is not None:
            return self.quantity * max(self.reference_price, self.expected_price)
        return self.quantity * self.expected_price

    def request(self, client_order_id: str) -> OrderRequest:
        """The order that carries out exactly this."""
        return OrderRequest(
            symbol=self.symbol,
            side=self.side,
            position_side=self.position_side,
            quantity=self.quantity,
            client_order_id=client_order_id,
            type=self.type,
            price=self.price,
            time_in_force=self.time_in_force,
            stop_price=self.stop_price,
            target_price=self.target_price,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """One order as it goes to the exchange."""

    symbol: str
    side: Side
    position_side: PositionSide
    quantity: Decimal
    client_order_id: str
    type: OrderType = OrderType.MARKET
    price: Decimal | None = None
    time_in_force: TimeInForce | None = None
    stop_price: Decimal | None = None
    """Attached stop, executed at market."""
    target_price: Decimal | None = None
    trigger_source: TriggerSource = TriggerSource.MARK
    """The price that the attached stop and target watch, where the exchange lets us choose."""

    @property
    def reduces(self) -> bool:
        """True when it can only shrink a position."""
        return self.side is self.position_side.closing


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRequest:
    """A stand-alone protective stop or target on an existing position, executed at market."""

    symbol: str
    position_side: PositionSide
    trigger_price: Decimal
    quantity: Decimal | None
    """None means the whole position."""
    client_order_id: str
    leg: Leg = Leg.STOP
    trigger_source: TriggerSource = TriggerSource.MARK


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionalRequest:
    """An order that waits for a price of its own: an entry on a break or a pullback, or an exit beside the position."""

    symbol: str
    side: Side
    position_side: PositionSide
    quantity: Decimal
    trigger_price: Decimal
    client_order_id: str
    kind: TriggerKind = TriggerKind.STOP
    price: Decimal | None = None
    """Limit price, None for market execution."""
    stop_price: Decimal | None = None
    """Attached to the position that it opens, executed at market."""
    target_price: Decimal | None = None
    attached_source: TriggerSource = TriggerSource.MARK
    """The price that the attached stop and target watch."""

    @property
    def reduces(self) -> bool:
        """True when it can only shrink a position."""
        return self.side is self.position_side.closing


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAck:
    """The exchange's word that it took an order; not a fill."""

    order_id: str
    client_order_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order as the exchange last reported it."""

    order_id: str
    client_order_id: str
    symbol: str
    side: Side
    position_side: PositionSide
    type: OrderType
    status: OrderStatus
    quantity: Decimal
    filled_quantity: Decimal
    average_price: Decimal | None
    """Quote per base over its fills; None before the first."""
    price: Decimal | None
    """None for a market order."""
    reduce_only: bool
    created_ms: int
    updated_ms: int
    time_in_force: TimeInForce | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionalOrder:
    """A stop or target waiting for its trigger."""

    order_id: str
    client_order_id: str
    symbol: str
    side: Side
    position_side: PositionSide
    leg: Leg
    """STOP or TARGET; an entry trigger is ENTRY; EXIT where the exchange does not tell stop from target."""
    trigger_price: Decimal
    trigger_source: TriggerSource
    quantity: Decimal
    price: Decimal | None
    """Limit price, None for market execution."""
    status: OrderStatus
    created_ms: int
    updated_ms: int
    triggered_ms: int | None = None
    parent_order_id: str | None = None

    @property
    def protective(self) -> bool:
        """True when it can only close."""
        return self.side is self.position_side.closing
