"""What is kept of pushes that come late, twice, or out of order."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.unit.exchange.feed_pushes import (
    candle_push,
    depth_push,
    fill_push,
    holding_push,
    order,
    order_push,
    ticker_push,
    trade_push,
)
from weexctl.exchange.feed_channel import ORDERS, Channel
from weexctl.exchange.feed_messages import FillPush, TradePush
from weexctl.exchange.feed_state import FeedState, Taken
from weexctl.model.candle import Timeframe
from weexctl.model.order import OrderStatus
from weexctl.model.side import PositionSide

BTC = "BTCUSDT"


@pytest.fixture
def state() -> FeedState:
    return FeedState()


def test_an_older_ticker_does_not_replace_a_newer_one(state: FeedState) -> None:
    assert state.take(ticker_push(200, last=7), 1.0)[0] is Taken.NEW
    assert state.take(ticker_push(100, last=9), 2.0)[0] is Taken.OLD
    assert state.take(ticker_push(200, last=9), 3.0)[0] is Taken.OLD
    heard = state.ticker(BTC)
    assert heard is not None
    assert (heard.value.last, heard.heard_ms) == (Decimal(7), 1.0)


def test_the_same_prices_again_are_heard_but_not_changed(state: FeedState) -> None:
    state.take(ticker_push(100, last=7), 1.0)
    state.take(ticker_push(200, last=7), 2.0)
    heard = state.ticker(BTC)
    assert heard is not None
    assert (heard.time_ms, heard.heard_ms, heard.changed_ms) == (200, 2.0, 1.0)
    state.take(ticker_push(300, last=8), 3.0)
    changed = state.ticker(BTC)
    assert changed is not None
    assert changed.changed_ms == 3.0


def test_a_trade_that_comes_twice_is_news_once(state: FeedState) -> None:
    state.take(trade_push(10, "a", "b", snapshot=True), 1.0)
    taken, news = state.take(trade_push(11, "b", "c"), 2.0)
    assert taken is Taken.NEW
    assert isinstance(news, TradePush)
    assert [trade.trade_id for trade in news.trades] == ["c"]
    heard = state.trades(BTC)
    assert heard is not None
    assert [trade.trade_id for trade in heard.value] == ["a", "b", "c"]
    assert state.take(trade_push(12, "c"), 3.0)[0] is Taken.OLD


def test_trades_known_from_before_a_drop_are_there_again_but_no_news(state: FeedState) -> None:
    state.take(trade_push(10, "a"), 1.0)
    state.forget(Channel.trades(BTC))
    assert state.trades(BTC) is None
    _, news = state.take(trade_push(20, "a", "b", snapshot=True), 2.0)
    assert isinstance(news, TradePush)
    assert [trade.trade_id for trade in news.trades] == ["b"]
    heard = state.trades(BTC)
    assert heard is not None
    assert [trade.trade_id for trade in heard.value] == ["a", "b"]


def test_candles_grow_by_open_time_and_only_the_newest_stay(state: FeedState) -> None:
    hour = Timeframe.H1.ms
    state.take(candle_push(1, *(k * hour for k in range(5)), snapshot=True), 1.0)
    state.take(candle_push(2, 4 * hour, close=9), 2.0)
    state.take(candle_push(3, 5 * hour), 3.0)
    heard = state.candles(BTC, Timeframe.H1)
    assert heard is not None
    assert [row.open_ms // hour for row in heard.value] == [3, 4, 5]
    assert [row.close for row in heard.value] == [1, 9, 1]
    assert state.take(candle_push(2, 5 * hour, close=4), 4.0)[0] is Taken.OLD


def test_a_hole_in_the_book_is_told_and_the_book_is_gone(state: FeedState) -> None:
    state.take(depth_push(1, 5, snapshot=True), 1.0)
    assert state.depth(BTC, 15) is not None
    assert state.take(depth_push(7, 8), 2.0)[0] is Taken.GAP
    assert state.depth(BTC, 15) is None


def test_books_of_different_depth_are_different_books(state: FeedState) -> None:
    state.take(depth_push(1, 5, snapshot=True), 1.0)
    assert state.depth(BTC, 200) is None


def test_a_finished_order_stays_finished(state: FeedState) -> None:
    filled = order("1", OrderStatus.FILLED, filled=2)
    state.take(order_push(5, filled), 1.0)
    state.take(order_push(6, order("1", OrderStatus.OPEN, filled=2)), 2.0)
    assert state.order("1") == filled


def test_an_execution_is_never_taken_back(state: FeedState) -> None:
    state.take(order_push(5, order("1", OrderStatus.OPEN, filled=2)), 1.0)
    state.take(order_push(6, order("1", OrderStatus.OPEN, filled=1)), 2.0)
    kept = state.order("1")
    assert kept is not None
    assert kept.filled_quantity == 2


def test_an_older_version_of_the_account_is_not_used(state: FeedState) -> None:
    state.take(holding_push(9, quantity=2), 1.0)
    assert state.take(holding_push(8, quantity=5), 2.0)[0] is Taken.OLD
    assert state.take(holding_push(9, quantity=2), 3.0)[0] is Taken.OLD
    held = state.holding(BTC, PositionSide.LONG)
    assert held is not None
    assert held.quantity == 2
    assert state.take(holding_push(10, quantity=3), 4.0)[0] is Taken.NEW


def test_versions_are_counted_by_channel(state: FeedState) -> None:
    state.take(fill_push(10, "f1"), 1.0)
    assert state.take(order_push(9, order("1", OrderStatus.OPEN)), 2.0)[0] is Taken.NEW


def test_an_execution_is_reported_once_even_across_a_drop(state: FeedState) -> None:
    assert state.take(fill_push(10, "f1"), 1.0)[0] is Taken.NEW
    state.forget(ORDERS)
    taken, news = state.take(fill_push(10, "f1", "f2"), 2.0)
    assert taken is Taken.NEW
    assert isinstance(news, FillPush)
    assert [row.fill_id for row in news.rows] == ["f2"]
    assert state.take(fill_push(11, "f2"), 3.0)[0] is Taken.OLD


def test_what_was_said_of_the_account_is_forgotten_with_any_private_channel(state: FeedState) -> None:
    state.take(order_push(5, order("1", OrderStatus.OPEN)), 1.0)
    state.take(holding_push(5, quantity=2), 1.0)
    state.forget(ORDERS)
    assert state.order("1") is None
    assert state.holding(BTC, PositionSide.LONG) is None


def test_memory_has_a_bound(state: FeedState) -> None:
    for number in range(1_200):
        state.take(order_push(number, order(str(number), OrderStatus.OPEN)), 1.0)
    assert state.order("0") is None
    assert state.order("1199") is not None


def test_nothing_heard_is_nothing_and_not_an_empty_value(state: FeedState) -> None:
    assert state.ticker(BTC) is None
    assert state.depth(BTC, 15) is None
    assert state.trades(BTC) is None
    assert state.candles(BTC, Timeframe.H1) is None
    assert state.collateral("USDT") is None
