"""Answers of the V2 API, validated from bytes. Members are named as on the wire, odd spellings included."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AliasChoices, Field, TypeAdapter

from weexctl.exchange.wire_types import Amount, Decimals, Id, Moment, Row

__all__ = [
    "ACCOUNT",
    "ASSETS",
    "BILLS",
    "CANCELLED_BATCH",
    "CONTRACTS",
    "DEPTH",
    "FILLS",
    "FORECASTS",
    "FUNDING_RATES",
    "FUNDING_TIME",
    "INDEX",
    "OPEN_INTEREST",
    "ORDER",
    "ORDERS",
    "PLACED_BATCH",
    "PLANS",
    "PLAN_PAGE",
    "POSITIONS",
    "SETTINGS",
    "TICKER",
    "TICKERS",
    "TIME",
    "TRADES",
    "WRITTEN",
    "WRITTEN_ROWS",
    "AccountBody",
    "AccountMembers",
    "AssetRow",
    "BillPage",
    "BillRow",
    "CancelledBatch",
    "CollateralRow",
    "ContractRow",
    "DepthBody",
    "FeeRow",
    "FillPage",
    "FillRow",
    "ForecastRow",
    "FundingRow",
    "FundingTimeBody",
    "IndexBody",
    "LeverageRow",
    "ModeRow",
    "OpenInterestRow",
    "OrderRow",
    "PlacedBatch",
    "PlanPage",
    "PlanRow",
    "PositionRow",
    "TickerRow",
    "TimeBody",
    "TradeRow",
    "WriteRow",
]


class TimeBody(Row):
    """The exchange's clock (6.1)."""

    timestamp: Moment


class ContractRow(Row):
    """A contract and its rules (6.2)."""

    symbol: str
    underlying_index: str
    quote_currency: str
    contract_val: Amount
    delivery: tuple[str, ...] = ()
    size_increment: Decimals
    """Decimal places, not a step."""
    tick_size: Decimals
    """Decimal places, not a step."""
    price_end_step: Amount = Field(alias="priceEndStep", gt=0)
    max_leverage: int = Field(alias="maxLeverage")
    maker_fee: Amount = Field(alias="makerFeeRate")
    taker_fee: Amount = Field(alias="takerFeeRate")
    min_size: Amount = Field(alias="minOrderSize")
    max_size: Amount = Field(alias="maxOrderSize")
    max_position: Amount | None = Field(None, alias="maxPositionSize")
    max_market_size: Amount | None = Field(None, alias="marketOpenLimitSize")


class TickerRow(Row):
    """24 hours of one symbol (6.4). The volumes are not named after their coins."""

    symbol: str
    last: Amount
    high_24h: Amount
    low_24h: Amount
    volume_24h: Amount
    """Quote."""
    base_volume: Amount
    """Base."""
    timestamp: Moment
    change_ratio: Amount = Field(alias="priceChangePercent")
    mark_price: Amount = Field(alias="markPrice")
    index_price: Amount = Field(alias="indexPrice")


class DepthBody(Row):
    """The order book, best first (6.3)."""

    asks: list[tuple[Amount, Amount]]
    bids: list[tuple[Amount, Amount]]
    timestamp: Moment


class TradeRow(Row):
    """A trade of the market (6.6)."""

    id: str = Field(alias="ticketId")
    time: Moment
    price: Amount
    size: Amount
    value: Amount
    is_buyer_maker: bool = Field(alias="isBuyerMaker")


class IndexBody(Row):
    """The index price, or the mark price if asked for (6.9)."""

    symbol: str
    index: Amount


class OpenInterestRow(Row):
    """Open interest (6.10)."""

    symbol: str
    base_volume: Amount
    target_volume: Amount
    timestamp: Moment


class FundingTimeBody(Row):
    """The next settlement (6.11)."""

    symbol: str
    time: Moment = Field(alias="fundingTime")


class FundingRow(Row):
    """One settlement (6.12)."""

    rate: Amount = Field(alias="fundingRate")
    time: Moment = Field(alias="fundingTime")


class ForecastRow(Row):
    """The settlement ahead (6.13)."""

    symbol: str
    rate: Amount = Field(alias="fundingRate")
    cycle_minutes: Annotated[int, Field(gt=0, le=100_000)] = Field(alias="collectCycle")
    timestamp: Moment


class AssetRow(Row):
    """One coin (7.1)."""

    coin: str = Field(alias="coinName")
    available: Amount
    equity: Amount
    frozen: Amount
    unrealised: Amount = Field(alias="unrealizePnl")


class FeeRow(Row):
    """Fee rates of the account, or of one symbol (7.2)."""

    symbol: str = ""
    is_set: bool = Field(False, alias="is_set_fee_rate")
    taker: Amount | None = Field(None, alias="taker_fee_rate")
    maker: Amount | None = Field(None, alias="maker_fee_rate")


class ModeRow(Row):
    """Margin mode of one symbol (7.2); three spellings of a member are documented."""

    symbol: str
    margin_mode: Literal["SHARED", "ISOLATED"] = Field(validation_alias=AliasChoices("marginMode", "margin_mode"))
    separated: str | None = Field(
        None, validation_alias=AliasChoices("separatedMode", "separatedModeEnum", "separated_mode")
    )


class LeverageRow(Row):
    """Leverages of one symbol (7.2, 7.4)."""

    isolated_long_leverage: Amount
    isolated_short_leverage: Amount
    cross_leverage: Amount


class AccountMembers(Row):
    """The settings of the account."""

    default_fee: FeeRow | None = Field(None, alias="defaultFeeSetting")
    fees: tuple[FeeRow, ...] = Field((), alias="feeSetting")
    modes: tuple[ModeRow, ...] = Field((), alias="modeSetting")


class CollateralRow(Row):
    """One coin's ledger; all that matters here is whether it is being liquidated."""

    coin: str
    is_liquidating: bool = False


class AccountBody(Row):
    """The account with everything set for it (7.2)."""

    account: AccountMembers
    collateral: tuple[CollateralRow, ...] = ()


class PositionRow(Row):
    """A position (7.3). It has no entry price."""

    id: Id
    symbol: str | None = None
    side: str
    margin_mode: Literal["SHARED", "ISOLATED"]
    leverage: Amount
    size: Amount
    open_value: Amount
    funding_fee: Amount
    margin_size: Amount = Field(alias="marginSize")
    created_time: Moment
    updated_time: Moment
    unrealised: Amount = Field(alias="unrealizePnl")
    liquidate_price: Amount = Field(alias="liquidatePrice")


class BillRow(Row):
    """One bill (7.5); its time is spelled in two ways."""

    bill_id: Id = Field(alias="billId")
    coin: str
    symbol: str | None = None
    amount: Amount
    kind: str = Field(alias="businessType")
    balance: Amount | None = None
    fee: Amount | None = Field(None, alias="fillFee")
    time: Moment = Field(validation_alias=AliasChoices("ctime", "cTime"))


class BillPage(Row):
    """A page of bills; there is no way to ask for the next one."""

    has_next: bool = Field(alias="hasNextPage")
    items: list[BillRow]


class OrderRow(Row):
    """An order (8.5)."""

    order_id: Id
    client_oid: str | None = None
    symbol: str
    size: Amount
    filled_qty: Amount
    price: Amount | None = None
    price_avg: Amount | None = None
    status: str | int
    type: str | int
    order_type: str | int | None = None
    created: Moment = Field(alias="createTime")


class PlanRow(OrderRow):
    """A conditional order (8.12); the answer says neither stop nor target."""

    filled_qty: Amount | None = None  # type: ignore[assignment]  # a waiting order may have none
    trigger_price: Amount = Field(alias="triggerPrice")
    trigger_source: str | int | None = Field(None, alias="triggerPriceType")
    trigger_time: Moment | Literal[""] | None = Field(None, alias="triggerTime")


class PlanPage(Row):
    """A page of finished conditional orders (8.13)."""

    rows: list[PlanRow] = Field(alias="list")
    more: bool = Field(alias="nextPage")


class FillRow(Row):
    """An execution (8.9). It has no price."""

    id: Id = Field(alias="tradeId")
    order_id: Id = Field(alias="orderId")
    symbol: str
    position_side: str = Field(alias="positionSide")
    order_side: str = Field(alias="orderSide")
    size: Amount = Field(alias="fillSize", gt=0)
    value: Amount = Field(alias="fillValue")
    fee: Amount = Field(alias="fillFee")
    realised: Amount = Field(alias="realizePnl")
    role: str | None = Field(None, alias="direction")
    created: Moment = Field(alias="createdTime")


class FillPage(Row):
    """A page of executions."""

    rows: list[FillRow] = Field(alias="list")
    more: bool = Field(alias="nextFlag")


class WriteRow(Row):
    """What a write answers, in all its spellings; read leniently, since a refusal may leave anything out."""

    order_id: Id | Literal[""] | None = Field(
        None, validation_alias=AliasChoices("order_id", "orderId", "successOrderId")
    )
    client_oid: str | None = Field(None, validation_alias=AliasChoices("client_oid", "clientOid"))
    position_id: Id | None = Field(None, alias="positionId")
    result: bool | None = Field(None, validation_alias=AliasChoices("result", "success"))
    error_code: str | int | None = Field(None, validation_alias=AliasChoices("error_code", "err_code", "errorCode"))
    error: str | None = Field(None, validation_alias=AliasChoices("err_msg", "error_message", "errorMessage"))


class PlacedBatch(Row):
    """What a batch of orders answers (8.2)."""

    rows: list[WriteRow] = Field(alias="order_info")


class CancelledBatch(Row):
    """What a batch of cancels answers (8.4)."""

    rows: list[WriteRow] = Field(alias="cancelOrderResultList")


TIME = TypeAdapter(TimeBody)
CONTRACTS = TypeAdapter(list[ContractRow])
TICKER = TypeAdapter(TickerRow)
TICKERS = TypeAdapter(list[TickerRow])
DEPTH = TypeAdapter(DepthBody)
TRADES = TypeAdapter(list[TradeRow])
INDEX = TypeAdapter(IndexBody)
OPEN_INTEREST = TypeAdapter(list[OpenInterestRow])
FUNDING_TIME = TypeAdapter(FundingTimeBody)
FUNDING_RATES = TypeAdapter(list[FundingRow])
FORECASTS = TypeAdapter(list[ForecastRow])
ASSETS = TypeAdapter(list[AssetRow])
ACCOUNT = TypeAdapter(AccountBody)
SETTINGS = TypeAdapter(dict[str, LeverageRow])
POSITIONS = TypeAdapter(list[PositionRow])
BILLS = TypeAdapter(BillPage)
ORDER = TypeAdapter(OrderRow)
ORDERS = TypeAdapter(list[OrderRow])
FILLS = TypeAdapter(FillPage)
PLANS = TypeAdapter(list[PlanRow])
PLAN_PAGE = TypeAdapter(PlanPage)
WRITTEN = TypeAdapter(WriteRow)
WRITTEN_ROWS = TypeAdapter(list[WriteRow])
PLACED_BATCH = TypeAdapter(PlacedBatch)
CANCELLED_BATCH = TypeAdapter(CancelledBatch)
