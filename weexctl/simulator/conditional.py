"""Conditional orders: when they fire, and what becomes of them."""

from __future__ import annotations

from decimal import Decimal

from weexctl.model.order import OrderType, TriggerSource
from weexctl.model.side import PositionSide
from weexctl.simulator.detail import Bar
from weexctl.simulator.matching import match_limit, match_market
from weexctl.simulator.orders import SimOrder, TriggerKind
from weexctl.simulator.venue import Venue

__all__ = ["fire", "fire_reached", "reached"]


def reached(order: SimOrder, kind: TriggerKind, last: Bar, mark: Bar) -> bool:
    """Whether a waiting order of this kind fires within these bars."""
    trigger = order.trigger
    if trigger is None or trigger.kind is not kind or not order.waiting:
        return False
    bar = mark if trigger.source is TriggerSource.MARK else last
    return trigger.reached(bar.low, bar.high)


def fire_reached(
    venue: Venue, symbol: str, kind: TriggerKind, last: Bar, mark: Bar, time_ms: int, before_ms: int
) -> None:
    """Fire the symbol's waiting orders of this kind that these bars reach and that were placed before, oldest first."""
    for order in list(venue.orders(symbol)):
        if order.created_ms < before_ms and reached(order, kind, last, mark):
            fire(venue, order, last, time_ms)


def fire(venue: Venue, order: SimOrder, last: Bar, time_ms: int) -> None:
    """Release a conditional order: it executes at its trigger, or at the open when that lies beyond (a gap).

    One with a limit price becomes a limit order. A closing one without a position ends cancelled and opens nothing.
    """
    trigger = order.trigger
    assert trigger is not None  # noqa: S101  # callers pass conditional orders only
    trigger.fired_ms = time_ms
    order.updated_ms = time_ms
    if venue.settings.orphan_opens and not order.opening:
        _turn(venue, order)
    opened = Decimal(repr(last.open))
    beyond = opened >= trigger.price if trigger.rising else opened <= trigger.price
    reference = opened if beyond else trigger.price
    match = match_limit if order.type is OrderType.LIMIT else match_market
    match(venue, order, time_ms, reference)


def _turn(venue: Venue, order: SimOrder) -> None:
    # What sells a long that is gone sells a new short.
    if not venue.ledger.rows(order.symbol, order.position_side, order.bound):
        other = PositionSide.SHORT if order.position_side is PositionSide.LONG else PositionSide.LONG
        order.position_side, order.bound = other, 0
