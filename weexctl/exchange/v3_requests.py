"""What we send to the V3 API, as bytes. Pure. Whatever cannot be right is refused here, before anything leaves."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from weexctl.errors import UsageError
from weexctl.exchange.v3_words import (
    MARGIN_WORDS,
    POSITION_SIDE_WORDS,
    SIDE_WORDS,
    TIME_IN_FORCE_WORDS,
    TRIGGER_WORDS,
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
    TriggerKind,
    TriggerSource,
)

__all__ = [
    "adjust_margin_body",
    "cancel_orders_body",
    "conditional_body",
    "leverage_body",
    "margin_mode_body",
    "modify_stop_body",
    "order_members",
    "stop_body",
]

_LONGEST_ID = 36
_PLAN_TYPES = {Leg.STOP: "STOP_LOSS", Leg.TARGET: "TAKE_PROFIT"}
_CONDITIONAL_TYPES = {TriggerKind.STOP: "STOP", TriggerKind.TARGET: "TAKE_PROFIT"}


def order_members(request: OrderRequest) -> dict[str, str]:
    """The members of a new order.

    Raises:
        UsageError: a limit order has no price, a market order has one, or a part cannot be sent.
    """
    limit = request.type is OrderType.LIMIT
    if limit is (request.price is None):
        raise UsageError(
            f"a {request.type.value} order {'needs a' if limit else 'has no'} price; nothing was sent", code="BAD_PRICE"
        )
    body: dict[str, str] = {
        "symbol": request.symbol,
        "side": SIDE_WORDS[request.side],
        "positionSide": POSITION_SIDE_WORDS[request.position_side],
        "type": "LIMIT" if limit else "MARKET",
    }
    if limit:
        body["timeInForce"] = TIME_IN_FORCE_WORDS[request.time_in_force or TimeInForce.GTC]
    body["quantity"] = wire_number(request.quantity, "the quantity")
    if request.price is not None:
        body["price"] = wire_number(request.price, "the price")
    body["newClientOrderId"] = checked_client_id(request.client_order_id, longest=_LONGEST_ID)
    # The capitals of TpWorkingType and SlWorkingType are the exchange's (weex-api 15.1).
    if request.target_price is not None:
        body["tpTriggerPrice"] = wire_number(request.target_price, "the target")
        body["TpWorkingType"] = TRIGGER_WORDS[request.trigger_source]
    if request.stop_price is not None:
        body["slTriggerPrice"] = wire_number(request.stop_price, "the stop")
        body["SlWorkingType"] = TRIGGER_WORDS[request.trigger_source]
    return body


def stop_body(request: StopRequest) -> bytes:
    """The body of a stand-alone stop or target, executed at market.

    The whole position is quantity 0: the older documentation asks for the member, the newer one gives 0 this meaning.
    """
    plan = _PLAN_TYPES.get(request.leg)
    if plan is None:
        raise UsageError(f"a {request.leg.value} is neither stop nor target; nothing was sent", code="BAD_LEG")
    return encoded(
        {
            "symbol": request.symbol,
            "clientAlgoId": checked_client_id(request.client_order_id, longest=_LONGEST_ID),
            "planType": plan,
            "triggerPrice": wire_number(request.trigger_price, "the trigger price"),
            "quantity": "0" if request.quantity is None else wire_number(request.quantity, "the quantity"),
            "positionSide": POSITION_SIDE_WORDS[request.position_side],
            "triggerPriceType": TRIGGER_WORDS[request.trigger_source],
        }
    )


def modify_stop_body(order_id: str, trigger_price: Decimal, trigger_source: TriggerSource) -> bytes:
    """The body that moves a trigger. The source goes along: without it the exchange might take the last price."""
    return encoded(
        {
            "orderId": checked_order_id(order_id),
            "triggerPrice": wire_number(trigger_price, "the trigger price"),
            "triggerPriceType": TRIGGER_WORDS[trigger_source],
        }
    )


def conditional_body(request: ConditionalRequest) -> bytes:
    """The body of an order that waits for its trigger."""
    kind = _CONDITIONAL_TYPES[request.kind]
    working = TRIGGER_WORDS[request.attached_source]
    target = None if request.target_price is None else wire_number(request.target_price, "the target")
    stop = None if request.stop_price is None else wire_number(request.stop_price, "the stop")
    return encoded(
        {
            "symbol": request.symbol,
            "side": SIDE_WORDS[request.side],
            "positionSide": POSITION_SIDE_WORDS[request.position_side],
            "type": f"{kind}_MARKET" if request.price is None else kind,
            "quantity": wire_number(request.quantity, "the quantity"),
            "price": None if request.price is None else wire_number(request.price, "the price"),
            "triggerPrice": wire_number(request.trigger_price, "the trigger price"),
            "clientAlgoId": checked_client_id(request.client_order_id, longest=_LONGEST_ID),
            "presetTakeProfitPrice": target,
            "TpWorkingType": None if target is None else working,
            "presetStopLossPrice": stop,
            "SlWorkingType": None if stop is None else working,
        }
    )


def leverage_body(symbol: str, leverage: int, margin_mode: MarginMode) -> bytes:
    """The body that sets the leverage of one margin mode, both sides alike."""
    text = checked_leverage(leverage)
    cross = margin_mode is MarginMode.CROSS
    return encoded(
        {
            "symbol": symbol,
            "marginType": MARGIN_WORDS[margin_mode],
            "crossLeverage": text if cross else None,
            "isolatedLongLeverage": None if cross else text,
            "isolatedShortLeverage": None if cross else text,
        }
    )


def margin_mode_body(symbol: str, margin_mode: MarginMode, *, separated: bool) -> bytes:
    """The body that sets a symbol's margin mode."""
    kind = "SEPARATED" if separated else "COMBINED"
    return encoded({"symbol": symbol, "marginType": MARGIN_WORDS[margin_mode], "separatedType": kind})


def adjust_margin_body(position_id: str, amount: Decimal) -> bytes:
    """The body that moves margin into (positive) or out of (negative) an isolated position."""
    return encoded(
        {
            "isolatedPositionId": int(checked_order_id(position_id)),
            "amount": wire_number(abs(amount), "the amount"),
            "type": 1 if amount > 0 else 2,
        }
    )


def cancel_orders_body(order_ids: Sequence[str], client_order_ids: Sequence[str]) -> bytes:
    """The body that cancels several orders, by the exchange's ids or by ours."""
    ours = [checked_client_id(text, longest=_LONGEST_ID) for text in client_order_ids]
    theirs = [int(checked_order_id(text)) for text in order_ids]
    return encoded({"orderIdList": theirs or None, "origClientOrderIdList": ours or None})
