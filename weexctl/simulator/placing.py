"""New orders and the end of old ones, as the account asks for them."""

from __future__ import annotations

from decimal import Decimal

from weexctl.model.order import OrderStatus, OrderType, TimeInForce, TriggerSource
from weexctl.model.side import PositionSide, Side
from weexctl.simulator.book import market_price
from weexctl.simulator.history import Event
from weexctl.simulator.instruments import Contract
from weexctl.simulator.margin import order_margin, require_margin
from weexctl.simulator.matching import match_limit, match_market
from weexctl.simulator.orders import Preset, SimOrder, Trigger, TriggerKind
from weexctl.simulator.position import SimPosition
from weexctl.simulator.refusal import Refusal, business, not_found
from weexctl.simulator.venue import Venue

__all__ = [
    "cancel",
    "check_presets",
    "check_size",
    "check_trigger",
    "close_position",
    "new_trigger",
    "place",
    "preset",
    "wait_for_trigger",
]

TOO_LARGE = -3007


def place(venue: Venue, order: SimOrder) -> SimOrder:
    """Take a market or limit order, give it its id, and match it.

    Raises:
        Refusal: size, client id, presets, position or margin do not allow it; nothing was done.
    """
    _check_new(venue, order)
    check_presets(order, order.price or venue.price(order.symbol))
    if order.opening:
        worst = order.price or market_price(venue, order.symbol, order.side, order.quantity)
        needed = order_margin(venue, order.symbol, order.position_side, order.quantity, worst)
        require_margin(venue, needed)
    elif not venue.ledger.held(order.symbol, order.position_side):
        raise business(f"FAILED_PRECONDITION: There is no {order.position_side.value} position to close")
    _accept(venue, order)
    order.visible_ms = venue.now_ms + venue.settings.order_delay_ms
    if order.type is OrderType.MARKET and not venue.settings.presets_on_market:
        order.target = order.stop = None
    match = match_market if order.type is OrderType.MARKET else match_limit
    match(venue, order, venue.now_ms)
    return order


def wait_for_trigger(venue: Venue, order: SimOrder) -> SimOrder:
    """Take a conditional order and give it its id; it waits from now on and reserves no margin.

    Raises:
        Refusal: size, client id, presets or trigger do not allow it; nothing was done.
    """
    _check_new(venue, order)
    trigger = order.trigger
    assert trigger is not None  # noqa: S101  # callers pass conditional orders only
    check_trigger(venue, order.symbol, trigger)
    check_presets(order, order.price or trigger.price)
    _accept(venue, order)
    order.visible_ms = venue.now_ms + venue.settings.visibility_delay_ms
    order.status = OrderStatus.UNTRIGGERED
    venue.enter(order)
    return order


def cancel(venue: Venue, order: SimOrder | None, *, conditional: bool) -> SimOrder:
    """End a live order.

    Raises:
        Refusal: -3200, it is not there, not live, or of the other kind.
    """
    if order is None or order.status.final or order.waiting is not conditional:
        raise not_found()
    venue.finish(order, OrderStatus.CANCELLED, venue.now_ms)
    return order


def close_position(venue: Venue, position: SimPosition) -> SimOrder:
    """Close a whole position at market."""
    order_id = venue.ids.next()
    order = SimOrder(
        id=order_id,
        client_id=f"close-{order_id}",
        symbol=position.symbol,
        side=position.side.closing,
        position_side=position.side,
        type=OrderType.MARKET,
        time_in_force=TimeInForce.IOC,
        quantity=position.size,
        price=None,
        created_ms=venue.now_ms,
        updated_ms=venue.now_ms,
        bound=position.opened_by,
    )
    match_market(venue, order, venue.now_ms)
    if venue.settings.close_cancels_plans:
        for plan in list(venue.orders(position.symbol)):
            if plan.waiting and not plan.opening and plan.position_side is position.side:
                venue.finish(plan, OrderStatus.CANCELLED, venue.now_ms)
    return order


def check_size(order: SimOrder, contract: Contract) -> None:
    """Nothing, when the quantity is allowed.

    Raises:
        Refusal: off the step, below the minimum or above the maximum.
    """
    rules, quantity = contract.instrument, order.quantity
    if quantity <= 0 or quantity % rules.quantity_step:
        raise business(
            "INVALID_ARGUMENT: The order size must be greater than 0 and matches the stepSize "
            f"'{rules.quantity_step:f}' requirement. Current size is '{quantity:f}'"
        )
    if quantity < rules.min_quantity:
        raise business(
            f"INVALID_ARGUMENT: The order size must not be less than the minOrderSize '{rules.min_quantity:f}'. "
            f"Current size is '{quantity:f}'"
        )
    most = rules.max_quantity
    if order.type is OrderType.MARKET and order.opening and rules.max_market_quantity is not None:
        most = min(most, rules.max_market_quantity)
    if quantity > most:
        raise Refusal(TOO_LARGE, f"The order size must not exceed {most:f}.")


def check_trigger(venue: Venue, symbol: str, trigger: Trigger) -> None:
    """Nothing, when the price still has to come to the trigger.

    Raises:
        Refusal: it would fire at once.
    """
    price = venue.price(symbol)
    if (trigger.price <= price) if trigger.rising else (trigger.price >= price):
        relation = "greater" if trigger.rising else "less"
        raise business(
            f"INVALID_ARGUMENT: The param triggerPrice must be {relation} than current price {price:f}. "
            f"Current trigger price is {trigger.price:f}"
        )


def check_presets(order: SimOrder, price: Decimal) -> None:
    """Nothing, when attached stop and target lie on their sides of the order's price.

    Raises:
        Refusal: one lies on the wrong side.
    """
    long = order.position_side is PositionSide.LONG
    for preset, name, short_name, above in (
        (order.target, "take profit", "tp", long),
        (order.stop, "stop loss", "sl", not long),
    ):
        if preset is None:
            continue
        if (preset.price <= price) if above else (preset.price >= price):
            words = "buy long" if long else "sell short"
            raise business(
                f"INVALID_ARGUMENT: The {words} order {name} param triggerPrice must be "
                f"{'greater' if above else 'less'} than price {price:f}. "
                f"Current order open {short_name} param trigger price is {preset.price:f}"
            )


def new_trigger(kind: TriggerKind, price: Decimal, side: Side, source: TriggerSource, *, whole: bool) -> Trigger:
    """The condition of an order of this side: a buy stop and a sell target fire as the price rises."""
    rising = (side is Side.BUY) == (kind is TriggerKind.STOP)
    return Trigger(kind=kind, price=price, source=source, rising=rising, whole_position=whole)


def preset(price: Decimal | None, source: TriggerSource) -> Preset | None:
    """An attached stop or target, when there is a price for it."""
    return None if price is None else Preset(price=price, source=source)


def _check_new(venue: Venue, order: SimOrder) -> None:
    check_size(order, venue.contracts[order.symbol])
    rule = venue.settings.client_ids
    taken = rule != "free" and venue.live and venue.find_client(order.client_id) is not None
    if taken or (rule == "ever" and order.client_id in venue.client_ids):
        raise business(f"INVALID_ARGUMENT: Duplicate client order id '{order.client_id}'")
    _check_band(venue, order)
    _check_total(venue, order)


def _check_band(venue: Venue, order: SimOrder) -> None:
    if order.price is None or not venue.settings.price_band:
        return
    mark, ratio = venue.price(order.symbol), venue.contracts[order.symbol].limit_price_ratio
    buys = order.side is Side.BUY
    limit = mark * (1 + ratio if buys else 1 - ratio)
    if (order.price > limit) if buys else (order.price < limit):
        relation = "greater" if buys else "less"
        raise business(
            f"INVALID_ARGUMENT: The order price must not be {relation} than {limit:f}. Current price is {order.price:f}"
        )


def _accept(venue: Venue, order: SimOrder) -> None:
    order.id = venue.ids.next()
    if order.opening and venue.leverages[order.symbol].separated:
        order.bound = order.id
    if venue.settings.client_ids == "ever":
        venue.client_ids.add(order.client_id)
    venue.version += 1
    venue.note(Event.ACCEPTED, order, venue.now_ms)


def _check_total(venue: Venue, order: SimOrder) -> None:
    most = venue.contracts[order.symbol].instrument.max_position
    if not order.opening or most is None:
        return
    if venue.ledger.held(order.symbol, order.position_side) + order.quantity > most:
        raise Refusal(TOO_LARGE, f"The position size must not exceed {most:f}.")
