"""The V3 endpoints weexctl uses, as data. Weights are the documented ones, IP and UID (weex-api 13 to 17)."""

from __future__ import annotations

from weexctl.exchange.endpoint import Endpoint

__all__ = [
    "ACCOUNT_CONFIG",
    "AI_LOG",
    "ALL_POSITIONS",
    "BALANCE",
    "BOOK_TICKER",
    "CANCEL_CONDITIONAL",
    "CANCEL_ORDER",
    "DEPTH",
    "ENDPOINTS",
    "EXCHANGE_INFO",
    "FILLS",
    "FUNDING_RATES",
    "HISTORY_KLINES",
    "INCOME",
    "KLINES",
    "MODIFY_STOP",
    "OPEN_CONDITIONAL",
    "OPEN_ORDERS",
    "ORDER",
    "ORDER_HISTORY",
    "PLACE_ORDER",
    "PLACE_STOP",
    "PREMIUM_INDEX",
    "SET_LEVERAGE",
    "SINGLE_POSITION",
    "SYMBOL_CONFIG",
    "SYMBOL_PRICE",
    "TICKER",
    "TIME",
]

_ORDER_MS = 8_000
_HISTORY_MS = 15_000


def _public(path: str, weight: int, deadline_ms: int = 10_000) -> Endpoint:
    return Endpoint("GET", f"/capi/v3/market/{path}", weight, deadline_ms=deadline_ms)


def _private(path: str, ip_weight: int, uid_weight: int, deadline_ms: int = 10_000) -> Endpoint:
    return Endpoint("GET", f"/capi/v3/{path}", ip_weight, uid_weight, private=True, deadline_ms=deadline_ms)


def _write(method: str, path: str, ip_weight: int, uid_weight: int, *, order: bool = True) -> Endpoint:
    return Endpoint(
        method, f"/capi/v3/{path}", ip_weight, uid_weight, private=True, write=True, order=order, deadline_ms=_ORDER_MS
    )


TIME = _public("time", 1)
EXCHANGE_INFO = _public("exchangeInfo", 1)
DEPTH = _public("depth", 1)
TICKER = _public("ticker/24hr", 40)
BOOK_TICKER = _public("ticker/bookTicker", 1)
KLINES = _public("klines", 1)
HISTORY_KLINES = _public("historyKlines", 5, _HISTORY_MS)
SYMBOL_PRICE = _public("symbolPrice", 1)
PREMIUM_INDEX = _public("premiumIndex", 1)
FUNDING_RATES = _public("fundingRate", 5, _HISTORY_MS)

BALANCE = _private("account/balance", 5, 10)
ACCOUNT_CONFIG = _private("account/accountConfig", 5, 10)
SYMBOL_CONFIG = _private("account/symbolConfig", 5, 10)
ALL_POSITIONS = _private("account/position/allPosition", 10, 15)
SINGLE_POSITION = _private("account/position/singlePosition", 2, 3)
ORDER = _private("order", 2, 3)
OPEN_ORDERS = _private("openOrders", 2, 3)
OPEN_CONDITIONAL = _private("openAlgoOrders", 3, 3)
ORDER_HISTORY = _private("order/history", 10, 10, _HISTORY_MS)
FILLS = _private("userTrades", 5, 5, _HISTORY_MS)
INCOME = Endpoint("POST", "/capi/v3/account/income", 2, 5, private=True, deadline_ms=_HISTORY_MS)
"""A read, for all that it is a POST."""

PLACE_ORDER = _write("POST", "order", 2, 5)
CANCEL_ORDER = _write("DELETE", "order", 2, 3)
PLACE_STOP = _write("POST", "placeTpSlOrder", 2, 5)
MODIFY_STOP = _write("POST", "modifyTpSlOrder", 2, 5)
CANCEL_CONDITIONAL = _write("DELETE", "algoOrder", 2, 3)
SET_LEVERAGE = _write("POST", "account/leverage", 10, 20, order=False)
AI_LOG = _write("POST", "order/uploadAiLog", 1, 1, order=False)

ENDPOINTS = tuple(value for value in list(globals().values()) if isinstance(value, Endpoint))
"""Every endpoint above."""
