"""The client's feed and the simulator's, two readings of the same pages, understand each other over TCP."""

from __future__ import annotations

import gc
import json
import logging
import socket
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import pytest

from weexctl.errors import UnauthorisedError, UnavailableError, WireError
from weexctl.exchange.connect import connect
from weexctl.exchange.feed import Feed, Source
from weexctl.exchange.feed_channel import ACCOUNT, FILLS, ORDERS, POSITIONS, PRIVATE, Channel
from weexctl.exchange.feed_line import open_line
from weexctl.exchange.feed_messages import (
    CandlePush,
    CollateralPush,
    DepthPush,
    FillPush,
    HoldingPush,
    OrderPush,
    TickerPush,
    TradePush,
)
from weexctl.exchange.feed_stream import Condition, FeedHabits
from weexctl.exchange.rate_limiter import Unlimited
from weexctl.exchange.signing import Credentials
from weexctl.exchange.v3 import WeexV3
from weexctl.model.candle import PriceSource, Timeframe
from weexctl.model.instrument import SYMBOLS
from weexctl.model.order import OrderRequest, OrderStatus, OrderType, TimeInForce
from weexctl.model.side import PositionSide, Side
from weexctl.run.market_source import generated_source
from weexctl.simulator import Simulator, SimulatorSettings
from weexctl.simulator.server import SimulatorServer
from weexctl.trader.sim_venue import SimulatedClock

BTC = "BTCUSDT"
HOUR_MS = Timeframe.H1.ms
WAIT_S = 5.0
"""How long a test waits for what must come; it goes on as soon as it has come."""
SIM = Credentials("sim", "sim", "sim")
QUICK = FeedHabits(first_pause_ms=10, poll_ms=10)
P = TypeVar("P")


class Floor:
    """A served simulator whose time stands still, an exchange that reads it, and feeds of it."""

    def __init__(self, stack: ExitStack) -> None:
        market = generated_source(5, SYMBOLS, Timeframe.H1, 400)
        start_ms = market.last_close_ms - 100 * HOUR_MS
        settings = SimulatorSettings(latency_ms=0)
        self.simulator = Simulator(market.candles, seed=5, start_ms=start_ms, funding=market.funding, settings=settings)
        self.server = stack.enter_context(SimulatorServer(self.simulator, control=True))
        self.clock = SimulatedClock(self.simulator)
        self.exchange: WeexV3 = connect(self.server.url, SIM, clock=self.clock, limiter=Unlimited())
        self._stack = stack
        stack.callback(self.exchange.close)

    def feed(self, credentials: Credentials | None = SIM, habits: FeedHabits = QUICK) -> Feed:
        """A feed that ends with the test."""
        feed = Feed(self.exchange, self.clock, url=self.server.feed_url, credentials=credentials, habits=habits)
        return self._stack.enter_context(feed)

    def control(self, name: str, **members: Any) -> Any:
        """The answer of the side door."""
        request = urllib.request.Request(  # noqa: S310  # a loopback address
            f"{self.server.url}/control/{name}",
            json.dumps(members).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=WAIT_S) as answer:  # noqa: S310  # as above
            return json.load(answer)

    def advance(self, by_ms: int) -> None:
        """Let the market go on."""
        self.control("advance", by_ms=by_ms)

    def settings(self, **changes: Any) -> None:
        """Other habits of the exchange."""
        self.simulator.configure(replace(self.simulator.venue.settings, **changes))

    def buy(self, client_id: str, **changes: Any) -> str:
        """The id of an order that opens a long, at market unless told otherwise."""
        wish = OrderRequest(
            symbol=BTC,
            side=Side.BUY,
            position_side=PositionSide.LONG,
            quantity=Decimal("0.01"),
            client_order_id=client_id,
        )
        return self.exchange.place_order(replace(wish, **changes)).order_id


@pytest.fixture
def floor() -> Iterator[Floor]:
    with ExitStack() as stack:
        yield Floor(stack)


def until(holds: Callable[[], bool]) -> None:
    """Wait for something that other threads do."""
    deadline = time.monotonic() + WAIT_S
    pause = threading.Event()
    while not holds():
        assert time.monotonic() < deadline, "it did not happen"
        pause.wait(0.002)


def subscribed(feed: Feed, *channels: Channel) -> Feed:
    """The feed, once the exchange has taken every subscription."""
    feed.subscribe(*channels)
    until(lambda: all(feed.status().channels[channel.word] == "live" for channel in channels))
    return feed


def next_of(feed: Feed, kind: type[P]) -> P:
    """The next event of a kind."""
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        event = feed.next_event(0.1)
        if isinstance(event, kind):
            return event
    raise AssertionError(f"no {kind.__name__} came: {feed.status()}")


def test_the_ticker_of_the_feed_is_that_of_a_read(floor: Floor) -> None:
    feed = subscribed(floor.feed(), Channel.ticker(BTC))
    push = next_of(feed, TickerPush)
    assert push.ticker == floor.exchange.fetch_ticker(BTC)
    floor.advance(HOUR_MS)
    later = next_of(feed, TickerPush)
    assert later.ticker == floor.exchange.fetch_ticker(BTC)
    assert later.ticker.last != push.ticker.last
    assert feed.latest_ticker(BTC).source is Source.STREAM


@pytest.mark.parametrize("levels", [15, 200])
def test_the_book_of_the_feed_is_that_of_a_read(floor: Floor, levels: int) -> None:
    feed = subscribed(floor.feed(), Channel.depth(BTC, levels))
    assert next_of(feed, DepthPush).snapshot
    for _ in range(3):
        floor.advance(HOUR_MS)
        change = next_of(feed, DepthPush)
        read = floor.exchange.fetch_depth(BTC, levels=levels)
        kept = feed.latest_depth(BTC, levels=levels)
        assert not change.snapshot
        assert kept.source is Source.STREAM
        assert (kept.value.bids, kept.value.asks, kept.value.update_id) == (read.bids, read.asks, read.update_id)
    assert len(kept.value.bids) == levels


def test_trades_of_the_feed_are_those_of_a_read(floor: Floor) -> None:
    feed = subscribed(floor.feed(), Channel.trades(BTC))
    assert next_of(feed, TradePush).snapshot
    floor.advance(3 * HOUR_MS)
    news = next_of(feed, TradePush)
    assert list(news.trades) == floor.exchange.fetch_trades(BTC, limit=3)
    assert list(feed.latest_trades(BTC, limit=10).value) == floor.exchange.fetch_trades(BTC, limit=10)
    assert feed.latest_trades(BTC, limit=10).source is Source.STREAM


@pytest.mark.parametrize("timeframe", [Timeframe.H1, Timeframe.H4])
def test_closed_candles_of_the_feed_are_those_of_a_read(floor: Floor, timeframe: Timeframe) -> None:
    feed = subscribed(floor.feed(), Channel.candles(BTC, timeframe))
    assert next_of(feed, CandlePush).snapshot
    for _ in range(6):
        floor.advance(HOUR_MS)
        push = next_of(feed, CandlePush)
        kept = feed.latest_candle(BTC, timeframe)
        read = floor.exchange.fetch_candles(BTC, timeframe, limit=1)
        assert kept.source is Source.STREAM
        assert (kept.value.open_ms, float(kept.value.close)) == (int(read.open_time_ms[-1]), read.close[-1])
        assert (float(kept.value.high), float(kept.value.low)) == (read.high[-1], read.low[-1])
        assert push.candles[-1].close_ms > floor.simulator.now_ms


def test_candles_of_the_mark_price_have_their_own_channel(floor: Floor) -> None:
    feed = subscribed(floor.feed(), Channel.candles(BTC, Timeframe.H1, PriceSource.MARK))
    push = next_of(feed, CandlePush)
    assert (push.price, push.candles[0].volume) == (PriceSource.MARK, Decimal(0))


def test_channels_the_exchange_does_not_have_are_refused_one_by_one(floor: Floor) -> None:
    unknown, short = Channel.ticker("ASDFSUSDT"), Channel.candles(BTC, Timeframe.M1)
    feed = floor.feed()
    feed.subscribe(unknown, short, Channel.ticker(BTC))
    next_of(feed, TickerPush)
    until(lambda: all(feed.status().channels.values()))
    assert feed.status().channels == {
        "ASDFSUSDT@ticker": "INVALID_ARGUMENT: invalid symbol : ASDFSUSDT",
        "BTCUSDT@kline_1m_LAST_PRICE": "INVALID_ARGUMENT: invalid interval : 1m",
        "BTCUSDT@ticker": "live",
    }


def test_a_channel_let_go_of_says_nothing_more(floor: Floor) -> None:
    feed = subscribed(floor.feed(), Channel.ticker(BTC), Channel.ticker("ETHUSDT"))
    feed.unsubscribe(Channel.ticker(BTC))
    subscribed(feed, Channel.ticker("SOLUSDT"))  # answered after the end of the other
    while feed.next_event() is not None:
        pass
    floor.advance(HOUR_MS)
    assert {next_of(feed, TickerPush).symbol, next_of(feed, TickerPush).symbol} == {"ETHUSDT", "SOLUSDT"}


def test_a_filled_order_is_told_on_all_four_private_channels(floor: Floor) -> None:
    feed = subscribed(floor.feed(), *PRIVATE)
    order_id = floor.buy("first")
    pushes = {kind: next_of(feed, kind) for kind in (OrderPush, FillPush, HoldingPush, CollateralPush)}
    (order,), (fill,) = pushes[OrderPush].rows, pushes[FillPush].rows  # type: ignore[attr-defined]
    (held,), (money,) = pushes[HoldingPush].rows, pushes[CollateralPush].rows  # type: ignore[attr-defined]
    now_ms = floor.simulator.now_ms
    assert order == floor.exchange.fetch_order(order_id)
    assert [fill] == floor.exchange.fetch_fills(BTC, start_ms=now_ms - HOUR_MS, end_ms=now_ms)
    (position,) = floor.exchange.fetch_positions()
    assert (held.position_id, held.quantity, held.entry_price) == (
        position.position_id,
        position.quantity,
        position.entry_price,
    )
    assert (held.leverage, held.margin_mode, held.opened_ms) == (
        position.leverage,
        position.margin_mode,
        position.opened_ms,
    )
    assert money.wallet == floor.exchange.fetch_balance().wallet == floor.simulator.ledger.wallet
    assert feed.latest_order(order_id).source is Source.STREAM
    assert feed.latest_holding(BTC, PositionSide.LONG).source is Source.STREAM


def test_an_order_is_told_when_it_rests_and_when_it_is_cancelled(floor: Floor) -> None:
    feed = subscribed(floor.feed(), ORDERS)
    far = (floor.exchange.fetch_mark_price(BTC) * Decimal("0.5")).quantize(Decimal("0.1"))
    order_id = floor.buy("rests", type=OrderType.LIMIT, price=far, time_in_force=TimeInForce.GTC)
    (resting,) = next_of(feed, OrderPush).rows
    assert resting == floor.exchange.fetch_order(order_id)
    assert (resting.status, resting.time_in_force, resting.price) == (OrderStatus.OPEN, TimeInForce.GTC, far)
    floor.exchange.cancel_order(order_id)
    (cancelled,) = next_of(feed, OrderPush).rows
    assert (cancelled.order_id, cancelled.status) == (order_id, OrderStatus.CANCELLED)


def test_an_attached_stop_is_an_order_of_its_own(floor: Floor) -> None:
    feed = subscribed(floor.feed(), ORDERS)
    stop = (floor.exchange.fetch_mark_price(BTC) * Decimal("0.9")).quantize(Decimal("0.1"))
    floor.buy("guarded", stop_price=stop)
    rows = {order.status: order for order in next_of(feed, OrderPush).rows}
    assert set(rows) == {OrderStatus.FILLED, OrderStatus.UNTRIGGERED}
    (waiting,) = floor.exchange.fetch_conditional_orders(BTC)
    untriggered = rows[OrderStatus.UNTRIGGERED]
    assert (untriggered.order_id, untriggered.reduce_only, untriggered.type) == (
        waiting.order_id,
        True,
        OrderType.MARKET,
    )


def test_a_closed_position_is_told_with_size_zero(floor: Floor) -> None:
    feed = subscribed(floor.feed(), POSITIONS)
    floor.buy("open")
    assert next_of(feed, HoldingPush).rows[0].quantity == Decimal("0.01")
    floor.exchange.close_positions(BTC)
    assert next_of(feed, HoldingPush).rows[0].quantity == 0
    reading = feed.latest_holding(BTC, PositionSide.LONG)
    assert (reading.value, reading.source) == (None, Source.STREAM)


def test_a_settlement_of_funding_is_told(floor: Floor) -> None:
    feed = subscribed(floor.feed(), POSITIONS, ACCOUNT)
    floor.buy("held")
    next_of(feed, CollateralPush)
    floor.advance(8 * HOUR_MS)
    push = next_of(feed, CollateralPush)
    assert push.reason == "PositionFundingSettle"
    assert push.rows[0].funding == floor.simulator.ledger.funding != 0


def test_every_execution_is_told_once(floor: Floor) -> None:
    feed = subscribed(floor.feed(), FILLS)
    ids = [floor.buy(f"many-{number}") for number in range(5)]
    told = [fill.order_id for _ in ids for fill in next_of(feed, FillPush).rows]
    assert told == ids
    assert feed.next_event(0.1) is None


@pytest.mark.parametrize(
    ("keys", "code", "number"),
    [
        (Credentials("sim", "sim", "wrong"), "BAD_PASSPHRASE", "-1049"),
        (Credentials("sim", "wrong", "sim"), "BAD_SIGNATURE", "-1047"),
        (Credentials("wrong", "sim", "sim"), "UNKNOWN_KEY", "-1044"),
    ],
)
def test_a_wrong_login_is_refused_for_good_and_the_market_goes_on(
    floor: Floor, keys: Credentials, code: str, number: str
) -> None:
    feed = floor.feed(keys)
    feed.subscribe(ORDERS, Channel.ticker(BTC))
    next_of(feed, TickerPush)
    until(lambda: feed.status().private.condition is Condition.REFUSED)
    error = feed.status().private.error
    assert isinstance(error, UnauthorisedError)
    assert (error.code, error.exchange_code) == (code, number)
    assert feed.status().private.connections == 0


def test_an_address_that_is_not_listed_is_told_apart(floor: Floor) -> None:
    floor.settings(ip_allowed=False)
    feed = floor.feed()
    feed.subscribe(ORDERS)
    until(lambda: feed.status().private.error is not None)
    error = feed.status().private.error
    assert error is not None
    assert error.code == "IP_NOT_LISTED"


def test_a_login_with_a_wrong_clock_is_tried_again(floor: Floor) -> None:
    floor.settings(clock_skew_ms=60_000)
    feed = floor.feed()
    feed.subscribe(ORDERS)
    until(lambda: feed.status().private.condition is Condition.WAITING)
    error = feed.status().private.error
    assert error is not None
    assert error.exchange_code == "-1046"
    floor.settings(clock_skew_ms=0)
    until(lambda: feed.status().channels["orders"] == "live")


def test_a_client_without_a_name_is_not_let_in(floor: Floor) -> None:
    with pytest.raises(UnauthorisedError):
        open_line(floor.server.feed_url, "/v3/ws/public", {})


def test_pings_are_answered_and_the_connection_stays(floor: Floor) -> None:
    floor.settings(feed_ping_ms=1)
    feed = subscribed(floor.feed(), Channel.ticker(BTC), ORDERS)
    until(lambda: min(feed.status().public.pings, feed.status().private.pings) >= 8)
    status = feed.status()
    assert (status.public.connections, status.private.connections) == (1, 1)
    assert (status.public.malformed, status.private.malformed) == (0, 0)


def test_who_does_not_answer_pings_is_let_go(floor: Floor) -> None:
    floor.settings(feed_ping_ms=1)
    line = open_line(floor.server.feed_url, "/v3/ws/public", {"User-Agent": "mute"})
    try:
        heard = [json.loads(line.receive(WAIT_S) or b"null") for _ in range(5)]
        with pytest.raises(UnavailableError, match="no answer to pings"):
            line.receive(WAIT_S)
    finally:
        line.close()
    assert [set(frame) for frame in heard] == [{"event", "time"}] * 5


def test_after_a_drop_everything_is_subscribed_to_again(floor: Floor) -> None:
    feed = subscribed(floor.feed(), Channel.ticker(BTC), Channel.depth(BTC), *PRIVATE)
    next_of(feed, DepthPush)
    floor.control("feed", hang_up=True)
    until(lambda: min(feed.status().public.connections, feed.status().private.connections) == 2)
    until(lambda: set(feed.status().channels.values()) == {"live"})
    until(lambda: feed.latest_depth(BTC).source is Source.STREAM)
    floor.buy("after-the-drop")
    assert next_of(feed, OrderPush).rows[0].client_order_id == "after-the-drop"


def test_an_order_filled_during_a_drop_is_read_and_not_remembered(floor: Floor) -> None:
    feed = subscribed(floor.feed(habits=replace(QUICK, first_pause_ms=60_000)), ORDERS)
    price = floor.exchange.fetch_mark_price(BTC)
    order_id = floor.buy(
        "waits", type=OrderType.LIMIT, price=price.quantize(Decimal(1)) - 20, time_in_force=TimeInForce.GTC
    )
    assert next_of(feed, OrderPush).rows[0].status is OrderStatus.OPEN
    floor.control("feed", hang_up=True)
    until(lambda: feed.status().private.condition is Condition.WAITING)
    floor.exchange.cancel_order(order_id)
    reading = feed.latest_order(order_id)
    assert (reading.value.status, reading.source) == (OrderStatus.CANCELLED, Source.READ)


def test_a_lost_change_of_the_book_is_noticed_and_mended(floor: Floor) -> None:
    feed = subscribed(floor.feed(), Channel.depth(BTC))
    next_of(feed, DepthPush)
    floor.control("feed", lose=1)
    floor.advance(HOUR_MS)
    floor.advance(HOUR_MS)
    until(lambda: feed.status().public.gaps == 1)
    until(lambda: feed.latest_depth(BTC).source is Source.STREAM)
    kept, read = feed.latest_depth(BTC).value, floor.exchange.fetch_depth(BTC)
    assert (kept.bids, kept.asks) == (read.bids, read.asks)
    floor.advance(HOUR_MS)
    next_of(feed, DepthPush)
    assert feed.status().public.gaps == 1


def test_a_silent_feed_is_given_up_and_reads_go_on(floor: Floor) -> None:
    feed = subscribed(floor.feed(habits=replace(QUICK, silence_ms=150)), Channel.ticker(BTC))
    next_of(feed, TickerPush)
    floor.control("feed", silent=True)
    until(lambda: feed.status().public.condition is Condition.WAITING or feed.status().public.connections > 1)
    error = feed.status().public.error
    assert error is not None
    assert error.code == "FEED_SILENT"
    floor.advance(HOUR_MS)
    reading = feed.latest_ticker(BTC)
    assert (reading.source, reading.value) == (Source.READ, floor.exchange.fetch_ticker(BTC))
    floor.control("feed", silent=False)
    until(lambda: feed.latest_ticker(BTC).source is Source.STREAM)


def test_a_feed_that_is_nowhere_is_tried_again_while_reads_go_on(floor: Floor) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # a port where nobody listens
        feed = Feed(floor.exchange, floor.clock, url=f"ws://127.0.0.1:{taken.getsockname()[1]}", habits=QUICK)
        with feed:
            feed.subscribe(Channel.ticker(BTC))
            assert feed.latest_ticker(BTC).source is Source.READ
            until(lambda: feed.status().public.error is not None)
            error = feed.status().public.error
            assert error is not None
            assert error.code == "FEED_UNREACHABLE"


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="counts open files where the system lists them")
def test_nothing_is_left_behind(floor: Floor) -> None:
    floor.exchange.fetch_server_time()
    gc.collect()
    files, threads = open_files(), threading.active_count()
    for _ in range(3):
        with Feed(floor.exchange, floor.clock, url=floor.server.feed_url, credentials=SIM, habits=QUICK) as feed:
            subscribed(feed, Channel.ticker(BTC), ORDERS)
            floor.control("feed", hang_up=True)
            until(lambda feed=feed: feed.status().public.connections == 2)  # type: ignore[misc]  # bound now
        assert feed.status().public.condition is Condition.CLOSED
    until(lambda: threading.active_count() <= threads)
    until(lambda: open_files() <= files)
    assert floor.control("feed")["clients"] == 0


def test_closing_the_server_ends_its_clients(floor: Floor) -> None:
    feed = subscribed(floor.feed(), Channel.ticker(BTC))
    floor.server.close()
    until(lambda: feed.status().public.condition is not Condition.LIVE)


def test_no_log_has_a_part_of_the_key(floor: Floor, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    canary = Credentials("sim", "sim", "passphrase-canary")
    feed = floor.feed(canary)
    feed.subscribe(ORDERS)
    until(lambda: feed.status().private.condition is Condition.REFUSED)
    assert "canary" not in caplog.text
    assert "ACCESS" not in caplog.text.upper()
    assert "canary" not in repr(feed.status())


def raw_upgrade(floor: Floor, *extra: str) -> bytes:
    """The answer to an upgrade written by hand, up to the end of its headers."""
    host, _, port = floor.server.feed_url.removeprefix("ws://").partition(":")
    lines = ["GET /v3/ws/public HTTP/1.1", f"Host: {host}", "User-Agent: hand", *extra, "", ""]
    with socket.create_connection((host, int(port)), WAIT_S) as line:
        line.sendall("\r\n".join(lines).encode())
        return line.recv(4096)


def test_an_upgrade_that_is_none_is_turned_away(floor: Floor) -> None:
    assert raw_upgrade(floor).startswith(b"HTTP/1.1 404")
    assert raw_upgrade(floor, "Upgrade: websocket", "Connection: Upgrade").startswith(b"HTTP/1.1 400")


def test_a_redirect_is_not_followed_with_a_login() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        asked: list[bytes] = []

        def answer() -> None:
            client, _ = server.accept()
            with client:
                asked.append(client.recv(4096))
                client.sendall(
                    b"HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:%d/x\r\nContent-Length: 0\r\n\r\n" % port
                )

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(WireError, match="HTTP 302"):
            open_line(f"ws://127.0.0.1:{port}", "/v3/ws/private", {"User-Agent": "x", "ACCESS-KEY": "k"})
        thread.join(WAIT_S)
        server.settimeout(0.05)
        with pytest.raises(TimeoutError):
            server.accept()
        assert len(asked) == 1


@pytest.mark.parametrize(
    "frame",
    ["", "{", "[]", "7", '{"method":"DANCE","id":1}', '{"method":"SUBSCRIBE","params":"x","id":1}', "[" * 50_000],
)
def test_nonsense_is_answered_and_the_connection_goes_on(floor: Floor, frame: str) -> None:
    line = open_line(floor.server.feed_url, "/v3/ws/public", {"User-Agent": "odd"})
    try:
        line.send(frame)
        answer = json.loads(line.receive(WAIT_S) or b"null")
        line.send('{"method":"SUBSCRIBE","params":["BTCUSDT@ticker"],"id":"x"}')
        taken = json.loads(line.receive(WAIT_S) or b"null")
    finally:
        line.close()
    assert (answer["result"], taken) == (False, {"result": True, "id": "x"})
    assert answer["msg"].startswith("INVALID_ARGUMENT: ")


def test_no_more_channels_and_operations_than_allowed(floor: Floor) -> None:
    line = open_line(floor.server.feed_url, "/v3/ws/private", private_headers(floor))
    try:
        for number in range(241):
            line.send(json.dumps({"method": "SUBSCRIBE", "params": ["orders"], "id": number}))
        answers = [json.loads(line.receive(WAIT_S) or b"null") for _ in range(241)]
    finally:
        line.close()
    assert [answer["result"] for answer in answers] == [True] * 240 + [False]


def private_headers(floor: Floor) -> dict[str, str]:
    now_ms = floor.simulator.now_ms
    return {"User-Agent": "hand", **SIM.headers(now_ms, f"{now_ms}/v3/ws/private")}


def test_a_market_channel_is_not_on_the_private_side(floor: Floor) -> None:
    line = open_line(floor.server.feed_url, "/v3/ws/private", private_headers(floor))
    try:
        line.send('{"method":"SUBSCRIBE","params":["BTCUSDT@ticker"],"id":1}')
        answer = json.loads(line.receive(WAIT_S) or b"null")
    finally:
        line.close()
    assert answer == {"result": False, "id": 1, "msg": "INVALID_ARGUMENT: invalid channel : BTCUSDT@ticker"}
