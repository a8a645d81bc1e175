"""Every V3 endpoint of the futures account, as data; weights as documented, IP and UID (weex-api 13 to 17)."""

from __future__ import annotations

from weexctl.exchange.endpoint import Endpoint
from weexctl.exchange.lane import Lane

__all__ = [
    "ACCOUNT_CONFIG",
    "ADJUST_MARGIN",
    "AI_LOG",
    "ALL_POSITIONS",
    "BALANCE",
    "BOOK_TICKER",
    "CANCEL_ALL_CONDITIONAL",
    "CANCEL_ALL_ORDERS",
    "CANCEL_CONDITIONAL",
    "CANCEL_ORDER",
    "CANCEL_ORDERS",
    "CLOSE_POSITIONS",
    "COMMISSION",
    "CONDITIONAL_HISTORY",
    "DEMO_BALANCE",
    "DEMO_ORDER_HISTORY",
    "DEMO_PLACE_ORDER",
    "DEMO_POSITIONS",
    "DEPTH",
    "ENDPOINTS",
    "EXCHANGE_INFO",
    "FILLS",
    "FUNDING_RATES",
    "HISTORY_KLINES",
    "INCOME",
    "INDEX_KLINES",
    "KLINES",
    "MARK_KLINES",
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
    "PREMIUM_INDEX",
    "SET_AUTO_MARGIN",
    "SET_LEVERAGE",
    "SET_MARGIN_MODE",
    "SINGLE_POSITION",
    "SYMBOL_CONFIG",
    "SYMBOL_PRICE",
    "TICKER",
    "TIME",
    "TRADES",
    "TRADING_SYMBOLS",
]

_ORDER_MS = 8_000
_HISTORY_MS = 15_000


def _public(path: str, weight: int, lane: Lane = Lane.RESEARCH, deadline_ms: int = 10_000) -> Endpoint:
    return Endpoint("GET", f"/capi/v3/market/{path}", weight, lane=lane, deadline_ms=deadline_ms)


def _private(path: str, ip_weight: int, uid_weight: int, deadline_ms: int = 10_000) -> Endpoint:
    return Endpoint("GET", f"/capi/v3/{path}", ip_weight, uid_weight, private=True, deadline_ms=deadline_ms)


def _write(
    method: str, path: str, ip_weight: int, uid_weight: int, lane: Lane = Lane.ENTRY, *, order: bool = True
) -> Endpoint:
    return Endpoint(
        method,
        f"/capi/v3/{path}",
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
EXCHANGE_INFO = _public("exchangeInfo", 1, Lane.RECONCILE)
DEPTH = _public("depth", 1)
TICKER = _public("ticker/24hr", 40)
BOOK_TICKER = _public("ticker/bookTicker", 1)
TRADES = _public("trades", 5)
# Candles are what entries are decided on: beside a key they have the budget of entries, and alone all of it.
KLINES = _public("klines", 1, Lane.ENTRY)
INDEX_KLINES = _public("indexPriceKlines", 1)
MARK_KLINES = _public("markPriceKlines", 1)
HISTORY_KLINES = _public("historyKlines", 5, Lane.ENTRY, deadline_ms=_HISTORY_MS)
SYMBOL_PRICE = _public("symbolPrice", 1, Lane.RECONCILE)
OPEN_INTEREST = _public("openInterest", 2)
PREMIUM_INDEX = _public("premiumIndex", 1, Lane.RECONCILE)
FUNDING_RATES = _public("fundingRate", 5, deadline_ms=_HISTORY_MS)
TRADING_SYMBOLS = _public("apiTradingSymbols", 5)

BALANCE = _private("account/balance", 5, 10)
ACCOUNT_CONFIG = _private("account/accountConfig", 5, 10)
SYMBOL_CONFIG = _private("account/symbolConfig", 5, 10)
COMMISSION = _private("account/commissionRate", 5, 10)
ALL_POSITIONS = _private("account/position/allPosition", 10, 15)
SINGLE_POSITION = _private("account/position/singlePosition", 2, 3)
ORDER = _private("order", 2, 3)
OPEN_ORDERS = _private("openOrders", 2, 3)
OPEN_CONDITIONAL = _private("openAlgoOrders", 3, 3)
CONDITIONAL_HISTORY = _private("allAlgoOrders", 5, 10, _HISTORY_MS)
ORDER_HISTORY = _private("order/history", 10, 10, _HISTORY_MS)
FILLS = _private("userTrades", 5, 5, _HISTORY_MS)
INCOME = Endpoint("POST", "/capi/v3/account/income", 2, 5, private=True, deadline_ms=_HISTORY_MS)
"""A read, for all that it is a POST."""

PLACE_ORDER = _write("POST", "order", 2, 5)
PLACE_ORDERS = _write("POST", "batchOrders", 5, 10)
PLACE_CONDITIONAL = _write("POST", "algoOrder", 2, 5)
SET_LEVERAGE = _write("POST", "account/leverage", 10, 20, order=False)
SET_MARGIN_MODE = _write("POST", "account/marginType", 20, 50, order=False)
AI_LOG = _write("POST", "order/uploadAiLog", 1, 1, order=False)

PLACE_STOP = _write("POST", "placeTpSlOrder", 2, 5, Lane.PROTECT)
MODIFY_STOP = _write("POST", "modifyTpSlOrder", 2, 5, Lane.PROTECT)
CANCEL_ORDER = _write("DELETE", "order", 2, 3, Lane.PROTECT)
CANCEL_ORDERS = _write("DELETE", "batchOrders", 5, 10, Lane.PROTECT)
CANCEL_ALL_ORDERS = _write("DELETE", "allOpenOrders", 5, 10, Lane.PROTECT)
CANCEL_CONDITIONAL = _write("DELETE", "algoOrder", 2, 3, Lane.PROTECT)
CANCEL_ALL_CONDITIONAL = _write("DELETE", "algoOpenOrders", 5, 10, Lane.PROTECT)
CLOSE_POSITIONS = _write("POST", "closePositions", 40, 50, Lane.PROTECT)
ADJUST_MARGIN = _write("POST", "account/positionMargin", 15, 30, Lane.PROTECT, order=False)
SET_AUTO_MARGIN = _write("POST", "account/modifyAutoAppendMargin", 15, 30, Lane.PROTECT, order=False)

DEMO_BALANCE = _private("sim/balance", 5, 10)
DEMO_POSITIONS = _private("sim/position/allPosition", 10, 15)
DEMO_ORDER_HISTORY = _private("sim/order/history", 10, 10, _HISTORY_MS)
DEMO_PLACE_ORDER = _write("POST", "sim/order", 2, 5)

ENDPOINTS = tuple(value for value in list(globals().values()) if isinstance(value, Endpoint))
"""Every endpoint above."""
