"""What can be asked about the market, and the shapes of the answers."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "DEPTH_LEVELS",
    "CandleRow",
    "CandlesInput",
    "CandlesOutput",
    "ContractRow",
    "ContractsInput",
    "ContractsOutput",
    "DepthInput",
    "DepthOutput",
    "FundingInput",
    "FundingOutput",
    "Level",
    "MarketInput",
    "MarketOutput",
    "Settlement",
    "TickerInput",
    "TickerOutput",
    "TickerRow",
    "TimeframeWord",
]

TimeframeWord = Literal["1m", "5m", "15m", "30m", "1h", "4h", "12h", "1d", "1w"]
DEPTH_LEVELS = (15, 200)
"""How deep the exchange answers."""


class MarketInput(BaseModel):
    """What every question about the market may choose."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    venue: Literal["sim", "paper", "demo", "live"] | None = None
    data: tuple[str, ...] = ()
    timeout: float = Field(default=10.0, gt=0, le=120)


class TickerInput(MarketInput):
    """Which symbol; all that weexctl trades when none is given."""

    symbol: str | None = None


class DepthInput(MarketInput):
    """Which order book, and how deep."""

    symbol: str
    levels: int = Field(default=15, ge=1, le=DEPTH_LEVELS[-1])


class CandlesInput(MarketInput):
    """Which candles."""

    symbol: str
    timeframe: TimeframeWord = "1h"
    count: int = Field(default=24, ge=1, le=5_000)
    to_ms: int | None = None
    price: Literal["last", "mark", "index"] = "last"


class FundingInput(MarketInput):
    """Whose funding, and how far back."""

    symbol: str
    days: int = Field(default=7, ge=1, le=90)


class ContractsInput(MarketInput):
    """Which contract; all that weexctl trades when none is given."""

    symbol: str | None = None


class MarketOutput(BaseModel):
    """What every answer says about the market it is of."""

    source: str
    """The address that was asked, or what the simulated market is made of: `seed:7:1h`."""
    synthetic: bool
    """True when the prices were generated."""
    time_ms: int
    """The venue's clock when the answer was complete."""


class TickerRow(BaseModel):
    """The last 24 hours of one symbol. Prices are quote per base."""

    symbol: str
    last: Decimal
    change: Decimal | None
    change_ratio: Decimal
    """0.01 is one per cent."""
    high: Decimal
    low: Decimal
    volume: Decimal
    """Base units."""
    turnover: Decimal
    """Quote."""
    mark_price: Decimal
    index_price: Decimal
    bid: Decimal | None
    """Best bid; only when one symbol was asked for."""
    ask: Decimal | None
    """Best ask; only when one symbol was asked for."""
    time_ms: int


class TickerOutput(MarketOutput):
    """One row per symbol."""

    tickers: list[TickerRow]


class Level(BaseModel):
    """One level of an order book."""

    price: Decimal
    quantity: Decimal
    """Base units."""


class DepthOutput(MarketOutput):
    """An order book, best first."""

    symbol: str
    bids: list[Level]
    asks: list[Level]
    spread_bps: float | None
    """Best ask above best bid, basis points of their mean; None when a side is empty."""
    update_id: str


class CandleRow(BaseModel):
    """One closed candle."""

    open_time_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    """Base units; 0 for mark and index candles."""


class CandlesOutput(MarketOutput):
    """Closed candles, oldest first; fewer than asked for where history begins."""

    symbol: str
    timeframe: str
    price: str
    from_ms: int
    """Open of the first one."""
    to_ms: int
    """Close of the last one."""
    candles: list[CandleRow]


class Settlement(BaseModel):
    """One funding settlement."""

    settled_ms: int
    rate: Decimal
    """A fraction of the position's value; longs pay shorts when it is positive."""


class FundingOutput(MarketOutput):
    """The funding ahead, and that of the days behind."""

    symbol: str
    mark_price: Decimal
    index_price: Decimal
    last_rate: Decimal
    forecast_rate: Decimal
    """Of the next settlement, as it looks now."""
    next_funding_ms: int
    interval_ms: int
    forecast_per_year: float
    """The forecast rate paid at every settlement of a year, a fraction."""
    paid_by_long: Decimal
    """Sum of the rates below: what a long of constant value has paid."""
    settlements: list[Settlement]


class ContractRow(BaseModel):
    """The exchange's rules for one contract."""

    symbol: str
    price_step: Decimal
    quantity_step: Decimal
    """Base units."""
    min_quantity: Decimal
    max_quantity: Decimal
    max_leverage: int
    maker_fee: Decimal
    """A fraction of the fill's value."""
    taker_fee: Decimal
    funding_interval_ms: int


class ContractsOutput(MarketOutput):
    """One row per contract."""

    contracts: list[ContractRow]
