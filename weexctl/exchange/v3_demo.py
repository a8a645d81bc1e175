"""WEEX's own demo account: four endpoints of the V3 API beside the public ones (weex-api 16).

Its coin is SUSDT and its symbols are spelled BTCSUSDT; here they are USDT and BTCUSDT as everywhere else. What the
demo account has no endpoint for is refused before anything is sent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NoReturn

from weexctl.errors import OrderNotFoundError, UsageError, WireError
from weexctl.exchange import v3_endpoints as endpoints
from weexctl.exchange import v3_models as models
from weexctl.exchange.lane import Lane
from weexctl.exchange.span import Page, fetch_span
from weexctl.exchange.v3_market import V3Market
from weexctl.exchange.v3_requests import order_members
from weexctl.exchange.v3_words import balance_of, order_of, position_of
from weexctl.exchange.wire_types import parsed
from weexctl.exchange.wire_values import checked_order_id, encoded, query_of
from weexctl.exchange.write_rows import proven_id
from weexctl.model.account import Balance, Position
from weexctl.model.order import Order, OrderAck, OrderRequest

__all__ = ["WeexV3Demo"]

_COIN = "SUSDT"
_ROWS, _SPAN_MS = 1_000, 90 * 86_400_000


def _cannot(what: str) -> Callable[..., NoReturn]:
    """A method that refuses: the demo account has no endpoint for it."""

    def refuse(*_arguments: Any, **_options: Any) -> NoReturn:
        raise UsageError(
            f"WEEX's demo account has no way to {what}; nothing was sent",
            hint="use `--venue sim`, which can do all that WEEX can, or do it on the WEEX demo page",
            code="NOT_IN_DEMO",
        )

    refuse.__doc__ = f"Refused: the demo account has no way to {what}."
    return refuse


class WeexV3Demo(V3Market):
    """Market data as it is, orders and positions of the demo account."""

    def fetch_balance(self) -> Balance:
        """The demo balance.

        Raises:
            WireError: the answer has no demo coin.
        """
        body = self._wire.read(endpoints.DEMO_BALANCE)
        for row in parsed(models.BALANCES, body, endpoints.DEMO_BALANCE):
            if row.asset == _COIN:
                return replace(balance_of(row), asset="USDT")
        raise WireError(
            f"{endpoints.DEMO_BALANCE.label} answered without {_COIN}; the balance is unknown",
            hint="open the demo account once on the WEEX page",
            body=body,
            endpoint=endpoints.DEMO_BALANCE.label,
        )

    def fetch_positions(self, symbol: str | None = None) -> list[Position]:
        """Open positions; an empty list is a proven flat demo account."""
        body = self._wire.read(endpoints.DEMO_POSITIONS)
        rows = parsed(models.POSITIONS, body, endpoints.DEMO_POSITIONS)
        found = [replace(held, symbol=_plain(held.symbol)) for row in rows if (held := position_of(row)) is not None]
        return [held for held in found if symbol in (None, held.symbol)]

    def place_order(self, request: OrderRequest) -> OrderAck:
        """Send one order, once; a stop and a target may go along."""
        members = order_members(replace(request, symbol=_demo(request.symbol)))
        lane = Lane.PROTECT if request.reduces else None
        body = self._wire.write(endpoints.DEMO_PLACE_ORDER, body=encoded(members), lane=lane)
        answer = parsed(models.ACKNOWLEDGEMENT, body, endpoints.DEMO_PLACE_ORDER)
        order_id = proven_id(answer.order_id, endpoints.DEMO_PLACE_ORDER, body)
        return OrderAck(order_id=order_id, client_order_id=request.client_order_id)

    def fetch_order_history(self, symbol: str | None, *, start_ms: int, end_ms: int) -> list[Order]:
        """Orders of a span of time, finished ones included, oldest first; all are read, as no symbol may be named."""

        def span(low_ms: int, high_ms: int) -> Page[Order]:
            query = query_of(startTime=low_ms, endTime=high_ms, limit=_ROWS, page=0)
            body = self._wire.read(endpoints.DEMO_ORDER_HISTORY, query)
            rows = [order_of(row) for row in parsed(models.ORDERS, body, endpoints.DEMO_ORDER_HISTORY)]
            return Page([replace(row, symbol=_plain(row.symbol)) for row in rows], len(rows) >= _ROWS)

        orders = fetch_span(span, lambda order: order.order_id, start_ms=start_ms, end_ms=end_ms, max_span_ms=_SPAN_MS)
        kept = (order for order in orders if symbol in (None, order.symbol))
        return sorted(kept, key=lambda order: (order.created_ms, order.order_id))

    def fetch_order(self, order_id: str) -> Order:
        """One order by the exchange's id, looked up in the history of 90 days.

        Raises:
            OrderNotFoundError: it is not there, which proves nothing about one still on its way.
        """
        wanted, now_ms = checked_order_id(order_id), self.clock.now_ms()
        for order in self.fetch_order_history(None, start_ms=now_ms - _SPAN_MS, end_ms=now_ms):
            if order.order_id == wanted:
                return order
        raise OrderNotFoundError(
            f"the demo account's history does not show the order {wanted}; its state is unknown",
            endpoint=endpoints.DEMO_ORDER_HISTORY.label,
        )

    def close(self) -> None:
        """Let go of the connection."""
        self._wire.close()

    fetch_account_config = _cannot("read what the account may do")
    fetch_open_orders = _cannot("list resting orders")
    fetch_conditional_orders = _cannot("list stops and targets")
    fetch_conditional_history = _cannot("list finished stops and targets")
    fetch_fills = _cannot("list fills")
    fetch_funding_payments = _cannot("list funding payments")
    fetch_income = _cannot("show the statement")
    fetch_commission = _cannot("read the fee rates")
    fetch_leverage = _cannot("read the leverage")
    fetch_leverages = _cannot("read the leverages")
    set_leverage = _cannot("set the leverage")
    set_margin_mode = _cannot("set the margin mode")
    adjust_margin = _cannot("move margin")
    set_auto_margin = _cannot("set automatic margin")
    place_orders = _cannot("place several orders at once")
    place_conditional = _cannot("place an order that waits for a trigger")
    place_stop = _cannot("place a stand-alone stop or target")
    modify_stop = _cannot("move a stop or target")
    cancel_order = _cannot("cancel an order")
    cancel_order_by_client_id = _cannot("cancel an order")
    cancel_orders = _cannot("cancel orders")
    cancel_conditional_order = _cannot("cancel a stop or target")
    cancel_all_orders = _cannot("cancel orders")
    cancel_all_conditional_orders = _cannot("cancel stops and targets")
    close_positions = _cannot("close positions in one call")
    upload_ai_log = _cannot("take an AI log")


def _demo(symbol: str) -> str:
    return f"{symbol.removesuffix('USDT')}SUSDT"


def _plain(symbol: str) -> str:
    return f"{symbol.removesuffix('SUSDT')}USDT" if symbol.endswith("SUSDT") else symbol
