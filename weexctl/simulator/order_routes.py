"""Orders: placing, cancelling, asking (weex-api 15, 17)."""

from __future__ import annotations

from typing import Any

from weexctl.model.order import OrderType, TimeInForce, TriggerSource
from weexctl.model.side import PositionSide, Side
from weexctl.simulator.formats import SOURCE_WORDS, TIME_IN_FORCE_WORDS, fill_row, order_row
from weexctl.simulator.instruments import Contract
from weexctl.simulator.orders import SimOrder
from weexctl.simulator.parameters import EMPTY, INVALID, OUT_OF_RANGE, Parameters, is_id
from weexctl.simulator.placing import cancel, close_position, place, preset
from weexctl.simulator.refusal import Refusal, business, not_found
from weexctl.simulator.routes import Route
from weexctl.simulator.venue import Venue

__all__ = ["ORDER_ROUTES", "read_position_side", "read_side", "read_source", "written"]

INVALID_TIME_IN_FORCE = -1115
INVALID_ORDER_TYPE = -1116
INVALID_SIDE = -1117
INVALID_COMBINATION = -1128
METHOD_NOT_SUPPORTED = -1150

SIDES = {"BUY": Side.BUY, "SELL": Side.SELL}
POSITION_SIDES = {"LONG": PositionSide.LONG, "SHORT": PositionSide.SHORT}
ORDER_TYPES = {"LIMIT": OrderType.LIMIT, "MARKET": OrderType.MARKET}
TIMES_IN_FORCE = {word: tif for tif, word in TIME_IN_FORCE_WORDS.items()}
SOURCES = {word: source for source, word in SOURCE_WORDS.items()}
HISTORY_SPAN_MS = 90 * 86_400_000
FILLS_SPAN_MS = 7 * 86_400_000
EXPLANATION_LIMIT = 1000


def written(order: SimOrder | None, *, client_name: str, client_id: str = "") -> dict[str, Any]:
    """The common answer to a write: the order id as text."""
    return {
        "orderId": str(order.id) if order is not None else "",
        client_name: client_id,
        "success": True,
        "errorCode": "",
        "errorMessage": "",
    }


def read_side(parameters: Parameters) -> Side:
    """BUY or SELL."""
    return SIDES[parameters.word("side", SIDES, code=INVALID_SIDE)]


def read_position_side(parameters: Parameters) -> PositionSide:
    """LONG or SHORT."""
    return POSITION_SIDES[parameters.word("positionSide", POSITION_SIDES)]


def read_source(parameters: Parameters, name: str) -> TriggerSource:
    """The price a trigger watches; the last price unless told otherwise."""
    return SOURCES[parameters.word(name, SOURCES, default="CONTRACT_PRICE")]


def _place(venue: Venue, parameters: Parameters) -> Any:
    order = place(venue, _read_order(venue, parameters))
    return written(order, client_name="clientOrderId", client_id=order.client_id)


def _place_batch(venue: Venue, parameters: Parameters) -> Any:
    most, rows = venue.settings.most_in_batch, parameters.raw("batchOrders")
    if not most:
        raise Refusal(METHOD_NOT_SUPPORTED, "Request method 'POST' not supported")
    if not rows:
        raise Refusal(EMPTY, "Parameter batchOrders cannot be empty.")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Refusal(INVALID, "Parameter batchOrders is invalid.")
    if len(rows) > most:
        raise Refusal(OUT_OF_RANGE, f"At most {most} orders can be placed at once.")
    return [_place_one(venue, row) for row in rows]


def _place_one(venue: Venue, members: dict[str, Any]) -> dict[str, Any]:
    try:
        row: dict[str, Any] = _place(venue, Parameters(members, venue.contracts))
    except Refusal as no:
        row = written(None, client_name="clientOrderId", client_id=str(members.get("newClientOrderId") or ""))
        return {**row, "success": False, "errorCode": str(no.code), "errorMessage": no.message}
    return row


def _read_order(venue: Venue, parameters: Parameters) -> SimOrder:
    contract = parameters.contract()
    side, position_side = read_side(parameters), read_position_side(parameters)
    kind = ORDER_TYPES[parameters.word("type", ORDER_TYPES, code=INVALID_ORDER_TYPE)]
    client_id = parameters.client_id("newClientOrderId")
    quantity = parameters.decimal("quantity")
    force, price = TimeInForce.IOC, None
    if kind is OrderType.LIMIT:
        force = TIMES_IN_FORCE[parameters.word("timeInForce", TIMES_IN_FORCE, code=INVALID_TIME_IN_FORCE)]
        price = parameters.price("price", contract)
    order = SimOrder(
        id=0,
        client_id=client_id,
        symbol=contract.symbol,
        side=side,
        position_side=position_side,
        type=kind,
        time_in_force=force,
        quantity=quantity,
        price=price,
        created_ms=venue.now_ms,
        updated_ms=venue.now_ms,
    )
    return _with_presets(order, parameters, contract)


def _with_presets(order: SimOrder, parameters: Parameters, contract: Contract) -> SimOrder:
    target, stop = (parameters.price_or_none(name, contract) for name in ("tpTriggerPrice", "slTriggerPrice"))
    if (target or stop) and not order.opening:
        raise Refusal(INVALID_COMBINATION, "tpTriggerPrice and slTriggerPrice belong to opening orders.")
    order.target = preset(target, read_source(parameters, "TpWorkingType"))
    order.stop = preset(stop, read_source(parameters, "SlWorkingType"))
    return order


def _cancel(venue: Venue, parameters: Parameters) -> Any:
    order_id, client_id = parameters.integer_or_none("orderId"), parameters.raw("origClientOrderId")
    if order_id is None and client_id is None:
        raise Refusal(OUT_OF_RANGE, "Either orderId or origClientOrderId must be sent.")
    found = venue.find_client(str(client_id)) if order_id is None else venue.find(order_id)
    order = cancel(venue, found, conditional=False)
    return written(order, client_name="origClientOrderId", client_id=str(client_id or ""))


def _cancel_batch(venue: Venue, parameters: Parameters) -> Any:
    ids, client_ids = parameters.raw("orderIdList") or [], parameters.raw("origClientOrderIdList") or []
    if not (isinstance(ids, list) and isinstance(client_ids, list)):
        raise Refusal(OUT_OF_RANGE, "orderIdList and origClientOrderIdList must be lists.")
    if not ids and not client_ids:
        raise Refusal(EMPTY, "Either orderIdList or origClientOrderIdList must be sent.")
    if max(len(ids), len(client_ids)) > 10:
        raise Refusal(OUT_OF_RANGE, "At most 10 orders can be cancelled at once.")
    by_id = [_cancel_one(venue, _named(venue, str(row)), str(row), "") for row in ids]
    by_client = [_cancel_one(venue, venue.find_client(str(row)), "", str(row)) for row in client_ids if not ids]
    return by_id + by_client


def _named(venue: Venue, text: str) -> SimOrder | None:
    return venue.find(int(text)) if is_id(text) else None


def _cancel_one(venue: Venue, order: SimOrder | None, order_id: str, client_id: str) -> dict[str, Any]:
    row: dict[str, Any] = {"orderId": order_id, "origClientOrderId": client_id}
    try:
        row["orderId"] = str(cancel(venue, order, conditional=False).id)
    except Refusal:
        return {**row, "success": False, "errorCode": "ORDER_NOT_FOUND", "errorMessage": "orderId not exist"}
    return {**row, "success": True, "errorCode": "", "errorMessage": ""}


def _cancel_all(venue: Venue, parameters: Parameters) -> Any:
    symbol = parameters.symbol_or_all()
    rows = [order for order in venue.orders(symbol) if not order.waiting]
    return [
        {"orderId": cancel(venue, order, conditional=False).id, "success": True, "errorCode": "", "errorMessage": ""}
        for order in rows
    ]


def _order(venue: Venue, parameters: Parameters) -> Any:
    order = _asked(venue, parameters)
    if order is None or not venue.seen(order):
        raise not_found()
    return order_row(order, venue.contracts[order.symbol])


def _asked(venue: Venue, parameters: Parameters) -> SimOrder | None:
    client_id = parameters.raw("origClientOrderId") if venue.settings.order_by_client_id else None
    if parameters.raw("orderId") is not None or client_id is None:
        return venue.find(parameters.integer("orderId"))
    ended = (order for order in reversed(venue.closed) if order.client_id == client_id)
    return venue.find_client(str(client_id)) or next(ended, None)


def _open_orders(venue: Venue, parameters: Parameters) -> Any:
    symbol, above = parameters.symbol_or_all(), parameters.integer_or_none("orderId") or 0
    limit, page = parameters.limit(100, 100), parameters.integer_or_none("page") or 0
    start, end = parameters.span(longest_ms=HISTORY_SPAN_MS, now_ms=venue.now_ms)
    rows = [
        row
        for row in venue.orders(symbol)
        if not row.waiting and venue.seen(row) and row.id > above and start <= row.created_ms <= end
    ]
    rows.sort(key=lambda row: row.id, reverse=True)
    return [order_row(row, venue.contracts[row.symbol]) for row in rows[page * limit :][:limit]]


def _history(venue: Venue, parameters: Parameters) -> Any:
    symbol, limit = parameters.symbol_or_all(), parameters.limit(1000, 500)
    page = parameters.integer_or_none("page") or 0
    start, end = parameters.span(longest_ms=HISTORY_SPAN_MS, now_ms=venue.now_ms)
    rows = [
        row
        for row in venue.closed
        if venue.seen(row) and symbol in (None, row.symbol) and start <= row.created_ms <= end
    ]
    rows.sort(key=lambda row: row.id, reverse=True)
    return [order_row(row, venue.contracts[row.symbol]) for row in rows[page * limit :][:limit]]


def _user_trades(venue: Venue, parameters: Parameters) -> Any:
    symbol, order_id = parameters.symbol_or_all(), parameters.integer_or_none("orderId")
    limit = parameters.limit(100, 100)
    start, end = parameters.span(longest_ms=FILLS_SPAN_MS, now_ms=venue.now_ms)
    rows = [
        fill
        for fill in venue.listed_fills()
        if symbol in (None, fill.symbol) and order_id in (None, int(fill.order_id)) and start <= fill.time_ms <= end
    ]
    return [fill_row(fill, venue.contracts[fill.symbol]) for fill in rows[:limit]]


def _close_positions(venue: Venue, parameters: Parameters) -> Any:
    symbol, position_id = parameters.symbol_or_all(), parameters.integer_or_none("positionId")
    rows = [
        row for row in venue.ledger.positions.values() if symbol in (None, row.symbol) and position_id in (None, row.id)
    ]
    if position_id is not None and not rows:
        raise business("FAILED_PRECONDITION: The position does not exist")
    return [
        {"positionId": row.id, "successOrderId": close_position(venue, row).id, "errorMessage": "", "success": True}
        for row in rows
    ]


def _upload_ai_log(venue: Venue, parameters: Parameters) -> Any:
    record: dict[str, object] = {name: parameters.needed(name) for name in ("stage", "model", "input", "output")}
    explanation = parameters.needed("explanation")
    if not isinstance(explanation, str) or len(explanation) > EXPLANATION_LIMIT:
        raise Refusal(OUT_OF_RANGE, f"Parameter explanation must not exceed {EXPLANATION_LIMIT} characters.")
    order_id = parameters.integer_or_none("orderId")
    venue.ai_logs.append({**record, "orderId": order_id, "explanation": explanation, "time": venue.now_ms})
    return {"code": 0, "msg": "success", "data": "upload success"}


ORDER_ROUTES = (
    Route("POST", "/capi/v3/order", _place, 2, writes=True, counted=True, orders=1),
    Route("GET", "/capi/v3/order", _order, 2),
    Route("DELETE", "/capi/v3/order", _cancel, 2, writes=True, counted=True),
    Route("POST", "/capi/v3/batchOrders", _place_batch, 5, writes=True, orders=5),
    Route("DELETE", "/capi/v3/batchOrders", _cancel_batch, 5, writes=True),
    Route("DELETE", "/capi/v3/allOpenOrders", _cancel_all, 5, writes=True),
    Route("GET", "/capi/v3/openOrders", _open_orders, 2),
    Route("GET", "/capi/v3/order/history", _history, 10),
    Route("GET", "/capi/v3/userTrades", _user_trades, 5),
    Route("POST", "/capi/v3/closePositions", _close_positions, 40, writes=True),
    Route("POST", "/capi/v3/order/uploadAiLog", _upload_ai_log, 1, writes=True),
)
"""Every endpoint of plain orders."""
