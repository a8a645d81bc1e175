"""Orders in V2: placing, cancelling, asking, and the AI log (weex-api 8.1-8.9, 8.14, 8.15, 9)."""

from __future__ import annotations

from typing import Any

from weexctl.model.order import OrderType, TimeInForce, TriggerSource
from weexctl.simulator.formats_v2 import fill_row_v2, order_row_v2
from weexctl.simulator.order_routes import ORDER_ROUTES
from weexctl.simulator.orders import SimOrder
from weexctl.simulator.parameters import INVALID, is_id
from weexctl.simulator.parameters_v2 import VALIDATION, ParametersV2
from weexctl.simulator.placing import cancel, close_position, place, preset
from weexctl.simulator.refusal import Refusal, business, not_found
from weexctl.simulator.refusal_v2 import code_text
from weexctl.simulator.routes_v2 import RouteV2, envelope
from weexctl.simulator.venue import Venue
from weexctl.simulator.words_v2 import DIRECTIONS, MATCH_TYPES, MODES, TIMES_IN_FORCE

__all__ = ["ORDER_ROUTES_V2", "accepted", "cancelled", "check_mode"]

MOST_IN_A_BATCH = 20
MOST_CANCELS = 50
TOO_MANY_CANCELS = 40912
NOT_ALLOWLISTED = 40021
DAY_MS = 86_400_000
HISTORY_DAYS = 90
UPLOAD_V3 = next(route.handler for route in ORDER_ROUTES if route.path.endswith("/uploadAiLog"))


def accepted(order: SimOrder) -> dict[str, Any]:
    """The answer to placing: the id as text, and no echo of the client's own."""
    return {"client_oid": None, "order_id": str(order.id)}


def cancelled(order: SimOrder) -> dict[str, Any]:
    """The answer to cancelling one."""
    return {"order_id": str(order.id), "client_oid": None, "result": True, "err_msg": None}


def check_mode(venue: Venue, parameters: ParametersV2, symbol: str) -> None:
    """Nothing, when marginMode is absent or that of the symbol.

    Raises:
        Refusal: it is another one.
    """
    if parameters.choice_or_none("marginMode", MODES) not in (None, venue.leverages[symbol].mode):
        raise business("FAILED_PRECONDITION: The marginMode must be the account's current mode of the symbol")


def _place(venue: Venue, parameters: ParametersV2) -> Any:
    return accepted(place(venue, _read_order(venue, parameters)))


def _read_order(venue: Venue, parameters: ParametersV2) -> SimOrder:
    contract = parameters.contract()
    client_id = parameters.client_oid("client_oid", plain=False)
    quantity = parameters.decimal("size")
    side, position_side = parameters.choice("type", DIRECTIONS)
    force = parameters.choice("order_type", TIMES_IN_FORCE)
    kind = parameters.choice("match_price", MATCH_TYPES)
    target, stop = (parameters.price_or_none(f"preset{name}Price", contract) for name in ("TakeProfit", "StopLoss"))
    order = SimOrder(
        id=0,
        client_id=client_id,
        symbol=contract.symbol,
        side=side,
        position_side=position_side,
        type=kind,
        time_in_force=force if kind is OrderType.LIMIT else TimeInForce.IOC,
        quantity=quantity,
        # A price sent along with a market order is not looked at.
        price=parameters.price("price", contract) if kind is OrderType.LIMIT else None,
        created_ms=venue.now_ms,
        updated_ms=venue.now_ms,
        target=preset(target, TriggerSource.LAST),
        stop=preset(stop, TriggerSource.LAST),
    )
    if (target or stop) and not order.opening:
        raise Refusal(VALIDATION, "presetTakeProfitPrice and presetStopLossPrice belong to opening orders")
    check_mode(venue, parameters, contract.symbol)
    return order


def _place_batch(venue: Venue, parameters: ParametersV2) -> Any:
    parameters.symbol()
    rows = parameters.needed("orderDataList")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Refusal(INVALID, "Parameter orderDataList is invalid")
    if len(rows) > MOST_IN_A_BATCH:
        raise Refusal(VALIDATION, f"Parameter verification failed: at most {MOST_IN_A_BATCH} orders at once")
    shared = {name: parameters.raw(name) for name in ("symbol", "marginMode")}
    members = [parameters.with_values(row | shared) for row in rows]
    return {"order_info": [_place_one(venue, row) for row in members], "result": True}


def _place_one(venue: Venue, parameters: ParametersV2) -> dict[str, Any]:
    row: dict[str, Any] = {"order_id": None, "client_oid": parameters.raw("client_oid")}
    try:
        order = place(venue, _read_order(venue, parameters))
    except Refusal as no:
        return {**row, "result": False, "error_code": code_text(no), "error_message": no.message}
    return {**row, "order_id": str(order.id), "result": True, "error_code": "", "error_message": ""}


def _cancel(venue: Venue, parameters: ParametersV2) -> Any:
    client_id = parameters.raw("clientOid")
    if parameters.raw("orderId") is None and client_id is not None:
        return cancelled(cancel(venue, venue.find_client(str(client_id)), conditional=False))
    return cancelled(cancel(venue, venue.find(parameters.order_id()), conditional=False))


def _cancel_batch(venue: Venue, parameters: ParametersV2) -> Any:
    ids, client_ids = parameters.texts("ids"), parameters.texts("cids")
    if not ids and not client_ids:
        raise Refusal(VALIDATION, "Parameter verification failed: ids")
    if len(ids) + len(client_ids) > MOST_CANCELS:
        raise Refusal(TOO_MANY_CANCELS, f"At most {MOST_CANCELS} orders can be cancelled at once")
    rows = [_cancel_one(venue, venue.find(int(row)) if is_id(row) else None, row, "") for row in ids]
    rows += [_cancel_one(venue, venue.find_client(row), "", row) for row in client_ids]
    done, failed = ([row for row in rows if row["result"] is outcome] for outcome in (True, False))
    return {
        "result": not failed,
        "orderIds": [row["order_id"] for row in done if row["order_id"]],
        "clientOids": [row["client_oid"] for row in done if row["client_oid"]],
        "cancelOrderResultList": rows,
        "failInfos": [{name: row[name] for name in ("order_id", "client_oid", "err_msg")} for row in failed],
    }


def _cancel_one(venue: Venue, order: SimOrder | None, order_id: str, client_id: str) -> dict[str, Any]:
    row: dict[str, Any] = {"err_msg": "", "order_id": order_id, "client_oid": client_id, "result": True}
    try:
        cancel(venue, order, conditional=False)
    except Refusal as no:
        return {**row, "err_msg": no.message, "result": False}
    return row


def _cancel_all(venue: Venue, parameters: ParametersV2) -> Any:
    conditional = parameters.choice("cancelOrderType", {"normal": False, "plan": True})
    symbol = parameters.symbol_or_all()
    rows = [order for order in venue.orders(symbol) if order.waiting is conditional]
    return [{"orderId": cancel(venue, order, conditional=conditional).id, "success": True} for order in rows]


def _detail(venue: Venue, parameters: ParametersV2) -> Any:
    parameters.needed("orderId")
    order = venue.find(parameters.integer("orderId"))
    if order is None or not venue.seen(order):
        raise not_found()
    return order_row_v2(order, venue.contracts[order.symbol])


def _current(venue: Venue, parameters: ParametersV2) -> Any:
    symbol, wanted = parameters.symbol_or_all(), parameters.integer_or_none("orderId")
    limit, page, span = parameters.limit(100, 100), parameters.page(), parameters.within(venue.now_ms)
    rows = [
        row
        for row in venue.orders(symbol)
        if not row.waiting and venue.seen(row) and wanted in (None, row.id) and row.created_ms in span
    ]
    rows.sort(key=lambda row: row.id, reverse=True)
    return [order_row_v2(row, venue.contracts[row.symbol]) for row in rows[page * limit :][:limit]]


def _history(venue: Venue, parameters: ParametersV2) -> Any:
    symbol, size = parameters.symbol_or_all(), parameters.count("pageSize", 100, 100)
    since = _since(venue.now_ms, parameters.integer_or_none("createDate"))
    # A trigger order is among the plans until it fires; one that ended before belongs there for good.
    rows = [
        row
        for row in venue.closed
        if symbol in (None, row.symbol)
        and venue.seen(row)
        and row.created_ms >= since
        and (row.trigger is None or row.trigger.fired_ms)
    ]
    rows.sort(key=lambda row: row.id, reverse=True)
    return [order_row_v2(row, venue.contracts[row.symbol]) for row in rows[:size]]


def _since(now_ms: int, asked: int | None) -> int:
    # A number of days, or a moment: the documentation says the one and shows the other.
    oldest = now_ms - HISTORY_DAYS * DAY_MS
    if asked is None:
        return oldest
    since = now_ms - asked * DAY_MS if asked <= HISTORY_DAYS else asked
    if asked < 0 or since < oldest:
        raise Refusal(INVALID, "Parameter createDate is invalid")
    return since


def _fills(venue: Venue, parameters: ParametersV2) -> Any:
    symbol, wanted = parameters.symbol_or_all(), parameters.integer_or_none("orderId")
    limit, span = parameters.limit(100, 100), parameters.within(venue.now_ms)
    rows = [
        fill
        for fill in venue.listed_fills()
        if symbol in (None, fill.symbol) and wanted in (None, int(fill.order_id)) and fill.time_ms in span
    ]
    listed = [fill_row_v2(venue, fill) for fill in rows[:limit]]
    return {"list": listed, "nextFlag": len(rows) > limit, "totals": len(rows)}


def _close_positions(venue: Venue, parameters: ParametersV2) -> Any:
    symbol = parameters.symbol_or_all()
    rows = [row for row in venue.ledger.positions.values() if symbol in (None, row.symbol)]
    return [
        {"positionId": row.id, "successOrderId": close_position(venue, row).id, "errorMessage": "", "success": True}
        for row in rows
    ]


def _upload_ai_log(venue: Venue, parameters: ParametersV2) -> Any:
    if not venue.settings.ai_log_allowed:
        raise Refusal(NOT_ALLOWLISTED, "check openapi permission is error")
    return envelope(venue, "00000", data=UPLOAD_V3(venue, parameters)["data"])


ORDER_ROUTES_V2 = (
    RouteV2("POST", "order/placeOrder", _place, 2, 5, writes=True, twin="POST /capi/v3/order"),
    RouteV2("POST", "order/batchOrders", _place_batch, 5, 10, writes=True),
    RouteV2("POST", "order/cancel_order", _cancel, 2, 3, writes=True, twin="DELETE /capi/v3/order"),
    RouteV2("POST", "order/cancel_batch_orders", _cancel_batch, 5, 10, writes=True),
    RouteV2("GET", "order/detail", _detail, 2, 2),
    RouteV2("GET", "order/current", _current, 2, 2),
    RouteV2("GET", "order/history", _history, 10, 10),
    RouteV2("GET", "order/fills", _fills, 5, 5),
    RouteV2("POST", "order/closePositions", _close_positions, 40, 50, writes=True),
    RouteV2("POST", "order/cancelAllOrders", _cancel_all, 40, 50, writes=True),
    RouteV2("POST", "order/uploadAiLog", _upload_ai_log, 1, 1, writes=True),
)
"""Every V2 endpoint of plain orders, and the AI log."""
