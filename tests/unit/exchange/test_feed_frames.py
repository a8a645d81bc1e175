"""Frames of the feed: the documented ones are read, everything else is one typed error."""

from __future__ import annotations

import json
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weexctl.errors import WireError
from weexctl.exchange.feed_frames import read_frame
from weexctl.exchange.feed_messages import (
    CandlePush,
    CollateralPush,
    DepthPush,
    FillPush,
    HoldingPush,
    OrderPush,
    Ping,
    Pong,
    Reply,
    TickerPush,
    TradePush,
)
from weexctl.model.candle import PriceSource, Timeframe
from weexctl.model.order import OrderStatus, OrderType, TimeInForce
from weexctl.model.side import PositionSide, Side

TICKER: dict[str, Any] = {
    "e": "ticker",
    "E": 1776081628845,
    "s": "ETHUSDT",
    "d": [
        {
            "p": "-18.93",
            "P": "-0.008592",
            "w": "2192.40298388",
            "c": "2184.20",
            "o": "2203.13",
            "h": "2217.34",
            "l": "2173.32",
            "v": "359395.800",
            "q": "787940424.31399",
            "O": 1775995200000,
            "C": 1776081600000,
            "n": 485169,
            "m": "2184.28",
            "i": "2185.2025",
        }
    ],
}
KLINE: dict[str, Any] = {
    "e": "kline",
    "E": 1776095535012,
    "s": "ETHUSDT",
    "p": "LAST_PRICE",
    "d": [
        {
            "t": 1776092400000,
            "T": 1776096000000,
            "s": "ETHUSDT",
            "i": "1h",
            "o": "2234.18",
            "c": "2205.15",
            "h": "2236.43",
            "l": "2199.53",
            "v": "12505.60574",
            "n": 3381,
            "q": "27682528.6655305",
            "V": "6420.47929",
            "Q": "14213680.1906424",
        }
    ],
}
TRADE: dict[str, Any] = {
    "e": "trade",
    "E": 1776104608321,
    "s": "ETHUSDT",
    "d": [{"T": 1776104608298, "t": "41099265", "p": "2225.15", "q": "0.02525", "v": "56.1850375", "m": False}],
}
DEPTH: dict[str, Any] = {
    "e": "depth",
    "E": 1776098967972,
    "s": "ETHUSDT",
    "U": 14181847790,
    "u": 14181847802,
    "l": 200,
    "d": "CHANGED",
    "b": [["2227.21", "0"], ["2227.20", "46.519"]],
    "a": [["2227.26", "44.092"]],
}
FILL: dict[str, Any] = {
    "e": "fill",
    "E": 1773295739154,
    "v": 46655,
    "msgEvent": "OrderUpdate",
    "d": [
        {
            "id": "617414920887075482",
            "coin": "USDT",
            "symbol": "BTCUSDT",
            "orderId": "617414920861909658",
            "marginMode": "CROSSED",
            "separatedMode": "COMBINED",
            "separatedOpenOrderId": "0",
            "positionSide": "LONG",
            "orderSide": "BUY",
            "fillSize": "0.10000",
            "fillValue": "10381.270000",
            "fillFee": "6.228762",
            "liquidateFee": "0",
            "realizePnl": "0",
            "direction": "TAKER",
            "createdTime": "1747203188154",
            "updatedTime": "1747203188154",
        }
    ],
}
POSITION: dict[str, Any] = {
    "e": "positions",
    "E": 1776192398399,
    "v": 319,
    "msgEvent": "OrderUpdate",
    "d": [
        {
            "id": "739004481374519656",
            "coin": "USDT",
            "symbol": "DOGEUSDT",
            "side": "LONG",
            "marginMode": "CROSSED",
            "leverage": "11",
            "size": "100",
            "openValue": "9.31100",
            "openFee": "0.00744880",
            "fundingFee": "0",
            "isolatedMargin": "0",
            "createdTime": "1776192398399",
            "updatedTime": "1776192398399",
        }
    ],
}
ACCOUNT: dict[str, Any] = {
    "e": "account",
    "E": 1776189629849,
    "v": 281,
    "msgEvent": "DepositUpdate",
    "d": [
        {
            "coin": "USDT",
            "marginMode": "CROSSED",
            "amount": "4663.20",
            "liquidating": False,
            "legacyAmount": "5662.90",
            "cumPositionFillFeeAmount": "0.00761040",
            "cumPositionFundingAmount": "0.00049824",
            "createdTime": "1775605824300",
            "updatedTime": "1776189629849",
        }
    ],
}
ORDER: dict[str, Any] = {
    "e": "orders",
    "E": 1776184415058,
    "v": 153,
    "msgEvent": "OrderUpdate",
    "d": [
        {
            "id": "738970996765098600",
            "coin": "USDT",
            "symbol": "DOGEUSDT",
            "positionSide": "LONG",
            "orderSide": "BUY",
            "price": "0.09600",
            "size": "200",
            "clientOrderId": "wx001",
            "type": "LIMIT",
            "timeInForce": "GOOD_TIL_CANCEL",
            "reduceOnly": False,
            "status": "NEW",
            "cumFillSize": "50",
            "cumFillValue": "4.785000",
            "createdTime": "1776184415046",
            "updatedTime": "1776184415058",
        }
    ],
}
PUSHES = [TICKER, KLINE, TRADE, DEPTH, FILL, POSITION, ACCOUNT, ORDER]


def read(frame: object) -> Any:
    return read_frame(json.dumps(frame).encode())


def test_a_ticker_is_of_the_moment_of_its_push() -> None:
    push = read(TICKER)
    assert isinstance(push, TickerPush)
    assert (push.symbol, push.time_ms, push.ticker.time_ms) == ("ETHUSDT", 1776081628845, 1776081628845)
    assert (push.ticker.last, push.ticker.mark_price, push.ticker.index_price) == (
        Decimal("2184.20"),
        Decimal("2184.28"),
        Decimal("2185.2025"),
    )
    # p and P, v and V: names that differ in case only must not be mixed up.
    assert (push.ticker.change, push.ticker.change_ratio) == (Decimal("-18.93"), Decimal("-0.008592"))


def test_a_candle_has_its_own_volume_and_not_that_of_the_takers() -> None:
    push = read(KLINE)
    assert isinstance(push, CandlePush)
    (candle,) = push.candles
    assert (push.timeframe, push.price, push.snapshot) == (Timeframe.H1, PriceSource.LAST, False)
    assert (candle.open_ms, candle.close_ms) == (1776092400000, 1776096000000)
    assert (candle.open, candle.close, candle.volume) == (
        Decimal("2234.18"),
        Decimal("2205.15"),
        Decimal("12505.60574"),
    )
    assert candle.turnover == Decimal("27682528.6655305")


def test_a_trade_knows_who_crossed_the_spread() -> None:
    buys, sells = read(TRADE), read({**TRADE, "e": "tradeSnapshot", "d": [{**TRADE["d"][0], "m": True}]})
    assert isinstance(buys, TradePush)
    assert (buys.trades[0].taker_side, sells.trades[0].taker_side) == (Side.BUY, Side.SELL)
    assert (buys.snapshot, sells.snapshot) == (False, True)


def test_trades_come_oldest_first_whatever_the_frame_says() -> None:
    rows = [{**TRADE["d"][0], "T": time_ms, "t": str(time_ms)} for time_ms in (30, 10, 20)]
    assert [trade.time_ms for trade in read({**TRADE, "d": rows}).trades] == [10, 20, 30]


def test_a_change_of_the_book_keeps_levels_that_end() -> None:
    push = read(DEPTH)
    assert isinstance(push, DepthPush)
    assert (push.first_id, push.last_id, push.levels, push.snapshot) == (14181847790, 14181847802, 200, False)
    assert push.bids[0] == (Decimal("2227.21"), Decimal(0))


def test_a_fill_has_a_price_although_the_frame_has_none() -> None:
    push = read(FILL)
    assert isinstance(push, FillPush)
    (fill,) = push.rows
    assert (fill.fill_id, fill.order_id) == ("617414920887075482", "617414920861909658")
    assert fill.price * fill.quantity == fill.value == Decimal("10381.270000")
    assert (fill.maker, fill.side, fill.position_side) == (False, Side.BUY, PositionSide.LONG)
    assert push.version == 46655


def test_a_partly_filled_order_is_open_with_an_average_price() -> None:
    push = read(ORDER)
    assert isinstance(push, OrderPush)
    (order,) = push.rows
    assert (order.status, order.type, order.time_in_force) == (OrderStatus.OPEN, OrderType.LIMIT, TimeInForce.GTC)
    assert (order.filled_quantity, order.average_price) == (Decimal(50), Decimal("0.0957"))


def test_an_unfilled_market_order_has_no_price_at_all() -> None:
    row = {**ORDER["d"][0], "type": "MARKET", "price": "0", "cumFillSize": "0", "cumFillValue": "0"}
    (order,) = read({**ORDER, "d": [row]}).rows
    assert (order.type, order.price, order.average_price) == (OrderType.MARKET, None, None)


def test_a_position_has_an_entry_price_until_it_is_closed() -> None:
    (held,) = read(POSITION).rows
    (closed,) = read({**POSITION, "d": [{**POSITION["d"][0], "size": "0", "openValue": "0"}]}).rows
    assert (held.entry_price, held.quantity, held.leverage) == (Decimal("0.09311"), Decimal(100), Decimal(11))
    assert (closed.entry_price, closed.quantity) == (None, Decimal(0))
    assert isinstance(read(POSITION), HoldingPush)


def test_the_balance_people_speak_of_is_not_the_cash_ledger() -> None:
    push = read(ACCOUNT)
    assert isinstance(push, CollateralPush)
    assert (push.rows[0].wallet, push.rows[0].cash) == (Decimal("5662.90"), Decimal("4663.20"))


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        ({"event": "ping", "time": "1776078750000"}, Ping()),
        ({"type": "ping", "time": "1776172740000"}, Ping()),
        ({"id": "5", "method": "PONG"}, Pong()),
        ({"result": True, "id": 2}, Reply("2", True, "")),
        ({"id": "7", "result": True}, Reply("7", True, "")),
        (
            {"result": False, "id": 1, "msg": "INVALID_ARGUMENT: invalid symbol : ASDFS_SPBL"},
            Reply("1", False, "INVALID_ARGUMENT: invalid symbol : ASDFS_SPBL"),
        ),
    ],
)
def test_the_small_words_are_understood(frame: object, message: object) -> None:
    assert read(frame) == message


@pytest.mark.parametrize(
    "frame",
    [
        {},
        {"e": "surprise", "E": 1, "d": []},
        {**TICKER, "d": []},
        {**TICKER, "E": "soon"},
        {**TICKER, "s": ""},
        {**TICKER, "d": [{**TICKER["d"][0], "c": "NaN"}]},
        {**TICKER, "d": [{**TICKER["d"][0], "c": None}]},
        {**DEPTH, "U": 9, "u": 8},
        {**DEPTH, "b": [["-1", "2"]]},
        {**DEPTH, "b": [["1", "-2"]]},
        {**DEPTH, "d": "PARTLY"},
        {**KLINE, "d": [{**KLINE["d"][0], "i": "7h"}]},
        {**KLINE, "d": [*KLINE["d"], {**KLINE["d"][0], "i": "1m"}]},
        {**KLINE, "p": "FAIR_PRICE"},
        {**FILL, "d": [{**FILL["d"][0], "fillSize": "0"}]},
        {**FILL, "d": [{**FILL["d"][0], "id": 6.17e17}]},
        {**ORDER, "d": [{**ORDER["d"][0], "status": "SLEEPING"}]},
        {**ORDER, "v": None},
        {**POSITION, "d": [{**POSITION["d"][0], "size": "-1"}]},
        ["e", "ticker"],
        "ping",
        None,
        7,
    ],
)
def test_what_nobody_documented_is_an_error_with_the_frame_in_it(frame: object) -> None:
    with pytest.raises(WireError) as caught:
        read(frame)
    assert caught.value.body == json.dumps(frame).encode()
    assert caught.value.code == "FEED_FRAME"


@given(st.binary(max_size=300))
def test_noise_is_an_error_and_nothing_else(frame: bytes) -> None:
    with pytest.raises(WireError):
        read_frame(frame)


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(["0", "1e40", "1e-40", "9" * 41, "NaN", "Infinity", "-1", "٣", "0x10", " 1"]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
)


@given(st.data())
def test_a_frame_with_one_wrong_member_is_read_or_refused_and_never_crashes(data: st.DataObject) -> None:
    frame = json.loads(json.dumps(data.draw(st.sampled_from(PUSHES))))
    place = frame
    rows = frame["d"]
    if isinstance(rows, list) and data.draw(st.booleans()):
        place = rows[0]
    name = data.draw(st.sampled_from(sorted(place)))
    if data.draw(st.booleans()):
        del place[name]
    else:
        place[name] = data.draw(VALUES)
    with suppress(WireError):
        read_frame(json.dumps(frame).encode())


@given(st.sampled_from(PUSHES), st.integers(min_value=0, max_value=400))
def test_a_frame_cut_short_is_refused(frame: dict[str, Any], cut: int) -> None:
    whole = json.dumps(frame).encode()
    with pytest.raises(WireError):
        read_frame(whole[: min(cut, len(whole) - 1)])


def test_deep_nesting_is_refused_and_does_not_exhaust_the_stack() -> None:
    with pytest.raises(WireError):
        read_frame(b'{"e":"ticker","d":' + b"[" * 100_000)


@pytest.mark.shared_data
def test_the_frames_of_another_client_are_read(shared_folder: Path) -> None:
    folder = shared_folder / "weex-fixtures" / "weex-net" / "Subscriptions" / "Futures"
    found: dict[str, Any] = {}
    for path in sorted(folder.glob("*.txt")):
        asked, answered, pushed = path.read_text(encoding="utf-8").split("\n", 2)
        assert asked.startswith(">")
        assert read_frame(answered.lstrip("< ").replace("|1|", "1").encode()) == Reply("1", True, "")
        found[path.stem] = read_frame(pushed.lstrip("= \n").encode())
    assert {name: type(push) for name, push in found.items()} == {
        "OrderBook": DepthPush,
        "Ticker": TickerPush,
        "Trades": TradePush,
        "UserTrade": FillPush,
    }
    assert found["OrderBook"].asks == ((Decimal("2043.21"), Decimal("46.901")),)
    assert found["Ticker"].ticker.mark_price == Decimal("2045.91")
    assert [trade.time_ms for trade in found["Trades"].trades] == [1775121039597, 1775121039799, 1775121040002]
    assert found["UserTrade"].rows[0].price == Decimal("103812.7")
