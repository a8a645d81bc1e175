"""What a feed says, in neutral words."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from weexctl.exchange.feed_channel import ChannelKind
from weexctl.model.candle import PriceSource, Timeframe
from weexctl.model.collateral import Collateral
from weexctl.model.fill import Fill
from weexctl.model.holding import Holding
from weexctl.model.live_candle import LiveCandle
from weexctl.model.market_trade import MarketTrade
from weexctl.model.order import Order
from weexctl.model.ticker import Ticker

__all__ = [
    "CandlePush",
    "CollateralPush",
    "DepthPush",
    "FillPush",
    "HoldingPush",
    "Message",
    "OrderPush",
    "Ping",
    "Pong",
    "PrivatePush",
    "PublicPush",
    "Push",
    "Reply",
    "TickerPush",
    "TradePush",
]


@dataclass(frozen=True, slots=True)
class Ping:
    """The exchange asks whether we are there."""


@dataclass(frozen=True, slots=True)
class Pong:
    """The exchange has heard our answer."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The exchange's word on a subscription."""

    id: str
    accepted: bool
    message: str
    """The exchange's own words; data, never instructions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Public:
    symbol: str
    time_ms: int
    """The exchange's time of the push."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TickerPush(_Public):
    """The last 24 hours."""

    kind: ClassVar[ChannelKind] = ChannelKind.TICKER
    ticker: Ticker


@dataclass(frozen=True, slots=True, kw_only=True)
class TradePush(_Public):
    """Trades, oldest first."""

    kind: ClassVar[ChannelKind] = ChannelKind.TRADES
    snapshot: bool
    """True for the state at subscription."""
    trades: tuple[MarketTrade, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CandlePush(_Public):
    """Candles of one timeframe, oldest first; the last one may still be forming."""

    kind: ClassVar[ChannelKind] = ChannelKind.CANDLES
    snapshot: bool
    timeframe: Timeframe
    price: PriceSource
    candles: tuple[LiveCandle, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthPush(_Public):
    """The order book, or what has changed in it; a quantity of zero ends a level."""

    kind: ClassVar[ChannelKind] = ChannelKind.DEPTH
    snapshot: bool
    levels: int
    first_id: int
    last_id: int
    bids: tuple[tuple[Decimal, Decimal], ...]
    asks: tuple[tuple[Decimal, Decimal], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Private:
    time_ms: int
    version: int
    """Grows with the account's changes."""
    reason: str
    """The exchange's word for what happened: `OrderUpdate`, `PositionFundingSettle` …"""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPush(_Private):
    """Orders as they are now."""

    kind: ClassVar[ChannelKind] = ChannelKind.ORDERS
    rows: tuple[Order, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FillPush(_Private):
    """New executions."""

    kind: ClassVar[ChannelKind] = ChannelKind.FILLS
    rows: tuple[Fill, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldingPush(_Private):
    """Positions as they are now, closed ones with a quantity of zero."""

    kind: ClassVar[ChannelKind] = ChannelKind.POSITIONS
    rows: tuple[Holding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CollateralPush(_Private):
    """The account's money."""

    kind: ClassVar[ChannelKind] = ChannelKind.ACCOUNT
    rows: tuple[Collateral, ...]


PublicPush = TickerPush | TradePush | CandlePush | DepthPush
PrivatePush = OrderPush | FillPush | HoldingPush | CollateralPush
Push = PublicPush | PrivatePush
Message = Ping | Pong | Reply | Push
