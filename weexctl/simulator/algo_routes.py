"""Conditional orders: stops, targets and entry triggers (weex-api 15.9, 15.10)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from weexctl.model.order import OrderStatus, OrderType, TimeInForce
from weexctl.model.side import PositionSide
from weexctl.simulator.demo import ASSET as DEMO_ASSET
from weexctl.simulator.formats import algo_row
from weexctl.simulator.history import Event
from weexctl.simulator.order_routes import read_position_side, read_side, read_source, written
from weexctl.simulator.orders import SimOrder, TriggerKind
from weexctl.simulator.parameters import EMPTY, INVALID, Parameters
from weexctl.simulator.placing import cancel, check_trigger, new_trigger, preset, wait_for_trigger
from weexctl.simulator.refusal import Refusal, business, not_found
from weexctl.simulator.routes import Route
from weexctl.simulator.venue import Venue

__all__ = ["ALGO_ROUTES"]

INVALID_ORDER_TYPE = -1116
INVALID_COMBINATION = -1128
TYPES = {
    "STOP": (TriggerKind.STOP, OrderType.LIMIT),
    "STOP_MARKET": (TriggerKind.STOP, OrderType.MARKET),
    "TAKE_PROFIT": (TriggerKind.TARGET, OrderType.LIMIT),
    "TAKE_PROFIT_MARKET": (TriggerKind.TARGET, OrderType.MARKET),
}
PLAN_TYPES = {"TAKE_PROFIT": TriggerKind.TARGET, "STOP_LOSS": TriggerKind.STOP}
HISTORY_SPAN_MS = 90 * 86_400_000


def _place(venue: Venue, parameters: Parameters) -> Any:
    contract = parameters.contract()
    side, position_side = read_side(parameters), read_position_side(parameters)
    kind, execution = TYPES[parameters.word("type", TYPES, code=INVALID_ORDER_TYPE)]
    client_id = parameters.client_id("clientAlgoId")
    quantity = parameters.decimal("quantity")
    price = parameters.price("price", contract) if execution is OrderType.LIMIT else None
    source = read_source(parameters, "workingType")
    trigger = new_trigger(kind, parameters.price("triggerPrice", contract), side, source, whole=False)
    order = SimOrder(
        id=0,
        client_id=client_id,
        symbol=contract.symbol,
        side=side,
        position_side=position_side,
        type=execution,
        time_in_force=TimeInForce.GTC if price is not None else TimeInForce.IOC,
        quantity=quantity,
        price=price,
        created_ms=venue.now_ms,
        updated_ms=venue.now_ms,
        trigger=trigger,
    )
    target, stop = (parameters.price_or_none(f"preset{name}Price", contract) for name in ("TakeProfit", "StopLoss"))
    if (target or stop) and not order.opening:
        raise Refusal(INVALID_COMBINATION, "presetTakeProfitPrice and presetStopLossPrice belong to opening orders.")
    order.target = preset(target, read_source(parameters, "TpWorkingType"))
    order.stop = preset(stop, read_source(parameters, "SlWorkingType"))
    return written(wait_for_trigger(venue, order), client_name="clientOrderId", client_id=client_id)


def _place_tp_sl(venue: Venue, parameters: Parameters) -> Any:
    contract = parameters.contract()
    client_id = parameters.client_id("clientAlgoId")
    kind = PLAN_TYPES[parameters.word("planType", PLAN_TYPES)]
    position_side = read_position_side(parameters)
    wanted = parameters.decimal_or_none("quantity")
    price = parameters.price_or_none("executePrice", contract)
    trigger_price = parameters.price("triggerPrice", contract)
    source = read_source(parameters, "triggerPriceType")
    held = _held(venue, contract.symbol, position_side)
    side = position_side.closing
    order = SimOrder(
        id=0,
        client_id=client_id,
        symbol=contract.symbol,
        side=side,
        position_side=position_side,
        type=OrderType.MARKET if price is None else OrderType.LIMIT,
        time_in_force=TimeInForce.IOC if price is None else TimeInForce.GTC,
        quantity=wanted or held,
        price=price,
        created_ms=venue.now_ms,
        updated_ms=venue.now_ms,
        trigger=new_trigger(kind, trigger_price, side, source, whole=not wanted),
    )
    wait_for_trigger(venue, order)
    return [{"success": True, "orderId": order.id, "errorCode": "", "errorMessage": ""}]


def _held(venue: Venue, symbol: str, side: PositionSide) -> Decimal:
    if not (held := venue.ledger.held(symbol, side)):
        raise business(f"FAILED_PRECONDITION: There is no {side.value} position to protect")
    return held


def _modify_tp_sl(venue: Venue, parameters: Parameters) -> Any:
    order = venue.find(parameters.integer("orderId"))
    if order is None or order.trigger is None or not order.waiting:
        raise not_found()
    contract = venue.contracts[order.symbol]
    price = parameters.price_or_none("executePrice", contract)
    source = read_source(parameters, "triggerPriceType") if parameters.raw("triggerPriceType") else order.trigger.source
    moved = new_trigger(
        order.trigger.kind,
        parameters.price("triggerPrice", contract),
        order.side,
        source,
        whole=order.trigger.whole_position,
    )
    check_trigger(venue, order.symbol, moved)
    if not venue.settings.modify_in_place:
        order = _another(venue, order)
    order.trigger = moved
    if price is not None:
        order.price, order.type, order.time_in_force = price, OrderType.LIMIT, TimeInForce.GTC
    order.updated_ms = venue.now_ms
    venue.version += 1
    venue.note(Event.CHANGED, order, venue.now_ms)
    return {"success": True}


def _another(venue: Venue, order: SimOrder) -> SimOrder:
    # The other answer to an open question: modifying is cancelling and placing anew.
    venue.finish(order, OrderStatus.CANCELLED, venue.now_ms)
    seen_ms = venue.now_ms + venue.settings.visibility_delay_ms
    new = replace(order, id=venue.ids.next(), created_ms=venue.now_ms, visible_ms=seen_ms)
    new.status = OrderStatus.UNTRIGGERED
    venue.enter(new)
    return new


def _cancel(venue: Venue, parameters: Parameters) -> Any:
    if parameters.raw("orderId") is None:
        raise Refusal(EMPTY, "Parameter orderId cannot be empty.")
    order = cancel(venue, venue.find(parameters.integer("orderId")), conditional=True)
    return written(order, client_name="origClientOrderId")


def _cancel_all(venue: Venue, parameters: Parameters) -> Any:
    symbol = parameters.symbol_or_all()
    rows = [order for order in venue.orders(symbol) if order.waiting]
    return [
        {"orderId": cancel(venue, order, conditional=True).id, "success": True, "errorCode": "", "errorMessage": ""}
        for order in rows
    ]


def _open(venue: Venue, parameters: Parameters) -> Any:
    if venue.asset == DEMO_ASSET and parameters.raw("symbol") is not None:
        raise Refusal(INVALID, "Parameter symbol is invalid.")  # seen at the demo account
    symbol, limit = parameters.symbol_or_all(), parameters.limit(100, 100)
    page = max(1, parameters.integer_or_none("page") or 1)
    start, end = parameters.span(longest_ms=HISTORY_SPAN_MS, now_ms=venue.now_ms)
    rows = [row for row in venue.orders(symbol) if row.waiting and venue.seen(row) and start <= row.created_ms <= end]
    rows.sort(key=lambda row: row.id, reverse=True)
    return [algo_row(row, venue.contracts[row.symbol]) for row in rows[(page - 1) * limit :][:limit]]


def _all(venue: Venue, parameters: Parameters) -> Any:
    symbol, limit = parameters.symbol_or_all(), parameters.limit(1000, 500)
    start, end = parameters.span(longest_ms=HISTORY_SPAN_MS, now_ms=venue.now_ms)
    rows = [
        row
        for row in (*venue.closed, *venue.orders())
        if row.trigger is not None
        and symbol in (None, row.symbol)
        and venue.seen(row)
        and start <= row.created_ms <= end
    ]
    rows.sort(key=lambda row: row.id, reverse=True)
    return {
        "orders": [algo_row(row, venue.contracts[row.symbol]) for row in rows[:limit]],
        "hasMore": len(rows) > limit,
    }


ALGO_ROUTES = (
    Route("POST", "/capi/v3/algoOrder", _place, 2, writes=True, counted=True),
    Route("DELETE", "/capi/v3/algoOrder", _cancel, 2, writes=True, counted=True),
    Route("DELETE", "/capi/v3/algoOpenOrders", _cancel_all, 5, writes=True),
    Route("GET", "/capi/v3/openAlgoOrders", _open, 3),
    Route("GET", "/capi/v3/allAlgoOrders", _all, 5),
    Route("POST", "/capi/v3/placeTpSlOrder", _place_tp_sl, 2, writes=True, counted=True),
    Route("POST", "/capi/v3/modifyTpSlOrder", _modify_tp_sl, 2, writes=True),
)
"""Every endpoint of conditional orders."""
