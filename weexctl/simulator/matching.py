"""Matching: how orders become fills."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal

from weexctl.model.order import OrderStatus, OrderType, TimeInForce
from weexctl.model.side import Side
from weexctl.simulator.book import Book, book_of, market_price
from weexctl.simulator.detail import Bar
from weexctl.simulator.history import Event
from weexctl.simulator.margin import available, initial_margin, order_margin
from weexctl.simulator.orders import Preset, SimOrder, Trigger, TriggerKind
from weexctl.simulator.venue import Venue

__all__ = ["fill", "fill_resting", "match_limit", "match_market", "traded_through"]

ZERO = Decimal(0)


def match_market(venue: Venue, order: SimOrder, time_ms: int, reference: Decimal | None = None) -> None:
    """Execute a market order at once, and finish it.

    A closing order is cut to what the position has. One that finds nothing to close, or an opening one that a
    trigger released at `reference` and the account cannot carry, ends cancelled without a fill.
    """
    quantity = _executable(venue, order)
    if quantity:
        price = market_price(venue, order.symbol, order.side, quantity, reference)
        if reference is None or _affordable(venue, order, quantity, price):
            fill(venue, order, quantity, price, maker=False, time_ms=time_ms)
    venue.finish(order, OrderStatus.FILLED if order.executed else OrderStatus.CANCELLED, time_ms)


def match_limit(venue: Venue, order: SimOrder, time_ms: int, reference: Decimal | None = None) -> None:
    """Take what the limit allows, then rest, or end, as the time in force says. Closing orders are cut as above."""
    book = book_of(venue, order.symbol, reference)
    limit = order.price or ZERO
    quantity = _executable(venue, order)
    if order.time_in_force is TimeInForce.POST_ONLY and book.crosses(order.side, limit):
        quantity = ZERO
    if reference is not None and not _affordable(venue, order, quantity, limit):
        quantity = ZERO
    takes = _takes(venue, book, order, quantity)
    if takes:
        fill(venue, order, takes, book.limit_price(order.side, takes), maker=False, time_ms=time_ms)
    if takes == quantity:
        venue.finish(order, OrderStatus.FILLED if order.executed else OrderStatus.CANCELLED, time_ms)
    elif order.time_in_force in (TimeInForce.IOC, TimeInForce.FOK):
        venue.finish(order, OrderStatus.CANCELLED, time_ms)
    else:
        _rest(venue, order, time_ms)


def traded_through(venue: Venue, order: SimOrder, bar: Bar) -> bool:
    """Whether the market went at least one step beyond a resting limit; a touch is no fill."""
    step = venue.contracts[order.symbol].instrument.price_step
    price = order.price or ZERO
    return bar.low <= float(price - step) if order.side is Side.BUY else bar.high >= float(price + step)


def fill_resting(venue: Venue, order: SimOrder, time_ms: int) -> None:
    """Fill a resting order whole, as maker, at its price."""
    quantity = _executable(venue, order)
    if quantity:
        fill(venue, order, quantity, order.price or ZERO, maker=True, time_ms=time_ms)
    venue.finish(order, OrderStatus.FILLED if quantity else OrderStatus.CANCELLED, time_ms)


def fill(venue: Venue, order: SimOrder, quantity: Decimal, price: Decimal, *, maker: bool, time_ms: int) -> None:
    """Book one execution, and put the order's presets into force."""
    contract = venue.contracts[order.symbol]
    rate = contract.instrument.maker_fee if maker else contract.instrument.taker_fee
    venue.before_change(time_ms)
    for bound, part in _parts(venue, order, quantity):
        tied = initial_margin(venue, order.symbol, order.position_side, part * price) if order.opening else ZERO
        venue.ledger.fill(
            order, contract, part, price, fee_rate=rate, maker=maker, time_ms=time_ms, bound=bound, margin=tied
        )
    venue.version += 1
    venue.note(Event.FILLED, order, time_ms, quantity=quantity, price=price)
    if order.opening:
        _attach(venue, order, order.target, TriggerKind.TARGET, "tp", time_ms)
        _attach(venue, order, order.stop, TriggerKind.STOP, "sl", time_ms)
    else:
        venue.forget_presets(order, time_ms)


def _covered(venue: Venue, parent: SimOrder) -> Decimal:
    return parent.executed if venue.settings.preset_covers == "filled" else parent.quantity


def _executable(venue: Venue, order: SimOrder) -> Decimal:
    if order.opening:
        return order.remaining
    held = sum((row.size for row in venue.ledger.rows(order.symbol, order.position_side, order.bound)), ZERO)
    if order.trigger is not None and order.trigger.whole_position:
        return held
    return min(order.remaining, held)


def _parts(venue: Venue, order: SimOrder, quantity: Decimal) -> list[tuple[int, Decimal]]:
    # Which position takes how much; a closing order that names none closes the oldest separated one first.
    if order.opening:
        return [(order.bound, quantity)]
    parts = []
    for row in venue.ledger.rows(order.symbol, order.position_side, order.bound):
        if quantity:
            parts.append((row.opened_by, min(row.size, quantity)))
            quantity -= parts[-1][1]
    return parts


def _affordable(venue: Venue, order: SimOrder, quantity: Decimal, price: Decimal) -> bool:
    if not order.opening:
        return True
    return available(venue) >= order_margin(venue, order.symbol, order.position_side, quantity, price)


def _takes(venue: Venue, book: Book, order: SimOrder, quantity: Decimal) -> Decimal:
    offered = book.within(order.side, order.price or ZERO)
    if offered >= float(quantity):
        return quantity
    if order.time_in_force is TimeInForce.FOK:
        return ZERO
    step = venue.contracts[order.symbol].instrument.quantity_step
    return (Decimal(repr(offered)) / step).to_integral_value(ROUND_DOWN) * step


def _rest(venue: Venue, order: SimOrder, time_ms: int) -> None:
    order.status = OrderStatus.OPEN
    order.updated_ms = time_ms
    if order.opening:
        order.reserved = order_margin(venue, order.symbol, order.position_side, order.remaining, order.price or ZERO)
    if order not in venue.live.get(order.symbol, ()):
        venue.enter(order)


def _attach(
    venue: Venue, parent: SimOrder, preset: Preset | None, kind: TriggerKind, suffix: str, time_ms: int
) -> None:
    # Presets come into force with the fill; a later part of the same order makes the plan order larger.
    if preset is None or (kind is TriggerKind.STOP and not venue.settings.preset_stops):
        return
    for plan in venue.orders(parent.symbol):
        if plan.parent_id == parent.id and plan.trigger is not None and plan.trigger.kind is kind and plan.waiting:
            plan.quantity = _covered(venue, parent)
            venue.note(Event.CHANGED, plan, time_ms)
            return
    side = parent.position_side.closing
    venue.enter(
        SimOrder(
            id=venue.ids.next(),
            client_id=parent.client_id + suffix,
            symbol=parent.symbol,
            side=side,
            position_side=parent.position_side,
            type=OrderType.MARKET,
            time_in_force=TimeInForce.IOC,
            quantity=_covered(venue, parent),
            price=None,
            created_ms=time_ms,
            updated_ms=time_ms,
            status=OrderStatus.UNTRIGGERED,
            trigger=Trigger(
                kind=kind,
                price=preset.price,
                source=preset.source,
                rising=(side is Side.BUY) == (kind is TriggerKind.STOP),
            ),
            parent_id=parent.id,
            bound=parent.bound,
            visible_ms=time_ms + venue.settings.visibility_delay_ms,
        )
    )
