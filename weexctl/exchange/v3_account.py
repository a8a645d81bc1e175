"""The account's side of the V3 API, read only: balance, positions, orders, fills, leverage."""

from __future__ import annotations

from weexctl.errors import WireError
from weexctl.exchange import v3_endpoints as endpoints
from weexctl.exchange import v3_models as models
from weexctl.exchange.bills import asked_bills, funding_of
from weexctl.exchange.endpoint import Endpoint
from weexctl.exchange.span import Page, fetch_pages, fetch_span
from weexctl.exchange.v3_market import V3Market
from weexctl.exchange.v3_words import (
    balance_of,
    bill_of,
    conditional_order_of,
    fill_of,
    leverage_of,
    order_of,
    position_of,
)
from weexctl.exchange.wire_types import parsed
from weexctl.exchange.wire_values import checked_order_id, encoded, query_of
from weexctl.model.account import AccountConfig, Balance, LeverageSetting, Position
from weexctl.model.commission import Commission
from weexctl.model.fill import Fill
from weexctl.model.instrument import SYMBOLS
from weexctl.model.order import ConditionalOrder, Order
from weexctl.model.payment import FUNDING, Bill, FundingPayment

__all__ = ["V3Account"]

_PAGE_ROWS = 100
_ORDER_ROWS, _ORDER_SPAN_MS = 1_000, 90 * 86_400_000
_FILL_ROWS, _FILL_SPAN_MS = 100, 7 * 86_400_000
_BILL_ROWS, _BILL_SPAN_MS = 100, 100 * 86_400_000
_PLAN_ROWS, _PLAN_SPAN_MS = 1_000, 90 * 86_400_000


class V3Account(V3Market):
    """The private half that changes nothing; needs keys."""

    def fetch_balance(self) -> Balance:
        """The USDT balance.

        Raises:
            WireError: the answer has no USDT, which is not the same as having none.
        """
        body = self._wire.read(endpoints.BALANCE)
        for row in parsed(models.BALANCES, body, endpoints.BALANCE):
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
        row = parsed(models.ACCOUNT_CONFIG, body, endpoints.ACCOUNT_CONFIG)
        return AccountConfig(can_trade=row.can_trade, can_withdraw=row.can_withdraw, hedge_mode=row.dual_side_position)

    def fetch_positions(self, symbol: str | None = None) -> list[Position]:
        """Open positions; an empty list is a proven flat account."""
        endpoint = endpoints.ALL_POSITIONS if symbol is None else endpoints.SINGLE_POSITION
        rows = parsed(models.POSITIONS, self._wire.read(endpoint, query_of(symbol=symbol)), endpoint)
        return [position for row in rows if (position := position_of(row)) is not None]

    def fetch_leverage(self, symbol: str) -> LeverageSetting:
        """Margin mode and leverage of a symbol."""
        body = self._wire.read(endpoints.SYMBOL_CONFIG, query_of(symbol=symbol))
        for row in parsed(models.SYMBOL_CONFIGS, body, endpoints.SYMBOL_CONFIG):
            if row.symbol == symbol:
                return leverage_of(row)
        raise _without(endpoints.SYMBOL_CONFIG, symbol, "the leverage", body)

    def fetch_leverages(self) -> dict[str, LeverageSetting]:
        """Margin mode and leverage of every symbol weexctl trades; those the exchange does not name are absent."""
        body = self._wire.read(endpoints.SYMBOL_CONFIG)
        rows = {row.symbol: row for row in parsed(models.SYMBOL_CONFIGS, body, endpoints.SYMBOL_CONFIG)}
        return {symbol: leverage_of(rows[symbol]) for symbol in SYMBOLS if symbol in rows}

    def fetch_commission(self, symbol: str) -> Commission:
        """What this account pays for its fills."""
        body = self._wire.read(endpoints.COMMISSION, query_of(symbol=symbol))
        row = parsed(models.COMMISSION, body, endpoints.COMMISSION)
        if row.symbol != symbol:
            raise _without(endpoints.COMMISSION, symbol, "the fee", body)
        return Commission(symbol=symbol, maker=row.maker_commission_rate, taker=row.taker_commission_rate)

    def fetch_order(self, order_id: str) -> Order:
        """One order by the exchange's id, conditional ones included.

        Raises:
            OrderNotFoundError: the exchange does not show it, which proves nothing about one still on its way.
        """
        body = self._wire.read(endpoints.ORDER, query_of(orderId=checked_order_id(order_id)))
        order = order_of(parsed(models.ORDER, body, endpoints.ORDER))
        if order.order_id != order_id:
            raise WireError(
                f"{endpoints.ORDER.label} answered with another order than {order_id}; its state is unknown",
                body=body,
                endpoint=endpoints.ORDER.label,
            )
        return order

    def fetch_open_orders(self, symbol: str | None = None) -> list[Order]:
        """Resting orders, oldest first."""

        def page(number: int) -> Page[Order]:
            query = query_of(symbol=symbol, limit=_PAGE_ROWS, page=number)
            body = self._wire.read(endpoints.OPEN_ORDERS, query)
            rows = [order_of(row) for row in parsed(models.ORDERS, body, endpoints.OPEN_ORDERS)]
            return Page(rows, len(rows) >= _PAGE_ROWS)

        orders = fetch_pages(page, lambda order: order.order_id, endpoints.OPEN_ORDERS, first=0)
        return sorted(orders, key=lambda order: (order.created_ms, order.order_id))

    def fetch_conditional_orders(self, symbol: str | None = None) -> list[ConditionalOrder]:
        """Stops and targets that wait for their trigger, oldest first."""

        def page(number: int) -> Page[ConditionalOrder]:
            query = query_of(symbol=symbol, limit=_PAGE_ROWS, page=number)
            body = self._wire.read(endpoints.OPEN_CONDITIONAL, query)
            rows = parsed(models.CONDITIONAL_ORDERS, body, endpoints.OPEN_CONDITIONAL)
            return Page([conditional_order_of(row) for row in rows], len(rows) >= _PAGE_ROWS)

        orders = fetch_pages(page, lambda order: order.order_id, endpoints.OPEN_CONDITIONAL, first=1)
        return sorted(orders, key=lambda order: (order.created_ms, order.order_id))

    def fetch_order_history(self, symbol: str | None, *, start_ms: int, end_ms: int) -> list[Order]:
        """Orders of a span of time, finished and conditional ones included, oldest first.

        Raises:
            UnavailableError: there are more than can be shown; a part is never given for the whole.
        """

        def span(low_ms: int, high_ms: int) -> Page[Order]:
            query = query_of(symbol=symbol, startTime=low_ms, endTime=high_ms, limit=_ORDER_ROWS, page=0)
            body = self._wire.read(endpoints.ORDER_HISTORY, query)
            rows = [order_of(row) for row in parsed(models.ORDERS, body, endpoints.ORDER_HISTORY)]
            return Page(rows, len(rows) >= _ORDER_ROWS)

        orders = fetch_span(
            span,
            lambda order: order.order_id,
            start_ms=start_ms,
            end_ms=end_ms,
            max_span_ms=_ORDER_SPAN_MS,
        )
        return sorted(orders, key=lambda order: (order.created_ms, order.order_id))

    def fetch_fills(self, symbol: str | None, *, start_ms: int, end_ms: int, order_id: str | None = None) -> list[Fill]:
        """Executions of a span of time, oldest first; they show up a few hundred milliseconds after the order.

        Raises:
            UnavailableError: there are more than can be shown; a part is never given for the whole.
        """
        wanted = None if order_id is None else checked_order_id(order_id)

        def span(low_ms: int, high_ms: int) -> Page[Fill]:
            query = query_of(symbol=symbol, orderId=wanted, startTime=low_ms, endTime=high_ms, limit=_FILL_ROWS)
            body = self._wire.read(endpoints.FILLS, query)
            rows = [fill_of(row) for row in parsed(models.FILLS, body, endpoints.FILLS)]
            return Page(rows, len(rows) >= _FILL_ROWS)

        fills = fetch_span(
            span,
            lambda fill: fill.fill_id,
            start_ms=start_ms,
            end_ms=end_ms,
            max_span_ms=_FILL_SPAN_MS,
        )
        kept = (fill for fill in fills if wanted is None or fill.order_id == wanted)
        return sorted(kept, key=lambda fill: (fill.time_ms, fill.fill_id))

    def fetch_conditional_history(
        self, symbol: str | None = None, *, start_ms: int, end_ms: int
    ) -> list[ConditionalOrder]:
        """Stops, targets and waiting entries of a span of time, finished ones included, oldest first.

        Raises:
            UnavailableError: there are more than can be shown; a part is never given for the whole.
        """

        def span(low_ms: int, high_ms: int) -> Page[ConditionalOrder]:
            query = query_of(symbol=symbol, startTime=low_ms, endTime=high_ms, limit=_PLAN_ROWS)
            body = self._wire.read(endpoints.CONDITIONAL_HISTORY, query)
            page = parsed(models.CONDITIONAL_PAGE, body, endpoints.CONDITIONAL_HISTORY)
            return Page([conditional_order_of(row) for row in page.orders], page.has_more)

        orders = fetch_span(
            span,
            lambda order: order.order_id,
            start_ms=start_ms,
            end_ms=end_ms,
            max_span_ms=_PLAN_SPAN_MS,
        )
        return sorted(orders, key=lambda order: (order.created_ms, order.order_id))

    def fetch_income(
        self, *, start_ms: int, end_ms: int, kind: str | None = None, symbol: str | None = None
    ) -> list[Bill]:
        """The statement of a span of time, both ends included, oldest first; of one kind or symbol if named.

        Raises:
            UnavailableError: there are more lines than can be shown; a part is never given for the whole.
        """

        def span(low_ms: int, high_ms: int) -> Page[Bill]:
            asked = {"asset": "USDT", "symbol": symbol, "incomeType": kind, "startTime": low_ms, "endTime": high_ms}
            body = self._wire.read(endpoints.INCOME, body=encoded({**asked, "limit": _BILL_ROWS}))
            page = parsed(models.INCOME, body, endpoints.INCOME)
            return Page([bill_of(row) for row in page.items], page.has_next_page or len(page.items) >= _BILL_ROWS)

        bills = fetch_span(span, lambda bill: bill.bill_id, start_ms=start_ms, end_ms=end_ms, max_span_ms=_BILL_SPAN_MS)
        return asked_bills(bills, start_ms=start_ms, end_ms=end_ms, kind=kind, symbol=symbol)

    def fetch_funding_payments(self, *, start_ms: int, end_ms: int) -> list[FundingPayment]:
        """Funding booked in a span of time, both ends included, oldest first.

        Raises:
            UnavailableError: there are more than can be shown; a part is never given for the whole.
        """
        return [funding_of(bill) for bill in self.fetch_income(start_ms=start_ms, end_ms=end_ms, kind=FUNDING)]


def _without(endpoint: Endpoint, symbol: str, what: str, body: bytes) -> WireError:
    return WireError(
        f"{endpoint.label} answered without {symbol}; {what} is unknown", body=body, endpoint=endpoint.label
    )
