"""Answers of the V3 API, validated from bytes. Field names are the wire's, in snake case."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter
from pydantic.alias_generators import to_camel

from weexctl.exchange.wire_types import Amount, Decimals, Id, Moment, Row

__all__ = [
    "ACCOUNT_CONFIG",
    "ACKNOWLEDGEMENT",
    "BALANCES",
    "BOOK_TICKERS",
    "CLOSE_ROWS",
    "COMMISSION",
    "CONDITIONAL_ORDERS",
    "CONDITIONAL_PAGE",
    "DEPTH",
    "EXCHANGE_INFO",
    "FILLS",
    "FUNDING_RATES",
    "INCOME",
    "LEVERAGE",
    "OPEN_INTEREST",
    "ORDER",
    "ORDERS",
    "POSITIONS",
    "PREMIUMS",
    "PRICE",
    "SERVER_TIME",
    "SYMBOL_CONFIGS",
    "SYMBOL_NAMES",
    "TICKERS",
    "TRADES",
    "WRITE_ROWS",
    "AccountConfigBody",
    "AcknowledgementBody",
    "BalanceRow",
    "BookTickerRow",
    "CloseRow",
    "CommissionBody",
    "ConditionalPage",
    "ConditionalRow",
    "DepthBody",
    "ExchangeInfoBody",
    "FillRow",
    "FundingRow",
    "IncomeBody",
    "IncomeRow",
    "InstrumentRow",
    "LeverageBody",
    "OpenInterestBody",
    "OrderRow",
    "PositionRow",
    "PremiumRow",
    "PriceBody",
    "ServerTimeBody",
    "TickerRow",
    "TradeRow",
    "WriteRow",
]


class _Row(Row):
    model_config = ConfigDict(alias_generator=to_camel)


class ServerTimeBody(_Row):
    """The exchange's clock."""

    server_time: Moment


class InstrumentRow(_Row):
    """A contract and its rules (13.1)."""

    symbol: str
    base_asset: str
    quote_asset: str
    price_precision: Decimals
    quantity_precision: Decimals
    contract_val: Amount
    delivery: tuple[str, ...] = ()
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
    close_time: Moment


class BookTickerRow(_Row):
    """The best bid and ask."""

    symbol: str
    bid_price: Amount
    bid_qty: Amount
    ask_price: Amount
    ask_qty: Amount
    time: Moment


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
    next_funding_time: Moment
    time: Moment
    collect_cycle: Annotated[int, Field(gt=0, le=100_000)]
    """Minutes."""


class FundingRow(_Row):
    """One settlement."""

    symbol: str
    funding_rate: Amount
    funding_time: Moment


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
    created_time: Moment
    updated_time: Moment


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
    time: Moment
    update_time: Moment


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
    time: Moment


class IncomeRow(_Row):
    """One bill (14.10)."""

    bill_id: Id
    asset: str
    symbol: str | None = None
    income: Amount
    income_type: str
    balance: Amount | None = None
    fill_fee: Amount | None = None
    time: Moment


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
    create_time: Moment
    update_time: Moment
    trigger_time: Moment | None = None


class ConditionalPage(_Row):
    """A page of conditional orders, finished ones among them."""

    orders: list[ConditionalRow]
    has_more: bool


class TradeRow(_Row):
    """A trade of the market (13.3)."""

    id: str
    time: Moment
    price: Amount
    qty: Amount
    quote_qty: Amount
    is_buyer_maker: bool


class OpenInterestBody(_Row):
    """Open interest (13)."""

    symbol: str
    open_interest: Amount
    time: Moment


class CommissionBody(_Row):
    """Fee rates (14.4)."""

    symbol: str
    maker_commission_rate: Amount
    taker_commission_rate: Amount


class AcknowledgementBody(_Row):
    """What a write answers (15)."""

    order_id: Id | None = None


class WriteRow(_Row):
    """One row of a write that answers a list; read leniently, since a refusal may leave anything out."""

    order_id: Id | Literal[""] | None = None
    client_order_id: str | None = None
    orig_client_order_id: str | None = None
    success: bool | None = None
    code: int | str | None = None
    msg: str | None = None
    error_code: str | None = None
    error_message: str | None = None


class CloseRow(_Row):
    """One position of a closing of all (15.11)."""

    position_id: Id
    success_order_id: Id | None = None
    success: bool
    error_message: str | None = None


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
CONDITIONAL_PAGE = TypeAdapter(ConditionalPage)
TRADES = TypeAdapter(list[TradeRow])
OPEN_INTEREST = TypeAdapter(OpenInterestBody)
COMMISSION = TypeAdapter(CommissionBody)
SYMBOL_NAMES = TypeAdapter(list[str])
ACKNOWLEDGEMENT = TypeAdapter(AcknowledgementBody)
WRITE_ROWS = TypeAdapter(list[WriteRow])
CLOSE_ROWS = TypeAdapter(list[CloseRow])
