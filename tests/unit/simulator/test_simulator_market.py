"""Public market data: what is known now, in the words of the API, and never the future."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from weexctl.errors import DataError
from weexctl.model.candle import Candles, Timeframe
from weexctl.model.funding import FundingHistory
from weexctl.simulator import CONTRACTS, Simulator, SimulatorSettings, generate_market

if TYPE_CHECKING:
    from tests.unit.simulator.conftest import Desk, OpenDesk

HOUR_MS = 3_600_000
FLAT = (50_000.0, 50_000.0, 50_000.0, 50_000.0)
STEPS = [(100.0 + k, 110.0 + k, 90.0 + k, 101.0 + k) for k in range(40)]


@pytest.fixture
def stepping_desk(open_desk: OpenDesk) -> Desk:
    """ETHUSDT rises by one each hour."""
    return open_desk({"ETHUSDT": STEPS})


def test_the_last_kline_is_the_forming_one_and_knows_only_its_open(stepping_desk: Desk) -> None:
    stepping_desk.next_candle(3)
    rows = stepping_desk.get("market/klines", symbol="ETHUSDT", interval="1h", limit=3)
    now = stepping_desk.simulator.now_ms // HOUR_MS * HOUR_MS
    assert [row[0] for row in rows] == [now - 2 * HOUR_MS, now - HOUR_MS, now]
    assert rows[1][1:5] == ["103.00", "113.00", "93.00", "104.00"]
    assert rows[2][1:6] == ["104.00", "104.00", "104.00", "104.00", "0"]
    assert rows[1][6] == rows[1][0] + HOUR_MS


def test_longer_intervals_are_put_together_from_hours(stepping_desk: Desk) -> None:
    stepping_desk.next_candle(9)
    whole, forming = stepping_desk.get("market/klines", symbol="ETHUSDT", interval="4h", limit=2)
    # Hours 4 to 7, then 8, 9 and the open of 10.
    assert whole[1:6] == ["104.00", "117.00", "94.00", "108.00", "4000000000.000"]
    assert forming[1:6] == ["108.00", "119.00", "98.00", "110.00", "2000000000.000"]


def test_an_interval_shorter_than_the_market_is_refused(stepping_desk: Desk) -> None:
    assert stepping_desk.refused("GET", "market/klines", symbol="ETHUSDT", interval="1m")[0] == -1142
    assert stepping_desk.refused("GET", "market/klines", symbol="ETHUSDT", interval="1H")[0] == -1142
    assert stepping_desk.refused("GET", "market/klines", symbol="ETHUSDT", interval="1h", limit=1001)[0] == -1140


def test_history_klines_keep_to_their_span_and_their_limit(stepping_desk: Desk) -> None:
    stepping_desk.next_candle(20)
    now = stepping_desk.simulator.now_ms // HOUR_MS * HOUR_MS
    ask = {"symbol": "ETHUSDT", "interval": "1h"}
    rows = stepping_desk.get("market/historyKlines", **ask, startTime=now - 5 * HOUR_MS, endTime=now - 3 * HOUR_MS)
    assert [row[0] for row in rows] == [now - k * HOUR_MS for k in (5, 4, 3)]
    newest = stepping_desk.get("market/historyKlines", **ask, endTime=now - 1, limit=2)
    assert [row[0] for row in newest] == [now - 2 * HOUR_MS, now - HOUR_MS]
    assert stepping_desk.refused("GET", "market/historyKlines", **ask, limit=101)[0] == -1140
    future = now + 24 * HOUR_MS
    assert stepping_desk.refused("GET", "market/historyKlines", **ask, endTime=future)[0] == -1142


def test_no_endpoint_changes_when_only_the_future_does(make_candles: Callable[..., Candles]) -> None:
    # The forming candle has an open that is known; everything else of it is future.
    past = STEPS[:29]
    answers = []
    for future, volume in (((129.0, 130.0, 128.0, 129.5), 1e3), ((129.0, 999.0, 1.0, 850.0), 1e12)):
        known = make_candles("ETHUSDT", [*past, *[future] * 10])
        volumes = np.where(np.arange(len(known)) < 29, known.volume, volume)
        market = {"ETHUSDT": replace(known, volume=volumes)}
        start_ms = market["ETHUSDT"].first_ms + 29 * HOUR_MS
        simulator = Simulator(market, seed=1, start_ms=start_ms)
        paths = ("klines", "historyKlines", "markPriceKlines", "indexPriceKlines")
        queries = [(path, "symbol=ETHUSDT&interval=4h") for path in paths]
        plain = ("depth", "ticker/24hr", "ticker/bookTicker", "trades", "symbolPrice", "openInterest", "premiumIndex")
        queries += [(path, "symbol=ETHUSDT") for path in (*plain, "fundingRate", "exchangeInfo")]
        answers.append([simulator.answer("GET", f"/capi/v3/market/{path}", query) for path, query in queries])
    assert all(status == 200 for status, _, _ in answers[0])
    assert answers[0] == answers[1]


def test_mark_and_index_klines_have_no_volume(stepping_desk: Desk) -> None:
    stepping_desk.next_candle(3)
    for path in ("markPriceKlines", "indexPriceKlines"):
        row = stepping_desk.get(f"market/{path}", symbol="ETHUSDT", interval="1h", limit=2)[0]
        assert row[5:] == ["0", row[0] + HOUR_MS, "0", 0, "0", "0"]


def test_exchange_info_lists_steps_as_decimals_and_fees_as_numbers(open_desk: OpenDesk) -> None:
    desk = open_desk({symbol: [(1.0, 1.0, 1.0, 1.0)] * 3 for symbol in CONTRACTS})
    rows = {row["symbol"]: row for row in desk.get("market/exchangeInfo")["symbols"]}
    assert list(rows) == list(CONTRACTS)
    steps = {symbol: row["quantityPrecision"] for symbol, row in rows.items()}
    assert steps == {
        "BTCUSDT": 4,
        "ETHUSDT": 3,
        "SOLUSDT": 1,
        "BNBUSDT": 1,
        "XRPUSDT": -1,
        "ADAUSDT": -1,
        "DOGEUSDT": -2,
        "LTCUSDT": 1,
    }
    assert (rows["BTCUSDT"]["makerFeeRate"], rows["BTCUSDT"]["takerFeeRate"]) == (0.0002, 0.0008)
    assert rows["DOGEUSDT"]["minOrderSize"] == 100
    assert desk.get("market/apiTradingSymbols") == list(CONTRACTS)
    assert desk.get("account/commissionRate", symbol="DOGEUSDT")["takerCommissionRate"] == "0.0008"


def test_the_book_has_a_spread_and_grows_outward(open_desk: OpenDesk) -> None:
    desk = open_desk([FLAT] * 3, settings=SimulatorSettings())
    book = desk.get("market/depth", symbol="BTCUSDT")
    asks, bids = ([float(price) for price, _ in book[side]] for side in ("asks", "bids"))
    assert (asks[0], bids[0]) == (50_005.0, 49_995.0)
    assert asks == sorted(asks)
    assert bids == sorted(bids, reverse=True)
    assert len(asks) == len(bids) == 15
    assert len(desk.get("market/depth", symbol="BTCUSDT", limit=200)["asks"]) == 200
    assert desk.refused("GET", "market/depth", symbol="BTCUSDT", limit=20)[0] == -1140
    ticker = desk.get("market/ticker/bookTicker", symbol="BTCUSDT")[0]
    assert [ticker["askPrice"], ticker["askQty"]] == book["asks"][0]


def test_the_ticker_covers_the_last_24_hours(stepping_desk: Desk) -> None:
    stepping_desk.next_candle(30)
    (row,) = stepping_desk.get("market/ticker/24hr", symbol="ETHUSDT")
    # Now candle 31 forms, which opened at 131; the day began with candle 7 at 107.
    assert (row["lastPrice"], row["openPrice"], row["priceChange"]) == ("131.00", "107.00", "24.00")
    assert (row["highPrice"], row["lowPrice"]) == ("140.00", "97.00")
    assert row["priceChangePercent"] == "0.224299"


def test_funding_rates_are_listed_once_they_are_settled(
    open_desk: OpenDesk, make_settlements: Callable[..., FundingHistory]
) -> None:
    funding = {"BTCUSDT": make_settlements("BTCUSDT", {8: 0.0001, 16: -0.0003, 24: 0.0005})}
    desk = open_desk([FLAT] * 40, funding=funding)
    desk.next_candle(16)
    rates = [row["fundingRate"] for row in desk.get("market/fundingRate", symbol="BTCUSDT")]
    assert rates == ["0.00010000", "-0.00030000"]
    (row,) = desk.get("market/premiumIndex", symbol="BTCUSDT")
    assert (row["lastFundingRate"], row["forecastFundingRate"]) == ("-0.00030000", "-0.00030000")
    assert row["nextFundingTime"] % (8 * HOUR_MS) == 0
    assert row["nextFundingTime"] > desk.simulator.now_ms


def test_the_price_after_the_end_of_the_data_is_the_last_close(stepping_desk: Desk) -> None:
    stepping_desk.next_candle(60)
    assert stepping_desk.get("market/symbolPrice", symbol="ETHUSDT")["price"] == "140.00"


def test_a_hole_in_the_data_is_a_flat_candle_without_volume(make_candles: Callable[..., Candles]) -> None:
    whole = make_candles("ETHUSDT", STEPS)
    keep = np.ones(len(whole), dtype=bool)
    keep[5:7] = False
    columns = (getattr(whole, name)[keep] for name in ("open_time_ms", "open", "high", "low", "close", "volume"))
    holed = Candles("ETHUSDT", Timeframe.H1, *columns)
    simulator = Simulator({"ETHUSDT": holed}, seed=1, start_ms=whole.first_ms + 10 * HOUR_MS)
    tape = simulator.venue.market.tapes["ETHUSDT"]
    assert list(tape.open[5:8]) == [105.0, 105.0, 107.0]
    assert list(tape.volume[5:7]) == [0.0, 0.0]


def test_markets_that_do_not_fit_together_are_refused(make_candles: Callable[..., Candles]) -> None:
    hours, days = make_candles("BTCUSDT", STEPS), make_candles("ETHUSDT", STEPS, Timeframe.D1)
    start = hours.first_ms
    with pytest.raises(DataError, match="one timeframe"):
        Simulator({"BTCUSDT": hours, "ETHUSDT": days}, seed=1, start_ms=start)
    with pytest.raises(DataError, match="begin after"):
        Simulator({"BTCUSDT": hours}, seed=1, start_ms=start - 1)
    with pytest.raises(DataError, match="lists no contract"):
        Simulator({"PEPEUSDT": replace(hours, symbol="PEPEUSDT")}, seed=1, start_ms=start)
    with pytest.raises(DataError, match="one timeframe"):
        Simulator({}, seed=1, start_ms=start)


def test_a_synthetic_market_starts_at_the_reference_price() -> None:
    market = generate_market(1, count=5)
    for symbol, contract in CONTRACTS.items():
        assert market[symbol].open[0] == float(contract.reference_price)
