"""Answers of the V3 API, validated from bytes. Field names are the wire's, in snake case.

Ids may come as text or as a JSON number of 18 or 19 digits: they become text, exactly. Amounts may come as text or
as a number: a number is read as the shortest decimal that is the same double, exact up to 15 digits; the exchange
sends money as text. NaN and infinity are refused. Unknown members are ignored.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from weexctl.exchange.endpoint import Endpoint
from weexctl.exchange.outcome import no_proof

__all__ = [
    "ACCOUNT_CONFIG",
    "ACKNOWLEDGEMENT",
    "BALANCES",
    "BOOK_TICKERS",
    "CONDITIONAL_ORDERS",
    "DEPTH",
    "EXCHANGE_INFO",
    "FILLS",
    "FUNDING_RATES",
    "LEVERAGE",
    "ORDER",
    "ORDERS",
    "POSITIONS",
    "PREMIUMS",
    "PRICE",
    "SERVER_TIME",
    "SYMBOL_CONFIGS",
    "TICKERS",
    "BalanceRow",
    "BookTickerRow",
    "ConditionalRow",
    "DepthBody",
    "FillRow",
    "FundingRow",
    "InstrumentRow",
    "LeverageBody",
    "OrderRow",
    "PositionRow",
    "PremiumRow",
    "TickerRow",
    "parsed",
]

_ID = re.compile(r"[0-9]{1,20}")
_AMOUNT = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,2})?")


def _id(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return str(value)
    if isinstance(value, str) and _ID.fullmatch(value):
        return value
    raise ValueError("not an id")  # a float lands here too: its digits would be wrong


def _amount(value: object) -> object:
    if isinstance(value, str) and not _AMOUNT.fullmatch(value):
        raise ValueError("not an amount")
    if isinstance(value, bool):
        raise ValueError("not an amount")  # noqa: TRY004  # pydantic turns ValueError into a validation error
    return value


Id = Annotated[str, BeforeValidator(_id)]
Amount = Annotated[Decimal, BeforeValidator(_amount)]


class _Row(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, alias_generator=to_camel)


class ServerTimeBody(_Row):
    """The exchange's clock."""

    server_time: int


class InstrumentRow(_Row):
    """A contract and its rules (13.1)."""

    symbol: str
    base_asset: str
    quote_asset: str
    price_precision: int
    quantity_precision: int
    contract_val: Amount
    delivery: list[str] = []
    max_leverage: int
    maker_fee_rate: Amount
    taker_fee_rate: Amount
    min_order_size: Amount
    max_order_size: Amount
    max_position_size: Amount | None = None
    market_open_limit_size: Amount | None = None


class ExchangeInfoBody(_Row):
    """Every contract."""

    symbols: list[InstrumentRow]


class PriceBody(_Row):
    """One price."""

    symbol: str
    price: Amount


class TickerRow(_Row):
    """24 hours of one symbol (13.2)."""

    symbol: str
    price_change: Amount
    price_change_percent: Amount
    last_price: Amount
    high_price: Amount
    low_price: Amount
    volume: Amount
    quote_volume: Amount
    mark_price: Amount
    index_price: Amount
    close_time: int


class BookTickerRow(_Row):
    """The best bid and ask."""

    symbol: str
    bid_price: Amount
    bid_qty: Amount
    ask_price: Amount
    ask_qty: Amount
    time: int


class DepthBody(_Row):
    """The order book, best first."""

    asks: list[tuple[Amount, Amount]]
    bids: list[tuple[Amount, Amount]]
    last_update_id: Id


class PremiumRow(_Row):
    """Mark, index and funding (13.5)."""

    symbol: str
    mark_price: Amount
    index_price: Amount
    last_funding_rate: Amount
    forecast_funding_rate: Amount
    next_funding_time: int
    time: int
    collect_cycle: int
    """Minutes."""


class FundingRow(_Row):
    """One settlement."""

    symbol: str
    funding_rate: Amount
    funding_time: int


class BalanceRow(_Row):
    """One coin (14.1)."""

    asset: str
    balance: Amount
    available_balance: Amount
    frozen: Amount
    unrealize_pnl: Amount


class AccountConfigBody(_Row):
    """What the key may do (14.2)."""

    can_trade: bool
    can_withdraw: bool
    dual_side_position: bool


class LeverageBody(_Row):
    """Margin mode and leverage of a symbol (14.3, 14.6)."""

    symbol: str
    margin_type: Literal["CROSSED", "ISOLATED"]
    separated_type: Literal["COMBINED", "SEPARATED"] | None = None
    cross_leverage: Amount
    isolated_long_leverage: Amount
    isolated_short_leverage: Amount


class PositionRow(_Row):
    """A position (14.5)."""

    id: Id
    symbol: str
    side: Literal["LONG", "SHORT"]
    margin_type: Literal["CROSSED", "ISOLATED"]
    leverage: Amount
    size: Amount
    open_value: Amount
    margin_size: Amount
    funding_fee: Amount
    unrealize_pnl: Amount
    liquidate_price: Amount
    created_time: int
    updated_time: int


class OrderRow(_Row):
    """An order (15.6)."""

    order_id: Id
    client_order_id: str | None = None
    symbol: str
    side: Literal["BUY", "SELL"]
    position_side: Literal["LONG", "SHORT"]
    type: str
    status: str
    orig_qty: Amount
    executed_qty: Amount
    avg_price: Amount | None = None
    price: Amount | None = None
    reduce_only: bool = False
    time_in_force: str | None = None
    time: int
    update_time: int


class FillRow(_Row):
    """An execution (15.8)."""

    id: Id
    order_id: Id
    symbol: str
    side: Literal["BUY", "SELL"]
    position_side: Literal["LONG", "SHORT"]
    qty: Amount
    price: Amount
    quote_qty: Amount
    commission: Amount
    realized_pnl: Amount
    maker: bool
    time: int


class IncomeRow(_Row):
    """One bill (14.10)."""

    bill_id: Id
    symbol: str | None = None
    income: Amount
    income_type: str
    time: int


class IncomeBody(_Row):
    """A page of bills."""

    has_next_page: bool
    items: list[IncomeRow]


class ConditionalRow(_Row):
    """A stop or target (15.10)."""

    algo_id: Id
    client_algo_id: str | None = None
    order_type: str
    symbol: str
    side: Literal["BUY", "SELL"]
    position_side: Literal["LONG", "SHORT"]
    quantity: Amount
    algo_status: str
    actual_order_id: Id | None = None
    trigger_price: Amount
    price: Amount | None = None
    working_type: str
    create_time: int
    update_time: int
    trigger_time: int | None = None


class AcknowledgementBody(_Row):
    """What a write answers (15)."""

    order_id: Id | None = None


SERVER_TIME = TypeAdapter(ServerTimeBody)
INCOME = TypeAdapter(IncomeBody)
EXCHANGE_INFO = TypeAdapter(ExchangeInfoBody)
PRICE = TypeAdapter(PriceBody)
TICKERS = TypeAdapter(list[TickerRow])
BOOK_TICKERS = TypeAdapter(list[BookTickerRow])
DEPTH = TypeAdapter(DepthBody)
PREMIUMS = TypeAdapter(list[PremiumRow])
FUNDING_RATES = TypeAdapter(list[FundingRow])
BALANCES = TypeAdapter(list[BalanceRow])
ACCOUNT_CONFIG = TypeAdapter(AccountConfigBody)
SYMBOL_CONFIGS = TypeAdapter(list[LeverageBody])
LEVERAGE = TypeAdapter(LeverageBody)
POSITIONS = TypeAdapter(list[PositionRow])
ORDER = TypeAdapter(OrderRow)
ORDERS = TypeAdapter(list[OrderRow])
FILLS = TypeAdapter(list[FillRow])
CONDITIONAL_ORDERS = TypeAdapter(list[ConditionalRow])
ACKNOWLEDGEMENT = TypeAdapter(AcknowledgementBody)

T = TypeVar("T")


def parsed(adapter: TypeAdapter[T], body: bytes, endpoint: Endpoint) -> T:
    """The body as the documentation describes it.

    Raises:
        WireError: a read's body is something else.
        OutcomeUnknownError: a write's body is something else, so it proves nothing.
    """
    try:
        return adapter.validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise no_proof(endpoint, f"answered otherwise than documented ({place}: {first['msg']})", body) from error
