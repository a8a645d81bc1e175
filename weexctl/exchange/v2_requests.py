"""What we send to the V2 API, as bytes. Pure. Whatever cannot be right is refused here, before anything leaves."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from weexctl.errors import UsageError
from weexctl.exchange.v2_words import (
    DIRECTION_CODES,
    MARGIN_CODES,
    TIME_IN_FORCE_CODES,
    TRIGGER_CODES,
    wire_symbol,
)
from weexctl.exchange.wire_values import (
    checked_client_id,
    checked_leverage,
    checked_order_id,
    encoded,
    wire_number,
)
from weexctl.model.account import MarginMode
from weexctl.model.order import (
    ConditionalRequest,
    Leg,
    OrderRequest,
    OrderType,
    StopRequest,
    TimeInForce,
    TriggerSource,
)

__all__ = [
    "adjust_margin_body",
    "cancel_orders_body",
    "checked_name",
    "conditional_body",
    "leverage_body",
    "margin_mode_body",
    "modify_stop_body",
    "order_members",
    "stop_body",
]

_PLAN_TYPES = {Leg.STOP: "loss_plan", Leg.TARGET: "profit_plan"}


def checked_name(client_order_id: str) -> str:
    """A client order id of at most 40 characters."""
    return checked_client_id(client_order_id, longest=40)


def order_members(request: OrderRequest) -> dict[str, Any]:
    """The members of a new order, without the symbol.

    The stop and the target that go along watch the price that the exchange chooses: V2 has no member for it.

    Raises:
        UsageError: a limit order has no price, a market order has one, or a part cannot be sent.
    """
    limit = request.type is OrderType.LIMIT
    if limit is (request.price is None):
        raise UsageError(
            f"a {request.type.value} order {'needs a' if limit else 'has no'} price; nothing was sent", code="BAD_PRICE"
        )
    members = {
        "client_oid": checked_name(request.client_order_id),
        "size": wire_number(request.quantity, "the quantity"),
        "type": DIRECTION_CODES[request.side, request.position_side],
        "order_type": TIME_IN_FORCE_CODES[request.time_in_force or TimeInForce.GTC] if limit else "0",
        "match_price": "0" if limit else "1",
        "price": None if request.price is None else wire_number(request.price, "the price"),
        "presetTakeProfitPrice": _optional(request.target_price, "the target"),
        "presetStopLossPrice": _optional(request.stop_price, "the stop"),
    }
    return {name: value for name, value in members.items() if value is not None}


def conditional_body(request: ConditionalRequest) -> bytes:
    """The body of an order that waits for its trigger; on which side of the market it waits, the exchange sees.

    Raises:
        UsageError: it has a stop or a target attached, for which V2 has no members.
    """
    if request.stop_price is not None or request.target_price is not None:
        raise UsageError(
            "an order that waits for its trigger takes no stop or target through V2; nothing was sent",
            hint="place the stop once the position is open, or use the V3 API",
            code="NOT_IN_V2",
        )
    trigger = wire_number(request.trigger_price, "the trigger price")
    return encoded(
        {
            "symbol": wire_symbol(request.symbol),
            "client_oid": checked_name(request.client_order_id),
            "size": wire_number(request.quantity, "the quantity"),
            "type": DIRECTION_CODES[request.side, request.position_side],
            "match_type": "1" if request.price is None else "0",
            # Documented as required for market orders too, where nothing comes of it (weex-api 8.10).
            "execute_price": trigger if request.price is None else wire_number(request.price, "the price"),
            "trigger_price": trigger,
        }
    )


def stop_body(request: StopRequest) -> bytes:
    """The body of a stand-alone stop or target, executed at market.

    Raises:
        UsageError: it names no quantity: V2 has no word for the whole position.
    """
    plan = _PLAN_TYPES.get(request.leg)
    if plan is None:
        raise UsageError(f"a {request.leg.value} is neither stop nor target; nothing was sent", code="BAD_LEG")
    if request.quantity is None:
        raise UsageError(
            "a stop through V2 needs a quantity; nothing was sent",
            hint="read the position and name its size, or use the V3 API",
            code="NOT_IN_V2",
        )
    return encoded(
        {
            "symbol": wire_symbol(request.symbol),
            "clientOrderId": checked_name(request.client_order_id),
            "planType": plan,
            "triggerPrice": wire_number(request.trigger_price, "the trigger price"),
            "size": wire_number(request.quantity, "the quantity"),
            "positionSide": request.position_side.value,
        }
    )


def modify_stop_body(order_id: str, trigger_price: Decimal, trigger_source: TriggerSource) -> bytes:
    """The body that moves a trigger. The source goes along: without it the exchange would take the last price."""
    return encoded(
        {
            "orderId": int(checked_order_id(order_id)),
            "triggerPrice": wire_number(trigger_price, "the trigger price"),
            "triggerPriceType": TRIGGER_CODES[trigger_source],
        }
    )


def leverage_body(symbol: str, leverage: int, margin_mode: MarginMode) -> bytes:
    """The body that sets the leverage, both sides alike."""
    text = checked_leverage(leverage)
    return encoded(
        {
            "symbol": wire_symbol(symbol),
            "marginMode": MARGIN_CODES[margin_mode],
            "longLeverage": text,
            "shortLeverage": text,
        }
    )


def margin_mode_body(symbol: str, margin_mode: MarginMode, *, separated: bool) -> bytes:
    """The body that sets a symbol's margin mode."""
    return encoded(
        {
            "symbol": wire_symbol(symbol),
            "marginMode": MARGIN_CODES[margin_mode],
            "separatedMode": 2 if separated else 1,
        }
    )


def adjust_margin_body(position_id: str, amount: Decimal) -> bytes:
    """The body that moves margin into (positive) or out of (negative) an isolated position."""
    text = wire_number(abs(amount), "the amount")
    return encoded(
        {
            "isolatedPositionId": int(checked_order_id(position_id)),
            "collateralAmount": text if amount > 0 else f"-{text}",
        }
    )


def cancel_orders_body(order_ids: Sequence[str], client_order_ids: Sequence[str]) -> bytes:
    """The body that cancels several orders, by the exchange's ids or by ours."""
    theirs = [checked_order_id(text) for text in order_ids]
    return encoded({"ids": theirs or None, "cids": [checked_name(text) for text in client_order_ids] or None})


def _optional(price: Decimal | None, what: str) -> str | None:
    return None if price is None else wire_number(price, what)
