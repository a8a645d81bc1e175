"""Where a value comes from: the stream while it can be believed, one read otherwise, and never nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.unit.exchange.conftest import NOW_MS, Venue
from tests.unit.exchange.feed_pushes import LocalClock, QueueLine, holding_push, lost, order, order_push, ticker_push
from weexctl.errors import ConfigError, MissingCredentialsError, UnavailableError
from weexctl.exchange.connect import connect
from weexctl.exchange.feed import Feed, Source, open_feed
from weexctl.exchange.feed_channel import ORDERS, POSITIONS, Channel
from weexctl.exchange.feed_messages import OrderPush, TickerPush
from weexctl.exchange.feed_stream import FeedHabits
from weexctl.exchange.rate_limiter import Unlimited
from weexctl.exchange.signing import Credentials, signature
from weexctl.model.candle import PriceSource, Timeframe
from weexctl.model.order import OrderStatus
from weexctl.model.side import PositionSide

BTC = "BTCUSDT"
SECRET = "test-secret-key"
KEYS = Credentials("test-key-of-nobody", SECRET, "test-passphrase")
WAIT_S = 5.0
"""How long a test waits for what must come; it goes on as soon as it has come."""


class Floor:
    """A feed, its lines, and an exchange that answers reads."""

    def __init__(self) -> None:
        self.venue = Venue()
        self.local = LocalClock()
        self.lines: list[QueueLine] = []
        self.exchange = connect(
            credentials=KEYS,
            transport=httpx.MockTransport(self.venue.handle),
            clock=self.venue.clock,
            limiter=Unlimited(),
            sleep=lambda _: None,
        )
        self.feed = Feed(
            self.exchange,
            self.venue.clock,
            url="ws://127.0.0.1:1",
            credentials=KEYS,
            local_ms=self.local,
            open_line=self._open,
            habits=FeedHabits(first_pause_ms=1, poll_ms=5),
        )

    def _open(self, url: str, path: str, headers: Mapping[str, str]) -> QueueLine:
        line = QueueLine(path, headers)
        self.lines.append(line)
        return line

    def tick(self, last: str = "100", time_ms: int | None = None) -> None:
        """Push a ticker, and wait until it has been used."""
        row = dict.fromkeys("pPwohlvqi", "1") | {"c": last, "m": last, "O": 1, "C": 1, "n": 1}
        self.say({"e": "ticker", "E": time_ms or self.venue.clock.time_ms, "s": BTC, "d": [row]})

    def say(self, frame: dict[str, Any]) -> None:
        """Push something new, and wait until it has been used."""
        self.lines[-1].say(frame)
        assert self.feed.next_event(WAIT_S) is not None

    def read_ticker(self) -> None:
        """Let reads answer a last price of 7."""
        row = {
            "symbol": BTC,
            "lastPrice": "7",
            "markPrice": "8",
            "openTime": 1,
            "closeTime": 2,
            **dict.fromkeys(
                (
                    "priceChange",
                    "priceChangePercent",
                    "openPrice",
                    "highPrice",
                    "lowPrice",
                    "volume",
                    "quoteVolume",
                    "indexPrice",
                ),
                "1",
            ),
        }
        self.venue.answers("/capi/v3/market/ticker/24hr", [row])


@pytest.fixture
def floor() -> Iterator[Floor]:
    made = Floor()
    yield made
    made.feed.close()


def until(holds: Callable[[], bool], floor: Floor) -> None:
    """Wait for something that the feed's thread does."""
    for _ in range(1_000):
        if holds():
            return
        floor.feed.next_event(0.005)
    raise AssertionError("it did not happen")


def ready(floor: Floor, *channels: Channel) -> None:
    floor.feed.subscribe(*channels)
    until(lambda: all(floor.feed.status().channels[channel.word] == "live" for channel in channels), floor)


def test_a_young_push_is_the_answer_and_nothing_is_read(floor: Floor) -> None:
    ready(floor, Channel.ticker(BTC))
    floor.tick("100")
    floor.local.time_ms += 3_000
    reading = floor.feed.latest_ticker(BTC)
    assert (reading.value.last, reading.source, reading.age_ms) == (Decimal(100), Source.STREAM, 3_000.0)
    assert floor.feed.latest_mark_price(BTC).value == 100
    assert floor.venue.requests == []


@pytest.mark.parametrize(
    "grow_old",
    [
        lambda floor: setattr(floor.local, "time_ms", floor.local.time_ms + 10_001),
        lambda floor: setattr(floor.venue.clock, "time_ms", floor.venue.clock.time_ms + 10_001),
    ],
    ids=["by this machine's clock", "by the exchange's clock"],
)
def test_an_old_push_is_not_believed(floor: Floor, grow_old: Callable[[Floor], None]) -> None:
    floor.read_ticker()
    ready(floor, Channel.ticker(BTC))
    floor.tick("100")
    grow_old(floor)
    reading = floor.feed.latest_ticker(BTC)
    assert (reading.value.last, reading.source) == (Decimal(7), Source.READ)


def test_pushes_with_times_that_stand_still_are_not_believed(floor: Floor) -> None:
    floor.read_ticker()
    ready(floor, Channel.ticker(BTC))
    floor.tick("100", time_ms=NOW_MS - 60_000)
    assert floor.feed.latest_ticker(BTC).source is Source.READ


def test_prices_that_never_change_are_not_believed_for_ever(floor: Floor) -> None:
    floor.read_ticker()
    ready(floor, Channel.ticker(BTC))
    sources = []
    for _ in range(9):
        floor.tick("100")
        sources.append(floor.feed.latest_ticker(BTC).source)
        floor.local.time_ms += 9_000
        floor.venue.clock.time_ms += 9_000
    assert sources == [Source.STREAM] * 7 + [Source.READ] * 2
    floor.tick("101")
    assert floor.feed.latest_ticker(BTC).source is Source.STREAM


def test_without_a_subscription_everything_is_read(floor: Floor) -> None:
    floor.read_ticker()
    assert floor.feed.latest_ticker(BTC).source is Source.READ
    assert floor.lines == []


def test_a_read_that_fails_is_an_error_and_not_an_empty_value(floor: Floor) -> None:
    ready(floor, Channel.ticker(BTC), ORDERS, POSITIONS)
    for path in ("market/ticker/24hr", "market/depth", "market/trades", "account/position/allPosition", "order"):
        floor.venue.answers(f"/capi/v3/{path}", httpx.ReadTimeout("slow"))
    floor.venue.answers("/capi/v3/market/klines", httpx.ReadTimeout("slow"))
    floor.venue.answers("/capi/v3/account/position/singlePosition", httpx.ReadTimeout("slow"))
    for ask in (
        lambda: floor.feed.latest_ticker(BTC),
        lambda: floor.feed.latest_depth(BTC),
        lambda: floor.feed.latest_trades(BTC),
        lambda: floor.feed.latest_candle(BTC, Timeframe.H1),
        lambda: floor.feed.latest_order("1"),
        lambda: floor.feed.latest_holding(BTC, PositionSide.LONG),
    ):
        with pytest.raises(UnavailableError):
            ask()


def test_a_drop_takes_the_stream_out_of_the_answers(floor: Floor) -> None:
    floor.read_ticker()
    ready(floor, Channel.ticker(BTC))
    floor.tick("100")
    floor.lines[0].say(lost())
    until(lambda: len(floor.lines) > 1, floor)
    assert floor.feed.latest_ticker(BTC).source is Source.READ
    until(lambda: floor.feed.status().channels["BTCUSDT@ticker"] == "live", floor)
    floor.tick("101", time_ms=NOW_MS + 1)
    assert floor.feed.latest_ticker(BTC).value.last == 101
    assert floor.lines[0].closed


def push_order(floor: Floor, version: int, status: str, filled: str) -> None:
    row = {
        "id": "77",
        "symbol": BTC,
        "positionSide": "LONG",
        "orderSide": "BUY",
        "type": "LIMIT",
        "status": status,
        "size": "2",
        "price": "9",
        "cumFillSize": filled,
        "cumFillValue": filled,
        "createdTime": "1",
        "updatedTime": "2",
    }
    floor.say({"e": "orders", "E": NOW_MS, "v": version, "msgEvent": "OrderUpdate", "d": [row]})


def test_an_order_comes_from_the_stream_while_that_is_alive(floor: Floor) -> None:
    ready(floor, ORDERS)
    push_order(floor, 1, "NEW", "1")
    floor.local.time_ms += 60_000  # nothing happened to it, and a live stream would have said so
    floor.venue.clock.time_ms += 60_000
    reading = floor.feed.latest_order("77")
    assert (reading.value.status, reading.value.filled_quantity, reading.source) == (
        OrderStatus.OPEN,
        Decimal(1),
        Source.STREAM,
    )


def test_an_order_of_a_dropped_stream_is_read_again(floor: Floor) -> None:
    ready(floor, ORDERS)
    push_order(floor, 1, "NEW", "1")
    floor.lines[0].say(lost())
    until(lambda: len(floor.lines) > 1, floor)
    floor.venue.answers("/capi/v3/order", httpx.ReadTimeout("slow"))
    with pytest.raises(UnavailableError):
        floor.feed.latest_order("77")


def test_what_is_known_of_the_account_is_worth_nothing_without_a_live_stream(floor: Floor) -> None:
    floor.feed.take(order_push(1, order("77", OrderStatus.OPEN)))
    floor.feed.take(holding_push(1, quantity=2))
    for path in ("order", "account/position/singlePosition"):
        floor.venue.answers(f"/capi/v3/{path}", httpx.ReadTimeout("slow"))
    with pytest.raises(UnavailableError):
        floor.feed.latest_order("77")
    with pytest.raises(UnavailableError):
        floor.feed.latest_holding(BTC, PositionSide.LONG)


def push_position(floor: Floor, version: int, size: str) -> None:
    row = {
        "id": "5",
        "symbol": BTC,
        "side": "LONG",
        "marginMode": "CROSSED",
        "leverage": "3",
        "size": size,
        "openValue": size,
        "fundingFee": "0",
        "createdTime": "1",
        "updatedTime": "2",
    }
    floor.say({"e": "positions", "E": NOW_MS, "v": version, "msgEvent": "OrderUpdate", "d": [row]})


def test_a_position_that_was_closed_is_proven_absent(floor: Floor) -> None:
    ready(floor, POSITIONS)
    push_position(floor, 1, "2")
    held = floor.feed.latest_holding(BTC, PositionSide.LONG)
    push_position(floor, 2, "0")
    closed = floor.feed.latest_holding(BTC, PositionSide.LONG)
    assert held.value is not None
    assert (held.value.quantity, held.source) == (Decimal(2), Source.STREAM)
    assert (closed.value, closed.source) == (None, Source.STREAM)


def test_a_position_the_stream_never_spoke_of_is_read(floor: Floor) -> None:
    ready(floor, POSITIONS)
    floor.venue.answers("/capi/v3/account/position/singlePosition", [])
    reading = floor.feed.latest_holding(BTC, PositionSide.SHORT)
    assert (reading.value, reading.source) == (None, Source.READ)


def candle_row(opened: int, close: str) -> dict[str, Any]:
    return {**dict.fromkeys("ohlvqVQ", "1"), "c": close, "t": opened, "T": opened + 3_600_000, "i": "1h", "n": 1}


def test_a_candle_is_closed_once_the_next_one_has_begun(floor: Floor) -> None:
    hour = NOW_MS // 3_600_000 * 3_600_000
    floor.venue.answers(
        "/capi/v3/market/klines",
        [[hour - 3_600_000, "1", "1", "1", "1", "1", hour, "1", 1, "1", "1"]],
    )
    ready(floor, Channel.candles(BTC, Timeframe.H1))
    head = {"e": "kline", "s": BTC, "p": "LAST_PRICE"}
    floor.say({**head, "E": NOW_MS, "d": [candle_row(hour - 3_600_000, "5")]})
    assert floor.feed.latest_candle(BTC, Timeframe.H1).source is Source.READ
    floor.say({**head, "E": NOW_MS + 1, "d": [candle_row(hour - 3_600_000, "6"), candle_row(hour, "7")]})
    reading = floor.feed.latest_candle(BTC, Timeframe.H1)
    assert (reading.source, reading.value.open_ms, reading.value.close) == (Source.STREAM, hour - 3_600_000, Decimal(6))
    late_ms = floor.venue.clock.time_ms = hour + 3_600_000
    floor.say({**head, "E": late_ms, "d": [candle_row(hour, "8")]})
    # By the exchange's clock the forming one is closed by now, and nobody has said so.
    assert floor.feed.latest_candle(BTC, Timeframe.H1).source is Source.READ
    floor.say({**head, "E": late_ms + 1, "d": [candle_row(hour + 7_200_000, "9")]})  # one in between is missing
    assert floor.feed.latest_candle(BTC, Timeframe.H1).source is Source.READ


def test_trades_come_from_the_stream_once_it_has_seen_enough(floor: Floor) -> None:
    floor.venue.answers("/capi/v3/market/trades", [])
    ready(floor, Channel.trades(BTC))
    rows = [{"T": NOW_MS, "t": str(k), "p": "1", "q": "1", "v": "1", "m": True} for k in range(3)]
    floor.say({"e": "trade", "E": NOW_MS, "s": BTC, "d": rows})
    assert [trade.trade_id for trade in floor.feed.latest_trades(BTC, limit=2).value] == ["1", "2"]
    assert floor.feed.latest_trades(BTC, limit=3).source is Source.STREAM
    assert floor.feed.latest_trades(BTC, limit=4).source is Source.READ


def test_the_book_comes_from_the_stream_while_it_is_whole(floor: Floor) -> None:
    floor.venue.answers("/capi/v3/market/depth", {"bids": [["1", "1"]], "asks": [["2", "1"]], "lastUpdateId": 9})
    ready(floor, Channel.depth(BTC))
    book = {"s": BTC, "l": 15, "b": [["99", "1"]], "a": [["101", "1"]]}
    floor.say({**book, "e": "depthSnapshot", "E": NOW_MS, "U": 1, "u": 5, "d": "SNAPSHOT"})
    reading = floor.feed.latest_depth(BTC)
    assert (reading.source, reading.value.bids) == (Source.STREAM, ((Decimal(99), Decimal(1)),))
    assert floor.feed.latest_depth(BTC, levels=200).source is Source.READ
    floor.lines[0].say({**book, "e": "depth", "E": NOW_MS, "U": 8, "u": 9, "d": "CHANGED"})
    until(lambda: floor.feed.status().public.gaps == 1, floor)
    assert floor.feed.latest_depth(BTC).source is Source.READ


def test_only_the_private_side_logs_in_and_proves_who_asks(floor: Floor) -> None:
    ready(floor, Channel.ticker(BTC))
    ready(floor, ORDERS)
    public, private = floor.lines
    assert (public.path, private.path) == ("/v3/ws/public", "/v3/ws/private")
    assert set(public.headers) == {"User-Agent"}
    assert private.headers["ACCESS-SIGN"] == signature(SECRET, f"{NOW_MS}/v3/ws/private")
    assert private.headers["ACCESS-TIMESTAMP"] == str(NOW_MS)
    assert private.headers["User-Agent"].startswith("weexctl/")


def test_private_channels_without_keys_are_refused_before_anything_is_opened(floor: Floor) -> None:
    feed = Feed(floor.exchange, floor.venue.clock, url="ws://127.0.0.1:1", open_line=floor._open)
    with pytest.raises(MissingCredentialsError):
        feed.subscribe(Channel.ticker(BTC), ORDERS)
    assert floor.lines == []
    feed.close()


def test_a_closed_feed_takes_no_subscription(floor: Floor) -> None:
    floor.feed.close()
    with pytest.raises(ConfigError):
        floor.feed.subscribe(Channel.ticker(BTC))


def test_events_are_news_only_and_in_order(floor: Floor) -> None:
    ready(floor, Channel.ticker(BTC), ORDERS)
    row = dict.fromkeys("pPwohlvqi", "1") | {"c": "1", "m": "1", "O": 1, "C": 1, "n": 1}
    frame = {"e": "ticker", "E": NOW_MS, "s": BTC, "d": [row]}
    public = next(line for line in floor.lines if line.path.endswith("public"))
    for one in (frame, frame, {**frame, "E": NOW_MS - 5}, {**frame, "E": NOW_MS + 5}):
        public.say(one)
    events = [floor.feed.next_event(WAIT_S), floor.feed.next_event(WAIT_S)]
    assert [event.time_ms for event in events if isinstance(event, TickerPush)] == [NOW_MS, NOW_MS + 5]
    floor.lines.sort(key=lambda line: line.path.endswith("private"))
    floor.lines[-1].say(
        {"e": "orders", "E": NOW_MS, "v": 1, "msgEvent": "OrderUpdate", "d": []},
    )
    assert isinstance(floor.feed.next_event(WAIT_S), OrderPush)
    assert floor.feed.next_event() is None


def test_events_that_nobody_fetches_are_counted_as_lost(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("weexctl.exchange.feed.KEPT_EVENTS", 3)
    feed = Feed(floor.exchange, floor.venue.clock, url="ws://127.0.0.1:1", open_line=floor._open)
    for moment in range(1, 6):
        feed.take(ticker_push(moment))
    assert feed.status().lost == 2
    assert [event and event.time_ms for event in (feed.next_event() for _ in range(4))] == [3, 4, 5, None]


@pytest.mark.parametrize(
    ("channel", "word"),
    [
        (Channel.ticker(BTC), "BTCUSDT@ticker"),
        (Channel.trades(BTC), "BTCUSDT@trade"),
        (Channel.depth(BTC, 200), "BTCUSDT@depth200"),
        (Channel.candles(BTC, Timeframe.M1), "BTCUSDT@kline_1m_LAST_PRICE"),
        (Channel.candles(BTC, Timeframe.D1, PriceSource.MARK), "BTCUSDT@kline_1d_MARK_PRICE"),
        (ORDERS, "orders"),
    ],
)
def test_channels_are_spelt_as_the_exchange_spells_them(channel: Channel, word: str) -> None:
    assert channel.word == word


@pytest.mark.parametrize(
    "base_url", ["http://127.0.0.1:8787", "http://localhost:8787", "https://api-contract.weex.com"]
)
def test_the_feed_of_an_exchange_is_found(floor: Floor, base_url: str) -> None:
    with open_feed(floor.exchange, floor.venue.clock, base_url=base_url) as feed:
        assert feed.status().public.connections == 0


def test_where_nobody_knows_the_feed_it_has_to_be_named(floor: Floor) -> None:
    with pytest.raises(ConfigError):
        open_feed(floor.exchange, floor.venue.clock, base_url="https://api.weex.com")
    with pytest.raises(ConfigError):
        open_feed(floor.exchange, floor.venue.clock, url="wss://evil.com")
    open_feed(floor.exchange, floor.venue.clock, base_url="https://api.weex.com", url="wss://ws.weex.com").close()
