"""The market and the account as they change, and reads of the exchange wherever the feed does not know.

`open_feed` is the front door. What is answered always says where it came from.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import TracebackType
from typing import Generic, TypeVar

import weexctl
from weexctl.errors import ConfigError, ExchangeError, MissingCredentialsError
from weexctl.exchange.base_url import DEFAULT_BASE_URL, checked_feed_url, feed_url_of
from weexctl.exchange.feed_channel import ORDERS, POSITIONS, Channel
from weexctl.exchange.feed_line import Line, open_line
from weexctl.exchange.feed_messages import Push
from weexctl.exchange.feed_state import FeedState, Heard, Taken
from weexctl.exchange.feed_stream import FeedHabits, FeedStream, StreamStatus
from weexctl.exchange.server_clock import ServerClock, boot_ms
from weexctl.exchange.signing import Credentials, prehash
from weexctl.exchange.v3_errors import V3_ERRORS
from weexctl.model.candle import PriceSource, Timeframe
from weexctl.model.depth import Depth
from weexctl.model.holding import Holding, holding_of
from weexctl.model.live_candle import LiveCandle
from weexctl.model.market_trade import MarketTrade
from weexctl.model.order import Order
from weexctl.model.side import PositionSide
from weexctl.model.ticker import Ticker
from weexctl.ports import Clock, ExchangeDesk

__all__ = ["Feed", "FeedStatus", "Reading", "Source", "open_feed"]

PUBLIC_PATH, PRIVATE_PATH = "/v3/ws/public", "/v3/ws/private"
FRESH_MS = 10_000
"""An older push is not believed; the exchange is asked."""
FROZEN_MS = 60_000
"""Prices that came again and again without any change for this long are not believed either."""
KEPT_EVENTS = 10_000
JOIN_S = 20.0
"""How long `close` waits for a thread that is just opening a connection."""

T = TypeVar("T")
OpenLine = Callable[[str, str, Mapping[str, str]], Line]


class Source(StrEnum):
    """Where a value came from."""

    STREAM = "stream"
    READ = "read"


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """A value, where it came from, and how old it is."""

    value: T
    source: Source
    age_ms: float
    """Since it was heard, 0 for a read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedStatus:
    """How both sides of the feed are."""

    public: StreamStatus
    private: StreamStatus
    channels: Mapping[str, str]
    """By the exchange's word: `live`, empty while unanswered, or why it was refused."""
    lost: int
    """Events that nobody fetched in time."""


def open_feed(
    exchange: ExchangeDesk,
    clock: Clock,
    *,
    base_url: str = DEFAULT_BASE_URL,
    url: str | None = None,
    credentials: Credentials | None = None,
) -> Feed:
    """The feed beside an exchange; nothing is opened before the first subscription.

    Args:
        exchange: is read where the feed does not know.
        clock: the exchange's time, as `exchange` has it.
        base_url: the exchange's; the feed of a simulator is on the same port.
        url: the feed's own, where it is elsewhere.
        credentials: needed for private channels only.

    Raises:
        ConfigError: nobody knows where the feed of that exchange is, or keys must not go there.
    """
    found = url or feed_url_of(base_url)
    if found is None:
        raise ConfigError(
            f"nobody knows where the feed of {base_url} is; nothing was opened",
            hint="give the feed's own URL: wss on weex.com, or ws on a loopback address",
            code="BASE_URL",
        )
    return Feed(exchange, clock, url=found, credentials=credentials)


class Feed:
    """Newest values by symbol or id. Use it as a context manager, or call `close`.

    `latest_*` answer from the stream when that is alive and the value fresh, else by one read of the exchange, whose
    error is raised as it is: a value that is not known is never empty.
    """

    def __init__(
        self,
        exchange: ExchangeDesk,
        clock: Clock,
        *,
        url: str,
        credentials: Credentials | None = None,
        local_ms: Callable[[], float] = boot_ms,
        open_line: OpenLine = open_line,
        habits: FeedHabits | None = None,
        fresh_ms: int = FRESH_MS,
    ) -> None:
        self._exchange = exchange
        self._clock = clock
        self._url = checked_feed_url(url)
        self._credentials = credentials
        self._local_ms = local_ms
        self._open_line = open_line
        self._fresh_ms = fresh_ms
        self._state = FeedState()
        self._events: deque[Push] = deque(maxlen=KEPT_EVENTS)
        self._lost = 0
        self._news = threading.Condition()
        self._threads: dict[bool, threading.Thread] = {}
        self._closed = False
        self._streams = {
            private: FeedStream(
                self._opener(private),
                _Sink(self, private),
                local_ms=local_ms,
                clock_refused=self._clock_refused,
                habits=habits,
            )
            for private in (False, True)
        }

    def __enter__(self) -> Feed:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def subscribe(self, *channels: Channel) -> None:
        """Listen to these from now on; opens the connections that this takes.

        Raises:
            MissingCredentialsError: a private channel without keys.
            UsageError: more channels than a connection carries.
            ConfigError: the feed is closed.
        """
        if self._closed:
            raise ConfigError("the feed is closed; nothing was subscribed to", code="FEED_CLOSED")
        if self._credentials is None and any(channel.private for channel in channels):
            raise MissingCredentialsError(
                "private channels need keys; nothing was subscribed to", hint="add them: `weexctl keys add`"
            )
        for channel in channels:
            self._streams[channel.private].subscribe(channel)
        for private in {channel.private for channel in channels}:
            self._start(private)

    def unsubscribe(self, *channels: Channel) -> None:
        """Stop listening to these."""
        for channel in channels:
            self._streams[channel.private].unsubscribe(channel)

    def status(self) -> FeedStatus:
        """How it is at this moment."""
        public, private = self._streams[False], self._streams[True]
        channels = {**public.channels, **private.channels}
        return FeedStatus(public=public.status, private=private.status, channels=channels, lost=self._lost)

    def next_event(self, timeout_s: float = 0.0) -> Push | None:
        """The oldest push that was not fetched yet, old ones and repetitions left out; None when none comes in time."""
        with self._news:
            if not self._events:
                self._news.wait_for(lambda: bool(self._events), timeout_s)
            return self._events.popleft() if self._events else None

    def latest_ticker(self, symbol: str) -> Reading[Ticker]:
        """The last 24 hours."""
        heard = self._fresh(Channel.ticker(symbol), self._state.ticker(symbol))
        return heard or _read(self._exchange.fetch_ticker(symbol))

    def latest_mark_price(self, symbol: str) -> Reading[Decimal]:
        """The mark price, quote per base."""
        heard = self._fresh(Channel.ticker(symbol), self._state.ticker(symbol))
        if heard is not None:
            return Reading(heard.value.mark_price, heard.source, heard.age_ms)
        return _read(self._exchange.fetch_mark_price(symbol))

    def latest_depth(self, symbol: str, *, levels: int = 15) -> Reading[Depth]:
        """The order book, whole and in sequence."""
        with self._news:
            book = self._state.depth(symbol, levels)
        heard = self._fresh(Channel.depth(symbol, levels), book)
        return heard or _read(self._exchange.fetch_depth(symbol, levels=levels))

    def latest_trades(self, symbol: str, *, limit: int = 100) -> Reading[tuple[MarketTrade, ...]]:
        """The newest trades of everybody, oldest first; from the stream only when it has seen that many."""
        with self._news:
            kept = self._state.trades(symbol)
        heard = self._fresh(Channel.trades(symbol), kept)
        if heard is not None and len(heard.value) >= limit:
            return Reading(heard.value[-limit:], heard.source, heard.age_ms)
        return _read(tuple(self._exchange.fetch_trades(symbol, limit=limit)))

    def latest_candle(self, symbol: str, timeframe: Timeframe) -> Reading[LiveCandle]:
        """The newest closed candle; from the stream only once the one after it has begun there."""
        heard = self._fresh(Channel.candles(symbol, timeframe), self._state.candles(symbol, timeframe))
        if heard is not None and len(heard.value) > 1:
            closed, forming = heard.value[-2:]
            now_ms = self._exchange_ms()
            if closed.close_ms == forming.open_ms and now_ms is not None and now_ms < forming.close_ms:
                return Reading(closed, heard.source, heard.age_ms)
        return _read(_newest_closed(self._exchange, symbol, timeframe))

    def latest_order(self, order_id: str) -> Reading[Order]:
        """An order as it is."""
        order = self._state.order(order_id)
        if order is not None and self._streams[True].live(ORDERS):
            return Reading(order, Source.STREAM, 0.0)
        return _read(self._exchange.fetch_order(order_id))

    def latest_holding(self, symbol: str, side: PositionSide) -> Reading[Holding | None]:
        """A position without its P&L; None is a proven absence."""
        holding = self._state.holding(symbol, side)
        if holding is not None and self._streams[True].live(POSITIONS):
            return Reading(holding if holding.quantity else None, Source.STREAM, 0.0)
        rows = self._exchange.fetch_positions(symbol)
        return _read(next((holding_of(row) for row in rows if row.symbol == symbol and row.side is side), None))

    def close(self) -> None:
        """End both connections and their threads."""
        self._closed = True
        for stream in self._streams.values():
            stream.stop()
        for thread in self._threads.values():
            thread.join(JOIN_S)

    def take(self, push: Push) -> Taken:
        """Use a push; for the streams."""
        with self._news:
            taken, news = self._state.take(push, self._local_ms())
            if taken is Taken.NEW:
                self._lost += len(self._events) == KEPT_EVENTS
                self._events.append(news)
                self._news.notify_all()
        return taken

    def missed(self, channels: list[Channel]) -> None:
        """Forget what these channels said; for the streams."""
        with self._news:
            for channel in channels:
                self._state.forget(channel)

    def channels(self, *, private: bool) -> list[Channel]:
        """What is subscribed to."""
        return self._streams[private].wanted

    def _start(self, private: bool) -> None:
        if private not in self._threads:
            name = f"feed-{'private' if private else 'public'}"
            self._threads[private] = threading.Thread(target=self._streams[private].run, name=name, daemon=True)
            self._threads[private].start()

    def _opener(self, private: bool) -> Callable[[], Line]:
        agent = {"User-Agent": f"weexctl/{weexctl.__version__}"}  # the exchange wants one (weex-api 18)

        def opened() -> Line:
            if not private or self._credentials is None:
                return self._open_line(self._url, PUBLIC_PATH, agent)
            time_ms = self._clock.now_ms()
            login = self._credentials.headers(time_ms, prehash(time_ms, "", PRIVATE_PATH))
            return self._open_line(self._url, PRIVATE_PATH, {**agent, **login})

        return opened

    def _clock_refused(self, error: ExchangeError) -> bool:
        if error.exchange_code not in V3_ERRORS.clock_codes:
            return False
        if isinstance(self._clock, ServerClock):
            self._clock.mark_stale()
        return True

    def _fresh(self, channel: Channel, heard: Heard[T] | None) -> Reading[T] | None:
        """The value, if the stream is alive and the push is young by both clocks and not frozen."""
        if heard is None or not self._streams[channel.private].live(channel):
            return None
        local_ms, now_ms = self._local_ms(), self._exchange_ms()
        age_ms = local_ms - heard.heard_ms
        if age_ms > self._fresh_ms or local_ms - heard.changed_ms > FROZEN_MS:
            return None
        if now_ms is None or now_ms - heard.time_ms > self._fresh_ms:
            return None
        return Reading(heard.value, Source.STREAM, age_ms)

    def _exchange_ms(self) -> int | None:
        try:
            return self._clock.now_ms()
        except ExchangeError:
            return None


class _Sink:
    """One stream's way to the feed."""

    def __init__(self, feed: Feed, private: bool) -> None:
        self._feed = feed
        self._private = private

    def take(self, push: Push) -> Taken:
        return self._feed.take(push)

    def missed(self, channel: Channel | None) -> None:
        gone = self._feed.channels(private=self._private) if channel is None else [channel]
        self._feed.missed(gone)


def _read(value: T) -> Reading[T]:
    return Reading(value, Source.READ, 0.0)


def _newest_closed(exchange: ExchangeDesk, symbol: str, timeframe: Timeframe) -> LiveCandle:
    candles = exchange.fetch_candles(symbol, timeframe, limit=1)
    opened, high, low, close, volume = (
        Decimal(repr(float(column[-1])))
        for column in (candles.open, candles.high, candles.low, candles.close, candles.volume)
    )
    return LiveCandle(
        symbol=symbol,
        timeframe=timeframe,
        price=PriceSource.LAST,
        open_ms=int(candles.open_time_ms[-1]),
        open=opened,
        high=high,
        low=low,
        close=close,
        volume=volume,
        turnover=None,
    )
