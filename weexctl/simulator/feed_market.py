"""Public channels: what a subscriber gets at once, and what as the market's time passes (weex-api 18)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Protocol

from weexctl.model.candle import Timeframe
from weexctl.model.side import Side
from weexctl.simulator.book import book_of
from weexctl.simulator.feed_rows import klines, ticker_row, trades
from weexctl.simulator.instruments import Contract
from weexctl.simulator.market_routes import INTERVALS, level_row
from weexctl.simulator.venue import Venue

__all__ = ["FeedRefusal", "PublicChannel", "public_channel"]

PUSH_MS = 1_000
"""A channel speaks once in this span of the market's time, and when a candle closes."""
SNAPSHOT_CANDLES = 100
SNAPSHOT_TRADES = 20
MOST_ROWS = 1_000
_WORD = re.compile(r"([A-Z0-9_]+)@(?:(ticker)|(trade)|depth(15|200)|kline_([0-9a-z]+)_(LAST_PRICE|MARK_PRICE))")

Frame = dict[str, Any]


class FeedRefusal(Exception):  # noqa: N818  # not an error of weexctl: an answer of the simulated exchange
    """What the feed answers to a subscription that it does not take."""


class PublicChannel(Protocol):
    """One subscription to the market."""

    def first(self, venue: Venue) -> list[Frame]:
        """What is pushed at subscription."""
        ...

    def next(self, venue: Venue) -> list[Frame]:
        """What is pushed now, if anything."""
        ...


def public_channel(venue: Venue, word: str) -> PublicChannel:
    """The channel of that name.

    Raises:
        FeedRefusal: there is none, or none for that symbol or interval.
    """
    found = _WORD.fullmatch(word)
    if found is None:
        raise FeedRefusal(f"INVALID_ARGUMENT: invalid channel : {word[:100]}")
    symbol, ticker, trade, levels, interval, price = found.groups()
    contract = venue.contracts.get(symbol)
    if contract is None:
        raise FeedRefusal(f"INVALID_ARGUMENT: invalid symbol : {symbol}")
    if ticker or trade:
        return _Ticker(contract) if ticker else _Trades(contract)
    if levels:
        return _Depth(contract, int(levels))
    timeframe = INTERVALS.get(interval)
    if timeframe is None or timeframe.ms < venue.market.timeframe.ms:
        raise FeedRefusal(f"INVALID_ARGUMENT: invalid interval : {interval}")
    return _Klines(contract, timeframe, price)


def _head(venue: Venue, event: str, contract: Contract) -> Frame:
    return {"e": event, "E": venue.now_ms + venue.settings.clock_skew_ms, "s": contract.symbol}


class _Beat:
    """Whether it is time for a push: a span has passed, or a candle has closed."""

    def __init__(self, contract: Contract) -> None:
        self._symbol = contract.symbol
        self._last = (-PUSH_MS, -1)

    def due(self, venue: Venue) -> bool:
        now = (venue.now_ms, venue.market.tapes[self._symbol].index(venue.now_ms))
        if now[1] == self._last[1] and now[0] < self._last[0] + PUSH_MS:
            return False
        self._last = now
        return True


class _Ticker:
    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._beat = _Beat(contract)

    def first(self, venue: Venue) -> list[Frame]:
        return self.next(venue)

    def next(self, venue: Venue) -> list[Frame]:
        if not self._beat.due(venue):
            return []
        return [{**_head(venue, "ticker", self._contract), "d": [ticker_row(venue, self._contract)]}]


class _Trades:
    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._after_ms = 0

    def first(self, venue: Venue) -> list[Frame]:
        rows = trades(venue, self._contract, 0, SNAPSHOT_TRADES)
        self._after_ms = venue.now_ms - 1
        return [{**_head(venue, "tradeSnapshot", self._contract), "d": rows}]

    def next(self, venue: Venue) -> list[Frame]:
        length = venue.market.timeframe.ms
        limit = min(MOST_ROWS, (venue.now_ms - self._after_ms) // length + 2)
        rows = trades(venue, self._contract, self._after_ms, limit)
        self._after_ms = venue.now_ms - 1
        return [{**_head(venue, "trade", self._contract), "d": rows}] if rows else []


class _Klines:
    def __init__(self, contract: Contract, interval: Timeframe, price: str) -> None:
        self._contract, self._interval, self._price = contract, interval, price
        self._beat = _Beat(contract)
        self._since_ms: int | None = None
        self._rows: Callable[[Venue, int], list[Frame]] = lambda venue, limit: klines(
            venue, contract, interval, self._since_ms, limit, last=price == "LAST_PRICE"
        )

    def first(self, venue: Venue) -> list[Frame]:
        self._beat.due(venue)
        return self._frame(venue, "klineSnapshot", SNAPSHOT_CANDLES)

    def next(self, venue: Venue) -> list[Frame]:
        return self._frame(venue, "kline", MOST_ROWS) if self._beat.due(venue) else []

    def _frame(self, venue: Venue, event: str, limit: int) -> list[Frame]:
        rows = self._rows(venue, limit)
        if not rows:
            return []
        self._since_ms = rows[-1]["t"]  # the forming candle is pushed again, complete, when the next one begins
        return [{**_head(venue, event, self._contract), "p": self._price, "d": rows}]


class _Depth:
    def __init__(self, contract: Contract, levels: int) -> None:
        self._contract, self._levels = contract, levels
        self._beat = _Beat(contract)
        self._last_id = 0
        self._bids: dict[str, str] = {}
        self._asks: dict[str, str] = {}

    def first(self, venue: Venue) -> list[Frame]:
        self._beat.due(venue)
        self._bids, self._asks = self._book(venue, Side.SELL), self._book(venue, Side.BUY)
        self._last_id = venue.now_ms
        head = self._frame(venue, "depthSnapshot", "SNAPSHOT", venue.now_ms)
        return [{**head, "b": _rows(self._bids), "a": _rows(self._asks)}]

    def next(self, venue: Venue) -> list[Frame]:
        if venue.now_ms <= self._last_id or not self._beat.due(venue):
            return []
        bids, asks = self._book(venue, Side.SELL), self._book(venue, Side.BUY)
        head = self._frame(venue, "depth", "CHANGED", self._last_id + 1)
        frame = {**head, "b": _changes(self._bids, bids), "a": _changes(self._asks, asks)}
        self._bids, self._asks, self._last_id = bids, asks, venue.now_ms
        return [frame]

    def _book(self, venue: Venue, side: Side) -> dict[str, str]:
        levels = book_of(venue, self._contract.symbol).levels(side, self._levels)
        return dict(level_row(level, self._contract) for level in levels)

    def _frame(self, venue: Venue, event: str, kind: str, first_id: int) -> Frame:
        head = _head(venue, event, self._contract)
        return {**head, "U": first_id, "u": venue.now_ms, "l": self._levels, "d": kind}


def _rows(levels: dict[str, str]) -> list[list[str]]:
    return [[price, size] for price, size in levels.items()]


def _changes(old: dict[str, str], new: dict[str, str]) -> list[list[str]]:
    """Levels that are another size or gone; the best one again where nothing changed, as a sign of life."""
    changed = [[price, size] for price, size in new.items() if old.get(price) != size]
    gone = [[price, "0"] for price in old if price not in new]
    return changed + gone or _rows(new)[:1]
