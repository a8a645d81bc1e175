"""A difference between exchange and books, each side in its own words."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from weexctl.execution.differences import Books, Difference, Kind
from weexctl.execution.snapshot import Snapshot
from weexctl.model.order import Leg

__all__ = ["Told", "told"]

_NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Told:
    """What each side says."""

    exchange: str
    record: str


def told(difference: Difference, books: Books, seen: Snapshot) -> Told:
    """What the exchange shows, and what is on record about it."""
    match difference.kind:
        case Kind.FILLS_MISSING | Kind.EXTERNAL_POSITION:
            return Told(_held(difference, seen), _booked(difference, books))
        case Kind.STOP_MISSING | Kind.STOP_LOOSE | Kind.STOP_SURPLUS:
            return Told(_stops(difference, seen), _recorded_stop(difference, books))
        case Kind.STOP_ORPHANED:
            return Told(_order(difference, seen), "no position")
        case Kind.EXTERNAL_ORDER:
            return Told(_order(difference, seen), _NOTHING)
        case Kind.STRAY_ORDER:
            return Told(_order(difference, seen), "no open intent")
        case Kind.UNSETTLED:
            return Told(f"{_ours(difference, books, seen)} open orders of ours", "an order without its end")


def _held(difference: Difference, seen: Snapshot) -> str:
    position = None if difference.side is None else seen.positions.get((difference.symbol, difference.side.value))
    return "no position" if position is None else f"{position.quantity} held"


def _booked(difference: Difference, books: Books) -> str:
    trade = None if difference.side is None else books.trades.get((difference.symbol, difference.side.value))
    return "no position" if trade is None else f"fills for {trade.quantity}"


def _stops(difference: Difference, seen: Snapshot) -> str:
    orders = [
        order
        for order in seen.conditional or ()
        if (order.symbol, order.position_side) == (difference.symbol, difference.side)
        and order.leg is Leg.STOP
        and difference.order_id in ("", order.order_id)
    ]
    stops = ", ".join(f"{_size(order.quantity)} at {order.trigger_price}" for order in orders)
    return f"{_held(difference, seen)}, stops: {stops or 'none'}"


def _recorded_stop(difference: Difference, books: Books) -> str:
    trade = None if difference.side is None else books.trades.get((difference.symbol, difference.side.value))
    if trade is None or trade.stop_price is None:
        return "no stop"
    return f"a stop on {trade.quantity} at {trade.stop_price}"


def _order(difference: Difference, seen: Snapshot) -> str:
    for order in seen.orders:
        if order.order_id == difference.order_id:
            price = "market" if order.price is None else str(order.price)
            return f"{order.side.value} {order.quantity} at {price}"
    for waiting in seen.conditional or ():
        if waiting.order_id == difference.order_id:
            return f"{waiting.leg.value} on {_size(waiting.quantity)} at {waiting.trigger_price}"
    return _NOTHING


def _size(quantity: Decimal) -> str:
    return "the whole position" if quantity == 0 else str(quantity)


def _ours(difference: Difference, books: Books, seen: Snapshot) -> int:
    return sum(
        1
        for order in seen.orders
        if order.symbol == difference.symbol and order.client_order_id in books.open_client_ids
    )
