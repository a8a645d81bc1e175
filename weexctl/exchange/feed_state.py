"""What the feed has said so far: the newest of each kind, and when it was heard. No sockets, no threads."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Hashable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Generic, TypeVar

from weexctl.exchange.feed_book import Applied, LiveBook
from weexctl.exchange.feed_channel import Channel, ChannelKind
from weexctl.exchange.feed_messages import (
    CandlePush,
    CollateralPush,
    DepthPush,
    FillPush,
    HoldingPush,
    OrderPush,
    PrivatePush,
    Push,
    TickerPush,
    TradePush,
)
from weexctl.model.candle import PriceSource, Timeframe
from weexctl.model.collateral import Collateral
from weexctl.model.depth import Depth
from weexctl.model.holding import Holding
from weexctl.model.live_candle import LiveCandle
from weexctl.model.market_trade import MarketTrade
from weexctl.model.order import Order
from weexctl.model.side import PositionSide
from weexctl.model.ticker import Ticker

__all__ = ["FeedState", "Heard", "Taken"]

T = TypeVar("T")
KEPT_TRADES = 1_000
KEPT_IDS = 10_000
KEPT_ORDERS = 1_000
KEPT_CANDLES = 3


class Taken(StrEnum):
    """What became of a push."""

    NEW = "new"
    OLD = "old"
    """Older than what is known, or the same again: not used."""
    GAP = "gap"
    """It shows that something was missed; what it belonged to is forgotten."""


@dataclass(frozen=True, slots=True)
class Heard(Generic[T]):
    """A value and its times."""

    value: T
    time_ms: int
    """The exchange's time of the push."""
    heard_ms: float
    """When it came, by a clock of this machine that never jumps."""
    changed_ms: float
    """When the value last was another one, by the same clock."""


class FeedState:
    """The newest of everything. Not safe for threads by itself."""

    def __init__(self) -> None:
        self._tickers: dict[str, Heard[Ticker]] = {}
        self._books: dict[tuple[str, int], tuple[LiveBook, float]] = {}
        self._trades: dict[str, tuple[deque[MarketTrade], int, float]] = {}
        self._candles: dict[tuple[str, Timeframe, PriceSource], Heard[tuple[LiveCandle, ...]]] = {}
        self._orders: OrderedDict[str, Order] = OrderedDict()
        self._holdings: dict[tuple[str, PositionSide], Holding] = {}
        self._collateral: dict[str, Collateral] = {}
        self._versions: dict[ChannelKind, tuple[int, tuple[object, ...]]] = {}
        self._fills_seen: OrderedDict[Hashable, None] = OrderedDict()
        self._trades_seen: OrderedDict[Hashable, None] = OrderedDict()

    def take(self, push: Push, local_ms: float) -> tuple[Taken, Push]:
        """What became of a push, and the part of it that is news."""
        match push:
            case TickerPush():
                return self._ticker(push, local_ms), push
            case DepthPush():
                return self._depth(push, local_ms), push
            case TradePush():
                return self._trade(push, local_ms)
            case CandlePush():
                return self._candle(push, local_ms), push
            case _:
                return self._private(push)

    def forget(self, channel: Channel) -> None:
        """Drop what a channel said: it may have changed unheard."""
        match channel.kind:
            case ChannelKind.TICKER:
                self._tickers.pop(channel.symbol, None)
            case ChannelKind.DEPTH:
                for key in [key for key in self._books if key[0] == channel.symbol]:
                    del self._books[key]
            case ChannelKind.TRADES:
                self._trades.pop(channel.symbol, None)
            case ChannelKind.CANDLES:
                for name in [name for name in self._candles if name[0] == channel.symbol]:
                    del self._candles[name]
            case _:
                self.forget_account()

    def forget_account(self) -> None:
        """Drop what private channels said. Executions already reported stay known, so that none comes twice."""
        self._orders.clear()
        self._holdings.clear()
        self._collateral.clear()
        self._versions.clear()

    def ticker(self, symbol: str) -> Heard[Ticker] | None:
        """The newest ticker."""
        return self._tickers.get(symbol)

    def depth(self, symbol: str, levels: int) -> Heard[Depth] | None:
        """The order book; None where there is no whole one."""
        book, heard_ms = self._books.get((symbol, levels), (None, 0.0))
        depth = book.depth(levels) if book is not None else None
        return None if depth is None else Heard(depth, depth.time_ms or 0, heard_ms, heard_ms)

    def trades(self, symbol: str) -> Heard[tuple[MarketTrade, ...]] | None:
        """The newest trades, oldest first."""
        kept = self._trades.get(symbol)
        return None if kept is None else Heard(tuple(kept[0]), kept[1], kept[2], kept[2])

    def candles(
        self, symbol: str, timeframe: Timeframe, price: PriceSource = PriceSource.LAST
    ) -> Heard[tuple[LiveCandle, ...]] | None:
        """The newest candles, oldest first; the last one may be forming."""
        return self._candles.get((symbol, timeframe, price))

    def order(self, order_id: str) -> Order | None:
        """An order as last pushed."""
        return self._orders.get(order_id)

    def holding(self, symbol: str, side: PositionSide) -> Holding | None:
        """A position as last pushed; None when nothing was said about it."""
        return self._holdings.get((symbol, side))

    def collateral(self, asset: str) -> Collateral | None:
        """The account's money as last pushed."""
        return self._collateral.get(asset)

    def _ticker(self, push: TickerPush, local_ms: float) -> Taken:
        before = self._tickers.get(push.symbol)
        if before is not None and push.time_ms <= before.time_ms:
            return Taken.OLD
        same = before is not None and replace(before.value, time_ms=push.time_ms) == push.ticker
        changed_ms = before.changed_ms if same and before is not None else local_ms
        self._tickers[push.symbol] = Heard(push.ticker, push.time_ms, local_ms, changed_ms)
        return Taken.NEW

    def _depth(self, push: DepthPush, local_ms: float) -> Taken:
        key = (push.symbol, push.levels)
        book, heard_ms = self._books.get(key, (LiveBook(push.symbol), local_ms))
        applied = book.apply(push)
        if applied is Applied.GAP:
            self._books.pop(key, None)
            return Taken.GAP
        self._books[key] = (book, heard_ms if applied is Applied.OLD else local_ms)
        return Taken.OLD if applied is Applied.OLD else Taken.NEW

    def _trade(self, push: TradePush, local_ms: float) -> tuple[Taken, TradePush]:
        fresh = tuple(t for t in push.trades if _first_time(self._trades_seen, (t.symbol, t.trade_id)))
        kept, _, _ = self._trades.setdefault(push.symbol, (deque(maxlen=KEPT_TRADES), 0, local_ms))
        if push.snapshot and not kept:
            kept.extend(push.trades)
        else:
            kept.extend(fresh)
        self._trades[push.symbol] = (kept, push.time_ms, local_ms)
        return (Taken.NEW if fresh or push.snapshot else Taken.OLD), replace(push, trades=fresh)

    def _candle(self, push: CandlePush, local_ms: float) -> Taken:
        key = (push.symbol, push.timeframe, push.price)
        before = self._candles.get(key)
        if before is not None and not push.snapshot and push.time_ms <= before.time_ms:
            return Taken.OLD
        rows = {} if before is None or push.snapshot else {row.open_ms: row for row in before.value}
        rows |= {row.open_ms: row for row in push.candles}
        newest = tuple(rows[opened] for opened in sorted(rows)[-KEPT_CANDLES:])
        self._candles[key] = Heard(newest, push.time_ms, local_ms, local_ms)
        return Taken.NEW

    def _private(self, push: PrivatePush) -> tuple[Taken, PrivatePush]:
        version, rows = self._versions.get(push.kind, (-1, ()))
        if push.version < version or (push.version == version and push.rows == rows):
            return Taken.OLD, push
        self._versions[push.kind] = (push.version, push.rows)
        match push:
            case OrderPush():
                for order in push.rows:
                    self._keep_order(order)
            case HoldingPush():
                self._holdings |= {(row.symbol, row.side): row for row in push.rows}
            case CollateralPush():
                self._collateral |= {row.asset: row for row in push.rows}
            case FillPush():
                fresh = tuple(row for row in push.rows if _first_time(self._fills_seen, row.fill_id))
                return (Taken.NEW if fresh else Taken.OLD), replace(push, rows=fresh)
        return Taken.NEW, push

    def _keep_order(self, order: Order) -> None:
        before = self._orders.get(order.order_id)
        if before is not None and (before.status.final or order.filled_quantity < before.filled_quantity):
            return  # nothing happens to a finished order, and an execution is never taken back
        self._orders[order.order_id] = order
        self._orders.move_to_end(order.order_id)
        while len(self._orders) > KEPT_ORDERS:
            self._orders.popitem(last=False)


def _first_time(seen: OrderedDict[Hashable, None], key: Hashable) -> bool:
    if key in seen:
        return False
    seen[key] = None
    while len(seen) > KEPT_IDS:
        seen.popitem(last=False)
    return True
