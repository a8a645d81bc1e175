"""The account's side of the V3 API, read only: balance, positions, orders, fills, leverage."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TypeVar

from weexctl.errors import UnavailableError, WireError
from weexctl.exchange import v3_endpoints as endpoints
from weexctl.exchange import v3_models as models
from weexctl.exchange.endpoint import Endpoint
from weexctl.exchange.span import fetch_span
from weexctl.exchange.v3_market import V3Market
from weexctl.exchange.v3_requests import checked_order_id, query_of
from weexctl.exchange.v3_words import balance_of, conditional_order_of, fill_of, leverage_of, order_of, position_of
from weexctl.model.account import AccountConfig, Balance, LeverageSetting, Position
from weexctl.model.fill import Fill
from weexctl.model.order import ConditionalOrder, Order
from weexctl.model.payment import FundingPayment

__all__ = ["V3Account"]

_PAGE_ROWS = 100
_MAX_PAGES = 50
_ORDER_ROWS, _ORDER_SPAN_MS = 1_000, 90 * 86_400_000
_FILL_ROWS, _FILL_SPAN_MS = 100, 7 * 86_400_000
_BILL_ROWS, _BILL_SPAN_MS = 100, 100 * 86_400_000
_FUNDING = "position_funding"

T = TypeVar("T")


class V3Account(V3Market):
    """The private half that changes nothing; needs keys."""

    def fetch_balance(self) -> Balance:
        """The USDT balance.

        Raises:
            WireError: the answer has no USDT, which is not the same as having none.
        """
        body = self._wire.read(endpoints.BALANCE)
        for row in models.parsed(models.BALANCES, body, endpoints.BALANCE):
            if row.asset == "USDT":
                return balance_of(row)
        raise WireError(
            f"{endpoints.BALANCE.label} answered without USDT; the balance is unknown",
            hint="move some USDT to the futures account at WEEX, if it never had any",
            body=body,
            endpoint=endpoints.BALANCE.label,
        )

    def fetch_account_config(self) -> AccountConfig:
        """What the account may do."""
        body = self._wire.read(endpoints.ACCOUNT_CONFIG)
        row = models.parsed(models.ACCOUNT_CONFIG, body, endpoints.ACCOUNT_CONFIG)
        return AccountConfig(can_trade=row.can_trade, can_withdraw=row.can_withdraw, hedge_mode=row.dual_side_position)

    def fetch_positions(self, symbol: str | None = None) -> list[Position]:
        """Open positions; an empty list is a proven flat account."""
        endpoint = endpoints.ALL_POSITIONS if symbol is None else endpoints.SINGLE_POSITION
        rows = models.parsed(models.POSITIONS, self._wire.read(endpoint, query_of(symbol=symbol)), endpoint)
        return [position for row in rows if (position := position_of(row)) is not None]

    def fetch_leverage(self, symbol: str) -> LeverageSetting:
        """Margin mode and leverage of a symbol."""
        body = self._wire.read(endpoints.SYMBOL_CONFIG, query_of(symbol=symbol))
        for row in models.parsed(models.SYMBOL_CONFIGS, body, endpoints.SYMBOL_CONFIG):
            if row.symbol == symbol:
                return leverage_of(row)
        raise WireError(
            f"{endpoints.SYMBOL_CONFIG.label} answered without {symbol}; the leverage is unknown",
            body=body,
            endpoint=endpoints.SYMBOL_CONFIG.label,
        )

    def fetch_order(self, order_id: str) -> Order:
        """One order by the exchange's id, conditional ones included.

        Raises:
            OrderNotFoundError: the exchange does not show it, which proves nothing about one still on its way.
        """
        body = self._wire.read(endpoints.ORDER, query_of(orderId=checked_order_id(order_id)))
        order = order_of(models.parsed(models.ORDER, body, endpoints.ORDER))
        if order.order_id != order_id:
            raise WireError(
                f"{endpoints.ORDER.label} answered with another order than {order_id}; its state is unknown",
                body=body,
                endpoint=endpoints.ORDER.label,
            )
        return order

    def fetch_open_orders(self, symbol: str | None = None) -> list[Order]:
        """Resting orders, oldest first."""

        def page(number: int) -> list[Order]:
            query = query_of(symbol=symbol, limit=_PAGE_ROWS, page=number)
            body = self._wire.read(endpoints.OPEN_ORDERS, query)
            return [order_of(row) for row in models.parsed(models.ORDERS, body, endpoints.OPEN_ORDERS)]

        orders = _all_pages(page, lambda order: order.order_id, endpoints.OPEN_ORDERS, first=0)
        return sorted(orders, key=lambda order: (order.created_ms, order.order_id))

    def fetch_conditional_orders(self, symbol: str | None = None) -> list[ConditionalOrder]:
        """Stops and targets that wait for their trigger, oldest first."""

        def page(number: int) -> list[ConditionalOrder]:
            query = query_of(symbol=symbol, limit=_PAGE_ROWS, page=number)
            body = self._wire.read(endpoints.OPEN_CONDITIONAL, query)
            rows = models.parsed(models.CONDITIONAL_ORDERS, body, endpoints.OPEN_CONDITIONAL)
            return [conditional_order_of(row) for row in rows]

        orders = _all_pages(page, lambda order: order.order_id, endpoints.OPEN_CONDITIONAL, first=1)
        return sorted(orders, key=lambda order: (order.created_ms, order.order_id))

    def fetch_order_history(self, symbol: str | None, *, start_ms: int, end_ms: int) -> list[Order]:
        """Orders of a span of time, finished and conditional ones included, oldest first.

        Raises:
            UnavailableError: there are more than can be shown; a part is never given for the whole.
        """

        def span(low_ms: int, high_ms: int) -> list[Order]:
            query = query_of(symbol=symbol, startTime=low_ms, endTime=high_ms, limit=_ORDER_ROWS, page=0)
            body = self._wire.read(endpoints.ORDER_HISTORY, query)
            return [order_of(row) for row in models.parsed(models.ORDERS, body, endpoints.ORDER_HISTORY)]

        orders = fetch_span(
            span,
            lambda order: order.order_id,
            start_ms=start_ms,
            end_ms=end_ms,
            max_span_ms=_ORDER_SPAN_MS,
            page_rows=_ORDER_ROWS,
        )
        return sorted(orders, key=lambda order: (order.created_ms, order.order_id))

    def fetch_fills(self, symbol: str | None, *, start_ms: int, end_ms: int, order_id: str | None = None) -> list[Fill]:
        """Executions of a span of time, oldest first; they show up a few hundred milliseconds after the order.

        Raises:
            UnavailableError: there are more than can be shown; a part is never given for the whole.
        """
        wanted = None if order_id is None else checked_order_id(order_id)

        def span(low_ms: int, high_ms: int) -> list[Fill]:
            query = query_of(symbol=symbol, orderId=wanted, startTime=low_ms, endTime=high_ms, limit=_FILL_ROWS)
            body = self._wire.read(endpoints.FILLS, query)
            return [fill_of(row) for row in models.parsed(models.FILLS, body, endpoints.FILLS)]

        fills = fetch_span(
            span,
            lambda fill: fill.fill_id,
            start_ms=start_ms,
            end_ms=end_ms,
            max_span_ms=_FILL_SPAN_MS,
            page_rows=_FILL_ROWS,
        )
        kept = (fill for fill in fills if wanted is None or fill.order_id == wanted)
        return sorted(kept, key=lambda fill: (fill.time_ms, fill.fill_id))

    def fetch_funding_payments(self, *, start_ms: int, end_ms: int) -> list[FundingPayment]:
        """Funding booked in a span of time, both ends included, oldest first.

        Raises:
            UnavailableError: there are more than can be shown; a part is never given for the whole.
        """

        def span(low_ms: int, high_ms: int) -> list[FundingPayment]:
            times = {"startTime": low_ms, "endTime": high_ms}
            asked = {"asset": "USDT", "incomeType": _FUNDING, **times, "limit": _BILL_ROWS}
            body = self._wire.read(endpoints.INCOME, body=json.dumps(asked, separators=(",", ":")).encode())
            page = models.parsed(models.INCOME, body, endpoints.INCOME)
            return [_payment(row) for row in page.items if row.income_type == _FUNDING]

        payments = fetch_span(
            span,
            lambda payment: payment.bill_id,
            start_ms=start_ms,
            end_ms=end_ms,
            max_span_ms=_BILL_SPAN_MS,
            page_rows=_BILL_ROWS,
        )
        inside = (payment for payment in payments if start_ms <= payment.time_ms <= end_ms)
        return sorted(inside, key=lambda payment: (payment.time_ms, payment.bill_id))


def _payment(row: models.IncomeRow) -> FundingPayment:
    return FundingPayment(bill_id=row.bill_id, symbol=row.symbol or "", amount=row.income, time_ms=row.time)


def _all_pages(
    fetch: Callable[[int], list[T]], identify: Callable[[T], str], endpoint: Endpoint, *, first: int
) -> list[T]:
    """The rows of all pages, each once; a row may move to the next page while we read."""
    found: dict[str, T] = {}
    for number in range(first, first + _MAX_PAGES):
        rows = fetch(number)
        found.update((identify(row), row) for row in rows)
        if len(rows) < _PAGE_ROWS:
            return list(found.values())
    raise UnavailableError(
        f"{endpoint.label} has more than {_MAX_PAGES} pages; the list is not complete and was dropped",
        hint="ask for one symbol",
        code="INCOMPLETE",
        endpoint=endpoint.label,
    )
