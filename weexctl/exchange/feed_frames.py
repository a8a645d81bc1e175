"""One frame of the feed, read. Pure: bytes in, one message out, or a `WireError`."""

from __future__ import annotations

from collections.abc import Callable
from decimal import DecimalException
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from weexctl.errors import WireError
from weexctl.exchange import feed_models as models
from weexctl.exchange.feed_messages import (
    CandlePush,
    CollateralPush,
    DepthPush,
    FillPush,
    HoldingPush,
    Message,
    OrderPush,
    Ping,
    Pong,
    Push,
    Reply,
    TickerPush,
    TradePush,
)
from weexctl.exchange.feed_words import (
    PRICES,
    candle_of,
    collateral_of,
    fill_of,
    holding_of,
    order_of,
    ticker_of,
    trade_of,
)

__all__ = ["read_frame"]

T = TypeVar("T")


def read_frame(frame: bytes) -> Message:
    """What a frame says.

    Raises:
        WireError: it is not JSON, or not what the documentation says.
    """
    try:
        head = _parsed(models.HEAD, frame)
        if head.event == "ping" or head.type == "ping":
            return Ping()
        if head.e is not None:
            return _push(head.e, frame)
    except DecimalException as error:  # a value or a size beyond what a price can be made of
        raise _otherwise(frame, f"a number is out of bounds: {type(error).__name__}") from error
    if (head.method or "").upper() == "PONG":
        return Pong()
    if head.result is not None:
        return Reply("" if head.id is None else str(head.id), head.result, (head.msg or "")[:300])
    raise _otherwise(frame, "it is neither a push, nor an answer, nor a ping")


def _push(word: str, frame: bytes) -> Push:
    read = _READERS.get(word)
    if read is None:
        raise _otherwise(frame, f"nobody documented the event {word[:40]!r}")
    try:
        return read(frame, word.endswith("Snapshot"))
    except WireError as error:
        if error.body:
            raise
        raise _otherwise(frame, error.message) from error  # a word that nobody documented


def _ticker(frame: bytes, _: bool) -> TickerPush:
    it = _parsed(models.TICKERS, frame)
    return TickerPush(symbol=it.symbol, time_ms=it.time, ticker=ticker_of(it.rows[0], it.symbol, it.time))


def _trades(frame: bytes, snapshot: bool) -> TradePush:
    it = _parsed(models.TRADES, frame)
    trades = sorted((trade_of(row, it.symbol) for row in it.rows), key=lambda trade: trade.time_ms)
    return TradePush(symbol=it.symbol, time_ms=it.time, snapshot=snapshot, trades=tuple(trades))


def _candles(frame: bytes, snapshot: bool) -> CandlePush:
    it = _parsed(models.CANDLES, frame)
    price = PRICES[it.price]
    candles = sorted((candle_of(row, it.symbol, price) for row in it.rows), key=lambda candle: candle.open_ms)
    timeframe = candles[0].timeframe
    if any(candle.timeframe is not timeframe or candle.open_ms % 60_000 for candle in candles):
        raise _otherwise(frame, "its candles are not of one interval, or off the minute")
    return CandlePush(
        symbol=it.symbol,
        time_ms=it.time,
        snapshot=snapshot,
        timeframe=timeframe,
        price=price,
        candles=tuple(candles),
    )


def _depth(frame: bytes, _: bool) -> DepthPush:
    it = _parsed(models.DEPTH, frame)
    if it.first_id > it.last_id or any(price <= 0 or size < 0 for price, size in (*it.bids, *it.asks)):
        raise _otherwise(frame, "its ids run backwards, or a level has no price or a negative size")
    return DepthPush(
        symbol=it.symbol,
        time_ms=it.time,
        snapshot=it.kind == "SNAPSHOT",
        levels=it.levels,
        first_id=it.first_id,
        last_id=it.last_id,
        bids=tuple(it.bids),
        asks=tuple(it.asks),
    )


def _orders(frame: bytes, _: bool) -> OrderPush:
    it = _parsed(models.ORDERS, frame)
    rows = tuple(order_of(row) for row in it.rows)
    return OrderPush(time_ms=it.time, version=it.version, reason=it.reason, rows=rows)


def _fills(frame: bytes, _: bool) -> FillPush:
    it = _parsed(models.FILLS, frame)
    rows = tuple(fill_of(row) for row in it.rows)
    return FillPush(time_ms=it.time, version=it.version, reason=it.reason, rows=rows)


def _holdings(frame: bytes, _: bool) -> HoldingPush:
    it = _parsed(models.POSITIONS, frame)
    rows = tuple(holding_of(row) for row in it.rows)
    return HoldingPush(time_ms=it.time, version=it.version, reason=it.reason, rows=rows)


def _collateral(frame: bytes, _: bool) -> CollateralPush:
    it = _parsed(models.ACCOUNT, frame)
    rows = tuple(collateral_of(row) for row in it.rows)
    return CollateralPush(time_ms=it.time, version=it.version, reason=it.reason, rows=rows)


_READERS: dict[str, Callable[[bytes, bool], Push]] = {
    "ticker": _ticker,
    "trade": _trades,
    "tradeSnapshot": _trades,
    "kline": _candles,
    "klineSnapshot": _candles,
    "depth": _depth,
    "depthSnapshot": _depth,
    "orders": _orders,
    "fill": _fills,
    "positions": _holdings,
    "account": _collateral,
}


def _parsed(adapter: TypeAdapter[T], frame: bytes) -> T:
    try:
        return adapter.validate_json(frame)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise _otherwise(frame, f"{place}: {first['msg']}") from error


def _otherwise(frame: bytes, why: str) -> WireError:
    return WireError(
        f"a frame of the feed is not what the documentation says ({why}); it was not used",
        hint="the API may have changed; report it with the first bytes of the frame",
        code="FEED_FRAME",
        body=frame,
        endpoint="feed",
    )
