"""Pushes with little in them, and a line that says what a test tells it to."""

from __future__ import annotations

import json
import queue
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from weexctl.errors import ExchangeError, UnavailableError
from weexctl.exchange.feed_messages import (
    CandlePush,
    DepthPush,
    FillPush,
    HoldingPush,
    OrderPush,
    TickerPush,
    TradePush,
)
from weexctl.model.account import MarginMode
from weexctl.model.candle import PriceSource, Timeframe
from weexctl.model.fill import Fill
from weexctl.model.holding import Holding
from weexctl.model.live_candle import LiveCandle
from weexctl.model.market_trade import MarketTrade
from weexctl.model.order import Order, OrderStatus, OrderType
from weexctl.model.side import PositionSide, Side
from weexctl.model.ticker import Ticker

BTC = "BTCUSDT"
ONE = Decimal(1)


def ticker_push(time_ms: int, last: int = 1) -> TickerPush:
    price = Decimal(last)
    ticker = Ticker(
        symbol=BTC,
        last=price,
        change=ONE,
        change_ratio=ONE,
        high=price,
        low=price,
        volume=ONE,
        turnover=ONE,
        mark_price=price,
        index_price=price,
        time_ms=time_ms,
    )
    return TickerPush(symbol=BTC, time_ms=time_ms, ticker=ticker)


def trade_push(time_ms: int, *ids: str, snapshot: bool = False) -> TradePush:
    trades = tuple(
        MarketTrade(trade_id=one, symbol=BTC, price=ONE, quantity=ONE, value=ONE, taker_side=Side.BUY, time_ms=time_ms)
        for one in ids
    )
    return TradePush(symbol=BTC, time_ms=time_ms, snapshot=snapshot, trades=trades)


def candle_push(time_ms: int, *opened: int, close: int = 1, snapshot: bool = False) -> CandlePush:
    candles = tuple(
        LiveCandle(
            symbol=BTC,
            timeframe=Timeframe.H1,
            price=PriceSource.LAST,
            open_ms=moment,
            open=ONE,
            high=ONE,
            low=ONE,
            close=Decimal(close),
            volume=ONE,
            turnover=ONE,
        )
        for moment in opened
    )
    return CandlePush(
        symbol=BTC,
        time_ms=time_ms,
        snapshot=snapshot,
        timeframe=Timeframe.H1,
        price=PriceSource.LAST,
        candles=candles,
    )


def depth_push(first: int, last: int, *, snapshot: bool = False) -> DepthPush:
    return DepthPush(
        symbol=BTC,
        time_ms=last,
        snapshot=snapshot,
        levels=15,
        first_id=first,
        last_id=last,
        bids=((Decimal(99), ONE),),
        asks=((Decimal(101), ONE),),
    )


def order(order_id: str, status: OrderStatus, filled: int = 0) -> Order:
    return Order(
        order_id=order_id,
        client_order_id=f"c{order_id}",
        symbol=BTC,
        side=Side.BUY,
        position_side=PositionSide.LONG,
        type=OrderType.LIMIT,
        status=status,
        quantity=Decimal(2),
        filled_quantity=Decimal(filled),
        average_price=None,
        price=ONE,
        reduce_only=False,
        created_ms=1,
        updated_ms=1,
    )


def order_push(version: int, *rows: Order) -> OrderPush:
    return OrderPush(time_ms=version, version=version, reason="OrderUpdate", rows=rows)


def fill_push(version: int, *ids: str) -> FillPush:
    rows = tuple(
        Fill(
            fill_id=one,
            order_id="1",
            symbol=BTC,
            side=Side.BUY,
            position_side=PositionSide.LONG,
            quantity=ONE,
            price=ONE,
            value=ONE,
            fee=ONE,
            realised=ONE,
            maker=False,
            time_ms=1,
        )
        for one in ids
    )
    return FillPush(time_ms=version, version=version, reason="OrderUpdate", rows=rows)


def holding_push(version: int, quantity: int) -> HoldingPush:
    row = Holding(
        position_id="7",
        symbol=BTC,
        side=PositionSide.LONG,
        quantity=Decimal(quantity),
        entry_price=ONE,
        leverage=ONE,
        margin_mode=MarginMode.CROSS,
        funding=ONE,
        opened_ms=1,
        updated_ms=version,
    )
    return HoldingPush(time_ms=version, version=version, reason="OrderUpdate", rows=(row,))


def lost(why: str = "the exchange ended it") -> UnavailableError:
    return UnavailableError(why, code="FEED_LOST")


class ScriptedLine:
    """A connection that says the frames of a script, one after the other, then what `after` is.

    A number in the script is a span without a frame: the clock goes on by so many milliseconds.
    """

    def __init__(self, script: list[Any], clock: LocalClock, after: ExchangeError | None = None) -> None:
        self._script = list(script)
        self._clock = clock
        self._after = after or lost()
        self.sent: list[dict[str, Any]] = []
        self.closed = False

    def send(self, text: str) -> None:
        self.sent.append(json.loads(text))

    def receive(self, timeout_s: float) -> bytes | None:
        if not self._script:
            raise self._after
        said = self._script.pop(0)
        if callable(said):
            said = said(self)
        if isinstance(said, int):
            self._clock.time_ms += said
            return None
        return said if isinstance(said, bytes) else json.dumps(said).encode()

    def close(self) -> None:
        self.closed = True

    def asked(self, method: str) -> list[str]:
        """The channels of all messages of that method."""
        return [word for message in self.sent if message["method"] == method for word in message["params"]]


def accept(line: ScriptedLine, word: str = "", *, accepted: bool = True) -> dict[str, Any]:
    """The answer to the newest subscription, or to that of a channel."""
    ids = [m["id"] for m in line.sent if m["method"] == "SUBSCRIBE" and (not word or word in m["params"])]
    return {"result": accepted, "id": ids[-1], **({} if accepted else {"msg": "INVALID_ARGUMENT: no"})}


class LocalClock:
    """A clock that never jumps unless a test says so, milliseconds."""

    def __init__(self) -> None:
        self.time_ms = 1_000_000.0

    def __call__(self) -> float:
        return self.time_ms


class QueueLine:
    """A connection for a thread: says what is put into it, answers every subscription."""

    def __init__(self, path: str, headers: Mapping[str, str]) -> None:
        self.path, self.headers = path, dict(headers)
        self._said: queue.Queue[Any] = queue.Queue()
        self.sent: list[dict[str, Any]] = []
        self.closed = False

    def say(self, frame: Any) -> None:
        self._said.put(frame)

    def send(self, text: str) -> None:
        message = json.loads(text)
        self.sent.append(message)
        if "params" in message:
            self.say({"result": True, "id": message["id"]})

    def receive(self, timeout_s: float) -> bytes | None:
        try:
            said = self._said.get(timeout=timeout_s)
        except queue.Empty:
            return None
        if isinstance(said, ExchangeError):
            raise said
        return json.dumps(said).encode()

    def close(self) -> None:
        self.closed = True
