"""Every V2 endpoint of the futures account, as data; weights as documented, IP and UID (weex-api 6 to 9)."""

from __future__ import annotations

from weexctl.exchange.endpoint import Endpoint
from weexctl.exchange.lane import Lane

__all__ = [
    "ACCOUNT",
    "ACCOUNTS",
    "ADJUST_MARGIN",
    "AI_LOG",
    "ALL_POSITIONS",
    "ASSETS",
    "BILLS",
    "CANCEL_ALL",
    "CANCEL_CONDITIONAL",
    "CANCEL_ORDER",
    "CANCEL_ORDERS",
    "CANDLES",
    "CLOSE_POSITIONS",
    "CONDITIONAL_HISTORY",
    "CONTRACTS",
    "DEPTH",
    "ENDPOINTS",
    "FILLS",
    "FUNDING_FORECAST",
    "FUNDING_RATES",
    "FUNDING_TIME",
    "HISTORY_CANDLES",
    "INDEX",
    "MODIFY_STOP",
    "OPEN_CONDITIONAL",
    "OPEN_INTEREST",
    "OPEN_ORDERS",
    "ORDER",
    "ORDER_HISTORY",
    "PLACE_CONDITIONAL",
    "PLACE_ORDER",
    "PLACE_ORDERS",
    "PLACE_STOP",
    "SETTINGS",
    "SET_AUTO_MARGIN",
    "SET_LEVERAGE",
    "SET_MARGIN_MODE",
    "SINGLE_POSITION",
    "TICKER",
    "TICKERS",
    "TIME",
    "TRADES",
]

_ORDER_MS = 8_000
_HISTORY_MS = 15_000


def _public(path: str, weight: int, lane: Lane = Lane.RESEARCH, deadline_ms: int = 10_000) -> Endpoint:
    return Endpoint("GET", f"/capi/v2/market/{path}", weight, lane=lane, deadline_ms=deadline_ms)


def _private(path: str, ip_weight: int, uid_weight: int, deadline_ms: int = 10_000) -> Endpoint:
    return Endpoint("GET", f"/capi/v2/{path}", ip_weight, uid_weight, private=True, deadline_ms=deadline_ms)


def _write(path: str, ip_weight: int, uid_weight: int, lane: Lane = Lane.ENTRY, *, order: bool = True) -> Endpoint:
    return Endpoint(
        "POST",
        f"/capi/v2/{path}",
        ip_weight,
        uid_weight,
        private=True,
        write=True,
        order=order,
        lane=lane,
        deadline_ms=_ORDER_MS,
    )


TIME = _public("time", 1, Lane.PROTECT)
"""Nothing can be signed without it, so it goes with the most urgent."""
CONTRACTS = _public("contracts", 10, Lane.RECONCILE)
DEPTH = _public("depth", 1)
TICKER = _public("ticker", 1)
TICKERS = _public("tickers", 40)
TRADES = _public("trades", 5)
CANDLES = _public("candles", 1)
HISTORY_CANDLES = _public("historyCandles", 5, deadline_ms=_HISTORY_MS)
INDEX = _public("index", 1, Lane.RECONCILE)
OPEN_INTEREST = _public("open_interest", 2)
FUNDING_TIME = _public("funding_time", 1)
FUNDING_RATES = _public("getHistoryFundRate", 5, deadline_ms=_HISTORY_MS)
FUNDING_FORECAST = _public("currentFundRate", 1)

ASSETS = _private("account/assets", 5, 10)
ACCOUNTS = _private("account/getAccounts", 5, 5)
ACCOUNT = _private("account/getAccount", 1, 1)
ALL_POSITIONS = _private("account/position/allPosition", 10, 15)
SINGLE_POSITION = _private("account/position/singlePosition", 2, 3)
SETTINGS = _private("account/settings", 1, 1)
BILLS = Endpoint("POST", "/capi/v2/account/bills", 2, 5, private=True, deadline_ms=_HISTORY_MS)
"""A read, for all that it is a POST."""
ORDER = _private("order/detail", 2, 2)
OPEN_ORDERS = _private("order/current", 2, 2)
ORDER_HISTORY = _private("order/history", 10, 10, _HISTORY_MS)
FILLS = _private("order/fills", 5, 5, _HISTORY_MS)
OPEN_CONDITIONAL = _private("order/currentPlan", 3, 3)
CONDITIONAL_HISTORY = _private("order/historyPlan", 5, 10, _HISTORY_MS)

PLACE_ORDER = _write("order/placeOrder", 2, 5)
PLACE_ORDERS = _write("order/batchOrders", 5, 10)
PLACE_CONDITIONAL = _write("order/plan_order", 2, 5)
SET_LEVERAGE = _write("account/leverage", 10, 20, order=False)
SET_MARGIN_MODE = _write("account/position/changeHoldModel", 20, 50, order=False)
AI_LOG = _write("order/uploadAiLog", 1, 1, order=False)

PLACE_STOP = _write("order/placeTpSlOrder", 2, 5, Lane.PROTECT)
MODIFY_STOP = _write("order/modifyTpSlOrder", 2, 5, Lane.PROTECT)
CANCEL_ORDER = _write("order/cancel_order", 2, 3, Lane.PROTECT)
CANCEL_ORDERS = _write("order/cancel_batch_orders", 5, 10, Lane.PROTECT)
CANCEL_CONDITIONAL = _write("order/cancel_plan", 2, 3, Lane.PROTECT)
CANCEL_ALL = _write("order/cancelAllOrders", 40, 50, Lane.PROTECT)
CLOSE_POSITIONS = _write("order/closePositions", 40, 50, Lane.PROTECT)
ADJUST_MARGIN = _write("account/adjustMargin", 15, 30, Lane.PROTECT, order=False)
SET_AUTO_MARGIN = _write("account/modifyAutoAppendMargin", 15, 30, Lane.PROTECT, order=False)

ENDPOINTS = tuple(value for value in list(globals().values()) if isinstance(value, Endpoint))
"""Every endpoint above."""
