"""Orders and kept-back requests as commands answer them, and the way from an id to an order."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import httpx
from pydantic import BaseModel

from weexctl.actions.account import PositionRow
from weexctl.config.venue import Venue
from weexctl.errors import OrderNotFoundError, UsageError
from weexctl.exchange.base_url import DEFAULT_BASE_URL
from weexctl.exchange.kept_request import KeptRequest, kept_cancel, kept_request
from weexctl.journal.journal import Journal
from weexctl.model.order import ConditionalOrder, Leg, Order, OrderIntent
from weexctl.pipeline.identity import client_order_id
from weexctl.ports import Exchange
from weexctl.trader.hand_account import HandAccount

__all__ = [
    "OrderRow",
    "RequestRow",
    "cancel_request",
    "find_order",
    "followed_row",
    "order_request",
    "order_row",
    "request_row",
    "waiting_orders",
    "way_to_end",
]


class OrderRow(BaseModel):
    """An order as the exchange has it."""

    order_id: str
    client_order_id: str
    symbol: str
    side: str
    position_side: str
    kind: str
    """market, limit, or what a conditional order is for: stop, target, entry, exit."""
    status: str
    quantity: Decimal
    filled_quantity: Decimal | None
    """None for one that waits for its trigger."""
    price: Decimal | None
    """Limit price, or the average over the fills."""
    trigger_price: Decimal | None
    time_in_force: str | None = None
    """Of a limit order, where the exchange tells it."""
    created_ms: int
    updated_ms: int


class RequestRow(BaseModel):
    """A request as it would go out; key, passphrase and signature are left out."""

    method: str
    url: str
    """At sim `simulator:` and the path: it would go to the simulator in this process, which has no address."""
    headers: dict[str, str]
    body: str


def order_row(order: Order | ConditionalOrder) -> OrderRow:
    """One order as it is answered."""
    if isinstance(order, ConditionalOrder):
        kind, filled, price, trigger = order.leg.value, None, order.price, order.trigger_price
        force = None
    else:
        kind, filled, trigger = order.type.value, order.filled_quantity, None
        price = order.price if order.average_price is None else order.average_price
        limit = order.price is not None and order.time_in_force is not None
        force = order.time_in_force.value if limit and order.time_in_force is not None else None
    return OrderRow(
        order_id=order.order_id,
        client_order_id=order.client_order_id,
        symbol=order.symbol,
        side=order.side.value,
        position_side=order.position_side.value,
        kind=kind,
        status=order.status.value,
        quantity=order.quantity,
        filled_quantity=filled,
        price=price,
        trigger_price=trigger,
        time_in_force=force,
        created_ms=order.created_ms,
        updated_ms=order.updated_ms,
    )


def waiting_orders(exchange: Exchange, venue: str, symbol: str | None = None) -> list[ConditionalOrder]:
    """Stops and targets that wait; none at demo, where they can be neither sent nor listed.

    Raises:
        ExchangeError: they could not be read.
    """
    return [] if venue == Venue.DEMO.value else exchange.fetch_conditional_orders(symbol)


def followed_row(found: Order | ConditionalOrder, last: Order) -> OrderRow:
    """An order that was watched, as it was seen last; a stop or target keeps what it is for and its trigger."""
    row = order_row(last)
    if not isinstance(found, ConditionalOrder):
        return row
    return row.model_copy(update={"kind": found.leg.value, "trigger_price": found.trigger_price})


def way_to_end(row: OrderRow, positions: Sequence[PositionRow] = ()) -> str:
    """The command that ends an order: the stop of an open position goes with the position and not before.

    Args:
        row: the order.
        positions: what is held of its symbol.
    """
    held = any(position.side == row.position_side for position in positions)
    if held and row.trigger_price is not None and row.kind in (Leg.STOP, Leg.EXIT):
        return f"weexctl close {row.symbol}"
    return f"weexctl order cancel {row.order_id}"


def find_order(
    exchange: Exchange, any_id: str, journal: Journal | None = None, *, venue: str
) -> Order | ConditionalOrder:
    """The order with this id of the exchange or of ours: one that waits for a trigger, else one that rests or is over.

    Raises:
        UsageError: nobody knows it.
        ExchangeError: it could not be read.
    """
    for waiting in waiting_orders(exchange, venue):
        if any_id in (waiting.order_id, waiting.client_order_id):
            return waiting
    if any_id.isdigit() and any_id.isascii():
        try:
            return exchange.fetch_order(any_id)
        except OrderNotFoundError:
            raise _unknown(any_id) from None
    for order in exchange.fetch_open_orders():
        if order.client_order_id == any_id:
            return order
    attempt = None if journal is None else journal.attempts.by_client_order_id(any_id)
    if attempt is None or attempt.order_id is None:
        raise _unknown(any_id)
    return find_order(exchange, attempt.order_id, venue=venue)


def _unknown(any_id: str) -> UsageError:
    return UsageError(
        f"the exchange knows no order {any_id!r}; nothing was sent",
        hint="`weexctl order list` shows those that rest or wait",
        code="UNKNOWN_ID",
    )


def order_request(account: HandAccount, intent: OrderIntent, base_url: str | None = None) -> RequestRow | None:
    """The signed request that would carry out an intent."""
    venue = account.venue
    name = client_order_id(venue.account, intent.decision_id, intent.leg, 1, venue.host)
    demo = venue.name == Venue.DEMO.value
    kept = kept_request(intent.request(name), venue.clock, base_url=base_url or DEFAULT_BASE_URL, demo=demo)
    return _shown(account, kept)


def cancel_request(
    account: HandAccount, order: Order | ConditionalOrder, base_url: str | None = None
) -> RequestRow | None:
    """The signed request that would cancel an order; None at demo, which has no way to do it."""
    if account.venue.name == Venue.DEMO.value:
        return None
    conditional = isinstance(order, ConditionalOrder)
    clock, address = account.venue.clock, base_url or DEFAULT_BASE_URL
    return _shown(account, kept_cancel(order.order_id, clock, conditional=conditional, base_url=address))


def _shown(account: HandAccount, kept: KeptRequest | None) -> RequestRow | None:
    """A kept-back request; one to the simulator in this process goes to no host."""
    row = request_row(kept)
    if row is None or not account.venue.forgets:
        return row
    target = httpx.URL(row.url).raw_path.decode()
    headers = {name: value for name, value in row.headers.items() if name.lower() != "host"}
    return row.model_copy(update={"url": f"simulator:{target}", "headers": headers})


def request_row(kept: KeptRequest | None) -> RequestRow | None:
    """A kept-back request as it is answered."""
    return None if kept is None else RequestRow(method=kept.method, url=kept.url, headers=kept.headers, body=kept.body)
