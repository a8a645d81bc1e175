"""What we send to the V3 API, as bytes. Pure. Whatever cannot be right is refused here, before anything leaves."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from weexctl.errors import UsageError
from weexctl.exchange.v3_words import POSITION_SIDE_WORDS, SIDE_WORDS, TIME_IN_FORCE_WORDS, TRIGGER_WORDS
from weexctl.model.order import Leg, OrderRequest, OrderType, StopRequest, TimeInForce, TriggerSource

__all__ = [
    "ai_log_body",
    "checked_client_id",
    "checked_order_id",
    "leverage_body",
    "modify_stop_body",
    "order_body",
    "query_of",
    "stop_body",
    "wire_number",
]

MAX_EXPLANATION = 1_000
"""Characters of an AI log's explanation (weex-api 9, 17)."""

_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
_CLIENT_ID = re.compile(r"[.A-Z:/a-z0-9_-]{1,36}")
_ORDER_ID = re.compile(r"[0-9]{1,20}")
_PLAN_TYPES = {Leg.STOP: "STOP_LOSS", Leg.TARGET: "TAKE_PROFIT"}
_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def wire_number(value: Decimal, what: str) -> str:
    """A positive number as the wire has it: digits and at most one point, never an exponent.

    Raises:
        UsageError: it is zero, negative or not finite; nothing was sent.
    """
    text = format(value, "f") if value.is_finite() else str(value)
    if value.is_nan() or value <= 0 or not _NUMBER.fullmatch(text):
        raise UsageError(f"{what} must be a positive number, not {text}; nothing was sent", code="BAD_NUMBER")
    return text


def checked_client_id(text: str) -> str:
    """The client order id, if the exchange can take it: 1 to 36 of letters, digits and `. : / _ -`.

    Raises:
        UsageError: it cannot; nothing was sent.
    """
    if not _CLIENT_ID.fullmatch(text):
        raise UsageError(
            f"{text[:60]!r} cannot be a client order id; nothing was sent",
            hint="1 to 36 letters, digits and . : / _ -",
            code="BAD_CLIENT_ID",
        )
    return text


def checked_order_id(text: str) -> str:
    """The exchange's order id, if it can be one.

    Raises:
        UsageError: it is not a number; nothing was sent.
    """
    if not _ORDER_ID.fullmatch(text):
        raise UsageError(
            f"{text[:60]!r} cannot be an order id; nothing was sent",
            hint="the exchange's order ids are numbers; `weexctl order list` shows them",
            code="BAD_ORDER_ID",
        )
    return text


def query_of(**parameters: str | int | None) -> str:
    """A query in the order given, without those that are None."""
    return urlencode([(name, value) for name, value in parameters.items() if value is not None])


def order_body(request: OrderRequest) -> bytes:
    """The body of a new order.

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
    body["newClientOrderId"] = checked_client_id(request.client_order_id)
    # The capitals of TpWorkingType and SlWorkingType are the exchange's (weex-api 15.1).
    if request.target_price is not None:
        body["tpTriggerPrice"] = wire_number(request.target_price, "the target")
        body["TpWorkingType"] = TRIGGER_WORDS[request.trigger_source]
    if request.stop_price is not None:
        body["slTriggerPrice"] = wire_number(request.stop_price, "the stop")
        body["SlWorkingType"] = TRIGGER_WORDS[request.trigger_source]
    return _encode(body).encode()


def stop_body(request: StopRequest) -> bytes:
    """The body of a stand-alone stop or target, executed at market.

    The whole position is quantity 0: the older documentation asks for the member, the newer one gives 0 this meaning.
    """
    plan = _PLAN_TYPES.get(request.leg)
    if plan is None:
        raise UsageError(f"a {request.leg.value} is neither stop nor target; nothing was sent", code="BAD_LEG")
    return _encode(
        {
            "symbol": request.symbol,
            "clientAlgoId": checked_client_id(request.client_order_id),
            "planType": plan,
            "triggerPrice": wire_number(request.trigger_price, "the trigger price"),
            "quantity": "0" if request.quantity is None else wire_number(request.quantity, "the quantity"),
            "positionSide": POSITION_SIDE_WORDS[request.position_side],
            "triggerPriceType": TRIGGER_WORDS[request.trigger_source],
        }
    ).encode()


def modify_stop_body(order_id: str, trigger_price: Decimal, trigger_source: TriggerSource) -> bytes:
    """The body that moves a trigger. The source goes along: without it the exchange might take the last price."""
    return _encode(
        {
            "orderId": checked_order_id(order_id),
            "triggerPrice": wire_number(trigger_price, "the trigger price"),
            "triggerPriceType": TRIGGER_WORDS[trigger_source],
        }
    ).encode()


def leverage_body(symbol: str, leverage: int) -> bytes:
    """The body that sets the cross leverage."""
    if leverage < 1:
        raise UsageError(f"leverage must be at least 1, not {leverage}; nothing was sent", code="BAD_LEVERAGE")
    return _encode({"symbol": symbol, "marginType": "CROSSED", "crossLeverage": str(leverage)}).encode()


def ai_log_body(
    *,
    order_id: str | None,
    stage: str,
    model: str,
    given: Mapping[str, Any],
    answered: Mapping[str, Any],
    explanation: str,
) -> bytes:
    """The body of an AI log; the order id is a JSON number or null.

    Raises:
        UsageError: the explanation is empty or longer than 1 000 characters, or a value is not JSON.
    """
    if not 0 < len(explanation) <= MAX_EXPLANATION:
        raise UsageError(
            f"the explanation has {len(explanation)} characters, 1 to {MAX_EXPLANATION} are allowed; nothing was sent",
            hint="shorten it",
            code="EXPLANATION_LENGTH",
        )
    body = {
        "orderId": None if order_id is None else int(checked_order_id(order_id)),
        "stage": stage,
        "model": model,
        "input": given,
        "output": answered,
        "explanation": explanation,
    }
    try:
        return _encode(body).encode()
    except (TypeError, ValueError) as error:
        raise UsageError(f"the AI log is not JSON: {error}; nothing was sent", code="BAD_LOG") from error
