"""Frames of the V3 feed, validated from bytes (weex-api 18). One-letter members have names of their own here."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter
from pydantic.alias_generators import to_camel

from weexctl.exchange.wire_types import Amount, Id, Moment, Row

__all__ = [
    "ACCOUNT",
    "CANDLES",
    "DEPTH",
    "FILLS",
    "HEAD",
    "ORDERS",
    "POSITIONS",
    "TICKERS",
    "TRADES",
    "AccountFrame",
    "CandleFrame",
    "CandleRow",
    "CollateralRow",
    "DepthFrame",
    "FillsFrame",
    "HoldingRow",
    "OrdersFrame",
    "PositionsFrame",
    "PushedFillRow",
    "PushedOrderRow",
    "TickerFrame",
    "TickerRow",
    "TradeRow",
    "TradesFrame",
]

Sequence = Annotated[int, Field(ge=0, le=2**63)]
Level = tuple[Amount, Amount]


class HeadFrame(Row):
    """The members that tell what a frame is."""

    e: str | None = None
    event: str | None = None
    type: str | None = None
    method: str | None = None
    id: int | str | None = None
    result: bool | None = None
    msg: str | None = None


class _Public(Row):
    time: Moment = Field(alias="E")
    symbol: str = Field(alias="s", min_length=1, max_length=40)


class TickerRow(Row):
    """24 hours of one symbol."""

    change: Amount = Field(alias="p")
    ratio: Amount = Field(alias="P")
    last: Amount = Field(alias="c")
    high: Amount = Field(alias="h")
    low: Amount = Field(alias="l")
    volume: Amount = Field(alias="v")
    turnover: Amount = Field(alias="q")
    mark: Amount = Field(alias="m")
    index: Amount = Field(alias="i")


class TickerFrame(_Public):
    """`ticker`."""

    rows: list[TickerRow] = Field(alias="d", min_length=1)


class TradeRow(Row):
    """A trade of the market."""

    time: Moment = Field(alias="T")
    id: str = Field(alias="t", min_length=1)
    price: Amount = Field(alias="p")
    quantity: Amount = Field(alias="q")
    value: Amount = Field(alias="v")
    buyer_is_maker: bool = Field(alias="m")


class TradesFrame(_Public):
    """`trade` and `tradeSnapshot`."""

    rows: list[TradeRow] = Field(alias="d")


class CandleRow(Row):
    """A candle, open or closed."""

    opened: Moment = Field(alias="t")
    interval: str = Field(alias="i")
    open: Amount = Field(alias="o")
    high: Amount = Field(alias="h")
    low: Amount = Field(alias="l")
    close: Amount = Field(alias="c")
    volume: Amount = Field(alias="v")
    turnover: Amount = Field(alias="q")


class CandleFrame(_Public):
    """`kline` and `klineSnapshot`."""

    price: Literal["LAST_PRICE", "MARK_PRICE"] = Field(alias="p")
    rows: list[CandleRow] = Field(alias="d", min_length=1)


class DepthFrame(_Public):
    """`depth` and `depthSnapshot`."""

    first_id: Sequence = Field(alias="U")
    last_id: Sequence = Field(alias="u")
    levels: int = Field(alias="l", gt=0, le=1_000)
    kind: Literal["SNAPSHOT", "CHANGED"] = Field(alias="d")
    bids: list[Level] = Field(alias="b")
    asks: list[Level] = Field(alias="a")


class _Private(Row):
    time: Moment = Field(alias="E")
    version: Sequence = Field(alias="v")
    reason: str = Field(alias="msgEvent", default="", max_length=60)


class _Camel(Row):
    model_config = ConfigDict(alias_generator=to_camel)


class PushedOrderRow(_Camel):
    """An order."""

    id: Id
    client_order_id: str | None = None
    symbol: str
    order_side: Literal["BUY", "SELL"]
    position_side: Literal["LONG", "SHORT"]
    type: str
    status: str
    size: Amount
    cum_fill_size: Amount
    cum_fill_value: Amount
    price: Amount | None = None
    reduce_only: bool = False
    time_in_force: str | None = None
    created_time: Moment
    updated_time: Moment


class OrdersFrame(_Private):
    """`orders`."""

    rows: list[PushedOrderRow] = Field(alias="d")


class PushedFillRow(_Camel):
    """An execution; its price is value over size."""

    id: Id
    order_id: Id
    symbol: str
    order_side: Literal["BUY", "SELL"]
    position_side: Literal["LONG", "SHORT"]
    fill_size: Annotated[Amount, Field(gt=0)]
    fill_value: Amount
    fill_fee: Amount
    realize_pnl: Amount
    direction: Literal["MAKER", "TAKER"]
    created_time: Moment


class FillsFrame(_Private):
    """`fill`."""

    rows: list[PushedFillRow] = Field(alias="d")


class HoldingRow(_Camel):
    """A position, without P&L and liquidation price."""

    id: Id
    symbol: str
    side: Literal["LONG", "SHORT"]
    margin_mode: Literal["CROSSED", "ISOLATED"]
    leverage: Amount
    size: Annotated[Amount, Field(ge=0)]
    open_value: Amount
    funding_fee: Amount
    created_time: Moment
    updated_time: Moment


class PositionsFrame(_Private):
    """`positions`."""

    rows: list[HoldingRow] = Field(alias="d")


class CollateralRow(_Camel):
    """A coin of the account."""

    coin: str
    amount: Amount
    legacy_amount: Amount
    cum_position_fill_fee_amount: Amount
    cum_position_funding_amount: Amount
    updated_time: Moment


class AccountFrame(_Private):
    """`account`."""

    rows: list[CollateralRow] = Field(alias="d")


HEAD = TypeAdapter(HeadFrame)
TICKERS = TypeAdapter(TickerFrame)
TRADES = TypeAdapter(TradesFrame)
CANDLES = TypeAdapter(CandleFrame)
DEPTH = TypeAdapter(DepthFrame)
ORDERS = TypeAdapter(OrdersFrame)
FILLS = TypeAdapter(FillsFrame)
POSITIONS = TypeAdapter(PositionsFrame)
ACCOUNT = TypeAdapter(AccountFrame)
