"""Trigger orders in V2: plans, stops and targets (weex-api 8.10-8.13, 8.16, 8.17)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from weexctl.model.order import OrderType, TimeInForce, TriggerSource
from weexctl.model.side import Side
from weexctl.simulator.algo_routes import ALGO_ROUTES
from weexctl.simulator.formats import SOURCE_WORDS as SOURCE_WORDS_V3
from weexctl.simulator.formats_v2 import plan_row_v2
from weexctl.simulator.order_routes_v2 import accepted, cancelled, check_mode
from weexctl.simulator.orders import SimOrder, TriggerKind
from weexctl.simulator.parameters_v2 import ParametersV2
from weexctl.simulator.placing import cancel, new_trigger, wait_for_trigger
from weexctl.simulator.refusal import Refusal, business
from weexctl.simulator.refusal_v2 import is_business
from weexctl.simulator.routes_v2 import RouteV2, envelope
from weexctl.simulator.venue import Venue
from weexctl.simulator.words_v2 import DIRECTIONS, MATCH_TYPES, PLAN_TYPES, POSITION_SIDES, SOURCES

__all__ = ["PLAN_ROUTES_V2"]

MODIFY_V3 = next(route.handler for route in ALGO_ROUTES if route.path.endswith("/modifyTpSlOrder"))


def _place(venue: Venue, parameters: ParametersV2) -> Any:
    contract = parameters.contract()
    # An id is made up for a client that sends none.
    named = parameters.raw("client_oid") is not None
    client_id = parameters.client_oid("client_oid", plain=True) if named else f"plan-{venue.ids.used + 1}"
    quantity = parameters.decimal("size")
    side, position_side = parameters.choice("type", DIRECTIONS)
    kind = parameters.choice("match_type", MATCH_TYPES)
    trigger_price = parameters.price("trigger_price", contract)
    trigger_kind = _kind(side, trigger_price, venue.price(contract.symbol))
    check_mode(venue, parameters, contract.symbol)
    order = SimOrder(
        id=0,
        client_id=client_id,
        symbol=contract.symbol,
        side=side,
        position_side=position_side,
        type=kind,
        time_in_force=TimeInForce.GTC if kind is OrderType.LIMIT else TimeInForce.IOC,
        quantity=quantity,
        price=parameters.price("execute_price", contract) if kind is OrderType.LIMIT else None,
        created_ms=venue.now_ms,
        updated_ms=venue.now_ms,
        trigger=new_trigger(trigger_kind, trigger_price, side, TriggerSource.LAST, whole=False),
    )
    return accepted(wait_for_trigger(venue, order))


def _kind(side: Side, trigger: Decimal, price: Decimal) -> TriggerKind:
    # V2 does not say from which side the price has to come: it comes from where it is.
    return TriggerKind.STOP if trigger == price or (trigger > price) == (side is Side.BUY) else TriggerKind.TARGET


def _cancel(venue: Venue, parameters: ParametersV2) -> Any:
    return cancelled(cancel(venue, venue.find(parameters.order_id()), conditional=True))


def _current(venue: Venue, parameters: ParametersV2) -> Any:
    symbol, wanted = parameters.symbol_or_all(), str(parameters.raw("orderId"))
    limit, page, span = parameters.limit(100, 100), parameters.page(), parameters.within(venue.now_ms)
    rows = [
        row
        for row in venue.orders(symbol)
        if row.waiting
        and venue.seen(row)
        and (not wanted.isdigit() or wanted == str(row.id))
        and row.created_ms in span
    ]
    rows.sort(key=lambda row: row.id, reverse=True)
    return [plan_row_v2(row, venue.contracts[row.symbol]) for row in rows[page * limit :][:limit]]


def _history(venue: Venue, parameters: ParametersV2) -> Any:
    symbol, size = parameters.symbol(), parameters.count("pageSize", 100, 100)
    direction, span = parameters.choice_or_none("delegateType", DIRECTIONS), parameters.within(venue.now_ms)
    rows = [
        row
        for row in venue.closed
        if row.trigger is not None
        and row.symbol == symbol
        and direction in (None, (row.side, row.position_side))
        and row.created_ms in span
    ]
    rows.sort(key=lambda row: row.id, reverse=True)
    listed = [plan_row_v2(row, venue.contracts[row.symbol]) for row in rows[:size]]
    return {"list": listed, "nextPage": len(rows) > size}


def _place_tp_sl(venue: Venue, parameters: ParametersV2) -> Any:
    contract = parameters.contract()
    client_id = parameters.client_oid("clientOrderId", plain=True)
    kind = parameters.choice("planType", PLAN_TYPES)
    trigger_price, quantity = parameters.price("triggerPrice", contract), parameters.decimal("size")
    position_side = parameters.choice("positionSide", POSITION_SIDES)
    price = parameters.price_or_none("executePrice", contract)
    side = position_side.closing
    order = SimOrder(
        id=0,
        client_id=client_id,
        symbol=contract.symbol,
        side=side,
        position_side=position_side,
        type=OrderType.MARKET if price is None else OrderType.LIMIT,
        time_in_force=TimeInForce.IOC if price is None else TimeInForce.GTC,
        quantity=quantity,
        price=price,
        created_ms=venue.now_ms,
        updated_ms=venue.now_ms,
        trigger=new_trigger(kind, trigger_price, side, TriggerSource.LAST, whole=False),
    )
    try:
        check_mode(venue, parameters, contract.symbol)
        if not venue.ledger.held(contract.symbol, position_side):
            raise business(f"FAILED_PRECONDITION: There is no {position_side.value} position to protect")
        wait_for_trigger(venue, order)
    except Refusal as no:
        if not is_business(no):
            raise
    return [{"orderId": order.id, "success": order.id > 0}]


def _modify_tp_sl(venue: Venue, parameters: ParametersV2) -> Any:
    parameters.order_id()
    source = parameters.choice("triggerPriceType", SOURCES, default="1")
    MODIFY_V3(venue, parameters.replaced(triggerPriceType=SOURCE_WORDS_V3[source]))
    return envelope(venue, "00000", data="")


PLAN_ROUTES_V2 = (
    RouteV2("POST", "order/plan_order", _place, 2, 5, writes=True, twin="POST /capi/v3/algoOrder"),
    RouteV2("POST", "order/cancel_plan", _cancel, 2, 3, writes=True, twin="DELETE /capi/v3/algoOrder"),
    RouteV2("GET", "order/currentPlan", _current, 3, 3),
    RouteV2("GET", "order/historyPlan", _history, 5, 10),
    RouteV2("POST", "order/placeTpSlOrder", _place_tp_sl, 2, 5, writes=True, twin="POST /capi/v3/placeTpSlOrder"),
    RouteV2("POST", "order/modifyTpSlOrder", _modify_tp_sl, 2, 5, writes=True),
)
"""Every V2 endpoint of trigger orders."""
