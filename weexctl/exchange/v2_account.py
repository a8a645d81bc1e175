"""The account's side of the V2 API, read only: balance, positions, orders, fills, leverage."""

from __future__ import annotations

from collections.abc import Sequence

from weexctl.errors import UnavailableError, WireError
from weexctl.exchange import v2_endpoints as endpoints
from weexctl.exchange import v2_models as models
from weexctl.exchange.bills import asked_bills, funding_of
from weexctl.exchange.span import Page, fetch_pages, fetch_span
from weexctl.exchange.v2_market import V2Market
from weexctl.exchange.v2_words import (
    MARGIN_MODES,
    balance_of,
    bill_of,
    conditional_order_of,
    fill_of,
    order_of,
    position_of,
    wire_symbol,
)
from weexctl.exchange.wire_types import parsed
from weexctl.exchange.wire_values import checked_order_id, encoded, query_of
from weexctl.model.account import AccountConfig, Balance, LeverageSetting, MarginMode, Position
from weexctl.model.commission import Commission
from weexctl.model.fill import Fill
from weexctl.model.instrument import SYMBOLS
from weexctl.model.order import ConditionalOrder, Order
from weexctl.model.payment import FUNDING, Bill, FundingPayment

__all__ = ["V2Account"]

_PAGE_ROWS = 100
_FILL_SPAN_MS, _BILL_SPAN_MS, _PLAN_SPAN_MS = 7 * 86_400_000, 30 * 86_400_000, 30 * 86_400_000


class V2Account(V2Market):
    """The private half that changes nothing; needs keys."""

    def fetch_balance(self) -> Balance:
        """The USDT balance.

        Raises:
            WireError: the answer has no USDT, which is not the same as having none.
        """
        body = self._wire.read(endpoints.ASSETS)
        for row in parsed(models.ASSETS, body, endpoints.ASSETS):
            if row.coin == "USDT":
                return balance_of(row)
        raise WireError(
            f"{endpoints.ASSETS.label} answered without USDT; the balance is unknown",
            hint="move some USDT to the futures account at WEEX, if it never had any",
            body=body,
            endpoint=endpoints.ASSETS.label,
        )

    def fetch_account_config(self) -> AccountConfig:
        """What the account may do. V2 knows hedge mode only, says nothing of withdrawals, and does not list
        permissions: an account that can be read and is not being liquidated counts as one that can trade."""
        account = parsed(models.ACCOUNT, self._wire.read(endpoints.ACCOUNTS), endpoints.ACCOUNTS)
        liquidating = any(row.is_liquidating for row in account.collateral)
        return AccountConfig(can_trade=not liquidating, can_withdraw=None, hedge_mode=True)

    def fetch_positions(self, symbol: str | None = None) -> list[Position]:
        """Open positions; an empty list is a proven flat account."""
        endpoint = endpoints.ALL_POSITIONS if symbol is None else endpoints.SINGLE_POSITION
        query = query_of(symbol=None if symbol is None else wire_symbol(symbol))
        rows = parsed(models.POSITIONS, self._wire.read(endpoint, query), endpoint)
        return [position for row in rows if (position := position_of(row, symbol)) is not None]

    def fetch_leverage(self, symbol: str) -> LeverageSetting:
        """Margin mode and leverage of a symbol; a mode that was never set is the exchange's default, cross."""
        body = self._wire.read(endpoints.SETTINGS, query_of(symbol=wire_symbol(symbol)))
        row = parsed(models.SETTINGS, body, endpoints.SETTINGS).get(wire_symbol(symbol))
        if row is None:
            raise WireError(
                f"{endpoints.SETTINGS.label} answered without {symbol}; the leverage is unknown",
                body=body,
                endpoint=endpoints.SETTINGS.label,
            )
        return _leverage(symbol, row, self._account().modes)

    def fetch_leverages(self) -> dict[str, LeverageSetting]:
        """Margin mode and leverage of every symbol weexctl trades; those the exchange does not name are absent."""
        rows = parsed(models.SETTINGS, self._wire.read(endpoints.SETTINGS), endpoints.SETTINGS)
        modes = self._account().modes
        names = {symbol: wire_symbol(symbol) for symbol in SYMBOLS}
        return {symbol: _leverage(symbol, rows[name], modes) for symbol, name in names.items() if name in rows}

    def fetch_commission(self, symbol: str) -> Commission:
        """What this account pays for its fills: its own rates if it has any, else the contract's.

        Discounts are left out, as their meaning is not documented: the fee is never underestimated.
        """
        account = self._account()
        own = [row for row in account.fees if row.symbol == wire_symbol(symbol)]
        for row in (*own, account.default_fee):
            if row is not None and row.is_set and row.maker is not None and row.taker is not None:
                return Commission(symbol=symbol, maker=row.maker, taker=row.taker)
        instrument = self.fetch_instruments().get(symbol)
        if instrument is None:
            raise WireError(
                f"{endpoints.CONTRACTS.label} answered without {symbol}; the fee is unknown",
                endpoint=endpoints.CONTRACTS.label,
            )
        return Commission(symbol=symbol, maker=instrument.maker_fee, taker=instrument.taker_fee)

    def _account(self) -> models.AccountMembers:
        body = self._wire.read(endpoints.ACCOUNT, query_of(coin="USDT"))
        return parsed(models.ACCOUNT, body, endpoints.ACCOUNT).account

    def fetch_order(self, order_id: str) -> Order:
        """One order by the exchange's id; V2 finds none by ours.

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
        name = None if symbol is None else wire_symbol(symbol)

        def page(number: int) -> Page[Order]:
            query = query_of(symbol=name, limit=_PAGE_ROWS, page=number)
            body = self._wire.read(endpoints.OPEN_ORDERS, query)
            rows = [order_of(row) for row in parsed(models.ORDERS, body, endpoints.OPEN_ORDERS)]
            return Page(rows, len(rows) >= _PAGE_ROWS)

        orders = fetch_pages(page, lambda order: order.order_id, endpoints.OPEN_ORDERS, first=0)
        return sorted(orders, key=lambda order: (order.created_ms, order.order_id))

    def fetch_conditional_orders(self, symbol: str | None = None) -> list[ConditionalOrder]:
        """Stops and targets that wait for their trigger, oldest first.

        V2 does not tell one from the other: the mark price is read too, and a closing order that waits where the
        position gains is a target.
        """
        name = None if symbol is None else wire_symbol(symbol)

        def page(number: int) -> Page[models.PlanRow]:
            body = self._wire.read(endpoints.OPEN_CONDITIONAL, query_of(symbol=name, limit=_PAGE_ROWS, page=number))
            rows = parsed(models.PLANS, body, endpoints.OPEN_CONDITIONAL)
            return Page(rows, len(rows) >= _PAGE_ROWS)

        rows = fetch_pages(page, lambda row: row.order_id, endpoints.OPEN_CONDITIONAL, first=0)
        orders = [conditional_order_of(row, None) for row in rows]
        marks = {held: self.fetch_mark_price(held) for held in sorted({o.symbol for o in orders if o.protective})}
        told = [conditional_order_of(row, marks.get(o.symbol)) for row, o in zip(rows, orders, strict=True)]
        return sorted(told, key=lambda order: (order.created_ms, order.order_id))

    def fetch_conditional_history(
        self, symbol: str | None = None, *, start_ms: int, end_ms: int
    ) -> list[ConditionalOrder]:
        """Conditional orders of a span of time, finished ones included, oldest first; V2 asks symbol by symbol.

        Raises:
            UnavailableError: there are more than can be shown; a part is never given for the whole.
        """
        asked = SYMBOLS if symbol is None else (symbol,)
        orders = [order for name in asked for order in self._plan_history(name, start_ms, end_ms)]
        return sorted(orders, key=lambda order: (order.created_ms, order.order_id))

    def _plan_history(self, symbol: str, start_ms: int, end_ms: int) -> Sequence[ConditionalOrder]:
        def span(low_ms: int, high_ms: int) -> Page[ConditionalOrder]:
            query = query_of(symbol=wire_symbol(symbol), startTime=low_ms, endTime=high_ms, pageSize=_PAGE_ROWS)
            body = self._wire.read(endpoints.CONDITIONAL_HISTORY, query)
            page = parsed(models.PLAN_PAGE, body, endpoints.CONDITIONAL_HISTORY)
            return Page([conditional_order_of(row, None) for row in page.rows], page.more)

        return fetch_span(
            span, lambda order: order.order_id, start_ms=start_ms, end_ms=end_ms, max_span_ms=_PLAN_SPAN_MS
        )

    def fetch_order_history(self, symbol: str | None, *, start_ms: int, end_ms: int) -> list[Order]:
        """Orders of a span of time, finished ones included, oldest first; V2 shows the newest hundred only.

        Raises:
            UnavailableError: the span begins before those; a part is never given for the whole.
        """
        name = None if symbol is None else wire_symbol(symbol)
        body = self._wire.read(endpoints.ORDER_HISTORY, query_of(symbol=name, pageSize=_PAGE_ROWS))
        orders = [order_of(row) for row in parsed(models.ORDERS, body, endpoints.ORDER_HISTORY)]
        oldest_ms = min((order.created_ms for order in orders), default=0)
        if len(orders) >= _PAGE_ROWS and oldest_ms > start_ms:
            raise UnavailableError(
                f"V2 shows orders from {oldest_ms} on; what was ordered before it is unknown",
                hint="ask for one symbol or a shorter span, or use the V3 API",
                code="INCOMPLETE",
                endpoint=endpoints.ORDER_HISTORY.label,
            )
        inside = (order for order in orders if start_ms <= order.created_ms <= end_ms)
        return sorted(inside, key=lambda order: (order.created_ms, order.order_id))

    def fetch_fills(self, symbol: str | None, *, start_ms: int, end_ms: int, order_id: str | None = None) -> list[Fill]:
        """Executions of a span of time, oldest first; they show up a few hundred milliseconds after the order.

        Raises:
            UnavailableError: there are more than can be shown; a part is never given for the whole.
        """
        name = None if symbol is None else wire_symbol(symbol)
        wanted = None if order_id is None else checked_order_id(order_id)

        def span(low_ms: int, high_ms: int) -> Page[Fill]:
            query = query_of(symbol=name, orderId=wanted, startTime=low_ms, endTime=high_ms, limit=_PAGE_ROWS)
            page = parsed(models.FILLS, self._wire.read(endpoints.FILLS, query), endpoints.FILLS)
            return Page([fill_of(row) for row in page.rows], page.more or len(page.rows) >= _PAGE_ROWS)

        fills = fetch_span(span, lambda fill: fill.fill_id, start_ms=start_ms, end_ms=end_ms, max_span_ms=_FILL_SPAN_MS)
        kept = (fill for fill in fills if wanted is None or fill.order_id == wanted)
        return sorted(kept, key=lambda fill: (fill.time_ms, fill.fill_id))

    def fetch_income(
        self, *, start_ms: int, end_ms: int, kind: str | None = None, symbol: str | None = None
    ) -> list[Bill]:
        """The statement of a span of time, both ends included, oldest first; of one kind or symbol if named.

        Raises:
            UnavailableError: there are more lines than can be shown; a part is never given for the whole.
        """
        name = None if symbol is None else wire_symbol(symbol)

        def span(low_ms: int, high_ms: int) -> Page[Bill]:
            asked = {"coin": "USDT", "symbol": name, "businessType": kind, "startTime": low_ms, "endTime": high_ms}
            body = self._wire.read(endpoints.BILLS, body=encoded({**asked, "limit": _PAGE_ROWS}))
            page = parsed(models.BILLS, body, endpoints.BILLS)
            return Page([bill_of(row) for row in page.items], page.has_next or len(page.items) >= _PAGE_ROWS)

        bills = fetch_span(span, lambda bill: bill.bill_id, start_ms=start_ms, end_ms=end_ms, max_span_ms=_BILL_SPAN_MS)
        return asked_bills(bills, start_ms=start_ms, end_ms=end_ms, kind=kind, symbol=symbol)

    def fetch_funding_payments(self, *, start_ms: int, end_ms: int) -> list[FundingPayment]:
        """Funding booked in a span of time, both ends included, oldest first.

        Raises:
            UnavailableError: there are more than can be shown; a part is never given for the whole.
        """
        return [funding_of(bill) for bill in self.fetch_income(start_ms=start_ms, end_ms=end_ms, kind=FUNDING)]


def _leverage(symbol: str, row: models.LeverageRow, modes: Sequence[models.ModeRow]) -> LeverageSetting:
    mode = next((mode for mode in modes if mode.symbol == wire_symbol(symbol)), None)
    return LeverageSetting(
        symbol=symbol,
        margin_mode=MARGIN_MODES[mode.margin_mode] if mode else MarginMode.CROSS,
        cross=row.cross_leverage,
        isolated_long=row.isolated_long_leverage,
        isolated_short=row.isolated_short_leverage,
        separated=mode is not None and mode.separated == "SEPARATED",
    )
